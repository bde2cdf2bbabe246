"""Where the command begins: before the program is loaded, which takes a while.

Ctrl-C ends it as quietly now as later on, and no socket comes to stand where a standard stream was closed.
"""

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command with the arguments of the process, and end it."""
    _fill_streams()
    try:
        from dispatch_mockcoord.cli import main as command_line  # noqa: PLC0415  loading it takes a while

        command_line()
    except KeyboardInterrupt:
        sys.exit(0)


def _fill_streams() -> None:
    """Have something open as each standard stream: the event loop aborts over a socket among them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
