"""Every failure as plain lines, for the forms that are read by machines and shown by others.

Nothing hidden is left in a line, no line is long, and there are few: what a worker sent cannot break out of
the form it stands in by its size or by a control character. Each form still escapes its own markup.
"""

from typing import Final

from dispatch_conformance.report.causes import CheckName
from dispatch_conformance.report.entries import Line, entry
from dispatch_conformance.report.groups import BROKEN, Failure, failures
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.plain import both_ends, visible
from dispatch_conformance.verdicts import CheckResult, Verdict

MAX_LINE: Final = 1_200
"""How many characters of one text are shown; each may become as many as ten where it is to be escaped."""

MIN_LINE: Final = 200
"""How many are shown in any case."""

_ALL: Final = 200_000
"""How many are shown of all failures together, of one text in each."""

MAX_LINES: Final = 60
"""How many lines one failure has."""


def entry_lines(report: Report, limit: int = MAX_LINE) -> dict[CheckName, tuple[str, ...]]:
    """What is said of every failed and warned check, in lines like `clause    The worker …`.

    A mistake that several checks show is told with all that belongs to it in the check that shows it best;
    each of the others is told by itself and names that one.
    """
    told: dict[CheckName, tuple[str, ...]] = {}
    broken = sum(result.verdict in BROKEN for result in report.results)
    limit = max(MIN_LINE, min(limit, _ALL // (broken or 1)))
    for failure in failures(report.results, report.causes):
        told[_name(failure.best)] = _lines(report, failure, limit)
        for other in (*failure.same, *failure.follow):
            same = f"{'mistake':<9} the same one as {failure.best.id}, {failure.best.clause}"
            told[_name(other)] = (*_lines(report, Failure(other), limit), same)
    return told


def counted(report: Report) -> str:
    """The counts in words, without those that are 0: `3 fail, 284 pass, 2 not testable`."""
    found = (f"{report.counts[v]} {v.replace('_', ' ')}" for v in Verdict if report.counts.get(v))
    return ", ".join(found) or "no checks"


def _lines(report: Report, failure: Failure, limit: int) -> tuple[str, ...]:
    made = [_shown(line, limit) for line in entry(report, failure)]
    left = len(made) - MAX_LINES
    return tuple(made) if left <= 0 else (*made[:MAX_LINES], f"and {left} more lines: see the transcript")


def _shown(line: Line, limit: int) -> str:
    text = visible(line.text, limit) if line.prose else both_ends(line.text, limit)
    return f"{line.label:<9} {text}"


def _name(result: CheckResult) -> CheckName:
    return result.id, result.clause
