"""Text from outside within Markdown, so that it stays text: no HTML, link, mention or fence of its own.

Held against CommonMark, and against what code hosts make of it beyond that: bare addresses, `@name`, `#1`,
which they look for in prose, but not in code.
"""

import re
from collections.abc import Sequence
from typing import Final

from dispatch_conformance.report.plain import visible

_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_CALLS: Final = re.compile(r"([@#])")
_APART: Final = "\u200b"
"""A space of no width: behind a sign that would call somebody, it keeps the sign and breaks the call."""


def prose(text: str, limit: int = 400) -> str:
    """A text in one line of prose."""
    return _CALLS.sub(rf"\1{_APART}", _PUNCTUATION.sub(r"\\\1", visible(text, limit)))


def code(text: str, limit: int = 400) -> str:
    """A text as a code span in one line; not for tables, in which a bar would still divide."""
    shown = visible(text, limit)
    if not shown.strip():
        return "` `"
    marks = "`" * (_longest(shown) + 1)
    return f"{marks} {shown} {marks}" if shown[0] in "` " or shown[-1] in "` " else f"{marks}{shown}{marks}"


def fenced(lines: Sequence[str]) -> str:
    """Lines, each made visible before, as a block of code, whatever fences are in them."""
    marks = "`" * max(3, _longest("\n".join(lines)) + 1)
    return "\n".join([f"{marks}text", *lines, marks])


def _longest(text: str) -> int:
    """How many backticks stand in a row at most."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
