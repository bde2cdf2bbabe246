"""What requests to the control face hold: bodies and queries, bounded, typed, and judged by place."""

import re
from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec
from dispatch_protocol.canonical import JsonValue, parse
from dispatch_protocol.errors import JsonSyntaxError, shown
from dispatch_protocol.rest import RestFault
from starlette.requests import Request

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""The longest body: one that holds the longest frame, each character of it escaped."""

MAX_DEPTH: Final = 64
"""How deeply the containers of a body may be nested."""

_EXACT: Final = 2**53
_FAULT: Final = re.compile(r"(?P<detail>.*?)(?: - at `(?P<place>[^`]*)`)?\Z", re.DOTALL)
_T = TypeVar("_T")


async def read_body(request: Request, kind: type[_T]) -> _T:
    """The body as this structure. Raises RestFault: 400, 413 or 415, which names the place."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise RestFault(415, "Changes need content-type: application/json")
    try:
        value = parse(await _bytes(request))
    except JsonSyntaxError as fault:
        raise RestFault(400, f"Invalid JSON: {fault}", {"place": "$"}) from None
    if _is_deep(value):
        raise RestFault(400, f"Nested more than {MAX_DEPTH} levels deep", {"place": "$"})
    try:
        return msgspec.convert(_plain(value), kind)
    except msgspec.ValidationError as fault:
        found = _FAULT.fullmatch(str(fault))
        detail, place = (found["detail"], found["place"]) if found is not None else (str(fault), None)
        raise RestFault(400, shown(detail), {"place": shown(place or "$")}) from None
    except UnicodeEncodeError:
        raise RestFault(400, "A lone surrogate where a name stands", {"place": "$"}) from None


def read_number(request: Request, name: str, default: int, most: int) -> int:
    """The whole number of this name in the query, from 1 (or 0, where that is the default) to `most`.

    Raises RestFault (400).
    """
    text = _single(request, name)
    if text is None:
        return default
    least = min(default, 1)
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most:
        return int(text)
    raise RestFault(400, f"A whole number from {least} to {most}", {"place": f"?{name}"})


def read_text(request: Request, name: str, most: int = 200) -> str | None:
    """The text of this name in the query. Raises RestFault (400) where it is too long, or given twice."""
    text = _single(request, name)
    if text is not None and len(text) > most:
        raise RestFault(400, f"At most {most} characters", {"place": f"?{name}"})
    return text


def path_number(request: Request, name: str) -> int:
    """The number in the path. Raises RestFault (404) where it is none."""
    text = str(request.path_params[name])
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise RestFault(404, f"No such {name}: {shown(text, 64)}")
    return int(text)


def _single(request: Request, name: str) -> str | None:
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise RestFault(400, "Given more than once", {"place": f"?{name}"})
    return given[0] if given else None


async def _bytes(request: Request) -> bytes:
    pieces, size, is_whole = [], 0, False
    while not is_whole:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise RestFault(400, "Request body incomplete")
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise RestFault(413, "Request body too large")
        is_whole = not message.get("more_body", False)
    return b"".join(pieces)


def _is_deep(value: JsonValue) -> bool:
    """Whether containers are nested beyond the limit; level by level, for recursion ends earlier."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _members(outer)]
    return bool(level)


def _plain(value: JsonValue) -> JsonValue:
    """The same with `1.0` as 1, which in JSON it is; not for what nests deeply."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _members(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
