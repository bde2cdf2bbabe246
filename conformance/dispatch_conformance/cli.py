"""`dispatch-conformance`: run the suite against a worker, replay a failure, compare results, explain clauses.

The actions stand in `commands`, each with its exit codes. Of all of them: 2 misuse; 130 interrupted; 143
terminated.
"""

import errno
import io
import os
import sys
from collections.abc import Sequence

from dispatch_protocol.clauses import SPEC_VERSION
from dispatch_protocol.errors import UsageError

from dispatch_conformance.commands import ACTIONS
from dispatch_conformance.commands.options import Parser
from dispatch_conformance.execution import Terminated
from dispatch_conformance.report.origin import suite_version

MISUSE = 2
"""The exit code for wrong arguments and for the suite's own failures."""

INTERRUPTED = 130
"""The exit code after Ctrl-C."""

TERMINATED = 143
"""The exit code after SIGTERM."""

_FULL = {errno.ENOSPC, errno.EDQUOT}
"""What says that there is no room for what is to be written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that knows ASCII only is told all the same
            stream.reconfigure(errors="backslashreplace")
    try:
        code = int(options.action(options))
        sys.stdout.flush()  # what cannot be told shows here, and not when the interpreter ends
    except UsageError as error:
        print(f"dispatch-conformance: {error}", file=sys.stderr)
        return MISUSE
    except BrokenPipeError:
        _fall_silent()
        return MISUSE
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _fall_silent()
        print(f"dispatch-conformance: {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
        return MISUSE
    except KeyboardInterrupt:
        print("dispatch-conformance: interrupted; the workers are gone", file=sys.stderr)
        return INTERRUPTED
    except Terminated:
        print("dispatch-conformance: terminated; the workers are gone", file=sys.stderr)
        return TERMINATED
    return code


def _fall_silent() -> None:
    """Nothing more can be told on stdout, nor flushed at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> Parser:
    parser = Parser(
        prog="dispatch-conformance",
        description="Judge a worker by the clauses of the Dispatch worker protocol.",
    )
    version = f"%(prog)s {suite_version()} (specification {SPEC_VERSION})"
    parser.add_argument("--version", action="version", version=version)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for module in ACTIONS:
        module.add_parser(actions)
    return parser
