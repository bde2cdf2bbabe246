"""The transcript of a coordinator, bounded: its newest events, and how many older ones were left out.

A `Keeper` takes events as they happen; a `Transcript` is what it holds at one moment, to be shown or saved.
Events are kept in bundles, packed as MessagePack: that costs less than to keep their objects, among which
whatever is made meanwhile would lie scattered over the memory, and less than to pack them one by one.
"""

import os
from bisect import bisect_right
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from dispatch_protocol.canonical import parse
from dispatch_protocol.recording import (
    Header,
    Recording,
    TranscriptEvent,
    characters,
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

_BUNDLE_EVENTS: Final = 32
_BUNDLE_CHARACTERS: Final = 65_536

_PACK: Final = msgspec.msgpack.Encoder().encode
_UNPACK: Final = msgspec.msgpack.Decoder(list[TranscriptEvent]).decode
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


class _Bundle(NamedTuple):
    """Packed events; `until` is the number that follows the last of them."""

    until: int
    packed: bytes


class Keeper:
    """Keeps the newest events within both bounds. `started_ms` is t=0 on the wall clock."""

    def __init__(self, started_ms: int, *, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self.count = 0
        """How many events there were, kept or not: the number of the next."""
        self._started_ms = started_ms
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._bundles: deque[_Bundle] = deque()
        self._bytes = 0
        self._first = 0
        self._fresh: list[TranscriptEvent] = []
        self._fresh_characters = 0
        self._enough = min(_BUNDLE_CHARACTERS, max_bytes // 8)
        self._opened: tuple[int, list[TranscriptEvent]] = (0, [])

    def event(self, event: TranscriptEvent) -> None:
        """One event happened: the tap. Of too many, the oldest go; the newest always stays."""
        self.count += 1
        self._fresh.append(event)
        self._fresh_characters += characters(event)
        if len(self._fresh) == _BUNDLE_EVENTS or self._fresh_characters > self._enough:
            self._pack()
        if self._bytes > self._max_bytes:
            self._make_room()

    @property
    def omitted(self) -> int:
        """How many of the oldest events are not kept any more."""
        return max(self._first, self.count - self._max_events)

    def at(self, index: int) -> TranscriptEvent | None:
        """The event with this number, counted from 0 at the start; None where it is not kept any more."""
        if not self.omitted <= index < self.count:
            return None
        begin = self.count - len(self._fresh)
        if index >= begin:
            return self._fresh[index - begin]
        begin, events = self._opened
        if not begin <= index < begin + len(events):
            begin, events = self._opened = self._open(index)
        return events[index - begin]

    def transcript(self, seed: int | None = None) -> Transcript:
        """What is kept now; `seed` is that of the faults, if there are any."""
        omitted = self.omitted
        left_out = f"the first {omitted} events are left out" if omitted else None
        events = [event for bundle in self._bundles for event in _unpacked(bundle.packed)] + self._fresh
        return Transcript(
            header=header("worker", "dispatch-mockcoord", iso_time(self._started_ms), left_out, seed),
            events=tuple(events[omitted - self._first :]),
            omitted=omitted,
        )

    def _pack(self) -> None:
        """Make a bundle of what is fresh, and let go of those in which nothing is wanted any more."""
        packed = _packed(self._fresh)
        self._bundles.append(_Bundle(self.count, packed))
        self._bytes += len(packed)
        self._fresh = []
        self._fresh_characters = 0
        while self._bundles[0].until <= self.omitted:
            self._drop()

    def _make_room(self) -> None:
        """Let go of the oldest bundles until there is room, but not of the newest event."""
        while self._bytes > self._max_bytes and len(self._bundles) > (not self._fresh):
            self._drop()

    def _drop(self) -> None:
        self._first, packed = self._bundles.popleft()
        self._bytes -= len(packed)

    def _open(self, index: int) -> tuple[int, list[TranscriptEvent]]:
        """The bundle with this event: the number of its first, and its events."""
        bundle = self._bundles[bisect_right(self._bundles, index, key=lambda one: one.until)]
        events = _unpacked(bundle.packed)
        return bundle.until - len(events), events


def _packed(events: list[TranscriptEvent]) -> bytes:
    """The events as MessagePack; with a lone surrogate, which has no UTF-8, as lines of a recording."""
    try:
        return _PACK(events)
    except UnicodeEncodeError:
        return "\n".join(map(write_line, events)).encode("utf-8")


def _unpacked(packed: bytes) -> list[TranscriptEvent]:
    """The events again. A MessagePack array never begins like a JSON object."""
    if packed.startswith(_JSON_START):
        return [msgspec.convert(parse(line), TranscriptEvent) for line in packed.split(b"\n")]
    return _UNPACK(packed)
