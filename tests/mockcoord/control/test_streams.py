"""Server-sent events: live, resumed, filtered, bounded; who reads slowly, and who does not read at all."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest
from dispatch_mockcoord.control import streams as module
from dispatch_mockcoord.control.happenings import KINDS, MAX_TEXT
from dispatch_mockcoord.control.journal import MAX_BATCH_BYTES, RING, Journal
from dispatch_mockcoord.control.streams import MAX_STREAMS, EventStream, Streams

from tests.mockcoord.client import TASK, connected, worker
from tests.mockcoord.control.stage import WAIT, Told, listening, stage


def numbers(told: list[Told]) -> list[int]:
    return [int(one.id.rpartition("-")[2]) for one in told]


async def test_a_job_as_it_moves() -> None:
    async with stage() as where, worker(where.running) as session, listening(where) as stream:
        assert (await stream.next()).kind == "hello"
        async with where.client() as asked:
            await asked.post("/v1/jobs/commit/fast", json=TASK)
        job_id = await session.work()
        seen: dict[str, list[Any]] = {}
        while len(seen.get("job", [])) < 2 or len(seen.get("frame", [])) < 4:
            told = await stream.next()
            seen.setdefault(told.kind, []).append(told.data)
        assert [(job["id"], job["status"]) for job in seen["job"]] == [
            (job_id, "assigned"),
            (job_id, "completed"),
        ]
        assert seen["http"][0]["path"] == "/v1/jobs/commit/fast"
        assert [frame["from"] for frame in seen["frame"]][:2] == ["coordinator", "worker"]


async def test_every_kind_of_event() -> None:
    async with stage() as where:
        async with where.client() as asked, worker(where.running) as session:
            await asked.post("/v1/trust/create", json={"user_id": "u"})
            await asked.post("/_mock/faults", json={"fault": "delay:message=heartbeat_ack,seconds=0.01"})
            await session.beat()
            await session.say("nonsense")
            await session.hear()
            await asked.post("/v1/jobs/commit/fast", json=TASK)
            await asked.post("/_mock/clock", json={"seconds": 1})
        async with listening(where, "?since=0") as stream:
            kinds: set[str] = set()
            while kinds != {"hello", *KINDS}:
                kinds.add((await stream.next()).kind)


async def test_a_stream_is_taken_up_where_it_broke_off() -> None:
    async with stage() as where, connected(where.running) as session:
        async with listening(where, "?since=0") as stream:
            await session.register()
            first = [await stream.next() for _ in range(3)]
        await session.beat()
        async with listening(where, **{"Last-Event-ID": first[-1].id}) as stream:
            assert (await stream.next()).data["restarted"] is False
            rest = [await stream.next() for _ in range(3)]
        assert numbers(rest) == [numbers(first)[-1] + step for step in (1, 2, 3)]
        async with listening(where, f"?since={first[-1].id}&kinds=worker,job") as stream:
            await stream.next()
            assert (await stream.next()).kind == "worker"


async def test_a_job_that_nobody_saw_is_told_as_it_stands() -> None:
    async with stage() as where, where.client() as asked, worker(where.running) as session:
        await asked.post("/v1/jobs/commit/fast", json=TASK)
        job_id = await session.work()
        async with asyncio.timeout(WAIT):
            while not (await asked.get(f"/_mock/jobs/{job_id}")).json()["has_receipt"]:
                await asyncio.sleep(0.01)
        async with listening(where, "?since=0&kinds=job") as stream:
            job = (await stream.until("job")).data
        assert (job["id"], job["status"], job["has_receipt"]) == (job_id, "completed", True)


async def test_a_job_of_the_demo_mode_is_told_though_nobody_keeps_it() -> None:
    async with stage() as where, where.client() as asked, worker(where.running) as session:
        await asked.post("/v1/demo/start", json={})
        await asked.post("/_mock/clock", json={"seconds": 20})
        assert (await session.hear())["type"] == "job_assign"
        async with listening(where, "?since=0&kinds=job") as stream:
            assert (await stream.until("job")).data["demo"] is True


async def test_an_id_of_another_run_begins_anew_and_says_so() -> None:
    async with stage() as where, connected(where.running):
        for foreign in ("another-5", "x", "-", "", "\u00e9-1"):
            async with listening(where, f"?since={foreign}") as stream:
                hello = await stream.next()
                assert (hello.data["restarted"], hello.data["number"]) == (True, 0)
                assert (await stream.next()).kind == "connection"


async def test_what_is_gone_is_told() -> None:
    async with stage() as where:
        journal = where.control.scene.journal
        async with listening(where) as stream:
            begin = (await stream.next()).id
        for _ in range(RING + 7):
            journal.put(None)
        async with connected(where.running):
            async with listening(where, f"?since={begin}") as stream:
                await stream.next()
                missed = await stream.next()
                assert (missed.kind, missed.data) == ("missed", {"count": 8})
                assert (await stream.next()).kind == "connection"
            async with listening(where, "?since=0") as stream:
                assert (await stream.next()).kind == "hello"
                assert (await stream.next()).kind == "connection"


async def test_long_texts_are_cut_and_to_be_had_whole() -> None:
    async with stage() as where, connected(where.running) as session:
        async with listening(where) as stream:
            await session.say("x" * 100_000)
            frame = (await stream.until("frame")).data
        assert (frame["length"], frame["cut"], frame["text"]) == (100_000, True, "x" * MAX_TEXT)
        async with where.client() as asked:
            whole = await asked.get(f"/_mock/transcript/{frame['index']}")
            assert whole.json()["text"] == "x" * 100_000
            assert (await asked.head("/_mock/events")).headers["content-type"].startswith("text/event-stream")


async def test_there_are_only_so_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STREAMS", 2)
    async with stage() as where, where.client() as asked:
        async with listening(where) as one, listening(where) as other:
            await one.next()
            await other.next()
            assert (await asked.get("/_mock/events")).status_code == 503
        async with asyncio.timeout(WAIT):
            while where.control.scene.streams.open:
                await asyncio.sleep(0.01)
    assert MAX_STREAMS > 2


async def test_streams_end_with_the_coordinator() -> None:
    where_stage = stage()
    where = await where_stage.__aenter__()
    async with listening(where) as stream:
        await stream.next()
        await where_stage.__aexit__(None, None, None)
        with pytest.raises(EOFError):
            await stream.next()


def told(item: object) -> tuple[str, bytes]:
    return "job", b"%d" % item if isinstance(item, int) else b"{}"


class Reader:
    """A client that takes a piece only when it is let."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.lets = asyncio.Semaphore(0)
        self.is_torn = False
        self.scope = {"type": "http", "method": "GET", "state": {"wire": self}}

    def abort(self) -> None:
        self.is_torn = True

    async def receive(self) -> dict[str, Any]:
        return await asyncio.Future()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await self.lets.acquire()
            self.pieces.append(message["body"])

    def serve(self, stream: EventStream) -> "asyncio.Task[None]":
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]] = self.send
        return asyncio.ensure_future(stream(self.scope, self.receive, send))


async def test_nothing_piles_up_for_a_slow_reader() -> None:
    journal = Journal("run", told)
    reader = Reader()
    task = reader.serve(EventStream(Streams(journal), 0))
    reader.lets.release()
    for number in range(10 * RING):
        journal.put(number)
        if number % 1000 == 0:
            await asyncio.sleep(0)
    for _ in range(10 * RING):
        reader.lets.release()
    async with asyncio.timeout(WAIT):
        while not reader.pieces or f"id: run-{10 * RING}\n".encode() not in reader.pieces[-1]:
            await asyncio.sleep(0.005)
    text = b"".join(reader.pieces)
    assert b"event: missed" in text
    assert text.count(b"event: job") <= 2 * RING
    assert max(map(len, reader.pieces)) <= MAX_BATCH_BYTES + 100
    journal.end()
    reader.lets.release()
    await asyncio.wait_for(task, WAIT)


async def test_who_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0.05)
    streams = Streams(Journal("run", told))
    reader = Reader()
    await asyncio.wait_for(reader.serve(EventStream(streams, 0)), WAIT)
    assert reader.is_torn
    assert streams.open == 0


async def test_a_stream_that_cannot_go_on_says_why(caplog: pytest.LogCaptureFixture) -> None:
    def broken(item: object) -> tuple[str, bytes]:
        raise sqlite3.OperationalError("disk I/O error")

    streams = Streams(Journal("run", broken))
    streams.journal.put("a job")
    reader = Reader()
    for _ in range(9):
        reader.lets.release()
    await asyncio.wait_for(reader.serve(EventStream(streams, 0)), WAIT)
    assert reader.pieces[-1] == b""
    assert (reader.is_torn, streams.open) == (False, 0)
    assert "disk I/O error" in caplog.text


async def test_a_quiet_stream_is_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.01)
    journal, reader = Journal("run", told), Reader()
    for _ in range(9):
        reader.lets.release()
    task = reader.serve(EventStream(Streams(journal), 0))
    async with asyncio.timeout(WAIT):
        while reader.pieces.count(b": still here\n\n") < 2:
            await asyncio.sleep(0.005)
    journal.end()
    await asyncio.wait_for(task, WAIT)


def test_each_text_is_made_once_for_all_streams() -> None:
    made: list[object] = []

    def tell(item: object) -> tuple[str, bytes]:
        made.append(item)
        return told(item)

    journal = Journal("run", tell)
    for number in range(100):
        journal.put(number)
    batches = [journal.since(0) for _ in range(5)]
    assert made == list(range(100))
    assert all(batch == batches[0] for batch in batches)
    journal.forget_texts()
    journal.put(100)
    assert len(made) == 100
