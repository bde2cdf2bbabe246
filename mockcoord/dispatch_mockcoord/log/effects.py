"""What effects of the core mean to a reader, as entries."""

from typing import Any

from dispatch_protocol.errors import shown
from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.core.effects import (
    Close,
    Effect,
    JobChanged,
    JobRejected,
    PairingChanged,
    Refused,
    WorkerJoined,
    WorkerLeft,
)
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.log.entry import Entry
from dispatch_mockcoord.roster import Roster

_USER: int = 64


def effect_entry(effect: Effect, roster: Roster, step: str) -> Entry | None:
    """The entry of an effect; None where it means nothing to a reader.

    `roster` knows the keys; `step` is what a changed job has come to (`summary.Account.changed`).
    """
    match effect:
        case JobChanged(job):
            return _job_entry(job, step)
        case PairingChanged(pairing):
            return Entry(event="pairing", worker=pairing.pubkey or "", user_id=shown(pairing.user_id, _USER))
        case WorkerJoined() | WorkerLeft() | JobRejected():
            return _worker_entry(effect)
        case Refused() | Close():
            return _connection_entry(effect, roster.key(effect.connection))
    return None


def _worker_entry(effect: WorkerJoined | WorkerLeft | JobRejected) -> Entry:
    worker = effect.worker
    about: dict[str, Any] = {"connection": worker.connection, "worker": worker.pubkey}
    match effect:
        case WorkerJoined():
            kind, takes = worker.provider_type.value, tuple(sorted(worker.capabilities))
            return Entry(event="registered", provider_type=kind, capabilities=takes, **about)
        case WorkerLeft(_, why):
            return Entry(event="left", reason=shown(why), **about)
        case JobRejected(job, _, reason):
            return Entry(event="rejected", job=shown(job.id, _USER), reason=shown(reason), **about)


def _connection_entry(effect: Refused | Close, key: str) -> Entry:
    about: dict[str, Any] = {"connection": effect.connection, "worker": key}
    match effect:
        case Refused(_, code, detail, clause):
            return Entry(event="refused", code=code.value, reason=detail, clause=clause, **about)
        case Close(_, code, reason):
            return Entry(event="closed", code=code, by="coordinator", reason=shown(reason), **about)


def _job_entry(job: Job, step: str) -> Entry:
    is_done = job.status is JobStatus.COMPLETED
    return Entry(
        event=step,
        worker=job.pubkey or "",
        job=shown(job.id, _USER),
        job_type=job.job_type.value,
        policy=job.policy.value,
        privacy_class=job.privacy_class.value,
        user_id=shown(job.user_id, _USER) if job.status is JobStatus.PENDING else "",
        milliseconds=None if job.completed_ms is None else job.completed_ms - job.created_ms,
        receipt=_receipt(job) if is_done else "",
        error="" if job.error is None else job.error.value,
    )


def _receipt(job: Job) -> str:
    if job.receipt is None:
        return "none"
    return "verified" if job.verified else "unverified"
