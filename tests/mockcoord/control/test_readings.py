"""What the control face shows: every route, on its happy path and at its limits."""

from typing import Any

import pytest
from dispatch_mockcoord.control.downloads import MAX_DOWNLOADS

from tests.mockcoord.client import TASK, connected, worker
from tests.mockcoord.control.stage import Stage, stage


async def get(where: Stage, path: str, status: int = 200) -> Any:
    async with where.client() as asked:
        answer = await asked.get(f"/_mock/{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


async def commit(where: Stage, **changes: Any) -> str:
    async with where.client() as asked:
        answer = await asked.post("/v1/jobs/commit/cheap", json={**TASK, **changes})
    return str(answer.json()["job_id"])


async def test_the_state_counts_as_the_store_does() -> None:
    async with stage() as where:
        await commit(where, privacy_class="PRIVATE")
        async with worker(where.running) as session:
            await commit(where)
            await session.work()
            await commit(where)
            state = await get(where, "state")
            assert state["jobs"] == {"pending": 0, "assigned": 1, "completed": 1, "failed": 1}
            assert state["receipts"] == {"total": 1, "verified": 1}
            assert state["workers"] == {"registered": 1, "connections": 1, "known": 1}
        async with worker(where.running, 2):
            state = await get(where, "state")
        assert state["jobs"] == {"pending": 0, "assigned": 0, "completed": 1, "failed": 2}
        assert state["clock"] == {"virtual": True, "ahead": 0}
        assert state["demo"] == {"active": False}


async def test_jobs_come_in_pages_newest_first() -> None:
    async with stage() as where:
        ids = [await commit(where, user_id=f"user {number}") for number in range(5)]
        first = await get(where, "jobs?limit=2")
        assert [job["id"] for job in first["jobs"]] == ids[:2:-1]
        second = await get(where, f"jobs?limit=2&before={first['next']}")
        assert [job["id"] for job in second["jobs"]] == [ids[2], ids[1]]
        last = await get(where, f"jobs?limit=2&before={second['next']}")
        assert [job["id"] for job in last["jobs"]] == [ids[0]]
        assert last["next"] is None
        found = await get(where, "jobs?text=user+3")
        assert [job["id"] for job in found["jobs"]] == [ids[3]]
        assert (await get(where, "jobs?status=completed"))["jobs"] == []
        assert len((await get(where, "jobs?status=pending&text=some+text"))["jobs"]) == 5
        assert (await get(where, "jobs?text=%25"))["jobs"] == []


async def test_a_job_with_each_check_of_its_receipt() -> None:
    async with stage() as where, worker(where.running) as session:
        job_id = await commit(where)
        assignment = await session.hear()
        completion = session.completion(assignment)
        completion["receipt"]["output_hash"] = "0" * 64
        await session.say(completion)
        await session.beat()
        job = await get(where, f"jobs/{job_id}")
        assert job["output"] == {"summary": "some text", "word_count": 2}
        checks = {check["name"]: check["passed"] for check in job["receipt"]["checks"]}
        assert (checks["output_hash"], checks["signature"], checks["job_id"]) == (False, False, True)
        assert job["receipt"]["verified"] is False
        assert all(check["clause"] for check in job["receipt"]["checks"] + job["receipt"]["form"])
        assert await get(where, "jobs/none", 404) == {"error": "Job not found"}


async def test_workers_in_every_state() -> None:
    async with stage() as where, worker(where.running), worker(where.running, 2), connected(where.running):
        await commit(where)
        found = await get(where, "workers")
        assert sorted(one["state"] for one in found["workers"]) == ["busy", "idle"]
        assert found["connections"] == 3
        assert [one["connection"] for one in found["workers"]] == [1, 2]
        page = await get(where, "workers?limit=1")
        assert page["next"] == 1
        assert [one["connection"] for one in (await get(where, "workers?after=1"))["workers"]] == [2]
        where.time.advance(12)  # type: ignore[union-attr]
        assert all(0 <= one["heartbeat_age"] < 12 for one in (await get(where, "workers"))["workers"])


async def test_pairings_from_their_making_to_their_claim() -> None:
    async with stage() as where, where.client() as asked:
        codes = []
        for user in ("a", "b"):
            made = await asked.post("/v1/trust/create", json={"user_id": user})
            codes.append(made.json()["pairing_code"])
        claim = {"pairing_code": codes[0], "provider_pubkey": "ab" * 32}
        assert (await asked.post("/v1/trust/claim", json=claim)).status_code == 200
        found = await get(where, "pairings")
        assert [(one["code"], one["state"]) for one in found["pairings"]] == [
            (codes[1], "open"),
            (codes[0], "claimed"),
        ]
        assert found["total"] == 2


async def test_a_worker_that_breaks_a_clause_is_listed_with_its_frame() -> None:
    async with stage() as where, worker(where.running) as session:
        await session.say("[1]")
        await session.hear()
        await session.say("<script>\u202e")
        await session.hear()
        found = await get(where, "violations")
        laws = {law["clause"]: law["count"] for law in found["clauses"]}
        assert laws == {"W-FRM-2": 2}
        latest = found["latest"][0]
        assert latest["worker"] == session.identity.pubkey_hex
        assert "<script>\\u202e" in latest["frame"]
        event = await get(where, f"transcript/{latest['index']}")
        assert event["text"] == "<script>\u202e"


async def test_the_catalogue_of_faults() -> None:
    async with stage() as where:
        found = await get(where, "faults")
        close = next(kind for kind in found["catalogue"] if kind["name"] == "close")
        assert "code" in [option["name"] for option in close["options"]]
        assert "rate" in [option["name"] for option in close["aims"]]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("jobs?limit=0", "?limit"),
        ("jobs?limit=501", "?limit"),
        ("jobs?limit=1&limit=2", "?limit"),
        ("jobs?limit=x", "?limit"),
        ("jobs?before=-1", "?before"),
        ("jobs?status=running", "?status"),
        (f"jobs?text={'x' * 201}", "?text"),
        ("workers?after=99999999999999999999", "?after"),
        ("workers?limit=%D9%A1", "?limit"),
        ("events?kinds=job,nonsense", "?kinds"),
    ],
)
async def test_faults_of_a_query_are_named_by_place(path: str, place: str) -> None:
    async with stage() as where:
        assert (await get(where, path, 400))["place"] == place


async def test_what_is_not_there() -> None:
    async with stage() as where:
        for path in ("nothing", "jobs/x/y", "transcript/x", "transcript/-1", "transcript/9999", "static/x"):
            assert "error" in await get(where, path, 404)
        async with where.client() as asked:
            assert (await asked.put("/_mock/state", json={})).status_code == 405


async def test_without_faults_watch_and_time() -> None:
    async with stage(bare=True) as where:
        state = await get(where, "state")
        assert state["faults"] is None
        assert state["violations"]["watching"] is False
        assert state["clock"] == {"virtual": False, "ahead": 0}
        assert (await get(where, "violations"))["watching"] is False
        await get(where, "faults", 409)


async def test_the_face_is_in_no_transcript() -> None:
    async with stage() as where:
        for _ in range(3):
            await get(where, "state")
        await get(where, "nothing", 404)
        assert (await get(where, "state"))["transcript"]["events"] == 0


async def test_lone_surrogates_are_shown_escaped() -> None:
    async with stage() as where:
        body = b'{"job_type":"TASK","user_id":"\\ud800","payload":{"task_type":"\\udfff","input":"\\ud801"}}'
        async with where.client() as asked:
            made = await asked.post(
                "/v1/jobs/commit/fast", content=body, headers={"content-type": "application/json"}
            )
            assert made.status_code == 201
            listed = await asked.get("/_mock/jobs")
            assert b'"user_id":"\\ud800"' in listed.content
            whole = await asked.get(f"/_mock/jobs/{made.json()['job_id']}")
            assert b"\\ud801" in whole.content


async def test_a_download_that_is_over_makes_room_for_others() -> None:
    async with stage() as where, where.client() as asked:
        answers = [await asked.get("/_mock/transcript") for _ in range(MAX_DOWNLOADS + 1)]
        assert {answer.status_code for answer in answers} == {200}
