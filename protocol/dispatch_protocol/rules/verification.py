"""One receipt, check by check: its members, its signature, its form, its time. Clauses W-RCP and W-SIG.

A receipt is verified once, by `verify_receipt`. What follows from another fault that was named already is not
named again.
"""

from typing import Final

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.receipts import MEMBERS, RESERVED, Check, Verification, verify_receipt
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.records import Assignment, Connection, Delivery, Job
from dispatch_protocol.times import read_time

PLAUSIBLE_SECONDS: Final = 300.0
"""How far `completed_at` may lie from the moment at which the answer arrives."""

_EXPECTED: Final = "expected: "
_FOUND: Final = {
    "receipt": "nothing could be verified",
    "reserved_members": "the receipt has a member that only the coordinator adds",
    "signature": "the receipt's signature is not good",
    "job_id": "the receipt names another job",
    "provider_pubkey": "the receipt names another key",
    "output_hash": "the receipt names another hash",
    "completed_at": "the receipt's `completed_at` is no time",
    "completed_at_utc": "the receipt's `completed_at` is not in UTC",
    "completed_at_form": "the receipt's `completed_at` has another form",
    "payment_ref": "the receipt's `payment_ref` is missing, or neither a string nor null",
    "member_order": "the receipt's members are in another order",
    "extra_members": "the receipt has members that do not belong to it",
}
"""What it means that a check failed."""
_NAMED_ELSEWHERE: Final = ("pubkey_form", "hash_form")
_TIME_CLAUSES: Final = frozenset(("W-RCP-9", "W-RCP-10", "W-RCP-5"))
_SIGNATURE_CLAUSES: Final = ("W-SIG-1", "W-SIG-2", "W-SIG-3", "W-SIG-4", "W-SIG-5")
"""What a good signature holds at once."""

_NOTHING: Final = "nothing"

_PLACES: Final = {
    "W-RCP-2": "job_id",
    "W-RCP-3": "provider_pubkey",
    "W-RCP-4": "output_hash",
    "W-RCP-5": "completed_at",
    "W-RCP-6": "payment_ref",
    "W-RCP-9": "completed_at",
    "W-RCP-10": "completed_at",
}


def verify(
    ledger: Ledger,
    job: Job | None,
    connection: Connection,
    held: Assignment,
    given: Delivery,
    *,
    sent_hash: str,
) -> None:
    """Every check of a receipt, by the clause it stands for. `sent_hash` is the one beside the output."""
    held.has_receipt = True
    verification = verify_receipt(
        given.receipt,
        given.signature,
        job_id=given.job_id,
        pubkey=connection.key or "",
        output_hash=held.output_hash or "",
    )
    if job is not None:
        _remember(job, given, verification)
    members = given.receipt.value if isinstance(given.receipt.value, dict) else {}
    of_time: set[str] = set()
    for check in verification.checks + verification.form:
        if check.name in _NAMED_ELSEWHERE or check.clause.startswith("W-REG"):
            continue
        if check.passed:
            ledger.passed(*(_SIGNATURE_CLAUSES if check.name == "signature" else (check.clause,)))
        elif not _follows(check, members, sent_hash) and not (check.clause in _TIME_CLAUSES and of_time):
            of_time |= _TIME_CLAUSES & {check.clause}
            _report(ledger, connection, check, given, members)
    _judge_plausibility(ledger, connection, given, members.get("completed_at"))


def _follows(check: Check, members: dict[str, JsonValue], sent_hash: str) -> bool:
    """Whether the fault repeats one named before: the message's wrong hash, or a member that is reserved."""
    if check.clause == "W-RCP-4":
        return members.get("output_hash") == sent_hash
    return check.clause == "W-RCP-8" and members.keys() <= {*MEMBERS, *RESERVED}


def _remember(job: Job, given: Delivery, verification: Verification) -> None:
    faults = verification.faults
    job.verified = verification.verified
    job.broken = faults[0].clause if faults else ""
    job.receipt_hash = given.receipt.hash


def _report(
    ledger: Ledger, connection: Connection, check: Check, given: Delivery, members: dict[str, JsonValue]
) -> None:
    name = _PLACES.get(check.clause)
    of_signature = check.name == "signature"
    place = f"$.receipt.{name}" if name else "$.receipt"
    if of_signature:
        place = "$.receipt_signature" if given.bundled else "$.signature"
    actual: object = given.receipt.text
    if of_signature:
        actual = given.signature if given.signature is not None else _NOTHING
    elif name:
        actual = _in_json(members[name]) if name in members else _NOTHING
    wanted = check.detail.startswith(_EXPECTED)  # otherwise the detail says what is wrong
    detail = check.detail.partition(": ")[0] if of_signature else check.detail  # its text is `actual`
    ledger.failed(
        check.clause,
        _FOUND[check.name] + ("" if wanted else f": {detail}"),
        place=place,
        expected=check.detail.removeprefix(_EXPECTED) if wanted else "",
        actual=actual,
        connection=connection.number,
        index=given.index,
    )


def _in_json(value: JsonValue) -> object:
    """A member as it is shown: text as it is, all else as JSON has it."""
    return value if isinstance(value, str) else stringify(value)


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
        place="$.receipt.completed_at",
        expected=f"within {PLAUSIBLE_SECONDS:g} s of the arrival",
        actual=f"{text}, {distance:+.0f} s",
        connection=connection.number,
    )
