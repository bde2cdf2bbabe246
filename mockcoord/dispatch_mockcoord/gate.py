"""The gate between the core and the world: what changed is stored before what follows from it leaves.

The core has moved on when a write fails, over a full disk for one. So nothing is undone: its effects wait
here, in order, until a write of all that changed among them succeeds; only then are they carried out. Until
then nobody has been told what is not stored: a death of the process meanwhile is like one just before.
"""

import logging
import sqlite3
from typing import Final

from dispatch_mockcoord.core.effects import Effect, JobChanged, PairingChanged, Send
from dispatch_mockcoord.store import Store

LOG: Final = logging.getLogger("dispatch_mockcoord")

RETRY_SECONDS: Final = 0.25
"""How long after a failed write the next is tried."""

MAX_WAITING: Final = 10_000
"""How many effects may wait before frames are left unread."""

UNAVAILABLE: Final = "The store is not available"
"""The `error` of requests that cannot be answered because the store fails (503)."""


class Gate:
    """Effects on their way out. `fault` is why it is shut, None while it is open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Effect] = []
        self.fault: sqlite3.Error | None = None
        self.retry_at: float | None = None

    @property
    def is_shut(self) -> bool:
        """Whether effects wait, because the last write failed."""
        return self.retry_at is not None

    @property
    def is_overfull(self) -> bool:
        """Whether so many effects wait that there had better come no more."""
        return len(self._waiting) >= MAX_WAITING

    def let_through(self, effects: list[Effect], now: float) -> list[Effect]:
        """What may be carried out now that these effects have come: all that waited and they, or nothing.

        While it is shut, a write is tried only when `retry_at` has come.
        """
        self._waiting += effects
        if self.retry_at is not None and now < self.retry_at:
            return []
        try:
            self._write()
        except sqlite3.Error as fault:
            self._shut(fault, now)
            return []
        if self.is_shut:
            LOG.warning("the store works again; what waited goes on")
            self.fault = self.retry_at = None
        passing, self._waiting = self._waiting, []
        return passing

    def withdraw(self, job_id: str) -> None:
        """Nothing that waits is about this job any more: it was never committed."""
        self._waiting = [effect for effect in self._waiting if not _is_about(effect, job_id)]

    def _write(self) -> None:
        jobs = {
            effect.job.id: effect.job
            for effect in self._waiting
            if isinstance(effect, JobChanged) and not effect.job.demo
        }
        pairings = [effect.pairing for effect in self._waiting if isinstance(effect, PairingChanged)]
        if jobs or pairings:
            self._store.write(jobs.values(), pairings)

    def _shut(self, fault: sqlite3.Error, now: float) -> None:
        if not self.is_shut:
            LOG.error("the store fails, and everything waits until it works again: %s", fault)
        self.fault, self.retry_at = fault, now + RETRY_SECONDS


def _is_about(effect: Effect, job_id: str) -> bool:
    if isinstance(effect, JobChanged):
        return effect.job.id == job_id
    return isinstance(effect, Send) and getattr(effect.message, "job_id", None) == job_id
