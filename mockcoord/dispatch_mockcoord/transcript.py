"""The transcript of a coordinator, bounded: its newest events, and how many older ones were left out.

A `Keeper` takes events as they happen; a `Transcript` is what it holds at one moment, to be shown or saved.
Events are kept packed, as MessagePack: that costs less than to keep their objects, among which whatever is
made meanwhile would lie scattered over the memory.
"""

import os
from collections import deque
from pathlib import Path
from sys import getsizeof
from typing import Final

import msgspec
from dispatch_protocol.canonical import parse
from dispatch_protocol.recording import (
    Header,
    Recording,
    TranscriptEvent,
    header,
    write_line,
    write_lines,
)
from dispatch_protocol.times import iso_time

from dispatch_mockcoord.texts import event_text

MAX_EVENTS: Final = 20_000
"""How many events are kept."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""How much memory the kept events may take, in bytes."""

TAIL: Final = 25
"""How many events the tail of a transcript shows."""

_PACK: Final = msgspec.msgpack.Encoder().encode
_UNPACK: Final = msgspec.msgpack.Decoder(TranscriptEvent).decode
_JSON_START: Final = b"{"


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What happened up to one moment. `omitted` events came before the first of `events`."""

    header: Header
    events: tuple[TranscriptEvent, ...]
    omitted: int = 0

    def lines(self, last: int | None = None) -> list[str]:
        """One readable line per event, of the `last` ones or of all; says what it leaves out."""
        shown = self.events if last is None else self.events[max(0, len(self.events) - last) :]
        left_out = self.omitted + len(self.events) - len(shown)
        head = [f"({left_out:,} earlier events left out)"] if left_out else []
        return head + [event_text(event) for event in shown]

    def tail(self, last: int = TAIL) -> str:
        """The last events as text."""
        return "\n".join(self.lines(last)) or "(nothing happened)"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as a recording. Raises OSError where that fails."""
        recording = Recording(self.header, self.events)
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in write_lines(recording))


class Keeper:
    """Keeps the newest events within both bounds. `started_ms` is t=0 on the wall clock."""

    def __init__(self, started_ms: int, *, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self.omitted = 0
        self._started_ms = started_ms
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._kept: deque[bytes] = deque()
        self._bytes = 0

    def event(self, event: TranscriptEvent) -> None:
        """One event happened: the tap. Of too many, the oldest go; the newest always stays."""
        kept, packed = self._kept, _packed(event)
        kept.append(packed)
        self._bytes += getsizeof(packed)
        while len(kept) > self._max_events or (self._bytes > self._max_bytes and len(kept) > 1):
            self._bytes -= getsizeof(kept.popleft())
            self.omitted += 1

    @property
    def count(self) -> int:
        """How many events there were, kept or not: the number of the next."""
        return self.omitted + len(self._kept)

    def at(self, index: int) -> TranscriptEvent | None:
        """The event with this number, counted from 0 at the start; None where it is not kept any more."""
        place = index - self.omitted
        return _unpacked(self._kept[place]) if 0 <= place < len(self._kept) else None

    def transcript(self, seed: int | None = None) -> Transcript:
        """What is kept now; `seed` is that of the faults, if there are any."""
        left_out = f"the first {self.omitted} events are left out" if self.omitted else None
        return Transcript(
            header=header("worker", "dispatch-mockcoord", iso_time(self._started_ms), left_out, seed),
            events=tuple(map(_unpacked, self._kept)),
            omitted=self.omitted,
        )


def _packed(event: TranscriptEvent) -> bytes:
    """The event as MessagePack; with a lone surrogate, which has no UTF-8, as a line of a recording."""
    try:
        return _PACK(event)
    except UnicodeEncodeError:
        return write_line(event).encode("utf-8")


def _unpacked(packed: bytes) -> TranscriptEvent:
    """The event again. A MessagePack map of few members never begins like a JSON object."""
    if packed.startswith(_JSON_START):
        return msgspec.convert(parse(packed), TranscriptEvent)  # type: ignore[no-any-return]
    return _UNPACK(packed)  # type: ignore[no-any-return]
