"""Which failures belong together, so that one mistake is told once and nothing is lost.

Several checks may see the same clause broken, and one mistake may break several clauses: the most specific
check is told in full, the others in a line each. What could not be tested for one reason is one paragraph.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dispatch_conformance.report.causes import Cause, CheckName, kind_of
from dispatch_conformance.verdicts import CheckResult, Verdict

BROKEN: Final = (Verdict.FAIL, Verdict.WARN)
"""The verdicts of a broken clause."""

_GENERAL: Final[Mapping[str, int]] = {"replay": 1, "fuzz": 2, "end_to_end": 3, "transcript": 4, "life": 5}


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
        ordered = sorted(checks, key=lambda entry: (not _mistake(entry, causes), *_specific_first(entry)))
        by_mistake.setdefault(_mistake(ordered[0], causes) or clause, []).append(ordered)
    _join_unexplained(by_mistake)
    found = [_failure(clauses, causes) for clauses in by_mistake.values()]
    return tuple(sorted(found, key=lambda entry: -BROKEN.index(entry.verdict)))


def _join_unexplained(by_mistake: dict[object, list[list[CheckResult]]]) -> None:
    """A clause whose failure no frame explains joins the only known mistake of a kind that could."""
    for clause in [entry for entry in by_mistake if isinstance(entry, str)]:
        kind = kind_of(clause)
        known = [entry for entry in by_mistake if isinstance(entry, tuple) and entry[0] == kind]
        if kind in {"hash", "signature"} and len(known) == 1:
            by_mistake[known[0]] += by_mistake.pop(clause)


def silences(results: Iterable[CheckResult], verdict: Verdict) -> tuple[Silence, ...]:
    """Every check of a verdict that judges nothing, grouped."""
    grouped: dict[tuple[str, str], list[CheckResult]] = {}
    for result in results:
        if result.verdict is verdict:
            grouped.setdefault((result.scenario, result.message), []).append(result)
    return tuple(
        Silence(verdict, scenario, reason, tuple(entries)) for (scenario, reason), entries in grouped.items()
    )


def _failure(clauses: Sequence[Sequence[CheckResult]], causes: Mapping[CheckName, Cause]) -> Failure:
    """One mistake from the checks of each clause it broke, the best check of each clause first."""

    def best_first(checks: Sequence[CheckResult]) -> tuple[bool, int, int]:
        return not _mistake(checks[0], causes), generality(checks[0].id), -_number(checks[0])

    first, *others = sorted(clauses, key=best_first)
    return Failure(first[0], tuple(first[1:]), tuple(entry for checks in others for entry in checks))


def _specific_first(result: CheckResult) -> tuple[int, int, int, str]:
    shown = bool(result.expected) + bool(result.actual)
    return generality(result.id), -len(result.evidence), -shown, result.id


def _number(result: CheckResult) -> int:
    """A clause's number: the later ones of an area say more of what precisely is wrong."""
    digits = result.clause.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _mistake(result: CheckResult, causes: Mapping[CheckName, Cause]) -> tuple[str, frozenset[str]] | None:
    cause = causes.get((result.id, result.clause))
    return cause.mistake if cause is not None else None
