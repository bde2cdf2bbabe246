"""Which worker gets a job, and which job a worker gets. Source: SPEC.md, "Matching"."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import Final

from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass, ProviderType

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.registry import Worker
from dispatch_mockcoord.core.trust import TrustBook

PREFERENCE: Final = 10.0
"""What a worker of the preferred type is ahead by: more than any heartbeat's freshness."""

FRESHNESS: Final = 5.0
"""What a heartbeat of this moment is worth; it loses one for every ten seconds."""

_FADING_SECONDS: Final = 10.0


def is_eligible(worker: Worker, job: Job, trust: TrustBook) -> bool:
    """Whether this worker may ever be given this job; whether it is free now is another matter."""
    return (
        job.job_type in worker.capabilities
        and (job.privacy_class is PrivacyClass.PUBLIC or trust.is_paired(job.user_id, worker.key))
        and worker.key not in job.rejected_by
    )


def score(worker: Worker, job: Job, now: float) -> float:
    """How well this worker suits the job; the highest gets it."""
    preferred = (job.policy is Policy.FAST and worker.provider_type is ProviderType.DESKTOP) or (
        (job.policy is Policy.CHEAP or job.job_type is JobType.TASK)
        and worker.provider_type is ProviderType.SEEKER
    )
    freshness = max(0.0, FRESHNESS - (now - worker.last_beat) / _FADING_SECONDS)
    return (PREFERENCE if preferred else 0.0) + freshness


def best_worker(job: Job, workers: Iterable[Worker], trust: TrustBook, now: float) -> Worker | None:
    """The eligible worker that suits the job best, of equals the first; None without any."""
    best, highest = None, -1.0
    for worker in workers:
        if is_eligible(worker, job, trust):
            reached = score(worker, job, now)
            if reached > highest:
                best, highest = worker, reached
    return best


class PendingJobs:
    """The jobs that wait for a worker, in the order of their commits."""

    def __init__(self) -> None:
        self._orders: dict[JobType, list[int]] = {job_type: [] for job_type in JobType}
        self._jobs: dict[int, Job] = {}

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """The job waits, at the place that its commit gives it."""
        insort(self._orders[job.job_type], job.order)
        self._jobs[job.order] = job

    def discard(self, job: Job) -> None:
        """The job waits no more; nothing happens where it did not."""
        if self._jobs.pop(job.order, None) is not None:
            orders = self._orders[job.job_type]
            del orders[bisect_left(orders, job.order)]

    def first_for(self, worker: Worker, trust: TrustBook) -> Job | None:
        """The earliest committed job that this worker is eligible for."""
        firsts = (self._first(job_type, worker, trust) for job_type in worker.capabilities)
        return min((job for job in firsts if job is not None), key=lambda job: job.order, default=None)

    def _first(self, job_type: JobType, worker: Worker, trust: TrustBook) -> Job | None:
        waiting: Iterator[Job] = (self._jobs[order] for order in self._orders[job_type])
        return next((job for job in waiting if is_eligible(worker, job, trust)), None)
