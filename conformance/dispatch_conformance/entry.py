"""Where the program begins: whatever breaks in the suite itself, its import included, ends with 2.

Python would end with 1, which says that a worker failed a check.
"""

import sys
import traceback
from typing import Final

BROKEN: Final = 2
"""The exit code of the suite's own failures."""


def main() -> int:
    """The command line, with every failure that nobody expected told as the suite's own."""
    try:
        from dispatch_conformance.cli import main as command_line  # noqa: PLC0415  a broken import is told, too

        return command_line()
    except Exception:
        traceback.print_exc()
        print(
            "dispatch-conformance: the suite itself failed; this says nothing of the worker", file=sys.stderr
        )
        return BROKEN
