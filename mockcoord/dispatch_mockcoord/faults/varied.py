"""Legal variety, at work: frames and answers in other forms, ids of other shapes, everything a little later.

The frames of one connection keep their order, and a job keeps its distance from the acknowledgement before it
(C-JOB-21). The transcript says once that they vary: nothing that happens here is a fault.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from dispatch_protocol.messages import CoordinatorMessage, JobAssign, RegisterAck
from dispatch_protocol.recording import Fault, frame_event
from dispatch_protocol.vocabulary import Role
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope
from starlette.types import Send as Tell

from dispatch_mockcoord.core.effects import Send
from dispatch_mockcoord.faults.variety import (
    delay,
    varied_answer,
    varied_frame,
    varied_job_id,
    varied_pieces,
    varied_worker_id,
)
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.lines import Line
from dispatch_mockcoord.switchboard import Switchboard

_JSON: Final = "application/json"
_MARGIN: Final = 0.01


class Variety(Layer):
    """Everything in another form that the specification allows; the same seed gives the same forms.

    Each frame and answer draws from a generator of its own, made of its number: how much one draws hangs on
    what it holds, ids and signatures among it, which no seed decides. Whatever is sent goes through
    `deliver`, from whichever layer stands around this one.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._job_ids = Random(f"{seed} job ids")  # noqa: S311
        self._worker_ids = Random(f"{seed} worker ids")  # noqa: S311
        self._queues: WeakKeyDictionary[Line, _Queue] = WeakKeyDictionary()

    def attach(self, switchboard: Switchboard) -> None:
        """Take over ids, and what is sent."""
        self._switchboard = switchboard
        self._settle = switchboard.settings.terms.settle_seconds
        switchboard.record(
            Fault(t=switchboard.elapsed(), name="variety", detail=f"seed {self._seed}", legal=True)
        )
        switchboard.outgoing = self.deliver
        switchboard.new_id = lambda: varied_job_id(self._job_ids)
        switchboard.new_worker_id = lambda: varied_worker_id(self._worker_ids)

    def middleware(self) -> Sequence[Middleware]:
        """What spells the answers."""
        return (Middleware(_Answers, seed=f"{self._seed} answers"),)

    def detach(self) -> None:
        """Let go of what was still held back."""
        for queue in self._queues.values():
            queue.drop()

    def deliver(self, effect: Send) -> None:
        """Send this message in another form, now or a little later, behind what was sent before."""
        line = self._switchboard.lines.get(effect.connection)
        if line is None:
            return
        queue = self._queues.get(line)
        if queue is None:
            seed = f"{self._seed} frames {effect.connection}"
            queue = self._queues[line] = _Queue(self._switchboard, effect.connection, seed)
        queue.send(effect.message, self._settle)

    def flush(self, number: int) -> None:
        """Send at once whatever is held back on this connection: something out of turn is to come."""
        line = self._switchboard.lines.get(number)
        queue = None if line is None else self._queues.get(line)
        if queue is not None:
            queue.flush()


class _Held(NamedTuple):
    """A message that is held back until `due`; no job follows within `settle` seconds after it."""

    due: float
    pieces: list[bytes]
    is_job: bool
    settle: float


class _Queue:
    """The messages of one connection that are held back, in their order."""

    def __init__(self, switchboard: Switchboard, number: int, seed: str) -> None:
        self._switchboard = switchboard
        self._number = number
        self._generators = _generators(seed)
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Held] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._no_job_before = 0.0

    def send(self, message: CoordinatorMessage, settle: float) -> None:
        """Send this some time soon, and not before what waits already. Jobs wait out an ack's `settle`."""
        random = next(self._generators)
        held = _Held(
            due=self._loop.time() + delay(random),
            pieces=varied_pieces(varied_frame(message, random), random),
            is_job=isinstance(message, JobAssign),
            settle=settle if isinstance(message, RegisterAck) else 0.0,
        )
        self._waiting.append(held)
        if self._timer is None:
            self._release()

    def flush(self) -> None:
        """Send everything now."""
        while self._waiting:
            self._emit(self._waiting.popleft().pieces)
        self.drop()

    def drop(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _release(self) -> None:
        """Send what is due. A connection that is gone takes nothing."""
        self._timer = None
        while self._waiting:
            held = self._waiting[0]
            due = max(held.due, self._no_job_before) if held.is_job else held.due
            if due > self._loop.time():
                self._timer = self._loop.call_at(due, self._release)
                return
            self._waiting.popleft()
            self._emit(held.pieces)
            if held.settle:
                self._no_job_before = self._loop.time() + held.settle + _MARGIN

    def _emit(self, pieces: list[bytes]) -> None:
        """Send one message, in fragments where there are several pieces, and show it in the transcript."""
        board, number = self._switchboard, self._number
        text = b"".join(pieces).decode("utf-8")
        line = board.lines.speaking(number)
        if line is None or len(pieces) == 1:
            board.emit(number, text)
            return
        board.record(frame_event(board.elapsed(), number, Role.COORDINATOR, text, fragments=len(pieces)))
        line.post_pieces(pieces, is_text=True, pings=0)


class _Answers:
    """The application, with its JSON answers spelled otherwise, and all a little later."""

    def __init__(self, app: ASGIApp, seed: str) -> None:
        self._app = app
        self._generators = _generators(seed)

    async def __call__(self, scope: Scope, receive: Receive, send: Tell) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        heads: list[Message] = []
        random = next(self._generators)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                heads.append(message)
                return
            if heads:
                head, late = heads.pop(), delay(random)
                if not message.get("more_body", False) and scope["method"] != "HEAD":
                    message = _respelled(head, message, random)
                await asyncio.sleep(late)
                await send(head)
            await send(message)

        await self._app(scope, receive, told)


def _respelled(head: Message, message: Message, random: Random) -> Message:
    """The body in another form, and its length in the head."""
    headers = MutableHeaders(raw=list(head["headers"]))
    if not headers.get("content-type", "").startswith(_JSON):
        return message
    body = varied_answer(message.get("body", b""), random)
    headers["content-length"] = str(len(body))
    head["headers"] = headers.raw
    return {**message, "body": body}


def _generators(seed: str) -> Iterator[Random]:
    """One generator after the other, the same for the same seed."""
    return (Random(f"{seed} {number}") for number in count(1))  # noqa: S311
