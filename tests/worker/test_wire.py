"""One connection against a peer that sends and does not read: what waits for it stays bounded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from dispatch_protocol.errors import TransportError
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES
from dispatch_worker.effects import Close
from dispatch_worker.wire import MAX_QUEUED, MAX_REFUSAL_BYTES, Wire, open_wire
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.hostile import wire as raw
from tests.worker.listening import answer, listening

PING = raw.frame(raw.PING, b"x" * 125, masked=False)
EMPTY = raw.frame(raw.CONTINUATION, b"", masked=False, fin=False)

Conduct = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def deaf_peer(conduct: Conduct) -> AsyncIterator[str]:
    """A server that reads the opening handshake and nothing more; its address."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = (line.partition(b":") for line in head.split(b"\r\n"))
        key = next(value.strip() for name, _, value in lines if name.lower() == b"sec-websocket-key")
        cast("asyncio.Transport", writer.transport).pause_reading()
        writer.write(b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: " + raw.accept_token(key) + b"\r\n\r\n")
        try:
            await conduct(writer)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
            ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await asyncio.wait_for(ended.wait(), 20)
    finally:
        server.close()
        await server.wait_closed()


async def endless(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Write one piece until the connection is gone."""
    while True:
        writer.write(piece * 2000)
        await writer.drain()


async def pings(writer: asyncio.StreamWriter) -> None:
    await endless(writer, PING)


async def fragments(writer: asyncio.StreamWriter) -> None:
    writer.write(raw.frame(raw.TEXT, b"{", masked=False, fin=False))
    await endless(writer, EMPTY)


@pytest.mark.parametrize("conduct", [pings, fragments])
async def test_an_endless_flood_ends_the_connection(conduct: Conduct) -> None:
    async with deaf_peer(conduct) as url:
        wire = await open_wire(url, lambda: None)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(wire.receive(), 60)


async def test_w_end_2_a_goodbye_behind_frames_that_nobody_reads_has_its_time() -> None:
    gone = asyncio.Event()

    async def hold(_writer: asyncio.StreamWriter) -> None:
        await gone.wait()

    async with deaf_peer(hold) as url:
        wire = await open_wire(url, lambda: None)
        for _ in range(32):
            wire.send("x" * MAX_FRAME_BYTES)
        wire.close(Close(1000))
        await asyncio.wait_for(wire.write(), 20)
        gone.set()


@pytest.mark.parametrize(
    ("length", "message"),
    [(MAX_REFUSAL_BYTES, "HTTP 500"), (MAX_REFUSAL_BYTES + 1, "did not receive a valid HTTP response")],
)
async def test_the_body_of_a_refused_handshake_is_bounded(length: int, message: str) -> None:
    async with listening(answer(500, b"x" * length)) as server:
        with pytest.raises(TransportError, match=message):
            await asyncio.wait_for(open_wire(server.url.replace("http", "ws"), lambda: None), 20)


class Stuck:
    """A connection that has a message, and sends only once it is let."""

    def __init__(self) -> None:
        self.may_send = asyncio.Event()
        self.received = 0

    async def recv(self) -> str:
        self.received += 1
        return "message"

    async def send(self, frame: Any) -> None:
        await self.may_send.wait()


@pytest.mark.parametrize("frames", [["{}"] * MAX_QUEUED, ["x" * MAX_FRAME_BYTES]])
async def test_reading_waits_while_many_or_long_frames_are_unsent(frames: list[str]) -> None:
    connection = Stuck()
    wire = Wire(cast("ClientConnection", connection))
    for frame in frames:
        wire.send(frame)
    writing, reading = asyncio.create_task(wire.write()), asyncio.create_task(wire.receive())
    for _ in range(10):
        await asyncio.sleep(0)
    assert connection.received == 0
    connection.may_send.set()
    assert await asyncio.wait_for(reading, 20) == "message"
    writing.cancel()


async def test_reading_goes_on_below_the_bounds() -> None:
    connection = Stuck()
    wire = Wire(cast("ClientConnection", connection))
    for _ in range(MAX_QUEUED - 1):
        wire.send("{}")
    assert await asyncio.wait_for(wire.receive(), 20) == "message"
