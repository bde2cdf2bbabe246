"""Bounded memory: whatever a transcript brings, only so much of it is kept.

What lasts (answered jobs, pairing codes) is kept in a `Recent`, where the oldest make room. What is open
(unanswered assignments, replies that are due) lies on a `Shelf` per connection; all shelves share one budget,
and what finds no place is not followed.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final, Generic, TypeVar

MAX_CONNECTIONS: Final = 16_384
"""Open connections that are followed; of more, the oldest are forgotten."""

MAX_OPEN: Final = 65_536
"""Assignments, missing receipts and due replies that are followed at once, over all connections."""

MAX_OPEN_HERE: Final = 256
"""The same of one kind, on one connection."""

MAX_ANSWERED: Final = 32_768
"""Answered or lost assignments that are remembered, over all connections."""

MAX_JOBS: Final = 16_384
"""Jobs that are remembered across their assignments, commits and answers over HTTP."""

MAX_CODES: Final = 4_096
"""Pairing codes, replaced keys and early receipts that are remembered, of each so many."""

_LONGEST_NAME: Final = 128

K = TypeVar("K")
V = TypeVar("V")


def name_of(text: str) -> str:
    """A text fit to be remembered as an identifier: itself, or where it is long its hash."""
    if len(text) <= _LONGEST_NAME:
        return text
    return f"sha256 {sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


class Recent(Generic[K, V]):
    """A mapping of at most `limit` entries. The longest unwritten go first; `dropped` counts them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.dropped = 0
        self._entries: dict[K, V] = {}

    def put(self, key: K, value: V) -> V | None:
        """Write an entry; gives the one that had to go for it."""
        self._entries.pop(key, None)
        self._entries[key] = value
        if len(self._entries) <= self.limit:
            return None
        self.dropped += 1
        return self._entries.pop(next(iter(self._entries)))

    def get(self, key: K) -> V | None:
        """The entry, or None."""
        return self._entries.get(key)

    def pop(self, key: K) -> V | None:
        """The entry, or None; it is no longer there afterwards."""
        return self._entries.pop(key, None)

    def values(self) -> list[V]:
        """All entries, longest unwritten first."""
        return list(self._entries.values())

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)


class Budget:
    """How much may be open at once; `refused` counts what found no place."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.refused = 0


class Shelf(Generic[K, V]):
    """What is open on one connection, eldest first, within a budget shared by all."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._entries: dict[K, V] = {}

    def put(self, key: K, value: V) -> bool:
        """Follow this; False, and counted as refused, where there is no room."""
        if key in self._entries:
            self._entries[key] = value
            return True
        if len(self._entries) >= MAX_OPEN_HERE or self._budget.used >= self._budget.limit:
            self._budget.refused += 1
            return False
        self._entries[key] = value
        self._budget.used += 1
        return True

    def get(self, key: K) -> V | None:
        """The entry, or None."""
        return self._entries.get(key)

    def pop(self, key: K) -> V | None:
        """The entry, or None; it is no longer followed afterwards."""
        value = self._entries.pop(key, None)
        if value is not None:
            self._budget.used -= 1
        return value

    def clear(self) -> None:
        """Follow nothing any more."""
        self._budget.used -= len(self._entries)
        self._entries.clear()

    def items(self) -> list[tuple[K, V]]:
        """Keys and values, eldest first."""
        return list(self._entries.items())

    def __iter__(self) -> Iterator[V]:
        return iter(list(self._entries.values()))

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
