"""Which failures belong together, so that one mistake is told once and nothing is lost.

Several checks may see the same clause broken, and one mistake may break several clauses: the most specific
check is told in full, the others in a line each. What could not be tested for one reason is one paragraph.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dispatch_conformance.report.causes import Cause, CheckName
from dispatch_conformance.verdicts import CheckResult, Verdict

BROKEN: Final = (Verdict.FAIL, Verdict.WARN)
"""The verdicts of a broken clause."""

_GENERAL: Final[Mapping[str, int]] = {"fuzz": 1, "replay": 2, "transcript": 3, "life": 4}


@dataclass(frozen=True, slots=True)
class Failure:
    """One mistake: the check that shows it best, others of the same clause, and those of other clauses."""

    best: CheckResult
    same: tuple[CheckResult, ...] = ()
    follow: tuple[CheckResult, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of all of them."""
        return min((entry.verdict for entry in (self.best, *self.same, *self.follow)), key=BROKEN.index)


@dataclass(frozen=True, slots=True)
class Silence:
    """Checks without a judgement, of one verdict, for one reason, in one scenario."""

    verdict: Verdict
    scenario: str
    reason: str
    results: tuple[CheckResult, ...]


def generality(check: str) -> int:
    """How far a check is from a question asked on purpose: 0 is such a question."""
    return _GENERAL.get(check.partition(".")[0], 0)


def failures(results: Iterable[CheckResult], causes: Mapping[CheckName, Cause]) -> tuple[Failure, ...]:
    """Every failed and warned check, grouped; warnings first, in the order in which the results stand."""
    by_clause: dict[str, list[CheckResult]] = {}
    for result in results:
        if result.verdict in BROKEN:
            by_clause.setdefault(result.clause, []).append(result)
    by_mistake: dict[object, list[list[CheckResult]]] = {}
    for clause, checks in by_clause.items():
        ordered = sorted(checks, key=_specific_first)
        mistake = next(filter(None, (_mistake(entry, causes) for entry in ordered)), None)
        by_mistake.setdefault(mistake or clause, []).append(ordered)
    found = [_failure(clauses) for clauses in by_mistake.values()]
    return tuple(sorted(found, key=lambda entry: -BROKEN.index(entry.verdict)))


def silences(results: Iterable[CheckResult], verdict: Verdict) -> tuple[Silence, ...]:
    """Every check of a verdict that judges nothing, grouped."""
    grouped: dict[tuple[str, str], list[CheckResult]] = {}
    for result in results:
        if result.verdict is verdict:
            grouped.setdefault((result.scenario, result.message), []).append(result)
    return tuple(
        Silence(verdict, scenario, reason, tuple(entries)) for (scenario, reason), entries in grouped.items()
    )


def _failure(clauses: Sequence[Sequence[CheckResult]]) -> Failure:
    """One mistake from the checks of each clause it broke, the most specific check of each clause first."""
    first, *others = sorted(
        clauses, key=lambda checks: (*_specific_first(checks[0])[:1], -_number(checks[0]))
    )
    return Failure(first[0], tuple(first[1:]), tuple(entry for checks in others for entry in checks))


def _specific_first(result: CheckResult) -> tuple[int, int, int, str]:
    shown = bool(result.expected) + bool(result.actual)
    return generality(result.id), -len(result.evidence), -shown, result.id


def _number(result: CheckResult) -> int:
    """A clause's number: the later ones of an area say more of what precisely is wrong."""
    digits = result.clause.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _mistake(result: CheckResult, causes: Mapping[CheckName, Cause]) -> tuple[str, str] | None:
    cause = causes.get((result.id, result.clause))
    return cause.mistake if cause is not None else None
