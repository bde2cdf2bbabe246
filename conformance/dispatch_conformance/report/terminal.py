"""The report at the terminal: what passed in a line, what failed and how to mend it, the summary last.

What an entry says is the matter of `entries`, what belongs together that of `groups`; here both become lines
in which nothing hostile is left.
"""

import textwrap
from typing import Final

from dispatch_conformance.report.entries import Line, entry, title
from dispatch_conformance.report.groups import Failure, Silence, failures, silences
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.plain import both_ends, visible
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict

_SHOWN: Final = 1_200
_WORDS: Final = 600
_INDENT: Final = 12
_WIDEST: Final = 110
_NARROWEST: Final = 40
_LISTED: Final = 30
_WITH_CLAUSES: Final = 12

_COLOURS: Final = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.NOT_TESTABLE: "cyan",
    Verdict.NOT_APPLICABLE: "dim",
}


class Terminal:
    """Writes to stdout as it is when `begin` is called. With `quiet` only what fails, and the summary."""

    def __init__(self, *, quiet: bool = False) -> None:
        # rich is slow to import, and `list` does without
        from dispatch_conformance.report.console import ReportConsole  # noqa: PLC0415

        self._console = ReportConsole(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._quiet = quiet

    def begin(self, settings: Settings, scenarios: int) -> None:
        """Say what is about to run."""
        self._line(f"seed {settings.seed}, {scenarios} scenarios, {settings.jobs} at once")

    def say(self, text: str, verdict: Verdict | None = None) -> None:
        """One line, in a verdict's colour."""
        self._line(visible(text), _COLOURS[verdict] if verdict is not None else "")

    def end(self, report: Report) -> None:
        """The whole report."""
        if not self._quiet:
            self._passed(report)
            for verdict in (Verdict.NOT_TESTABLE, Verdict.INCONCLUSIVE):
                for silence in silences(report.results, verdict):
                    self._silence(silence)
        self._known(report)
        found = failures((result for result in report.results if not result.known), report.causes)
        for failure in found:
            self.failure(report, failure)
        self._summary(report, found)

    def failure(self, report: Report, failure: Failure) -> None:
        """One entry."""
        self._line("")
        self._line(title(failure.best), _COLOURS[failure.verdict])
        last = ""
        for line in entry(report, failure):
            self._labelled(line, repeated=line.label == last)
            last = line.label

    def last_words(self, report: Report, found: tuple[Failure, ...]) -> None:
        """The end of what a worker printed that never came so far; the entries show that of the others."""
        told = any(failure.best.scenario in report.words for failure in found)
        if report.last_words and report.exit_code and not told:
            self._line("the worker's last words:")
            for line in report.last_words.splitlines():
                self._line(f"  {visible(line, _WORDS)}")
            self._line("")

    def _passed(self, report: Report) -> None:
        """Everything that passed or does not apply, area by area, a line each."""
        for verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            areas: dict[str, list[str]] = {}
            for result in report.results:
                if result.verdict is verdict:
                    areas.setdefault(result.id.partition(".")[0], []).append(result.id.partition(".")[2])
            for area, names in areas.items():
                words = f"{verdict.replace('_', ' ')}  {area}: {' '.join(names)}"
                self._wrapped(words, "      ", _COLOURS[verdict])

    def _known(self, report: Report) -> None:
        """What fails as the baseline has it, a paragraph each, and what it has that is no longer so."""
        known = [result for result in report.results if result.known]
        if known:
            self._line("")
            self._line(f"known, accepted by the baseline {visible(report.settings.baseline, 200)}:")
        for result in known:
            head = f"  {result.verdict}  {result.id}  {result.clause} {result.level}"
            self._wrapped(f"{head}: {visible(result.known)}", " " * _INDENT, "dim")
        if report.stale:
            self._line("")
        for stale in report.stale:
            head = f"STALE  {visible(stale.check)}  {stale.clause} fails no more: remove it from the baseline"
            self._wrapped(f"{head}, where its reason is: {visible(stale.reason)}", " " * _INDENT, "bold red")

    def _silence(self, silence: Silence) -> None:
        """What was not judged, in one paragraph."""
        word = silence.verdict.replace("_", " ").upper()
        checks = [f"{result.id} ({result.clause} {result.level})" for result in silence.results]
        if len(checks) > _WITH_CLAUSES:
            checks = [result.id.partition(".")[2] for result in silence.results]
        names = ", ".join(checks)
        self._line("")
        why = visible(f"{word}  in {silence.scenario}: {silence.reason}", _WORDS)
        self._wrapped(why, " " * _INDENT, _COLOURS[silence.verdict])
        self._labelled(Line("checks", names))

    def _summary(self, report: Report, found: tuple[Failure, ...]) -> None:
        self._line("")
        self.last_words(report, found)
        for error in report.errors:
            self._line(f"the suite's own failure: {visible(error, _WORDS)}", "bold red")
        if found:
            left = len(found) - _LISTED
            more = f" (the last {_LISTED} of {len(found)}; the others stand above)" if left > 0 else ""
            self._line(f"to mend, the most pressing last{more}:")
            for failure in found[-_LISTED:]:
                self._to_mend(failure)
        kind = f"{report.provider_type or 'unknown'} with {', '.join(report.capabilities) or 'nothing'}"
        self._line(f"worker {visible(report.pubkey, 80) or 'unknown'}, {visible(kind, 120)}")
        counts = [f"{report.counts[v]} {v.replace('_', ' ')}" for v in Verdict if report.counts.get(v)]
        known = sum(bool(result.known) for result in report.results)
        accepted = f"; {known} of the failures {'is' if known == 1 else 'are'} known" if known else ""
        stalls = f", the host stalled for {report.stalls:.1f} s" if report.stalls else ""
        self._line(f"{', '.join(counts) or 'no checks'}{accepted}; {report.seconds:.1f} s{stalls}")
        self._line(f"{report.reason} (exit {report.exit_code}, seed {report.settings.seed})", "bold")

    def _to_mend(self, failure: Failure) -> None:
        result = failure.best
        words = f"  {failure.verdict}  {result.clause}  {visible(result.message, 160)}"
        self._line(words, _COLOURS[failure.verdict])

    def _labelled(self, line: Line, *, repeated: bool = False) -> None:
        """A labelled text; prose is broken into lines that stand below each other."""
        head = f"  {'' if repeated and line.prose else line.label:<9} "
        if line.prose:
            self._wrapped(head + visible(line.text, _SHOWN), " " * _INDENT)
        else:
            self._line(head + both_ends(line.text, _SHOWN))

    def _wrapped(self, text: str, indent: str, style: str = "") -> None:
        """A text in as many lines as it needs; `text` is visible already."""
        width = self._console.width if self._console.is_terminal else _WIDEST
        lines = textwrap.wrap(
            text,
            max(_NARROWEST, min(_WIDEST, width)),
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
        )
        for line in lines or [text]:
            self._line(line, style)

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style)
