"""Frames to messages and back. Source: SPEC.md, "Frames" and "Messages".

Decoding takes one frame and gives a message, or an UnknownType, or raises a Violation that names the place,
the clause and the wire code; nothing else escapes, whatever comes in. Encoding is its inverse: members in the
order of the message's definition, those that are absent left out, `Json` members as their exact text.
"""

import re
from functools import cache
from typing import Any, Final, cast

import msgspec

from dispatch_protocol.canonical import Json, quoted, stringify
from dispatch_protocol.errors import Violation, shown
from dispatch_protocol.frames import read_frame
from dispatch_protocol.messages import (
    MESSAGES,
    CoordinatorMessage,
    Message,
    ReceiptSubmit,
    UnknownType,
    WorkerMessage,
)
from dispatch_protocol.parsing import Member
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, Role, WireCode

NAMED_TYPE: Final = {Role.WORKER: "W-FRM-4", Role.COORDINATOR: "C-FRM-4"}
"""The clauses by which every frame names its `type`."""

_FAULT: Final = re.compile(r"(?P<detail>.*?)(?: - at `(?P<place>\$[^`]*)`)?\Z", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_MISTYPED: Final = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`\Z")
_JSON_WORDS: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "a boolean",
    "array": "a list",
    "object": "an object",
}
"""What the reader of a message calls the types that msgspec names as Python does."""


def decode(frame: str | bytes, sender: Role, limit: int = MAX_FRAME_BYTES) -> Message | UnknownType:
    """The message in a frame that this side sent. Raises Violation."""
    members = read_frame(frame, sender, limit)
    name = members["type"].value if "type" in members else None
    if not isinstance(name, str):
        raise Violation(NAMED_TYPE[sender], "$.type", WireCode.INVALID_MSG, "no string member `type`")
    kind = MESSAGES[sender].get(name)
    if kind is None:
        return UnknownType(name)
    message = _convert(kind, members)
    if isinstance(message, ReceiptSubmit):
        _expect_named_job(message.receipt)
    return message


def decode_from_worker(frame: str | bytes, limit: int = MAX_FRAME_BYTES) -> WorkerMessage | UnknownType:
    """The message in a frame that a worker sent. Raises Violation."""
    return cast("WorkerMessage | UnknownType", decode(frame, Role.WORKER, limit))


def decode_from_coordinator(
    frame: str | bytes, limit: int = MAX_FRAME_BYTES
) -> CoordinatorMessage | UnknownType:
    """The message in a frame that a coordinator sent. Raises Violation."""
    return cast("CoordinatorMessage | UnknownType", decode(frame, Role.COORDINATOR, limit))


def encode(message: Message) -> str:
    """The frame of a message whose members are of their declared types."""
    pieces = [f'"type":"{message.__struct_config__.tag}"']
    for name, exact in _members_of(type(message)):
        value = getattr(message, name)
        if value is None:
            continue
        if exact:
            text = value.text
        elif isinstance(value, str):
            text = quoted(value)
        else:
            text = stringify(msgspec.to_builtins(value))
        pieces.append(f'"{name}":{text}')
    return "{" + ",".join(pieces) + "}"


def _convert(kind: type[Message], members: dict[str, Member]) -> Message:
    """The message of this kind with these members. Raises Violation at the first member that does not fit."""
    given: dict[str, Any] = {"type": members["type"].value}
    for name, exact in _members_of(kind):
        member = members.get(name)
        if member is None or (member.value is None and name in _optional(kind)):
            continue
        given[name] = Json(member.text, member.value) if exact else member.value
    try:
        return _converted(given, kind)
    except msgspec.ValidationError as error:
        raise _violation(kind, str(error), members) from None
    except RecursionError:
        raise _violation(kind, "nested too deeply", members) from None


def _converted(given: dict[str, Any], kind: type[Message]) -> Message:
    """As msgspec converts it; where it stumbles over a lone surrogate, with question marks in their place.

    It looks strings up in UTF-8 where a name is expected: no name of this protocol holds either.
    """
    try:
        return msgspec.convert(given, kind)
    except UnicodeEncodeError:
        return msgspec.convert({name: _in_utf8(value) for name, value in given.items()}, kind)


def _in_utf8(value: Any) -> Any:
    """A member whose strings, to the one level that names stand at, can be written in UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_in_utf8(item) if isinstance(item, str) else item for item in value]
    if isinstance(value, dict):
        return {_in_utf8(name): item for name, item in value.items()}
    return value


def _violation(kind: type[Message], fault: str, members: dict[str, Member]) -> Violation:
    """The violation that msgspec's message describes, with the peer's own text in it escaped and bounded."""
    match = _FAULT.match(fault)
    detail, place = (match["detail"], match["place"] or "$") if match else (fault, "$")
    missing = _MISSING.match(detail)
    if missing is not None:
        place, detail = f"{place}.{missing['name']}", "missing"
    elif "matching regex" in detail:
        detail = "expected 64 hexadecimal digits"  # the one pattern there is, PublicKeyHex
    elif mistyped := _MISTYPED.match(detail):
        detail = f"expected {_in_json(mistyped['expected'])}, got {_in_json(mistyped['got'])}"
    top = place.removeprefix("$.").partition(".")[0].partition("[")[0]
    clause = kind.clauses.get(top, kind.clauses[""])
    job = members.get("job_id")
    job_id = job.value if job is not None and isinstance(job.value, str) else None
    return Violation(clause, place, WireCode.INVALID_MSG, shown(detail), job_id=job_id)


def _in_json(types: str) -> str:
    """Types such as `float | null`, in the words of JSON."""
    return " or ".join(_JSON_WORDS.get(name, name) for name in types.split(" | "))


def _expect_named_job(receipt: Json) -> None:
    """A receipt on its own must at least say whose it is (a bundled one may be anything)."""
    clause = ReceiptSubmit.clauses[""]
    if not isinstance(receipt.value, dict):
        raise Violation(clause, "$.receipt", WireCode.INVALID_MSG, "the receipt is no object")
    if not isinstance(receipt.value.get("job_id"), str):
        raise Violation(clause, "$.receipt.job_id", WireCode.INVALID_MSG, "the receipt names no job")


@cache
def _members_of(kind: type[Message]) -> tuple[tuple[str, bool], ...]:
    """The wire names of a message's members in order, and whether each keeps its exact text."""
    return tuple(
        (field.encode_name, field.type in (Json, Json | None)) for field in msgspec.structs.fields(kind)
    )


@cache
def _optional(kind: type[Message]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind) if not field.required)
