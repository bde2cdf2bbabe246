"""Checks as a scenario uses them: a name, a clause, and what was observed of it.

    context.check("word_count").equal(expected, actual, "…", evidence=answer)
    context.check("answers").expect(answer.answered, "…", expected="an answer", actual=…, evidence=answer)

A check may be observed as often as one likes; `verdicts.fold` makes one result of it.
"""

from collections.abc import Callable, Iterable
from typing import Final, Protocol, TypeAlias, TypeVar

from dispatch_protocol.canonical import Json, JsonValue, stringify

from dispatch_conformance.transcript import Mark
from dispatch_conformance.verdicts import Observation, Verdict

_T = TypeVar("_T", bound=JsonValue)


class Marked(Protocol):
    """Something with a place in a transcript: a Session, a Claim."""

    @property
    def mark(self) -> Mark:
        """The place."""


class MarkedOften(Protocol):
    """Something with several: an Answer."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The places, in order."""


Evidence: TypeAlias = "Mark | Marked | MarkedOften | Iterable[Evidence]"
"""What a verdict rests on."""


def marks_of(evidence: Evidence) -> tuple[Mark, ...]:
    """Every mark in it, each once, in order."""
    if isinstance(evidence, Mark):
        return (evidence,)
    if isinstance(evidence, Iterable):
        return tuple(dict.fromkeys(mark for part in evidence for mark in marks_of(part)))
    several = getattr(evidence, "marks", None)
    if several is not None:
        return tuple(several)
    single = getattr(evidence, "mark", None)
    return (single,) if isinstance(single, Mark) else ()


MAX_TEXT: Final = 1_000_000
"""How many characters of a text an observation keeps: far more than a report shows."""


def text_of(value: object) -> str:
    """The beginning of a value as a report shows it: JSON as its text, words as they are."""
    if isinstance(value, Json):
        return value.text[:MAX_TEXT]
    return (value if isinstance(value, str) else stringify(value))[:MAX_TEXT]  # type: ignore[arg-type]


class Check:
    """One check of one scenario. `id` is `area.name`; observations go to `record`.

    `stalled` tells how many seconds the host stalled since a moment of time.monotonic(): a breach that only
    time shows is inconclusive beside a stall.
    """

    def __init__(
        self,
        check_id: str,
        clause: str,
        scenario: str,
        record: Callable[[Observation], None],
        stalled: Callable[[float], float],
    ) -> None:
        self.id = check_id
        self.clause = clause
        self._scenario = scenario
        self._record = record
        self._stalled = stalled

    def passed(self, evidence: Evidence = ()) -> None:
        """The worker did what the clause asks."""
        self._observe(Verdict.PASS, "", evidence=evidence)

    def failed(
        self,
        message: str,
        *,
        expected: object = "",
        actual: object = "",
        evidence: Evidence = (),
        since: float | None = None,
    ) -> None:
        """The worker did not. With `since` (time.monotonic()), only time shows it: a stall makes it open."""
        stall = self._stalled(since) if since is not None else 0.0
        verdict = Verdict.FAIL
        if stall:
            verdict, message = (
                Verdict.INCONCLUSIVE,
                f"the host stalled for {stall:.1f} s meanwhile: {message}",
            )
        self._observe(verdict, message, expected, actual, evidence)

    def expect(
        self,
        fits: object,
        message: str,
        *,
        expected: object = "",
        actual: object = "",
        evidence: Evidence = (),
        since: float | None = None,
    ) -> bool:
        """Passed if `fits` is true, else failed with the rest. Returns whether it passed."""
        if fits:
            self.passed(evidence)
        else:
            self.failed(message, expected=expected, actual=actual, evidence=evidence, since=since)
        return bool(fits)

    def equal(self, expected: JsonValue, actual: JsonValue, message: str, evidence: Evidence = ()) -> bool:
        """Passed if both have the same canonical text; shown as that."""
        wanted, got = stringify(expected), stringify(actual)
        return self.expect(wanted == got, message, expected=wanted, actual=got, evidence=evidence)

    def inconclusive(self, why: str, evidence: Evidence = ()) -> None:
        """It cannot be told this time; a repetition may."""
        self._observe(Verdict.INCONCLUSIVE, why, evidence=evidence)

    def not_testable(self, why: str, evidence: Evidence = ()) -> None:
        """A prerequisite is missing."""
        self._observe(Verdict.NOT_TESTABLE, why, evidence=evidence)

    def not_applicable(self, why: str) -> None:
        """The clause does not bind this worker."""
        self._observe(Verdict.NOT_APPLICABLE, why)

    def _observe(
        self,
        verdict: Verdict,
        message: str,
        expected: object = "",
        actual: object = "",
        evidence: Evidence = (),
    ) -> None:
        self._record(
            Observation(
                check=self.id,
                clause=self.clause,
                verdict=verdict,
                scenario=self._scenario,
                message=message[:MAX_TEXT],
                expected=text_of(expected),
                actual=text_of(actual),
                evidence=marks_of(evidence),
            )
        )
