"""Misbehaving on purpose from the command line: what the options ask for, and what the process then tells."""

import asyncio
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest
from dispatch_mockcoord.faults import Fault, Faults
from dispatch_mockcoord.faults.listing import terminal_text
from dispatch_mockcoord.faults.spelling import MAX_SEED
from dispatch_mockcoord.options import faults_of, read_options
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import UsageError

from tests.mockcoord.client import settings, worker
from tests.mockcoord.test_cli import COMMAND, failing

FILE = """
seed = 7
variety = true

[[fault]]
name = "http_500"
rate = 0.5

[[fault]]
name = "delay"
seconds = 2
"""


def faults(*options: str) -> Faults | None:
    return faults_of(read_options(options))


def file_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / "faults.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_without_any_option_there_is_no_layer() -> None:
    assert faults() is None


def test_faults_are_read_from_the_file_and_the_command_line(tmp_path: Path) -> None:
    path = file_of(tmp_path, FILE)
    made = faults("--fault", "http_cut:bytes=3", "--faults", path, "--fault", "close:code=1012,count=1")
    assert made is not None
    assert (made.seed, made.variety) == (7, True)
    assert made.active == (
        Fault("http_500", rate=0.5),
        Fault("delay", options={"seconds": 2.0}),
        Fault("http_cut", options={"bytes": 3}),
        Fault("close", count=1, options={"code": 1012}),
    )


def test_the_seed_of_the_command_line_comes_first(tmp_path: Path) -> None:
    path = file_of(tmp_path, FILE)
    for options, seed in ((("--faults", path, "--fault-seed", "9"), 9), (("--fault-seed", "0"), 0)):
        made = faults(*options)
        assert made is not None
        assert made.seed == seed
    drawn = [faults("--variety"), faults("--variety")]
    assert all(made is not None and made.variety and made.active == () for made in drawn)
    assert len({made.seed for made in drawn if made is not None}) == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--fault", "http_torm"], "did you mean http_torn?"),
        (["--fault", "http_500:rat=1"], "did you mean rate?"),
        (["--fault", "http_500:rate=2"], "rate cannot be 2: a number from 0 to 1"),
        (["--fault", "refuse_claim:error=\x1b[31m"], "one of invalid_code, already_claimed, expired"),
        (["--fault", "http_500:message=error"], "http_500"),
        (["--fault-seed", "x"], "--fault-seed: seed cannot be x"),
        (["--fault-seed", str(MAX_SEED + 1)], "--fault-seed: "),
        (["--faults", "/nowhere/faults.toml"], "/nowhere/faults.toml: No such file"),
    ],
)
def test_misuse_names_the_place_and_what_is_allowed(options: list[str], named: str) -> None:
    with pytest.raises(UsageError) as refused:
        faults(*options)
    assert named in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_fault_in_the_file_is_named_by_its_entry(tmp_path: Path) -> None:
    path = file_of(tmp_path, FILE + '\n[[fault]]\nname = "dely"\n')
    with pytest.raises(UsageError, match=r"faults\.toml: fault 3: .*did you mean delay\?"):
        faults("--faults", path)


def test_misuse_is_exit_2_before_anything_listens() -> None:
    ended = failing("--port", "0", "--fault", "http_50")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("dispatch-mockcoord: fault http_50: ")


def test_the_list_of_faults() -> None:
    ended = failing("--list-faults")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, terminal_text(), "")


class Process:
    """The command as a process, and the lines that it prints."""

    def __init__(self, *options: str) -> None:
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.running = subprocess.Popen([*COMMAND, "--port", "0", *options], **pipes)

    def line(self) -> str:
        assert self.running.stdout is not None
        return str(self.running.stdout.readline()).rstrip("\n")

    async def ended(self) -> str:
        """What it still prints, once it was told to end."""
        assert self.running.stdout is not None
        self.running.send_signal(signal.SIGTERM)
        # Not by `communicate`, which would pass over what came along with a line that was read before.
        output = str(await asyncio.to_thread(self.running.stdout.read))
        _, errors = await asyncio.to_thread(self.running.communicate, timeout=20)
        assert (self.running.returncode, errors) == (0, "")
        return output


async def test_the_seed_is_printed_and_every_strike_is_a_line() -> None:
    process = Process("--fault", "duplicate:message=heartbeat_ack", "--fault", "http_503:count=1")
    try:
        url = process.line().split()[2]
        told = process.line()
        there = MockCoordinator(settings(port=int(url.rpartition(":")[2])))
        async with httpx2.AsyncClient(base_url=url) as http, worker(there) as one:
            assert (await http.get("/v1/health")).status_code == 503
            assert (await http.get("/v1/health")).status_code == 200
            await one.beat()
            await one.hear()
        lines = (await process.ended()).splitlines()
    finally:
        process.running.kill()
        process.running.communicate()
    seed = told.removeprefix("Misbehaving on purpose: --fault-seed ").split()[0]
    assert told == (
        f"Misbehaving on purpose: --fault-seed {int(seed)}"
        " --fault duplicate:message=heartbeat_ack --fault http_503:count=1"
    )
    happened = [line.split(maxsplit=2)[1:] for line in lines]
    key = one.identity.pubkey_hex[:16]
    assert ["coordinator", "FAULT       http_503:count=1 at GET /v1/health"] in happened
    assert [key, "FAULT       duplicate:message=heartbeat_ack at heartbeat_ack"] in happened
    assert [line for line in lines if "VIOLATION" in line] == []


@pytest.mark.parametrize("verbose", [[], ["-v"]])
async def test_the_line_of_json_comes_first_and_holds_the_seed(verbose: list[str]) -> None:
    process = Process("--ready-json", "--fault", "demo_traffic", "--fault-seed", "5", *verbose)
    try:
        first = Json.read(process.line()).value
        rest = await process.ended()
    finally:
        process.running.kill()
        process.running.communicate()
    assert isinstance(first, dict)
    assert first["fault_seed"] == 5
    assert (rest == "") is (verbose == [])
    assert ("coordinator       FAULT       demo_traffic\n" in rest) is (verbose != [])
