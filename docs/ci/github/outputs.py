"""Prints the outputs of the action: `python outputs.py FOLDER EXIT_CODE`, a line `name=value` each.

All of them are figures: no text of a worker's can become an output of its own.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from dispatch_conformance.report.stored import read_results
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.errors import UsageError


def outputs(folder: Path, exit_code: int) -> Iterator[str]:
    """The lines; the exit code alone where the run left no results."""
    yield f"exit-code={exit_code}"
    try:
        summary = read_results(folder).summary
    except UsageError:
        yield "report=false"
        return
    yield "report=true"
    counts = {verdict: summary.counts.get(verdict, 0) for verdict in Verdict}
    yield f"passed={counts[Verdict.PASS]}"
    yield f"failed={counts[Verdict.FAIL]}"
    yield f"warned={counts[Verdict.WARN]}"
    yield f"known={summary.known}"
    yield f"undecided={counts[Verdict.INCONCLUSIVE] + counts[Verdict.NOT_TESTABLE]}"


if __name__ == "__main__":
    print("\n".join(outputs(Path(sys.argv[1]), int(sys.argv[2]))))
