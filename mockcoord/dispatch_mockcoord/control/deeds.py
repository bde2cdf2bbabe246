"""What the control face changes, beside faults: frames and notices sent, time passed, all begun anew."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from dispatch_protocol.canonical import stringify
from dispatch_protocol.codec import decode_from_coordinator
from dispatch_protocol.errors import Violation
from dispatch_protocol.messages import (
    FeedbackFailed,
    FeedbackPosted,
    PaymentFailed,
    PaymentPosted,
)
from dispatch_protocol.recording import Fault as Mark
from dispatch_protocol.rest import RestFault
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dispatch_mockcoord.clock import LONGEST_SECONDS
from dispatch_mockcoord.control.requests import path_number, read_body
from dispatch_mockcoord.control.scene import Scene
from dispatch_mockcoord.control.views import answer
from dispatch_mockcoord.paths import Resource

BY_HAND: Final = "by_hand"
"""The name under which the transcript marks what was done here: whatever follows is nobody's fault."""

Notice = PaymentPosted | PaymentFailed | FeedbackPosted | FeedbackFailed
"""The messages that an operator sends: what became of a payment, or of feedback."""


class WantedFrame(msgspec.Struct, forbid_unknown_fields=True):
    """A frame to send as it stands, in a text frame or (`base64`) a binary one; or a close with this code.

    `close` null closes without a code; 1006 tears the socket down.
    """

    text: str | msgspec.UnsetType = msgspec.UNSET
    base64: str | msgspec.UnsetType = msgspec.UNSET
    close: Annotated[int, msgspec.Meta(ge=0, le=65_535)] | msgspec.UnsetType | None = msgspec.UNSET
    reason: Annotated[str, msgspec.Meta(max_length=123)] = ""

    def __post_init__(self) -> None:
        given = [name for name in ("text", "base64", "close") if getattr(self, name) is not msgspec.UNSET]
        if len(given) != 1:
            raise ValueError("one of `text`, `base64` and `close` has to be given")


class WantedTime(msgspec.Struct, forbid_unknown_fields=True):
    """By how many seconds to put the clock ahead."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SECONDS)]


class WantedNotice(msgspec.Struct, forbid_unknown_fields=True):
    """A notice, and the connection that it goes to; without one, every registered worker."""

    message: dict[str, Any]
    connection: Annotated[int, msgspec.Meta(ge=1, lt=10**15)] | None = None


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """An object without members."""


class Deeds:
    """The routes that change something."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._board = scene.board

    def table(self) -> Sequence[BaseRoute]:
        """The routes."""
        return [
            Resource("/_mock/workers/{connection}/frames", self._frame, methods=["POST"]),
            Resource("/_mock/notices", self._notice, methods=["POST"]),
            Resource("/_mock/clock", self._clock, methods=["POST"]),
            Resource("/_mock/reset", self._reset, methods=["POST"]),
        ]

    async def _frame(self, request: Request) -> Response:
        number = path_number(request, "connection")
        wanted = await read_body(request, WantedFrame)
        board = self._board
        if board.lines.get(number) is None:
            raise RestFault(404, f"No open connection: {number}")
        if board.lines.speaking(number) is None:
            raise RestFault(409, f"Connection {number} is closing, or frozen by a fault")
        if isinstance(wanted.text, str):
            self._mark(number, "a text frame")
            board.emit(number, wanted.text)
        elif isinstance(wanted.base64, str):
            payload = _bytes(wanted.base64)
            self._mark(number, "a binary frame")
            board.emit(number, payload)
        else:
            code = None if wanted.close is msgspec.UNSET else wanted.close
            self._mark(number, f"a close {'without a code' if code is None else f'with {code}'}")
            board.hang_up(number, code, _short(wanted.reason))
        return answer({"sent": True})

    async def _notice(self, request: Request) -> Response:
        wanted = await read_body(request, WantedNotice)
        try:
            notice = decode_from_coordinator(stringify(wanted.message))
        except Violation as fault:
            raise RestFault(400, fault.detail, {"place": fault.place.replace("$", "$.message", 1)}) from None
        if not isinstance(notice, Notice):
            named = "payment_posted, payment_failed, feedback_posted or feedback_failed"
            raise RestFault(400, f"A notice is {named}", {"place": "$.message.type"})
        registered = self._board.coordinator.registry.workers
        if wanted.connection is not None and wanted.connection not in registered:
            raise RestFault(404, f"No registered worker on connection {wanted.connection}")
        numbers = list(registered) if wanted.connection is None else [wanted.connection]
        for number in numbers:
            self._board.notify(number, notice)
        return answer({"sent": len(numbers)})

    async def _clock(self, request: Request) -> Response:
        wanted = await read_body(request, WantedTime)
        time = self._scene.time
        if time is None:
            raise RestFault(409, "The clock of this coordinator is real")
        time.advance(wanted.seconds)
        return answer({"ahead": time.clock.ahead})

    async def _reset(self, request: Request) -> Response:
        await read_body(request, Nothing)
        if self._scene.reset is None:
            raise RestFault(409, "Nobody can start this coordinator anew")
        await self._scene.reset()
        told = answer({"reset": True})
        told.headers["connection"] = "close"
        return told

    def _mark(self, number: int, what: str) -> None:
        t = self._board.elapsed()
        self._board.record(Mark(t=t, name=BY_HAND, connection=number, detail=f"{what} sent by hand"))


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise RestFault(400, "No base64", {"place": "$.base64"}) from None


def _short(reason: str) -> str:
    """The reason, cut to what a close frame can hold (RFC 6455 §5.5)."""
    return reason.encode("utf-8", "replace")[:123].decode("utf-8", "ignore")
