"""How the jobs that a store keeps count together, reckoned as they change: nothing is ever counted anew."""

from collections import Counter
from typing import NamedTuple

from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.core.jobs import Job


class Facts(NamedTuple):
    """What counts of one job: the key that holds or held it, in lower case, and how it stands."""

    key: str | None = None
    is_completed: bool = False
    is_failed: bool = False
    has_receipt: bool = False
    is_verified: bool = False


NOTHING = Facts()
"""What counts of a job that is not kept, or that nobody has had."""


def facts_of(job: Job) -> Facts:
    """What counts of this job."""
    status, has_receipt = job.status, job.receipt is not None
    return Facts(
        job.pubkey.lower() if job.pubkey is not None else None,
        status is JobStatus.COMPLETED,
        status is JobStatus.FAILED,
        has_receipt,
        has_receipt and job.verified,
    )


class Sums:
    """Sums over the kept jobs: `completed`, `failed`, `receipts` and `verified` ones, and `keys`."""

    def __init__(self) -> None:
        self.completed = self.failed = self.receipts = self.verified = 0
        self._keys: Counter[str] = Counter()

    @property
    def totals(self) -> tuple[int, int, int, int]:
        """How many keys were given a job, how many are completed, have a receipt, and a verified one."""
        return len(self._keys), self.completed, self.receipts, self.verified

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

    def _count_key(self, key: str | None, change: int) -> None:
        if key is not None:
            self._keys[key] += change
            if not self._keys[key]:
                del self._keys[key]
