"""Stored examples: for a clause, a worker that breaks it, in a few events, and what the suite says of it.

They ship as `examples.jsonl`, one clause a line, made by running broken workers; nothing here is run again.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

MAX_EVENTS: Final = 6
"""How many events an example holds."""

MAX_TEXT: Final = 600
"""How many characters of one text it holds."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A worker that breaks a clause.

    `mistakes` say, each as a verb phrase ("escapes slashes"), how workers break the clause; the first is the
    one shown. `check` found it, `found`, `expected` and `actual` are its words, `events` the transcript's
    lines. Texts are cut, and hold whatever was sent: escape them before they are shown.
    """

    clause: str
    mistakes: tuple[str, ...]
    check: str
    found: str
    expected: str
    actual: str
    events: tuple[str, ...]


@cache
def examples() -> Mapping[str, Example]:
    """Every stored example, by its clause."""
    text = files("dispatch_conformance.explain").joinpath("examples.jsonl").read_text("utf-8")
    lines = (line for line in text.split("\n") if line)
    return {entry.clause: entry for entry in (msgspec.json.decode(line, type=Example) for line in lines)}


def written(entries: Iterable[Example]) -> str:
    """The file's content for these examples."""
    return "".join(f"{msgspec.json.encode(entry).decode('utf-8')}\n" for entry in entries)


def cut(text: str) -> str:
    """A text as an example holds it: its two ends where it is too long, without lone surrogates."""
    sound = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if len(sound) <= MAX_TEXT:
        return sound
    half = MAX_TEXT // 2
    return f"{sound[:half]} … {sound[-half:]}"
