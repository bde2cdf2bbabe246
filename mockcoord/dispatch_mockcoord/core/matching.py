"""Which worker gets a job, and which job a worker gets. Source: SPEC.md, "Matching"."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Final

from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass, ProviderType

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.registry import Registry
from dispatch_mockcoord.core.trust import TrustBook
from dispatch_mockcoord.core.worker import Worker

_BOTH: Final = (ProviderType.DESKTOP, ProviderType.SEEKER)


def is_eligible(worker: Worker, job: Job, trust: TrustBook) -> bool:
    """Whether this worker may ever be given this job; whether it is free now is another matter.

    It declared the type (C-MAT-1), is paired if that is needed (C-MAT-2), and has not rejected it (C-JOB-13).
    """
    return (
        job.job_type in worker.capabilities
        and (job.privacy_class is PrivacyClass.PUBLIC or trust.is_paired(job.user_id, worker.key))
        and worker.key not in job.rejected_by
    )


def preferred_types(job: Job) -> tuple[ProviderType, ...]:
    """The types of workers that score ten points more for this job, which no heartbeat makes up for.

    C-MAT-4, C-MAT-5: a fast TASK prefers both.
    """
    if job.policy is Policy.FAST:
        return _BOTH if job.job_type is JobType.TASK else (ProviderType.DESKTOP,)
    return (ProviderType.SEEKER,)


def best_worker(job: Job, registry: Registry, trust: TrustBook) -> Worker | None:
    """The ready worker with the highest score for this job, of equals the first; None if none is eligible.

    C-MAT-3. Passes over those only that rejected the job before.
    """
    if job.privacy_class is PrivacyClass.PRIVATE:
        return _best_paired(job, registry, trust)
    preferred = preferred_types(job)
    others = tuple(one for one in _BOTH if one not in preferred)
    for provider_types in (preferred, others):
        for worker in registry.freshest(job.job_type, provider_types):
            if is_eligible(worker, job, trust):
                return worker
    return None


def paired_workers(job: Job, registry: Registry, trust: TrustBook) -> list[Worker]:
    """The registered workers that are eligible for a PRIVATE job, free or not, in no order.

    However many the user has paired, or have registered: it takes as long as there are of the fewer.
    """
    workers = registry.by_keys(trust.keys(job.user_id))
    return [worker for worker in workers if is_eligible(worker, job, trust)]


def _best_paired(job: Job, registry: Registry, trust: TrustBook) -> Worker | None:
    """As `best_worker`, among the few that the job's user trusts."""
    preferred = preferred_types(job)
    ready = [worker for worker in paired_workers(job, registry, trust) if worker.is_ready]
    return max(
        ready,
        key=lambda worker: (worker.provider_type in preferred, worker.last_beat, -worker.order),
        default=None,
    )


class PendingJobs:
    """The jobs that wait for a worker, in the order of their commits; `bytes` is their size."""

    def __init__(self) -> None:
        self._orders: dict[JobType, list[int]] = {job_type: [] for job_type in JobType}
        self._jobs: dict[int, Job] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """The job waits, at the place that its commit gives it."""
        insort(self._orders[job.job_type], job.order)
        self._jobs[job.order] = job
        self.bytes += _size(job)

    def discard(self, job: Job) -> None:
        """The job waits no more; nothing happens where it did not."""
        if self._jobs.pop(job.order, None) is not None:
            orders = self._orders[job.job_type]
            del orders[bisect_left(orders, job.order)]
            self.bytes -= _size(job)

    def first_for(self, worker: Worker, trust: TrustBook) -> Job | None:
        """The earliest committed job that this worker is eligible for (C-JOB-19)."""
        firsts = (self._first(job_type, worker, trust) for job_type in worker.capabilities)
        return min((job for job in firsts if job is not None), key=lambda job: job.order, default=None)

    def _first(self, job_type: JobType, worker: Worker, trust: TrustBook) -> Job | None:
        waiting: Iterator[Job] = (self._jobs[order] for order in self._orders[job_type])
        return next((job for job in waiting if is_eligible(worker, job, trust)), None)


def _size(job: Job) -> int:
    """What the client sent of its own in the job, in bytes of UTF-8."""
    texts = (job.payload.text, job.user_id)
    return sum(len(text if text.isascii() else text.encode("utf-8", "surrogatepass")) for text in texts)
