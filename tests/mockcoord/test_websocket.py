"""The WebSocket side over real sockets: a whole job, hostile frames, breaches of the protocol underneath."""

import asyncio
import socket
import sqlite3
import struct
from typing import Any

import pytest
import websockets
from dispatch_mockcoord import connections, wire
from dispatch_mockcoord.core.effects import Effect, Refused
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.canonical import Json
from dispatch_protocol.recording import Closed, Frame, Http, Opened, TranscriptEvent
from dispatch_protocol.vocabulary import Role
from websockets.exceptions import ConnectionClosed

from tests.mockcoord.client import AT_ONCE, TASK, client, connected, settings, worker

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(opcode: int, payload: bytes, fin: int = 0x80) -> bytes:
    """A client's frame under a mask of zeros."""
    length = (
        struct.pack("!B", 0x80 | len(payload))
        if len(payload) < 126
        else struct.pack("!BH", 0xFE, len(payload))
    )
    return bytes([fin | opcode]) + length + b"\0\0\0\0" + payload


async def exchange(running: MockCoordinator, *pieces: bytes) -> bytes:
    """What comes back over a raw connection until it is closed."""
    reader, writer = await asyncio.open_connection(running.settings.host, running.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        if piece is HANDSHAKE:
            await reader.readuntil(b"\r\n\r\n")
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


async def is_alive(running: MockCoordinator) -> bool:
    async with client(running) as http, worker(running, 9) as one:
        return (await http.get("/v1/health")).status_code == 200 and bool(await one.beat())


@pytest.mark.parametrize("path", ["/", "/ws", "/V1/anything/%00?query=1"])
async def test_a_job_from_commit_to_verified_receipt_on_any_path(running: MockCoordinator, path: str) -> None:
    """C-CON-1, C-CON-2."""
    async with client(running) as http, connected(running, path) as one:
        assert (await one.register())["type"] == "register_ack"
        job_id = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        assert (await http.get(f"/v1/jobs/{job_id}")).json()["status"] == "assigned"
        assert await one.work() == job_id
        answer = (await http.get(f"/v1/jobs/{job_id}")).json()
    assert list(answer) == ["id", "status", "result", "receipt", "created_at", "completed_at"]
    assert (answer["status"], answer["result"]) == ("completed", {"summary": "some text", "word_count": 2})
    assert list(answer["receipt"])[-2:] == ["signature", "verified"]
    assert answer["receipt"]["verified"] is True


async def test_any_origin_and_none_is_accepted(running: MockCoordinator) -> None:
    """C-CON-3."""
    for origin in (None, "null", "https://elsewhere.example"):
        async with websockets.connect(running.ws_url, origin=origin) as peer:  # type: ignore[arg-type]
            await peer.send("null")
            assert "INVALID_MSG" in str(await peer.recv())


async def test_pings_are_answered_and_fragments_put_together(running: MockCoordinator) -> None:
    """C-CON-4, C-FRM-6."""
    async with connected(running) as one:
        await asyncio.wait_for(await one.socket.ping(b"data"), 10)
        await one.socket.send(["{", '"type"', ":", '"né"', "}"])
        assert (await one.hear())["code"] == "UNKNOWN_MSG"


async def test_frames_of_all_sorts_are_answered_and_survived(running: MockCoordinator) -> None:
    """C-ERR-11, C-ERR-12."""
    async with worker(running) as one:
        deep = (
            '{"type":"job_complete","job_id":"x","output_hash":"","output":' + "[" * 9_000 + "]" * 9_000 + "}"
        )
        for frame, code in {
            "null": "INVALID_MSG",
            "{": "PARSE_ERROR",
            "[" * 500_000: "PARSE_ERROR",
            deep: "JOB_NOT_ASSIGNED",
            '{"type":"\\ud800"}': "UNKNOWN_MSG",
            '{"type":"\\u0000"}': "UNKNOWN_MSG",
            '{"type":"job_reject","job_id":"\\ud800","reason":""}': "JOB_NOT_ASSIGNED",
        }.items():
            await one.say(frame)
            assert (await one.hear())["code"] == code
        assert (await one.beat())["type"] == "heartbeat_ack"


async def test_a_strange_output_comes_back_as_canonical_text(running: MockCoordinator) -> None:
    """C-JOB-9, C-RCP-11."""
    output = '{"b":1.0,"2":"\\ud83d","1":1e400,"b":-0, "__proto__": "\\u2028/"}'
    async with client(running) as http, worker(running) as one:
        job_id = (await http.post("/v1/jobs/commit/cheap", json=TASK)).json()["job_id"]
        message = one.completion(await one.hear(), Json.read(output).value)
        frame = Json.of(message).text.replace(f'"output":{Json.read(output).canonical}', f'"output":{output}')
        assert output in frame
        await one.say(frame)
        await one.beat()
        answer = await http.get(f"/v1/jobs/{job_id}")
    assert f'"result":{Json.read(output).canonical},' in answer.text
    assert answer.json()["receipt"]["verified"] is True


async def test_an_early_receipt_is_not_shown_before_the_job_is_completed(running: MockCoordinator) -> None:
    """C-REST-11."""
    async with client(running) as http, worker(running) as one:
        job_id = (await http.post("/v1/jobs/commit/cheap", json=TASK)).json()["job_id"]
        whole = one.completion(await one.hear())
        signature = whole["receipt_signature"]
        await one.say({"type": "receipt_submit", "receipt": whole["receipt"], "signature": signature})
        await one.beat()
        assert (await http.get(f"/v1/jobs/{job_id}")).json()["receipt"] is None
        bare = {name: value for name, value in whole.items() if not name.startswith("receipt")}
        await one.say(bare)
        await one.beat()
        assert (await http.get(f"/v1/jobs/{job_id}")).json()["receipt"]["verified"] is True


async def test_a_message_above_the_limit_closes_with_1009() -> None:
    """C-LIM-1, C-LIM-2."""
    limited = settings(terms=Terms(settle_seconds=0, max_frame_bytes=1000))
    async with MockCoordinator(limited) as running:
        async with connected(running) as one:
            await one.say('{"type":"x"}'.ljust(1000))
            assert (await one.hear())["code"] == "UNKNOWN_MSG"
            await one.say('{"type":"x"}'.ljust(1001))
            with pytest.raises(ConnectionClosed) as closed:
                await one.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        async with connected(running) as one:
            await one.socket.send(["x" * 600, "x" * 600])
            with pytest.raises(ConnectionClosed) as closed:
                await one.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_mebibyte_is_accepted(running: MockCoordinator) -> None:
    async with connected(running) as one:
        await one.say('{"type":"x"}'.ljust(1_048_576))
        assert (await one.hear())["code"] == "UNKNOWN_MSG"


@pytest.mark.parametrize(
    ("breach", "code"),
    [
        (masked(1, b"\xff\xfe"), 1007),
        (masked(1, b"\xff\xfe") * 3, 1007),
        (masked(1, b"\xe2\x82", fin=0) + masked(0, b"\x28"), 1007),
        (b"\x81\x04null", 1002),
        (b"\xf1\x84\0\0\0\0null", 1002),
        (masked(3, b"x"), 1002),
        (masked(0, b"continuation of nothing"), 1002),
        (masked(1, b"x", fin=0) + masked(1, b"y"), 1002),
        (masked(9, b"x" * 126), 1002),
        (masked(9, b"x", fin=0), 1002),
        (masked(8, b"\x03"), 1002),
        (masked(8, b"\x00\x00"), 1002),
        (b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009),
    ],
    ids=lambda value: value[:8].hex() if isinstance(value, bytes) else str(value),
)
async def test_breaches_of_the_protocol_end_the_connection_alone(
    running: MockCoordinator, breach: bytes, code: int
) -> None:
    """C-FRM-8."""
    closed: list[Closed] = []
    running.tap(lambda event: closed.append(event) if isinstance(event, Closed) else None)
    answer = await exchange(running, HANDSHAKE, breach)
    assert answer[:1] == b"\x88"
    assert struct.unpack("!H", answer[2:4]) == (code,)
    assert await is_alive(running)
    assert (closed[0].code, closed[0].by) == (code, Role.COORDINATOR)


async def test_fragments_without_end_are_refused(
    running: MockCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_FRAGMENTS", 100)
    answer = await exchange(running, HANDSHAKE, masked(1, b"", fin=0) + masked(0, b"", fin=0) * 200)
    assert answer[2:4] == struct.pack("!H", 1009)
    assert await is_alive(running)


async def test_connections_cut_off_anywhere_leave_nothing(running: MockCoordinator) -> None:
    """C-JOB-15, over a connection that is reset instead of closed."""
    async with client(running) as http:
        async with worker(running) as one:
            job_id = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
            await one.hear()
            raw = one.socket.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.socket.transport.abort()
        while (answer := (await http.get(f"/v1/jobs/{job_id}")).json())["status"] == "assigned":
            await asyncio.sleep(0.01)
    assert (answer["status"], answer["result"]) == ("failed", {"error": "worker_disconnected"})
    assert (answer["receipt"], answer["completed_at"]) == (None, None)
    assert running.coordinator.registry.connections == set()


async def test_the_older_of_two_sockets_is_closed_with_4001(running: MockCoordinator) -> None:
    """C-REG-12."""
    async with worker(running) as older, worker(running) as newer:
        with pytest.raises(ConnectionClosed) as closed:
            await older.hear()
        assert (await newer.beat())["type"] == "heartbeat_ack"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


async def test_a_worker_dropped_for_silence_sees_a_close_without_a_code() -> None:
    """C-HBT-4."""
    async with MockCoordinator(settings()) as running, worker(running) as one:
        at = running.switchboard.clock.moment()
        later = at._replace(now=at.now + 40)
        running.switchboard._carry_out(running.coordinator.pass_time(later), later)
        with pytest.raises(ConnectionClosed) as closed:
            await one.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1005


async def test_a_connection_that_never_registers_is_closed() -> None:
    impatient = settings(terms=Terms(settle_seconds=0, register_seconds=0.05))
    async with MockCoordinator(impatient) as running, connected(running) as one:
        with pytest.raises(ConnectionClosed) as closed:
            await one.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_timers_run_by_themselves() -> None:
    quick = settings(terms=Terms(settle_seconds=0.05, window_seconds=0.1, worker_seconds=0.1))
    async with MockCoordinator(quick) as running, client(running) as http:
        first = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        await asyncio.sleep(0.15)
        async with worker(running) as one:
            second = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
            assert (await one.hear())["job_id"] == second
            await asyncio.sleep(0.15)
            results = [(await http.get(f"/v1/jobs/{job_id}")).json()["result"] for job_id in (first, second)]
    assert results == [{"error": "no_eligible_worker"}, {"error": "worker_timeout"}]


async def test_connections_are_bounded() -> None:
    async with MockCoordinator(settings(max_connections=1)) as running, connected(running):
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            async with connected(running):
                pass
        response = refused.value.response
        assert (response.status_code, Json.read(bytes(response.body or b"")).value) == (
            503,
            {"error": "Too many connections"},
        )


async def test_a_connection_that_cannot_be_opened_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise sqlite3.OperationalError

    async with MockCoordinator(settings(max_connections=1)) as running:
        with monkeypatch.context() as broken:
            broken.setattr(running.coordinator, "opened", fails)
            async with connected(running) as one:
                with pytest.raises(ConnectionClosed):
                    await one.hear()
        assert await is_alive(running)


async def test_a_peer_that_does_not_read_is_torn_down(
    running: MockCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent to it stops, and a close that cannot get through ends in an abort."""
    monkeypatch.setattr(connections, "CLOSE_SECONDS", 0.1)
    raw = socket.create_connection((running.settings.host, running.port))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(raw, HANDSHAKE)
    assert (await loop.sock_recv(raw, 4096)).endswith(b"\r\n\r\n")
    flood = masked(1, b'{"type":"' + b"x" * 50 + b'"}') * 1000
    for _ in range(400):
        try:
            taken = raw.send(flood)
        except BlockingIOError:
            break
        if taken < len(flood):
            break
        await asyncio.sleep(0)
    running.switchboard.stop()
    for _ in range(500):
        if not running.coordinator.registry.connections:
            break
        await asyncio.sleep(0.01)
    assert running.coordinator.registry.connections == set()
    raw.close()


async def test_a_flood_on_one_connection_leaves_the_others_their_turn(running: MockCoordinator) -> None:
    async with connected(running) as noisy, worker(running, 2) as quiet:
        for _ in range(3_000):
            await noisy.say("null")
        assert (await quiet.beat())["type"] == "heartbeat_ack"
        for _ in range(3_000):
            assert (await noisy.hear())["code"] == "INVALID_MSG"


async def test_taps_see_every_event_and_observers_every_effect(running: MockCoordinator) -> None:
    events: list[TranscriptEvent] = []
    effects: list[Effect] = []
    running.tap(events.append)
    running.observe(effects.append)
    async with client(running) as http, connected(running, "/tapped") as one:
        await one.say(b"\xff")
        await one.hear()
        await http.post("/v1/trust/claim?x=1", json={"pairing_code": "", "provider_pubkey": ""})
        await one.socket.close(1000, "done")
    kinds: list[Any] = [type(event) for event in events]
    assert kinds[:3] == [Opened, Frame, Frame]
    assert set(kinds[3:]) == {Http, Closed}
    opened, binary, error, *rest = events
    assert isinstance(opened, Opened)
    assert opened.path == "/tapped"
    assert isinstance(binary, Frame)
    assert (binary.opcode, binary.payload, binary.sender) == ("binary", b"\xff", Role.WORKER)
    assert isinstance(error, Frame)
    assert error.sender is Role.COORDINATOR
    exchange_seen = next(event for event in rest if isinstance(event, Http))
    assert (exchange_seen.path, exchange_seen.status, exchange_seen.sender) == (
        "/v1/trust/claim?x=1",
        400,
        "worker",
    )
    assert [event.t for event in events] == sorted(event.t for event in events)
    ended = next(event for event in rest if isinstance(event, Closed))
    assert (ended.code, ended.by, ended.reason) == (1000, Role.WORKER, "done")
    assert any(isinstance(effect, Refused) for effect in effects)


async def test_small_writes_are_not_held_back(running: MockCoordinator) -> None:
    async with connected(running):
        (connection,) = running._server.server_state.connections
        raw = connection.transport.get_extra_info("socket")
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


async def test_it_ends_with_1001_and_leaves_the_port_free() -> None:
    async with MockCoordinator(settings()) as running:
        context = connected(running)
        one = await context.__aenter__()
        port = running.port
    with pytest.raises(ConnectionClosed) as closed:
        await one.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    await context.__aexit__(None, None, None)
    async with MockCoordinator(settings(port=port, terms=AT_ONCE)) as again:
        assert await is_alive(again)
