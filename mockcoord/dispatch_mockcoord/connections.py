"""WebSockets: what comes in goes to the switchboard, what the switchboard posts goes out, in order."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, MutableMapping, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from dispatch_protocol.canonical import stringify
from dispatch_protocol.rest import CONTENT_TYPE
from dispatch_protocol.vocabulary import Role
from starlette.responses import Response
from starlette.websockets import WebSocket

from dispatch_mockcoord.gate import RETRY_SECONDS
from dispatch_mockcoord.switchboard import NO_CODE, Switchboard

LOG: Final = logging.getLogger("dispatch_mockcoord")

CLOSE_SECONDS: Final = 5.0
"""How long a peer may take to let itself be closed before its socket is torn down."""

_TURN: Final = 8
"""How many frames of one connection are handled before the others have their turn."""


_TORN: Final = 1006
"""The close code of a socket that was torn down without a close frame (RFC 6455 §7.1.5)."""

_Item: TypeAlias = MutableMapping[str, Any] | Callable[[], None]
"""What is to be sent: a message of ASGI, or something to be done on the wire."""


class Wire(Protocol):
    """What the server tells of a WebSocket beyond ASGI: the connection state's `wire`."""

    @property
    def is_closed_here(self) -> bool:
        """Whether this side sent the first close frame."""

    def abort(self) -> None:
        """Tear the socket down."""

    def send_now(self, frame: str | bytes) -> bool:
        """Send this frame at once; False, and nothing else, where it has to wait or cannot be sent."""

    def send_pieces(self, pieces: Sequence[bytes], *, is_text: bool, pings: int) -> None:
        """Send one message in these fragments, with so many pings between any two."""

    def hold(self) -> None:
        """Read nothing from the socket any more."""

    def release(self) -> None:
        """Read again."""


class WebSocketLine:
    """The sending side of one WebSocket: frames go out in order, one sender at a time."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._wire: Wire | None = getattr(websocket.state, "wire", None)
        self._outbox: deque[_Item] = deque()
        self._lock = asyncio.Lock()
        self._flushing: asyncio.Task[None] | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._pauses = 0
        self._reading = asyncio.Event()
        self._reading.set()
        self.is_attended = False
        self.is_torn = False

    def post(self, frame: str | bytes) -> None:
        """Send this frame: at once, unless others wait already or the peer does not keep up."""
        if not self.is_waiting and self._wire is not None and self._wire.send_now(frame):
            return
        self._put({"type": "websocket.send", "text" if isinstance(frame, str) else "bytes": frame})

    def post_pieces(self, pieces: Sequence[bytes], *, is_text: bool, pings: int) -> None:
        """Send one message in these fragments, with so many pings between any two."""
        if self._wire is not None:
            self._put(partial(self._wire.send_pieces, pieces, is_text=is_text, pings=pings))

    def close(self, code: int | None, reason: str) -> None:
        """Send a close frame behind what is still to be sent; tear the socket down if that does not help."""
        self._read_on()
        if code == _TORN:
            self._put(self.abort)
        else:
            self._put({"type": "websocket.close", "code": code, "reason": reason})
        if self._wire is not None:
            self._closing = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._wire.abort)

    def abort(self) -> None:
        """Tear the socket down, whatever is still to be sent."""
        self.is_torn = True
        self._outbox.clear()
        self._reading.set()
        if self._wire is not None:
            self._wire.abort()

    def pause(self) -> None:
        """Read nothing, until as many calls of `resume` have come, or the end."""
        self._pauses += 1
        self._reading.clear()
        if self._wire is not None:
            self._wire.hold()

    def resume(self) -> None:
        """Take one `pause` back."""
        self._pauses -= 1
        if self._pauses <= 0:
            self._read_on()

    @property
    def is_paused(self) -> bool:
        """Whether nothing is read for now."""
        return self._pauses > 0

    async def attention(self) -> None:
        """Returns while the connection is read from, or when it is torn."""
        await self._reading.wait()

    @property
    def is_waiting(self) -> bool:
        """Whether frames wait to be sent, or are held up while they are."""
        return bool(self._outbox) or self._lock.locked()

    async def flush(self) -> None:
        """Send what waits; returns when the peer has taken it, or is gone."""
        async with self._lock:
            while self._outbox:
                item = self._outbox.popleft()
                try:
                    if callable(item):
                        item()
                    else:
                        await self._websocket.send(item)
                except Exception:  # the peer is gone, or going; the reader hears of it
                    self._outbox.clear()

    @property
    def closed_by(self) -> Role:
        """Who closed the connection first; a loss counts as the worker's."""
        is_ours = self.is_torn or (self._wire is not None and self._wire.is_closed_here)
        return Role.COORDINATOR if is_ours else Role.WORKER

    def dispose(self) -> None:
        """The connection is over."""
        if self._closing is not None:
            self._closing.cancel()
        self._outbox.clear()

    def _read_on(self) -> None:
        self._pauses = 0
        if not self._reading.is_set():
            self._reading.set()
            if self._wire is not None:
                self._wire.release()

    def _put(self, item: _Item) -> None:
        self._outbox.append(item)
        if not self.is_attended and (self._flushing is None or self._flushing.done()):
            self._flushing = asyncio.get_running_loop().create_task(self.flush())


async def converse(switchboard: Switchboard, websocket: WebSocket) -> None:
    """Serve one WebSocket from its upgrade to its end; where there are too many, refuse it with 503."""
    if switchboard.is_full:
        await websocket.receive()
        body = stringify({"error": "Too many connections"})
        await websocket.send_denial_response(Response(body, 503, media_type=CONTENT_TYPE))
        return
    await websocket.accept()
    line = WebSocketLine(websocket)
    number = switchboard.opened(line, websocket.scope["path"])
    code, reason = NO_CODE, ""
    try:
        code, reason = await _listen(switchboard, number, line, websocket)
    except Exception:
        LOG.exception("connection %d failed", number)
        line.close(1011, "internal error")
        await line.flush()
    finally:
        line.dispose()
        switchboard.closed(number, code, reason, line.closed_by)


async def _listen(
    switchboard: Switchboard, number: int, line: WebSocketLine, websocket: WebSocket
) -> tuple[int, str]:
    """Hand over what comes in until the connection ends; gives the close code and reason."""
    handled = 0
    while True:
        while switchboard.is_congested:
            await asyncio.sleep(RETRY_SECONDS)
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code")
            return NO_CODE if code is None else code, message.get("reason") or ""
        if line.is_paused:
            await line.attention()
            if line.is_torn:
                continue
        text = message.get("text")
        line.is_attended = True
        try:
            switchboard.received(number, message["bytes"] if text is None else text)
        finally:
            line.is_attended = False
        if line.is_waiting:
            await line.flush()
        handled += 1
        if handled % _TURN == 0:
            await asyncio.sleep(0)
