"""`compare`: what broke, what was mended, and what the rules alone changed; files that are no results."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from dispatch_conformance.cli import main
from dispatch_conformance.compare import Change, Comparison, compare
from dispatch_conformance.compared import as_json, as_markdown, as_text
from dispatch_conformance.report.results import results_json, stored
from dispatch_conformance.report.stored import Stored, StoredCheck
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.clauses import Level
from dispatch_protocol.vocabulary import ProviderType

from tests.conformance.test_markdown import inert, read
from tests.conformance.varied_report import HOSTILE, varied

BASE = stored(varied(errors=(), last_words=""))
PASS, FAIL, WARN = Verdict.PASS, Verdict.FAIL, Verdict.WARN
OPEN = Verdict.NOT_TESTABLE


def check(identifier: str, verdict: Verdict, level: Level = Level.MUST, **more: Any) -> StoredCheck:
    template = msgspec.structs.replace(BASE.checks[0], message="", known=None, repeats=None, evidence=())
    return msgspec.structs.replace(
        template, **{"id": identifier, "clause": "W-OUT-3", "verdict": verdict, "level": level} | more
    )


def result(*checks: StoredCheck, **more: Any) -> Stored:
    return msgspec.structs.replace(BASE, **{"checks": checks, "stale": ()} | more)


def changes(before: Stored, after: Stored) -> dict[str, Change]:
    return {entry.check.id: entry.change for entry in compare(before, after).differences}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (check("a.b", PASS), check("a.b", FAIL), Change.BROKE),
        (check("a.b", PASS, Level.SHOULD), check("a.b", WARN, Level.SHOULD), Change.BROKE),
        (check("a.b", FAIL), check("a.b", PASS), Change.MENDED),
        (check("a.b", FAIL), check("a.b", FAIL), Change.STILL),
        (check("a.b", FAIL), check("a.b", WARN, Level.SHOULD), Change.RULES),
        (check("a.b", PASS, Level.MAY), check("a.b", FAIL), Change.RULES),
        (check("a.b", FAIL), check("a.b", PASS, Level.MAY), Change.RULES),
        (check("a.b", PASS), check("a.b", OPEN), Change.LOST),
        (check("a.b", FAIL), check("a.b", Verdict.INCONCLUSIVE), Change.LOST),
        (check("a.b", OPEN), check("a.b", FAIL), Change.FOUND),
        (check("a.b", Verdict.NOT_APPLICABLE), check("a.b", PASS), Change.GAINED),
        (check("a.b", PASS), check("a.b", PASS), None),
        (check("a.b", OPEN), check("a.b", Verdict.INCONCLUSIVE), None),
        (None, check("a.b", FAIL), Change.FOUND),
        (None, check("a.b", PASS), Change.GAINED),
        (None, check("a.b", OPEN), None),
        (check("a.b", PASS), None, Change.LOST),
        (None, check("transcript.W-OUT-3", FAIL), Change.BROKE),
        (check("transcript.W-OUT-3", FAIL), None, Change.MENDED),
        (check("transcript.W-OUT-3", PASS), None, None),
        (None, check("transcript.W-OUT-3", PASS), None),
    ],
)
def test_what_becomes_of_a_check(
    before: StoredCheck | None, after: StoredCheck | None, change: Change | None
) -> None:
    sides = [result(*filter(None, [entry])) for entry in (before, after)]
    comparison = compare(*sides)
    assert [entry.change for entry in comparison.differences] == ([change] if change else [])
    assert comparison.broke is (change is Change.BROKE)


@pytest.mark.parametrize("differs", [{"requirements": "0" * 64}, {"suite_version": "9"}])
def test_a_check_of_one_suite_only_is_not_the_workers_doing(differs: dict[str, Any]) -> None:
    old, new = result(), result(check("a.new", FAIL), check("a.fine", PASS), **differs)
    assert changes(old, new) == {"a.new": Change.RULES, "a.fine": Change.RULES}
    assert changes(new, old) == {"a.new": Change.RULES, "a.fine": Change.RULES}
    assert not compare(old, new).broke
    assert changes(result(check("a.b", PASS)), result(check("a.b", FAIL), **differs)) == {"a.b": Change.BROKE}


def test_a_passive_check_breaks_under_another_suite_with_the_same_rules() -> None:
    new = result(check("life.registers", FAIL), suite_version="9")
    assert changes(result(), new) == {"life.registers": Change.BROKE}
    other = msgspec.structs.replace(new, requirements="0" * 64)
    assert changes(result(), other) == {"life.registers": Change.RULES}


def test_what_was_not_selected_did_not_break() -> None:
    narrow = result(options=msgspec.structs.replace(BASE.options, only=("W-RCP",)))
    wide = result(check("transcript.W-OUT-3", FAIL), check("a.b", PASS))
    assert changes(narrow, wide) == {"transcript.W-OUT-3": Change.FOUND, "a.b": Change.GAINED}
    assert changes(wide, narrow) == {"transcript.W-OUT-3": Change.LOST, "a.b": Change.LOST}
    assert "the selections differ" in as_text(compare(narrow, wide))


def test_a_worker_that_no_longer_connects_has_broken() -> None:
    gone = result(summary=msgspec.structs.replace(BASE.summary, exit_code=3))
    before = result(check("a.b", PASS), check("transcript.W-OUT-3", FAIL))
    assert changes(before, gone) == {"a.b": Change.LOST, "transcript.W-OUT-3": Change.LOST}
    assert compare(before, gone).broke
    assert "nothing could be judged any more" in as_text(compare(before, gone))
    assert not compare(gone, gone).broke
    assert not compare(gone, before).broke


def test_the_same_check_of_two_clauses_is_two() -> None:
    old = result(check("a.b", PASS), check("a.b", FAIL, clause="W-OUT-5"))
    new = result(check("a.b", FAIL), check("a.b", PASS, clause="W-OUT-5"))
    found = [(entry.change, entry.check.clause) for entry in compare(old, new).differences]
    assert found == [(Change.BROKE, "W-OUT-3"), (Change.MENDED, "W-OUT-5")]


def test_notes_tell_what_is_different_about_the_runs() -> None:
    worker = msgspec.structs.replace(BASE.summary.worker, provider_type=ProviderType.SEEKER)
    other = result(
        seed=8,
        suite_version="9",
        spec_version="2.0",
        requirements="0" * 64,
        command="another",
        summary=msgspec.structs.replace(BASE.summary, worker=worker),
    )
    notes = " ".join(compare(BASE, other).notes)
    for words in (
        "requirement sets",
        "suites",
        "specifications: ",
        "seeds",
        "commands",
        "registered otherwise",
    ):
        assert words.rstrip(": ") in notes
    assert compare(BASE, BASE).notes == ()


def hostile() -> Comparison:
    """Everything that a file may hold, hostile."""
    bad: dict[str, Any] = {"message": HOSTILE, "known": HOSTILE, "clause": HOSTILE}
    old = result(check(HOSTILE, PASS, clause=HOSTILE), check("b", FAIL, **bad), command=HOSTILE)
    new = result(check(HOSTILE, FAIL, **bad), check("b", PASS, **bad), spec_version=HOSTILE, started=HOSTILE)
    return compare(old, new)


def test_hostile_results_are_shown_inert() -> None:
    assert all(letter == "\n" or letter.isprintable() for letter in as_text(hostile()))
    page = read(as_markdown(hostile()))
    inert(page)
    as_json(hostile()).encode("ascii")


def test_the_text_ends_with_the_summary() -> None:
    lines = as_text(hostile()).splitlines()
    assert lines[-1] == "1 broke, 1 mended (exit 1)"
    assert re.match(r"before  .* \(exit 1\)", lines[0])
    assert "Broke: right before, broken now (1)" in lines


def test_json_holds_everything() -> None:
    content = json.loads(as_json(hostile()))
    assert content["schema"] == "dispatch-conformance-comparison/1"
    assert content["exit_code"] == 1
    assert content["counts"]["broke"] == content["counts"]["mended"] == 1
    first = content["changes"][0]
    assert (first["change"], first["before"]["verdict"], first["after"]["verdict"]) == (
        "broke",
        "pass",
        "fail",
    )
    assert first["after"]["message"] == HOSTILE


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_command_takes_files_and_folders(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.json").write_text(results_json(varied()), "utf-8")
    good = tmp_path / "good.json"
    mended = [
        msgspec.structs.replace(entry, verdict=PASS) if entry.id == "area.fails" else entry
        for entry in BASE.checks
    ]
    good.write_text(json.dumps(msgspec.to_builtins(result(*mended))), "utf-8")
    assert main(["compare", str(tmp_path), str(tmp_path), "--format", form]) == 0
    assert main(["compare", str(tmp_path), str(good), "--format", form]) == 0
    assert main(["compare", str(good), str(tmp_path), "--format", form]) == 1
    assert "area.fails" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("{", "is no JSON"),
        ('{"schema":"dispatch-conformance-results/99"}', "another version"),
        ('{"schema":"dispatch-conformance-results/2","seed":"x"}', "is damaged"),
    ],
)
def test_what_is_no_result_is_misuse(
    content: str | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.json"
    good.write_text(results_json(varied()), "utf-8")
    bad = tmp_path / "bad.json"
    if content is not None:
        bad.write_text(content, "utf-8")
    for pair in ((good, bad), (bad, good)):
        assert main(["compare", *map(str, pair)]) == 2
        assert words in capsys.readouterr().err


def test_a_file_without_an_end_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(results_json(varied()), "utf-8")
    assert main(["compare", "/dev/zero", str(tmp_path / "good.json")]) == 2
    assert "is longer than" in capsys.readouterr().err
