"""Legal variety, at work: frames and answers in other forms, ids of other shapes, everything a little later.

The frames of one connection keep their order, and a job keeps its distance from the acknowledgement before it
(C-JOB-21). Nothing that happens here is a fault, and nothing is marked in the transcript.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from dispatch_protocol.messages import JobAssign, RegisterAck
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
    varied_worker_id,
)
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.lines import Line
from dispatch_mockcoord.switchboard import Switchboard

_JSON: Final = "application/json"
_MARGIN: Final = 0.01


class Variety(Layer):
    """Everything in another form that the specification allows; the same seed gives the same forms.

    Whatever is sent goes through `deliver`, from whichever layer stands around this one.
    """

    def __init__(self, seed: int) -> None:
        self._frames = Random(f"{seed} frames")  # noqa: S311
        self._answers = Random(f"{seed} answers")  # noqa: S311
        self._ids = Random(f"{seed} ids")  # noqa: S311
        self._queues: WeakKeyDictionary[Line, _Queue] = WeakKeyDictionary()

    def attach(self, switchboard: Switchboard) -> None:
        """Take over ids, and what is sent."""
        self._switchboard = switchboard
        self._settle = switchboard.settings.terms.settle_seconds
        switchboard.outgoing = self.deliver
        switchboard.new_id = lambda: varied_job_id(self._ids)
        switchboard.new_worker_id = lambda: varied_worker_id(self._ids)

    def middleware(self) -> Sequence[Middleware]:
        """What spells the answers."""
        return (Middleware(_Answers, random=self._answers),)

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
            queue = self._queues[line] = _Queue(self._switchboard, effect.connection)
        queue.send(
            varied_frame(effect.message, self._frames),
            delay(self._frames),
            is_job=isinstance(effect.message, JobAssign),
            settle=self._settle if isinstance(effect.message, RegisterAck) else 0.0,
        )

    def flush(self, number: int) -> None:
        """Send at once whatever is held back on this connection: something out of turn is to come."""
        line = self._switchboard.lines.get(number)
        queue = None if line is None else self._queues.get(line)
        if queue is not None:
            queue.flush()


class _Held(NamedTuple):
    """A frame that is held back until `due`; no job follows within `settle` seconds after it."""

    due: float
    frame: str
    is_job: bool
    settle: float


class _Queue:
    """The frames of one connection that are held back, in their order."""

    def __init__(self, switchboard: Switchboard, number: int) -> None:
        self._switchboard = switchboard
        self._number = number
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Held] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._no_job_before = 0.0

    def send(self, frame: str, delay: float, *, is_job: bool, settle: float) -> None:
        """Send this after so many seconds, and not before what waits already."""
        self._waiting.append(_Held(self._loop.time() + delay, frame, is_job, settle))
        if self._timer is None:
            self._release()

    def flush(self) -> None:
        """Send everything now."""
        while self._waiting:
            self._switchboard.emit(self._number, self._waiting.popleft().frame)
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
            self._switchboard.emit(self._number, held.frame)
            if held.settle:
                self._no_job_before = self._loop.time() + held.settle + _MARGIN


class _Answers:
    """The application, with its JSON answers spelled otherwise, and all a little later."""

    def __init__(self, app: ASGIApp, random: Random) -> None:
        self._app = app
        self._random = random

    async def __call__(self, scope: Scope, receive: Receive, send: Tell) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        heads: list[Message] = []

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                heads.append(message)
                return
            if heads:
                head = heads.pop()
                if not message.get("more_body", False) and scope["method"] != "HEAD":
                    message = self._respelled(head, message)
                await asyncio.sleep(delay(self._random))
                await send(head)
            await send(message)

        await self._app(scope, receive, told)

    def _respelled(self, head: Message, message: Message) -> Message:
        """The body in another form, and its length in the head."""
        headers = MutableHeaders(raw=list(head["headers"]))
        if not headers.get("content-type", "").startswith(_JSON):
            return message
        body = varied_answer(message.get("body", b""), self._random)
        headers["content-length"] = str(len(body))
        head["headers"] = headers.raw
        return {**message, "body": body}
