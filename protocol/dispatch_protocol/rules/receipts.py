"""Outputs and receipts: the hash, the receipt and its signature, of every job that was completed.

Clauses W-CAN, W-RCP and W-SIG. A receipt is verified once per job, by `verify_receipt`; what follows from
another fault that was named already is not named again.
"""

import re
from dataclasses import dataclass
from typing import Final

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.messages import JobComplete, ReceiptSubmit
from dispatch_protocol.receipts import MEMBERS, RESERVED, Check, Verification, verify_receipt
from dispatch_protocol.rules.facts import Assignment, Connection, Facts, Job, Submitted
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.times import read_time
from dispatch_protocol.transitions import AssignmentState

RECEIPT_SECONDS: Final = 5.0
"""How long after its `job_complete` a receipt may come."""

PATIENCE: Final = 30.0
"""After so many seconds without a receipt none is expected any more."""

PLAUSIBLE_SECONDS: Final = 300.0
"""How far `completed_at` may lie from the moment at which the answer arrives."""

_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")
_LONGEST_EARLY: Final = 8_192
_NAMED_ELSEWHERE: Final = ("pubkey_form", "hash_form")
_TIME_CHECKS: Final = ("W-RCP-9", "W-RCP-10", "W-RCP-5")
_SIGNATURE_CLAUSES: Final = ("W-SIG-1", "W-SIG-2", "W-SIG-3", "W-SIG-4", "W-SIG-5")
"""What a good signature holds at once."""

_PLACES: Final = {
    "W-RCP-2": "job_id",
    "W-RCP-3": "provider_pubkey",
    "W-RCP-4": "output_hash",
    "W-RCP-5": "completed_at",
    "W-RCP-6": "payment_ref",
    "W-RCP-9": "completed_at",
    "W-RCP-10": "completed_at",
    "W-RCP-11": "completed_at",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A receipt as it was delivered: in which message, when (seconds), and in which event."""

    receipt: Json
    signature: str | None
    place: str
    signature_place: str
    t: float
    index: int


def completed(
    ledger: Ledger,
    facts: Facts,
    connection: Connection,
    held: Assignment,
    message: JobComplete,
) -> None:
    """A job was completed: its hash, and its receipt, if it is bundled or came before."""
    if connection.key is None:
        return
    actual = message.output.hash
    held.output_hash = actual
    _judge_hash(ledger, connection, message)
    job = facts.jobs.get(held.job_id)
    if job is not None:
        job.output_hash, job.verified, job.receipt_hash = actual, None, None
    if message.receipt is not None:
        given = Delivery(
            message.receipt,
            message.receipt_signature,
            "$.receipt",
            "$.receipt_signature",
            ledger.t,
            ledger.index,
        )
        _verify(ledger, job, connection, held, given, sent_hash=message.output_hash)
    elif (early := facts.early.pop((connection.number, held.job_id))) is not None:
        _verify(ledger, job, connection, held, _delivery(early), sent_hash=message.output_hash)
    elif not held.has_receipt:
        connection.awaiting.put(held.job_id, held)


def submitted(ledger: Ledger, facts: Facts, connection: Connection, message: ReceiptSubmit) -> None:
    """A receipt came by itself. The first one of a job counts; what it says is judged beside the output."""
    members = message.receipt.value
    named = members.get("job_id") if isinstance(members, dict) else None
    if connection.key is None or not isinstance(named, str):
        return
    name = name_of(named)
    held = facts.assignment(connection, name)
    given = Submitted(message.receipt, message.signature, ledger.t, ledger.index)
    if held is None:
        _judge_stray(ledger, connection, named)
    elif held.has_receipt:
        return
    elif held.state is AssignmentState.ASSIGNED:
        held.has_receipt = True
        if len(message.receipt.text) <= _LONGEST_EARLY:
            facts.early.put((connection.number, name), given)
    elif held.output_hash is not None:
        connection.awaiting.pop(name)
        _judge_lateness(ledger, connection, held)
        job = facts.jobs.get(name)
        _verify(ledger, job, connection, held, _delivery(given), sent_hash=held.output_hash)


def pass_time(ledger: Ledger, connection: Connection, *, ended: bool = False) -> None:
    """Time passed: whether a receipt is missing for good. `ended`: none will come any more."""
    for name, held in connection.awaiting.items():
        elapsed = ledger.t - held.answered
        if elapsed <= (RECEIPT_SECONDS if ended else PATIENCE):
            continue
        connection.awaiting.pop(name)
        held.has_receipt = True
        if not connection.faulted:
            ledger.failed(
                "W-RCP-1",
                "the job was completed without a receipt",
                place="$.receipt",
                expected="a receipt, bundled or in a receipt_submit",
                actual="none",
                connection=connection.number,
                index=held.answered_index,
            )


def _delivery(given: Submitted) -> Delivery:
    return Delivery(given.receipt, given.signature, "$.receipt", "$.signature", given.t, given.index)


def _judge_hash(ledger: Ledger, connection: Connection, message: JobComplete) -> None:
    if _HASH.match(message.output_hash) is None:
        clause, expected = "W-CAN-1", "64 lower-case hexadecimal digits"
    elif message.output_hash != message.output.hash:
        ledger.passed("W-CAN-1")
        clause, expected = "W-CAN-2", message.output.hash
    else:
        ledger.passed("W-CAN-1", "W-CAN-2")
        return
    ledger.failed(
        clause,
        "the output_hash is not that of the output in the same message",
        place="$.output_hash",
        expected=expected,
        actual=message.output_hash,
        connection=connection.number,
    )


def _verify(
    ledger: Ledger,
    job: Job | None,
    connection: Connection,
    held: Assignment,
    given: Delivery,
    *,
    sent_hash: str,
) -> None:
    """Every check of the receipt, by the clause it stands for."""
    held.has_receipt = True
    verification = verify_receipt(
        given.receipt,
        given.signature,
        job_id=held.job_id,
        pubkey=connection.key or "",
        output_hash=held.output_hash or "",
    )
    if job is not None:
        _remember(job, given.receipt, verification)
    members = given.receipt.value if isinstance(given.receipt.value, dict) else {}
    times = set(_TIME_CHECKS)
    for check in verification.checks + verification.form:
        if check.name in _NAMED_ELSEWHERE or check.clause.startswith("W-REG"):
            continue
        if check.passed:
            ledger.passed(*(_SIGNATURE_CLAUSES if check.name == "signature" else (check.clause,)))
        elif check.clause == "W-RCP-4" and members.get("output_hash") == sent_hash:
            continue  # the receipt repeats the message's wrong hash, which was blamed there
        elif check.clause == "W-RCP-8" and members.keys() <= {*MEMBERS, *RESERVED}:
            continue  # the only others are reserved ones, and blamed as such
        elif check.clause not in _TIME_CHECKS or check.clause in times:
            times -= set(_TIME_CHECKS) if check.clause in _TIME_CHECKS else set()
            _report(ledger, connection, check, given, members)
    _judge_plausibility(ledger, connection, given, members.get("completed_at"))


def _remember(job: Job, receipt: Json, verification: Verification) -> None:
    faults = verification.faults
    job.verified = verification.verified
    job.broken = faults[0].clause if faults else ""
    job.receipt_hash = receipt.hash


def _report(
    ledger: Ledger, connection: Connection, check: Check, given: Delivery, members: dict[str, JsonValue]
) -> None:
    name = _PLACES.get(check.clause)
    of_signature = check.name == "signature"
    place = given.signature_place if of_signature else f"{given.place}.{name}" if name else given.place
    actual = given.signature if of_signature else members.get(name) if name else given.receipt.text
    ledger.failed(
        check.clause,
        f"the receipt's check `{check.name}` failed",
        place=place,
        expected=check.detail.removeprefix("expected: "),
        actual=actual,
        connection=connection.number,
        index=given.index,
    )


def _judge_plausibility(ledger: Ledger, connection: Connection, given: Delivery, text: JsonValue) -> None:
    time = read_time(text) if isinstance(text, str) else None
    if time is None or not time.is_utc or connection.faulted:
        return
    distance = ledger.seconds_from_now(time.milliseconds)
    if distance is None:
        return
    distance += ledger.t - given.t
    ledger.judge(
        "W-RCP-11",
        abs(distance) <= PLAUSIBLE_SECONDS,
        "the receipt's time is not that of its arrival",
        place=f"{given.place}.completed_at",
        expected=f"within {PLAUSIBLE_SECONDS:g} s of the arrival",
        actual=f"{text}, {distance:+.0f} s",
        connection=connection.number,
    )


def _judge_lateness(ledger: Ledger, connection: Connection, held: Assignment) -> None:
    elapsed = ledger.t - held.answered
    if connection.faulted:
        return
    if elapsed <= RECEIPT_SECONDS:
        ledger.passed("W-RCP-13")
    else:
        ledger.failed(
            "W-RCP-13",
            "the receipt_submit came late",
            expected=f"within {RECEIPT_SECONDS:g} s of the job_complete",
            actual=f"after {elapsed:.1f} s",
            connection=connection.number,
        )


def _judge_stray(ledger: Ledger, connection: Connection, named: str) -> None:
    """A receipt for no job of this connection; if one job waits for its receipt, that is the one meant."""
    if connection.forgetful or connection.opened is None:
        return
    if len(connection.awaiting) == 1:
        (expected, held), *_ = connection.awaiting.items()
        connection.awaiting.pop(expected)
        held.has_receipt = True
    else:
        expected = "a job that was assigned on this connection"
    ledger.failed(
        "W-RCP-2",
        "the receipt names another job",
        place="$.receipt.job_id",
        expected=expected,
        actual=named,
        connection=connection.number,
    )
