"""Progress while a run goes on: one line on stderr, and only where that is a terminal.

━━━━━━━━━━━━━━╸            23/40  12 s  2 checks failed  goodbye.half_open, heartbeats.idle and 3 more
"""

import sys
import time
from collections.abc import Collection
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from dispatch_protocol.clauses import clause

from dispatch_conformance.engine import ScenarioRun, Watch
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.verdicts import Verdict, verdict_at

if TYPE_CHECKING:
    from rich.live import Live

_BAR: Final = 20
_INK: Final = "━·"
_ASCII: Final = "=."
_NAMED: Final = 3
_PER_SECOND: Final = 4


class Progress(Watch):
    """The state of a run, and its line. As a context manager it shows that line until the end.

    `known` are the checks whose failure is accepted: they are not counted. With `quiet`, and where stderr is
    no terminal, nothing is shown.
    """

    def __init__(self, total: int, known: Collection[str] = (), *, quiet: bool = False) -> None:
        self._total = total
        self._known = frozenset(known)
        self._quiet = quiet
        self._ink = _INK
        self._since = time.monotonic()
        self._running: list[str] = []
        self._ended = 0
        self._failed: set[str] = set()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Show the line, which moves by itself from now on."""
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415  slow to import, and seldom needed
            from rich.live import Live  # noqa: PLC0415
            from rich.text import Text  # noqa: PLC0415

            console = Console(stderr=True, highlight=False, markup=False)
            self._ink = _ASCII if console.options.ascii_only else _INK
            self._live = Live(
                get_renderable=lambda: Text(self.line(), no_wrap=True, overflow="crop"),
                console=console,
                refresh_per_second=_PER_SECOND,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The line goes, so that the report stands alone."""
        if self._live is not None:
            self._live.stop()

    def began(self, scenario: Scenario) -> None:
        """One more is running."""
        self._running.append(scenario.name)

    def ended(self, run: ScenarioRun) -> None:
        """One more is done. A scenario that is repeated makes the whole longer."""
        if run.scenario.name in self._running:
            self._running.remove(run.scenario.name)
        self._ended += 1
        self._total = max(self._total, self._ended + len(self._running))
        self._failed |= {
            entry.check
            for entry in run.observations
            if verdict_at(clause(entry.clause).level_for(run.provider_type), entry.verdict) is Verdict.FAIL
        } - self._known

    def line(self) -> str:
        """How far it is, how long that took, what failed, and what is running: the oldest first."""
        done = _BAR * self._ended // max(1, self._total)
        failed = len(self._failed)
        words = [
            self._ink[0] * done + self._ink[1] * (_BAR - done),
            f"{self._ended}/{self._total}",
            f"{time.monotonic() - self._since:.0f} s",
        ]
        if failed:
            words.append(f"{failed} {'check' if failed == 1 else 'checks'} failed")
        named = ", ".join(self._running[:_NAMED])
        more = len(self._running) - _NAMED
        return "  ".join([*words, f"{named} and {more} more" if more > 0 else named]).rstrip()
