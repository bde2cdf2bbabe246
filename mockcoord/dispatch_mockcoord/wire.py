"""The two protocols of the server, with what uvicorn leaves open closed.

Nothing that a peer sends may raise out of a protocol, end up in the log, or pile up in memory: request heads
and the fragments of a message are bounded, and what is refused below the application is answered in JSON too.
"""

import asyncio
import json
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dispatch_protocol.rest import CONTENT_TYPE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState, ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from dispatch_mockcoord.joined import JoinedWrites
from dispatch_mockcoord.lines import ping_data

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent

MAX_HEAD_BYTES: Final = 65_536
"""The longest request head, in bytes as they come; beyond it the answer is 431."""

MAX_FRAGMENTS: Final = 65_536
"""How many frames a message may be cut into; beyond it the connection is closed with 1009."""

HEAD_SECONDS: Final = 30.0
"""How long a request head may take to come in, and a connection to begin its first."""

REFUSAL_SECONDS: Final = 1.0
"""How long a client that was refused may go on talking to nobody."""

LINGER_SECONDS: Final = 15.0
"""How long a socket may outlive the application's interest in it, before it is torn down."""

_ABNORMAL: Final = 1006
_SWITCHING: Final = 101
_PHRASES: Final = {
    400: "Bad Request",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 with bounded request heads, and JSON where the request cannot even be read.

    The application gets this object as the request state's `wire`. Of `max_sockets` sockets, upgraded ones
    among them, further ones are told 503, and closed.
    """

    max_sockets: ClassVar[int] = 30_000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = True
        self._head_bytes = 0
        self._is_refused = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)
        if len(self.connections) > self.max_sockets:
            self._refuse(503, "Too many connections")
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._is_refused:
            return
        was_in_head = self._is_in_head
        super().data_received(data)
        if self._is_in_head and not self._is_refused:
            if self._patience is None:
                self._await_head()
            if was_in_head:
                self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, "Request head too large")

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_in_head = True
        self._head_bytes = 0
        self._stop_waiting()  # `data_received` begins to wait anew, unless all of the head is there
        super().on_message_begin()
        self.scope["state"]["wire"] = self

    def on_headers_complete(self) -> None:
        """Its head is complete."""
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection becomes a WebSocket, which writes for itself."""
        if isinstance(self.transport, JoinedWrites):
            self.transport = self.transport.transport
        super().handle_websocket_upgrade()

    def abort(self) -> None:
        """Tear the socket down, whatever is still to be sent."""
        self.transport.abort()

    def hang_up(self) -> None:
        """Close the connection behind what was sent, complete or not."""
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """The request cannot be read."""
        self._refuse(400, msg)

    def _await_head(self) -> None:
        self._patience = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _refuse(self, status: int, text: str) -> None:
        body = json.dumps({"error": text}).encode()
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\ncontent-type: {CONTENT_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self._is_refused = True
        self.transport.write(head.encode("ascii") + body)
        self.transport.write_eof()
        # Closed a little later: closing over unread bytes would destroy the answer on its way.
        self._stop_waiting()
        self._patience = self.loop.call_later(REFUSAL_SECONDS, self.transport.close)


def http_protocol(max_sockets: int) -> type[HttpProtocol]:
    """The protocol of a server that takes so many sockets at once."""
    return type("BoundedHttpProtocol", (HttpProtocol,), {"max_sockets": max_sockets})


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

    def hold(self) -> None:
        """Read nothing from the socket any more."""
        self._is_held = True
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def release(self) -> None:
        """Read again, unless something that was read still waits to be taken."""
        self._is_held = False
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    async def receive(self) -> "ASGIReceiveEvent":
        """The next message for the application; taking it lets the socket be read on, unless it is held."""
        message = await super().receive()
        if self._is_held and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

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
