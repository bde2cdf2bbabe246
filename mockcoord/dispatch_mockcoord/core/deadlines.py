"""Deadlines of one kind: many keys, each with a time at which something is to happen to it."""

from collections import OrderedDict
from collections.abc import Iterator
from math import inf


class Deadlines:
    """Deadlines that all lie the same number of seconds ahead, so that the earliest is always the oldest.

    Starting, cancelling and asking for the earliest take constant time, however many there are.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due: OrderedDict[str | int, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, key: object) -> bool:
        return key in self._due

    @property
    def earliest(self) -> float:
        """When the next deadline passes; infinity without any."""
        return next(iter(self._due.values()), inf)

    def start(self, key: str | int, now: float) -> None:
        """The key's deadline is `seconds` from now; one that was running counts no more."""
        self._due.pop(key, None)
        self._due[key] = now + self.seconds

    def resume(self, key: str | int, now: float, elapsed: float) -> None:
        """The key's deadline began `elapsed` seconds ago; to be called with the longest elapsed first."""
        self._due[key] = now + max(0.0, self.seconds - max(0.0, elapsed))

    def cancel(self, key: str | int) -> None:
        """The key has no deadline any more; nothing happens where it had none."""
        self._due.pop(key, None)

    def passed(self, now: float) -> Iterator[str | int]:
        """The keys whose deadline has come, earliest first; each is taken off as it is given."""
        while self._due:
            key, due = next(iter(self._due.items()))
            if due > now:
                return
            del self._due[key]
            yield key
