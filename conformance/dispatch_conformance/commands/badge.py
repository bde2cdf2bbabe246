"""`badge`: an SVG of a result, for a page that tells how a worker stands."""

from pathlib import Path

from dispatch_protocol.errors import UsageError

from dispatch_conformance.badge import badge as drawn
from dispatch_conformance.commands.options import Actions, Options
from dispatch_conformance.report.stored import read_results


def add_parser(actions: Actions) -> None:
    """Add `badge`."""
    parser = actions.add_parser(
        "badge",
        help="a badge of a result, as SVG",
        description="Draw a badge that says how a worker stands, from the results of a run.",
    )
    parser.set_defaults(action=badge)
    parser.add_argument("result", metavar="RESULT", help="results.json, or the folder of a run")
    parser.add_argument("--out", required=True, metavar="FILE", help="where the SVG is written")


def badge(options: Options) -> int:
    """Write it. Raises UsageError where the file holds no results, or none can be written."""
    text = drawn(read_results(Path(options.result)))
    try:
        Path(options.out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the badge cannot be written to {options.out}: {error.strerror}") from None
    return 0
