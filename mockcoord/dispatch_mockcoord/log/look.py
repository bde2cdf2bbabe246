"""How lines look on this output: whether in colour, and how wide."""

import os
from collections.abc import Mapping
from typing import Final

ROOMY: Final = 120
"""From this width on ids are shown whole."""

NARROW: Final = 90
"""Below this width times and keys are shown shorter."""

LEAST: Final = 48
"""Narrower than this nothing is laid out: the terminal may break lines then."""


def wants_colour(is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether to colour: NO_COLOR refuses it, FORCE_COLOR asks for it; else terminals get it, unless dumb.

    A variable that is empty counts as not set (no-color.org, force-color.org).
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def width_of(descriptor: int, environment: Mapping[str, str]) -> int | None:
    """How many columns a line has: those of the terminal, or of COLUMNS; None where it is no terminal."""
    if not os.isatty(descriptor):
        return None
    columns = environment.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and len(columns) < 5 and int(columns):
        return max(LEAST, int(columns))
    try:
        return max(LEAST, os.get_terminal_size(descriptor).columns or 80)
    except OSError:
        return 80
