"""What is to be done later, in order: by the switchboard's clock, woken by the event loop."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Final

from dispatch_mockcoord.switchboard import Clock

MAX_WAITING: Final = 20_000
"""How much may wait at once; what finds no place is done at once."""


class Agenda:
    """Actions and when they are due: done in the loop's thread, those due first before the others."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def now(self) -> float:
        """The moment it is, in the clock's seconds."""
        return self._clock.moment().now

    @property
    def wake_at(self) -> float | None:
        """When `pass_time` is due; None while nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do this so long from now; at once where there is nothing to wait for, or no room to."""
        if seconds <= 0 or len(self._waiting) >= MAX_WAITING:
            action()
            return
        heapq.heappush(self._waiting, (self.now + seconds, next(self._order), action))
        self._set_alarm()

    def pass_time(self) -> None:
        """Do what is due by now."""
        while self._waiting and self._waiting[0][0] <= self.now:
            _, _, action = heapq.heappop(self._waiting)
            action()
        self._set_alarm()

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._waiting:
            delay = max(0.0, self._waiting[0][0] - self.now)
            self._alarm = asyncio.get_running_loop().call_later(delay, self.pass_time)
