"""`list` and `run --dry-run`: what there is, and what would run, without a worker."""

import json
import re
from pathlib import Path

import pytest
from dispatch_conformance.cli import main


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_the_list_is_narrowed_by_prefix_level_and_area(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "list", "W-END-1") == (
        "goodbye.idle: SIGTERM for a worker without a job: close 1000, and an end.\n"
        "  goodbye.close_code                       W-END-1    SHOULD\n"
    )
    of_area = told(capsys, "list", "--area", "goodbye").splitlines()
    assert len([line for line in of_area if line.startswith("goodbye.")]) == 6
    should = told(capsys, "list", "--level", "should", "--area", "tasks").splitlines()
    assert [line for line in should if line.startswith("  ")]
    assert not [line for line in should if " MUST" in line]
    assert "transcript.W-RCP-1" in told(capsys, "list", "transcript")


def test_the_list_as_json_holds_the_clauses(capsys: pytest.CaptureFixture[str]) -> None:
    loaded = json.loads(told(capsys, "list", "--format", "json"))
    assert [entry["name"] for entry in loaded][-2:] == ["transcript", "life"]
    idle = next(entry for entry in loaded if entry["name"] == "heartbeats.idle")
    assert idle["waits"] is True
    assert idle["checks"][0]["clause"] == "W-HBT-1"
    assert idle["checks"][0]["text"].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "tsks"], "did you mean tasks?"),
        (["list", "--area", "taks"], "did you mean tasks?"),
        (["list", "--area", "tasks", "W-REG"], "no check fits all of this"),
        (["run", "--worker", "x", "--dry-run", "--only", "hartbeats"], "did you mean heartbeats?"),
        (["run", "--worker", "x", "--dry-run", "--only-level", "may"], "leave no scenario"),
        (["run", "--worker", "x", "--format", "json"], "--out DIR"),
        (["run", "--worker", "x", "--out", "out", "--format", "jsn"], "did you mean json?"),
    ],
)
def test_what_selects_nothing_is_misuse(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "the following arguments are required: ACTION"),
        (["run", "--nothing"], "unrecognized arguments: --nothing"),
        (["run", "--jobs", "0"], "must be a whole number of 1 or more"),
        (["run", "--seed", "1e3"], "must be a whole number of 0 or more"),
        (["run", "--seed", "9" * 5_000], "must be a whole number of 0 or more"),
        (["run", "--wait", "nan"], "must be a number of seconds between 1 and 86400"),
        (["run", "--wait", "soon"], "must be a number of seconds between 1 and 86400"),
        (["replay", "x", "--worker", "x", "--timeout-scale", "x"], "must be a number between 1 and 100"),
        (["run", "--level", "may"], "say must or should: what is only allowed is never broken"),
        (["list", "--level", "high"], "say must, should or may"),
    ],
)
def test_misuse_is_told_in_one_line_that_says_what_to_do(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert why in told
    assert told.endswith(f"; see {told.partition(':')[0]} --help\n")


@pytest.mark.parametrize("action", ["run", "replay", "doctor", "compare", "badge", "explain", "list"])
def test_the_help_of_an_action_says_what_it_does_and_what_each_option_is(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([action, "--help"])

    assert ended.value.code == 0
    usage, what, *parts = capsys.readouterr().out.split("\n\n")
    assert usage.startswith(f"usage: dispatch-conformance {action} ")
    assert what.endswith(".")
    bare = re.findall(r"^  (-\S+(?: \S+)*|[A-Z]+)\n(?! {5})", "\n".join(parts), re.MULTILINE)
    assert not bare, bare
    assert ("exit codes: " in parts[-1]) is (action in {"run", "replay", "doctor", "compare"})


def test_no_folder_is_not_this_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--worker", "x", "--out", ""]) == 2
    assert "--out DIR names no folder" in capsys.readouterr().err
    assert main(["run", "--worker", "x", "--write-baseline", str(tmp_path)]) == 2
    assert "it is a folder" in capsys.readouterr().err


def test_a_dry_run_says_what_would_run_why_and_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "--worker", "no-such-worker", "--dry-run", "--exclude", "heartbeats.several"]
    lines = told(capsys, *words, "--only", "W-HBT", "--jobs", "1").splitlines()
    assert "heartbeats.idle: W-HBT; about 27.5 s" in lines
    assert "  heartbeats.idle                          W-HBT-1    MUST" in lines
    assert "left out, excluded: heartbeats.several" in lines
    assert lines[-1].startswith("2 of ")
    assert lines[-1].endswith("1 at once: about 58 s for a worker that keeps every clause")
