"""When this process stood still: stopped by Ctrl-Z or a debugger, or starved of the processor.

What a peer sent meanwhile is read late, and nobody can tell when it came. So nothing that depends on time is
held against anybody for a span in which there was a stall.
"""

from collections import deque
from typing import Final

TICK_SECONDS: Final = 0.5
"""How often whoever watches for stalls says that it is alive."""

LEAST_SECONDS: Final = 0.5
"""By how much such a tick must be late to count as a stall."""

_MOST: Final = 256


class Stalls:
    """The last stalls, by a monotonic clock that nobody puts ahead, in seconds."""

    def __init__(self, now: float) -> None:
        self._alive = now
        self._ends: deque[float] = deque(maxlen=_MOST)

    def note(self, now: float) -> None:
        """Something happens: whether the tick before it is overdue."""
        if now - self._alive > TICK_SECONDS + LEAST_SECONDS:
            self.stalled(now)

    def tick(self, now: float) -> None:
        """Still alive: called every TICK_SECONDS."""
        self.note(now)
        self._alive = now

    def stalled(self, now: float) -> None:
        """Up to now nothing could be read, for whatever reason."""
        self._alive = now
        self._ends.append(now)

    def within(self, seconds: float, now: float) -> bool:
        """Whether there was a stall in the last so many seconds."""
        return bool(self._ends) and self._ends[-1] >= now - seconds
