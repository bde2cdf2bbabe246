"""What effects of the core mean to a reader, as entries."""

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


def effect_entry(effect: Effect, roster: Roster, step: str) -> Entry | None:  # noqa: PLR0911
    """The entry of an effect; None where it means nothing to a reader.

    `roster` knows the keys; `step` is what a changed job has come to (`summary.Account.changed`).
    """
    match effect:
        case JobChanged(job):
            return _job_entry(job, step)
        case WorkerJoined(worker):
            return Entry(
                event="registered",
                connection=worker.connection,
                worker=worker.pubkey,
                provider_type=worker.provider_type.value,
                capabilities=tuple(sorted(worker.capabilities)),
            )
        case WorkerLeft(worker, why):
            return Entry(event="left", connection=worker.connection, worker=worker.pubkey, reason=shown(why))
        case JobRejected(job, worker, reason):
            return Entry(
                event="rejected",
                connection=worker.connection,
                worker=worker.pubkey,
                job=shown(job.id, _USER),
                reason=shown(reason),
            )
        case PairingChanged(pairing):
            return Entry(event="pairing", worker=pairing.pubkey or "", user_id=shown(pairing.user_id, _USER))
        case Refused(connection, code, detail, clause):
            return Entry(
                event="refused",
                connection=connection,
                worker=roster.key(connection),
                code=code.value,
                reason=detail,
                clause=clause,
            )
        case Close(connection, code, reason):
            key = roster.key(connection)
            return Entry(
                event="closed",
                connection=connection,
                worker=key,
                code=code,
                by="coordinator",
                reason=shown(reason),
            )
    return None


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
