"""The jobs on their way: who holds which, who waits, when patience ends. Source: SPEC.md, "Life of a job".

At any time between two inputs no idle, settled worker is eligible for any pending job: whatever frees one or
adds the other matches them at once. Finished jobs are given out as effects and forgotten here; only the
connection that answered one is remembered, for as long as its receipt may still come.
"""

from collections.abc import Iterable

from dispatch_protocol.canonical import Json
from dispatch_protocol.messages import JobAssign, JobComplete, ReceiptSubmit
from dispatch_protocol.vocabulary import JobError, JobStatus, Policy, PrivacyClass

from dispatch_mockcoord.core import jobs
from dispatch_mockcoord.core.deadlines import Deadlines
from dispatch_mockcoord.core.effects import Effect, JobChanged, JobRejected, Send
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.matching import PendingJobs, best_worker, paired_workers
from dispatch_mockcoord.core.registry import Registry
from dispatch_mockcoord.core.terms import Moment, Terms
from dispatch_mockcoord.core.trust import TrustBook
from dispatch_mockcoord.core.worker import Worker


class Dispatcher:
    """Open jobs, and the steps that inputs make them take. Effects are appended to `effects`."""

    def __init__(self, terms: Terms, registry: Registry, trust: TrustBook, effects: list[Effect]) -> None:
        self._terms = terms
        self._registry = registry
        self._trust = trust
        self._effects = effects
        self._committed = 0
        self._open: dict[str, Job] = {}
        self._holders: dict[str, int] = {}
        self._pending = PendingJobs()
        self._windows = Deadlines(terms.window_seconds)
        self._patience = Deadlines(terms.worker_seconds)
        self._receipts = Deadlines(terms.receipt_seconds)

    @property
    def pending_count(self) -> int:
        """How many jobs wait for a worker."""
        return len(self._pending)

    @property
    def pending_bytes(self) -> int:
        """The size of what their clients sent in them, in bytes."""
        return self._pending.bytes

    @property
    def earliest(self) -> float:
        """When the next deadline of a job passes; infinity without any."""
        return min(self._windows.earliest, self._patience.earliest, self._receipts.earliest)

    def next_order(self) -> int:
        """The number of the next commit."""
        self._committed += 1
        return self._committed

    def commit(self, job: Job, at: Moment) -> Job:
        """Take a fresh job up; it comes back assigned, pending or, for want of a trusted worker, failed.

        C-REST-9: a trusted worker that has still to settle will do.
        """
        if job.privacy_class is PrivacyClass.PRIVATE and not self._has_idle_worker(job):
            return self._finish(jobs.fail(job, JobError.NO_TRUSTED_WORKER))
        self._windows.start(job.id, at.now)
        return self._place(job, at)

    def withdraw(self, job: Job) -> None:
        """Forget a job that was committed just now; whoever holds it is idle as before."""
        if self._open.pop(job.id, None) is not None:
            self._windows.cancel(job.id)
            self._pending.discard(job)
            if job.id in self._holders:
                self._take_back(self._registry.workers[self._holders[job.id]], job)

    def hand(self, job: Job, worker: Worker, at: Moment) -> Job:
        """Give a fresh job to this worker, which must be idle."""
        return self._assign(job, worker, at)

    def resume(self, stored: Iterable[Job], at: Moment) -> None:
        """Take up an earlier run's unfinished jobs: pending ones wait on, assigned ones lost their worker.

        C-DUR-2, C-DUR-3; of an assigned one nothing is left that could be answered (C-DUR-4).
        """
        for job in sorted(stored, key=lambda job: (job.created_ms, job.order)):
            self._committed = max(self._committed, job.order)
            if job.status is JobStatus.PENDING:
                self._windows.resume(job.id, at.now, (at.wall_ms - job.created_ms) / 1000)
                self._wait(job)
            else:
                self._finish(jobs.fail(job, JobError.WORKER_DISCONNECTED))

    def free(self, worker: Worker, at: Moment) -> None:
        """Give an idle worker the job that has waited longest for one like it, at once (C-JOB-20)."""
        if worker.is_idle and worker.settled:
            job = self._pending.first_for(worker, self._trust)
            if job is not None:
                self._pending.discard(job)
                self._assign(job, worker, at)

    def complete(self, worker: Worker, message: JobComplete, at: Moment) -> bool:
        """Take the answer of the job's holder; False, and nothing else, where this worker is not that.

        The job is completed, whatever the receipt (C-JOB-8, C-RCP-16), unless it must be good (C-RCP-17).
        """
        job = self._held(worker, message.job_id)
        if job is None:
            return False
        job = jobs.answer(job, message.output, message.receipt, message.receipt_signature)
        self._windows.cancel(job.id)
        self._patience.cancel(job.id)
        self._receipts.start(job.id, at.now)
        self._registry.release(worker)
        if job.verified or not self._terms.receipts_required:
            job = jobs.complete(job, at.wall_ms)
        self._keep(job)
        self.free(worker, at)
        return True

    def reject(self, worker: Worker, job_id: str, reason: str, at: Moment) -> bool:
        """Take the job back and place it anew; False, and nothing else, where this worker holds it not.

        At once, with another worker (C-JOB-12); its window still runs from the commit (C-JOB-14).
        """
        job = self._held(worker, job_id)
        if job is None:
            return False
        self._take_back(worker, job)
        job = jobs.reject(job, worker.key)
        self._effects.append(JobRejected(job, worker, reason))
        if job.id in self._windows:
            self._place(job, at)
        else:
            self._finish(jobs.fail(job, JobError.NO_ELIGIBLE_WORKER))
        self.free(worker, at)
        return True

    def submit_receipt(self, worker: Worker, message: ReceiptSubmit, at: Moment) -> bool:
        """Attach the receipt to the job it names; False where this worker neither holds nor just held it.

        C-RCP-13 to C-RCP-15.
        """
        job_id = _named_job(message.receipt)
        if self._holders.get(job_id) != worker.connection:
            return False
        job = self._open.get(job_id)
        if job is None or job.receipt is not None:
            return True
        job = jobs.attach_receipt(job, message.receipt, message.signature)
        if job.verified and not job.is_finished:
            job = jobs.complete(job, at.wall_ms)
        self._keep(job)
        return True

    def lose(self, worker: Worker) -> None:
        """The worker's connection is gone, and with it the job it held (C-JOB-15)."""
        if worker.job_id is not None:
            job = self._open[worker.job_id]
            self._take_back(worker, job)
            self._finish(jobs.fail(job, JobError.WORKER_DISCONNECTED))

    def pass_time(self, at: Moment) -> None:
        """End every wait whose time has come: C-JOB-14, C-JOB-18, C-RCP-14, C-RCP-17."""
        for job_id in self._windows.passed(at.now):
            job = self._open[str(job_id)]
            if job.status is JobStatus.PENDING:
                self._pending.discard(job)
                self._finish(jobs.fail(job, JobError.NO_ELIGIBLE_WORKER))
        for job_id in self._patience.passed(at.now):
            job = self._open[str(job_id)]
            worker = self._registry.workers[self._holders[job.id]]
            self._take_back(worker, job)
            self._finish(jobs.fail(job, JobError.WORKER_TIMEOUT))
            self.free(worker, at)
        for job_id in self._receipts.passed(at.now):
            del self._holders[str(job_id)]
            late = self._open.pop(str(job_id), None)
            if late is not None and not late.is_finished:
                self._finish(jobs.fail(late, JobError.INVALID_RECEIPT))

    def _place(self, job: Job, at: Moment) -> Job:
        """Assign the job at once, or let it wait."""
        worker = best_worker(job, self._registry, self._trust)
        return self._wait(job) if worker is None else self._assign(job, worker, at)

    def _wait(self, job: Job) -> Job:
        self._pending.add(job)
        return self._keep(job)

    def _assign(self, job: Job, worker: Worker, at: Moment) -> Job:
        """Hand the job to this worker alone (C-MAT-8), as its client sent it: C-JOB-1, C-JOB-3 to C-JOB-6."""
        job = jobs.assign(job, worker.pubkey)
        self._registry.hold(worker, job.id)
        self._holders[job.id] = worker.connection
        self._patience.start(job.id, at.now)
        self._keep(job)
        message = JobAssign(
            job_id=job.id,
            job_type=job.job_type,
            payload=Json(job.payload.canonical, job.payload.value),
            policy="FAST" if job.policy is Policy.FAST else "CHEAP",
            privacy_class=job.privacy_class,
            user_id=job.user_id,
        )
        self._effects.append(Send(worker.connection, message))
        return job

    def _held(self, worker: Worker, job_id: str) -> Job | None:
        """The job that an answer is about, if its sender holds it: no other changes anything (C-JOB-11)."""
        return self._open[job_id] if job_id == worker.job_id else None

    def _take_back(self, worker: Worker, job: Job) -> None:
        self._registry.release(worker)
        self._patience.cancel(job.id)
        del self._holders[job.id]

    def _has_idle_worker(self, job: Job) -> bool:
        return any(worker.is_idle for worker in paired_workers(job, self._registry, self._trust))

    def _keep(self, job: Job) -> Job:
        """The job stands like this now. It stays open until it is finished and has its receipt."""
        if job.is_finished and job.receipt is not None:
            return self._finish(job)
        self._open[job.id] = job
        self._effects.append(JobChanged(job))
        return job

    def _finish(self, job: Job) -> Job:
        self._windows.cancel(job.id)
        self._open.pop(job.id, None)
        self._effects.append(JobChanged(job))
        return job


def _named_job(receipt: Json) -> str:
    """The job that a receipt names; the codec has seen to it that there is one."""
    job_id = receipt.value.get("job_id") if isinstance(receipt.value, dict) else None
    return job_id if isinstance(job_id, str) else ""
