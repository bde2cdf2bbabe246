"""The command line: exit codes that can be trusted, whatever the worker does, and nothing left behind."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from dispatch_conformance import processes
from dispatch_conformance.cli import main
from dispatch_conformance.context import Context
from dispatch_conformance.jobs import ANSWER_SECONDS
from dispatch_conformance.report import formats
from dispatch_conformance.report.results import MAX_TEXT
from dispatch_conformance.report.stored import schema
from dispatch_conformance.scenario import Scenario, scenario
from dispatch_protocol.recording import read_lines
from dispatch_protocol.tasks import run_task
from dispatch_protocol.vocabulary import JobType

from tests.conformance.small_workers import command

GOOD = f"{sys.executable} -m dispatch_worker"
LONG = "word " * 60


@scenario("tasks.long", {"answers": "W-JOB-1", "summary": "W-OUT-4"}, capability=JobType.TASK)
async def long_input(context: Context) -> None:
    """One job with a long input."""
    await context.worker()
    answer = await context.stage.run("TASK", {"task_type": "summarize", "input": LONG})
    answered = context.check("answers").expect(answer.answered, "no answer", actual=answer.in_words())
    if answered and answer.output is not None:
        expected = run_task("summarize", LONG)
        context.check("summary").equal(expected, answer.output.value, "the wrong summary", answer)


@scenario("tasks.blank", {"blank": "W-OUT-8"}, capability=JobType.TASK)
async def blank_input(context: Context) -> None:
    """One job with a blank input."""
    await context.worker()
    answer = await context.stage.run("TASK", {"task_type": "summarize", "input": " "})
    context.check("blank").expect(answer.completed, "no answer", actual=answer.in_words())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two scenarios instead of all."""
    monkeypatch.setattr("dispatch_conformance.catalogue.all_scenarios", lambda: (long_input, blank_input))


def run(worker: str, *more: str) -> int:
    return main(["run", "--worker", worker, "--seed", "7", *more])


def results(folder: Path) -> dict[str, Any]:
    text = (folder / "results.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    jsonschema.validate(loaded, schema())
    return loaded


def failed(loaded: dict[str, Any]) -> set[str]:
    return {check["clause"] for check in loaded["checks"] if check["verdict"] == "fail"}


@pytest.mark.usefixtures("few")
def test_a_conforming_worker_is_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GOOD, "--out", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "seed 7, 2 scenarios, 8 at once"
    assert "conformant: no check failed (exit 0, seed 7)" in printed
    loaded = results(tmp_path)
    assert list(loaded) == [
        "schema",
        "suite_version",
        "spec_version",
        "requirements",
        "command",
        "seed",
        "started",
        "seconds",
        "host",
        "options",
        "checks",
        "stale",
        "summary",
    ]
    assert (loaded["seed"], loaded["command"], loaded["summary"]["exit_code"]) == (7, GOOD, 0)
    assert not failed(loaded)
    assert loaded["summary"]["worker"]["provider_type"] == "DESKTOP"
    recording = read_lines((tmp_path / "transcripts" / "tasks.long.jsonl").read_text("utf-8").split("\n"))
    assert recording.header.seed == 7
    assert "Registered as" in (tmp_path / "output" / "tasks.long.txt").read_text("utf-8")


@pytest.mark.usefixtures("few")
def test_a_failed_check_is_1_and_its_evidence_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = command(tmp_path, "summarize_short")
    assert run(worker, "--out", str(tmp_path)) == 1
    loaded = results(tmp_path)
    assert {"W-OUT-4", "W-CAN-2"} <= failed(loaded)
    check = next(check for check in loaded["checks"] if check["id"] == "tasks.summary")
    assert check["evidence"][1]["content"]["from"] == "worker"
    assert '"word word' in check["evidence"][1]["content"]["text"]
    printed = capsys.readouterr().out
    for line in ("FAIL  tasks.summary  W-OUT-4 MUST", "  expected ", "  got ", "  differ ", "  mend "):
        assert line in printed
    case = tmp_path / "cases" / "tasks.summary.jsonl"
    assert f"dispatch-conformance replay {case} --worker '{worker}'" in printed
    assert "SPEC.md#w-out-4" in printed
    assert printed.rstrip().splitlines()[-1].startswith("written to")
    assert "not conformant" in printed.rstrip().splitlines()[-2]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("name", "clauses"),
    [
        ("connects_and_ends", {"W-REG-2"}),
        ("says_hello", {"W-REG-1", "W-FRM-2"}),
        ("registers_late", {"W-REG-2"}),
        ("registers_and_ends", {"W-JOB-1"}),
        ("a_million_frames", {"W-FRM-4"}),
        ("fifty_connections", {"W-JOB-1", "W-CAN-2"}),
        ("a_gigabyte", {"W-CAN-2"}),
        ("ignores_sigterm", {"W-CAN-2"}),
        ("leaves_children", {"W-CAN-2"}),
        ("breeds_orphans", {"W-CAN-2"}),
        ("registers_without_end", {"W-JOB-1"}),
        ("a_hundred_megabytes", {"W-JOB-1"}),
        ("hostile_texts", {"W-OUT-4"}),
    ],
)
def test_a_worker_that_breaks_a_must_is_1_and_gone(
    tmp_path: Path, name: str, clauses: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWER_SECONDS, JobType.TASK, 2.0)
    if name == "says_hello":
        monkeypatch.setattr("dispatch_conformance.stage.REGISTER_SECONDS", 1.0)
    before = set(processes.all_processes())
    assert (
        run(
            command(tmp_path, name),
            "--out",
            str(tmp_path),
        )
        == 1
    )
    found = failed(results(tmp_path))
    assert clauses & found, found
    after = processes.all_processes()
    assert not [entry for entry in after.values() if entry.pid not in before and entry.parent == os.getpid()]


@pytest.mark.usefixtures("few")
def test_hostile_texts_reach_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(command(tmp_path, "hostile_texts"), "--out", str(tmp_path))
    printed = capsys.readouterr().out
    assert "\\u202e" in printed
    assert not [letter for letter in printed if letter in "\x1b\x07\x9b\u202e\u0000"]
    assert "[bold red]" in printed


@pytest.mark.usefixtures("few")
def test_a_worker_that_ends_at_once_is_3_with_its_last_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(tmp_path, "crashes")) == 3
    printed = capsys.readouterr().out
    assert "no such setting: FOO" in printed
    assert "ended before it connected (exit status 1" in printed
    assert "dispatch-conformance doctor --worker" in printed


@pytest.mark.usefixtures("few")
def test_a_worker_that_never_connects_is_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch_conformance.stage.CONNECT_SECONDS", 1.0)
    assert run(command(tmp_path, "sleeps"), "--out", str(tmp_path)) == 3
    assert "never connected" in results(tmp_path)["summary"]["reason"]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--worker", "/no/such/worker"],
        ["--worker", "'unclosed"],
        ["--worker", ""],
        ["--worker", GOOD, "--only", "nothing.begins.so"],
        ["--worker", GOOD, "--out", "/proc/no/such/folder"],
    ],
)
def test_misuse_is_2_with_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *arguments, "--seed", "1"]) == 2
    assert capsys.readouterr().err.startswith("dispatch-conformance: ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run", "--worker", "x", "--seed", "-1"],
        ["run", "--worker", "x", "--jobs", "0"],
        ["run", "--worker", "x", "--timeout-scale", "nan"],
        ["run", "--worker", "x", "--timeout-scale", "0.5"],
        ["run", "--worker", "x", "--seed", "one"],
    ],
)
def test_arguments_that_argparse_refuses_are_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def _alone(only: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch_conformance.catalogue.all_scenarios", lambda: (only,))


def test_the_suites_own_failure_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @scenario("area.slips", {"one": "W-OUT-3"})
    async def slips(context: Context) -> None:
        await context.worker()
        raise ZeroDivisionError("a slip")

    _alone(slips, monkeypatch)
    assert run(GOOD) == 2
    assert "the suite's own failure: area.slips: ZeroDivisionError: a slip" in capsys.readouterr().out


def test_a_must_that_stays_open_is_2_and_one_that_settles_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    @scenario("area.open", {"one": "W-OUT-3"})
    async def opened(context: Context) -> None:
        await context.worker()
        tries.append(context.attempt)
        if context.attempt == 1 or len(tries) < 3:
            context.check("one").inconclusive("noise")
        else:
            context.check("one").passed()

    _alone(opened, monkeypatch)
    assert run(GOOD) == 2
    assert run(GOOD) == 0
    assert tries == [1, 2, 1, 2]


def test_the_list_names_every_check_and_its_clause(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["fuzz.word_count", "W-OUT-6", "MUST", "(TASK)"] for line in lines)
    assert any(line.startswith("replay.recorded: ") for line in lines)


def test_output_into_a_closed_pipe_and_for_an_ascii_terminal_is_no_traceback() -> None:
    words = f"{sys.executable} -m dispatch_conformance list"
    closed = subprocess.run(["sh", "-c", f"{words} | head -1"], capture_output=True, check=False, timeout=60)
    assert closed.stderr == b""
    ascii_only = subprocess.run(
        words.split(), capture_output=True, check=False, timeout=60, env={"PYTHONIOENCODING": "ascii"}
    )
    assert (ascii_only.returncode, ascii_only.stderr) == (0, b"")


def test_the_version_names_suite_and_specification(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert "(specification 1." in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    worker = command(tmp_path, "sleeps").replace(
        sys.executable, f"{sys.executable} -X marker={tmp_path.name}"
    )
    suite = subprocess.Popen(
        [sys.executable, "-m", "dispatch_conformance", "run", "--worker", worker, "--only", "tasks"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _until(lambda: _marked(tmp_path.name))
        suite.send_signal(number)
        output, _ = suite.communicate(timeout=30)
    finally:
        suite.kill()
    assert suite.returncode == code, output
    assert not _marked(tmp_path.name)
    assert b"Traceback" not in output


def _marked(name: str) -> list[int]:
    """The workers of this test that run (the suite itself has the marker inside one longer word)."""
    found = []
    for pid in processes.all_processes():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"marker={name}".encode() in words:
            found.append(pid)
    return found


def _until(look: Any) -> None:
    deadline = time.monotonic() + 30
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_text_of_the_results_is_longer_than_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @scenario("area.long", {"one": "W-OUT-3"})
    async def long_text(context: Context) -> None:
        await context.worker()
        context.check("one").failed("m" * 10_000, expected="e" * 10_000, actual="\ud83d" * 10_000)

    _alone(long_text, monkeypatch)
    assert run(GOOD, "--out", str(tmp_path)) == 1
    check = next(check for check in results(tmp_path)["checks"] if check["id"] == "area.one")
    for member in ("message", "expected", "actual"):
        assert len(check[member]) < MAX_TEXT + 40


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("scale", "code"), [("1", 1), ("4", 0)])
def test_patience_is_stretched_from_end_to_end(
    tmp_path: Path, scale: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWER_SECONDS, JobType.TASK, 1.0)
    program = tmp_path / "slow.py"
    program.write_text(
        "import asyncio, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from tests.mutants.settings import from_environment\n"
        "from tests.mutants.worker import Worker\n"
        "class Slow(Worker):\n"
        "    async def perform(self, *job):\n"
        "        await asyncio.sleep(2)\n"
        "        return await super().perform(*job)\n"
        "sys.exit(asyncio.run(Slow(from_environment()).run()))\n",
        "utf-8",
    )
    assert run(f"{sys.executable} {program}", "--timeout-scale", scale, "--out", str(tmp_path)) == code
    assert results(tmp_path)["options"]["timeout_scale"] == float(scale)


@pytest.mark.usefixtures("few")
def test_a_form_that_cannot_be_made_is_never_a_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_report: object) -> str:
        raise RuntimeError("a bug")

    monkeypatch.setitem(formats.FORMATS, "html", formats.Format("report.html", broken))

    assert run(GOOD, "--out", str(tmp_path)) == 2
    assert "the suite's own failure: report.html could not be made: " in capsys.readouterr().out
    assert results(tmp_path)["summary"]["exit_code"] == 0


@pytest.mark.usefixtures("few")
def test_the_report_is_told_though_it_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dispatch_conformance.report.folder.write_case", full)
    monkeypatch.setattr("dispatch_conformance.report.folder._write_transcript", full)

    assert run(GOOD, "--out", str(tmp_path)) == 2
    told = capsys.readouterr()
    assert "conformant: no check failed (exit 0, seed 7)" in told.out
    assert told.err.endswith(f"the results cannot be written to {tmp_path}: No space left on device\n")
