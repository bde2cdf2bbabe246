"""How `extract_json` goes wrong: other pieces (`pieces`), another parser, another choice, another count."""

import json
from collections.abc import Callable
from itertools import takewhile
from re import compile as pattern
from typing import Any, Final, TypeAlias

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError
from dispatch_protocol.parsing import parse

from dispatch_conformance.diagnose.pieces import PIECES
from dispatch_conformance.diagnose.rules import Option, breaking, right
from dispatch_conformance.diagnose.tree import MAX_LEVELS, levels

Values: TypeAlias = list[JsonValue]
Read: TypeAlias = Callable[[str], Values]
"""From a piece to its value in a list; an empty list where the piece is refused."""

_PARSER: Final = "parse each piece as JSON.parse does"
_REFUSED: Final = "leave out a piece that JSON.parse refuses, and go on behind it"
_VALUES: Final = "give the value of every match, in their order"
_COUNT: Final = "count the entries of `extracted`"

_TRAILING: Final = pattern(r",(\s*[}\]])")
_MOST_PIECES: Final = 2_000


def _strictly(piece: str) -> Values:
    try:
        return [parse(piece)]
    except UsageError:
        return []


def _python(change: Callable[[str], str] = str, **options: Any) -> Read:
    """Python's json module with its hooks, without NaN unless asked for; the text may be changed first."""
    options.setdefault("parse_constant", _refused)

    def read(piece: str) -> Values:
        if levels(piece) > MAX_LEVELS:
            return []
        try:
            return [json.loads(change(piece), **options)]
        except (ValueError, OverflowError):
            return []

    return read


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _first_kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, item in pairs:
        kept.setdefault(name, item)
    return kept


def _moved_last(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, item in pairs:
        kept.pop(name, None)
        kept[name] = item
    return kept


def _distinct(values: Values) -> Values:
    return list({stringify(value): value for value in values}.values())


def _left_out(pieces: list[str], read: Read) -> Values:
    return [value for piece in pieces for value in read(piece)]


def _stopping(pieces: list[str], read: Read) -> Values:
    return [found[0] for found in takewhile(bool, map(read, pieces))]


def _all_or_nothing(pieces: list[str], read: Read) -> Values:
    values = _left_out(pieces, read)
    return values if len(values) == len(pieces) else []


def _instead(name: str, says: str, value_of: Read) -> Option:
    """A value in the place of what does not parse."""

    def act(pieces: list[str], read: Read) -> Values:
        return [value for piece in pieces for value in read(piece) or value_of(piece)]

    return Option(name, says, _REFUSED, act)


PARSERS: Final = breaking(
    "W-OUT-19",
    right(_strictly),
    Option(
        "lax-numbers",
        "takes NaN and Infinity, as Python's json module does",
        _PARSER,
        _python(parse_constant=float),
    ),
    Option("lax-strings", "takes raw control characters in strings", _PARSER, _python(strict=False)),
    Option(
        "trailing-commas",
        "takes commas before a closing bracket",
        _PARSER,
        _python(lambda text: _TRAILING.sub(r"\1", text)),
    ),
    Option(
        "single-quotes",
        "takes strings in single quotes",
        _PARSER,
        _python(lambda text: text.replace("'", '"')),
    ),
    Option(
        "first-duplicate",
        "keeps the first of two values under one name; the clause keeps the last",
        _PARSER,
        _python(object_pairs_hook=_first_kept),
        "W-OUT-22",
    ),
    Option(
        "duplicate-moved",
        "puts a repeated name at its last place; the clause leaves it at the first",
        _PARSER,
        _python(object_pairs_hook=_moved_last),
        "W-OUT-22",
    ),
    Option(
        "numbers-as-text",
        "gives numbers as strings",
        _PARSER,
        _python(parse_int=str, parse_float=str),
        "W-OUT-18",
    ),
    Option(
        "whole-numbers",
        "cuts numbers down to integers",
        _PARSER,
        _python(parse_float=lambda text: int(float(text))),
        "W-OUT-18",
    ),
)
REFUSALS: Final = breaking(
    "W-OUT-19",
    right(_left_out),
    _instead("refused-as-text", "gives a piece that does not parse as a string", lambda piece: [piece]),
    _instead("refused-as-null", "gives null for a piece that does not parse", lambda piece: [None]),
    _instead("refused-as-empty", "gives {} for a piece that does not parse", lambda piece: [{}]),
    Option("stops", "stops at the first piece that does not parse", _REFUSED, _stopping),
    Option("all-or-nothing", "finds nothing where one piece does not parse", _REFUSED, _all_or_nothing),
)
SELECTIONS: Final = breaking(
    "W-OUT-18",
    right(list),
    Option("first-only", "stops after the first object", _VALUES, lambda values: values[:1]),
    Option("last-only", "gives the last object only", _VALUES, lambda values: values[-1:]),
    Option("distinct", "gives equal objects once", _VALUES, _distinct),
    Option("backwards", "gives the objects in reverse", _VALUES, lambda values: values[::-1]),
    Option("none", "finds nothing", _VALUES, lambda values: []),
    Option(
        "as-text",
        "gives objects as JSON text in strings",
        _VALUES,
        lambda values: [stringify(value) for value in values],
    ),
    Option(
        "no-empty", "leaves empty objects out", _VALUES, lambda values: [value for value in values if value]
    ),
)
COUNTS: Final = breaking(
    "W-OUT-23",
    right(lambda pieces, values: len(values)),
    Option(
        "counts-pieces",
        "counts the pieces that did not parse as well",
        _COUNT,
        lambda pieces, values: len(pieces),
    ),
    Option(
        "counts-members",
        "counts the members of the objects",
        _COUNT,
        lambda pieces, values: sum(len(value) for value in values if isinstance(value, dict)),
    ),
    Option(
        "counts-braces",
        "counts opening braces",
        _COUNT,
        lambda pieces, values: sum(piece.count("{") for piece in pieces),
    ),
    Option(
        "counts-refused",
        "counts the pieces that did not parse",
        _COUNT,
        lambda pieces, values: len(pieces) - len(values),
    ),
    Option("counts-one-more", "counts one too many", _COUNT, lambda pieces, values: len(values) + 1),
    Option("counts-zero", "gives 0 whatever it finds", _COUNT, lambda pieces, values: 0),
)
EXTRACTION: Final = (PIECES, PARSERS, REFUSALS, SELECTIONS, COUNTS)
"""The decisions in an output of `extract_json`, in the order in which `extraction` takes them."""


def extraction(text: str, *acts: Any) -> list[JsonValue]:
    """`extracted` and `count` under the acts of EXTRACTION's options. Raises ValueError where none are."""
    find, read, refuse, select, count = acts
    pieces: list[str] = find(text)
    if len(pieces) > _MOST_PIECES:
        raise ValueError("too much to be tried")
    chosen: Values = select(refuse(pieces, read))
    return [chosen, count(pieces, chosen)]
