"""How each clause stands after a run: its checks taken together, and the failure that tells of it best."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dispatch_protocol.clauses import Clause, Level, areas, clauses
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.report.groups import BROKEN, Failure, failures, generality
from dispatch_conformance.report.model import Report
from dispatch_conformance.verdicts import CheckResult


class Standing(StrEnum):
    """How a check, or a clause, stands: its verdict, or a failure that the baseline accepts; worst first."""

    FAIL = "fail"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTABLE = "not_testable"
    KNOWN = "known"
    PASS = "pass"  # noqa: S105  a verdict
    NOT_APPLICABLE = "not_applicable"

    @property
    def words(self) -> str:
        """As it is read."""
        return self.replace("_", " ")


ORDER: Final = tuple(Standing)

OPEN: Final = (Standing.FAIL, Standing.WARN, Standing.INCONCLUSIVE, Standing.NOT_TESTABLE, Standing.KNOWN)
"""What there is something to be told about."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A clause and its checks, the one that is told in full first. `level` is that for this worker.

    `failure` is the failure that this clause belongs to, None where it is not broken; it may be told best by
    another clause.
    """

    law: Clause
    level: Level
    standing: Standing
    results: tuple[CheckResult, ...]
    failure: Failure | None


def standing(result: CheckResult) -> Standing:
    """How a check stands."""
    return Standing.KNOWN if result.known else Standing(result.verdict)


def judged(report: Report, found: Sequence[Failure]) -> Iterator[tuple[str, tuple[Judged, ...]]]:
    """Every area in which something was judged, by its id, with its clauses, all as the specification has it.

    `found` are the failures of the same report.
    """
    by_clause: dict[str, list[CheckResult]] = {}
    for result in report.results:
        by_clause.setdefault(result.clause, []).append(result)
    for area in areas():
        laws = [law for law in clauses() if law.section == area and law.id in by_clause]
        if laws:
            yield area, tuple(_judged(law, by_clause[law.id], found) for law in laws)


def failed(report: Report) -> tuple[Failure, ...]:
    """The failures of a report, the most pressing first."""
    return tuple(reversed(failures(report.results, report.causes)))


def parts(failure: Failure) -> tuple[CheckResult, ...]:
    """All checks of a failure, the best first."""
    return (failure.best, *failure.same, *failure.follow)


def accepted(failure: Failure) -> bool:
    """Whether the baseline accepts all of a failure."""
    return all(result.known for result in parts(failure))


def unexamined(report: Report) -> tuple[Clause, ...]:
    """The clauses for workers of which the run says nothing."""
    seen = {result.clause for result in report.results}
    return tuple(law for law in clauses() if law.role is Role.WORKER and law.id not in seen)


def _judged(law: Clause, results: Sequence[CheckResult], found: Sequence[Failure]) -> Judged:
    """The best check of a failure first, then the worst, then those that were asked on purpose."""
    best = {id(failure.best) for failure in found}

    def place(result: CheckResult) -> tuple[int, bool, int, str]:
        return ORDER.index(standing(result)), id(result) not in best, generality(result.id), result.id

    ordered = tuple(sorted(results, key=place))
    broken = ordered[0].verdict in BROKEN
    mine = (failure for failure in found if any(result.clause == law.id for result in parts(failure)))
    return Judged(law, ordered[0].level, standing(ordered[0]), ordered, next(mine, None) if broken else None)


def tally(entries: Sequence[Judged]) -> dict[Standing, int]:
    """How many of these clauses stand how, in the order of Standing, without those that are none."""
    counted = {state: sum(entry.standing is state for entry in entries) for state in ORDER}
    return {state: count for state, count in counted.items() if count}
