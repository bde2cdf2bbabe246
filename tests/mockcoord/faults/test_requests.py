"""Faults of HTTP over real sockets: each as a client sees it, and marked in the transcript."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.faults.catalogue import CATALOGUE
from dispatch_mockcoord.faults.kinds import Stage
from dispatch_mockcoord.faults.requests import MAX_CLAIM_BYTES, RequestFaults
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.watch import Watch
from dispatch_protocol.recording import Fault, Http, TranscriptEvent
from starlette.types import Message, Receive, Scope, Send

from tests.mockcoord.client import TASK, client, settings, worker

GRACE = "C-JOB-21"


class Scene:
    """A coordinator with faults around it, what its transcript shows, and what a client gets of it."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.events: list[TranscriptEvent] = []
        self.running = MockCoordinator(settings(), layers=[faults])
        self.running.tap(self.events.append)
        self.watch = Watch(self.running.settings.terms, lambda finding: None)
        self.running.tap(self.watch.event)
        self.http: httpx2.AsyncClient

    @property
    def marks(self) -> list[tuple[str, int | None, str]]:
        return [(mark.name, mark.exchange, mark.detail) for mark in self.events if isinstance(mark, Fault)]

    @property
    def exchanges(self) -> list[tuple[str, int, int | None]]:
        return [(seen.path, seen.status, seen.exchange) for seen in self.events if isinstance(seen, Http)]

    async def code(self) -> str:
        created = await self.http.post("/v1/trust/create", json={"user_id": "user"})
        return str(created.json()["pairing_code"])

    async def claim(self, code: str, key: str = "ab" * 32) -> httpx2.Response:
        return await self.http.post("/v1/trust/claim", json={"pairing_code": code, "provider_pubkey": key})


@asynccontextmanager
async def scene(*faults: str, seed: int = 1) -> AsyncIterator[Scene]:
    """A running scene; whatever the faults do to it, the coordinator is not blamed for it."""
    made = Scene(Faults(faults, seed=seed))
    async with made.running, client(made.running) as made.http:
        yield made
        made.watch.finish(made.running.switchboard.elapsed())
    assert {clause for clause in made.watch.counts if clause.startswith("C-")} <= {GRACE}


@pytest.mark.parametrize(("name", "status"), [("http_429", 429), ("http_503", 503)])
async def test_a_refusal_names_the_time_to_try_again(name: str, status: int) -> None:
    async with scene(f"{name}:retry_after=3,in_a_row=2,path=/v1/jobs/commit") as at:
        for _ in range(2):
            refused = await at.http.post("/v1/jobs/commit/fast", json=TASK)
            assert (refused.status_code, refused.headers["retry-after"]) == (status, "3")
            assert isinstance(refused.json()["error"], str)
        assert (await at.http.get("/v1/health")).status_code == 200
        assert (await at.http.post("/v1/jobs/commit/fast", json=TASK)).status_code == 201
        assert at.running.coordinator.dispatcher.pending_count == 1
    what = f"{name}:in_a_row=2,path=/v1/jobs/commit,retry_after=3 at POST /v1/jobs/commit/fast"
    assert at.marks == [(name, 1, what), (name, 2, what)]
    assert [number for _, _, number in at.exchanges] == [1, 2, None, None]
    assert at.faults.counts == {name: 2}
    assert [(seen.name, seen.connection) for seen in at.faults.injected] == [(name, None)] * 2


async def test_a_refusal_may_leave_the_time_open() -> None:
    async with scene("http_503:retry_after=0,method=get") as at:
        assert "retry-after" not in (await at.http.get("/v1/health")).headers
        assert (await at.http.post("/v1/demo/stop")).status_code == 200


@pytest.mark.parametrize("done", [0, 1])
async def test_an_error_before_or_after_the_request_was_carried_out(done: int) -> None:
    async with scene(f"http_500:count=1,done={done}") as at:
        failed = await at.http.post("/v1/jobs/commit/fast", json=TASK)
        assert (failed.status_code, failed.json()) == (500, {"error": "Internal server error"})
        assert at.running.coordinator.dispatcher.pending_count == done
        assert (await at.http.get("/v1/health")).status_code == 200
    assert at.exchanges == [("/v1/jobs/commit/fast", 500, 1), ("/v1/health", 200, None)]


@pytest.mark.parametrize("part", ["all", "body"])
async def test_an_answer_that_comes_late(part: str) -> None:
    async with scene(f"http_slow:seconds=0.3,part={part},count=1") as at:
        order: list[str] = []

        async def slowly() -> None:
            async with at.http.stream("GET", "/v1/health") as answer:
                order.append("head")
                assert (await answer.aread()).startswith(b'{"status":"ok"')
                order.append("body")

        asking = asyncio.create_task(slowly())
        while not at.marks:
            await asyncio.sleep(0.001)
        assert (await at.http.get("/v1/demo/status")).status_code == 200
        if part == "body":
            while not order:
                await asyncio.sleep(0.001)
        order.append("others")
        await asking
    assert order == (["others", "head", "body"] if part == "all" else ["head", "others", "body"])


async def test_a_client_that_does_not_wait_holds_nothing_up() -> None:
    async with scene("http_slow:seconds=3600,path=/v1/health") as at:
        with pytest.raises(httpx2.ReadTimeout):
            await at.http.get("/v1/health", timeout=0.2)
        while not at.exchanges:
            await asyncio.sleep(0.001)
        waiting = asyncio.create_task(at.http.get("/v1/health"))
        while len(at.marks) < 2:
            await asyncio.sleep(0.001)
    with pytest.raises(httpx2.HTTPError):
        await waiting
    assert at.exchanges == [("/v1/health", 0, 1), ("/v1/health", 0, 2)]


async def raw(running: MockCoordinator, request: bytes) -> bytes:
    """Everything that comes back for these bytes, until the connection ends. Raises OSError if it is torn."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


@pytest.mark.parametrize(("sent", "body"), [(5, b'{"sta'), (0, b""), (1_000_000, None)])
async def test_an_answer_that_is_cut_off(sent: int, body: bytes | None) -> None:
    async with scene(f"http_cut:bytes={sent},count=2") as at:
        came = await raw(at.running, b"GET /v1/health HTTP/1.1\r\nhost: x\r\n\r\n")
        head, _, rest = came.partition(b"\r\n\r\n")
        promised = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert head.startswith(b"HTTP/1.1 200 ")
        assert len(rest) < promised
        assert (rest == body) if body is not None else (len(rest) == promised - 1)
        with pytest.raises(httpx2.RemoteProtocolError):
            await at.http.get("/v1/health")
        assert (await at.http.get("/v1/health")).status_code == 200
    assert at.exchanges == [("/v1/health", 200, 1), ("/v1/health", 200, 2), ("/v1/health", 200, None)]


async def test_an_answer_without_a_body_can_be_cut_off_too() -> None:
    async with scene("http_cut") as at:
        came = await raw(at.running, b"OPTIONS /v1/health HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"content-length: 1\r\n" in came.lower()
        assert came.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("done", [0, 1])
async def test_a_connection_that_is_torn(done: int) -> None:
    async with scene(f"http_torn:count=1,done={done}") as at:
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
            await at.http.post("/v1/jobs/commit/fast", json=TASK)
        assert (await at.http.get("/v1/health")).status_code == 200
        assert at.running.coordinator.dispatcher.pending_count == done
    assert at.exchanges == [("/v1/jobs/commit/fast", 0, 1), ("/v1/health", 200, None)]


@pytest.mark.parametrize("error", ["invalid_code", "already_claimed", "expired"])
async def test_a_pairing_that_is_refused(error: str) -> None:
    async with scene(f"refuse_claim:error={error},count=1") as at:
        code = await at.code()
        refused = await at.claim(code)
        assert (refused.status_code, refused.json()) == (400, {"error": error})
        assert (await at.claim(code)).status_code == 200
    assert at.marks == [("refuse_claim", 1, f"refuse_claim:count=1,error={error} at POST /v1/trust/claim")]


async def test_a_pairing_that_fails_with_a_server_error() -> None:
    async with scene("http_500:path=/v1/trust/claim,done=1") as at:
        code = await at.code()
        assert (await at.claim(code)).status_code == 500
        at.faults.clear()
        assert (await at.claim(code)).json() == {"error": "already_claimed"}


async def test_claims_can_be_spoilt_for_one_worker_alone() -> None:
    async with scene("refuse_claim:worker=DESKTOP", "http_503:worker=cd,path=/V1/TRUST") as at:
        async with worker(at.running) as one:
            assert (await at.claim(await at.code(), one.identity.pubkey_hex.upper())).status_code == 400
        assert (await at.claim(await at.code(), one.identity.pubkey_hex)).status_code == 200
        assert (await at.claim(await at.code(), "CD" * 32)).status_code == 503
        for body in (b"", b"{", b"x" * 100_000, b'{"pairing_code":1,"provider_pubkey":2}'):
            answer = await at.http.post("/v1/trust/claim", content=body)
            assert answer.status_code == 400


async def test_of_a_claim_without_end_only_so_much_is_kept() -> None:
    """Behind that it is read as it comes, by whoever answers the request."""
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        assert taken < 100
        return {"type": "http.request", "body": b" " * 1_000, "more_body": True}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        heard = [await receive() for _ in range(taken + 1)]
        assert {len(message["body"]) for message in heard} == {1_000}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/trust/claim", "headers": [], "state": {}}
    async with scene("refuse_claim:worker=SEEKER") as at:
        await RequestFaults(answer, at.faults, at.running.switchboard)(scope, receive, send)
    assert taken == MAX_CLAIM_BYTES // 1_000 + 2


async def test_faults_at_one_request_act_together() -> None:
    faults = "http_500", "http_429", "http_cut:bytes=3", "http_slow:seconds=0.01"
    async with scene(*(f"{name}{',' if ':' in name else ':'}count=1" for name in faults)) as at:
        came = await raw(at.running, b"GET /v1/health HTTP/1.1\r\nhost: x\r\n\r\n")
        assert came.startswith(b"HTTP/1.1 500 ")
        assert came.endswith(b'\r\n\r\n{"e')
    assert [name for name, _, _ in at.marks] == ["http_500", "http_cut", "http_slow"]
    assert {number for _, number, _ in at.marks} == {1}


async def test_what_is_no_request_of_the_interface_is_let_pass_by_default() -> None:
    async with scene("http_500") as at, worker(at.running) as one:
        assert (await one.beat())["type"] == "heartbeat_ack"
        assert (await at.http.get("/dashboard")).status_code == 200
        assert (await at.http.get("/v1/health")).status_code == 500


async def pattern(seed: int) -> list[int]:
    async with scene("http_500:rate=0.5", "http_429:rate=0.3", seed=seed) as at:
        return [(await at.http.get("/v1/health")).status_code for _ in range(30)]


async def test_the_same_seed_strikes_the_same_requests() -> None:
    first: Any = await pattern(1)
    assert first == await pattern(1) != await pattern(2)
    assert set(first) == {200, 429, 500}


def test_every_fault_of_requests_is_tested_here() -> None:
    named = Path(__file__).read_text("utf-8")
    assert [
        kind for kind in CATALOGUE.values() if kind.stage is Stage.REQUEST and kind.name not in named
    ] == []


async def test_a_late_answer_comes_when_the_coordinators_clock_says_so() -> None:
    keeper, faults = Timekeeper(), Faults(["http_slow:seconds=3000"])
    running = MockCoordinator(settings(), clock=keeper.clock, layers=[keeper, faults])
    async with running, client(running) as http:
        asking = asyncio.create_task(http.get("/v1/health"))
        while not faults.injected:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        keeper.advance(2_900)
        await asyncio.sleep(0.05)
        assert not asking.done()
        keeper.advance(101)
        assert (await asking).status_code == 200
