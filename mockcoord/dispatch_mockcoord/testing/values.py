"""What a test gets to see of workers, jobs and receipts: plain values, as they stood when asked for."""

from typing import Protocol

import msgspec
from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.errors import DispatchError
from dispatch_protocol.times import iso_time
from dispatch_protocol.vocabulary import JobStatus, JobType, Policy, PrivacyClass, ProviderType

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.worker import Worker


class Keyed(Protocol):
    """What names a worker: its view, or its process."""

    @property
    def pubkey(self) -> str:
        """The worker's key, as registered."""


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """A registered worker. `pubkey` is its key as registered, `job_id` the job it holds."""

    pubkey: str
    worker_id: str
    provider_type: ProviderType
    capabilities: tuple[JobType, ...]
    connection: int
    job_id: str | None

    @classmethod
    def of(cls, worker: Worker) -> "WorkerView":
        """The worker as it stands."""
        return cls(
            pubkey=worker.pubkey,
            worker_id=worker.worker_id,
            provider_type=worker.provider_type,
            capabilities=tuple(sorted(worker.capabilities)),
            connection=worker.connection,
            job_id=worker.job_id,
        )


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as the worker sent it (`value`), its signature, and whether the coordinator verified it."""

    job_id: str
    value: JsonValue
    signature: str | None
    verified: bool


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands.

    `result` is the output of a completed job and `{"error": …}` of a failed one, as a client sees them.
    `worker` is the key of the worker that holds or held it; `rejected_by` are those that gave it back.
    """

    id: str
    job_type: JobType
    policy: Policy
    privacy_class: PrivacyClass
    user_id: str
    payload: JsonValue
    status: JobStatus
    result: JsonValue
    error: str | None
    receipt: ReceiptView | None
    verified: bool
    worker: str | None
    rejected_by: tuple[str, ...]
    created_at: str
    completed_at: str | None

    @classmethod
    def of(cls, job: Job) -> "JobView":
        """The job as it stands."""
        result: JsonValue = None
        if job.status is JobStatus.COMPLETED and job.output is not None:
            result = job.output.value
        elif job.error is not None:
            result = {"error": job.error.value}
        return cls(
            id=job.id,
            job_type=job.job_type,
            policy=job.policy,
            privacy_class=job.privacy_class,
            user_id=job.user_id,
            payload=job.payload.value,
            status=job.status,
            result=result,
            error=None if job.error is None else job.error.value,
            receipt=receipt_of(job),
            verified=job.verified,
            worker=job.pubkey,
            rejected_by=job.rejected_by,
            created_at=iso_time(job.created_ms),
            completed_at=None if job.completed_ms is None else iso_time(job.completed_ms),
        )


class JobFailed(DispatchError):
    """A job that was to be completed has failed; `job` is how it stands, the text says what happened."""

    def __init__(self, text: str, job: JobView) -> None:
        super().__init__(text)
        self.job = job


class NotInTime(DispatchError, TimeoutError):
    """What was waited for did not happen in time; the text says how things stand instead."""


def receipt_of(job: Job) -> ReceiptView | None:
    """The receipt that came for a job, if one has."""
    if job.receipt is None:
        return None
    return ReceiptView(job_id=job.id, value=job.receipt.value, signature=job.signature, verified=job.verified)
