"""One run of the coordinator, with all that the control face has at hand of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.control.journal import Journal
from dispatch_mockcoord.control.streams import Streams
from dispatch_mockcoord.control.tally import Tally
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_mockcoord.transcript import Keeper
from dispatch_mockcoord.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What there is: without `faults` none can be put to work, without `time` the clock is real, without
    `watch` nothing is held against the clauses, without `reset` nobody can start the coordinator anew.
    """

    board: Switchboard
    keeper: Keeper
    tally: Tally
    journal: Journal
    streams: Streams
    faults: Faults | None
    time: Timekeeper | None
    watch: Watch | None
    reset: Callable[[], Awaitable[None]] | None
