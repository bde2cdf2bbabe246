"""Frames: their form, and what can be read of them in spite of a fault. Clauses W-FRM and C-FRM.

A frame that breaks a clause of form is blamed for that alone. What it says is read leniently all the same, so
that a worker which sends binary frames is not also said never to have registered.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.codec import decode
from dispatch_protocol.errors import Violation, shown
from dispatch_protocol.frames import BOUNDED, ONE_OBJECT, TEXT_FRAMES, read_frame
from dispatch_protocol.messages import Message, UnknownType
from dispatch_protocol.recording import Frame
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.records import Offered
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, JobType, Role, WireCode

_KNOWN_TYPE: Final = {Role.WORKER: "W-FRM-4", Role.COORDINATOR: "C-FRM-4"}
_KEY: Final = re.compile("[0-9A-Fa-f]{64}")
_LENIENT_BYTES: Final = 4 * MAX_FRAME_BYTES


class Reading(NamedTuple):
    """What a frame says.

    `message` is None where it cannot be made out; `kind` is the `type` it names, if that much is legible;
    `job_id` the job it names; `violation` the first fault of it, form before content; `offered` is what a
    `register` with another fault names all the same.
    """

    message: Message | UnknownType | None
    kind: str | None
    job_id: str | None = None
    violation: Violation | None = None
    offered: Offered | None = None


def read(event: Frame) -> Reading:
    """The reading of a text or binary frame. Total: every event has one."""
    payload = payload_of(event)
    role = event.sender
    if event.opcode == "text" and isinstance(payload, bytes):
        fault = Violation(ONE_OBJECT[role], "$", WireCode.PARSE_ERROR, "a text frame that is no UTF-8")
        return Reading(None, None, violation=fault)
    try:
        return _reading(decode(payload, role))
    except Violation as violation:
        return _leniently(payload, role, violation)


def _named(violation: Violation) -> str:
    """What is wrong, and with which member, where it is one."""
    _, dot, member = violation.place.partition("$.")
    return f"`{shown(member, 100)}`: {violation.detail}" if dot else violation.detail


def judge_form(ledger: Ledger, connection: int, role: Role, event: Frame, reading: Reading) -> None:
    """The clauses of form, and the first fault in the members of a message."""
    text, one, bounded, known = TEXT_FRAMES[role], ONE_OBJECT[role], BOUNDED[role], _KNOWN_TYPE[role]
    violation = reading.violation
    if violation is None:
        ledger.passed(text, one, bounded)
    else:
        ledger.failed(
            violation.clause,
            _named(violation),
            place=violation.place,
            actual=event.text if event.text is not None else event.base64 or "",
            connection=connection,
        )
        form = (text, bounded, one, known)
        ledger.passed(*form[: form.index(violation.clause) if violation.clause in form else len(form)])
    if isinstance(reading.message, UnknownType):
        ledger.failed(
            known,
            "a message of an unknown type",
            place="$.type",
            expected=f"a type that a {role} sends",
            actual=reading.message.type,
            connection=connection,
        )
    elif reading.message is not None and violation is None:
        ledger.passed(known)


def payload_of(event: Frame) -> str | bytes:
    """The payload of a frame, whatever its event holds: text, or the bytes that a base64 stands for."""
    try:
        return event.payload
    except ValueError:  # base64 that is none
        return b""


def _reading(message: Message | UnknownType) -> Reading:
    if isinstance(message, UnknownType):
        return Reading(message, message.type)
    job_id = getattr(message, "job_id", None)
    return Reading(message, str(message.__struct_config__.tag), job_id)


def _leniently(payload: str | bytes, role: Role, violation: Violation) -> Reading:
    """What is legible of a frame with this fault; a frame in the wrong form may hold a good message."""
    of_form = violation.clause in (TEXT_FRAMES[role], BOUNDED[role])
    if of_form and len(payload) <= _LENIENT_BYTES:
        try:
            text = payload.decode("utf-8") if isinstance(payload, bytes) else payload
            return _reading(decode(text, role, _LENIENT_BYTES))._replace(violation=violation)
        except (Violation, UnicodeDecodeError):
            return Reading(None, None, violation=violation)
    if of_form or violation.clause == ONE_OBJECT[role]:
        return Reading(None, None, violation=violation)
    members = {name: member.value for name, member in read_frame(payload, role).items()}
    kind = members.get("type")
    offered = _offered(members) if kind == "register" else None
    return Reading(None, kind if isinstance(kind, str) else None, violation.job_id, violation, offered)


def _offered(members: Mapping[str, JsonValue]) -> Offered | None:
    """The key of a `register` whose members are at fault, if it is one, and the job types that are some."""
    key, listed = members.get("provider_pubkey"), members.get("capabilities")
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        return None
    types = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    return Offered(key, frozenset(types) & frozenset(JobType))
