"""Mistakes about a text that are no serializer's: wrappings, encodings, parts, other orders, other values.

Each row is a name, what the bytes are (as a noun), what to do instead, and how they come about from a source.
A row's function gives None where it does not apply.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import permutations
from re import DOTALL, Match
from re import compile as pattern
from typing import Any, Final, NamedTuple
from unicodedata import normalize

from dispatch_protocol.canonical import stringify
from dispatch_protocol.errors import shown

from dispatch_conformance.diagnose.guesses import listed
from dispatch_conformance.diagnose.renderings import Rendering
from dispatch_conformance.diagnose.tree import Number, Source, Tree

_MOST_ORDERED: Final = 5
_MOST_PARTS: Final = 50
_PYTHON_INTEGER: Final = 400
_TOKEN: Final = pattern(r'("(?:[^"\\]++|\\.)*+")|[ \t\n\r]+', DOTALL)
_HTML: Final = pattern("[<>&\u2028\u2029]")
_LONE: Final = pattern(r"(?<!\\)((?:\\\\)*+)\\u(d[89a-f][0-9a-f]{2})")

_PLAIN: Final = "hash and sign the canonical text itself, as UTF-8, with nothing around it"
_ENCODING: Final = "encode the canonical text as UTF-8 before you hash or sign it"
_WHOLE: Final = "take the whole value, as JSON.stringify prints it"


class Row(NamedTuple):
    """One mistake: its name, what its bytes are, what to do instead, and how they come about."""

    name: str
    what: str
    mend: str
    make: Callable[[Source], bytes | None]


def _text(make: Callable[[str], str]) -> Callable[[Source], bytes]:
    """A row's function from one text to another, in UTF-8."""
    return lambda source: make(source.canonical).encode("utf-8")


def _encoded(encoding: str) -> Callable[[Source], bytes]:
    return lambda source: source.canonical.encode(encoding)


def _low_bytes(source: Source) -> bytes:
    """Latin-1 as Node writes it: the low byte of every UTF-16 unit."""
    return source.canonical.encode("utf-16-le")[::2]


def _latin_1(source: Source) -> bytes:
    return source.canonical.encode("latin-1", "replace")


def _utf8_of_units(source: Source) -> bytes:
    """CESU-8: every UTF-16 unit for itself, as Java's writeUTF encodes it."""
    units = source.canonical.encode("utf-16-be")
    singles = "".join(chr(high << 8 | low) for high, low in zip(units[::2], units[1::2], strict=True))
    return singles.encode("utf-8", "surrogatepass")


def _raw_surrogates(source: Source) -> bytes:
    """Lone surrogates as they are, in the three bytes that UTF-8 would have for them."""
    return _LONE.sub(lambda lone: lone[1] + chr(int(lone[2], 16)), source.canonical).encode(
        "utf-8", "surrogatepass"
    )


def _bare(source: Source) -> bytes | None:
    value = source.json.value
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else None


def _python_literal(source: Source) -> bytes:
    return str(_plain(source.tree)).encode("utf-8", "surrogatepass")


def _plain(tree: Tree) -> Any:
    """The value as Python's own json module reads it. Raises ValueError for very long integers."""
    if isinstance(tree, dict):
        return {key: _plain(item) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_plain(item) for item in tree]
    if not isinstance(tree, Number):
        return tree
    if len(tree.literal) > _PYTHON_INTEGER:
        raise ValueError("too long for this model")
    return int(tree.literal) if tree.is_integer else tree.value


def _go_raw(source: Source) -> bytes:
    """json.RawMessage: the text as sent, its blanks taken out, HTML characters escaped."""

    def token(found: Match[str]) -> str:
        return _HTML.sub(lambda mark: f"\\u{ord(mark[0]):04x}", found[1] or "")

    return _TOKEN.sub(token, source.text).encode("utf-8")


def _wrapped(name: str) -> Row:
    return Row(
        f"in-{name}",
        f"an object that holds the value as its member `{name}`",
        _PLAIN,
        _text(lambda text: f'{{"{name}":{text}}}'),
    )


def _constant(name: str, data: bytes, what: str) -> Row:
    return Row(name, what, _WHOLE, lambda _source: data)


ROWS: Final = (
    Row(
        "js-newline", "the canonical text with a line feed behind it", _PLAIN, _text(lambda text: text + "\n")
    ),
    Row("js-crlf", "the canonical text with CR LF behind it", _PLAIN, _text(lambda text: text + "\r\n")),
    Row(
        "js-bom",
        "the canonical text with a byte order mark before it",
        _PLAIN,
        _text(lambda text: "\ufeff" + text),
    ),
    Row("nul-terminated", "the canonical text with a NUL behind it", _PLAIN, _text(lambda text: text + "\0")),
    Row(
        "js-double-encoded", "the canonical text encoded once more as a JSON string", _PLAIN, _text(stringify)
    ),
    Row(
        "base64",
        "the base64 of the canonical text",
        _PLAIN,
        lambda source: b64encode(source.canonical.encode()),
    ),
    Row("js-bare-string", "the string itself, without JSON's quotes and escapes", _WHOLE, _bare),
    Row("js-hash-of-utf16le", "the canonical text in UTF-16LE", _ENCODING, _encoded("utf-16-le")),
    Row("utf-16be", "the canonical text in UTF-16BE", _ENCODING, _encoded("utf-16-be")),
    Row("utf-16", "the canonical text in UTF-16 with a byte order mark", _ENCODING, _encoded("utf-16")),
    Row(
        "js-hash-of-latin1",
        "the low bytes of the canonical text's UTF-16 units (Latin-1)",
        _ENCODING,
        _low_bytes,
    ),
    Row("latin-1", "the canonical text in Latin-1 with ? for all it lacks", _ENCODING, _latin_1),
    Row("cesu-8", "the canonical text in CESU-8 (surrogates encoded one by one)", _ENCODING, _utf8_of_units),
    Row(
        "raw-surrogates",
        "the canonical text with lone surrogates raw",
        "escape them as \\udxxx",
        _raw_surrogates,
    ),
    Row(
        "nfc",
        "the canonical text, normalized to NFC",
        "do not normalize",
        _text(lambda text: normalize("NFC", text)),
    ),
    Row(
        "nfd",
        "the canonical text, normalized to NFD",
        "do not normalize",
        _text(lambda text: normalize("NFD", text)),
    ),
    Row(
        "python-str",
        "Python's str(), which is no JSON",
        "use json.dumps, and see what it needs",
        _python_literal,
    ),
    Row(
        "go-raw-message",
        "your text as sent, through Go's json.RawMessage",
        "parse the text, and write it as JSON.stringify does",
        _go_raw,
    ),
    _wrapped("output"),
    _wrapped("result"),
    Row("in-list", "a list that holds the value", _PLAIN, _text(lambda text: f"[{text}]")),
    _constant("nothing", b"", "the empty text"),
    _constant("null", b"null", "`null`, and not your value"),
    _constant("undefined", b"undefined", "JavaScript's `undefined`, and not your value"),
    _constant("empty-object", b"{}", "`{}`, and not your value"),
    _constant("object-object", b"[object Object]", "`[object Object]`: an object put into a string"),
)
"""Every mistake that is one text per source."""

_TABLE_NAMES: Final = {"in-output": "js-in-receipt-object"}


def variations(source: Source) -> Iterator[Rendering]:
    """What each row makes of a source, then its parts, then its members in other orders."""
    for row in ROWS:
        try:
            data = row.make(source)
        except (ValueError, RecursionError):  # UnicodeError among them: the row does not apply
            continue
        if data is not None:
            yield Rendering(_TABLE_NAMES.get(row.name, row.name), row.what, row.mend, data)
    yield from _parts(source)
    yield from _orders(source)


def as_sent(source: Source) -> Rendering:
    """The text as it was sent, unparsed: it fits whenever the worker sends what it hashes."""
    mend = "parse the text, and write it as JSON.stringify does"
    data = source.text.encode("utf-8", "surrogatepass")
    return Rendering("source-text", "the text as you sent it, not its canonical text", mend, data, weak=True)


def _parts(source: Source) -> Iterator[Rendering]:
    """Every member of an object by itself, and bare where it is a string."""
    value = source.json.value
    if not isinstance(value, dict):
        return
    for key, item in list(value.items())[:_MOST_PARTS]:
        name = shown(key, 40)
        yield Rendering(
            f"member-{name}", f"the member `{name}` alone", _WHOLE, stringify(item).encode("utf-8")
        )
        if isinstance(item, str):
            bare = item.encode("utf-8", "surrogatepass")
            yield Rendering(f"bare-{name}", f"the text of the member `{name}` alone", _WHOLE, bare)


def _orders(source: Source) -> Iterator[Rendering]:
    """The members of a small object in every other order (those of a hash map, say)."""
    value = source.json.value
    if not isinstance(value, dict) or not 1 < len(value) <= _MOST_ORDERED:
        return
    members = {key: f"{stringify(key)}:{stringify(item)}" for key, item in value.items()}
    for keys in permutations(members):
        text = f"{{{','.join(members[key] for key in keys)}}}"
        if text != source.canonical:
            order = listed(shown(key, 40) for key in keys)
            what = f"the canonical text with its members in the order {order}"
            mend = "hash and sign the members in the very order in which you send them"
            yield Rendering("reordered", what, mend, text.encode("utf-8"))
