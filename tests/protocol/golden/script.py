"""Golden transcripts, and how to change one thing in them.

`write.mjs` wrote the transcripts with node alone. A twin of one is a Script in which a line, found by its
`note`, is changed, moved, dropped or added; the rules must then find the clause that the change breaks.
"""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from dispatch_protocol.recording import read_lines
from dispatch_protocol.rules import Finding, Rules
from dispatch_protocol.vocabulary import Role

GOLDEN = Path(__file__).parent
EPOCH_MS = 1_795_327_200_000  # 2026-11-22T06:00:00Z
END = 90.0
PUBKEY = "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664"
SUMMARIZE, FAULTY, INFER, CLASSIFY = (f"6f1c0d5e-8a51-4c5b-9d0a-00000000000{digit}" for digit in range(1, 5))
UNKNOWN = "6f1c0d5e-8a51-4c5b-9d0a-0000000000ff"


class Script:
    """The lines of a golden transcript, to be changed and then judged."""

    def __init__(self, name: str) -> None:
        header, *lines = (GOLDEN / f"{name}.jsonl").read_text().splitlines()
        self.header = header
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self.end = END

    def line(self, note: str) -> dict[str, Any]:
        """The line with this note, there to be changed."""
        return next(line for line in self.lines if line["note"] == note)

    def replace(self, note: str, old: str, new: str, where: str = "text") -> "Script":
        """Other text in a frame, or in the `response` or `request` of an exchange."""
        line = self.line(note)
        assert old in line[where], line
        line[where] = line[where].replace(old, new)
        return self

    def frame(self, note: str, text: str) -> "Script":
        """Another frame in the place of this one."""
        self.line(note)["text"] = text
        return self

    def move(self, note: str, t: float) -> "Script":
        """The same line at another time."""
        self.line(note)["t"] = t
        return self

    def drop(self, *notes: str) -> "Script":
        """Without these lines."""
        for note in notes:
            self.lines.remove(self.line(note))
        return self

    def say(self, t: float, sender: str, message: dict[str, Any] | str, connection: int = 1) -> "Script":
        """One more frame."""
        text = message if isinstance(message, str) else json.dumps(message)
        return self.add(t, event="frame", connection=connection, text=text, **{"from": sender})

    def add(self, t: float, **event: Any) -> "Script":
        """One more event."""
        self.lines.append({"t": t, "note": "", **event})
        return self

    def until(self, note: str) -> "Script":
        """No more than up to this line; the transcript ends fifteen seconds later."""
        self.end = self.line(note)["t"] + 15.0
        del self.lines[self.lines.index(self.line(note)) + 1 :]
        return self

    def later(self, note: str, seconds: float) -> "Script":
        """This line and all after it so much later."""
        for line in self.lines[self.lines.index(self.line(note)) :]:
            line["t"] += seconds
        return self

    def judge(self, *roles: Role) -> tuple[list[Finding], Counter[str]]:
        """The findings, and how often each clause was examined. Lines go in by their time."""
        ordered = sorted(self.lines, key=lambda line: float(line["t"]))
        recording = read_lines([self.header, *map(json.dumps, ordered)])
        rules = Rules(epoch_ms=EPOCH_MS, roles=frozenset(roles or Role))
        found = [finding for event in recording.events for finding in rules.feed(event)]
        found += rules.finish(self.end)
        assert rules.forgotten == 0
        return found, rules.judged


def clauses(found: Iterable[Finding]) -> set[str]:
    """The clauses that were broken."""
    return {finding.clause for finding in found}


@cache
def variants() -> dict[str, str]:
    """Frames of job_complete with one fault each, by the clause that it breaks."""
    lines = (GOLDEN / "variants.jsonl").read_text().splitlines()
    return {item["name"]: item["text"] for item in map(json.loads, lines)}
