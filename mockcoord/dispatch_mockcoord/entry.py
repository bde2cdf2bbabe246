"""Where the command begins: Ctrl-C while the program is still being loaded ends it as quietly as later on."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command with the arguments of the process, and end it."""
    try:
        from dispatch_mockcoord.cli import main as command_line  # noqa: PLC0415  loading it takes a while

        command_line()
    except KeyboardInterrupt:
        sys.exit(0)
