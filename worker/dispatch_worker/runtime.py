"""The shell around a session: moves its frames and carries out its effects. Decides nothing.

One task reads the connection of the moment and one writes to it; each inference and the claim have a task of
their own, and one timer rings at the session's time. Effects are carried out at once, in their order, before
the next input: nothing comes between.
"""

import asyncio
import random
import signal
import time
from collections.abc import Coroutine
from typing import Any, Final

from dispatch_protocol.errors import TransportError
from dispatch_protocol.signatures import Signer
from websockets.exceptions import ConnectionClosed

from dispatch_worker import lines
from dispatch_worker.config import Settings
from dispatch_worker.effects import (
    Cancel,
    Claim,
    Close,
    Completed,
    Connect,
    Effect,
    Effects,
    Exit,
    Infer,
    Log,
    Moment,
    Send,
)
from dispatch_worker.llm import Model, model_of
from dispatch_worker.log import Printer
from dispatch_worker.pairing import claim
from dispatch_worker.session import Session
from dispatch_worker.wire import Wire, close_of, open_wire

_FAULT_OF_OURS: Final = Close(1011)
_NEVER: Final = float("inf")


async def run(settings: Settings, signer: Signer, printer: Printer) -> int:
    """Serve until the session ends, and return its exit code. SIGTERM and SIGINT ask it to stop."""
    return await Runtime(settings, signer, printer).run()


class Runtime:
    """One session, its connection of the moment, and the tasks that work for it."""

    def __init__(self, settings: Settings, signer: Signer, printer: Printer) -> None:
        self._settings = settings
        self._session = Session(settings, signer)
        self._printer = printer
        self._model: Model = model_of(settings)
        self._wire: Wire | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.Task[None]] = set()
        self._inferences: dict[int, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = _NEVER
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self) -> int:
        """Start the session, wait for its exit code, and leave nothing running."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        try:
            self._perform(self._session.start())
            return await self._ended
        finally:
            await self._leave()

    # -- effects

    def _perform(self, effects: Effects) -> None:
        for effect in effects:
            self._do(effect)
        self._arm()

    def _do(self, effect: Effect) -> None:
        match effect:
            case Send(frame):
                if self._wire is not None:
                    self._wire.send(frame)
            case Log():
                self._printer.show(effect)
            case Completed(job_id, since):
                milliseconds = round((time.monotonic() - since) * 1000)
                self._printer.show(Log(lines.completed(job_id, milliseconds)))
            case Infer(ticket):
                self._inferences[ticket] = self._spawn(self._infer(effect))
            case Cancel(ticket):
                self._inferences.pop(ticket).cancel()
            case Connect():
                self._spawn(self._connect())
            case Claim():
                self._spawn(self._claim(effect))
            case Close():
                if self._wire is not None:
                    self._wire.close(effect)
                self._wire = None
            case Exit(code):
                self._ended.set_result(code)

    def _arm(self) -> None:
        """Set the timer to the session's time; one that rings early costs a tick, so later times can wait."""
        wake_at = self._session.wake_at
        if wake_at is None or wake_at >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = wake_at
        delay = max(0.0, wake_at - time.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    # -- inputs

    async def _connect(self) -> None:
        """Open a connection, and read it to its end."""
        try:
            wire = await open_wire(self._settings.socket_url, self._heard)
        except TransportError as error:
            self._perform(self._session.not_connected(str(error), moment()))
            return
        self._wire = wire
        self._spawn(wire.write(), self._writers)
        self._perform(self._session.connected(moment()))
        try:
            while self._wire is wire:
                frame = await wire.receive()
                if self._wire is wire:
                    self._perform(self._session.received(frame, moment()))
        except ConnectionClosed as closed:
            if self._wire is wire:
                self._wire = None
                self._perform(self._session.closed(*close_of(closed), moment()))

    async def _infer(self, wanted: Infer) -> None:
        outcome = await self._model.generate(wanted.request)
        del self._inferences[wanted.ticket]
        self._perform(self._session.inferred(wanted.ticket, outcome, moment()))

    async def _claim(self, wanted: Claim) -> None:
        outcome = await claim(self._settings.claim_url, wanted)
        self._perform(self._session.claimed(outcome))

    def _heard(self) -> None:
        self._session.heard(moment())

    def _tick(self) -> None:
        self._timer_at = _NEVER
        self._perform(self._session.tick(moment()))

    def _stop(self) -> None:
        self._perform(self._session.stop(moment()))

    # -- tasks

    def _spawn(
        self, work: Coroutine[Any, Any, None], group: set[asyncio.Task[None]] | None = None
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        kept = self._tasks if group is None else group
        kept.add(task)
        task.add_done_callback(kept.discard)
        task.add_done_callback(self._end_if_failed)
        return task

    def _end_if_failed(self, task: asyncio.Task[None]) -> None:
        """A task that failed is a fault of this program: end with its traceback, rather than half alive."""
        if not task.cancelled() and (fault := task.exception()) is not None and not self._ended.done():
            self._ended.set_exception(fault)

    async def _leave(self) -> None:
        """End every task; a connection that is being closed gets the time of its closing handshake."""
        if self._timer is not None:
            self._timer.cancel()
        if self._wire is not None:
            self._wire.close(_FAULT_OF_OURS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._writers, return_exceptions=True)
        await self._model.close()


def moment() -> Moment:
    """This moment, with a random number."""
    return Moment(time.monotonic(), time.time_ns() // 1_000_000, random.random())  # noqa: S311
