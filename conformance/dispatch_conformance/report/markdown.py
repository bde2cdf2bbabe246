"""`summary.md`: the report as the summary of a CI step: headline, counts, and the failures, folded.

Written for the Markdown of code hosts, which show at most 1 MiB of it: what does not fit any more is named in
a line, and stands in the other forms.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from dispatch_protocol.clauses import clause

from dispatch_conformance.report.causes import CheckName
from dispatch_conformance.report.conclusion import CONFORMANT, FAILED, NOTHING_JUDGED, UNDECIDED
from dispatch_conformance.report.facts import facts
from dispatch_conformance.report.groups import Failure, failures
from dispatch_conformance.report.inert import code, fenced, prose
from dispatch_conformance.report.lines import entry_lines
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.plain import visible
from dispatch_conformance.verdicts import Verdict

MAX_BYTES: Final = 900_000
"""How many bytes of UTF-8 the failures, folded, may take; what is beside them is far less than the rest."""

_HEADLINES: Final = {
    CONFORMANT: "✅ Passed",
    FAILED: "❌ Failed",
    UNDECIDED: "❔ Undecided",
    NOTHING_JUDGED: "❔ Nothing judged",
}
_LISTED: Final = 50
_LINE: Final = 500


def summary(report: Report) -> str:
    """The text of summary.md."""
    return "\n\n".join([*_head(report), *_failures(report), *_beside(report), *_foot(report)]) + "\n"


def _head(report: Report) -> Iterator[str]:
    yield f"## Dispatch conformance: {_HEADLINES[report.exit_code]}"
    yield f"{prose(report.reason)} (exit {report.exit_code})."
    counts = [(verdict.replace("_", " "), report.counts.get(verdict, 0)) for verdict in Verdict]
    known = sum(bool(result.known) for result in report.results)
    counts += [("known", known)] if known else []
    names, numbers = zip(*counts, strict=True)
    rows = [names, ("---:",) * len(names), tuple(map(str, numbers))]
    yield "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _failures(report: Report) -> Iterator[str]:
    """Every mistake, the most pressing first, as long as there is room."""
    found = tuple(reversed(failures(report.results, report.causes)))
    lines = entry_lines(report, _LINE)
    room = MAX_BYTES
    for place, failure in enumerate(sorted(found, key=lambda entry: bool(entry.best.known))):
        text = _folded(failure, lines)
        room -= len(text.encode("utf-8"))
        if room < 0:
            yield f"And {len(found) - place} more: see the report."
            return
        yield text


def _folded(failure: Failure, lines: dict[CheckName, tuple[str, ...]]) -> str:
    result = failure.best
    word = "KNOWN" if result.known else str(failure.verdict).upper()
    text = clause(result.clause).text.replace("`", "")
    head = f"<b>{word}</b> <code>{result.id}</code> {result.clause} {result.level}: {escape(text)}"
    block = fenced(lines[result.id, result.clause])
    return f"<details><summary>{head}</summary>\n\n{block}\n\n</details>"


def _beside(report: Report) -> Iterator[str]:
    """What went wrong beside the checks."""
    if report.stale:
        stale = [f"- {code(entry.check)}: {prose(entry.reason)}" for entry in report.stale[:_LISTED]]
        yield "\n".join(["**Stale in the baseline: remove these**", "", *stale, *_more(report.stale)])
    if report.errors:
        errors = [f"- {prose(error)}" for error in report.errors[:_LISTED]]
        yield "\n".join(["**The suite's own failures**", "", *errors, *_more(report.errors)])
    if report.last_words and report.exit_code != CONFORMANT:
        words = fenced([visible(line, _LINE) for line in report.last_words.splitlines()[-_LISTED:]])
        yield f"**The worker's last words**\n\n{words}"


def _more(entries: tuple[object, ...]) -> list[str]:
    return [f"- and {len(entries) - _LISTED} more"] if len(entries) > _LISTED else []


def _foot(report: Report) -> Iterator[str]:
    lines = [f"{name:<26} {value}" for name, value in facts(report).items()]
    yield f"<details><summary>The run</summary>\n\n{fenced(lines)}\n\n</details>"
