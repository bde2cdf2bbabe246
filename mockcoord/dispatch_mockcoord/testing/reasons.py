"""Why a job did not end well, or a worker did not come, in words for the author of a test."""

from typing import Final

from dispatch_protocol.errors import shown
from dispatch_protocol.vocabulary import JobError, JobStatus, PrivacyClass

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.testing.desk import Run

_LINES: Final = 8
_SHORT_KEY: Final = 16


def why_failed(run: Run, job: Job) -> str:
    """Why the job has failed."""
    code = job.error.value if job.error is not None else "no error"
    why = {
        JobError.NO_ELIGIBLE_WORKER: _nobody(run, job),
        JobError.NO_TRUSTED_WORKER: f"no idle worker is paired with user {shown(job.user_id, 64)!r}",
        JobError.WORKER_DISCONNECTED: f"{_holder(job)} was disconnected while it held the job",
        JobError.WORKER_TIMEOUT: f"{_holder(job)} held the job for too long",
        JobError.INVALID_RECEIPT: f"{_holder(job)} sent no good receipt, and receipts are required",
    }.get(job.error or JobError.NO_ELIGIBLE_WORKER, "")
    return _told(run, f"job {job.id} ({_kind(job)}) failed with {code}: {why}")


def why_unfinished(run: Run, job: Job, seconds: float) -> str:
    """Why the job is still open after so many seconds."""
    if job.status is JobStatus.PENDING:
        why = _nobody(run, job)
    elif job.output is not None:
        why = f"{_holder(job)} answered, and its receipt has not come"
    else:
        why = f"{_holder(job)} holds it and has not answered"
    head = f"job {job.id} ({_kind(job)}) is still {job.status.value} after {seconds:g} s"
    return _told(run, f"{head}: {why}")


def why_alone(run: Run, count: int, seconds: float) -> str:
    """Why fewer than `count` workers are there after so many seconds."""
    registry = run.board.coordinator.registry
    who = f"{len(registry.workers)} of {count} workers" if registry.workers else "no worker"
    connections = f"open connections: {len(registry.connections)}"
    return _told(run, f"{who} registered within {seconds:g} s at {run.running.url} ({connections})")


def _nobody(run: Run, job: Job) -> str:
    """Why no worker has the job."""
    workers = list(run.board.coordinator.registry.workers.values())
    if not workers:
        return "no worker is registered"
    able = [worker for worker in workers if job.job_type in worker.capabilities]
    if not able:
        return f"no registered worker ({len(workers)}) declared {job.job_type.value}"
    if job.privacy_class is PrivacyClass.PRIVATE:
        trust = run.board.coordinator.trust
        able = [worker for worker in able if trust.is_paired(job.user_id, worker.key)]
        if not able:
            return f"no registered worker ({len(workers)}) is paired with user {shown(job.user_id, 64)!r}"
    willing = [worker for worker in able if worker.key not in job.rejected_by]
    if not willing:
        return f"every worker that could do it ({len(able)}) gave it back"
    busy = [worker for worker in willing if not worker.is_idle]
    return f"of the workers that could do it ({len(willing)}), {len(busy)} are busy"


def _holder(job: Job) -> str:
    return f"worker {job.pubkey[:_SHORT_KEY]}" if job.pubkey is not None else "the worker"


def _kind(job: Job) -> str:
    payload = job.payload.value
    task_type = payload.get("task_type") if isinstance(payload, dict) else None
    return shown(task_type, 32) if isinstance(task_type, str) else job.job_type.value


def _told(run: Run, head: str) -> str:
    """What happened, and behind it the last lines of the coordinator's journal."""
    lines = list(run.seen.journal)[-_LINES:]
    return "\n  ".join([head, "what happened last:", *lines]) if lines else f"{head}; nothing happened"
