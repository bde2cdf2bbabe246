"""The watch: every session and every exchange held against the clauses, as it happens.

A layer on the transcript: it is fed by a tap and changes nothing. Workers and this coordinator are judged
alike.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from dispatch_protocol.recording import TranscriptEvent
from dispatch_protocol.rules import Finding, Rules

from dispatch_mockcoord.core.terms import Terms

MAX_FINDINGS: Final = 1_000
"""How many findings are kept; of more, the oldest go. The counts keep them all."""


class Watch:
    """Findings as they come: the last ones in `findings`, their number by clause in `counts`."""

    def __init__(self, terms: Terms, report: Callable[[Finding], None]) -> None:
        self.findings: deque[Finding] = deque(maxlen=MAX_FINDINGS)
        self.counts: Counter[str] = Counter()
        self._report = report
        # Without the wall clock's time: a worker may run elsewhere, by a clock of its own.
        self._rules = Rules(worker_timeout=terms.worker_seconds)

    def event(self, event: TranscriptEvent) -> None:
        """Judge one transcript event: the tap."""
        self._note(self._rules.feed(event))

    def finish(self, t: float) -> None:
        """The transcript ended at `t`, in its own seconds."""
        self._note(self._rules.finish(t))

    def summary(self) -> str:
        """One line: how many violations, by clause."""
        if not self.counts:
            return "no violations"
        listed = ", ".join(f"{clause} {count}" for clause, count in self.counts.most_common())
        return f"{sum(self.counts.values())} violations: {listed}"

    def _note(self, findings: tuple[Finding, ...]) -> None:
        for finding in findings:
            self.findings.append(finding)
            self.counts[finding.clause] += 1
            self._report(finding)
