"""What layers want done later, in order. It knows no clock: whoever holds it says what time it is."""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Final

MAX_WAITING: Final = 20_000
"""How much may wait at once."""


class Agenda:
    """Actions and when each is due, in the clock's seconds. Of those due at once, the first put is first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def wake_at(self) -> float | None:
        """When the next is due; None while nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def put(self, due: float, action: Callable[[], None]) -> bool:
        """Have this done when it is due; False, and not kept, where too much waits already."""
        if len(self._waiting) >= MAX_WAITING:
            return False
        heapq.heappush(self._waiting, (due, next(self._order), action))
        return True

    def pass_time(self, now: float) -> None:
        """Do what is due by now, also what is put meanwhile and due."""
        while self._waiting and self._waiting[0][0] <= now:
            heapq.heappop(self._waiting)[2]()

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
