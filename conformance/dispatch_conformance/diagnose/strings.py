"""How other serializers write strings, as data: which characters they escape, and in which spelling.

Sources: the vectors in foreign-serializers.json, and the documentation of each language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from re import Match, Pattern
from re import compile as pattern
from types import MappingProxyType
from typing import Final

from dispatch_protocol.parsing import join_surrogates

_SHORT_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
)
_SHORT: Final = '"\\\b\t\n\f\r'
_SHORT_SLASH: Final = f"/{_SHORT}"
_SHORT_GO: Final = '"\\\t\n\r'
_SHORT_DOTNET: Final = "\\\b\t\n\f\r"
_SHORT_NONE: Final = '"\\'

_ALWAYS: Final = '"\\\\\\x00-\\x1f'
_BEYOND_ASCII: Final = "\\x80-\U0010ffff"
_FROM_DEL: Final = "\\x7f-\U0010ffff"
_LINES: Final = "\u2028\u2029"
_LONE_MEND: Final = "escape lone surrogates as \\udxxx, in lower-case digits"


class Lone(StrEnum):
    """What becomes of a surrogate without its other half."""

    ESCAPED = "escaped"
    REPLACED = "U+FFFD"
    QUESTIONED = "?"
    RAW = "raw"
    """Left as it is, so that the text has no UTF-8: the serializer refuses the value."""


@dataclass(frozen=True, slots=True)
class Escapes:
    """One way of writing strings: `says` is what it does, `mend` what to do instead.

    `also` is what it escapes besides `always`, both as the inside of a character class; `short` what
    is not escaped as `\\uXXXX`; `upper` writes those with upper-case digits.
    """

    name: str
    says: str
    also: str = ""
    short: str = _SHORT
    upper: bool = False
    lone: Lone = Lone.RAW
    always: str = _ALWAYS
    mend: str = (
        'escape only ", \\, U+0000 to U+001F and lone surrogates (lower-case digits), and nothing else'
    )

    @property
    def facets(self) -> tuple["Escapes", ...]:
        """The two things that it decides, apart: what is escaped, and what becomes of lone surrogates."""
        return replace(self, lone=Lone.ESCAPED), _LONE_ALONE[self.lone]

    def write(self, text: str) -> str:
        """The string in its quotes."""
        return f'"{_marks(self.always + self.also).sub(self._escape, join_surrogates(text))}"'

    def _escape(self, found: Match[str]) -> str:
        mark = found[0]
        if mark in self.short:
            return _SHORT_TEXT[mark]
        if "\ud800" <= mark <= "\udfff" and self.lone is not Lone.ESCAPED:
            mark = {Lone.REPLACED: "\ufffd", Lone.QUESTIONED: "?"}.get(self.lone, mark)
            if self.lone is Lone.RAW or not self._escapes(mark):
                return mark
        digits = mark.encode("utf-16-be", "surrogatepass").hex()
        digits = digits.upper() if self.upper else digits
        return "".join(f"\\u{digits[start : start + 4]}" for start in range(0, len(digits), 4))

    def _escapes(self, mark: str) -> bool:
        return bool(self.also) and _marks(self.also).fullmatch(mark) is not None


@cache
def _marks(inside: str) -> Pattern[str]:
    """Every character that an Escapes treats specially: lone surrogates always."""
    return pattern(f"[{inside}\ud800-\udfff]")


ECMASCRIPT: Final = Escapes("ecmascript", "", lone=Lone.ESCAPED)
RAW: Final = Escapes("raw", "writes lone surrogates raw", mend=_LONE_MEND)
REPLACED: Final = Escapes(
    "replaced", "puts U+FFFD in the place of lone surrogates", lone=Lone.REPLACED, mend=_LONE_MEND
)
QUESTIONED: Final = Escapes(
    "questioned", "puts ? in the place of lone surrogates", lone=Lone.QUESTIONED, mend=_LONE_MEND
)
_LONE_ALONE: Final = MappingProxyType(
    {Lone.ESCAPED: ECMASCRIPT, Lone.REPLACED: REPLACED, Lone.QUESTIONED: QUESTIONED, Lone.RAW: RAW}
)
JAVA: Final = Escapes("java", "writes escapes with upper-case digits", upper=True, lone=Lone.QUESTIONED)
ASCII: Final = Escapes("ascii", "escapes everything beyond ASCII", _FROM_DEL, lone=Lone.ESCAPED)
ASCII_STRICT: Final = Escapes("ascii-strict", "escapes everything beyond ASCII", _FROM_DEL)
ASCII_BUT_DEL: Final = Escapes("ascii-but-del", "escapes everything beyond ASCII", _BEYOND_ASCII)
ASCII_UPPER: Final = Escapes(
    "ascii-upper",
    "escapes everything beyond ASCII, with upper-case digits",
    _BEYOND_ASCII,
    upper=True,
    lone=Lone.ESCAPED,
)
SLASH: Final = Escapes("slash", "escapes slashes as \\/", "/", _SHORT_SLASH, lone=Lone.ESCAPED)
ANDROID: Final = Escapes("android", "escapes slashes as \\/", "/", _SHORT_SLASH, lone=Lone.QUESTIONED)
PHP: Final = Escapes(
    "php", "escapes slashes as \\/, and everything beyond ASCII", f"/{_BEYOND_ASCII}", _SHORT_SLASH
)
UJSON: Final = Escapes(
    "ujson",
    "escapes slashes as \\/, and everything beyond ASCII",
    f"/{_BEYOND_ASCII}",
    _SHORT_SLASH,
    lone=Lone.ESCAPED,
)
LINES: Final = Escapes("lines", "escapes U+2028 and U+2029", _LINES)
GO: Final = Escapes(
    "go",
    "escapes <, > and & (and U+2028, U+2029) as \\u003c and so on",
    f"<>&{_LINES}",
    _SHORT_GO,
    lone=Lone.REPLACED,
)
GO_1_22: Final = Escapes(
    "go-1.22",
    "escapes <, > and & (and U+2028, U+2029) as \\u003c and so on",
    f"<>&{_LINES}",
    lone=Lone.REPLACED,
)
GO_LINES: Final = Escapes("go-lines", "escapes U+2028 and U+2029", _LINES, _SHORT_GO, lone=Lone.REPLACED)
HTML: Final = Escapes("html", "escapes <, > and & as \\u003c and so on", "<>&", lone=Lone.ESCAPED)
RAILS: Final = Escapes(
    "rails", "escapes <, > and & (and U+2028, U+2029) as \\u003c and so on", f"<>&{_LINES}"
)
GSON: Final = Escapes(
    "gson", "escapes <, >, &, = and ' as \\u003c and so on", f"<>&='{_LINES}", lone=Lone.QUESTIONED
)
GSON_PLAIN: Final = Escapes("gson-plain", "escapes U+2028 and U+2029", _LINES, lone=Lone.QUESTIONED)
JQ: Final = Escapes("jq", "escapes U+007F", "\\x7f")
NEWTONSOFT: Final = Escapes(
    "newtonsoft", "escapes U+0085, U+2028 and U+2029", f"\x85{_LINES}", lone=Lone.REPLACED
)
DOTNET: Final = Escapes(
    "dotnet",
    "escapes \", &, ', +, <, > and ` and everything beyond ASCII, with upper-case digits",
    f"&'+<>`{_FROM_DEL}",
    _SHORT_DOTNET,
    upper=True,
    lone=Lone.REPLACED,
)
UPPER: Final = Escapes("upper", "writes escapes with upper-case digits", upper=True, lone=Lone.ESCAPED)
LONG: Final = Escapes("long", "writes \\u000a for \\n, and so on", "", _SHORT_NONE, lone=Lone.ESCAPED)
NOTHING: Final = Escapes(
    "nothing", "puts strings between quotes without escaping anything", short="", always=""
)

POSITIONS: Final = (
    ECMASCRIPT,
    *(RAW, REPLACED, QUESTIONED, UPPER, LONG, ASCII, ASCII_BUT_DEL, ASCII_UPPER, SLASH, PHP, HTML, LINES),
    *(GO_1_22, GO, GO_LINES, GSON, RAILS, DOTNET, JQ, NEWTONSOFT, JAVA, NOTHING),
)
"""Every way of writing strings, ECMAScript's first."""
