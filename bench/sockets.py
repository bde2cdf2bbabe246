"""The load generators' ends of the connections: as little work as the protocols allow.

A WebSocket client (RFC 6455) that sends and takes whole text frames, and an HTTP/1.1 client that asks one
thing after the other on one connection. They trust the server: these are instruments, not clients to copy.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

_HANDSHAKE: Final = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_NO_MASK: Final = bytes(4)  # masking with zeros leaves the text as it is, and the server as much to undo
_CLOSE: Final = b"\x88\x80" + _NO_MASK
_TEXT_OPCODE: Final = 1
_PING_OPCODE: Final = 9


class WebSocket(asyncio.Protocol):
    """One WebSocket. `on_text` has every text frame; `opened` and `lost` tell of its beginning and end."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._on_text = on_text
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int, on_text: Callable[[str], None]) -> "WebSocket":
        """Open a connection to 127.0.0.1. Raises OSError."""
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: cls(on_text), "127.0.0.1", port)
        await made.opened
        return made

    def send(self, text: str) -> None:
        """Send a text frame; nothing happens once the connection is lost."""
        if self._transport is None or self._transport.is_closing():
            return
        data = text.encode()
        size = len(data)
        head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
        self._transport.write(head + _NO_MASK + data)

    def drop(self) -> None:
        """Cut the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Say goodbye; the server hangs up."""
        if self._transport is not None:
            self._transport.write(_CLOSE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection stands: ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(_HANDSHAKE)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("no upgrade"))
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        data = self._buffer + data
        if not self.opened.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(head.decode("latin-1")))
                self.drop()
                return
            self.opened.set_result(None)
        self._buffer = self._take_frames(data)

    def _take_frames(self, data: bytes) -> bytes:
        """Hand over every whole frame; gives the rest."""
        at = 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                size, start = int.from_bytes(data[start : start + width], "big"), start + width
            if len(data) < start + size:
                break
            opcode, payload = data[at] & 15, data[start : start + size]
            at = start + size
            if opcode == _TEXT_OPCODE:
                self._on_text(payload.decode())
            elif opcode == _PING_OPCODE and self._transport is not None:
                self._transport.write(b"\x8a" + bytes((0x80 | len(payload),)) + _NO_MASK + payload)
        return data[at:]


class HttpConnection(asyncio.Protocol):
    """One kept-alive connection for one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int) -> "HttpConnection":
        """Open a connection to 127.0.0.1. Raises OSError."""
        _, made = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return made

    async def request(self, head: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer; `head` is method and path. Raises ConnectionError."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("closed")
        kind = "Content-Type: application/json\r\n" if body else ""
        lines = f"{head} HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(lines.encode() + body)
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over, and whoever waits for an answer has none."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("lost"))

    def data_received(self, data: bytes) -> None:
        """Bytes came in: the answer, once its body is whole."""
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or self._answer is None or self._answer.done():
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or -1)
        if length < 0:
            self._answer.set_exception(ConnectionError("an answer without a length"))
            self.close()
        elif len(rest) >= length:
            self._buffer = rest[length:]
            self._answer.set_result((int(head[9:12]), rest[:length]))
