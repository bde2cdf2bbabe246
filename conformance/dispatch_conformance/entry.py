"""Where the program begins: whatever breaks in the suite itself, its import included, ends with 2.

Python would end with 1, which says that a worker failed a check.
"""

import os
import sys
import traceback
from typing import Final

BROKEN: Final = 2
"""The exit code of the suite's own failures."""


def main() -> int:
    """The command line, with every failure that nobody expected told as the suite's own."""
    _open_streams()
    try:
        from dispatch_conformance.cli import main as command_line  # noqa: PLC0415  a broken import is told, too

        return command_line()
    except Exception:
        traceback.print_exc()
        print(
            "dispatch-conformance: the suite itself failed; this says nothing of the worker", file=sys.stderr
        )
        return BROKEN


def _open_streams() -> None:
    """Have all three standard streams: where one was closed, nothing else may come to stand in its place."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, mode, closefd=False))
