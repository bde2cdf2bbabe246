"""Jobs and pairings as rows of the database, and back.

Texts from outside are kept as received, as UTF-8 bytes: a column of text could not hold a lone surrogate.
"""

from typing import Any, TypeAlias

from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, Policy, PrivacyClass

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import Pairing

Row: TypeAlias = tuple[Any, ...]


def job_row(job: Job) -> Row:
    """The row of a job, in the order of the table's columns."""
    return (
        job.id,
        job.order,
        job.job_type.value,
        job.policy.value,
        job.privacy_class.value,
        _bytes(job.user_id),
        _bytes(job.payload.text),
        job.created_ms,
        *outcome_row(job),
    )


def outcome_row(job: Job) -> Row:
    """The last columns of a job's row: what changes in the course of its life."""
    return (
        job.status.value,
        job.pubkey,
        " ".join(job.rejected_by),
        _bytes(job.output.text if job.output else None),
        _bytes(job.receipt.text if job.receipt else None),
        _bytes(job.signature),
        job.verified,
        job.error.value if job.error else None,
        job.completed_ms,
    )


def read_job(row: Row) -> Job:
    """The job of a row."""
    return Job(
        id=row[0],
        order=row[1],
        job_type=JobType(row[2]),
        policy=Policy(row[3]),
        privacy_class=PrivacyClass(row[4]),
        user_id=_text(row[5]),
        payload=Json.unread(_text(row[6])),
        created_ms=row[7],
        status=JobStatus(row[8]),
        pubkey=row[9],
        rejected_by=tuple(row[10].split()),
        output=_json(row[11]),
        receipt=_json(row[12]),
        signature=None if row[13] is None else _text(row[13]),
        verified=bool(row[14]),
        error=None if row[15] is None else JobError(row[15]),
        completed_ms=row[16],
    )


def pairing_row(pairing: Pairing) -> Row:
    """The row of a pairing code, in the order of the table's columns."""
    user_id = _bytes(pairing.user_id)
    return (pairing.code, user_id, pairing.expires_ms, pairing.pubkey, pairing.paired_ms)


def read_pairing(row: Row) -> Pairing:
    """The pairing code of a row."""
    return Pairing(code=row[0], user_id=_text(row[1]), expires_ms=row[2], pubkey=row[3], paired_ms=row[4])


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _json(raw: bytes | None) -> Json | None:
    return None if raw is None else Json.unread(_text(raw))
