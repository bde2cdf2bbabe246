"""The server's WebSocket protocol, with what uvicorn leaves open closed.

Nothing that a peer sends may raise out of it, end up in the log, or pile up in memory: the fragments of a
message are bounded, whoever does not take what is sent is not read from, and handshakes are refused in JSON.
"""

import json
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from dispatch_protocol.rest import CONTENT_TYPE
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState, ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from dispatch_mockcoord.lines import ping_data

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent

MAX_FRAGMENTS: Final = 65_536
"""How many frames a message may be cut into; beyond it the connection is closed with 1009."""

LINGER_SECONDS: Final = 15.0
"""How long a socket may outlive the application's interest in it, before it is torn down."""

_ABNORMAL: Final = 1006
_SWITCHING: Final = 101


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket with bounded messages, and an end for every connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_held = False
        self.conn = _Endpoint(extensions=[], max_size=self.config.ws_max_size, logger=self.logger)

    def data_received(self, data: bytes) -> None:
        """Bytes came in; whatever goes wrong with them goes wrong with this connection alone."""
        try:
            super().data_received(data)
        except Exception:  # the library's own slips over hostile input, of any kind
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; without any close frame that is reported as 1006."""
        if self.conn.close_rcvd is None and self.conn.close_sent is None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": _ABNORMAL})
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        """An opening handshake came; the application gets this object as the state's `wire`."""
        super().handle_connect(event)
        if self.response.status_code == _SWITCHING:
            self.scope["state"]["wire"] = self

    def abort(self) -> None:
        """Tear the socket down, whatever is still to be sent."""
        self.transport.abort()

    def pause_writing(self) -> None:
        """The peer does not take what is sent: read nothing from it, for whatever it sends is answered."""
        super().pause_writing()
        self._read_or_not()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        super().resume_writing()
        self._read_or_not()

    def hold(self) -> None:
        """Read nothing from the socket any more."""
        self._is_held = True
        self._read_or_not()

    def release(self) -> None:
        """Read again, unless something that was read still waits to be taken."""
        self._is_held = False
        self._read_or_not()

    async def receive(self) -> "ASGIReceiveEvent":
        """The next message for the application; taking it lets the socket be read on, unless it is held."""
        message = await super().receive()
        self._read_or_not()
        return message

    def _read_or_not(self) -> None:
        if self.transport.is_closing():
            return
        if self._is_held or self.read_paused or not self.writable.is_set():
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def send_now(self, frame: str | bytes) -> bool:
        """Send this frame at once; False, and nothing else, where it has to wait or cannot be sent."""
        if not self.writable.is_set() or self.disconnected or self.conn.state is not State.OPEN:
            return False
        if isinstance(frame, str):
            self.conn.send_text(frame.encode("utf-8", "surrogatepass"))
        else:
            self.conn.send_binary(frame)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    def send_pieces(self, pieces: Sequence[bytes], *, is_text: bool, pings: int) -> None:
        """Send one message in these fragments, with so many pings between any two."""
        send, last = self.conn.send_text if is_text else self.conn.send_binary, len(pieces) - 1
        send(pieces[0], fin=last == 0)
        for index, piece in enumerate(pieces[1:], 1):
            for number in range(pings):
                self.conn.send_ping(ping_data(index, number))
            self.conn.send_continuation(piece, fin=index == last)
        self.transport.write(b"".join(self.conn.data_to_send()))

    @property
    def is_closed_here(self) -> bool:
        """Whether this side sent the first close frame."""
        return self.conn.close_sent is not None and self.conn.close_rcvd_then_sent is not True

    def handle_cont(self, event: Frame) -> None:
        """A further fragment of a message came."""
        if len(self.frames) >= MAX_FRAGMENTS:
            self.conn.send_close(1009, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    async def run_asgi(self) -> None:
        """The application's side of the connection; when it is over, so, soon, is the socket."""
        try:
            await super().run_asgi()
        finally:
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)


class _Endpoint(ServerProtocol):
    """Handshakes that are refused are refused in JSON; a close frame holds whatever code is asked for."""

    def send_close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame, also with a code that none may hold (RFC 6455 §7.4): a fault on purpose."""
        try:
            super().send_close(code, reason)
        except ProtocolError:
            if code is None or self.state is not State.OPEN:
                raise InvalidState("the connection is not open") from None
            self.send_frame(Frame(Opcode.CLOSE, struct.pack("!H", code) + reason.encode()))
            self.close_sent = Close(code, reason)
            self.state = State.CLOSING

    def reject(self, status: int, text: str) -> Response:
        """The response that refuses the handshake."""
        body = json.dumps({"error": text.strip()}).encode()
        response = super().reject(status, "")
        del response.headers["Content-Length"], response.headers["Content-Type"]
        response.headers["Content-Length"] = str(len(body))
        response.headers["Content-Type"] = CONTENT_TYPE
        response.body = body
        return response
