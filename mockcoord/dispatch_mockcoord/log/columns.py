"""Entries laid out for readers: time, who, what, and the rest, in columns that stay where they are."""

import textwrap
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from dispatch_mockcoord.log.details import coloured, rest_of, who
from dispatch_mockcoord.log.entry import Entry, inert
from dispatch_mockcoord.log.look import NARROW

_WHAT: Final = 10
_LABEL: Final = 10
_MOST_ROWS: Final = 4
_MOST_VALUE_ROWS: Final = 6
_MARGIN: Final = 10
_SHORT_EVIDENCE: Final = 160
_LOUD: Final = {"violation": "VIOLATION", "fault": "FAULT"}


class Columns:
    """Lays entries out. `width` tells how many columns there are now; None: as many as it takes."""

    def __init__(self, *, colour: bool, width: Callable[[], int | None]) -> None:
        self._colour = colour
        self._width = width

    def lines(self, entry: Entry, wall_ms: int) -> str:
        """The entry as one line, or for frames and violations a few; `wall_ms` is when it happened."""
        width = self._width()
        narrow = width is not None and width < NARROW
        clock, named = _clock(wall_ms, narrow), who(entry, narrow)
        what = f"{_LOUD.get(entry.event, entry.event.replace('_', ' ')):{_WHAT}}"
        indent = len(clock) + len(named) + _WHAT + 6
        margin = _MARGIN if narrow else indent
        rest = rest_of(entry, width)
        below: Iterable[str] = ()
        if entry.event == "frame":
            rest, *below = _broken(rest, width, indent, margin)
        elif entry.event == "violation":
            rest, *more = _wrapped(rest, width, indent)
            below = [*more, *_evidence(entry, width, margin)]
        else:
            rest = _cut(rest, width, indent)
        if self._colour:
            clock, what = f"\x1b[2m{clock}\x1b[0m", _painted(what, coloured(entry))
        head = f"{clock}  {named}  {what}  {rest}".rstrip()
        return "\n".join([head, *(f"{' ' * margin}{row}" for row in below)])

    def plain(self, lines: Iterable[str]) -> str:
        """Lines that stand for themselves, cut to the width."""
        width = self._width()
        return "\n".join(_cut(line, width, 0) for line in lines)


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour else text


def _evidence(entry: Entry, width: int | None, margin: int) -> Iterable[str]:
    """The rows below a violation, each behind what it is."""
    evidence = entry.evidence if entry.sentence else inert(entry.evidence, _SHORT_EVIDENCE)
    values = {"expected": entry.expected, "got": entry.got}
    texts = {
        "clause": entry.sentence,
        **values,
        "frame": f"{evidence} at {entry.place}" if evidence else "",
        "mend": entry.mend,
    }
    for label, text in texts.items():
        rows = _wrapped(text, width, margin + _LABEL) if text else []
        if label in values and len(rows) > _MOST_VALUE_ROWS:
            rows = [*rows[: _MOST_VALUE_ROWS - 1], f"{rows[_MOST_VALUE_ROWS - 1][:-3]}..."]
        for number, row in enumerate(rows):
            yield f"{'' if number else label:{_LABEL}}{row}"


def _clock(wall_ms: int, narrow: bool) -> str:
    seconds, milliseconds = divmod(wall_ms, 1000)
    return _of_day(seconds) if narrow else f"{_of_day(seconds)}.{milliseconds:03}"


@lru_cache(maxsize=2)
def _of_day(seconds: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def _cut(text: str, width: int | None, indent: int) -> str:
    room = len(text) if width is None else max(8, width - indent)
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _broken(text: str, width: int | None, indent: int, margin: int) -> list[str]:
    """The text in rows as wide as there is room, wherever they end; of many, the last is cut."""
    if width is None:
        return [text]
    first, room = width - indent, width - margin
    rows = [text[:first], *(text[at : at + room] for at in range(first, len(text), room))]
    if len(rows) > _MOST_ROWS:
        rows = [*rows[: _MOST_ROWS - 1], f"{rows[_MOST_ROWS - 1][: room - 3]}..."]
    return rows


def _wrapped(text: str, width: int | None, indent: int) -> list[str]:
    """The text in rows that end between words where they can."""
    if width is None:
        return [text]
    return textwrap.wrap(text, max(16, width - indent), break_on_hyphens=False) or [""]
