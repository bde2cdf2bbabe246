"""What the control face does: every change on its happy path, and everything hostile refused by place."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest
import websockets
from dispatch_mockcoord.control.requests import MAX_BODY_BYTES
from dispatch_protocol.recording import TranscriptEvent
from dispatch_protocol.rules import Rules

from tests.mockcoord.client import TASK, connected, worker
from tests.mockcoord.control.stage import Stage, stage

NOTICE = {"type": "payment_failed", "job_ids": ["a"], "error": "no funds"}


async def post(where: Stage, path: str, body: Any, status: int = 200) -> Any:
    async with where.client() as asked:
        answer = await asked.post(f"/_mock/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_any_frame_to_a_worker() -> None:
    async with stage() as where, connected(where.running) as session:
        path = "workers/1/frames"
        assert await post(where, path, {"text": "no JSON \u0000"}) == {"sent": True}
        assert await session.socket.recv() == "no JSON \u0000"
        await post(where, path, {"text": ""})
        assert await session.socket.recv() == ""
        await post(where, path, {"base64": b64encode(b"\xff\x00").decode()})
        assert await session.socket.recv() == b"\xff\x00"
        await post(where, path, {"close": 4321, "reason": "é" * 100})
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await session.socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4321, "é" * 61)
        await post(where, "workers/7/frames", {"text": "x"}, 404)
        await post(where, "workers/x/frames", {"text": "x"}, 404)


async def test_a_close_without_a_code_and_one_without_a_frame() -> None:
    async with stage() as where:
        for number, code in ((1, None), (2, 1006)):
            async with connected(where.running) as session:
                await post(where, f"workers/{number}/frames", {"close": code})
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await session.socket.recv()
                assert (closed.value.rcvd is None) == (code == 1006)


async def test_what_is_sent_by_hand_is_nobodys_fault() -> None:
    events, rules = list[TranscriptEvent](), Rules()
    stage_ = Stage()
    stage_.running.tap(events.append)
    async with stage_.running, worker(stage_.running) as session:
        await post(stage_, "workers/1/frames", {"text": "[]"})
        assert await session.socket.recv() == "[]"
        ended = stage_.running.switchboard.elapsed()
    found = [finding for event in events for finding in rules.feed(event)]
    assert [*found, *rules.finish(ended)] == []


async def test_faults_come_and_go() -> None:
    async with stage() as where, where.client() as asked:
        added = await post(where, "faults", {"fault": "http_503:path=/v1/health,count=1"}, 201)
        assert (added["name"], added["spelled"]) == ("http_503", "http_503:count=1,path=/v1/health")
        assert (await asked.get("/v1/health")).status_code == 503
        assert (await asked.get("/v1/health")).status_code == 200
        await post(where, "faults", {"name": "close", "options": {"code": 1012.0, "rate": 0}}, 201)
        gone = await asked.request("DELETE", "/_mock/faults/http_503")
        assert [fault["name"] for fault in gone.json()["active"]] == ["close"]
        assert (await asked.request("DELETE", "/_mock/faults/http_503")).status_code == 404
        assert (await asked.request("DELETE", "/_mock/faults")).json() == {"active": []}
        assert (await asked.get("/_mock/faults")).json()["counts"] == {"http_503": 1}


async def test_no_fault_strikes_the_control_face() -> None:
    async with stage() as where:
        for name in ("http_503", "http_429"):
            await post(where, "faults", {"fault": name}, 201)
        async with where.client() as asked:
            assert (await asked.get("/_mock/state")).status_code == 200
            assert (await asked.get("/openapi.json")).status_code == 200
            assert (await asked.get("/v1/health")).status_code in (503, 429)


async def test_time_passes_at_once() -> None:
    async with stage() as where, where.client() as asked:
        job_id = (await asked.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        assert await post(where, "clock", {"seconds": 31}) == {"ahead": 31}
        assert (await asked.get(f"/v1/jobs/{job_id}")).json()["result"] == {"error": "no_eligible_worker"}


async def test_notices_to_one_and_to_all() -> None:
    async with stage() as where, worker(where.running) as one, worker(where.running, 2) as other:
        assert await post(where, "notices", {"message": NOTICE}) == {"sent": 2}
        assert [await one.hear(), await other.hear()] == [NOTICE, NOTICE]
        assert await post(where, "notices", {"message": NOTICE, "connection": 2}) == {"sent": 1}
        assert await other.hear() == NOTICE
        await post(where, "notices", {"message": NOTICE, "connection": 9}, 404)


async def test_a_reset_is_asked_for_where_somebody_can_do_it() -> None:
    async with stage() as where:
        await post(where, "reset", {}, 409)
    async with stage(bare=True) as where:
        await post(where, "clock", {"seconds": 1}, 409)
        await post(where, "faults", {"fault": "close"}, 409)


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("clock", {"seconds": "1"}, "$.seconds"),
        ("clock", {"seconds": -1}, "$.seconds"),
        ("clock", {"seconds": 1e9}, "$.seconds"),
        ("clock", {}, "$"),
        ("clock", [], "$"),
        ("clock", 1, "$"),
        ("clock", {"seconds": 1, "more": 2}, "$"),
        ("faults", {"fault": "close:code=x"}, "$.fault"),
        ("faults", {"name": "close", "options": {"nonsense": 1}}, "$"),
        ("faults", {"name": "close", "fault": "close"}, "$"),
        ("faults", {"fault": "close", "options": {"code": 1}}, "$"),
        ("faults", {"name": "close", "options": []}, "$.options"),
        ("workers/1/frames", {}, "$"),
        ("workers/1/frames", {"text": "a", "base64": "YQ=="}, "$"),
        ("workers/1/frames", {"text": None}, "$.text"),
        ("workers/1/frames", {"base64": "Y"}, "$.base64"),
        ("workers/1/frames", {"close": 70_000}, "$.close"),
        ("workers/1/frames", {"close": 1000, "reason": "x" * 200}, "$.reason"),
        (
            "notices",
            {"message": {"type": "payment_failed", "job_ids": [1], "error": "e"}},
            "$.message.job_ids[0]",
        ),
        ("notices", {"message": {"type": "job_assign"}}, "$.message.job_id"),
        ("notices", {"message": {"type": "heartbeat_ack", "status": "ok"}}, "$.message.type"),
        ("notices", {"message": {}}, "$.message.type"),
        ("reset", {"more": 1}, "$"),
    ],
)
async def test_a_body_at_fault_is_refused_by_place(path: str, body: Any, place: str) -> None:
    async with stage() as where, connected(where.running):
        assert (await post(where, path, body, 400))["place"] == place


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"seconds":' + b"[" * 65 + b"]" * 65 + b"}", 400),
        (b"[" * 100_000, 400),
        (b'{"\\ud800":1}', 400),
        (b'"' + b"x" * MAX_BODY_BYTES + b'"', 413),
    ],
)
async def test_hostile_bodies(body: bytes, status: int) -> None:
    async with stage() as where, where.client() as asked:
        for path in ("clock", "faults", "notices", "reset", "workers/1/frames"):
            answer = await asked.post(
                f"/_mock/{path}", content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code == status, answer.text
            assert "error" in answer.json()
        assert (await asked.get("/_mock/state")).status_code == 200


async def test_a_body_that_never_ends_is_no_change() -> None:
    async with stage() as where:
        _, writer = await asyncio.open_connection("127.0.0.1", where.running.port)
        head = f"POST /_mock/clock HTTP/1.1\r\n{where.host}\r\nContent-Type: application/json\r\n"
        writer.write(f'{head}Content-Length: 99\r\n\r\n{{"seconds":5}}'.encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with where.client() as asked:
            assert (await asked.get("/_mock/state")).json()["clock"]["ahead"] == 0
