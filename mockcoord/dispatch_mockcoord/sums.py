"""How the jobs that a store keeps count together, reckoned as they change: nothing is ever counted anew."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.core.jobs import Job


class Facts(NamedTuple):
    """What counts of one job: the key that holds or held it, in lower case, how it stands, what it weighs."""

    key: str | None = None
    is_completed: bool = False
    is_failed: bool = False
    has_receipt: bool = False
    is_verified: bool = False
    weight: int = 0


NOTHING = Facts()
"""What counts of a job that is not kept, or that nobody has had."""


def facts_of(job: Job, size: Callable[[str], int]) -> Facts:
    """What counts of this job. Only if it is finished its texts weigh something, each its `size` in bytes."""
    status, has_receipt = job.status, job.receipt is not None
    parts = [part.text for part in (job.output, job.receipt) if part is not None]
    texts = (job.user_id, job.payload.text, job.signature or "", *parts)
    return Facts(
        job.pubkey.lower() if job.pubkey is not None else None,
        status is JobStatus.COMPLETED,
        status is JobStatus.FAILED,
        has_receipt,
        has_receipt and job.verified,
        sum(map(size, texts)) if job.is_finished else 0,
    )


class Sums:
    """Sums over the kept jobs: `completed`, `failed`, `receipts` and `verified` ones, `keys`, `weight`."""

    def __init__(self) -> None:
        self.completed = self.failed = self.receipts = self.verified = self.weight = 0
        self._keys: Counter[str] = Counter()

    @property
    def totals(self) -> tuple[int, int, int, int]:
        """How many keys were given a job, how many are completed, have a receipt, and a verified one."""
        return len(self._keys), self.completed, self.receipts, self.verified

    @property
    def finished(self) -> int:
        """How many of them are finished."""
        return self.completed + self.failed

    @property
    def keys(self) -> set[str]:
        """The keys, in lower case, that hold or held a kept job."""
        return set(self._keys)

    def change(self, before: Facts, after: Facts) -> None:
        """A job counted like this, and counts like that now."""
        if before.key != after.key:
            self._count_key(before.key, -1)
            self._count_key(after.key, 1)
        self.completed += after.is_completed - before.is_completed
        self.failed += after.is_failed - before.is_failed
        self.receipts += after.has_receipt - before.has_receipt
        self.verified += after.is_verified - before.is_verified
        self.weight += after.weight - before.weight

    def _count_key(self, key: str | None, change: int) -> None:
        if key is not None:
            self._keys[key] += change
            if not self._keys[key]:
                del self._keys[key]
