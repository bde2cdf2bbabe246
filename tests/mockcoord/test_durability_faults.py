"""A store that fails while the coordinator runs: nobody is told what is not stored, and nothing is lost."""

import asyncio
import resource
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any

import httpx2
import pytest
from dispatch_mockcoord import gate
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import Pairing
from dispatch_mockcoord.database import StoreError
from dispatch_mockcoord.file_store import FileStore
from dispatch_mockcoord.server import MockCoordinator

from tests.mockcoord.client import TASK, client, settings, worker
from tests.mockcoord.driver import Driver, identity
from tests.mockcoord.test_cli import process

UNAVAILABLE = (503, {"error": "The store is not available"})


@contextmanager
def outage(running: MockCoordinator) -> Iterator[None]:
    """Every write of this coordinator's store fails meanwhile."""
    store = running.switchboard.store
    honest = store.write

    def full(jobs: Collection[Job], pairings: Iterable[Pairing]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    store.write = full  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.write = honest  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "RETRY_SECONDS", 0.01)


async def post(http: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    answer = await http.post(path, json=body)
    return answer.status_code, answer.json()


async def status_of(http: httpx2.AsyncClient, job_id: str) -> str:
    return str((await http.get(f"/v1/jobs/{job_id}")).json()["status"])


async def reached(what: Callable[[], bool]) -> None:
    for _ in range(1000):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never came about")


async def test_a_commit_that_cannot_be_stored_never_was(running: MockCoordinator) -> None:
    """C-DUR-1, C-DUR-7: the client hears 503, no worker hears of it, and the next one comes through."""
    async with client(running) as http, worker(running) as one:
        with outage(running):
            assert await post(http, "/v1/jobs/commit/fast", TASK) == UNAVAILABLE
            assert await post(http, "/v1/jobs/commit/fast", TASK) == UNAVAILABLE
            assert running.coordinator.registry.workers[1].job_id is None
            assert running.coordinator.dispatcher.earliest == inf
        await reached(lambda: not running.switchboard._gate.is_shut)
        job_id = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        assert await one.work() == job_id
        assert [job.id for job in running.switchboard.store.recent(9)] == [job_id]


async def test_a_commit_that_would_have_waited_is_gone_too(running: MockCoordinator) -> None:
    async with client(running) as http:
        with outage(running):
            assert await post(http, "/v1/jobs/commit/fast", TASK) == UNAVAILABLE
        assert running.coordinator.dispatcher.pending_count == 0
        await reached(lambda: not running.switchboard._gate.is_shut)
        async with worker(running) as one:
            assert (await one.beat())["type"] == "heartbeat_ack"


async def test_an_answer_that_cannot_be_stored_waits_and_counts(running: MockCoordinator) -> None:
    """What a client sees does not run ahead of the store; frames leave in their order."""
    async with client(running) as http, worker(running) as one:
        job_id = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        assignment = await one.hear()
        with outage(running):
            await one.say(one.completion(assignment))
            await one.say({"type": "heartbeat", "provider_pubkey": one.identity.pubkey_hex})
            await one.say("null")
            await reached(lambda: running.switchboard._gate.is_shut)
            assert await status_of(http, job_id) == "assigned"
            assert await post(http, "/v1/trust/create", {"user_id": "user"}) == UNAVAILABLE
            await asyncio.sleep(0.05)
            assert await status_of(http, job_id) == "assigned"
        assert (await one.hear())["type"] == "heartbeat_ack"
        assert (await one.hear())["code"] == "INVALID_MSG"
        found = (await http.get(f"/v1/jobs/{job_id}")).json()
        assert (found["status"], found["receipt"]["verified"]) == ("completed", True)


async def test_a_claim_that_cannot_be_stored_leaves_the_code_open(running: MockCoordinator) -> None:
    async with client(running) as http:
        code = (await http.post("/v1/trust/create", json={"user_id": "user"})).json()["pairing_code"]
        claim = {"pairing_code": code, "provider_pubkey": identity(1).pubkey_hex}
        with outage(running):
            assert await post(http, "/v1/trust/claim", claim) == UNAVAILABLE
            assert (await http.get("/v1/trust/list?user_id=user")).json() == {"providers": []}
            assert await post(http, "/v1/trust/create", {"user_id": "user"}) == UNAVAILABLE
        await reached(lambda: not running.switchboard._gate.is_shut)
        assert (await post(http, "/v1/trust/claim", claim))[0] == 200


async def test_while_much_waits_frames_stay_unread(
    running: MockCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MAX_WAITING", 20)
    async with client(running) as http, worker(running) as one:
        with outage(running):
            assert await post(http, "/v1/jobs/commit/fast", TASK) == UNAVAILABLE
            for _ in range(200):
                await one.say("null")
            await asyncio.sleep(0.05)
            assert len(running.switchboard._gate._waiting) < 30
        for _ in range(200):
            assert (await one.hear())["code"] == "INVALID_MSG"


async def test_a_read_that_fails_is_503(running: MockCoordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job_id: str) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(running.switchboard.store, "job", broken)
    async with client(running) as http:
        answer = await http.get("/v1/jobs/some")
        assert (answer.status_code, answer.json()) == UNAVAILABLE
        assert (await http.get("/v1/health")).status_code == 200


async def test_a_full_database_takes_up_work_again_when_there_is_room(tmp_path: Path) -> None:
    """SQLite's own refusal (SQLITE_FULL), in the middle of a transaction."""
    path = str(tmp_path / "dispatch.db")
    big = {**TASK, "payload": {"task_type": "summarize", "input": "x" * 50_000}}
    async with MockCoordinator(settings(db=path)) as running, client(running) as http, worker(running) as one:
        store = running.switchboard.store
        assert isinstance(store, FileStore)
        database = store._db
        database.execute("PRAGMA max_page_count = 60")
        accepted: list[str] = []
        while (answer := await post(http, "/v1/jobs/commit/fast", big))[0] == 201:
            accepted.append(answer[1]["job_id"])
        assert answer == UNAVAILABLE
        assert 2 <= len(accepted) < 10
        first = await one.hear()
        await one.say(one.completion(first, {"text": "y" * 50_000}))
        await reached(lambda: running.switchboard._gate.is_shut)
        assert [await status_of(http, job_id) for job_id in accepted[:2]] == ["assigned", "pending"]
        database.execute("PRAGMA max_page_count = 100000")
        second = await one.hear()
        assert [first["job_id"], second["job_id"]] == accepted[:2]
        assert await status_of(http, accepted[0]) == "completed"
        assert len(running.switchboard.store.recent(99)) == len(accepted)


async def test_a_process_whose_file_cannot_grow_lives_on(tmp_path: Path) -> None:
    """The system's refusal (EFBIG), as over a quota; it takes up work again when that is lifted."""
    with process("--db", str(tmp_path / "dispatch.db"), "--settle-ms", "0") as (running, url):
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
        async with httpx2.AsyncClient(base_url=url, timeout=10) as http:
            accepted = []
            while (answer := await post(http, "/v1/jobs/commit/fast", TASK))[0] == 201:
                accepted.append(answer[1]["job_id"])
            assert answer == UNAVAILABLE
            assert (await http.get("/v1/health")).status_code == 200
            assert {await status_of(http, job_id) for job_id in accepted} == {"pending"}
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, unlimited)
            for _ in range(200):
                answer = await post(http, "/v1/jobs/commit/fast", TASK)
                if answer[0] == 201:
                    break
                await asyncio.sleep(0.05)
            assert answer[0] == 201
            assert await status_of(http, answer[1]["job_id"]) == "pending"


async def test_a_store_that_fails_at_the_start_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "dispatch.db")
    before = Driver()
    before.join(1)
    held = before.commit()
    store = FileStore(path)
    store.write([before.jobs[held]], [])
    store.close()

    def full(self: FileStore, jobs: object, pairings: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(FileStore, "write", full)
        with pytest.raises(StoreError, match=r"cannot use the database .*: database or disk is full"):
            await MockCoordinator(settings(db=path)).__aenter__()
    async with MockCoordinator(settings(db=path)) as running, client(running) as http:
        assert await status_of(http, held) == "failed"
