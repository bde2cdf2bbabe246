"""Whatever is kept is kept in bounded number, and what is beyond that is refused in so many words."""

import asyncio
import json
import socket
from contextlib import suppress
from typing import Any

import httpx2
import pytest
import websockets
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.routes import MAX_USER_ID
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.canonical import Json, stringify

from tests.mockcoord.client import TASK, client, connected, settings, worker
from tests.mockcoord.driver import identity


async def post(http: httpx2.AsyncClient, path: str, **body: Any) -> tuple[int, Any]:
    answer = await http.post(path, json=body)
    return answer.status_code, answer.json()


async def test_pending_jobs_are_bounded_and_make_room() -> None:
    async with MockCoordinator(settings(max_pending_jobs=2)) as running, client(running) as http:
        for _ in range(2):
            assert (await post(http, "/v1/jobs/commit/fast", **TASK))[0] == 201
        refused = await post(http, "/v1/jobs/commit/cheap", **TASK)
        assert refused == (503, {"error": "Too many pending jobs"})
        async with worker(running) as one:
            assert (await one.hear())["type"] == "job_assign"
            assert (await post(http, "/v1/jobs/commit/fast", **TASK))[0] == 201


@pytest.mark.parametrize("large", [{"payload": {"task_type": "é" * 500}}, {"user_id": "\ud800" * 350}])
async def test_the_bytes_of_pending_jobs_are_bounded_and_make_room(large: dict[str, Any]) -> None:
    body = {**TASK, **large}
    async with MockCoordinator(settings(max_pending_bytes=1000)) as running, client(running) as http:
        for status in (201, 503):
            answer = await http.post(
                "/v1/jobs/commit/fast",
                content=stringify(body).encode(),
                headers={"content-type": "application/json"},
            )
            assert answer.status_code == status
        assert answer.json() == {"error": "Too many bytes in pending jobs"}
        async with worker(running) as one:
            assert (await one.hear())["type"] == "job_assign"
            assert running.switchboard.coordinator.dispatcher.pending_bytes == 0
            assert (await post(http, "/v1/jobs/commit/fast", **TASK))[0] == 201


async def test_open_codes_are_bounded_and_make_room() -> None:
    two = settings(terms=Terms(max_codes=2))
    async with MockCoordinator(two) as running, client(running) as http:
        codes = [(await post(http, "/v1/trust/create", user_id="user"))[1]["pairing_code"] for _ in range(2)]
        refused = await post(http, "/v1/trust/create", user_id="user")
        assert refused == (503, {"error": "Too many pairing codes"})
        claim = {"pairing_code": codes[0], "provider_pubkey": identity(1).pubkey_hex}
        assert (await post(http, "/v1/trust/claim", **claim))[0] == 200
        assert (await post(http, "/v1/trust/create", user_id="user"))[0] == 201


async def test_pairings_are_bounded_and_stay() -> None:
    two = settings(terms=Terms(max_pairings=2))
    async with MockCoordinator(two) as running, client(running) as http:
        for number in (1, 2):
            code = (await post(http, "/v1/trust/create", user_id="user"))[1]["pairing_code"]
            claim = {"pairing_code": code, "provider_pubkey": identity(number).pubkey_hex}
            assert (await post(http, "/v1/trust/claim", **claim))[0] == 200
        refused = await post(http, "/v1/trust/create", user_id="user")
        assert refused == (503, {"error": "Too many pairing codes"})
        assert len((await http.get("/v1/trust/list?user_id=user")).json()["providers"]) == 2


async def test_a_user_s_id_that_would_be_kept_is_bounded(running: MockCoordinator) -> None:
    async with client(running) as http:
        assert (await post(http, "/v1/trust/create", user_id="x" * MAX_USER_ID))[0] == 201
        refused = await post(http, "/v1/trust/create", user_id="x" * (MAX_USER_ID + 1))
        assert refused == (413, {"error": "Invalid user_id: too long"})
        assert len(running.coordinator.trust._open) == 1


async def test_workers_connections_are_bounded_and_make_room() -> None:
    async with MockCoordinator(settings(max_connections=2)) as running:
        async with worker(running, 1), worker(running, 2):
            with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
                async with connected(running):
                    pass
            response = refused.value.response
            body = Json.read(bytes(response.body or b"")).value
            assert (response.status_code, body) == (503, {"error": "Too many connections"})
            async with client(running) as http:
                assert (await http.get("/v1/health")).json()["workers_online"] == 2
        for _ in range(200):
            if not running.coordinator.registry.connections:
                break
            await asyncio.sleep(0.01)
        async with worker(running, 3):
            pass


async def test_sockets_are_bounded_and_make_room() -> None:
    """Also those on which nothing is ever said."""
    async with MockCoordinator(settings(max_sockets=3)) as running, worker(running):
        address = (running.settings.host, running.port)
        silent = [await asyncio.open_connection(*address) for _ in range(2)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection(*address)
        head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert json.loads(body) == {"error": "Too many connections"}
        writer.close()
        for _, open_writer in silent:
            open_writer.close()
        for _ in range(300):
            await asyncio.sleep(0.01)
            if len(running._server.server_state.connections) == 1:
                break
        async with client(running) as http:
            assert (await http.get("/v1/health")).json()["workers_online"] == 1


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_that_comes_at_the_very_end_is_not_left_open(turns: int) -> None:
    async with MockCoordinator(settings()) as ending:
        late = socket.create_connection(("127.0.0.1", ending.port))
        for _ in range(turns):
            await asyncio.sleep(0)
    with late, suppress(ConnectionResetError):
        late.settimeout(5)
        assert late.recv(1) == b""


async def test_a_request_on_a_socket_too_many_reads_as_any_refusal() -> None:
    async with MockCoordinator(settings(max_sockets=1)) as running, worker(running), client(running) as http:
        answer = await http.get("/v1/health")
        assert (answer.status_code, answer.json()) == (503, {"error": "Too many connections"})


async def test_what_a_worker_does_not_read_does_not_pile_up(running: MockCoordinator) -> None:
    """Frames of a connection are read only as fast as its answers leave."""
    async with connected(running) as one, connected(running) as other:
        one.socket.transport.pause_reading()
        flood = "[" + "1," * 30_000 + "1]"
        sending = asyncio.create_task(send_all(one.socket, flood, 3_000))
        await asyncio.sleep(0.3)
        line = running.switchboard.lines.get(1)
        assert line is not None
        assert len(vars(line)["_outbox"]) < 10
        assert vars(line)["_wire"].queue.qsize() < 50
        await other.say("null")
        assert (await other.hear())["code"] == "INVALID_MSG"
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        one.socket.transport.abort()


async def send_all(socket: websockets.ClientConnection, frame: str, times: int) -> None:
    for _ in range(times):
        await socket.send(frame)
