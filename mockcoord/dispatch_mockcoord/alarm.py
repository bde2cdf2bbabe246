"""The time of this machine, and what rings when something is due."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from dispatch_mockcoord.core.terms import Moment

GRAIN_SECONDS: Final = 0.002
"""How soon an alarm rings at the soonest, so that many deadlines in a row share one."""


class Clock:
    """The time of this machine."""

    def moment(self) -> Moment:
        """The moment it is."""
        return Moment(time.monotonic(), time.time_ns() // 1_000_000)


class Alarm:
    """Calls `ring` when the earliest time that was asked for has come, in the running event loop."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._has_ended = False

    def set(self, due: float | None) -> None:
        """Ring at this time of the clock; nothing changes if it is None, or if it rings earlier anyway."""
        if due is None or self._has_ended or (self._handle is not None and self._due <= due):
            return
        self.cancel()
        delay = max(GRAIN_SECONDS, due - self._clock.moment().now)
        self._handle = asyncio.get_running_loop().call_later(delay, self._ring)
        self._due = due

    def cancel(self) -> None:
        """Do not ring, until it is set again."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def end(self) -> None:
        """Never ring again."""
        self._has_ended = True
        self.cancel()
