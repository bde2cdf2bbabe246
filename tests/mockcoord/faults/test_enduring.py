"""Two workers that share no code endure what a coordinator on its worst day does to them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.mockcoord.client import client
from tests.mockcoord.faults.stand import Stand, stand, until
from tests.mockcoord.faults.workers import WORKERS, process

WAIT = 60.0
JOBS = 40
STRANGE = (
    "malformed:rate=0.3",
    "binary:rate=0.3",
    "unknown_type:rate=0.3",
    "fragment:rate=0.5",
    "giant:rate=0.2,bytes=300000",
    "duplicate:rate=0.3",
    "delay:rate=0.3,seconds=0.02",
    "slow_reader:rate=0.1,seconds=0.1",
    "wrong_assign:rate=0.2",
)
TASKS = ("summarize", "classify", "extract_json")


async def finished(under: Stand, number: int) -> dict[str, Any]:
    """A job, as a client sees it at the end."""
    payload = {"task_type": TASKS[number % 3], "input": f'great {number} {{"größe": {number}}}'}
    body = {"job_type": "TASK", "user_id": "user", "payload": payload}
    async with client(under.running) as asked, asyncio.timeout(WAIT):
        job_id = (await asked.post("/v1/jobs/commit/cheap", json=body)).json()["job_id"]
        while True:
            seen: dict[str, Any] = (await asked.get(f"/v1/jobs/{job_id}")).json()
            if seen["status"] in ("completed", "failed"):
                return seen
            await asyncio.sleep(0.02)


async def at_work(under: Stand, name: str, folder: Path) -> list[dict[str, Any]]:
    """What becomes of many jobs with one worker."""
    async with process(WORKERS[name], under.running.url, folder):
        async with asyncio.timeout(WAIT):
            await until(lambda: bool(under.running.coordinator.registry.workers))
        return list(await asyncio.gather(*(finished(under, number) for number in range(JOBS))))


@pytest.mark.parametrize("name", WORKERS)
async def test_strange_frames_cost_no_job(name: str, tmp_path: Path) -> None:
    """Every job is completed, every receipt verifies, and no clause is broken that no fault excuses."""
    async with stand(*STRANGE, seed=11) as under:
        seen = await at_work(under, name, tmp_path)
        struck = under.faults.counts
    assert [(job["status"], job["receipt"]["verified"]) for job in seen] == [("completed", True)] * JOBS
    assert set(struck) == {fault.partition(":")[0] for fault in STRANGE}
    wrong = [job for job in seen if "error" in job["result"]]
    assert len(wrong) == struck["wrong_assign"]


async def test_a_worker_that_comes_back_loses_only_what_it_held(tmp_path: Path) -> None:
    """Its register is dropped once, and its connection is torn once in the middle of a job."""
    async with stand("drop_register:count=1", "close:count=1,code=1006", seed=3) as under:
        seen = await at_work(under, "reference", tmp_path)
        assert under.faults.counts == {"drop_register": 1, "close": 1}
    failed = [job for job in seen if job["status"] == "failed"]
    assert [job["result"] for job in failed] == [{"error": "worker_disconnected"}]
    assert all(job["receipt"]["verified"] for job in seen if job["status"] == "completed")
