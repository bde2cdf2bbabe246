"""A clause that was broken, and the evidence: what a finding says to a reader. Source: SPEC.md."""

from textwrap import indent

import msgspec
from dispatch_protocol.clauses import Level, clause
from dispatch_protocol.errors import shown
from dispatch_protocol.recording import Frame, Http, TranscriptEvent
from dispatch_protocol.rules import Finding
from dispatch_protocol.vocabulary import ProviderType

from dispatch_mockcoord.texts import event_text


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A clause that was broken, and the evidence; all texts are escaped and bounded.

    `sentence` is the clause itself, `mend` how to repair it. `event` is the event that shows it, in one line,
    and `place` the JSON path in its frame. `worker` is the key, once there was one; `t` in seconds since the
    start.
    """

    clause: str
    level: Level
    sentence: str
    message: str
    expected: str
    got: str
    place: str
    event: str
    connection: int | None
    worker: str
    t: float
    mend: str

    def __str__(self) -> str:
        who = "" if self.connection is None else f"connection {self.connection}"
        who += f", worker {self.worker[:16]}" if self.worker else ""
        rows = {
            "what": self.message,
            "expected": self.expected,
            "got": self.got,
            "where": f"{self.place} of {self.event}" if self.event else "",
            "mend": self.mend,
        }
        head = f"{self.clause} ({self.level}) at {self.t:.3f} s {who}".rstrip()
        told = [f"{name:9} {text}" for name, text in rows.items() if text]
        return "\n".join([head, indent(self.sentence, "  "), *(f"  {row}" for row in told)])


def breach_of(
    finding: Finding, culprit: tuple[str, ProviderType | None], event: TranscriptEvent | None
) -> Breach:
    """What this finding says; `event` is the one it names, if it is still at hand."""
    law = clause(finding.clause)
    pubkey, provider_type = culprit
    return Breach(
        clause=law.id,
        level=law.level_for(provider_type),
        sentence=law.text,
        message=finding.message,
        expected=finding.expected,
        got=finding.actual,
        place=finding.place,
        event=event_text(event).strip() if isinstance(event, Frame | Http) else "",
        connection=finding.connection,
        worker=shown(pubkey, 64),
        t=finding.t,
        mend=law.mend,
    )
