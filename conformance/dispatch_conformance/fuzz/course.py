"""From the thread of a search to the worker in the event loop: one sequence after the other, in time."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeVar

from dispatch_conformance.fuzz.outcome import Outcome
from dispatch_conformance.fuzz.steps import Sequence

STALL_SECONDS: Final = 1.5
"""How long nothing at all may be answered before a worker is suspected of never answering."""

MOST_ASIDE_SECONDS: Final = 40.0
"""How far beyond its budget a search may go in all, to find out what a worker died of."""

_T = TypeVar("_T")
_LONGEST_SECONDS: Final = 300.0


class TimeUp(BaseException):
    """The budget is used up. No Exception, so that Hypothesis does not take it for a failure of the test."""


class Plays(Protocol):
    """Whoever plays sequences on a worker (see `play.Player`)."""

    history: list[Sequence]
    awaits_receipts: bool

    async def play(
        self, sequence: Sequence, *, closing: bool = True, stall: float = STALL_SECONDS
    ) -> Outcome:
        """Play it, on the worker as it is."""

    async def fresh(self) -> None:
        """Start the worker anew."""

    async def in_time(self, outcome: Outcome, seconds: float | None = None) -> Outcome:
        """The outcome once everything has come that comes in time, or within so many seconds."""


class Course:
    """What a search does with a worker, as plain calls that block. Use it in a thread of its own.

    Everything but `in_time` raises TimeUp once the budget of seconds is used up or `stop` was called; what
    the player raises comes through.
    """

    def __init__(self, player: Plays, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.player = player
        self._loop = loop
        self._deadline = time.monotonic() + seconds
        self._latest = self._deadline + MOST_ASIDE_SECONDS
        self._stopped = False

    @property
    def over(self) -> bool:
        """Whether the budget is used up."""
        return self._stopped or time.monotonic() >= self._deadline

    @contextmanager
    def aside(self, seconds: float) -> Iterator[None]:
        """At least so many seconds for what is done inside; the budget itself does not grow."""
        deadline = self._deadline
        self._deadline = min(self._latest, max(deadline, time.monotonic() + seconds))
        try:
            yield
        finally:
            self._deadline = deadline

    def give_back(self, seconds: float) -> None:
        """So many seconds were spent on something else than the search."""
        self._deadline = min(self._latest, self._deadline + seconds)

    def stop(self) -> None:
        """End the search at its next step. May be called from any thread."""
        self._stopped = True

    def play(self, sequence: Sequence, *, closing: bool = True, stall: float = STALL_SECONDS) -> Outcome:
        """See `Player.play`."""
        self._expect_time()
        return self._wait(self.player.play(sequence, closing=closing, stall=stall))

    def fresh(self) -> None:
        """See `Player.fresh`."""
        self._expect_time()
        self._wait(self.player.fresh())

    def in_time(self, outcome: Outcome, seconds: float | None = None) -> Outcome:
        """See `Player.in_time`."""
        return self._wait(self.player.in_time(outcome, seconds))

    def _expect_time(self) -> None:
        if self.over:
            raise TimeUp

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(_LONGEST_SECONDS)
        except (TimeoutError, CancelledError):
            future.cancel()
            self._stopped = True
            raise TimeUp from None
