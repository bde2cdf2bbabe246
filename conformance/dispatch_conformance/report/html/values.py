"""Texts of any length as elements: cut where they are too long, marked where two of them first differ."""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from dispatch_conformance.report.html.elements import Content, add, element
from dispatch_conformance.report.plain import Difference, first_difference

MAX_TEXT: Final = 2_000
"""How many characters of one text the page shows, if it may show all of them."""

_BEFORE: Final = 160
"""How many characters before the difference are shown of a text that is too long."""

_AROUND: Final = 8
"""How many characters on each side of the difference are shown as bytes."""

_DIGEST: Final = re.compile(r'"?[0-9a-fA-F]{64}"?\Z')
_QUOTED: Final = re.compile(r"`([^`]{1,400})`")
_STRESSED: Final = re.compile(r"`([^`]{1,400})`|\*([^*\s][^*]{0,80})\*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"(\s*:)?|\\?\Z)', re.DOTALL)
"""A string of JSON, closed or cut off, and the colon behind a member's name: every letter is read once."""


_SPARE: Final = 60
"""How much longer than its limit a text may be before it is cut: the sign of a cut is as long."""


def clipped(text: str, limit: int) -> str:
    """The text, or the beginning of one that is too long for a line."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()}…"


def shortened(text: str, limit: int, whole: str = "") -> Iterator[Content]:
    """The text; of one much longer than `limit` both ends, and where the `whole` of it is."""
    if len(text) <= limit + _SPARE:
        yield text
        return
    tail = limit // 4
    yield text[: limit - tail]
    yield left_out(len(text) - limit, whole)
    yield text[-tail:]


def prose(text: str, limit: int = MAX_TEXT) -> Iterator[Content]:
    """A sentence of the suite's, in which a worker's words may stand; between grave accents it is code."""
    return _set_apart(text, limit, _QUOTED)


def clause_prose(text: str) -> Iterator[Content]:
    """A sentence of the specification: as `prose`, and between asterisks it is set apart."""
    return _set_apart(text, MAX_TEXT, _STRESSED)


def _set_apart(text: str, limit: int, pattern: re.Pattern[str]) -> Iterator[Content]:
    for part in shortened(text, limit):
        if not isinstance(part, str):
            yield part
            continue
        at = 0
        for found in pattern.finditer(part):
            yield part[at : found.start()]
            yield element("code", found[1]) if found[1] else element("em", found[2])
            at = found.end()
        yield part[at:]


def left_out(count: int, whole: str = "") -> Element:
    """The sign that characters are not shown."""
    where = f"; all of it: {whole}" if whole else ""
    return element("span", f" … {count} characters left out{where} … ", class_="cut")


def frame_text(text: str, limit: int, whole: str) -> Element:
    """JSON as it was sent, the names of its members set apart; of any other text the same letters."""
    block = element("pre", class_="value")
    for part in shortened(text, limit, whole):
        add(block, *(_named(part) if isinstance(part, str) else [part]))
    return block


def difference_of(expected: str, actual: str) -> Difference | None:
    """Where two values first differ. None for two digests, or prose: there it would say nothing."""
    digests = _DIGEST.match(expected) and _DIGEST.match(actual)
    values = expected.startswith(('"', "{", "[")) or not (" " in expected or " " in actual)
    return first_difference(expected, actual) if values and not digests else None


def side(text: str, place: int | None, limit: int) -> Element:
    """One side of a comparison, the letter marked at which it differs from the other."""
    if place is None:
        return element("pre", *shortened(text, limit), class_="value")
    block = element("pre", class_="value")
    start = 0 if place <= limit // 2 or len(text) <= limit else place - _BEFORE
    end = min(len(text), start + limit)
    if start:
        add(block, left_out(start))
    add(block, text[start:place], _marked(text[place : place + 1]), text[place + 1 : end])
    if end < len(text):
        add(block, left_out(len(text) - end))
    return block


def byte_rows(expected: str, actual: str, place: int) -> Element:
    """The UTF-8 of both sides around the place, below each other, that of the first letters marked."""
    block = element("pre", class_="bytes")
    for name, text in (("expected", expected), ("got", actual)):
        before = _hex(text[max(0, place - _AROUND) : place])
        after = _hex(text[place + 1 : place + _AROUND])
        label = element("span", f"{name:<9}", class_="side")
        row = element("span", label, before, " " if before else "", class_="row")
        add(row, _marked(_hex(text[place : place + 1])), " " if after else "", after)
        add(block, row)
    return block


def _marked(letters: str) -> Element:
    return element("mark", letters) if letters else element("mark", "the end", class_="end")


def _hex(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex(" ")


def _named(text: str) -> Iterator[Content]:
    """A piece of JSON with its members' names as elements."""
    at = 0
    for found in _STRING.finditer(text):
        if found[1]:
            yield text[at : found.start()]
            yield element("b", text[found.start() : found.start(1)])
            at = found.start(1)
    yield text[at:]
