"""How `extract_json` goes wrong before it parses anything: the pieces of the input that it takes."""

import json
from collections.abc import Callable
from re import DOTALL
from re import compile as pattern
from typing import Final, TypeAlias

from dispatch_conformance.diagnose.rules import Option, right
from dispatch_conformance.diagnose.tree import MAX_LEVELS, levels

Find: TypeAlias = Callable[[str], list[str]]

_PATTERN: Final = r"take the non-overlapping matches of \{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}, left to right"
_TWO: Final = pattern(r"\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}")
_THREE: Final = pattern(r"\{[^{}]*+(?:\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}[^{}]*+)*+\}")
_FLAT: Final = pattern(r"\{[^{}]*+\}")
_TEXT: Final = r'(?:[^{}"]|"(?:[^"\\]|\\.)*+")*+'
_AWARE: Final = pattern(rf"\{{{_TEXT}(?:\{{{_TEXT}\}}{_TEXT})*+\}}", DOTALL)
_BRACE: Final = pattern("[{}]")
_DECODED_CHARACTERS: Final = 4_000_000


def _depth(name: str, says: str, find: Find) -> Option:
    return Option(name, says, _PATTERN, find, "W-OUT-20")


def _other(name: str, says: str, find: Find) -> Option:
    return Option(name, says, _PATTERN, find, "W-OUT-18")


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


PIECES: Final = (
    right(_TWO.findall),
    _depth("any-depth", "follows braces to any depth; the clause sees two levels", _balanced),
    _depth("three-levels", "follows braces three levels deep; the clause sees two", _THREE.findall),
    _depth("flat", "finds objects without inner objects only (no nesting)", _FLAT.findall),
    _other("greedy", "matches greedily, from the first { to the last }", _greedy),
    _other("lazy", "matches from each { to the next }", _lazy),
    Option("parses-on", "parses at each { up to wherever its object ends", _PATTERN, _decoded),
    Option(
        "string-aware",
        "passes over braces inside strings; the clause does not",
        _PATTERN,
        _AWARE.findall,
        "W-OUT-21",
    ),
    _other("first-piece", "looks at the first match only", lambda text: _TWO.findall(text)[:1]),
    _other("overlapping", "gives inner objects beside those that hold them", _overlapping),
    _other("whole-input", "parses the whole input as one piece", _whole),
)
"""The ways to find the pieces of a text that are parsed: a function from the text to a list of them."""
