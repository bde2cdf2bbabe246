"""What happened in a scenario, event by event, bounded, and the means to wait for it.

A Transcript holds the events of one coordinator in the order in which they happened, with times on the
suite's monotonic clock. Evidence in verdicts is a Mark: the transcript's name and an index into it.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from dispatch_protocol.recording import Closed, Frame, Http, Opened, TranscriptEvent

MAX_EVENTS: Final = 100_000
"""How many events a transcript keeps."""

MAX_BYTES: Final = 256 * 1024 * 1024
"""How much memory a transcript's payloads may take."""

OWN_BYTES: Final = 1024 * 1024
"""How much of that every transcript has for itself."""

SHARED_BYTES: Final = 512 * 1024 * 1024
"""How much the transcripts of one run share beyond that."""

_T = TypeVar("_T")


class Mark(NamedTuple):
    """A place in a transcript: the event with this number, counted from 0."""

    transcript: str
    event: int


class Oddity(NamedTuple):
    """What a transcript cannot hold: a frame that never became one, or more than anybody can use.

    `kind` is one of `protocol` (RFC 6455 broken), `too_large`, `flood`, `connections`.
    """

    kind: str
    t: float
    connection: int
    detail: str


class Zero(NamedTuple):
    """When t=0 is: on time.monotonic(), and on the wall clock in milliseconds since 1970."""

    monotonic: float
    epoch_ms: int

    @classmethod
    def now(cls) -> "Zero":
        """This moment."""
        return cls(time.monotonic(), round(time.time() * 1000))


@dataclass(slots=True)
class Room:
    """How many bytes the transcripts of one run may still take beyond their own."""

    left: int = SHARED_BYTES


class Changes:
    """Lets coroutines wait until something they look at has changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something has changed: everybody who waits looks again."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, look: Callable[[], _T], seconds: float) -> _T:
        """What `look` returns once it is true, or its last value after so many seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not (seen := look()) and loop.time() < deadline:
            future = loop.create_future()
            self._waiting.add(future)
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(deadline):
                        await future
            finally:
                self._waiting.discard(future)
        return seen


class Transcript:
    """The events of one coordinator; `name` is unique within a run.

    `zero` is t=0 on time.monotonic(), `epoch_ms` on the wall clock (milliseconds since 1970): now, unless
    another moment is given; `room` is what it shares with others. Beyond its bounds it drops events, from
    then on all of them, and says how many in `dropped`. `connected`: whether a worker ever opened a WebSocket
    here.
    """

    def __init__(self, name: str, since: Zero | None = None, room: Room | None = None) -> None:
        self.name = name
        self.zero, self.epoch_ms = since or Zero.now()
        self.events: list[TranscriptEvent] = []
        self.oddities: list[Oddity] = []
        self.changes = Changes()
        self.dropped = 0
        self.connected = False
        self._room = room or Room()
        self._size = 0
        self._listeners: list[Callable[[TranscriptEvent], None]] = []

    @property
    def now(self) -> float:
        """Seconds since the transcript began."""
        return time.monotonic() - self.zero

    @property
    def full(self) -> bool:
        """Whether it takes no more."""
        return self.dropped > 0 or len(self.events) >= MAX_EVENTS or self._size >= MAX_BYTES

    def listen(self, listener: Callable[[TranscriptEvent], None]) -> None:
        """Hand every event that is added from now on to `listener` as well."""
        self._listeners.append(listener)

    def add(self, event: TranscriptEvent) -> int:
        """Append an event; returns its index, or that of the last one kept if there is no room for it."""
        self.connected = self.connected or isinstance(event, Opened)
        size = _size_of(event)
        shared = min(size, max(0, self._size + size - OWN_BYTES))
        if self.full or shared > self._room.left:
            self.dropped += 1
            self.changes.notify()
            return len(self.events) - 1
        self.events.append(event)
        self._size += size
        self._room.left -= shared
        for listener in self._listeners:
            listener(event)
        self.changes.notify()
        return len(self.events) - 1

    def note(self, oddity: Oddity) -> None:
        """Keep what is no event; at most a hundred."""
        if len(self.oddities) < 100:
            self.oddities.append(oddity)
        self.changes.notify()

    def mark(self, index: int) -> Mark:
        """The place of an event, for evidence."""
        return Mark(self.name, index)


def _size_of(event: TranscriptEvent) -> int:
    """The bytes that the payload of an event takes: up to four for a character."""
    parts: tuple[str | None, ...] = ()
    match event:
        case Frame():
            parts = (event.text, event.base64)
        case Http():
            parts = (event.request, event.request_base64, event.response)
        case Closed():
            parts = (event.reason,)
    return sum(sys.getsizeof(part) for part in parts if part)
