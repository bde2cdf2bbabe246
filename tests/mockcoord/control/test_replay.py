"""A session downloaded from the control face is a recording, and a case for the suite's replay."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from dispatch_mockcoord.control import downloads
from dispatch_protocol.recording import read_lines
from dispatch_protocol.rules import Rules

from tests.mockcoord.client import connected, worker
from tests.mockcoord.control.stage import WAIT, Stage, stage

JOBS = (
    ("summarize", "  A session \u2028 with \U0001f600 in it, and more words than one.  "),
    ("classify", "I love this wonderful thing, not at all terrible"),
    ("extract_json", 'before {"b":1.0,"a":{"c":[1e400]}} between {no} {"0":2} behind'),
)
WORKER = f"{sys.executable} -m dispatch_worker"


async def recorded(where: Stage, folder: Path) -> Path:
    """The session of a reference worker that does all jobs, downloaded."""
    command = [sys.executable, "-m", "dispatch_worker", "--coordinator-url", where.running.url]
    process = await asyncio.create_subprocess_exec(
        *command, "--key-path", str(folder / "key.json"), stdout=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(WAIT), where.client() as asked:
            while not where.running.coordinator.registry.workers:
                await asyncio.sleep(0.01)
            for task_type, text in JOBS:
                payload = {"task_type": task_type, "input": text}
                body = {"job_type": "TASK", "user_id": "user", "payload": payload}
                job_id = (await asked.post("/v1/jobs/commit/fast", json=body)).json()["job_id"]
                while (await asked.get(f"/v1/jobs/{job_id}")).json()["status"] != "completed":
                    await asyncio.sleep(0.01)
            answer = await asked.get("/_mock/transcript")
    finally:
        process.terminate()
        await process.wait()
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["content-disposition"]
    path = folder / "session.jsonl"
    path.write_bytes(answer.content)
    return path


async def test_a_downloaded_session_replays_against_the_reference_worker(tmp_path: Path) -> None:
    async with stage() as where:
        path = await recorded(where, tmp_path)
    replaying = [sys.executable, "-m", "dispatch_conformance", "replay", str(path), "--worker", WORKER]
    process = await asyncio.create_subprocess_exec(
        *replaying, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path
    )
    output, _ = await asyncio.wait_for(process.communicate(), 100)
    assert process.returncode == 0, output.decode()
    assert b"FIXED" in output


async def test_a_download_holds_what_happened_and_the_rules_read_it() -> None:
    async with stage() as where:
        async with worker(where.running) as session:
            await session.beat()
            await session.say(b"\xff")
            await session.hear()
            await session.say("\u2028\u0085 not JSON")
            await session.hear()
        async with where.client() as asked, connected(where.running):
            lines = (await asked.get("/_mock/transcript")).text.splitlines()
        recording = read_lines(lines)
        kept = where.control.scene.keeper.transcript()
    assert recording.events == kept.events[: len(recording.events)]
    assert len(recording.events) >= 10
    rules = Rules()
    found = [finding.clause for event in recording.events for finding in rules.feed(event)]
    assert found == ["W-FRM-1", "W-FRM-2"]


async def test_a_download_goes_on_while_things_happen() -> None:
    async with stage() as where, worker(where.running) as session, where.client() as asked:
        for _ in range(1_000):
            await session.beat()
        async with asked.stream("GET", "/_mock/transcript") as answer:
            lines = [line async for line in answer.aiter_lines()]
            await session.beat()
        assert len(lines) == 1 + 1 + 2 + 2 * 1_000
        assert (await asked.head("/_mock/transcript")).content == b""


async def test_who_takes_no_download_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "SLOW_SECONDS", 0.2)
    monkeypatch.setattr(downloads, "MAX_DOWNLOADS", 1)
    async with stage() as where, worker(where.running) as session, where.client() as asked:
        for _ in range(12):
            await session.say("x" * 1_000_000)
            await session.hear()
        _, writer = await asyncio.open_connection("127.0.0.1", where.running.port, limit=1)
        writer.write(f"GET /_mock/transcript HTTP/1.1\r\n{where.host}\r\n\r\n".encode())
        async with asyncio.timeout(WAIT):
            while (await asked.head("/_mock/transcript")).status_code != 503:
                await asyncio.sleep(0.01)
            while (await asked.head("/_mock/transcript")).status_code != 200:
                await asyncio.sleep(0.01)
        writer.transport.abort()
