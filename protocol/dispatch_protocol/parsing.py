"""JSON.parse of ECMA-262 (§25.5.1): JSON text to values.

Values are `None`, `bool`, `int`, `float`, `str`, `list` and `dict`. A dict keeps the order in which its keys
first stood in the text; of duplicate keys the last value counts. `__proto__` is a key like any other. Numbers
are doubles: an integer literal of at most 15 digits comes as the `int` of the same value, everything else as
`float`, beyond the range of doubles as an infinity. A string may hold lone surrogates, each one code point,
never a pair of them.

Two scanners read the grammar. The fast one is the standard library's C scanner, whose grammar is the same
once `NaN` and `Infinity` are refused; it recurses, and does not join an escaped surrogate with a raw one. So
a text that nests deeply, or holds raw surrogates, goes to the exact scanner, which is iterative.
"""

import re
from collections.abc import Callable
from itertools import accumulate
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final, NamedTuple, NoReturn, TypeAlias

from dispatch_protocol.errors import JsonSyntaxError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
Scan: TypeAlias = Callable[[str, int], tuple[JsonValue, int]]

MAX_DEPTH: Final = 10_000
"""How many containers may stand inside one another; a deeper text is refused."""

_FAST_DEPTH: Final = 200
_SHORT_INTEGER: Final = 15
_BLANKS: Final = " \t\n\r"
_BLANK: Final = re.compile(f"[{_BLANKS}]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKET: Final = re.compile(r"[^\[\]{}]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_LITERALS: Final[dict[str, tuple[str, JsonValue]]] = {
    "t": ("true", True),
    "f": ("false", False),
    "n": ("null", None),
}


class Member(NamedTuple):
    """One member of an object: its value, and the exact text it was read from (without blanks around it)."""

    value: JsonValue
    text: str


def parse(text: str | bytes) -> JsonValue:
    """The value of one JSON text; bytes are read as UTF-8, a byte order mark is refused.

    Raises JsonSyntaxError for everything that JSON.parse refuses, and for more than MAX_DEPTH levels.
    """
    source = decode_utf8(text)
    value, end = _scanned(_scanner(source), source, _blank(source, 0))
    _expect_end(source, end)
    return value


def parse_members(text: str | bytes) -> dict[str, Member] | None:
    """The members of a JSON text that is an object, each with its own exact text; None if it is no object.

    Raises JsonSyntaxError like `parse`, but each member may nest MAX_DEPTH levels deep by itself. Of
    duplicate keys the last member counts, at the first's position.
    """
    source = decode_utf8(text)
    index = _blank(source, 0)
    if source[index : index + 1] != "{":
        _expect_end(source, _scanned(_scanner(source), source, index)[1])
        return None
    scan = _scanner(source)
    members: dict[str, Member] = {}
    index = _blank(source, index + 1)
    if source[index : index + 1] == "}":
        _expect_end(source, index + 1)
        return members
    while True:
        key, index = _key(source, index, scan)
        value, end = _scanned(scan, source, index)
        members[key] = Member(value, source[index:end])
        index = _blank(source, end)
        if source[index : index + 1] == "}":
            _expect_end(source, index + 1)
            return members
        if source[index : index + 1] != ",":
            raise JsonSyntaxError("expected ',' or '}'", index)
        index = _blank(source, index + 1)


def decode_utf8(text: str | bytes) -> str:
    """The text itself, or the UTF-8 bytes as text. Raises JsonSyntaxError where they are no UTF-8."""
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonSyntaxError("invalid UTF-8", error.start) from None


def join_surrogates(text: str) -> str:
    """The same UTF-16 code units, with every high and low surrogate that meet joined to one code point."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _integer(literal: str) -> int | float:
    return int(literal) if len(literal) <= _SHORT_INTEGER else float(literal)


class _NoJson(Exception):
    """A constant that the library reads and JSON has not; where it stands, only the exact scanner knows."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NoJson(name)


_scan_fast: Final[Scan] = JSONDecoder(parse_int=_integer, parse_constant=_refuse_constant).scan_once  # type: ignore[attr-defined]


def _scanner(source: str) -> Scan:
    """The fast scanner where it gives what the exact one gives."""
    if not source.isascii() and _SURROGATE.search(source) is not None:
        return _scan_exact
    if source.count("[") + source.count("{") > _FAST_DEPTH and _depth_bound(source) > _FAST_DEPTH:
        return _scan_exact
    return _scan_fast


def _depth_bound(source: str) -> int:
    """At least the depth that a scanner reaches in `source`: its depth, and no less where it is no JSON."""
    brackets = _NO_BRACKET.sub("", _STRING.sub("", source))
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _scanned(scan: Scan, source: str, index: int) -> tuple[JsonValue, int]:
    """One value from `index` on, with every way of failing turned into JsonSyntaxError."""
    try:
        return scan(source, index)
    except StopIteration as stop:
        raise JsonSyntaxError("expected a value", stop.value) from None
    except JSONDecodeError as error:
        raise JsonSyntaxError(_reason(error), error.pos) from None
    except (RecursionError, _NoJson):
        return _scan_exact(source, index)


def _reason(error: JSONDecodeError) -> str:
    """The library's reason without the word that leads over to its position: JsonSyntaxError adds its own."""
    return error.msg.removesuffix(": ").removesuffix(" at")


def _scan_exact(source: str, index: int) -> tuple[JsonValue, int]:
    """One value from `index` on and the index behind it, without recursion."""
    containers: list[list[JsonValue] | dict[str, JsonValue]] = []
    keys: list[str] = []
    while True:
        value, index, opened = _begin(source, index)
        if len(containers) == MAX_DEPTH and isinstance(value, dict | list):
            raise JsonSyntaxError(f"nested more than {MAX_DEPTH} levels deep", index)
        if opened:
            containers.append(value)  # type: ignore[arg-type]
            if isinstance(value, dict):
                key, index = _key(source, index, _scan_exact)
                keys.append(key)
            continue
        while containers:
            parent = containers[-1]
            if isinstance(parent, dict):
                parent[keys[-1]] = value
            else:
                parent.append(value)
            index = _blank(source, index)
            mark = source[index : index + 1]
            if mark == ",":
                index = _blank(source, index + 1)
                if isinstance(parent, dict):
                    keys[-1], index = _key(source, index, _scan_exact)
                break
            if mark != ("}" if isinstance(parent, dict) else "]"):
                raise JsonSyntaxError("expected ',' or the end of the container", index)
            index += 1
            value = containers.pop()
            if isinstance(value, dict):
                keys.pop()
        else:
            return value, index


def _begin(source: str, index: int) -> tuple[JsonValue, int, bool]:
    """A scalar or an empty container, complete; or a fresh container (True) and the index of its content."""
    mark = source[index : index + 1]
    if mark == '"':
        try:
            text, end = scanstring(source, index + 1, True)
        except JSONDecodeError as error:
            raise JsonSyntaxError(_reason(error), error.pos) from None
        return join_surrogates(text), end, False
    if mark in ("{", "["):
        fresh: JsonValue = {} if mark == "{" else []
        index = _blank(source, index + 1)
        if source[index : index + 1] == ("}" if mark == "{" else "]"):
            return fresh, index + 1, False
        return fresh, index, True
    if mark in _LITERALS:
        literal, value = _LITERALS[mark]
        if source.startswith(literal, index):
            return value, index + len(literal), False
    number = _NUMBER.match(source, index)
    if number is None:
        raise JsonSyntaxError("expected a value", index)
    literal = number.group()
    is_integer = literal.lstrip("-").isdigit()
    return (_integer(literal) if is_integer else float(literal)), number.end(), False


def _key(source: str, index: int, scan: Scan) -> tuple[str, int]:
    """A member's key, and the index of its value."""
    if source[index : index + 1] != '"':
        raise JsonSyntaxError("expected a key in double quotes", index)
    key, index = _scanned(scan, source, index)
    index = _blank(source, index)
    if source[index : index + 1] != ":":
        raise JsonSyntaxError("expected ':'", index)
    return key, _blank(source, index + 1)  # type: ignore[return-value]


def _blank(source: str, index: int) -> int:
    """The index behind the blanks; most often there are none, and that is seen without the pattern."""
    if source[index : index + 1] not in _BLANKS:
        return index
    match = _BLANK.match(source, index)
    return match.end() if match is not None else index


def _expect_end(source: str, index: int) -> None:
    index = _blank(source, index)
    if index != len(source):
        raise JsonSyntaxError("unexpected text behind the value", index)
