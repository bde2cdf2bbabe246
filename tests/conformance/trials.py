"""One worker program, one or two runs of the suite against it, and what came of them.

The kill matrix and the tests that try a few workers share this.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.scenarios import PASSIVE
from dispatch_protocol.clauses import Level, clause

from tests.mutants.registry import Mutant
from tests.mutants_js import family

RUN = Path(__file__).parents[1] / "mutants" / "run.py"
LIMIT_SECONDS = 240
MOST_TEXT = 200_000
ELSEWHERE = {"js:encoded-twice": "faulty.payloads", "js:output-undefined": "faulty.payloads"}
"""Defects that show in one scenario only, which is not the one that is sure to come to their clause."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A worker program of either family: how it is started, the clause it breaks (None: a legal variant)."""

    name: str
    clause: str | None
    collateral: frozenset[str]
    command: str


class Run(NamedTuple):
    """One run of the suite: its exit code, the checks of its results, and what it printed."""

    exit_code: int
    checks: list[dict[str, str]]
    printed: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What the suite said of one worker: its exit code, and the clauses that failed or warned.

    Of several runs it holds the gravest exit code and the clauses of all.
    """

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


def waiting_for(broken: str | None) -> list[str]:
    """Those of them that wait for time to pass, so that the quick profile leaves them out."""
    waiting = {entry.name for entry in all_scenarios() if entry.waits}
    return [] if broken is None else [name for name in scenarios_for(broken) if name in waiting]


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


def run_suite(command: str, selection: Iterable[str], *options: str) -> Run:
    """The suite against a worker, as a process, with these scenarios (all where none is named)."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        only = [word for entry in selection for word in ("--only", entry)]
        suite = [sys.executable, "-m", "dispatch_conformance", "run", "--seed", "1", *only, *options]
        process = subprocess.Popen(
            [*suite, "--worker", command, "--out", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            printed, _ = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()  # it takes its workers with it
            printed, _ = process.communicate(timeout=30)
        results = Path(folder, "results.json")
        checks = json.loads(results.read_text("utf-8"))["checks"] if results.exists() else []
        return Run(process.returncode, checks, printed[-MOST_TEXT:])


def try_mutant(mutant: Subject, *options: str) -> Trial:
    """Run the scenarios that can see a worker's clause."""
    began = time.monotonic()
    selection = [ELSEWHERE[mutant.name]] if mutant.name in ELSEWHERE else scenarios_for(mutant.clause)
    run = run_suite(mutant.command, selection, "--no-fuzz", *options)
    return told(mutant, [run], began)


def try_whole(mutant: Subject) -> Trial:
    """Run everything that does not wait, fuzzing included, and what waits where it can see the clause."""
    began = time.monotonic()
    runs = [run_suite(mutant.command, (), "--profile", "quick")]
    if waiting := waiting_for(mutant.clause):
        runs.append(run_suite(mutant.command, waiting, "--no-fuzz"))
    return told(mutant, runs, began)


def told(mutant: Subject, runs: list[Run], began: float) -> Trial:
    """The trial that these runs make."""
    broken = {check["clause"] for run in runs for check in run.checks if check["verdict"] in {"fail", "warn"}}
    return Trial(
        mutant,
        max(run.exit_code for run in runs),
        frozenset(broken),
        time.monotonic() - began,
        "\n".join(run.printed for run in runs),
    )
