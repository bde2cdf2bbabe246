"""The passive rules over every transcript: what frames alone show is judged in every scenario.

The checks are named `transcript.<clause>`. A clause that was examined and never broken has passed; one that
was never examined is not mentioned. The suite's own conduct is not judged. What a link saw and no transcript
holds (its oddities) is judged here too.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from dispatch_protocol.recording import TranscriptEvent
from dispatch_protocol.rules import SPANS, Finding, Rules
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.transcript import Oddity, Transcript
from dispatch_conformance.verdicts import Observation, Verdict

ODDITIES: Final = {
    "protocol": ("W-FRM-1", "breaks the WebSocket protocol (RFC 6455)", "text frames as RFC 6455 has them"),
    "too_large": ("W-FRM-3", "sends a frame beyond every limit", "frames of at most 1,048,576 bytes"),
    "flood": ("W-ROB-15", "sends frames without end that nothing asked for", "answers, and heartbeats"),
}
"""The clause that an oddity of a link breaks, and what to say of it."""

STRETCHED: Final = frozenset(
    clause for clause in SPANS if clause.startswith("W-") and clause not in {"W-HBT-7", "W-RCP-11"}
)
"""The clauses of what must not take longer than it may: a run that stretches its patience stretches theirs.

Not among them: heartbeats that come too soon, and times that are held against the wall clock.
"""

MAX_FINDINGS: Final = 1_000
"""How many findings of one transcript are kept; the rest would say the same."""


class PassiveJudge:
    """Feeds one transcript to the rules as it grows; `blind` are clauses not judged in this scenario.

    With a `scale` above 1 what comes late is held against a clock that runs so much slower as well: only what
    is late by that one, too, is broken.
    """

    def __init__(
        self, transcript: Transcript, scenario: str, blind: frozenset[str], scale: float = 1.0
    ) -> None:
        self._transcript = transcript
        self._scenario = scenario
        self._blind = blind
        self._rules = Rules(epoch_ms=transcript.epoch_ms, roles=frozenset({Role.WORKER}))
        self._slow = Rules(roles=frozenset({Role.WORKER})) if scale > 1 else None
        self._scale = scale
        self._late: set[tuple[str, int]] = set()
        self._findings: list[Finding] = []
        self._error: Exception | None = None
        transcript.listen(self._feed)

    def finish(self, stalled: Callable[[float, float], float]) -> tuple[Observation, ...]:
        """Everything the transcript shows, once nothing more can come. Raises what the rules raised.

        `stalled` tells how many seconds the host stalled between two moments of time.monotonic().
        """
        if self._error is not None:
            raise self._error
        self._findings += self._rules.finish(self._transcript.now)
        if self._slow is not None:
            self._note_late(self._slow.finish(self._transcript.now / self._scale))
        broken = [self._broken(finding, stalled) for finding in self._findings if self._holds(finding)]
        named = {observation.clause for observation in broken}
        passed = [
            self._observation(clause, Verdict.PASS)
            for clause, times in self._rules.judged.items()
            if times and clause not in named and self._counts(clause)
        ]
        odd = [self._odd(oddity) for oddity in self._transcript.oddities if oddity.kind in ODDITIES]
        return (*broken, *passed, *odd)

    def _feed(self, event: TranscriptEvent) -> None:
        if self._error is not None:
            return
        try:
            found = self._rules.feed(event)
            if self._slow is not None:
                self._note_late(self._slow.feed(msgspec.structs.replace(event, t=event.t / self._scale)))
        except Exception as error:
            self._error = error
            return
        if len(self._findings) < MAX_FINDINGS:
            self._findings += found

    def _note_late(self, findings: tuple[Finding, ...]) -> None:
        if len(self._late) < MAX_FINDINGS:
            self._late |= {(finding.clause, finding.event_index) for finding in findings}

    def _holds(self, finding: Finding) -> bool:
        """Whether a finding counts: here, and with the patience of this run."""
        stretched = self._slow is not None and finding.clause in STRETCHED
        in_time = stretched and (finding.clause, finding.event_index) not in self._late
        return self._counts(finding.clause) and not in_time

    def _counts(self, clause: str) -> bool:
        return clause.startswith("W-") and clause not in self._blind

    def _broken(self, finding: Finding, stalled: Callable[[float, float], float]) -> Observation:
        """The observation of a finding; open where time alone shows it and the host stalled meanwhile."""
        verdict, message = Verdict.FAIL, finding.message
        span = SPANS.get(finding.clause, 0.0)
        shown_at = self._transcript.zero + finding.t
        stall = stalled(shown_at - span, shown_at) if span else 0.0
        if stall:
            verdict, message = (
                Verdict.INCONCLUSIVE,
                f"the host stalled for {stall:.1f} s meanwhile: {message}",
            )
        return Observation(
            check=f"transcript.{finding.clause}",
            clause=finding.clause,
            verdict=verdict,
            scenario=self._scenario,
            message=message,
            expected=finding.expected,
            actual=finding.actual,
            evidence=(self._transcript.mark(finding.event_index),),
        )

    def _odd(self, oddity: Oddity) -> Observation:
        clause, message, expected = ODDITIES[oddity.kind]
        where = f"(connection {oddity.connection}, t={oddity.t:.3f} s)"
        return self._observation(clause, Verdict.FAIL, f"{message} {where}", expected, oddity.detail)

    def _observation(
        self, clause: str, verdict: Verdict, message: str = "", expected: str = "", actual: str = ""
    ) -> Observation:
        return Observation(
            check=f"transcript.{clause}",
            clause=clause,
            verdict=verdict,
            scenario=self._scenario,
            message=message,
            expected=expected,
            actual=actual,
        )
