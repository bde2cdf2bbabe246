"""Baselines: known failures fail no run, stale entries and new failures do, and files are read with care."""

import errno
import json
import os
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from dispatch_conformance import baselines
from dispatch_conformance.baseline import NO_BASELINE, Baseline, Known
from dispatch_conformance.baselines import load, parse, written
from dispatch_conformance.cli import main
from dispatch_conformance.report.model import make_report
from dispatch_conformance.report.stored import read_results, schema
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import CheckResult, Verdict
from dispatch_protocol.clauses import Level
from dispatch_protocol.errors import UsageError

from tests.conformance.test_report import EMPTY, HOSTILE, SETTINGS, observed, outcome

HEAD = 'schema = "dispatch-conformance-baseline/1"\n'


def worker(*defects: str) -> str:
    switched = " ".join(f"--defect {name}" for name in defects)
    return f"{sys.executable} -m tests.mutants {switched}"


def run(command: str, *more: str) -> int:
    words = ["run", "--worker", command, "--seed", "7", "--only", "tasks", "--quiet"]
    return main([*words, *more])


def result(
    check: str = "tasks.summary_long", verdict: Verdict = Verdict.FAIL, scenario: str = "tasks.summarize"
) -> CheckResult:
    return CheckResult(
        id=check,
        clause="W-OUT-4",
        level=Level.MUST,
        verdict=verdict,
        message="m",
        expected="",
        actual="",
        evidence=(),
        scenario=scenario,
    )


def known(check: str = "tasks.summary_long", scenario: str = "tasks.summarize") -> Known:
    return Known(check=check, reason="why", clause="W-OUT-3", scenario=scenario)


# ---------------------------------------------------------------------------- with a worker


def test_a_broken_worker_passes_with_its_baseline_until_something_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "known.toml")
    both = worker("summary-with-ellipsis", "counts-repetitions")
    assert run(both, "--write-baseline", file) == 1
    assert {entry.check: entry.clause for entry in load(file).entries} == {
        "tasks.summary_long": "W-OUT-4",
        "tasks.once": "W-OUT-12",
    }

    capsys.readouterr()
    assert run(both, "--baseline", file) == 0
    told = capsys.readouterr().out
    assert f"known, accepted by the baseline {file}:" in told
    assert "  fail  tasks.once  W-OUT-12 MUST: accepted without a reason yet; found: " in told
    assert "FAIL" not in told
    assert "; 2 of the failures are known; " in told
    assert told.splitlines()[-1] == "no new failure: 2 checks failed as the baseline has it (exit 0, seed 7)"

    out = tmp_path / "out"
    assert run(worker("counts-repetitions"), "--baseline", file, "--out", str(out)) == 1
    jsonschema.validate(json.loads((out / "results.json").read_text("utf-8")), schema())
    stored = read_results(out)
    assert [entry.check for entry in stored.stale] == ["tasks.summary_long"]
    assert [check.id for check in stored.checks if check.known] == ["tasks.once"]
    assert stored.options.baseline == file
    told = capsys.readouterr().out
    assert "STALE  tasks.summary_long  W-OUT-4 fails no more: remove it from the baseline" in told
    assert "the baseline is stale: 1 entry to remove (exit 1, seed 7)" in told.splitlines()

    assert (
        run(worker("counts-repetitions", "summary-with-ellipsis", "words-in-ascii"), "--baseline", file) == 1
    )
    told = capsys.readouterr().out
    assert "FAIL  tasks.white_space  W-OUT-7 MUST" in told
    assert "FAIL  tasks.once" not in told
    assert told.splitlines()[-1] == "not conformant: 1 check failed (exit 1, seed 7)"


def test_warnings_fail_at_level_should_and_are_accepted_there(tmp_path: Path) -> None:
    file = str(tmp_path / "known.toml")
    assert run(worker("blank-counts-none"), "--write-baseline", file) == 0
    assert load(file).entries == ()
    assert run(worker("blank-counts-none"), "--write-baseline", file, "--level", "should") == 1
    assert [entry.clause for entry in load(file).entries] == ["W-OUT-8"]
    assert run(worker("blank-counts-none"), "--baseline", file, "--level", "should") == 0
    assert run(worker(), "--baseline", file) == 1


def test_a_baseline_is_renewed_with_its_reasons(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    run(worker("summary-with-ellipsis"), "--write-baseline", str(file))
    text = file.read_text("utf-8")
    edited = text.replace("accepted without a reason yet", "ours to mend in version 3")
    assert edited != text
    file.write_text(edited, "utf-8")
    both = worker("summary-with-ellipsis", "counts-repetitions")
    run(both, "--baseline", str(file), "--write-baseline", str(file))
    reasons = {entry.clause: entry.reason.partition(";")[0] for entry in load(str(file)).entries}
    assert reasons == {"W-OUT-4": "ours to mend in version 3", "W-OUT-12": "accepted without a reason yet"}


# ---------------------------------------------------------------------------- without one


@pytest.mark.parametrize(
    ("entry", "verdict", "stale"),
    [
        (known(), Verdict.PASS, True),
        (known(), Verdict.FAIL, False),
        (known(), Verdict.WARN, False),
        (known(), Verdict.INCONCLUSIVE, False),
        (known(), Verdict.NOT_TESTABLE, False),
        (known(), Verdict.NOT_APPLICABLE, False),
        (known(scenario=""), Verdict.PASS, True),  # its own scenario ran
        (known(scenario="tasks.classify"), Verdict.PASS, False),  # that one did not run
        (known("other.check"), Verdict.PASS, False),  # this check did not run
        (known("transcript.W-OUT-3"), Verdict.PASS, True),  # tells of breaches only, and there was none
        (known("life.stays", "tasks.classify"), Verdict.PASS, False),
    ],
)
def test_an_entry_is_stale_only_where_its_check_passed(entry: Known, verdict: Verdict, stale: bool) -> None:
    found = Baseline(entries=(entry,)).stale(
        [result(verdict=verdict)], {"tasks.summarize"}, seed=1, quick=False
    )
    assert bool(found) is stale


@pytest.mark.parametrize(("seed", "quick", "stale"), [(7, False, True), (8, False, False), (7, True, False)])
def test_what_random_search_found_is_stale_only_in_the_same_search(
    seed: int, quick: bool, stale: bool
) -> None:
    baseline = Baseline(seed=7, entries=(known("fuzz.summary", "fuzz.sequences"),))
    passed = result("fuzz.summary", Verdict.PASS, "fuzz.sequences")
    assert bool(baseline.stale([passed], {"fuzz.sequences"}, seed=seed, quick=quick)) is stale


def test_what_frames_show_of_a_known_failure_is_the_same_failure() -> None:
    shown = result("transcript.W-OUT-4")
    elsewhere = result("transcript.W-OUT-4", scenario="tasks.classify")
    entry = replace(known(), clause="W-OUT-4")
    accepted = Baseline(entries=(entry,)).accepted([shown, elsewhere, result("tasks.other")])
    assert [found.known for found in accepted] == ["why", "", ""]
    renewed = NO_BASELINE.renewed([result(), shown, elsewhere], [], (), seed=7)
    assert [(found.check, found.scenario) for found in renewed.entries] == [
        ("tasks.summary_long", "tasks.summarize"),
        ("transcript.W-OUT-4", "tasks.classify"),
    ]


def test_the_report_counts_known_failures_apart() -> None:
    accepted = Baseline(name="mine", entries=(replace(known("area.one"), scenario="area.scenario"),))
    report = make_report(SETTINGS, outcome(observed()), [EMPTY], baseline=accepted)
    assert (report.exit_code, report.results[0].known) == (0, "why")
    assert "1 check failed as the baseline has it" in report.reason
    assert make_report(SETTINGS, outcome(observed()), [EMPTY]).exit_code == 1


def test_a_known_failure_may_stay_open() -> None:
    found = outcome(observed(Verdict.INCONCLUSIVE), replace(observed(Verdict.PASS), check="area.two"))
    accepted = Baseline(entries=(known("area.one"),))
    assert make_report(SETTINGS, found, [EMPTY]).exit_code == 2
    assert make_report(SETTINGS, found, [EMPTY], baseline=accepted).exit_code == 0


def test_what_was_not_asked_for_is_not_stale() -> None:
    entry = replace(known("transcript.W-OUT-3"), scenario="")
    scenarios = dict.fromkeys(("area.scenario",), 0)
    assert Baseline(entries=(entry,)).stale([], scenarios, seed=0, quick=False) == ()
    narrow = Settings(command="w", only=("W-REG",))
    report = make_report(
        narrow, outcome(observed(Verdict.PASS)), [EMPTY], baseline=Baseline(entries=(entry,))
    )
    assert report.stale == ()


def test_a_disk_that_is_full_leaves_the_baseline_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(path: Path, text: str, **_: object) -> int:
        path.write_bytes(text[:3].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "known.toml"
    baselines.write(file, ["with", "reasons"])
    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(UsageError, match=r"cannot be written to .*: No space left on device"):
        baselines.write(file, ["anew"])

    assert file.read_text("utf-8") == "with\nreasons\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["known.toml"]


def test_a_baseline_may_go_where_no_file_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    baselines.write(pipe, ["lines"])

    assert os.read(reader, 100) == b"lines\n"
    os.close(reader)


def test_what_is_written_is_read_again() -> None:
    report = make_report(SETTINGS, outcome(observed(message=HOSTILE)), [EMPTY])
    found = replace(report.results[0], id="tasks.summary_long", clause="W-OUT-4")
    words = "\x7f\x00'''\"\"\"\\\n[[known]]"
    hostile = replace(found, id="transcript.W-OUT-3", clause="W-OUT-3", message=words)
    checks = ["transcript.W-OUT-3", "tasks.summary_long"]
    renewed = NO_BASELINE.renewed([hostile, found], [], (), seed=7)
    assert [entry.check for entry in renewed.entries] == checks
    text = "\n".join(written(renewed, report.origin, HOSTILE))
    assert all(letter.isprintable() for letter in text.replace("\n", ""))
    assert len(tomllib.loads(text)["known"]) == 2
    assert [entry.check for entry in parse(text, "text").entries] == [
        "transcript.W-OUT-3",
        "tasks.summary_long",
    ]
    assert parse(text, "text").seed == 7


ENTRY = '[[known]]\ncheck = "tasks.summary_long"\nreason = "why"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "required field"),
        ("schema = 1", "Expected `str`"),
        ("schema = [", "is no baseline"),
        ("a = " + "[" * 10_000, "is no baseline"),
        ('schema = "other/1"', "holds no dispatch-conformance-baseline/1"),
        (HEAD + "more = 1", "unknown field"),
        (HEAD + ENTRY + "more = 1", "unknown field"),
        (HEAD + '[[known]]\ncheck = "tasks.summary_long"', "required field"),
        (HEAD + ENTRY.replace("why", " "), "gives no reason"),
        (HEAD + ENTRY * 2, "two entries for tasks.summary_long"),
        (HEAD + ENTRY.replace("summary", "sumary"), "did you mean tasks.summary_long?"),
        (HEAD + ENTRY.replace("summary", "\\u001b[2J"), "there is no check"),
        (HEAD + ENTRY + 'clause = "W-REG-1"', "is of W-OUT-4, and not of W-REG-1"),
    ],
)
def test_a_file_that_is_no_baseline_is_misuse(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text, "name")
    assert words in str(refused.value)
    assert str(refused.value).isprintable()


def test_files_that_cannot_be_read_or_written_are_misuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    monkeypatch.setattr(baselines, "MAX_BYTES", 10)
    (tmp_path / "long.toml").write_text("#" * 11, "utf-8")
    for name, words in (
        ("bytes.toml", "no UTF-8"),
        ("long.toml", "longer than"),
        ("none.toml", "cannot be read"),
    ):
        with pytest.raises(UsageError, match=words):
            load(str(tmp_path / name))
    with pytest.raises(UsageError, match="those that ship are "):
        load("dekstop")
    assert run("true", "--write-baseline", str(tmp_path / "no" / "such" / "file")) == 2
    assert "no such folder" in capsys.readouterr().err


def test_the_seed_of_a_baseline_is_that_of_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "known.toml"
    file.write_text(HEAD + "seed = 12345\n", "utf-8")
    monkeypatch.setattr("dispatch_conformance.stage.CONNECT_SECONDS", 0.5)
    main(["run", "--worker", "true", "--only", "tasks.summarize", "--baseline", str(file)])
    assert capsys.readouterr().out.startswith("seed 12345,")
