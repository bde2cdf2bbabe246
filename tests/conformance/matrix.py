"""The kill matrix: the suite against every broken worker, in Python and in JavaScript.

`python -m tests.conformance.matrix [NAME…]`: every mutant (or those named, or whose clause begins so) against
the scenarios that can see its clause; legal variants against everything that does not wait. Prints a line for
each worker, then for each clause who breaks it and was caught. Exit 1 where a defect survives or fails what
it does not declare, a variant fails anything, or a clause is killed by none.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.scenarios import PASSIVE
from dispatch_protocol.clauses import Level, clause, for_role
from dispatch_protocol.vocabulary import Role

from tests.mutants.catalogue import MUTANTS
from tests.mutants.registry import Mutant
from tests.mutants_js import family

RUN = Path(__file__).parents[1] / "mutants" / "run.py"
LIMIT_SECONDS = 240
ELSEWHERE = {"js:encoded-twice": "faulty.payloads", "js:output-undefined": "faulty.payloads"}
"""Defects that show in one scenario only, which is not the one that is sure to come to their clause."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A worker program of either family: how it is started, the clause it breaks (None: a legal variant)."""

    name: str
    clause: str | None
    collateral: frozenset[str]
    command: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of the suite against one worker: its exit code, and the clauses that failed or warned."""

    mutant: Subject
    exit_code: int
    broken: frozenset[str]
    seconds: float
    report: str

    @property
    def killed(self) -> bool:
        """Whether the clause that the mutant declares failed."""
        return self.mutant.clause in self.broken

    @property
    def unexpected(self) -> frozenset[str]:
        """Clauses that failed and are not declared."""
        return self.broken - self.mutant.collateral - {self.mutant.clause}

    @property
    def expected_exit(self) -> int:
        """1 where a MUST is among what was broken, else 0: a SHOULD only warns."""
        return 1 if any(clause(broken).level is Level.MUST for broken in self.broken) else 0

    @property
    def as_declared(self) -> bool:
        """Whether exactly what is declared has failed."""
        told = self.killed or self.mutant.clause is None
        return told and not self.unexpected and self.exit_code == self.expected_exit


def scenarios_for(broken: str | None) -> list[str]:
    """The names of the scenarios that can see a clause; of all that do not wait where there is none."""
    if broken is None:
        return [
            entry.name
            for entry in all_scenarios()
            if not entry.waits and entry.area not in {"fuzz", "replay"}
        ]
    declaring = [
        entry.name
        for entry in all_scenarios()
        if broken in entry.checks.values() and entry.area not in {"fuzz", "replay"}
    ]
    return [*declaring, PASSIVE.get(broken, "registration.first")]


def python_subject(mutant: Mutant) -> Subject:
    """A mutant of the Python family."""
    command = f"{sys.executable} {RUN} {mutant.name}"
    return Subject(mutant.name, mutant.clause, frozenset(mutant.collateral), command)


def javascript_subjects() -> list[Subject]:
    """The JavaScript family, installed if need be; the conforming worker is its one variant."""
    family.install()
    broken = [
        Subject(f"js:{defect.name}", defect.clause, defect.collateral, family.command(defect.name))
        for defect in family.listed()
    ]
    return [Subject("js:conforming", None, frozenset(), family.command()), *broken]


def run_suite(command: str, selection: Iterable[str], *options: str) -> tuple[int, list[dict[str, str]], str]:
    """The suite against a worker, as a process: exit code, the checks of its results, what it printed."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        only = [word for entry in selection for word in ("--only", entry)]
        suite = [
            sys.executable,
            "-m",
            "dispatch_conformance",
            "run",
            "--no-fuzz",
            "--seed",
            "1",
            *only,
            *options,
        ]
        process = subprocess.Popen(
            [*suite, "--worker", command, "--out", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            printed, _ = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # so that it takes its workers with it
            printed, _ = process.communicate(timeout=30)
        results = Path(folder, "results.json")
        checks = json.loads(results.read_text("utf-8"))["checks"] if results.exists() else []
        return process.returncode, checks, printed


def try_mutant(mutant: Subject, *options: str) -> Trial:
    """Run the scenarios that can see a worker's clause."""
    began = time.monotonic()
    selection = [ELSEWHERE[mutant.name]] if mutant.name in ELSEWHERE else scenarios_for(mutant.clause)
    exit_code, checks, report = run_suite(mutant.command, selection, *options)
    broken = frozenset(check["clause"] for check in checks if check["verdict"] in {"fail", "warn"})
    return Trial(mutant, exit_code, broken, time.monotonic() - began, report)


def line(trial: Trial) -> str:
    """What became of a mutant."""
    mutant = trial.mutant
    word = "ok" if trial.as_declared else "SURVIVED" if mutant.clause and not trial.killed else "UNDECLARED"
    also = f"  also {', '.join(sorted(trial.unexpected))}" if trial.unexpected else ""
    what = f"{word:10} {mutant.name:34} {mutant.clause or '-':10}"
    return f"{what} exit {trial.exit_code} {trial.seconds:5.1f} s{also}"


def by_clause(trials: Sequence[Trial]) -> dict[str, list[str]]:
    """For each clause that binds workers and can be examined, which of these workers it was seen to fail."""
    testable = [
        entry.id for entry in for_role(Role.WORKER) if entry.testable and entry.level is not Level.MAY
    ]
    return {
        name: [trial.mutant.name for trial in trials if name in trial.broken and trial.mutant.clause == name]
        for name in testable
    }


def main() -> int:
    """Run them and print the matrix."""
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants, or prefixes of clauses")
    parser.add_argument("--side-by-side", type=int, default=4, metavar="N", help="how many at a time")
    parser.add_argument(
        "--reports", action="store_true", help="print the report of each that is not as declared"
    )
    chosen = parser.parse_args()
    subjects = [python_subject(mutant) for mutant in MUTANTS.values()]
    if absent := family.absent():
        print(f"without the JavaScript family: {', '.join(absent)} not installed")
    else:
        subjects += javascript_subjects()
    subjects = [subject for subject in subjects if not chosen.names or _is_named(subject, chosen.names)]
    began = time.monotonic()
    trials = []
    with ThreadPoolExecutor(chosen.side_by_side) as pool:
        for trial in pool.map(try_mutant, subjects):
            print(line(trial), flush=True)
            trials.append(trial)
            if chosen.reports and not trial.as_declared:
                print(trial.report, flush=True)
    wrong = sum(not trial.as_declared for trial in trials)
    unkilled = _print_clauses(trials) if not chosen.names else []
    defects = sum(subject.clause is not None for subject in subjects)
    print(
        f"{defects} defects and {len(subjects) - defects} variants, {wrong} not as declared, "
        f"{len(unkilled)} clauses killed by none, {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong or unkilled or not subjects else 0


def _is_named(subject: Subject, names: Sequence[str]) -> bool:
    return any(subject.name == name or (subject.clause or "-").startswith(name) for name in names)


def _print_clauses(trials: Sequence[Trial]) -> list[str]:
    """Print the matrix clause by clause; gives the clauses that nothing killed."""
    killers = by_clause(trials)
    for name, workers in killers.items():
        print(f"{name:10} {len(workers):3}  {', '.join(workers) or 'killed by none'}")
    return [name for name, workers in killers.items() if not workers]


if __name__ == "__main__":
    sys.exit(main())
