"""How `extract_json` goes wrong: other pieces, another parser, another choice among them, another count."""

import json
from collections.abc import Callable
from re import DOTALL
from re import compile as pattern
from typing import Any, Final, TypeAlias

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError
from dispatch_protocol.parsing import parse

from dispatch_conformance.diagnose.rules import Option, right
from dispatch_conformance.diagnose.tree import MAX_LEVELS, levels

Values: TypeAlias = list[JsonValue]
Read: TypeAlias = Callable[[str], Values]
"""From a piece to its value in a list; an empty list where the piece is refused."""

_PATTERN: Final = r"take the non-overlapping matches of \{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}, left to right"
_PARSER: Final = "parse each piece as JSON.parse does"
_REFUSED: Final = "leave out a piece that JSON.parse refuses, and go on behind it"
_VALUES: Final = "give the value of every match, in their order"
_COUNT: Final = "count the entries of `extracted`"

_TWO: Final = pattern(r"\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}")
_THREE: Final = pattern(r"\{[^{}]*+(?:\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}[^{}]*+)*+\}")
_FLAT: Final = pattern(r"\{[^{}]*+\}")
_TEXT: Final = r'(?:[^{}"]|"(?:[^"\\]|\\.)*+")*+'
_AWARE: Final = pattern(rf"\{{{_TEXT}(?:\{{{_TEXT}\}}{_TEXT})*+\}}", DOTALL)
_BRACE: Final = pattern("[{}]")
_TRAILING: Final = pattern(r",(\s*[}\]])")
_DECODED_CHARACTERS: Final = 4_000_000
_MOST_PIECES: Final = 2_000


def _balanced(text: str) -> list[str]:
    """The outermost pieces with as many closing as opening braces, however deep."""
    pieces, depth, start = [], 0, 0
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            start = start if depth else found.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                pieces.append(text[start : found.end()])
    return pieces


def _greedy(text: str) -> list[str]:
    start, end = text.find("{"), text.rfind("}")
    return [text[start : end + 1]] if 0 <= start < end else []


def _lazy(text: str) -> list[str]:
    """From each opening brace to the next closing one, as `{.*?}` matches."""
    pieces, start = [], text.find("{")
    while start >= 0:
        end = text.find("}", start)
        if end < 0:
            break
        pieces.append(text[start : end + 1])
        start = text.find("{", end)
    return pieces


def _whole(text: str) -> list[str]:
    return [text]


def _overlapping(text: str) -> list[str]:
    """Every match of the clause's expression from every brace, inner ones as well."""
    found = (_TWO.match(text, brace.start()) for brace in _BRACE.finditer(text) if brace[0] == "{")
    return [match[0] for match in found if match is not None]


def _decoded(text: str) -> list[str]:
    """What a parser reads that is started at every brace in turn, and goes on behind what it has read."""
    if levels(text) > MAX_LEVELS or text.count("{") * len(text) > _DECODED_CHARACTERS:
        raise ValueError("too much to be tried")
    pieces, place, decoder = [], text.find("{"), json.JSONDecoder()
    while place >= 0:
        try:
            end = decoder.raw_decode(text, place)[1]
            pieces.append(text[place:end])
        except ValueError:
            end = place + 1
        place = text.find("{", end)
    return pieces


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


PIECES: Final = (
    right(_TWO.findall),
    Option("any-depth", "follows braces to any depth; the clause sees two levels", _PATTERN, _balanced),
    Option("three-levels", "follows braces three levels deep; the clause sees two", _PATTERN, _THREE.findall),
    Option("flat", "finds objects without inner objects only (no nesting)", _PATTERN, _FLAT.findall),
    Option("greedy", "matches greedily, from the first { to the last }", _PATTERN, _greedy),
    Option("lazy", "matches from each { to the next }", _PATTERN, _lazy),
    Option("parses-on", "parses at each { up to wherever its object ends", _PATTERN, _decoded),
    Option(
        "string-aware", "passes over braces inside strings; the clause does not", _PATTERN, _AWARE.findall
    ),
    Option("overlapping", "gives inner objects beside those that hold them", _PATTERN, _overlapping),
    Option("whole-input", "parses the whole input as one piece", _PATTERN, _whole),
)
PARSERS: Final = (
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
    ),
    Option(
        "duplicate-moved",
        "puts a repeated name at its last place; the clause leaves it at the first",
        _PARSER,
        _python(object_pairs_hook=_moved_last),
    ),
    Option("numbers-as-text", "gives numbers as strings", _PARSER, _python(parse_int=str, parse_float=str)),
    Option(
        "whole-numbers",
        "cuts numbers down to integers",
        _PARSER,
        _python(parse_float=lambda text: int(float(text))),
    ),
)
REFUSALS: Final = (
    right(lambda piece: []),
    Option(
        "refused-as-text", "gives a piece that does not parse as a string", _REFUSED, lambda piece: [piece]
    ),
    Option("refused-as-null", "gives null for a piece that does not parse", _REFUSED, lambda piece: [None]),
    Option("refused-as-empty", "gives {} for a piece that does not parse", _REFUSED, lambda piece: [{}]),
    Option("stops", "stops at the first piece that does not parse", _REFUSED, None),
)
SELECTIONS: Final = (
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
COUNTS: Final = (
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
    values: Values = []
    for piece in pieces:
        found = read(piece)
        if not found and refuse is None:
            break
        values += found or (refuse(piece) if refuse is not None else [])
    chosen: Values = select(values)
    return [chosen, count(pieces, chosen)]
