"""Bytes as text: every spelling in which a hash or a signature may have been sent.

Reading is lenient on purpose, and says in words what the spelling is. Nothing here raises.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from binascii import a2b_hex
from collections.abc import Iterator
from re import compile as pattern
from typing import Final, NamedTuple

MAX_TEXT: Final = 20_000
"""Longer texts are no spelling of a hash or a signature, attached messages included."""

_HEX: Final = pattern(r"(?:[0-9a-fA-F]{2})+")
_BASE64: Final = pattern(r"[A-Za-z0-9+/]+={0,2}")
_BASE64_URL: Final = pattern(r"[A-Za-z0-9_-]+={0,2}")
_BLANKS: Final = pattern(r"\s+")
_PREFIX: Final = pattern(r"(?:sha-?256|ed25519|hex|base64)[:=/-]|0[xX]|\\x", 2)
_PYTHON_BYTES: Final = pattern(r"b'([^']*)'|b\"([^\"]*)\"")
_QUOTED: Final = pattern(r'"([^"]*)"')
_LIST: Final = pattern(r"\[?\s*\d{1,3}(?:\s*,\s*\d{1,3})+\s*\]?")
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_MOST: Final = 100


class Reading(NamedTuple):
    """Bytes, and the spelling they were read from, in words, outermost first (`base64 without padding`)."""

    data: bytes
    spelling: str


def readings(text: str) -> list[Reading]:
    """Every way of reading a text as bytes, the plainest first, without repetition."""
    if len(text) > MAX_TEXT:
        return []
    found: dict[bytes, Reading] = {}
    for body, wrapping in _bodies(text):
        for data, spelling in _decoded(body):
            said = ", ".join(filter(None, (spelling, wrapping)))
            found.setdefault(data, Reading(data, said))
            for inner, inner_spelling in _nested(data):
                found.setdefault(inner, Reading(inner, f"{spelling} of {inner_spelling}"))
    return [*found.values()]


def _bodies(text: str) -> Iterator[tuple[str, str]]:
    """The text, and what is left of it without what may stand around it."""
    yield text, ""
    bare = _BLANKS.sub("", text)
    if bare != text:
        yield bare, "with blanks or line breaks"
    for form, said in ((_PYTHON_BYTES, "as Python prints bytes (b'...')"), (_QUOTED, "in quotation marks")):
        inside = form.fullmatch(bare)
        if inside is not None:
            yield next(group for group in inside.groups() if group is not None), said
    prefix = _PREFIX.match(bare)
    if prefix is not None:
        yield bare[prefix.end() :], f"with the prefix {prefix[0]}"


def _decoded(body: str) -> Iterator[tuple[bytes, str]]:
    """The bytes of a text without anything around it, in every alphabet that it fits."""
    if _HEX.fullmatch(body):
        yield a2b_hex(body), "hex" if body == body.lower() else "hex with upper-case digits"
    if _BASE64.fullmatch(body):
        yield from _base64(body, "base64")
    elif _BASE64_URL.fullmatch(body):
        yield from _base64(body.replace("-", "+").replace("_", "/"), "URL-safe base64")
    if 0 < len(body) <= _BASE58_MOST and all(digit in _BASE58 for digit in body):
        yield _base58(body), "base58"
    if _LIST.fullmatch(body):
        values = [int(value) for value in body.strip("[]").split(",")]
        if max(values) < 256:
            yield bytes(values), "a list of byte values"


def _base64(body: str, spelling: str) -> Iterator[tuple[bytes, str]]:
    bare = body.rstrip("=")
    try:
        data = b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except Base64Error:
        return
    yield data, spelling if len(body) % 4 == 0 else f"{spelling} without padding"


def _base58(body: str) -> bytes:
    """Base58 with Bitcoin's alphabet, which Solana uses as well; leading ones are zero bytes."""
    number = 0
    for digit in body:
        number = number * 58 + _BASE58.index(digit)
    zeros = len(body) - len(body.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _nested(data: bytes) -> Iterator[tuple[bytes, str]]:
    """What bytes spell that are text themselves: hex digits in base64, base64 in base64."""
    try:
        inner = data.decode("ascii")
    except UnicodeDecodeError:
        return
    if len(inner) >= 40:  # the hex of 20 bytes: shorter texts are nothing
        yield from _decoded(inner)
