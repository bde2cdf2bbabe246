"""The well-behaved worker as a process: it registers, works, comes back, and leaves nothing behind."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dispatch_mockcoord.testing import CoordinatorHandle, WorkerEnded, WorkerProcess, mock_coordinator


@pytest.fixture(scope="module")
def running() -> Iterator[CoordinatorHandle]:
    with mock_coordinator() as handle:
        yield handle


@pytest.fixture(autouse=True)
def _fresh(running: CoordinatorHandle) -> Iterator[None]:
    """One coordinator for all of these tests, as good as new for each."""
    yield
    running.check()
    running.reset()


def test_a_worker_works_and_ends(running: CoordinatorHandle, tmp_path: Path) -> None:
    with WorkerProcess(running, tmp_path / "new" / "folder") as worker:
        assert worker.view is not None
        assert worker.view.capabilities == ("LLM_INFER", "TASK")
        assert running.run("extract_json", 'x {"a":1}').result == {"extracted": [{"a": 1}], "count": 1}
        assert running.run("LLM_INFER", "hello").verified
        assert worker.pid is not None
        os.kill(worker.pid, 0)
        assert worker.pubkey[:16] in worker.output
    assert worker.exit_status == 0
    worker.stop()


def test_options_are_passed_on(running: CoordinatorHandle, tmp_path: Path) -> None:
    code = running.pairing_code("alice")
    with WorkerProcess(running, tmp_path, "--pairing-code", code, "--provider-type", "SEEKER") as worker:
        (view,) = running.wait_for_worker()
        assert (view.provider_type, view.pubkey) == ("SEEKER", worker.pubkey)
        until(lambda: "Trust paired with user: alice" in worker.output)
        running.pair("bob", worker)
        for user_id in ("alice", "bob"):
            job = running.run("classify", "good", user_id=user_id, privacy_class="PRIVATE")
            assert (job.verified, job.worker) == (True, worker.pubkey)


def test_it_comes_back_when_it_was_dropped(running: CoordinatorHandle, tmp_path: Path) -> None:
    with WorkerProcess(running, tmp_path) as worker:
        pid = worker.pid
        worker.start()
        assert worker.pid == pid, "it runs already"
        running.clock.mute(worker)
        running.clock.advance(40)
        assert running.workers == ()
        running.wait_for_worker()
        running.reset()
        running.wait_for_worker()
        assert running.run("classify", "good").worker == worker.pubkey


def test_one_that_cannot_be_started_says_what_it_printed(running: CoordinatorHandle, tmp_path: Path) -> None:
    with pytest.raises(WorkerEnded, match=r"ended with 2:\n.*concurrency must be a number"):
        WorkerProcess(running, tmp_path, "--concurrency", "0").start()


def test_nothing_is_left_open_behind_it(running: CoordinatorHandle, tmp_path: Path) -> None:
    """What is left open is warned of when it is collected, and a warning is an error here."""
    with WorkerProcess(running, tmp_path):
        pass
    gc.collect()


def test_the_environment_does_not_steer_it(
    running: CoordinatorHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COORDINATOR_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TRUST_PAIRING_CODE", "ABCDEF")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dispatch_worker.py").write_text("raise SystemExit('the wrong module')")
    with WorkerProcess(running, tmp_path) as worker:
        running.run("classify", "good")
    assert "claim" not in worker.output
    assert "claim" not in running.transcript.tail()


def test_one_that_does_not_end_is_killed(
    running: CoordinatorHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch_mockcoord.testing.process.STOP_SECONDS", 0.05)
    worker = WorkerProcess(running, tmp_path)
    assert worker.output == ""
    worker.start()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    worker.stop()
    assert worker.exit_status == -signal.SIGKILL


STARTER = """
import sys, time
from pathlib import Path
from dispatch_mockcoord.testing import WorkerProcess, mock_coordinator

with mock_coordinator() as running, WorkerProcess(running, Path(sys.argv[1])) as worker:
    print(worker.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")
def test_it_ends_with_its_starter_however_that_ends(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER, tmp_path], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert is_alive(pid)
        starter.kill()
    until(lambda: not is_alive(pid))


def until(condition: Callable[[], bool]) -> None:
    """Wait for this; fails where it does not come."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended, and is not waited for, does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
