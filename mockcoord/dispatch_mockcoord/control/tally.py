"""How many jobs stand how, counted as they change: pure, and the same as asking the store again and again."""

from collections import Counter
from typing import Final

from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.core.jobs import Job

MAX_KEYS: Final = 100_000
"""How many workers' keys are told apart; further ones are not counted."""


class Tally:
    """The jobs by status, their receipts, and how many keys were given one.

    It begins with what the store held at the start. Demo jobs are stored nowhere, and not counted.
    """

    def __init__(self, completed: int, failed: int, receipts: int, verified: int, keys: set[str]) -> None:
        self._finished = Counter(completed=completed, failed=failed)
        self.receipts = receipts
        self.verified = verified
        self._keys = keys
        self._open: dict[str, JobStatus] = {}

    @property
    def keys(self) -> int:
        """How many different keys were ever given a job."""
        return len(self._keys)

    @property
    def by_status(self) -> dict[str, int]:
        """How many jobs are pending, assigned, completed and failed."""
        waiting = sum(status is JobStatus.PENDING for status in self._open.values())
        return {"pending": waiting, "assigned": len(self._open) - waiting, **self._finished}

    def changed(self, job: Job) -> None:
        """This is how a job stands now."""
        if job.demo:
            return
        status = job.status
        if status is JobStatus.PENDING or status is JobStatus.ASSIGNED:
            self._open[job.id] = status
            if job.pubkey is not None and len(self._keys) < MAX_KEYS:
                self._keys.add(job.pubkey.lower())
            return
        was_open = self._open.pop(job.id, None) is not None
        if was_open or status is JobStatus.FAILED:
            self._finished[status.value] += 1
        # A completed job that was not open any more changed once: its receipt came.
        if status is JobStatus.COMPLETED and job.receipt is not None:
            self.receipts += 1
            self.verified += job.verified
