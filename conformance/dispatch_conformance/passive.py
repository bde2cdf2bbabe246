"""The passive rules over every transcript: what frames alone show is judged in every scenario.

The checks are named `transcript.<clause>`. A clause that was examined and never broken has passed; one that
was never examined is not mentioned. Findings about the coordinator are the suite's own doing and are left
out. What a link saw and no transcript holds (its oddities) is judged here too.
"""

from typing import Final

from dispatch_protocol.recording import TranscriptEvent

try:
    from dispatch_protocol.rules import Finding, Rules
except ImportError:  # until the rules are there
    from dispatch_conformance._norules import Finding, Rules

from dispatch_conformance.transcript import Oddity, Transcript
from dispatch_conformance.verdicts import Observation, Verdict

ODDITIES: Final = {
    "protocol": ("W-FRM-1", "breaks the WebSocket protocol (RFC 6455)", "text frames as RFC 6455 has them"),
    "too_large": ("W-FRM-6", "sends a frame beyond every limit", "frames of at most 1,048,576 bytes"),
    "flood": ("W-ROB-15", "sends frames without end that nothing asked for", "answers, and heartbeats"),
}
"""The clause that an oddity of the wire breaks, and what to say of it."""

TIMED: Final = frozenset(
    {"W-REG-2", "W-JOB-2", "W-JOB-3", "W-RCP-1", "W-PAIR-5"} | {f"W-HBT-{n}" for n in (2, 3, 4, 7, 8)}
)
"""Clauses whose breach is a matter of time, so that a stalled host may be to blame."""


class PassiveJudge:
    """Feeds one transcript to the rules as it grows; `blind` are clauses not judged in this scenario."""

    def __init__(self, transcript: Transcript, scenario: str, blind: frozenset[str]) -> None:
        self._transcript = transcript
        self._scenario = scenario
        self._blind = blind
        self._rules = Rules(epoch_ms=transcript.epoch_ms)
        self._findings: list[Finding] = []
        self._error: Exception | None = None
        transcript.listen(self._feed)

    def finish(self) -> tuple[Observation, ...]:
        """Everything the transcript shows, once nothing more can come. Raises what the rules raised."""
        if self._error is not None:
            raise self._error
        self._findings += self._rules.finish(self._transcript.now)
        broken = [self._observation(finding) for finding in self._findings if self._counts(finding.clause)]
        named = {observation.clause for observation in broken}
        passed = [
            self._pass(clause)
            for clause, times in self._rules.judged.items()
            if times and clause not in named and self._counts(clause)
        ]
        odd = [self._odd(oddity) for oddity in self._transcript.oddities if oddity.kind in ODDITIES]
        return (*broken, *passed, *odd)

    def _feed(self, event: TranscriptEvent) -> None:
        if self._error is not None or len(self._findings) > 1000:
            return
        try:
            self._findings += self._rules.feed(event)
        except Exception as error:
            self._error = error

    def _counts(self, clause: str) -> bool:
        return clause.startswith("W-") and clause not in self._blind

    def _observation(self, finding: Finding) -> Observation:
        return Observation(
            check=f"transcript.{finding.clause}",
            clause=finding.clause,
            verdict=Verdict.FAIL,
            scenario=self._scenario,
            message=finding.message,
            expected=finding.expected,
            actual=finding.actual,
            evidence=(self._transcript.mark(finding.event_index),),
        )

    def _pass(self, clause: str) -> Observation:
        return Observation(
            check=f"transcript.{clause}", clause=clause, verdict=Verdict.PASS, scenario=self._scenario
        )

    def _odd(self, oddity: Oddity) -> Observation:
        clause, message, expected = ODDITIES[oddity.kind]
        return Observation(
            check=f"transcript.{clause}",
            clause=clause,
            verdict=Verdict.FAIL,
            scenario=self._scenario,
            message=f"{message} (connection {oddity.connection}, t={oddity.t:.3f} s)",
            expected=expected,
            actual=oddity.detail,
        )
