"""Canonical text: JSON.stringify of ECMA-262 (§25.5.2), and the hashes taken over it.

The canonical text of a value is what ECMAScript's `JSON.stringify(value)` prints. Two programs that hold the
same value print the same text, so hashes and signatures are taken over it, encoded as UTF-8.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from json import encoder as _json
from types import EllipsisType
from typing import Final

from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.numbers import number_text
from dispatch_protocol.parsing import MAX_DEPTH, JsonValue, decode_utf8, join_surrogates, parse

__all__ = ["MAX_DEPTH", "Json", "JsonValue", "canonical_text", "hash_text", "parse", "quoted", "stringify"]

_INTEGER_KEY: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z")
_LARGEST_INDEX: Final = 2**32 - 2
_BEHIND_DIGITS: Final = ":"
_RECURSIVE_LEVELS: Final = 20
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_quote: Final = _json.encode_basestring


class Json:
    """A JSON value together with the exact text it was received as.

    `text` is the text as received (no blanks around it), `value` what JSON.parse makes of it, `canonical` its
    canonical text and `hash` the lowercase hex SHA-256 of that. Two are equal if their canonical texts are.
    """

    __slots__ = ("_canonical", "_hash", "_value", "text")

    def __init__(self, text: str, value: JsonValue) -> None:
        self.text = text
        self._value: JsonValue | EllipsisType = value
        self._canonical: str | None = None
        self._hash: str | None = None

    @classmethod
    def of(cls, value: JsonValue) -> "Json":
        """The value with its canonical text as its text. Raises UsageError where `stringify` does."""
        made = cls(stringify(value), value)
        made._canonical = made.text
        return made

    @classmethod
    def read(cls, text: str | bytes) -> "Json":
        """The value of a JSON text. Raises JsonSyntaxError like `parse`."""
        source = decode_utf8(text)
        return cls(source.strip(" \t\n\r"), parse(source))

    @classmethod
    def unread(cls, text: str) -> "Json":
        """The value of a text that was read before: read again, and only if somebody asks for it."""
        made = cls(text, None)
        made._value = ...
        return made

    def without_value(self) -> "Json":
        """The same, its value still to be read; a text that is known to be canonical stays known as that."""
        made = Json.unread(self.text)
        if self._canonical == self.text:
            made._canonical = self.text
        return made

    @property
    def value(self) -> JsonValue:
        """What JSON.parse makes of the text."""
        if isinstance(self._value, EllipsisType):
            self._value = parse(self.text)
        return self._value

    @property
    def canonical(self) -> str:
        """The canonical text of the value, written once. Raises UsageError where `stringify` does."""
        if self._canonical is None:
            self._canonical = stringify(self.value)
        return self._canonical

    @property
    def hash(self) -> str:
        """The output hash of the value: lowercase hex SHA-256 of its canonical text in UTF-8."""
        if self._hash is None:
            self._hash = hash_text(self.canonical)
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Json) and self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __repr__(self) -> str:
        return f"Json({shown(self.text)})"


def canonical_text(text: str | bytes) -> str:
    """The canonical text of a JSON text: JSON.stringify(JSON.parse(text)). Raises JsonSyntaxError."""
    return stringify(parse(text))


def hash_text(canonical: str) -> str:
    """The lowercase hex SHA-256 of a canonical text's UTF-8 (64 characters)."""
    return sha256(canonical.encode("utf-8")).hexdigest()


def stringify(value: JsonValue) -> str:
    """The canonical text of a value: what JSON.stringify prints. The result holds no surrogates.

    Integers stand for the nearest double; a float that is no number, or infinite, prints `null`. Raises
    UsageError for a value that is no JSON (another type, a key that is no string) or nests more than
    MAX_DEPTH levels deep (or holds itself).
    """
    text = _text(value, _RECURSIVE_LEVELS)
    return text if text.isascii() else _escape_surrogates(text)


def quoted(text: str) -> str:
    """The canonical text of a string: QuoteJSONString (ECMA-262 §25.5.2.4)."""
    literal = _quote(text)
    return literal if literal.isascii() else _escape_surrogates(literal)


def _escape_surrogates(text: str) -> str:
    """Well-formed JSON.stringify (ECMA-262 §25.5.2.4): lone surrogates become lowercase escapes."""
    if _SURROGATE.search(text) is None:
        return text
    return _SURROGATE.sub(lambda lone: f"\\u{ord(lone.group()):04x}", join_surrogates(text))


def _text(value: JsonValue, levels: int) -> str:
    """The text of a value: by recursion for so many levels, which is fast, and below them without it."""
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, dict):
        if levels > 0:
            inner = levels - 1
            members = [
                f"{_quote(key)}:{_quote(item) if isinstance(item := value[key], str) else _text(item, inner)}"
                for key in _ordered(value)
            ]
            return f"{{{','.join(members)}}}"
    elif not isinstance(value, (list, tuple)):
        return _scalar(value)
    elif levels > 0:
        return f"[{','.join([_text(item, levels - 1) for item in value])}]"
    return "".join(_pieces(value, MAX_DEPTH - _RECURSIVE_LEVELS))


def _pieces(value: JsonValue, levels: int = MAX_DEPTH) -> Iterator[str]:
    """The text of a value piece by piece, with one iterator for every container that is open.

    Raises UsageError where it nests more than so many levels deep.
    """
    open_: list[tuple[Iterator[tuple[str, JsonValue]], str]] = []
    lead = ""
    while True:
        yield lead
        if isinstance(value, dict):
            yield "{"
            open_.append((_object_items(value), "}"))
        elif isinstance(value, (list, tuple)):
            yield "["
            open_.append((_array_items(value), "]"))
        else:
            yield _scalar(value)
        if len(open_) > levels:
            raise UsageError(f"the value is nested more than {MAX_DEPTH} levels deep")
        while open_:
            items, closing = open_[-1]
            following = next(items, None)
            if following is not None:
                lead, value = following
                break
            open_.pop()
            yield closing
        else:
            return


def _ordered(members: dict[str, JsonValue]) -> Iterable[str]:
    """Keys in OrdinaryOwnPropertyKeys order (ECMA-262 §10.1.11.1): array indices first, ascending."""
    try:
        if min(members, default=_BEHIND_DIGITS) >= _BEHIND_DIGITS:
            return members
        indices = [key for key in members if _INTEGER_KEY.match(key) and int(key) <= _LARGEST_INDEX]
    except TypeError:
        raise UsageError("a key is no string") from None
    return dict.fromkeys(sorted(indices, key=int)) | members if indices else members


def _object_items(members: dict[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    separator = ""
    for key in _ordered(members):
        yield f"{separator}{_quote(key)}:", members[key]
        separator = ","


def _array_items(items: list[JsonValue] | tuple[JsonValue, ...]) -> Iterator[tuple[str, JsonValue]]:
    separator = ""
    for item in items:
        yield separator, item
        separator = ","


def _scalar(value: JsonValue) -> str:
    if isinstance(value, str):
        return _quote(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    raise UsageError(f"a {type(value).__name__} is no JSON value")
