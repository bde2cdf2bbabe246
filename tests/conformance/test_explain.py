"""Explaining clauses: every clause has a page, the examples are sound and small, unknown names get a hint."""

from importlib.resources import files

import pytest
from dispatch_conformance.cli import main
from dispatch_conformance.explain.examples import MAX_EVENTS, MAX_TEXT, cut, examples, written
from dispatch_conformance.explain.page import explained
from dispatch_conformance.scenarios import UNCHECKED
from dispatch_protocol.clauses import clause, for_role
from dispatch_protocol.errors import UsageError
from dispatch_protocol.vocabulary import Role

from tests.mutants.catalogue import DEFECTS

BINDING = [entry.id for entry in for_role(Role.WORKER)]
UNSEEN = {"W-CON-3"}
"""What a worker breaks before it sends anything."""


@pytest.mark.parametrize("name", BINDING)
def test_every_clause_has_a_page(name: str) -> None:
    page = explained(name)
    law = clause(name)
    for part in (law.text, law.mend, law.level_label, law.source, f"SPEC.md#{law.anchor}"):
        assert part in page
    assert all(letter == "\n" or letter.isprintable() for letter in page)
    assert name in UNCHECKED or not law.testable or ("checks " in page or f"transcript.{name}" in page)


def test_a_page_shows_how_a_worker_breaks_the_clause() -> None:
    page = explained("w-can-7")
    assert "  it escapes slashes\n" in page
    assert "A worker that escapes slashes:" in page
    assert 'coordinator sent {"type":"job_assign"' in page
    assert "hashes.raw says: " in page


def test_every_clause_that_a_broken_worker_breaks_has_an_example() -> None:
    broken = {mutant.clause for mutant in DEFECTS.values()}
    assert broken - set(examples()) == set()


def test_the_examples_are_sound_and_small() -> None:
    for name, example in examples().items():
        assert name in BINDING
        assert example.mistakes
        assert example.found
        assert (name in UNSEEN) is (not example.events)
        assert len(example.events) <= MAX_EVENTS
        assert all(len(text) <= MAX_TEXT + 10 for text in (*example.events, example.expected, example.actual))
    text = files("dispatch_conformance.explain").joinpath("examples.jsonl").read_text("utf-8")
    assert len(text.encode()) <= 300_000
    assert not [folder for folder in ("/tmp/", "/home/", "/root/", "/Users/") if folder in text]
    assert written(examples().values()) == text


def test_a_text_is_cut_in_its_middle() -> None:
    assert cut("x" * MAX_TEXT) == "x" * MAX_TEXT
    assert cut("a" + "x" * 2000 + "b")[0] + cut("a" + "x" * 2000 + "b")[-1] == "ab"
    assert cut("\ud83d") == "\\ud83d"


def test_a_beginning_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "W-RCP"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 14
    assert all(line.startswith("W-RCP-") for line in lines)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("W-CAM-7", "W-CAN-7"), ("W-RCPT", "W-RCP"), ("", "lists them all"), ("\x1b[2J", "lists")],
)
def test_an_unknown_clause_is_misuse_with_a_hint(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match=hint):
        explained(name)
    assert main(["explain", name]) == 2
    told = capsys.readouterr().err
    assert told.startswith("dispatch-conformance: no clause")
    assert "\x1b" not in told
