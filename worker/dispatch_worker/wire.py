"""One connection: how it is opened, what is sent on it, how it ends.

Frames leave in the order in which they were given, and the closing handshake comes after the last of them. A
session's effects never wait for the network: they are queued here, and reading pauses while the other side
does not read, so that the queue stays short. Pongs bypass the queue, as the library answers pings by itself:
who sends pings and reads nothing is cut off. Source: RFC 6455.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from dispatch_protocol.errors import TransportError
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES
from websockets import http11
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.frames import CTRL_OPCODES, Frame

from dispatch_worker.effects import Close

OPEN_SECONDS: Final = 10.0
"""How long the opening handshake may take, the TCP connection included."""

CLOSE_SECONDS: Final = 1.5
"""How long the last frames and the closing handshake may take before the TCP connection is cut."""

MAX_QUEUED: Final = 64
"""How many frames wait to be sent before reading pauses."""

MAX_QUEUED_CHARACTERS: Final = MAX_FRAME_BYTES
"""How long the frames that wait may be together before reading pauses."""

MAX_UNSENT_BYTES: Final = 2 * MAX_FRAME_BYTES
"""How much may lie unread before the other side's next ping ends the connection; one frame and more fits."""

MAX_REFUSAL_BYTES: Final = 131_072
"""How long a refused handshake's body may be; the library's megabyte, in single bytes, takes it a minute."""

http11.MAX_BODY_SIZE = MAX_REFUSAL_BYTES

ABNORMAL: Final = 1006
"""The code of a connection that ended without a close frame (RFC 6455 §7.1.5)."""

_SILENT: Final = logging.Logger("dispatch_worker.websockets", logging.CRITICAL + 1)
"""The library's own log says what the session says, in more words, some of them the other side's."""


class Wire:
    """A connection and its queue. `write` has to run beside whoever reads."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._queue: deque[str] = deque()
        self._characters = 0
        self._goodbye: Close | None = None
        self._is_over = False
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()

    def send(self, frame: str) -> None:
        """Queue a text frame."""
        self._queue.append(frame)
        self._characters += len(frame)
        self._filled.set()

    def close(self, goodbye: Close) -> None:
        """Let `write` end with the closing handshake behind the last frame, within CLOSE_SECONDS."""
        self._goodbye = goodbye
        self._filled.set()
        loop = asyncio.get_running_loop()
        loop.call_later(CLOSE_SECONDS, self._connection.transport.abort)

    async def receive(self) -> str | bytes:
        """The next message, once there is room for answers. Raises ConnectionClosed at the end."""
        while len(self._queue) >= MAX_QUEUED or self._characters >= MAX_QUEUED_CHARACTERS:
            self._drained.clear()
            await self._drained.wait()
        try:
            return await self._connection.recv()
        except ConnectionClosed:
            self._is_over = True
            self._filled.set()
            raise

    async def write(self) -> None:
        """Send what is queued until the connection ends or `close` was asked for."""
        with suppress(ConnectionClosed):
            while not self._is_over:
                while self._queue:
                    await self._connection.send(self._queue[0])
                    self._characters -= len(self._queue.popleft())
                    self._drained.set()
                if self._goodbye is not None:
                    await self._connection.close(self._goodbye.code, self._goodbye.reason)
                    break
                self._filled.clear()
                await self._filled.wait()
        self._queue.clear()
        self._characters = 0
        self._drained.set()


async def open_wire(url: str, on_control: Callable[[], None]) -> Wire:
    """Open a connection; `on_control` is called for each control frame, pings and pongs among them.

    No compression, no proxy, no pings of this side's own; a message beyond MAX_FRAME_BYTES, or of thousands
    of fragments, ends the connection with 1009. Raises TransportError, not yet escaped, where none comes
    about.
    """

    class Connection(ClientConnection):
        def process_event(self, event: Any) -> None:
            if isinstance(event, Frame) and event.opcode in CTRL_OPCODES:
                on_control()
                if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                    self.transport.abort()
            super().process_event(event)

    try:
        connection = await _Dial(
            url,
            create_connection=Connection,
            compression=None,
            proxy=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,
            max_size=MAX_FRAME_BYTES,
            logger=_SILENT,
        )
    except (OSError, TimeoutError, WebSocketException, ValueError) as error:
        raise TransportError(str(error) or type(error).__name__) from None
    return Wire(connection)


def close_of(closed: ConnectionClosed) -> tuple[int, str]:
    """The code and reason of a connection's end: what was received, else what was sent, else ABNORMAL."""
    frame = closed.rcvd or closed.sent
    return (frame.code, frame.reason) if frame is not None else (ABNORMAL, "")


class _Dial(connect):
    """Opens a connection where the operator said, and nowhere else: redirects are failures."""

    def process_redirect(self, exc: Exception) -> Exception:
        """No redirect is valid."""
        return exc
