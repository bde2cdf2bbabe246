"""`compare`: two results held against each other.

Exit codes: 0 nothing broke, 1 something broke, 2 misuse.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dispatch_conformance.commands.options import Actions, Options
from dispatch_conformance.compare import Comparison
from dispatch_conformance.compare import compare as compared
from dispatch_conformance.compared import as_json, as_markdown, as_text, exit_code
from dispatch_conformance.report.stored import read_results

_FORMATS: Final[Mapping[str, Callable[[Comparison], str]]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
}


def add_parser(actions: Actions) -> None:
    """Add `compare`."""
    parser = actions.add_parser(
        "compare",
        help="two results: what broke, and what was mended",
        description="Hold two results against each other: what broke, what was mended, what only the suite "
        "changed.",
        epilog="exit codes: 0 nothing broke, 1 something broke, 2 misuse",
    )
    parser.set_defaults(action=compare)
    parser.add_argument("before", metavar="BEFORE", help="results.json, or the folder of a run")
    parser.add_argument("after", metavar="AFTER", help="the same of a later run")
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text", help="default: text")


def compare(options: Options) -> int:
    """Print what became of every check. Raises UsageError where a file holds no results."""
    before, after = (read_results(Path(name)) for name in (options.before, options.after))
    comparison = compared(before, after)
    print(_FORMATS[options.format](comparison))
    return exit_code(comparison)
