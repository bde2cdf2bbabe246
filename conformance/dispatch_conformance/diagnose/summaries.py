"""How `summary` goes wrong: other units, other limits and endings, an input that was changed first."""

from functools import partial
from typing import Any, Final
from unicodedata import combining

from dispatch_protocol.tasks import SUMMARY_UNITS, WHITE_SPACE

from dispatch_conformance.diagnose.rules import Option, breaking, right

_JOINED: Final = {"\u200d", "\ufe0f", "\ufe0e"}
_CUT: Final = f"cut after {SUMMARY_UNITS} UTF-16 code units and add three full stops, where there are more"


def units(text: str, count: int) -> str:
    """The first UTF-16 code units of a text."""
    return text[:count].encode("utf-16-le", "surrogatepass")[: 2 * count].decode("utf-16-le", "surrogatepass")


def _code_points(text: str, count: int) -> str:
    return text[:count]


def _bytes(text: str, count: int, errors: str) -> str:
    return text[:count].encode("utf-8", "surrogatepass")[:count].decode("utf-8", errors)


def _graphemes(text: str, count: int) -> str:
    """The first user-perceived characters, near enough: marks, joiners and what they join stay together."""
    start, seen, joined = 0, 0, False
    for place, mark in enumerate(text[: 12 * count]):
        follows = place > 0 and (
            joined or mark in _JOINED or combining(mark) or "\U0001f3fb" <= mark <= "\U0001f3ff"
        )
        joined = mark == "\u200d"
        if not follows:
            if seen == count:
                return text[:place]
            seen, start = seen + 1, place
    return text if len(text) <= 12 * count else text[:start]


def _with_stops(text: str, count: int) -> str:
    """The first code units, three fewer where there are more."""
    return text if units(text, count) == text else units(text, count - 3)


def _at_word(text: str, count: int) -> str:
    """The first code units, back to the last blank among them."""
    head = units(text, count)
    return head if head == text else head[: head.rfind(" ")].rstrip() if " " in head else head


def _whole(text: str) -> str:
    return text


def _swapped(mark: str, text: str) -> str:
    """The text with what a cut has left of a surrogate pair replaced."""
    return "".join(mark if "\ud800" <= unit <= "\udfff" else unit for unit in text)


def _limit(count: int) -> Option:
    return Option(f"after-{count}", f"cuts after {count}", _CUT, count)


def _ending(name: str, says: str, text: str) -> Option:
    return Option(name, says, "end a summary that was cut with three full stops (U+002E)", text)


PREPARATIONS: Final = breaking(
    "W-OUT-3",
    right(_whole),
    Option(
        "trimmed",
        "trims the input first",
        "do not trim the input for `summary`",
        lambda text: text.strip(WHITE_SPACE),
    ),
    Option(
        "collapsed",
        "collapses white space first",
        "leave the input as it is",
        lambda text: " ".join(text.split()),
    ),
    Option("lowered", "lower-cases the input", "leave the input as it is", str.lower),
)
MEASURES: Final = breaking(
    "W-OUT-5",
    right(units),
    Option("code-points", "counts code points; the clause counts UTF-16 code units", _CUT, _code_points),
    Option(
        "bytes",
        "counts bytes of UTF-8; the clause counts UTF-16 code units",
        _CUT,
        partial(_bytes, errors="ignore"),
    ),
    Option(
        "bytes-replaced",
        "counts bytes of UTF-8, and puts U+FFFD for what it cuts",
        _CUT,
        partial(_bytes, errors="replace"),
    ),
    Option(
        "graphemes",
        "counts characters as a reader sees them; the clause counts UTF-16 code units",
        _CUT,
        _graphemes,
    ),
    Option("within-200", "cuts so that the full stops fit into 200", _CUT, _with_stops, "W-OUT-4"),
    Option("at-a-word", "cuts at the end of a word", _CUT, _at_word, "W-OUT-4"),
    Option("never", "does not cut the input", _CUT, lambda text, _count: text, "W-OUT-4"),
)
LIMITS: Final = breaking(
    "W-OUT-4",
    right(SUMMARY_UNITS),
    *map(_limit, (197, 199, 201, 198, 100, 150, 250, 255, 256, 300, 400, 500)),
)
ENDINGS: Final = breaking(
    "W-OUT-4",
    right("..."),
    _ending("ellipsis", "ends with one ellipsis (U+2026) in the place of three full stops", "\u2026"),
    _ending("no-ending", "adds nothing where it cuts", ""),
    _ending("blank-stops", "puts a blank before the three full stops", " ..."),
    _ending("two-stops", "adds two full stops", ".."),
    _ending("bracketed", "adds [...]", "[...]"),
)
OCCASIONS: Final = breaking(
    "W-OUT-3",
    right(lambda text, head: head != text),
    Option("always", "adds the ending to short inputs as well", _CUT, lambda _text, _head: True),
    Option(
        "from-200",
        "treats an input of exactly 200 as too long",
        _CUT,
        lambda text, head: (
            head != text or len(text.encode("utf-16-le", "surrogatepass")) == 2 * SUMMARY_UNITS
        ),
    ),
)
HALVES: Final = breaking(
    "W-OUT-5",
    right(_whole),
    Option(
        "half-replaced",
        "puts U+FFFD for half a surrogate pair",
        "keep the lone surrogate",
        partial(_swapped, "\ufffd"),
    ),
    Option(
        "half-questioned",
        "puts ? for half a surrogate pair",
        "keep the lone surrogate",
        partial(_swapped, "?"),
    ),
    Option("half-dropped", "drops half a surrogate pair", "keep the lone surrogate", partial(_swapped, "")),
)
SUMMARY: Final = (PREPARATIONS, MEASURES, LIMITS, ENDINGS, OCCASIONS, HALVES)
"""The decisions in a `summary`, in the order in which `summary` takes them."""


def summary(text: str, *acts: Any) -> str:
    """The `summary` of an input under the acts of SUMMARY's options."""
    prepare, measure, limit, ending, occasion, halves = acts
    text = prepare(text)
    head = measure(text, limit)
    cut: str = halves(head)
    return cut + ending if occasion(text, head) else cut
