"""Whatever breaks in the suite itself ends with 2: its own failure, and not the worker's."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from dispatch_conformance import cli, entry


def test_a_failure_that_nobody_expected_is_the_suites_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(cli, "main", broken)

    assert entry.main() == 2
    told = capsys.readouterr().err
    assert "RuntimeError: a bug" in told
    assert told.endswith("the suite itself failed; this says nothing of the worker\n")


def test_what_the_command_line_says_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "main", lambda: 3)

    assert entry.main() == 3


def test_an_import_that_fails_is_the_suites_own(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('import sys\nsys.modules["dispatch_conformance.cli"] = None\n')

    ended = subprocess.run(
        [sys.executable, "-c", "import sitecustomize, dispatch_conformance.__main__"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2, ended.stderr
    assert "ModuleNotFoundError: import of dispatch_conformance.cli halted" in ended.stderr


def suite(*arguments: str, streams: str) -> subprocess.CompletedProcess[str]:
    """The suite under a shell, which treats its streams as that says."""
    command = f"{shlex.join([sys.executable, '-m', 'dispatch_conformance', *arguments])} {streams}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {command}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


RUN = ("run", "--worker", "false", "--only", "registration.first")


@pytest.mark.parametrize("arguments", [("explain", "W-CAN-3"), RUN])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_an_output_without_room_is_told_in_a_line(arguments: tuple[str, ...]) -> None:
    ended = suite(*arguments, streams="> /dev/full")

    assert ended.returncode == 2, ended.stderr
    assert ended.stderr == "dispatch-conformance: the output: No space left on device\n"


@pytest.mark.parametrize("arguments", [("explain", "W-CAN-3"), RUN])
def test_an_output_that_nobody_reads_is_no_failure_of_a_worker(arguments: tuple[str, ...]) -> None:
    ended = suite(*arguments, streams="| true")

    assert ended.returncode in {0, 2}, ended.stderr  # 0: it was told before the reader had gone
    assert ended.stderr == ""


@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "2>&-"])
def test_streams_that_are_closed_change_nothing(streams: str, tmp_path: Path) -> None:
    ended = suite(*RUN, "--out", str(tmp_path), streams=streams)

    assert ended.returncode == 3, ended.stderr
    assert (tmp_path / "results.json").is_file()


def test_results_are_kept_though_nobody_reads_the_report(tmp_path: Path) -> None:
    ended = suite(*RUN, "--out", str(tmp_path), streams="| head -n 1")

    assert ended.returncode in {2, 3}, ended.stderr
    assert (tmp_path / "results.json").is_file()
