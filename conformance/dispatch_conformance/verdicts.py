"""Verdicts: what was observed of a check, folded into one result at the clause's level.

A scenario observes; an Observation is one outcome of one check with its evidence. `fold` makes one
CheckResult of all observations of a check: the worst counts, the first of the worst keeps its evidence. The
level decides what a breach is: a MUST fails, a SHOULD warns, a MAY passes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dispatch_protocol.clauses import Level, clause
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.transcript import Mark


class Verdict(StrEnum):
    """What is said of a check in a report."""

    PASS = "pass"  # noqa: S105  a verdict
    FAIL = "fail"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"


WORST_FIRST: Final = (
    Verdict.FAIL,
    Verdict.WARN,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_TESTABLE,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""The order in which observations outweigh each other: one that could not be made is never lost in passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One outcome of one check: before the level is known, so a breach is FAIL whatever the clause's level.

    `check` is the check's id (`area.name`), `scenario` the scenario in which it was made. `expected` and
    `actual` are texts as they came, not escaped and not bounded yet.
    """

    check: str
    clause: str
    verdict: Verdict
    scenario: str
    message: str = ""
    expected: str = ""
    actual: str = ""
    evidence: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often a check failed again when its scenario was repeated `of` times on fresh workers."""

    failed: int
    of: int

    @property
    def label(self) -> str:
        """`deterministic (3 of 3)`, or `flaky (1 of 3)`."""
        word = "deterministic" if self.failed == self.of else "flaky"
        return f"{word} ({self.failed} of {self.of})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The verdict of a check. `observations` counts what was folded into it, `against` those as bad as it.

    `known` is the reason for which a baseline accepts a failure, "" where none does; `repeats` tells what
    repetitions of a failure showed, where there were any.
    """

    id: str
    clause: str
    level: Level
    verdict: Verdict
    message: str
    expected: str
    actual: str
    evidence: tuple[Mark, ...]
    scenario: str
    observations: int = 1
    against: int = 0
    known: str = ""
    repeats: Repeats | None = None


def verdict_at(level: Level, observed: Verdict) -> Verdict:
    """The verdict of an observation at a level."""
    if observed is not Verdict.FAIL:
        return observed
    return {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN, Level.MAY: Verdict.PASS}[level]


def fold(observations: Sequence[Observation], provider_type: ProviderType | None) -> CheckResult:
    """The result of one check from all its observations (at least one, all of the same check and clause)."""
    first = observations[0]
    level = clause(first.clause).level_for(provider_type)
    judged = [(verdict_at(level, entry.verdict), entry) for entry in observations]
    worst, chosen = min(judged, key=lambda pair: WORST_FIRST.index(pair[0]))
    return CheckResult(
        id=first.check,
        clause=first.clause,
        level=level,
        verdict=worst,
        message=chosen.message,
        expected=chosen.expected,
        actual=chosen.actual,
        evidence=chosen.evidence,
        scenario=chosen.scenario,
        observations=len(observations),
        against=sum(verdict is worst for verdict, _ in judged) if worst is not Verdict.PASS else 0,
    )


def fold_all(
    observations: Iterable[Observation], provider_type: ProviderType | None
) -> tuple[CheckResult, ...]:
    """One result per check, in the order of the specification's clauses, then by id."""
    by_check: dict[tuple[str, str], list[Observation]] = {}
    for entry in observations:
        by_check.setdefault((entry.check, entry.clause), []).append(entry)
    results = [fold(entries, provider_type) for entries in by_check.values()]
    return tuple(sorted(results, key=lambda result: (place(result.clause), result.id)))


def place(clause_id: str) -> tuple[str, int]:
    """What clauses are sorted by: their area, then their number as a number."""
    area, _, number = clause_id.rpartition("-")
    return area, int(number) if number.isdigit() else 0
