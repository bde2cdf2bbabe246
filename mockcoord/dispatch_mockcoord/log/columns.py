"""Entries laid out for readers: time, who, what, and the rest, in columns that stay where they are."""

import textwrap
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from dispatch_mockcoord.log.details import coloured, rest_of, who
from dispatch_mockcoord.log.entry import Entry
from dispatch_mockcoord.log.look import NARROW

_WHAT: Final = 10
_LABEL: Final = 10
_MOST_ROWS: Final = 4


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
        what = "VIOLATION" if entry.event == "violation" else entry.event.replace("_", " ")
        what = "FAULT" if entry.event == "fault" else what
        head = f"{clock}  {named}  {what:{_WHAT}}  "
        rest = rest_of(entry, width)
        if entry.event == "frame":
            rows = _broken(rest, width, len(head))
            return self._painted(entry, clock, named, what, rows[0]) + "".join(
                f"\n{' ' * len(head)}{row}" for row in rows[1:]
            )
        if entry.event == "violation":
            rows = list(self._evidence(entry, rest, width, len(head)))
            return "\n".join([self._painted(entry, clock, named, what, rows[0]), *rows[1:]])
        return self._painted(entry, clock, named, what, _cut(rest, width, len(head)))

    def plain(self, lines: Iterable[str]) -> str:
        """Lines that stand for themselves, cut to the width."""
        width = self._width()
        return "\n".join(_cut(line, width, 0) for line in lines)

    def _painted(self, entry: Entry, clock: str, named: str, what: str, rest: str) -> str:
        if not self._colour:
            return f"{clock}  {named}  {what:{_WHAT}}  {rest}".rstrip()
        code = coloured(entry)
        stands = f"\x1b[{code}m{what:{_WHAT}}\x1b[0m" if code else f"{what:{_WHAT}}"
        return f"\x1b[2m{clock}\x1b[0m  {named}  {stands}  {rest}".rstrip()

    def _evidence(self, entry: Entry, rest: str, width: int | None, indent: int) -> Iterable[str]:
        """The rows of a violation: the first stands behind the head, the others below it."""
        first, *more = _wrapped(rest, width, indent)
        yield first
        yield from (" " * indent + row for row in more)
        rows = {
            "clause": entry.sentence,
            "expected": entry.expected,
            "got": entry.got,
            "frame": f"{entry.evidence} at {entry.place}" if entry.evidence else "",
            "mend": entry.mend,
        }
        margin = min(indent, 10 if width is None or width < NARROW else indent)
        for label, text in rows.items():
            for number, row in enumerate(_wrapped(text, width, margin + _LABEL) if text else ()):
                yield f"{' ' * margin}{'' if number else label:{_LABEL}}{row}"


def _clock(wall_ms: int, narrow: bool) -> str:
    seconds, milliseconds = divmod(wall_ms, 1000)
    return _of_day(seconds) if narrow else f"{_of_day(seconds)}.{milliseconds:03}"


@lru_cache(maxsize=2)
def _of_day(seconds: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def _cut(text: str, width: int | None, indent: int) -> str:
    room = len(text) if width is None else max(8, width - indent)
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _broken(text: str, width: int | None, indent: int) -> list[str]:
    """The text in rows as wide as there is room, wherever they end; of many, the last is cut."""
    if width is None:
        return [text]
    room = max(8, width - indent)
    rows = [text[at : at + room] for at in range(0, len(text), room)] or [""]
    if len(rows) > _MOST_ROWS:
        rows = [*rows[: _MOST_ROWS - 1], rows[_MOST_ROWS - 1][: room - 3] + "..."]
    return rows


def _wrapped(text: str, width: int | None, indent: int) -> list[str]:
    """The text in rows that end between words where they can."""
    if width is None:
        return [text]
    return textwrap.wrap(text, max(16, width - indent), break_on_hyphens=False) or [""]
