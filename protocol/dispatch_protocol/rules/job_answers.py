"""What `GET /v1/jobs/{id}` shows, held against what passed on the wire.

Clauses C-REST-10 to C-REST-13, C-JOB-9, C-JOB-16, C-JOB-17, C-RCP, C-DEMO-5.
"""

from typing import Final
from urllib.parse import unquote

from dispatch_protocol.canonical import JsonValue, hash_text, stringify
from dispatch_protocol.receipts import RESERVED
from dispatch_protocol.rules.exchanges import Exchange, expect
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.offers import DEMO_PREFIX
from dispatch_protocol.rules.records import Job
from dispatch_protocol.vocabulary import JobStatus

_MEMBERS: Final = ("id", "status", "result", "receipt", "created_at", "completed_at")
_FINAL: Final = (JobStatus.COMPLETED, JobStatus.FAILED)
_UNVERIFIED: Final = {
    "W-SIG-2": "C-RCP-2",
    "W-RCP-4": "C-RCP-3",
    "W-RCP-2": "C-RCP-4",
    "W-RCP-3": "C-RCP-5",
    "W-SIG-4": "C-RCP-6",
    "W-SIG-5": "C-RCP-7",
    "W-REG-8": "C-RCP-7",
    "W-SIG-1": "C-RCP-8",
    "W-SIG-3": "C-RCP-8",
    "W-RCP-1": "C-RCP-10",
    "W-RCP-12": "C-RCP-10",
}
"""The clause by which a receipt with this fault must not be shown as verified."""


def answered(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    """A client asked for a job."""
    job_id = unquote(exchange.raw_path[len("/v1/jobs/") :])
    if "/" in job_id:
        return
    if exchange.status != 200:
        fits = exchange.status == 404 and exchange.error == "Job not found"
        expect(ledger, "C-REST-13", fits, "404 Job not found", exchange)
        return
    if job_id.startswith(DEMO_PREFIX):
        expect(ledger, "C-DEMO-5", False, "404: a demo job is not stored", exchange)
    members = exchange.members
    if not expect(
        ledger, "C-REST-10", _is_complete(members, job_id), f"200 with {', '.join(_MEMBERS)}", exchange
    ):
        return
    _judge_status(ledger, exchange, members)
    job = facts.jobs.get(name_of(job_id))
    if job is not None:
        _judge_course(ledger, exchange, members, job)
        _judge_receipt(ledger, exchange, members, job)


def _is_complete(members: dict[str, JsonValue], job_id: str) -> bool:
    return (
        all(name in members for name in _MEMBERS)
        and members["id"] == job_id
        and isinstance(members["status"], str)
        and members["status"] in set(JobStatus)
        and isinstance(members["created_at"], str)
        and isinstance(members["receipt"], dict | None)
        and isinstance(members["completed_at"], str | None)
    )


def _judge_status(ledger: Ledger, exchange: Exchange, members: dict[str, JsonValue]) -> None:
    """What the members may be, by the status."""
    result, status = members["result"], members["status"]
    if status != JobStatus.COMPLETED:
        for clause, name in (("C-REST-11", "receipt"), ("C-REST-12", "completed_at")):
            value = members[name]
            expect(ledger, clause, value is None, "null", exchange, place=f"$.{name}", actual=value)
    if status == JobStatus.FAILED:
        named = isinstance(result, dict) and isinstance(result.get("error"), str)
        expect(ledger, "C-JOB-17", named, '{"error": "..."}', exchange, place="$.result", actual=result)


def _judge_course(ledger: Ledger, exchange: Exchange, members: dict[str, JsonValue], job: Job) -> None:
    """The result against the output that was sent, and against what an earlier answer showed."""
    status = str(members["status"])
    shown = hash_text(stringify(members["result"]))
    if job.final is not None:
        same = job.final == (status, shown)
        expect(ledger, "C-JOB-16", same, f"{job.final[0]}, as before", exchange)
        return
    if status in _FINAL:
        job.final = (status, shown)
    if status == JobStatus.COMPLETED and job.output_hash is not None:
        same = shown == job.output_hash
        expect(
            ledger, "C-JOB-9", same, f"the output with the hash {job.output_hash}", exchange, place="$.result"
        )


def _judge_receipt(ledger: Ledger, exchange: Exchange, members: dict[str, JsonValue], job: Job) -> None:
    """`verified`, and the receipt's members, against the receipt that was sent."""
    receipt = members["receipt"]
    if members["status"] != JobStatus.COMPLETED or job.verified is None or not isinstance(receipt, dict):
        return
    verified = receipt.get("verified")
    if job.verified:
        clause = "C-RCP-9" if job.broken else "C-RCP-1"
        expect(
            ledger, clause, verified is True, "true", exchange, place="$.receipt.verified", actual=verified
        )
    else:
        clause = _UNVERIFIED.get(job.broken, "C-RCP-2")
        expect(
            ledger, clause, verified is False, "false", exchange, place="$.receipt.verified", actual=verified
        )
    if job.broken not in ("W-RCP-1", "W-RCP-12"):
        own = {name: value for name, value in receipt.items() if name not in RESERVED}
        as_received = hash_text(stringify(own)) == job.receipt_hash
        at_the_end = tuple(receipt)[-2:] == RESERVED
        expected = "the members as received, then signature and verified"
        expect(ledger, "C-RCP-11", as_received and at_the_end, expected, exchange, place="$.receipt")
