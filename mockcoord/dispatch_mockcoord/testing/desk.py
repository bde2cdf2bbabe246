"""The coordinator under test, from start to start. Everything here belongs into its loop's thread.

A `Desk` keeps its address for as long as it is open; a `Run` is one start of the coordinator at it.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.recording import Http
from dispatch_protocol.rest import CONTENT_TYPE

from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.core.effects import Effect
from dispatch_mockcoord.core.worker import Worker
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.server import MockCoordinator, listen
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_mockcoord.testing.breaches import ClausesBroken, Judge, musts
from dispatch_mockcoord.testing.options import Setup
from dispatch_mockcoord.testing.values import Keyed, WorkerView
from dispatch_mockcoord.texts import effect_text
from dispatch_mockcoord.transcript import Keeper

JOURNAL_LINES: Final = 200
"""How many lines of what the coordinator did are kept."""

_TURNS: Final = 10

_T = TypeVar("_T")


class Observation(Layer):
    """What is kept of a run: its transcript, what the clauses say of it, and a journal in readable lines."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.journal: deque[str] = deque(maxlen=JOURNAL_LINES)

    def attach(self, switchboard: Switchboard) -> None:
        """The coordinator is about to serve."""
        self.board = switchboard
        started_ms = switchboard.started.wall_ms
        self.keeper = Keeper(started_ms)
        terms = switchboard.settings.terms
        self.judge = Judge(self.keeper.at, terms, epoch_ms=started_ms, allowed=self._setup.allow)
        switchboard.taps.append(self.keeper.event)
        self.judge.attach(switchboard)
        switchboard.observers.append(self._see)

    def detach(self) -> None:
        """The coordinator has ended."""
        self.judge.detach()

    def _see(self, effect: Effect) -> None:
        text = effect_text(effect)
        if text is not None:
            self.journal.append(text)


class Run:
    """One start of the coordinator, with what stands around it, at a socket that stays open after it."""

    def __init__(self, setup: Setup, listening: socket.socket) -> None:
        self.time = Timekeeper()
        self.faults = Faults(setup.faults, seed=setup.seed, variety=setup.variety)
        self.seen = Observation(setup)
        layers = (self.faults, self.time, self.seen)
        self.running = MockCoordinator(
            setup.settings, clock=self.time.clock, layers=layers, listening=listening.dup()
        )

    @property
    def board(self) -> Switchboard:
        """The switchboard of this run."""
        return self.running.switchboard

    def show_request(self, path: str, body: str, status: int, answer: str) -> None:
        """Show in the transcript what was asked here in a client's stead, as the POST that it stands for.

        Whoever reads the transcript, the passive rules among them, knows jobs and pairing codes from there.
        """
        event = Http(
            t=self.board.elapsed(),
            sender="client",
            method="POST",
            path=path,
            status=status,
            request=body,
            request_type="application/json",
            response=answer,
            content_type=CONTENT_TYPE,
        )
        self.board.record(event)

    async def first(self, pick: Callable[[Effect], _T | None], seconds: float) -> _T | None:
        """What `pick` makes of the first effect from now on that it makes anything of; None if none comes."""
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

        def see(effect: Effect) -> None:
            if not future.done() and (found := pick(effect)) is not None:
                future.set_result(found)

        self.board.observers.append(see)
        try:
            return await asyncio.wait_for(future, max(0.0, seconds))
        except TimeoutError:
            return None
        finally:
            self.board.observers.remove(see)

    def worker(self, wanted: Keyed | str) -> Worker:
        """The registered worker that is meant: by its view, its process, or the beginning of its key.

        Raises UsageError unless it is one alone.
        """
        registered = self.board.coordinator.registry.workers.values()
        if isinstance(wanted, WorkerView):
            meant = (wanted.connection, wanted.pubkey)
            fitting = [worker for worker in registered if (worker.connection, worker.pubkey) == meant]
            named = f"is still the one on connection {wanted.connection}, {shown(wanted.pubkey, 64)}"
        else:
            begin = wanted if isinstance(wanted, str) else wanted.pubkey
            fitting = [worker for worker in registered if worker.key.startswith(begin.lower())]
            named = f"has a key that begins with '{shown(begin, 64)}'"
        if len(fitting) != 1:
            count = f"more than one of {len(registered)}" if fitting else f"none of {len(registered)}"
            raise UsageError(f"{count} registered workers {named}")
        return fitting[0]


class Desk:
    """Where a coordinator under test is started, and started anew."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.url = self.ws_url = ""
        self.port = 0

    async def open(self) -> None:
        """Take the port, and start. Raises UsageError where that cannot be done."""
        self._listening = listen(self.setup.settings.host, self.setup.settings.port)
        try:
            await self._start()
        except BaseException:
            self._listening.close()
            raise

    async def close(self) -> None:
        """End the coordinator and free the port."""
        try:
            await self.run.running.__aexit__(None, None, None)
        finally:
            self._listening.close()

    async def reset(self) -> None:
        """Start anew: of jobs, pairings, workers, transcript and time nothing is left, of faults the setup's.

        The address stays. Workers are disconnected (1001); those that reconnect register anew. What a
        database file holds stays there.
        """
        await self.run.running.__aexit__(None, None, None)
        await self._start()

    async def _start(self) -> None:
        run = Run(self.setup, self._listening)
        await run.running.__aenter__()
        self.run = run
        self.url, self.ws_url, self.port = run.running.url, run.running.ws_url, run.running.port

    async def allow(self, *prefixes: str) -> None:
        """Overlook these clauses or areas (`W-HBT-1`, `W-HBT`) until the next reset. Raises UsageError."""
        self.run.seen.judge.allow(*prefixes)

    async def check(self) -> None:
        """Raise ClausesBroken if workers broke a MUST up to now.

        What has reached this machine is handled first. What is overdue by now counts as broken.
        """
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        seen = self.run.seen
        seen.judge.finish(seen.board.elapsed())
        broken = musts(seen.judge.unallowed)
        if broken:
            raise ClausesBroken(broken)
