"""Runs the suite against mutants and compares what fails with what each declares.

`python -m tests.conformance.matrix [NAME…]`: every mutant (or those named) against the scenarios that can see
its clause; variants against everything that does not wait. Prints one line for each and a summary; exit 1
where a defect survives or fails what it does not declare, or a variant fails anything.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.scenarios import PASSIVE
from dispatch_protocol.clauses import Level, clause

from tests.mutants.catalogue import MUTANTS
from tests.mutants.registry import Mutant

RUN = Path(__file__).parents[1] / "mutants" / "run.py"
LIMIT_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of the suite against one mutant: its exit code, and the clauses that failed or warned."""

    mutant: Mutant
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


def command_for(name: str) -> str:
    """The command line that starts a mutant, from any folder."""
    return f"{sys.executable} {RUN} {name}"


def run_suite(name: str, selection: Iterable[str], *options: str) -> tuple[int, list[dict[str, str]], str]:
    """The suite against a mutant, as a process: exit code, the checks of its results, what it printed."""
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
            [*suite, "--worker", command_for(name), "--out", folder],
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


def try_mutant(mutant: Mutant, *options: str) -> Trial:
    """Run the scenarios that can see a mutant's clause."""
    began = time.monotonic()
    exit_code, checks, report = run_suite(mutant.name, scenarios_for(mutant.clause), *options)
    broken = frozenset(check["clause"] for check in checks if check["verdict"] in {"fail", "warn"})
    return Trial(mutant, exit_code, broken, time.monotonic() - began, report)


def line(trial: Trial) -> str:
    """What became of a mutant."""
    mutant = trial.mutant
    word = "ok" if trial.as_declared else "SURVIVED" if mutant.clause and not trial.killed else "UNDECLARED"
    also = f"  also {', '.join(sorted(trial.unexpected))}" if trial.unexpected else ""
    what = f"{word:10} {mutant.name:34} {mutant.clause or '-':10}"
    return f"{what} exit {trial.exit_code} {trial.seconds:5.1f} s{also}"


def main() -> int:
    """Run them and print the matrix."""
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants, or prefixes of clauses")
    parser.add_argument("--side-by-side", type=int, default=4, metavar="N", help="how many at a time")
    parser.add_argument(
        "--reports", action="store_true", help="print the report of each that is not as declared"
    )
    chosen = parser.parse_args()
    mutants = [
        mutant
        for mutant in MUTANTS.values()
        if not chosen.names
        or any(mutant.name == name or (mutant.clause or "-").startswith(name) for name in chosen.names)
    ]
    began, wrong = time.monotonic(), 0
    with ThreadPoolExecutor(chosen.side_by_side) as pool:
        for trial in pool.map(try_mutant, mutants):
            print(line(trial), flush=True)
            wrong += not trial.as_declared
            if chosen.reports and not trial.as_declared:
                print(trial.report, flush=True)
    print(f"{len(mutants)} mutants, {wrong} not as declared, {time.monotonic() - began:.0f} s")
    return 1 if wrong or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
