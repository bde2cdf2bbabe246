"""The command's own part: a reset at the same address, tokens, origins, a server without a control face."""

import asyncio
import json
import subprocess
from pathlib import Path

import httpx2
import pytest
from dispatch_mockcoord.cors import read_origin
from dispatch_protocol.errors import UsageError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.mockcoord.client import TASK
from tests.mockcoord.test_cli import COMMAND, failing, process

ORIGIN = {"origin": "http://app.example"}


def test_a_reset_begins_anew_at_the_same_address() -> None:
    with process("--fault", "http_503:path=/v1/quote") as (running, url):
        for _ in range(3):
            httpx2.post(f"{url}/v1/jobs/commit/fast", json=TASK)
            httpx2.delete(f"{url}/_mock/faults")
            before = httpx2.get(f"{url}/_mock/state").json()
            assert before["jobs"]["pending"] == 1
            assert before["faults"]["active"] == []
            assert httpx2.post(f"{url}/_mock/reset", json={}).json() == {"reset": True}
            after = httpx2.get(f"{url}/_mock/state").json()
            assert after["run"] != before["run"]
            assert after["jobs"]["pending"] == 0
            assert [fault["name"] for fault in after["faults"]["active"]] == ["http_503"]
            assert after["faults"]["seed"] == before["faults"]["seed"]
        assert running.poll() is None


async def test_a_reset_closes_connections_and_streams() -> None:
    with process() as (_, url):
        async with (
            connect(url.replace("http", "ws")) as socket,
            httpx2.AsyncClient(base_url=url, timeout=20) as asked,
            asked.stream("GET", "/_mock/events") as stream,
        ):
            assert (await asked.post("/_mock/reset", json={})).status_code == 200
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 20)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
            assert b"event: hello" in await stream.aread()


def test_a_database_keeps_its_clock_and_its_jobs(tmp_path: Path) -> None:
    with process("--db", str(tmp_path / "jobs.db")) as (_, url):
        httpx2.post(f"{url}/v1/jobs/commit/fast", json=TASK)
        assert httpx2.post(f"{url}/_mock/clock", json={"seconds": 1}).status_code == 409
        assert httpx2.post(f"{url}/_mock/reset", json={}).status_code == 200
        assert httpx2.get(f"{url}/_mock/state").json()["jobs"]["pending"] == 1


def test_a_token_at_the_command_line() -> None:
    with process("--control-token", "a-good-token") as (_, url):
        assert httpx2.get(f"{url}/_mock/state").status_code == 401
        shown = {"authorization": "Bearer a-good-token"}
        assert httpx2.get(f"{url}/_mock/state", headers=shown).status_code == 200
    assert failing("--control-token", "short").returncode == 2


def test_a_token_that_was_drawn_outlives_a_reset() -> None:
    command = [*COMMAND, "--host", "0.0.0.0", "--port", "0", "--ready-json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        ready = json.loads(running.stdout.readline())
        with httpx2.Client(base_url=f"http://127.0.0.1:{ready['port']}", timeout=20) as asked:
            assert asked.get("/_mock/state").status_code == 401
            asked.headers["authorization"] = f"Bearer {ready['control_token']}"
            assert asked.post("/_mock/reset", json={}).status_code == 200
            after = asked.get("/_mock/state").status_code
        running.terminate()
        assert (after, running.stdout.read()) == (200, "")


def test_without_a_control_face() -> None:
    with process("--no-control") as (_, url):
        for path in ("/_mock/state", "/_mock/events", "/_mock/static/main.js"):
            assert httpx2.get(f"{url}{path}").status_code == 404
        assert httpx2.post(f"{url}/_mock/reset", json={}).status_code == 404
        assert "<script" not in httpx2.get(f"{url}/dashboard").text
        assert "/_mock/state" not in httpx2.get(f"{url}/openapi.json").json()["paths"]


def test_origins_are_let_in_by_name_and_never_to_the_control_face() -> None:
    allowed = "access-control-allow-origin"
    with process("--cors", ORIGIN["origin"], "--cors", "http://other.example") as (_, url):
        assert httpx2.get(f"{url}/v1/health", headers=ORIGIN).headers[allowed] == ORIGIN["origin"]
        asking = {**ORIGIN, "access-control-request-method": "POST"}
        preflight = {**asking, "access-control-request-headers": "content-type"}
        answer = httpx2.options(f"{url}/v1/jobs/commit/fast", headers=preflight)
        assert (answer.status_code, answer.headers[allowed]) == (200, ORIGIN["origin"])
        assert (
            allowed not in httpx2.get(f"{url}/v1/health", headers={"origin": "http://evil.example"}).headers
        )
        for answer in (
            httpx2.get(f"{url}/_mock/state", headers=ORIGIN),
            httpx2.options(f"{url}/_mock/reset", headers=preflight),
        ):
            assert answer.status_code == 403
            assert allowed not in answer.headers
    with process() as (_, url):
        assert allowed not in httpx2.get(f"{url}/v1/health", headers=ORIGIN).headers
    with process("--cors", "*") as (_, url):
        assert httpx2.get(f"{url}/v1/health", headers=ORIGIN).headers[allowed] == "*"
        assert httpx2.get(f"{url}/_mock/state", headers=ORIGIN).status_code == 403


def test_origins_that_are_none_are_refused() -> None:
    assert read_origin("http://[::1]:3000") == "http://[::1]:3000"
    for text in ("", "app.example", "http://app.example/", "http://a b", "null", "http://app.example\n"):
        with pytest.raises(UsageError):
            read_origin(text)
    assert failing("--cors", "app.example").returncode == 2
