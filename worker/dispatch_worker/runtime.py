"""The shell around a session: moves frames over a WebSocket and carries out effects.

Decides nothing. One task opens and reads the connection of the moment, one waits for the session's time, and
each inference and claim has its own; what a session wants done on a connection is done on the one that was
open when it said so. Source: RFC 6455; SPEC.md, "Connecting" and "Goodbye and lost connections".
"""

import asyncio
import random
import signal
import time
from collections.abc import Coroutine
from typing import Any, Final

from dispatch_protocol.errors import shown
from dispatch_protocol.signatures import Signer
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import CTRL_OPCODES, Frame

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

OPEN_SECONDS: Final = 10.0
"""How long the opening handshake may take, the TCP connection included."""

CLOSE_SECONDS: Final = 1.5
"""How long the closing handshake may take before the TCP connection is cut."""

_ABNORMAL: Final = 1006


async def run(settings: Settings, signer: Signer, printer: Printer) -> int:
    """Serve until the session ends, and return its exit code. SIGTERM and SIGINT ask it to stop."""
    return await Runtime(settings, signer, printer).run()


class _Dial(connect):
    """Opens a connection where the operator said, and nowhere else: redirects are failures."""

    def process_redirect(self, exc: Exception) -> Exception:
        """No redirect is valid."""
        return exc


class Runtime:
    """One session, its connection of the moment, and the tasks that work for it."""

    def __init__(self, settings: Settings, signer: Signer, printer: Printer) -> None:
        self._settings = settings
        self._session = Session(settings, signer)
        self._printer = printer
        self._model: Model = model_of(settings)
        self._connection: ClientConnection | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._inferences: dict[int, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self) -> int:
        """Start the session, wait for its exit code, and leave nothing running."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        try:
            await self._perform(self._session.start())
            return await self._ended
        finally:
            await self._leave()

    # -- effects

    async def _perform(self, effects: Effects) -> None:
        """Carry out effects in their order; sending waits while the other side does not read."""
        connection = self._connection
        self._arm()
        for effect in effects:
            match effect:
                case Send(frame):
                    if connection is not None:
                        await _send(connection, frame)
                case Close(code, reason):
                    if connection is not None:
                        self._close(connection, code, reason)
                case _:
                    self._do(effect)

    def _do(self, effect: Effect) -> None:
        """Carry out an effect that waits for nothing."""
        match effect:
            case Log():
                self._printer.show(effect)
            case Completed(job_id, since):
                milliseconds = round((time.monotonic() - since) * 1000)
                self._printer.show(Log(lines.completed(job_id, milliseconds)))
            case Infer():
                task = self._spawn(self._infer(effect))
                self._inferences[effect.ticket] = task
            case Cancel(ticket):
                self._inferences.pop(ticket).cancel()
            case Connect():
                self._spawn(self._connect())
            case Claim():
                self._spawn(self._claim(effect))
            case Exit(code):
                self._ended.set_result(code)

    def _close(self, connection: ClientConnection, code: int, reason: str) -> None:
        if self._connection is connection:
            self._connection = None
        task = asyncio.create_task(_close(connection, code, reason))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # -- inputs

    async def _connect(self) -> None:
        """Open a connection, and read it to its end."""
        try:
            connection = await _Dial(
                self._settings.socket_url,
                create_connection=self._connection_class(),
                compression=None,
                proxy=None,
                open_timeout=OPEN_SECONDS,
                close_timeout=CLOSE_SECONDS,
                ping_interval=None,
                max_size=MAX_FRAME_BYTES,
            )
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            await self._perform(self._session.not_connected(_reason(error), moment()))
            return
        self._connection = connection
        await self._perform(self._session.connected(moment()))
        await self._read(connection)

    async def _read(self, connection: ClientConnection) -> None:
        try:
            while True:
                frame = await connection.recv()
                if self._connection is not connection:
                    return
                await self._perform(self._session.received(frame, moment()))
        except ConnectionClosed as closed:
            if self._connection is not connection:
                return
            self._connection = None
            code, reason = _close_of(closed)
            await self._perform(self._session.closed(code, reason, moment()))

    async def _infer(self, effect: Infer) -> None:
        outcome = await self._model.generate(effect.request)
        self._inferences.pop(effect.ticket)
        await self._perform(self._session.inferred(effect.ticket, outcome, moment()))

    async def _claim(self, effect: Claim) -> None:
        outcome = await claim(self._settings.claim_url, effect)
        await self._perform(self._session.claimed(outcome))

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

    def _tick(self) -> None:
        self._timer_at = float("inf")
        self._spawn(self._perform(self._session.tick(moment())))

    def _stop(self) -> None:
        self._spawn(self._perform(self._session.stop(moment())))

    # -- tasks

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        """A task that failed is a fault of this program: end with its traceback, rather than half alive."""
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None and not self._ended.done():
            self._ended.set_exception(fault)

    async def _leave(self) -> None:
        """End every task; connections get the time of their closing handshake."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        if self._connection is not None:
            self._close(self._connection, _ABNORMAL, "")
        await asyncio.gather(*self._tasks, *self._closing, return_exceptions=True)
        await self._model.close()

    def _connection_class(self) -> type[ClientConnection]:
        """A connection that tells the session of pings and pongs, which are signs of life too."""
        session = self._session

        class Connection(ClientConnection):
            def process_event(self, event: Any) -> None:
                if isinstance(event, Frame) and event.opcode in CTRL_OPCODES:
                    session.heard(moment())
                super().process_event(event)

        return Connection


def moment() -> Moment:
    """This moment, with a random number."""
    return Moment(time.monotonic(), time.time_ns() // 1_000_000, random.random())  # noqa: S311


async def _send(connection: ClientConnection, frame: str) -> None:
    """Send a text frame; that the connection is gone is for its reader to tell."""
    try:
        await connection.send(frame)
    except ConnectionClosed:
        return


async def _close(connection: ClientConnection, code: int, reason: str) -> None:
    """Close, and cut where the other side does not answer, or does not even read."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await connection.close(code, reason)
    except TimeoutError:
        connection.transport.abort()


def _close_of(closed: ConnectionClosed) -> tuple[int, str]:
    """The code and reason of a connection's end: what was received, else what was sent, else 1006."""
    frame = closed.rcvd or closed.sent
    return (frame.code, frame.reason) if frame is not None else (_ABNORMAL, "")


def _reason(error: Exception) -> str:
    """What went wrong while connecting, in one bounded sentence."""
    return shown(str(error) or type(error).__name__)
