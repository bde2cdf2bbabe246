"""A small HTTP/1.1 server whose every answer can be scripted: well-formed, slow, cut off, or none at all.

h11 reads and writes; this module moves the bytes and bounds them. Source: RFC 9112.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import h11

MAX_BODY: Final = 16 * 1024 * 1024
"""The longest request body read, in bytes; 413 beyond it."""

MAX_CONNECTIONS: Final = 128
"""How many connections one server keeps open; a further one is closed at once."""

MAX_AHEAD: Final = 65_536
"""How many bytes are read behind a request that is not answered yet; more of them wait in the network."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body complete. Header names are lowercase; `target` holds the query too."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The first header of this (lowercase) name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer.

    `delay` is waited before the answer, and before each of the `pieces`, which follow the body one by one
    (the answer is chunked then). `fate` is `whole`, `cut` (the
    connection is aborted instead of ending the answer), `drop` (aborted instead of answering) or `silent`
    (never answered; the connection stays open).
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    delay: float = 0.0
    pieces: tuple[tuple[float, bytes], ...] = ()
    fate: str = "whole"
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Request], Awaitable[Reply]]
Upgrade = Callable[[asyncio.Transport, bytes], asyncio.Protocol | None]


@dataclass(slots=True)
class HttpServer:
    """A listening socket on 127.0.0.1. `upgrade` may take over a connection that asks for a WebSocket."""

    handler: Handler
    upgrade: Upgrade | None = None
    on_refused: Callable[[], None] | None = None
    port: int = 0
    connections: "set[_Connection]" = field(default_factory=set)
    taken: int = 0
    _server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        """Listen; `port` 0 takes a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", port, backlog=MAX_CONNECTIONS
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def connection(self) -> asyncio.Protocol:
        """The protocol of one more connection, for whoever listens instead of this server."""
        return _Connection(self)

    async def stop(self) -> None:
        """Stop listening and abort what is open. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"


class _Connection(asyncio.Protocol):
    """One TCP connection: requests one after another, or handed over to a WebSocket."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self._read_by_client = asyncio.Event()
        self._read_by_client.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  asyncio's own contract for streams
        if len(self._server.connections) + self._server.taken >= MAX_CONNECTIONS:
            transport.abort()
            if self._server.on_refused is not None:
                self._server.on_refused()
            return
        self._transport = transport
        self._server.connections.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._transport = None
        if self._answering is not None:
            self._answering.cancel()

    def abort(self) -> None:
        """Close without a word."""
        if self._transport is not None:
            self._transport.abort()

    def pause_writing(self) -> None:
        self._read_by_client.clear()

    def resume_writing(self) -> None:
        self._read_by_client.set()

    def eof_received(self) -> bool:
        return self._answering is not None  # the answer may still be read by a client that half-closed

    def data_received(self, data: bytes) -> None:
        if self._request is None:
            self._received += data
        try:
            self._http.receive_data(data)
            self._read()
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)
        self._hold_back()

    def _hold_back(self) -> None:
        """Read on only where no more than MAX_AHEAD waits for what came before it to be answered."""
        if self._transport is None:
            return
        if len(self._http.trailing_data[0]) > MAX_AHEAD:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _read(self) -> None:
        """Take h11's events until it needs more, pauses behind a request, or hands the connection over."""
        while True:
            event = self._http.next_event()
            match event:
                case h11.Request():
                    if self._handed_over(event):
                        return
                    self._request = event
                    if (b"expect", b"100-continue") in event.headers.raw_items():
                        self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
                case h11.Data():
                    self._body += event.data
                    if len(self._body) > MAX_BODY:
                        self._refuse(413)
                        return
                case h11.EndOfMessage():
                    self._answering = asyncio.get_running_loop().create_task(self._answer())
                case h11.ConnectionClosed():
                    self._close()
                    return
                case _:  # NEED_DATA or PAUSED
                    return

    def _handed_over(self, request: h11.Request) -> bool:
        wants = any(name == b"upgrade" and b"websocket" in value.lower() for name, value in request.headers)
        if not wants or self._server.upgrade is None or self._transport is None:
            return False
        taken = self._server.upgrade(self._transport, bytes(self._received))
        if taken is None:
            return False
        self._server.connections.discard(self)
        self._transport = None
        return True

    async def _answer(self) -> None:
        request, body = self._request, bytes(self._body)
        assert request is not None  # noqa: S101  only an ended request is answered
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
        target = request.target.decode("latin-1")
        reply = await self._server.handler(Request(request.method.decode("ascii"), target, headers, body))
        await asyncio.sleep(reply.delay)
        if reply.fate == "silent":
            return
        if reply.fate == "drop":
            self.abort()
            return
        await self._send(reply)
        if reply.fate == "cut":
            self._close()
            return
        await self._read_by_client.wait()
        self._finish()

    async def _send(self, reply: Reply) -> None:
        length = (
            ("Transfer-Encoding", "chunked") if reply.pieces else ("Content-Length", str(len(reply.body)))
        )
        if reply.fate == "cut" and not reply.pieces:
            length = ("Content-Length", str(len(reply.body) + 1))
        headers = [("Content-Type", reply.content_type), length, *reply.headers]
        self._write(self._http.send(h11.Response(status_code=reply.status, headers=headers)))
        if reply.body:
            self._write(self._http.send(h11.Data(data=reply.body)))
        for delay, piece in reply.pieces:
            await asyncio.sleep(delay)
            if piece:
                self._write(self._http.send(h11.Data(data=piece)))

    def _finish(self) -> None:
        self._write(self._http.send(h11.EndOfMessage()))
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            self._close()
            return
        self._http.start_next_cycle()
        self._request, self._answering = None, None
        self._body.clear()
        self._received.clear()
        try:
            self._read()
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)
        self._hold_back()

    def _refuse(self, status: int) -> None:
        if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [("Content-Length", "0"), ("Connection", "close")]
            self._write(self._http.send(h11.Response(status_code=status, headers=headers)))
            self._write(self._http.send(h11.EndOfMessage()))
        self._close()

    def _write(self, data: bytes | None) -> None:
        if data and self._transport is not None:
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
