"""Deadlines of one kind: many keys, each with a time at which something is to happen to it."""

from collections import OrderedDict
from collections.abc import Iterator
from math import inf


class Deadlines:
    """Deadlines that all lie the same number of seconds ahead, so that the earliest is always the oldest.

    Starting and cancelling take constant time, however many there are. `earliest` is when the next deadline
    passes; infinity without any.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.earliest = inf
        self._due: OrderedDict[str | int, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._due)

    def __contains__(self, key: object) -> bool:
        return key in self._due

    def start(self, key: str | int, now: float) -> None:
        """The key's deadline is `seconds` from now; one that was running counts no more."""
        self.cancel(key)
        self._append(key, now + self.seconds)

    def resume(self, key: str | int, now: float, elapsed: float) -> None:
        """The key's deadline began `elapsed` seconds ago; to be called with the longest elapsed first."""
        self._append(key, now + max(0.0, self.seconds - max(0.0, elapsed)))

    def cancel(self, key: str | int) -> None:
        """The key has no deadline any more; nothing happens where it had none."""
        if self._due.pop(key, None) == self.earliest:
            self._look_again()

    def passed(self, now: float) -> Iterator[str | int]:
        """The keys whose deadline has come, earliest first; each is taken off as it is given."""
        while self.earliest <= now:
            key, _ = self._due.popitem(last=False)
            self._look_again()
            yield key

    def _append(self, key: str | int, due: float) -> None:
        self._due[key] = due
        if len(self._due) == 1:
            self.earliest = due

    def _look_again(self) -> None:
        self.earliest = next(iter(self._due.values()), inf)
