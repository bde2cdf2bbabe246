"""What the server itself does with bytes that never become a request or a frame, or with peers that stall."""

import asyncio
import logging
import socket
from collections.abc import Sequence

import pytest
from dispatch_mockcoord import http_wire
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.wire import WebSocketProtocol
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.mockcoord.client import settings
from tests.mockcoord.test_websocket import HANDSHAKE, exchange, is_alive, masked

HEALTH = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
PING = 0x9


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02 nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/trust/claim HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short"),
        HANDSHAKE.replace(b"Version: 13", b"Version: 7"),
        HANDSHAKE.replace(b"Sec-WebSocket-Key", b"Other"),
    ],
    ids=range(7),
)
async def test_what_is_no_request_is_refused_in_json(running: MockCoordinator, request_bytes: bytes) -> None:
    """C-REST-18, C-REST-23."""
    answer = await exchange(running, request_bytes)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.1 426"))
    assert b"application/json" in head
    assert b'{"error": "' in body
    assert await is_alive(running)


async def test_a_head_without_end_is_refused(running: MockCoordinator) -> None:
    reader, writer = await asyncio.open_connection(running.settings.host, running.port)
    writer.write(b"GET /v1/health HTTP/1.1\r\nX: ")
    for _ in range(70):
        writer.write(b"x" * 1024)
        await asyncio.sleep(0)
    assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 431 ")
    writer.close()
    assert await is_alive(running)


async def test_a_head_that_does_not_come_ends_the_connection(
    running: MockCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_wire, "REQUEST_SECONDS", 0.05)
    assert await exchange(running) == b""
    assert await exchange(running, b"GET / HTT") == b""


@pytest.mark.parametrize(
    "body", [b"Content-Length: 10\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{"]
)
async def test_a_body_that_does_not_come_ends_the_connection(
    running: MockCoordinator, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(http_wire, "REQUEST_SECONDS", 0.05)
    head = b"POST /v1/trust/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    assert await exchange(running, head + body) == b""
    assert running._server.server_state.tasks == set()


async def test_empty_lines_do_not_keep_a_connection(
    running: MockCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9112 §2.2 lets a client send one before a request; behind it something has to come."""
    monkeypatch.setattr(http_wire, "REQUEST_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection(running.settings.host, running.port)
    for _ in range(2):
        writer.write(b"\r\n" + HEALTH)
        assert (await asyncio.wait_for(reader.readuntil(b"}"), 10)).startswith(b"HTTP/1.1 200 ")
    writer.write(b"\r\n")
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


class Slow(Layer):
    """A layer that looks at no request for a while."""

    def middleware(self) -> Sequence[Middleware]:
        return (Middleware(Waiting),)


class Waiting:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.15)
        await self.app(scope, receive, send)


async def test_a_client_is_not_cut_off_because_this_side_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """It owes nothing: what is missing of its request has not been read."""
    monkeypatch.setattr(http_wire, "REQUEST_SECONDS", 0.02)
    head = (
        b"POST /v1/jobs/commit/fast HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 90000\r\n\r\n"
    )
    async with MockCoordinator(settings(), layers=[Slow()]) as running:
        reader, writer = await asyncio.open_connection(running.settings.host, running.port)
        writer.write(head + b"x" * 80_000)
        await asyncio.sleep(0.01)
        writer.write(b"x" * 10_000)
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 400 ")
        writer.close()


async def test_a_request_before_a_websocket_does_not_end_it(
    running: MockCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a WebSocket owes is another's concern."""
    monkeypatch.setattr(http_wire, "REQUEST_SECONDS", 0.02)
    reader, writer = await asyncio.open_connection(running.settings.host, running.port)
    writer.write(HEALTH)
    await reader.readuntil(b"}")
    writer.write(HANDSHAKE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    await asyncio.sleep(0.1)
    writer.write(masked(1, b"null"))
    assert b"INVALID_MSG" in await asyncio.wait_for(reader.readuntil(b"}"), 10)
    writer.close()


async def test_every_head_is_measured_by_itself(running: MockCoordinator) -> None:
    """However many come on one connection, in however many pieces."""
    reader, writer = await asyncio.open_connection(running.settings.host, running.port)
    for _ in range(4):
        for piece in (HEALTH[:-2], b"X: " + b"x" * 20_000, b"\r\n\r\n"):
            writer.write(piece)
            await asyncio.sleep(0.01)
        assert (await asyncio.wait_for(reader.readuntil(b"}"), 10)).startswith(b"HTTP/1.1 200 ")
    writer.close()


@pytest.mark.parametrize("before", [1, 3])
async def test_nonsense_behind_a_request_is_refused_and_logged_nowhere(
    running: MockCoordinator, caplog: pytest.LogCaptureFixture, before: int
) -> None:
    """The requests before it are not answered any more: behind the refusal nothing is sent."""
    with caplog.at_level(logging.DEBUG, "dispatch_mockcoord"):
        answer = await exchange(running, HEALTH * before + b"\x00 nonsense\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert [record for record in caplog.records if record.name in ("dispatch_mockcoord", "asyncio")] == []
    assert await is_alive(running)


async def test_pings_are_read_only_as_fast_as_the_pongs_are_taken(running: MockCoordinator) -> None:
    """A peer that pings and never reads is not read from; once it reads, it has a pong for every ping."""
    loop = asyncio.get_running_loop()
    with socket.create_connection((running.settings.host, running.port)) as raw:
        raw.setblocking(False)
        await loop.sock_sendall(raw, HANDSHAKE)
        assert (await loop.sock_recv(raw, 4096)).endswith(b"\r\n\r\n")
        (protocol,) = running._server.server_state.connections
        assert isinstance(protocol, WebSocketProtocol)
        for end in (raw, protocol.transport.get_extra_info("socket")):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        flood, sent, refused = masked(PING, b"x" * 125) * 1000, 0, 0
        while refused < 50 and sent < 10_000_000:
            try:
                sent += raw.send(flood[sent % 131 :])
                refused = 0
            except BlockingIOError:
                refused += 1
                await asyncio.sleep(0.002)
            await asyncio.sleep(0)
        assert not protocol.writable.is_set()
        assert protocol.transport.get_write_buffer_size() < 1_000_000
        rest = flood[sent % 131 : 131] if sent % 131 else b""
        sending = asyncio.create_task(loop.sock_sendall(raw, rest + masked(PING, b"again")))
        taken = 0
        async with asyncio.timeout(running.settings.terms.register_seconds / 2):
            while taken < -(-sent // 131) * 127 + len(b"\x8a\x05again"):
                taken += len(await loop.sock_recv(raw, 65_536))
        await sending
