"""What the control face shows of jobs, workers, pairings and findings, as plain JSON values."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.clauses import clause
from dispatch_protocol.receipts import Check, verify_receipt
from dispatch_protocol.times import iso_time
from dispatch_protocol.vocabulary import JobType

from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import Pairing
from dispatch_mockcoord.core.worker import Worker
from dispatch_mockcoord.routes import JsonText, job_answer

MAX_NAME: Final = 200
"""How many characters of a name from outside are shown where it stands among others."""

View: TypeAlias = dict[str, JsonValue]


def answer(view: View, status: int = 200) -> JsonText:
    """The answer that shows this."""
    return JsonText(stringify(view), status)


def job_line(job: Job) -> View:
    """A job among others: everything but what it holds."""
    return {
        "id": job.id,
        "job_type": job.job_type.value,
        "task_type": _task_type(job),
        "policy": job.policy.value,
        "privacy_class": job.privacy_class.value,
        "user_id": job.user_id[:MAX_NAME],
        "status": job.status.value,
        "error": None if job.error is None else job.error.value,
        "worker": job.pubkey,
        "rejected_by": list(job.rejected_by[:MAX_NAME]),
        "has_receipt": job.receipt is not None,
        "verified": job.verified,
        "demo": job.demo,
        "created_at": iso_time(job.created_ms),
        "completed_at": None if job.completed_ms is None else iso_time(job.completed_ms),
    }


def job_whole(job: Job) -> View:
    """A job with all that it holds, and each check of its receipt by name."""
    seen = job_answer(job).result
    return {
        **job_line(job),
        "user_id": job.user_id,
        "payload": job.payload.value,
        "output": None if job.output is None else job.output.value,
        "output_hash": None if job.output is None else job.output.hash,
        "result": None if seen is None else seen.value,
        "receipt": _receipt(job),
    }


def _receipt(job: Job) -> View | None:
    if job.receipt is None:
        return None
    shown: View = {
        "value": job.receipt.value,
        "text": job.receipt.text,
        "signature": job.signature,
        "verified": job.verified,
        "checks": [],
        "form": [],
    }
    if job.output is not None and job.pubkey is not None:
        found = verify_receipt(
            job.receipt, job.signature, job_id=job.id, pubkey=job.pubkey, output_hash=job.output.hash
        )
        shown["checks"], shown["form"] = _checks(found.checks), _checks(found.form)
    return shown


def _checks(checks: tuple[Check, ...]) -> list[JsonValue]:
    return [
        {"name": check.name, "clause": check.clause, "passed": check.passed, "detail": check.detail}
        for check in checks
    ]


def _task_type(job: Job) -> JsonValue:
    payload = job.payload.value
    named = payload.get("task_type") if isinstance(payload, dict) else None
    return named[:MAX_NAME] if isinstance(named, str) and job.job_type is JobType.TASK else None


def worker_line(worker: Worker, now: float) -> View:
    """A registered worker; `now` is the coordinator's clock in seconds."""
    state = "busy" if worker.job_id is not None else "idle" if worker.settled else "settling"
    return {
        "connection": worker.connection,
        "worker_id": worker.worker_id,
        "pubkey": worker.pubkey,
        "provider_type": worker.provider_type.value,
        "capabilities": [capability.value for capability in sorted(worker.capabilities)],
        "state": state,
        "job_id": worker.job_id,
        "heartbeat_age": round(max(0.0, now - worker.last_beat), 3),
    }


def pairing_line(pairing: Pairing, wall_ms: int) -> View:
    """A pairing code, and the pairing that it made."""
    is_claimed = pairing.pubkey is not None
    return {
        "code": pairing.code,
        "user_id": pairing.user_id[:MAX_NAME],
        "state": "claimed" if is_claimed else "expired" if wall_ms >= pairing.expires_ms else "open",
        "expires_at": iso_time(pairing.expires_ms),
        "pubkey": pairing.pubkey,
        "paired_at": iso_time(pairing.paired_ms) if is_claimed else None,
    }


def breach_line(breach: Breach, index: int) -> View:
    """A clause that was broken; `index` is the number of the event that shows it."""
    return {
        "clause": breach.clause,
        "level": breach.level.value,
        "t": round(breach.t, 6),
        "connection": breach.connection,
        "worker": breach.worker or None,
        "message": breach.message,
        "place": breach.place,
        "expected": breach.expected,
        "actual": breach.got,
        "index": index,
        "frame": breach.event or None,
    }


def clause_lines(counts: Mapping[str, int]) -> list[JsonValue]:
    """The clauses that were broken, with their text and how often, the most frequent first."""
    laws = ((clause(name), count) for name, count in counts.items())
    return [
        {
            "clause": law.id,
            "level": law.level.value,
            "role": law.role.value,
            "text": law.text,
            "mend": law.mend,
            "count": count,
        }
        for law, count in sorted(laws, key=lambda entry: -entry[1])
    ]
