"""Replies: each frame of a worker gets the one that fits it, or none. Clauses C-REG, C-HBT, C-ERR, C-JOB-10.

A coordinator handles the frames of a connection in their order, so its replies come in that order too. Each
frame that asks for a reply puts a `Due` on the connection's shelf; each reply is held against them.
"""

from typing import Final

from dispatch_protocol.errors import Violation
from dispatch_protocol.frames import BOUNDED, ONE_OBJECT, TEXT_FRAMES
from dispatch_protocol.messages import (
    Error,
    Heartbeat,
    HeartbeatAck,
    ReceiptSubmit,
    Register,
    RegisterAck,
    UnknownType,
)
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.reading import Reading
from dispatch_protocol.rules.receipts import RECEIPT_SECONDS
from dispatch_protocol.rules.records import Assignment, Connection, Due
from dispatch_protocol.rules.registration import fault_of_key
from dispatch_protocol.transitions import AssignmentState, SessionState
from dispatch_protocol.vocabulary import Role, WireCode

REPLY_SECONDS: Final = 10.0
"""After so many seconds without it, a reply is missing: a worker waits no longer for its registration."""

_MARGIN: Final = 0.5
_QUIET_SECONDS: Final = 1.0
_NO_TYPE: Final = "W-FRM-4"
_FORM: Final = {TEXT_FRAMES[Role.WORKER]: "C-ERR-10", _NO_TYPE: "C-ERR-4"}
_UNASKED: Final = {"register_ack": "C-REG-1", "heartbeat_ack": "C-HBT-1"}


def expect(ledger: Ledger, facts: Facts, connection: Connection, reading: Reading, patience: float) -> None:
    """A frame of the worker's came: note the reply that is due for it. To be called before anything changes.

    `patience` is how many seconds the coordinator waits for an answer before it gives the job up.
    """
    due = _due(ledger, facts, connection, reading, patience)
    if due is None or connection.deaf:
        return
    kind, code, clause = due
    if kind and not connection.dues.put(ledger.index, Due(kind, code, clause, ledger.t, ledger.index)):
        connection.deaf = True
        connection.dues.clear()
    elif not kind:
        connection.accepted += 1
        connection.accepted_at = ledger.t


def replied(ledger: Ledger, connection: Connection, message: RegisterAck | HeartbeatAck | Error) -> None:
    """A reply came: it must be one that is due, and those due before it must have come before."""
    kind = str(message.__struct_config__.tag)
    code = message.code if isinstance(message, Error) else message.status
    if isinstance(message, Error):
        ledger.passed("C-ERR-1")
        connection.error_at = ledger.t
    if connection.deaf:
        return
    fitting = next((due for due in connection.dues if (due.kind, due.code) == (kind, code)), None)
    if fitting is not None:
        for due in connection.dues:
            connection.dues.pop(due.index)
            if due is fitting:
                break
            _report(ledger, connection, due, "no reply")
        ledger.passed(fitting.clause)
        return
    if isinstance(message, Error) and message.code == WireCode.JOB_NOT_ASSIGNED and connection.accepted:
        connection.accepted -= 1
        _report_unasked(ledger, connection, "C-JOB-10", f"{kind} {code}")
    elif connection.dues:
        (index, due), *_ = connection.dues.items()
        connection.dues.pop(index)
        _report(ledger, connection, due, f"{kind} {code}")
    elif kind in _UNASKED or connection.accepted:
        _report_unasked(ledger, connection, _UNASKED.get(kind, "C-JOB-10"), f"{kind} {code}")


def garbled(connection: Connection) -> None:
    """Something came that cannot be read: it is blamed for that, and may have been the reply that was due."""
    if connection.dues:
        (index, _), *_ = connection.dues.items()
        connection.dues.pop(index)


def pass_time(ledger: Ledger, connection: Connection, *, ended: bool = False) -> None:
    """Time passed: which replies are overdue; answers that were met with silence are judged."""
    if connection.accepted and (ended or ledger.t - connection.accepted_at > _QUIET_SECONDS):
        ledger.judged["C-JOB-10"] += connection.accepted
        connection.accepted = 0
    for due in connection.dues:
        if ledger.t - due.t <= REPLY_SECONDS:
            return
        connection.dues.pop(due.index)
        _report(ledger, connection, due, "no reply")


def _due(
    ledger: Ledger, facts: Facts, connection: Connection, reading: Reading, patience: float
) -> tuple[str, str, str] | None:
    """Kind, code and clause of the reply; an empty kind for silence, None where either is in order."""
    if reading.violation is not None:
        return _due_for_fault(reading.violation, reading.kind)
    match reading.message:
        case UnknownType():
            return "error", WireCode.UNKNOWN_MSG, "C-ERR-5"
        case Register() as register:
            return _due_for_register(facts, connection, register)
        case Heartbeat() as heartbeat if _counts_as_registered(connection):
            return _due_for_heartbeat(heartbeat, connection)
        case _ if _counts_as_registered(connection):
            return _due_for_answer(ledger, facts, connection, reading, patience)
    return "error", WireCode.NOT_REGISTERED, "C-ERR-7"


def _due_for_fault(violation: Violation, kind: str | None) -> tuple[str, str, str] | None:
    if violation.clause == BOUNDED[Role.WORKER]:
        return None  # closed with 1009, unless the coordinator takes longer frames
    if kind == "register" and violation.clause not in _FORM:
        return "register_ack", "error", "C-REG-4"
    if violation.clause == ONE_OBJECT[Role.WORKER]:
        clause = "C-ERR-2" if violation.code is WireCode.PARSE_ERROR else "C-ERR-3"
    else:
        clause = _FORM.get(violation.clause, "C-ERR-6")
    return "error", violation.code, clause


def _due_for_register(facts: Facts, connection: Connection, message: Register) -> tuple[str, str, str]:
    if fault_of_key(message.provider_pubkey) is not None:
        return "register_ack", "error", "C-REG-6"
    owner = facts.owner(message.provider_pubkey)
    return "register_ack", "ok", "C-REG-1" if owner in (None, connection) else "C-REG-11"


def _due_for_heartbeat(message: Heartbeat, connection: Connection) -> tuple[str, str, str] | None:
    key = connection.key
    if connection.offered:  # the coordinator knows of a register whose ack is on its way
        last = connection.offered[-1]
        if connection.phase is SessionState.REGISTERED or last is None:
            return None
        key = last.key
    if message.provider_pubkey.lower() == (key or "").lower():
        return "heartbeat_ack", "ok", "C-HBT-1"
    return "error", WireCode.INVALID_MSG, "C-ERR-8"


def _due_for_answer(
    ledger: Ledger, facts: Facts, connection: Connection, reading: Reading, patience: float
) -> tuple[str, str, str] | None:
    """Silence for the holder of the job, JOB_NOT_ASSIGNED for others; None in the moments between the two."""
    job_id = reading.job_id
    message = reading.message
    submits = isinstance(message, ReceiptSubmit)
    if isinstance(message, ReceiptSubmit) and isinstance(message.receipt.value, dict):
        named = message.receipt.value.get("job_id")
        job_id = named if isinstance(named, str) else None
    known = facts.assignment(connection, name_of(job_id or ""))
    if known is None and connection.forgetful:
        return None
    if known is not None and known.offers > max(1, known.answers):
        return None  # assigned more than once
    if known is not None and _holds(ledger, known, submits):
        return ("", "", "C-JOB-10") if ledger.t - known.since < patience else None
    if submits and known is not None and abs(ledger.t - known.answered - RECEIPT_SECONDS) < _MARGIN:
        return None
    return "error", WireCode.JOB_NOT_ASSIGNED, "C-ERR-9"


def _holds(ledger: Ledger, known: Assignment, submits: bool) -> bool:
    if known.state is AssignmentState.ASSIGNED:
        return True
    recently = ledger.t - known.answered <= RECEIPT_SECONDS - _MARGIN
    return submits and known.state is AssignmentState.COMPLETED and recently


def _counts_as_registered(connection: Connection) -> bool:
    """Whether the coordinator, which handles frames in order, had a good registration before this frame."""
    if connection.phase is SessionState.REGISTERING:
        return connection.acceptable
    return connection.phase is SessionState.REGISTERED


def _report(ledger: Ledger, connection: Connection, due: Due, actual: str) -> None:
    ledger.failed(
        due.clause,
        "the reply does not fit the frame",
        expected=f"{due.kind} {due.code}",
        actual=actual,
        connection=connection.number,
        index=due.index,
    )


def _report_unasked(ledger: Ledger, connection: Connection, clause: str, actual: str) -> None:
    ledger.failed(
        clause, "a reply to nothing", expected="silence", actual=actual, connection=connection.number
    )
