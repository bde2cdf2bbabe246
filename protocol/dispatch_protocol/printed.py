"""Documents that are printed from data: shown, or compared with the file that is to hold them.

Each has a module of its own that makes the text; `python -m` of that module is the command below.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path

__all__ = ["first_difference", "print_or_compare"]


def first_difference(text: str, expected: str) -> str | None:
    """Where `text` leaves the expected one, in one sentence; None where it is the same."""
    if text == expected:
        return None
    lines = zip_longest(text.splitlines(), expected.splitlines())
    number = next((n for n, (given, wanted) in enumerate(lines, 1) if given != wanted), 1)
    return f"line {number} differs from what it is printed from; print the document again"


def print_or_compare(
    render: Callable[[], str], module: str, about: str, arguments: Sequence[str] | None = None
) -> int:
    """The command of a document's module: print it, or compare it with the file after `--check`.

    The exit code: 0, 1 (the file differs), 2 (it cannot be read).
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("--check", metavar="PATH", type=Path, help="exit 1 if this file is not the document")
    path = parser.parse_args(arguments).check
    if path is None:
        sys.stdout.write(render())
        return 0
    try:
        difference = first_difference(path.read_text(encoding="utf-8"), render())
    except (OSError, UnicodeDecodeError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    if difference is not None:
        print(f"{path}: {difference}", file=sys.stderr)
        return 1
    return 0
