"""What happened last, numbered, for streams to follow: a ring that holds references and no texts.

A stream keeps nothing but the number it has come to. Whoever reads too slowly finds that the ring has gone
on, and is told how many events are missing: nothing piles up for anybody.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

RING: Final = 4_096
"""How many happenings are kept."""

MAX_TOLD: Final = 512
"""How many texts are kept for the streams that are still to come to them."""

MAX_BATCH_EVENTS: Final = 256
MAX_BATCH_BYTES: Final = 65_536
"""The most that is handed to a stream at once; a single event may be longer."""

_DIGITS: Final = 15

Item = object
"""What happened: an effect, a finding, a job or its id, or the number of an event of the transcript."""


class Batch(NamedTuple):
    """Events in order: `missed` were gone before the first, and `until` is the number of the last."""

    texts: list[bytes]
    missed: int
    until: int


class Journal:
    """The ring. `tell` makes of an item its kind and its JSON, or nothing where there is nothing to tell.

    That is done once, when the first stream comes to it. `run` names this start of the coordinator.
    """

    def __init__(self, run: str, tell: Callable[[Item], tuple[str, bytes] | None]) -> None:
        self.run = run
        self.count = 0
        self.has_ended = False
        self._tell = tell
        self._items: list[Item] = [None] * RING
        self._told: dict[int, tuple[str, bytes] | None] = {}
        self._stirred = asyncio.Event()
        self._is_awaited = False

    def put(self, item: Item) -> None:
        """Something happened. Its number is the new `count`."""
        self._items[self.count % RING] = item
        self.count += 1
        if self._is_awaited:
            self._is_awaited = False
            self._stirred.set()

    def end(self) -> None:
        """Nothing more will happen: whoever waits is woken for good."""
        self.has_ended = True
        self._stirred.set()

    def forget_texts(self) -> None:
        """Nobody follows any more."""
        self._told.clear()

    async def stirs(self, after: int) -> None:
        """Returns when something has happened after this number, or when all is over."""
        while self.count <= after and not self.has_ended:
            self._stirred.clear()
            self._is_awaited = True
            await self._stirred.wait()

    def since(self, after: int, kinds: frozenset[str] | None = None) -> Batch:
        """What happened after this number, as much of it as goes at once; of these kinds, or all."""
        oldest = max(0, self.count - RING)
        missed, number, size = max(0, oldest - after), max(after, oldest), 0
        texts: list[bytes] = []
        last = min(self.count, number + MAX_BATCH_EVENTS)
        while number < last and size < MAX_BATCH_BYTES:
            number += 1
            told = self._text(number)
            if told is not None and (kinds is None or told[0] in kinds):
                texts.append(told[1])
                size += len(told[1])
        return Batch(texts, missed, number)

    def place(self, wanted: str) -> tuple[int, bool]:
        """The number to go on from, for an id of this journal or `0`; and whether it is another run's id.

        `0` and ids of other runs begin with the oldest that is kept.
        """
        run, _, number = wanted.rpartition("-")
        is_number = number.isascii() and number.isdigit() and len(number) <= _DIGITS
        if is_number and run == self.run:
            return min(int(number), self.count), False
        return max(0, self.count - RING), wanted != "0"

    def _text(self, number: int) -> tuple[str, bytes] | None:
        if number not in self._told:
            told = self._tell(self._items[(number - 1) % RING])
            name = f"{self.run}-{number}"
            self._told[number] = None if told is None else (told[0], framed(name, *told))
            if len(self._told) > MAX_TOLD:
                del self._told[next(iter(self._told))]
        return self._told[number]


def framed(name: str, kind: str, data: bytes) -> bytes:
    """One server-sent event (HTML Living Standard §9.2.5): its id, its kind, and its data in one line."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (name.encode("ascii"), kind.encode("ascii"), data)
