"""The report at the terminal: what failed and how to mend it, what passed in a line, the summary last.

A failure reads: the clause's sentence, expected, got (with the bytes, and where they first differ), how to
mend it, how to run it again, where the clause stands.
"""

import shlex
import sys
from collections.abc import Iterable
from typing import Final

from dispatch_protocol.clauses import clause

from dispatch_conformance.engine import ScenarioRun
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.plain import first_difference, visible
from dispatch_conformance.report.results import event_text
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import CheckResult, Verdict

_SHOWN: Final = 600
_MARKS: Final = 4

_COLOURS: Final = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.NOT_TESTABLE: "cyan",
    Verdict.NOT_APPLICABLE: "dim",
}


class Terminal:
    """Writes to stdout as it is when `begin` is called; progress goes to stderr, and only to a terminal."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415  rich is slow to import, and `list` does without

        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._done = 0
        self._total = 0

    def begin(self, settings: Settings, scenarios: int) -> None:
        """Say what is about to run."""
        self._total = scenarios
        self._line(f"seed {settings.seed}, {scenarios} scenarios, {settings.jobs} at once")

    def scenario_done(self, run: ScenarioRun) -> None:
        """One more is done."""
        self._done += 1
        if sys.stderr.isatty():
            counter = f"{self._done}/{self._total} {run.scenario.name}"[:70]
            end = "\n" if self._done >= self._total else ""
            print(f"\r{counter:<72}", end=end, file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """One line."""
        self._line(visible(text))

    def end(self, report: Report) -> None:
        """The whole report."""
        self._passed(report)
        for verdict in (Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE, Verdict.WARN, Verdict.FAIL):
            for result in report.results:
                if result.verdict is verdict:
                    self._result(report, result)
        self._summary(report)

    def _passed(self, report: Report) -> None:
        """Everything that passed or does not apply, area by area, a line each."""
        for verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            areas: dict[str, list[str]] = {}
            for result in report.results:
                if result.verdict is verdict:
                    areas.setdefault(result.id.partition(".")[0], []).append(result.id.partition(".")[2])
            for area, names in areas.items():
                self._line(f"{verdict.replace('_', ' ')}  {area}: {' '.join(names)}", _COLOURS[verdict])

    def _result(self, report: Report, result: CheckResult) -> None:
        law = clause(result.clause)
        times = f", {result.against} of {result.observations} observations" if result.observations > 1 else ""
        title = (
            f"{result.verdict.replace('_', ' ').upper()}  {result.id}  {result.clause} {result.level}{times}"
        )
        self._line("")
        self._line(title, _COLOURS[result.verdict])
        self._field("clause", law.text)
        if result.message:
            self._field("found", result.message)
        if result.verdict not in {Verdict.FAIL, Verdict.WARN}:
            return
        for label, text in (("expected", result.expected), ("got", result.actual)):
            if text:
                self._field(label, text)
        self._difference(result)
        self._evidence(report, result)
        self._field("mend", law.mend)
        self._field("again", again(report.settings, result))
        self._field("see", f"SPEC.md#{law.anchor}")

    def _difference(self, result: CheckResult) -> None:
        difference = first_difference(result.expected, result.actual)
        if difference is None or not result.expected.startswith(('"', "{", "[")):
            return
        place = f"at character {difference.place}: {difference.expected} expected, {difference.actual} got"
        self._field("differ", place)
        self._field("bytes", f"expected {difference.expected_bytes}")
        self._field("", f"got      {difference.actual_bytes}")

    def _evidence(self, report: Report, result: CheckResult) -> None:
        for mark in result.evidence[:_MARKS]:
            event = report.transcript_event(mark)
            if event is not None:
                self._field("evidence", f"{mark.transcript}, event {mark.event}: {event_text(event)}")

    def _summary(self, report: Report) -> None:
        self._line("")
        if report.last_words and report.exit_code:
            self._line("the worker's last words:")
            for line in report.last_words.splitlines():
                self._line(f"  {visible(line, _SHOWN)}")
        for error in report.errors:
            self._line(f"the suite's own failure: {visible(error, _SHOWN)}", "bold red")
        kind = f"{report.provider_type or 'unknown'} with {', '.join(report.capabilities) or 'nothing'}"
        self._line(f"worker {visible(report.pubkey, 80) or 'unknown'}, {visible(kind, 120)}")
        counts = [f"{report.counts[v]} {v.replace('_', ' ')}" for v in Verdict if report.counts.get(v)]
        stalls = f", the host stalled for {report.stalls:.1f} s" if report.stalls else ""
        self._line(f"{', '.join(counts) or 'no checks'}; {report.seconds:.1f} s{stalls}")
        self._line(f"{report.reason} (exit {report.exit_code}, seed {report.settings.seed})", "bold")

    def _field(self, label: str, text: str) -> None:
        self._line(f"  {label:<9} {visible(text, _SHOWN)}")

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style)


def again(settings: Settings, result: CheckResult) -> str:
    """The command that runs the scenario of a result again."""
    words: Iterable[str] = (
        "dispatch-conformance",
        "run",
        "--worker",
        settings.command,
        "--only",
        result.scenario,
        "--seed",
        str(settings.seed),
    )
    return shlex.join(words)
