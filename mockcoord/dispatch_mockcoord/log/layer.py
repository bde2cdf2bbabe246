"""The log of a coordinator: what its core does and what its transcript shows, line by line."""

import os
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum

from dispatch_protocol.recording import Frame, TranscriptEvent

from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.core.effects import Effect, Send
from dispatch_mockcoord.faults import Injected
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.log.columns import Columns
from dispatch_mockcoord.log.effects import effect_entry
from dispatch_mockcoord.log.entry import Entry, json_line
from dispatch_mockcoord.log.events import breach_entry, event_entry, strike_entry
from dispatch_mockcoord.log.look import wants_colour, width_of
from dispatch_mockcoord.log.outlet import Outlet
from dispatch_mockcoord.log.summary import Account, figures_text
from dispatch_mockcoord.roster import Roster
from dispatch_mockcoord.switchboard import Switchboard


class Detail(StrEnum):
    """How much is shown."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


class Log(Layer):
    """Lines for the file of this descriptor; what it does not take in time is left out, and counted.

    Before `begin` nothing is written: what happens till then follows behind its line.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        as_json: bool = False,
        detail: Detail = Detail.NORMAL,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        colour = wants_colour(os.isatty(descriptor), environment)
        self._columns = Columns(colour=colour, width=lambda: width_of(descriptor, environment))
        self._as_json = as_json
        self._detail = detail
        self._outlet = Outlet(descriptor, self._gap)
        self._early: list[str] | None = []
        self._roster = Roster()
        self._board: Switchboard | None = None
        self._is_tapped = False
        self._account = Account()
        self._begun = time.monotonic()

    def attach(self, switchboard: Switchboard) -> None:
        """The coordinator is about to serve: see what it does, and its transcript where anybody does."""
        self._board = switchboard
        switchboard.observers.append(self.effect)
        self._is_tapped = self._detail is Detail.VERBOSE or bool(switchboard.taps)
        if self._is_tapped:
            switchboard.taps.insert(0, self.event)  # a frame first, then what is wrong with it

    def begin(self, line: str) -> None:
        """Write this line first, as it stands, and then what was to be written before it."""
        early, self._early = self._early, None
        for one in (line, *(early or ())):
            self._outlet.put(one)

    def listening(self, entry: Entry, lines: Sequence[str]) -> None:
        """Begin with how this coordinator is to be reached: the entry as JSON, or these lines for readers."""
        self.begin(json_line(entry, self._now) if self._as_json else self._columns.plain(lines))

    def reset(self) -> None:
        """Everything begins anew."""
        self._write(Entry(event="reset"))

    def effect(self, effect: Effect) -> None:
        """The core did this: the observer."""
        if isinstance(effect, Send):
            return
        self._roster.effect(effect)
        step = self._account.effect(effect)
        if self._shows_all:
            self._write(effect_entry(effect, self._roster, step))

    def event(self, event: TranscriptEvent) -> None:
        """This happened: the tap."""
        verbose = self._detail is Detail.VERBOSE
        if self._shows_all and (verbose or not isinstance(event, Frame)):
            self._write(event_entry(event, self._roster, verbose=verbose))

    def strike(self, strike: Injected) -> None:
        """A fault struck; nothing is written where the transcript is seen, which shows it."""
        self._account.strike(strike.name)
        if self._shows_all and not self._is_tapped:
            self._write(strike_entry(strike, self._roster))

    def breach(self, breach: Breach) -> None:
        """A clause was broken."""
        is_first = self._account.breach(breach)
        self._write(breach_entry(breach, is_first=is_first))

    def conclude(self, *, watched: bool) -> None:
        """Write the summary. `watched`: somebody held what happened against the clauses."""
        figures = self._account.figures(time.monotonic() - self._begun, watched=watched)
        if self._as_json:
            self._put(json_line(Entry(event="ended", figures=figures), self._now))
        else:
            self._put(self._columns.plain(["", *figures_text(figures, self._outlet.omitted)]))

    def close(self) -> None:
        """Wait a moment for whoever reads slowly, and write nothing more."""
        self._outlet.end()

    @property
    def _shows_all(self) -> bool:
        return self._detail is not Detail.QUIET and not self._outlet.is_gone

    @property
    def _now(self) -> int:
        if self._board is not None:
            return self._board.clock.moment().wall_ms
        return time.time_ns() // 1_000_000

    def _write(self, entry: Entry | None) -> None:
        if entry is not None and not self._outlet.is_gone:
            self._put(self._worded(entry))

    def _worded(self, entry: Entry) -> str:
        return json_line(entry, self._now) if self._as_json else self._columns.lines(entry, self._now)

    def _gap(self, count: int) -> str:
        return self._worded(Entry(event="left_out", count=count))

    def _put(self, line: str) -> None:
        if self._early is not None:
            self._early.append(line)
        else:
            self._outlet.put(line)
