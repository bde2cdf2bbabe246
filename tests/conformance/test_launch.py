"""Starting and ending the worker under test: its command, its environment, its output, its descendants."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from dispatch_conformance import processes
from dispatch_conformance.execution import supervised
from dispatch_conformance.launch import WorkerProcess, end_strays, launch
from dispatch_conformance.outfit import Outfit, split_command
from dispatch_conformance.output import KEPT_BYTES, Output
from dispatch_protocol.errors import UsageError

Start = Callable[[str], Awaitable[WorkerProcess]]
linux = pytest.mark.skipif(sys.platform != "linux", reason="descendants are listed under /proc on Linux only")

OUTFIT = Outfit(
    url="http://127.0.0.1:4010",
    ws_url="ws://127.0.0.1:4010",
    ollama_url="http://127.0.0.1:11434",
    key_path="/keys/worker key.json",
)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a Python program; whatever was started is gone after the test."""
    processes.adopt_orphans()
    workers: list[WorkerProcess] = []

    async def run(source: str) -> WorkerProcess:
        script = tmp_path / f"worker-{len(workers)}.py"
        script.write_text(source)
        worker = await launch(f"{sys.executable} {script}", OUTFIT)
        workers.append(worker)
        return worker

    yield run
    for worker in workers:
        await worker.stop(0)


async def printed(worker: WorkerProcess, text: str) -> None:
    """Wait until the worker has printed this."""
    async with asyncio.timeout(20):
        while text not in worker.output.text():
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    entry = processes.all_processes().get(pid)
    return entry is not None and entry.state != "Z"


def test_a_command_is_split_as_a_shell_would_split_it() -> None:
    assert split_command("node 'my worker.js' --flag=\"a b\"") == ["node", "my worker.js", "--flag=a b"]


@pytest.mark.parametrize("command", ["", "   ", "node 'unclosed"])
def test_a_command_that_is_none_is_misuse(command: str) -> None:
    with pytest.raises(UsageError):
        split_command(command)


def test_placeholders_are_replaced_inside_words_and_other_braces_stay() -> None:
    words = OUTFIT.arguments("w --key={key_path} {url} {ws_url}/x {ollama_url} {pairing_code} {other} {{}}")
    assert words == [
        "w",
        "--key=/keys/worker key.json",
        "http://127.0.0.1:4010",
        "ws://127.0.0.1:4010/x",
        "http://127.0.0.1:11434",
        "",
        "{other}",
        "{{}}",
    ]


def test_the_environment_is_the_callers_with_the_guides_variables_in_it() -> None:
    inherited = {"PATH": "/bin", "TRUST_PAIRING_CODE": "F00BAR", "COORDINATOR_URL": "http://elsewhere"}
    told = OUTFIT.environment(inherited)
    assert told == {
        "PATH": "/bin",
        "COORDINATOR_URL": OUTFIT.url,
        "OLLAMA_BASE_URL": OUTFIT.ollama_url,
        "WORKER_KEY_PATH": OUTFIT.key_path,
    }


def test_variables_beat_the_guides_and_none_takes_one_away() -> None:
    outfit = Outfit(
        url="u", ws_url="w", ollama_url="o", key_path="k", variables={"OLLAMA_BASE_URL": None, "EXTRA": "1"}
    )
    told = outfit.environment({})
    assert "OLLAMA_BASE_URL" not in told
    assert told["EXTRA"] == "1"


@pytest.mark.parametrize("command", ["/no/such/program", "no-such-program-anywhere"])
async def test_a_command_that_is_not_found_is_misuse(command: str) -> None:
    with pytest.raises(UsageError, match="cannot be started"):
        await launch(command, OUTFIT)


async def test_a_file_that_is_no_program_is_misuse(tmp_path: Path) -> None:
    (tmp_path / "worker").write_text("not executable")
    with pytest.raises(UsageError, match="cannot be started"):
        await launch(str(tmp_path / "worker"), OUTFIT)


async def test_exit_status_and_output_of_both_streams_are_kept(start: Start) -> None:
    worker = await start("import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(7)")
    assert await worker.wait(20) == 7
    assert worker.ending() == "exit status 7"
    await printed(worker, "err")
    assert worker.output.text() == "out\nerr\n"


def test_what_the_locale_has_no_letter_for_is_told_in_utf_8() -> None:
    source = """if True:
        import asyncio, sys
        from dispatch_conformance.launch import WorkerProcess
        async def main():
            worker = WorkerProcess()
            seen = "import os, sys; print(os.environb[b'CODE'], os.fsencode(sys.argv[1]))"
            await worker.start([sys.executable, "-c", seen, "\\xe9"], {"CODE": "\\xe9"})
            while not worker.output.text():
                await asyncio.sleep(0.01)
            await worker.stop(0)
            print(worker.output.text())
        asyncio.run(main())
    """
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", source]
    ended = subprocess.run(
        command, env=os.environ | plain, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout.strip() == r"b'\xc3\xa9' b'\xc3\xa9'", ended.stderr


async def test_the_worker_runs_in_the_callers_folder(start: Start) -> None:
    worker = await start("import os; print(os.getcwd())")
    await worker.wait(20)
    await printed(worker, os.getcwd())


async def test_sigterm_comes_before_sigkill(start: Start) -> None:
    worker = await start(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    await printed(worker, "ready")
    await worker.stop(10)
    assert worker.exit_status == 5


async def test_a_worker_that_ignores_sigterm_is_killed(start: Start) -> None:
    worker = await start(
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    await printed(worker, "ready")
    await worker.stop(0.2)
    assert worker.exit_status == -signal.SIGKILL
    assert worker.ending() == "ended by SIGKILL"


async def test_a_gigabyte_of_output_is_drained_and_not_kept(start: Start) -> None:
    worker = await start(
        "import os\n"
        "piece = b'x' * 1_000_000\n"
        "for _ in range(1000):\n"
        "    left = piece\n"
        "    while left:\n"
        "        left = left[os.write(1, left):]\n"
        "os.write(1, b'the end')\n"
    )
    assert await worker.wait(60) == 0
    await printed(worker, "the end")
    assert worker.output.total == 1_000_000_007
    assert len(worker.output.text()) < 3 * KEPT_BYTES
    assert "bytes ...]" in worker.output.text()


def test_output_keeps_its_beginning_and_its_end() -> None:
    output = Output()
    output.feed(b"begin")
    for _ in range(1000):
        output.feed(b"-" * 1000)
    output.feed(b"end\xff")
    text = output.text()
    assert text.startswith("begin")
    assert text.endswith("end\ufffd")
    assert len(text) < 2 * KEPT_BYTES + 100
    assert sum(map(len, output._tail)) < KEPT_BYTES + 1000


@linux
async def test_children_in_the_group_end_with_the_worker(start: Start) -> None:
    worker = await start(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('child', child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    await printed(worker, "\n")
    child = int(worker.output.text().split()[1])
    assert is_running(child)
    await worker.stop(0.2)
    assert not is_running(child)


LEAVER = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if {clean}:
            program = 'import time; print("here", flush=True); time.sleep(60)'
            os.execve(sys.executable, [sys.executable, '-c', program], {{}})
        time.sleep(60)
    os._exit(0)
os.wait()
print('left', flush=True)
{rest}
"""


@linux
@pytest.mark.parametrize("rest", ["time.sleep(60)", "sys.exit(0)"])
async def test_a_grandchild_that_left_the_group_is_found(start: Start, rest: str) -> None:
    before = set(processes.all_processes())
    worker = await start(LEAVER.format(clean=False, rest=rest))
    await printed(worker, "left")
    await worker.stop(0.2)
    left = [entry for entry in processes.all_processes().values() if entry.pid not in before]
    assert not [entry for entry in left if entry.parent == os.getpid()]


@linux
async def test_the_last_sweep_finds_a_daemon_that_left_everything_behind(start: Start) -> None:
    before = {entry.pid for entry in processes.descendants(os.getpid(), processes.all_processes())}
    worker = await start(LEAVER.format(clean=True, rest="sys.exit(0)"))
    await printed(worker, "here")
    await worker.wait(20)
    await worker.stop(0.2)
    assert end_strays(before) == 1
    assert end_strays(before) == 0


BREEDER = """
import os, time
for _ in range(50):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os._exit(0)
        os._exit(0)
    os.wait()
print('bred', flush=True)
time.sleep(60)
"""


@linux
def test_orphans_that_end_by_themselves_are_reaped_while_the_worker_runs(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(BREEDER)
    ended = "import sys; sys.exit(3)"

    async def run() -> int:
        worker = await launch(f"{sys.executable} {tmp_path}/worker.py", OUTFIT)
        await printed(worker, "bred")
        async with asyncio.timeout(20):
            while any(entry.state == "Z" for entry in children()):
                await asyncio.sleep(0.05)
        assert [entry.pid for entry in children()] == [worker.pid]
        others = [await launch(f"{sys.executable} -c '{ended}'", OUTFIT) for _ in range(5)]
        statuses = [await other.wait(20) for other in others]
        for process in (worker, *others):
            await process.stop(0)
        assert statuses == [3] * 5
        return len(others)

    def children() -> list[processes.Entry]:
        listed = processes.all_processes().values()
        return [entry for entry in listed if entry.parent == os.getpid() and entry.pid not in before]

    before = set(processes.all_processes())
    assert supervised(run()) == 5


@linux
def test_a_process_is_not_ended_in_place_of_one_that_had_its_number() -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        entry = processes.all_processes()[other.pid]
        processes.end_at_once(entry._replace(started=entry.started - 1))
        assert is_running(other.pid)
        other.kill()


async def test_stopping_twice_and_signalling_an_ended_worker_do_nothing(start: Start) -> None:
    worker = await start("pass")
    await worker.wait(20)
    worker.signal(signal.SIGTERM)
    await worker.stop()
    await worker.stop()
    assert worker.exit_status == 0
