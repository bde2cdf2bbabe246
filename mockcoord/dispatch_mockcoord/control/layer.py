"""The layer that brings the control face to a coordinator, and hears what happens there."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from dispatch_protocol.recording import TranscriptEvent
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.control.deeds import Deeds
from dispatch_mockcoord.control.face import Face
from dispatch_mockcoord.control.faults import FaultDesk
from dispatch_mockcoord.control.guard import Guard, is_loopback
from dispatch_mockcoord.control.happenings import Teller, Violation, light
from dispatch_mockcoord.control.journal import Journal
from dispatch_mockcoord.control.readings import Readings
from dispatch_mockcoord.control.scene import Scene
from dispatch_mockcoord.control.streams import Streams
from dispatch_mockcoord.control.tally import Tally
from dispatch_mockcoord.core.effects import Effect, JobChanged, PairingChanged, WorkerJoined, WorkerLeft
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_mockcoord.transcript import Keeper
from dispatch_mockcoord.watch import Watch


class Control(Layer):
    """The control face of one coordinator, to be its first layer. What it is not given, it does without.

    `token` is asked of everybody; off loopback there is one in any case, drawn if none is given. With
    `can_reset`, whoever runs the coordinator waits for `reset_wanted`, ends it, starts another. `pages` are
    routes of a dashboard, `/dashboard` among them, behind the same guard. To be made anew for every start.
    """

    def __init__(
        self,
        *,
        faults: Faults | None = None,
        time: Timekeeper | None = None,
        watch: Watch | None = None,
        token: str | None = None,
        can_reset: bool = False,
        pages: Sequence[BaseRoute] = (),
    ) -> None:
        self.token = token
        self._faults = faults
        self._time = time
        self._watch = watch
        self.reset_wanted = asyncio.Event()
        self._has_ended = asyncio.Event()
        self._can_reset = can_reset
        self._pages = tuple(pages)

    def attach(self, switchboard: Switchboard) -> None:
        """Listen to everything."""
        if self.token is None and not is_loopback(switchboard.settings.host):
            self.token = new_token()
        self._guard = Guard(switchboard.settings.host, self.token)
        self._keeper = keeper = Keeper(switchboard.started.wall_ms)
        self._tally = _tally(switchboard)
        teller = Teller(switchboard, keeper.at)
        run = f"{switchboard.started.wall_ms:x}{secrets.token_hex(2)}"
        self._journal = journal = Journal(run, teller.told)
        self._streams = Streams(journal)
        self.scene = Scene(
            board=switchboard,
            keeper=keeper,
            tally=self._tally,
            journal=journal,
            streams=self._streams,
            faults=self._faults,
            time=self._time,
            watch=self._watch,
            reset=self._reset if self._can_reset else None,
        )
        self._steps: dict[type, Callable[[Any], None]] = {
            JobChanged: self._job_changed,
            PairingChanged: journal.put,
            WorkerJoined: journal.put,
            WorkerLeft: journal.put,
        }
        switchboard.taps.append(self._event)
        switchboard.observers.append(self._effect)
        if self._watch is not None:
            self._watch.watchers.append(self._violated)

    def around(self, application: ASGIApp) -> ASGIApp:
        """Answer what is asked of this face, and hand on everything else."""
        scene = self.scene
        routes = [*Readings(scene).table(), *FaultDesk(scene).table(), *Deeds(scene).table(), *self._pages]
        return Face(application, routes, self._guard)

    def closing(self) -> None:
        """Nothing more will happen: end the streams."""
        self._journal.end()
        self._has_ended.set()

    async def _reset(self) -> None:
        """Ask for a reset; returns when this start takes no further connection, so that the next one will."""
        self.reset_wanted.set()
        await self._has_ended.wait()

    def _event(self, event: TranscriptEvent) -> None:
        keeper = self._keeper
        self._journal.put(keeper.count)
        keeper.event(event)

    def _effect(self, effect: Effect) -> None:
        step = self._steps.get(type(effect))
        if step is not None:
            step(effect)

    def _job_changed(self, effect: JobChanged) -> None:
        job = effect.job
        self._tally.changed(job)
        # Nobody reads it yet: later, how the job stands then is as good, and its name costs nothing to keep.
        self._journal.put(light(job) if self._streams.open or job.demo else job.id)

    def _violated(self, breach: Breach) -> None:
        assert self._watch is not None  # noqa: S101
        self._journal.put(Violation(breach, self._watch.findings[-1].event_index))


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


def _tally(switchboard: Switchboard) -> Tally:
    """What the store holds at the start; nothing is open but what the core is about to resume."""
    store = switchboard.store
    _, completed, receipts, verified = store.totals()
    return Tally(completed, store.failed(), receipts, verified, store.keys())
