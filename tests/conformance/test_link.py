"""The suite's own server: every byte in its hand, and nothing that a worker sends breaks it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Any

import pytest
from dispatch_conformance.http11 import MAX_CONNECTIONS, Reply, Request
from dispatch_conformance.link import FREE_FRAMES, MAX_FRAME, Link
from dispatch_conformance.transcript import Transcript
from dispatch_conformance.wire import Wire
from dispatch_protocol.errors import TransportError
from dispatch_protocol.recording import Closed, Fault, Frame, Opened
from dispatch_protocol.vocabulary import Role
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

HANDSHAKE = (
    b"GET /any/path HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASK = b"\0\0\0\0"


class Bench:
    """A wire under test, what it called, and clients of it."""

    def __init__(self) -> None:
        self.transcript = Transcript("bench")
        self.frames: list[Frame] = []
        self.reply = Reply(body=b'{"ok":true}')
        self.wire = Wire(self.transcript, self.answer, lambda _link: None, self.note)

    async def answer(self, _request: Request) -> Reply:
        return self.reply

    def note(self, _link: Link, frame: Frame, _index: int) -> None:
        self.frames.append(frame)

    async def until(self, look: Callable[[], object]) -> None:
        assert await self.transcript.changes.until(lambda: bool(look()), 20)

    async def client(self, **options: Any) -> tuple[ClientConnection, Link]:
        client = await connect(self.wire.ws_url, proxy=None, compression=None, max_size=None, **options)
        await self.until(lambda: self.wire.links and self.wire.links[-1].open)
        return client, self.wire.links[-1]

    async def raw(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.wire.port)
        writer.write(data)
        await writer.drain()
        return reader, writer

    @property
    def oddities(self) -> list[str]:
        return [oddity.kind for oddity in self.transcript.oddities]

    def closing(self) -> Closed:
        return next(event for event in self.transcript.events if isinstance(event, Closed))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.wire.start()
    yield bench
    await bench.wire.stop()


async def test_any_path_is_upgraded_and_kept(bench: Bench) -> None:
    reader, writer = await bench.raw(HANDSHAKE)
    assert (await reader.readline()).startswith(b"HTTP/1.1 101")
    await bench.until(lambda: bench.transcript.events)
    assert bench.transcript.events[0] == Opened(
        t=bench.transcript.events[0].t, connection=1, path="/any/path"
    )
    writer.close()


async def test_a_frame_in_the_handshakes_own_segment_is_read(bench: Bench) -> None:
    _, writer = await bench.raw(HANDSHAKE + b"\x81\x82" + MASK + b"hi")
    await bench.until(lambda: bench.frames)
    assert bench.frames[0].text == "hi"
    writer.close()


async def test_text_binary_fragments_and_pings_go_both_ways(bench: Bench) -> None:
    client, link = await bench.client()
    link.send("täxt")
    link.send(b"\x00\xff", opcode="binary")
    link.send_fragments([b"one", b"", b" two"])
    assert [await client.recv(), await client.recv(), await client.recv()] == ["täxt", b"\x00\xff", "one two"]
    link.ping(b"data")
    await bench.until(lambda: link.pongs)
    assert link.pongs == [b"data"]
    await client.send("back")
    await client.send(b"bytes")
    await client.send(["in ", "three ", "parts"])
    await bench.until(lambda: len(bench.frames) == 4)
    kept = [(frame.opcode, frame.payload) for frame in bench.frames]
    assert kept == [("pong", b"data"), ("text", "back"), ("binary", b"bytes"), ("text", "in three parts")]
    assert bench.frames[3].fragments >= 3
    await client.close()


async def test_frames_sent_together_arrive_in_one_write(bench: Bench) -> None:
    reader, writer = await bench.raw(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    await bench.until(lambda: bench.wire.links[0].open)
    link = bench.wire.links[0]
    with link.together():
        link.send("a")
        link.send("b")
    assert await reader.read(100) == b"\x81\x01a\x81\x01b"
    writer.close()


async def test_raw_bytes_are_sent_as_they_are_and_kept_as_a_fault(bench: Bench) -> None:
    reader, writer = await bench.raw(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    link = bench.wire.links[0]
    link.raw(b"\xff\xff", "no frame at all")
    assert await reader.read(10) == b"\xff\xff"
    fault = bench.transcript.events[-1]
    assert isinstance(fault, Fault)
    assert fault.name == "raw"
    writer.close()


@pytest.mark.parametrize("code", [1000, 1012, 4001, 2999])
async def test_it_closes_with_any_code(bench: Bench, code: int) -> None:
    client, link = await bench.client()
    link.close(code, "why")
    with contextlib.suppress(ConnectionClosed):
        await client.recv()
    await bench.until(lambda: link.closed)
    assert link.closed is not None
    assert (link.closed.code, link.closed.by, link.closed.reason) == (code, Role.COORDINATOR, "why")
    with pytest.raises(TransportError):
        link.send("too late")


async def test_it_closes_without_a_code(bench: Bench) -> None:
    client, link = await bench.client()
    link.close()
    with pytest.raises(ConnectionClosed):
        await client.recv()
    assert client.close_code == 1005


async def test_a_clients_close_is_answered_and_kept(bench: Bench) -> None:
    client, link = await bench.client()
    await client.close(1000, "bye")
    await bench.until(lambda: link.closed)
    assert link.closed is not None
    assert (link.closed.code, link.closed.by, link.closed.reason) == (1000, Role.WORKER, "bye")


@pytest.mark.parametrize("way", ["drop", "abort"])
async def test_an_end_without_a_close_frame_is_1006(bench: Bench, way: str) -> None:
    client, link = await bench.client()
    getattr(link, way)()
    with pytest.raises(ConnectionClosed):
        await client.recv()
    assert client.close_code == 1006
    await bench.until(lambda: link.closed)
    assert link.closed is not None
    assert (link.closed.code, link.closed.by) == (1006, Role.COORDINATOR)


async def test_a_half_open_link_is_silent_but_still_sees(bench: Bench) -> None:
    client, link = await bench.client(ping_interval=None, close_timeout=0.2)
    link.mute()
    assert not link.open
    pong = await client.ping(b"there?")
    await client.send("still talking")
    await bench.until(lambda: any(frame.text == "still talking" for frame in bench.frames))
    assert not asyncio.ensure_future(pong).done()
    await client.close()
    await bench.until(lambda: link.closed)
    assert link.closed is not None
    assert link.closed.by is Role.WORKER


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x02hi", 1002),  # not masked
        (b"\xc1\x82" + MASK + b"hi", 1002),  # a reserved bit
        (b"\x83\x80" + MASK, 1002),  # a reserved opcode
        (b"\x80\x80" + MASK, 1002),  # a continuation of nothing
        (b"\x89\xfe\x00\x7e" + MASK + bytes(126), 1002),  # a ping of 126 bytes
        (b"\x88\x81" + MASK + b"x", 1002),  # a close of one byte
        (b"\x81\x82" + MASK + b"\xff\xfe", 1007),  # not UTF-8
    ],
)
async def test_bytes_against_rfc_6455_close_and_are_noted(bench: Bench, data: bytes, code: int) -> None:
    _, writer = await bench.raw(HANDSHAKE + data)
    await bench.until(lambda: bench.wire.links and bench.wire.links[0].closed)
    assert (bench.closing().code, bench.closing().by) == (code, Role.COORDINATOR)
    assert bench.oddities == ["protocol"]
    writer.close()


async def test_text_that_is_not_utf_8_is_kept_as_bytes(bench: Bench) -> None:
    _, writer = await bench.raw(HANDSHAKE + b"\x81\x82" + MASK + b"\xff\xfe")
    await bench.until(lambda: bench.frames)
    assert (bench.frames[0].opcode, bench.frames[0].payload) == ("text", b"\xff\xfe")
    writer.close()


async def test_a_frame_of_100_megabytes_is_refused_by_its_header(bench: Bench) -> None:
    announced = b"\x82\xff" + (100 * 1024 * 1024).to_bytes(8, "big") + MASK
    _, writer = await bench.raw(HANDSHAKE + announced + b"x" * 1000)
    await bench.until(lambda: bench.wire.links and bench.wire.links[0].closed)
    assert bench.closing().code == 1009
    assert bench.oddities == ["too_large"]
    writer.close()


async def test_a_message_of_many_fragments_has_the_same_limit(bench: Bench) -> None:
    piece = b"\x02\xff" + (1024 * 1024).to_bytes(8, "big") + MASK + bytes(1024 * 1024)
    more = b"\x00" + piece[1:]
    _, writer = await bench.raw(HANDSHAKE + piece)
    with contextlib.suppress(ConnectionError):
        for _ in range(MAX_FRAME // (1024 * 1024) + 2):
            writer.write(more)
            await writer.drain()
    await bench.until(lambda: bench.oddities)
    assert bench.oddities == ["too_large"]
    writer.close()


async def test_a_frame_beyond_the_protocols_limit_is_taken_whole(bench: Bench) -> None:
    client, _ = await bench.client()
    await client.send("x" * 2_000_000)
    await bench.until(lambda: bench.frames)
    assert len(bench.frames[0].text or "") == 2_000_000
    await client.close()


async def test_frames_without_end_are_cut_off(bench: Bench) -> None:
    _, writer = await bench.raw(HANDSHAKE)
    frame = b"\x81\x82" + MASK + b"{}"
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            writer.write(frame * 10_000)
            await writer.drain()
    await bench.until(lambda: bench.oddities)
    assert bench.oddities == ["flood"]
    assert len(bench.frames) == FREE_FRAMES
    writer.close()


async def test_more_connections_than_it_keeps_are_closed(bench: Bench) -> None:
    opened = [await bench.raw(HANDSHAKE) for _ in range(MAX_CONNECTIONS + 20)]
    await bench.until(lambda: bench.oddities)
    assert set(bench.oddities) == {"connections"}
    assert len(bench.wire.links) <= MAX_CONNECTIONS
    for _, writer in opened:
        writer.close()


async def test_a_place_is_free_again_once_a_connection_has_ended(bench: Bench) -> None:
    for _ in range(MAX_CONNECTIONS + 20):
        client, _ = await bench.client()
        await client.close()
        await bench.until(lambda: bench.wire.links[-1].closed)
    assert not bench.oddities


async def test_http_is_answered_on_the_same_port(bench: Bench) -> None:
    reader, writer = await bench.raw(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    text = await reader.readuntil(b'{"ok":true}')
    text += await reader.readuntil(b'{"ok":true}')
    assert text.count(b"HTTP/1.1 200") == 2
    writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n",
        b"x" * 100_000,
    ],
)
async def test_what_is_no_http_is_refused_and_survived(bench: Bench, data: bytes) -> None:
    reader, writer = await bench.raw(data)
    answer = await asyncio.wait_for(reader.read(), 20)
    assert answer.startswith((b"HTTP/1.1 4", b""))
    writer.close()
    client, _ = await bench.client()
    await client.close()


async def test_an_upgrade_that_is_refused_gets_the_status(bench: Bench) -> None:
    bench.wire.refusal = HTTPStatus.SERVICE_UNAVAILABLE
    reader, writer = await bench.raw(HANDSHAKE)
    assert (await reader.readline()).startswith(b"HTTP/1.1 503")
    assert not bench.transcript.connected
    writer.close()


@pytest.mark.parametrize(("fate", "got"), [("drop", b""), ("cut", b'{"ok":true}')])
async def test_answers_that_break_off(bench: Bench, fate: str, got: bytes) -> None:
    bench.reply = Reply(body=b'{"ok":true}', fate=fate)
    reader, writer = await bench.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 20)
        assert answer.endswith(got)
    writer.close()


async def test_requests_are_not_read_without_bound_ahead_of_their_answers(bench: Bench) -> None:
    bench.reply = Reply(delay=60)
    _, writer = await bench.raw(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
    piece = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n" * 30_000
    assert await taken(writer, piece, 64) < 64
    writer.transport.abort()


async def test_requests_of_a_client_that_reads_no_answers_are_not_answered_without_bound(
    bench: Bench,
) -> None:
    bench.reply = Reply(body=b"x" * 100_000)
    _, writer = await bench.raw(b"")
    piece = b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n" * 30_000
    assert await taken(writer, piece, 64) < 64
    (connection,) = bench.wire._server.connections  # what waits to be sent is seen from inside alone
    assert connection._transport is not None
    assert connection._transport.get_write_buffer_size() < 1_000_000
    writer.transport.abort()


async def taken(writer: asyncio.StreamWriter, piece: bytes, count: int) -> int:
    """How many of so many pieces are taken before nothing is any more for two seconds."""
    for number in range(count):
        writer.write(piece)
        try:
            async with asyncio.timeout(2):
                await writer.drain()
        except TimeoutError:
            return number
    return count


async def test_requests_that_wait_for_their_turn_are_all_answered(bench: Bench) -> None:
    bench.reply = Reply(body=b"!")
    request = b"GET /" + b"x" * 400 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    reader, writer = await bench.raw(b"")
    writer.write(request * 1_000)
    async with asyncio.timeout(20):
        for _ in range(1_000):
            answer = await reader.readuntil(b"!")
            assert answer.startswith(b"HTTP/1.1 200")
    writer.close()
