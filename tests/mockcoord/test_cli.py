"""The command `dispatch-mockcoord` as a process: its options, its output, how it ends."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import httpx2
import pytest
from dispatch_mockcoord import entry
from dispatch_mockcoord.options import read_options, settings_of
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import UsageError

from tests.mockcoord.client import TASK, connected, settings, worker

COMMAND = [sys.executable, "-W", "error", "-m", "dispatch_mockcoord"]


@contextmanager
def process(*options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A running coordinator and its URL; gone afterwards."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen([*COMMAND, "--port", "0", "--ready-json", *options], **pipes)  # type: ignore[call-overload]
    try:
        where = Json.read(running.stdout.readline()).value
        assert isinstance(where, dict)
        yield running, str(where["url"])
    finally:
        running.kill()
        running.communicate()


def failing(*options: str) -> "subprocess.CompletedProcess[str]":
    """A coordinator that is expected to end by itself, at once."""
    return subprocess.run([*COMMAND, *options], check=False, capture_output=True, text=True, timeout=20)


def chosen(*options: str) -> Settings:
    return settings_of(read_options(options))


def test_the_defaults_are_the_deployed_coordinators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTO_DEMO", raising=False)
    assert chosen() == Settings(port=4010)
    solana = chosen("--network", "solana")
    assert (solana.port, solana.chain) == (4020, "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1")
    assert chosen("--network", solana.chain).port == 4020
    assert chosen("--network", "eip155:1").chain == "eip155:1"


def test_every_option_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    found = chosen(
        *("--host", "::1", "--port", "0", "--db", "x.db", "--require-receipts", "--worker-timeout", "1.5"),
        *("--settle-ms", "0", "--auto-demo", "--max-frame-bytes", "9", "--max-body-bytes", "8"),
        *(
            "--keep-jobs",
            "7",
            "--max-connections",
            "6",
            "--max-pending-jobs",
            "5",
            "--max-pending-bytes",
            "3",
            "--max-codes",
            "4",
        ),
        *("--max-pairings", "3", "--claim-failures", "2", "--max-sockets", "1", "--max-pending-bytes", "3"),
    )
    assert (found.host, found.port, found.db, found.auto_demo, found.max_body_bytes) == (
        "::1",
        0,
        "x.db",
        True,
        8,
    )
    terms = found.terms
    assert (terms.receipts_required, terms.worker_seconds, terms.settle_seconds) == (True, 1.5, 0)
    assert (terms.max_frame_bytes, terms.max_codes, terms.max_pairings) == (9, 4, 3)
    assert (found.keep_jobs, found.max_connections, found.max_pending_jobs) == (7, 6, 5)
    assert found.max_pending_bytes == 3
    assert (found.claim_failures, found.max_sockets) == (2, 1)
    monkeypatch.setenv("AUTO_DEMO", "true")
    assert chosen().auto_demo
    monkeypatch.setenv("AUTO_DEMO", "yes")
    assert not chosen().auto_demo


@pytest.mark.parametrize("network", ["mars", "eip155:", ":1", "e:" + "1" * 33, "a b:1", "eip155:\x1b[31m"])
def test_what_is_no_network_is_refused(network: str) -> None:
    with pytest.raises(UsageError) as refused:
        chosen("--network", network)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "x"],
        ["--port", "-1"],
        ["--port", "65536"],
        ["--keep-jobs", "1" * 16],
        ["--worker-timeout", "0"],
        ["--worker-timeout", "nan"],
        ["--nonsense"],
    ],
)
def test_misuse_is_exit_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        chosen(*options)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_and_ends_cleanly_when_told_to(number: signal.Signals) -> None:
    with process("-v", "--settle-ms", "0") as (running, url):
        there = MockCoordinator(settings(port=int(url.rpartition(":")[2])))
        async with httpx2.AsyncClient(base_url=url) as http, worker(there) as one:
            job_id = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
            assert await one.work() == job_id
            async with connected(there) as stranger:
                await stranger.say('{"type":"\x1b[31m"}')
                await stranger.hear()
            running.send_signal(number)
            output, errors = await asyncio.to_thread(running.communicate, timeout=20)
            await one.socket.wait_closed()
    assert one.socket.close_code == 1001
    assert (running.returncode, errors) == (0, "")
    key = one.identity.pubkey_hex[:16]
    assert f"  {key}  assigned    {job_id}  TASK FAST\n" in output
    assert f"  {key}  completed   {job_id}  TASK FAST  verified  " in output
    assert "client            request     POST /v1/jobs/commit/fast" in output
    assert "Ended after" in output
    assert "\x1b" not in output


async def test_a_port_in_use_is_exit_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = failing("--port", port)
    assert ended.returncode == 2
    assert (
        ended.stderr
        == f"dispatch-mockcoord: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
    )


def test_a_host_that_is_none_is_exit_2() -> None:
    ended = failing("--host", "256.0.0.1", "--port", "0")
    assert ended.returncode == 2
    assert ended.stderr.startswith("dispatch-mockcoord: cannot listen on 256.0.0.1 port 0: ")


def test_a_database_in_use_is_exit_2(tmp_path: Path) -> None:
    path = str(tmp_path / "dispatch.db")
    with process("--db", path):
        ended = failing("--port", "0", "--db", path)
    assert ended.returncode == 2
    assert "is in use by another process" in ended.stderr


def test_nobody_reading_its_output_does_not_end_it() -> None:
    with process("-v") as (running, url):
        assert running.stdout is not None
        running.stdout.close()
        for _ in range(3):
            assert httpx2.get(f"{url}/v1/health").status_code == 200
        running.terminate()
        assert running.wait(20) == 0
        running.stdout = None


def test_a_pipe_that_nobody_reads_holds_nothing_up() -> None:
    with process("-v") as (running, url), httpx2.Client(base_url=url) as http:
        for number in range(200):
            body = {"job_type": "TASK", "user_id": "user", "payload": {"task_type": "x", "input": "y" * 900}}
            assert http.post("/v1/jobs/commit/fast", json=body).status_code == 201, number
        running.terminate()
        assert running.wait(20) == 0


def test_lines_for_programs() -> None:
    with process("--log-format", "json") as (running, url):
        assert httpx2.get(f"{url}/v1/jobs/none").status_code == 404
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=20)
    seen = [Json.read(line).value for line in output.splitlines()]
    assert [one["event"] for one in seen if isinstance(one, dict)] == ["refused", "ended"]
    assert errors == ""


def test_an_interrupt_while_it_is_loaded_ends_it_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "dispatch_mockcoord.cli", Loading("dispatch_mockcoord.cli"))
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 0


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_a_standard_stream_that_is_closed_does_not_end_it(closed: str) -> None:
    line = f'exec "$@" {closed}'
    command = ["sh", "-c", line, "sh", *COMMAND, "--port", "0", "--ready-json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        where = Json.read(running.stdout.readline()).value
        assert isinstance(where, dict)
        assert httpx2.get(f"{where['url']}/v1/health").status_code == 200
        running.terminate()
        assert running.wait(20) == 0


def test_more_and_less_at_once_is_misuse() -> None:
    with pytest.raises(SystemExit) as ended:
        chosen("-v", "-q")
    assert ended.value.code == 2
