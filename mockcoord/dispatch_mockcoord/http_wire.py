"""The server's HTTP protocol, with what uvicorn leaves open closed.

Nothing that a client sends may raise out of it, end up in the log, or keep a socket for good: request heads
are bounded, a request has so long to come in, and what is refused below the application is told so in JSON.
"""

import asyncio
import json
from typing import Any, ClassVar, Final

from dispatch_protocol.rest import CONTENT_TYPE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dispatch_mockcoord.joined import JoinedWrites

MAX_HEAD_BYTES: Final = 65_536
"""The longest request head, in bytes as they come; beyond it the answer is 431."""

REQUEST_SECONDS: Final = 30.0
"""How long a connection may take to begin a request, its head to come in, and its body after that."""

REFUSAL_SECONDS: Final = 1.0
"""How long a client that was refused may go on talking to nobody."""

_PHRASES: Final = {
    400: "Bad Request",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 with bounded requests, and JSON where a request cannot even be read.

    The application gets this object as the request state's `wire`. Of `max_sockets` sockets, upgraded ones
    among them, further ones are told 503, and closed.
    """

    max_sockets: ClassVar[int] = 30_000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = True
        self._head_bytes = 0
        self._is_over = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)
        if len(self.connections) > self.max_sockets:
            self._refuse(503, "Too many connections")
        else:
            self._await_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self._is_over:
            return
        was_in_head = self._is_in_head
        super().data_received(data)
        if self._is_over:
            return
        if self._is_in_head and was_in_head:
            self._head_bytes += len(data)
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431, "Request head too large")
        elif self._patience is None and self._is_owed_more:
            self._await_more()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_in_head = True
        self._head_bytes = 0
        self._stop_waiting()  # `data_received` begins to wait anew, unless all of the request is there
        super().on_message_begin()
        self.scope["state"]["wire"] = self

    def on_headers_complete(self) -> None:
        """Its head is complete."""
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Its body is complete."""
        self._stop_waiting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection becomes a WebSocket, which reads and writes for itself."""
        self._is_over = True
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

    @property
    def _is_owed_more(self) -> bool:
        """Whether the client has still to send something: a request is not whole, or none is under way.

        For the next request the server has a timer of its own, but any byte stops that, an empty line too.
        """
        is_idle = self.cycle is not None and self.cycle.response_complete
        is_partial = self._is_in_head or (self.cycle is not None and self.cycle.more_body)
        return is_partial or (is_idle and self.timeout_keep_alive_task is None)

    def _await_more(self) -> None:
        self._patience = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _give_up(self) -> None:
        """Close the connection, unless this side is the one that does not read."""
        if self.flow.read_paused:
            self._await_more()
        else:
            self.transport.close()

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
        self._is_over = True
        self.transport.write(head.encode("ascii") + body)
        self.transport.write_eof()
        # Closed a little later: closing over unread bytes would destroy the answer on its way.
        self._stop_waiting()
        self._patience = self.loop.call_later(REFUSAL_SECONDS, self.transport.close)


def http_protocol(max_sockets: int) -> type[HttpProtocol]:
    """The protocol of a server that takes so many sockets at once."""
    return type("BoundedHttpProtocol", (HttpProtocol,), {"max_sockets": max_sockets})
