"""A job and its life. Source: SPEC.md, "Life of a job".

A job is a value: every step gives a new one. What may follow what stands in the protocol's table of job
steps; a step that has no entry there is a fault of this program, never of a peer.
"""

from typing import Any

import msgspec
from dispatch_protocol.canonical import Json
from dispatch_protocol.receipts import verify_receipt
from dispatch_protocol.transitions import JOB, JobStep
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, Policy, PrivacyClass


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands; times in Unix milliseconds.

    `order` counts commits. `pubkey` is the holder's key as registered when the job was assigned.
    `rejected_by` are the keys, in lower case, of the workers that gave it back. `output` and `receipt` are as
    received, `signature` the receipt's; an output may stand for `receipt_seconds` before the job completes.
    `demo` jobs exist only between coordinator and worker: no client has their id, nothing stores them.
    """

    id: str
    order: int
    job_type: JobType
    policy: Policy
    privacy_class: PrivacyClass
    user_id: str
    payload: Json
    created_ms: int
    status: JobStatus = JobStatus.PENDING
    pubkey: str | None = None
    rejected_by: tuple[str, ...] = ()
    output: Json | None = None
    receipt: Json | None = None
    signature: str | None = None
    verified: bool = False
    error: JobError | None = None
    completed_ms: int | None = None
    demo: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether the status is final."""
        return self.status in (JobStatus.COMPLETED, JobStatus.FAILED)


def assign(job: Job, pubkey: str) -> Job:
    """The job in the hands of the worker registered under this key."""
    return _after(job, JobStep.ASSIGN, pubkey=pubkey)


def reject(job: Job, key: str) -> Job:
    """The job given back by the worker with this key, waiting again, without what that worker left of it."""
    rejected_by = (*job.rejected_by, key)
    return _after(job, JobStep.REJECT, pubkey=None, rejected_by=rejected_by, receipt=None, signature=None)


def answer(job: Job, output: Json, receipt: Json | None, signature: str | None) -> Job:
    """The held job with its output (C-JOB-9), and with the receipt that came with that, unless it has one."""
    if job.receipt is not None or receipt is None:
        receipt, signature = job.receipt, job.signature
    return _with(job, output, receipt, signature)


def attach_receipt(job: Job, receipt: Json, signature: str | None) -> Job:
    """The job with this receipt, unless it has one: the first wins (C-RCP-12)."""
    return job if job.receipt is not None else _with(job, job.output, receipt, signature)


def complete(job: Job, wall_ms: int) -> Job:
    """The answered job, completed at this time."""
    return _after(job, JobStep.COMPLETE, completed_ms=wall_ms)


def fail(job: Job, error: JobError) -> Job:
    """The job, failed for this reason."""
    return _after(job, JobStep.FAIL, error=error)


def _with(job: Job, output: Json | None, receipt: Json | None, signature: str | None) -> Job:
    """The job with these; as soon as both are there, the receipt is held against the output (C-RCP-1)."""
    verified = False
    if output is not None and receipt is not None and job.pubkey is not None:
        verified = verify_receipt(
            receipt, signature, job_id=job.id, pubkey=job.pubkey, output_hash=output.hash
        ).verified
    return msgspec.structs.replace(
        job, output=output, receipt=receipt, signature=signature, verified=verified
    )


def _after(job: Job, step: JobStep, **changes: Any) -> Job:
    """The job after this step. From `completed` and `failed` the table knows none: C-JOB-16."""
    status = JOB[job.status, step]
    return msgspec.structs.replace(job, status=status, **changes)
