"""A control clock: measures how long the host kept the suite itself from running.

What waits for time is judged beside it. If the suite's own task, which does nothing but sleep, was late by as
much as the worker is blamed for, nobody can tell whose fault it was.
"""

import asyncio
import contextlib
import time
from collections import deque
from typing import Final, NamedTuple, Self

TICK_SECONDS: Final = 0.05
"""How long the control task sleeps."""

STALL_SECONDS: Final = 0.5
"""Lateness that counts as a stall."""


class Stall(NamedTuple):
    """A time in which the host did not run the suite; seconds of time.monotonic()."""

    since: float
    until: float


class ControlClock:
    """`async with` starts the task that measures; at most a thousand stalls are kept."""

    def __init__(self) -> None:
        self.stalls: deque[Stall] = deque(maxlen=1000)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._tick())
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _tick(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            if now - before > TICK_SECONDS + STALL_SECONDS:
                self.stalls.append(Stall(before + TICK_SECONDS, now))
            before = now

    def stalled(self, since: float, until: float) -> float:
        """How many seconds between two moments (of time.monotonic()) were stalls."""
        overlaps = (min(until, stall.until) - max(since, stall.since) for stall in self.stalls)
        return sum(overlap for overlap in overlaps if overlap > 0)
