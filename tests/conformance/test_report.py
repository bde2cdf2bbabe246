"""The report: hostile text inert, differences with their bytes, results that fit their schema."""

import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from dispatch_conformance.attach.attachment import Attachment
from dispatch_conformance.engine import Outcome, ScenarioRun
from dispatch_conformance.report.entries import again
from dispatch_conformance.report.model import make_report
from dispatch_conformance.report.plain import first_difference, visible
from dispatch_conformance.report.results import MAX_TEXT, event_text, results
from dispatch_conformance.report.stored import schema
from dispatch_conformance.report.terminal import Terminal
from dispatch_conformance.scenario import scenario
from dispatch_conformance.settings import Settings
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.verdicts import Observation, Verdict
from dispatch_protocol.clauses import Level, for_role
from dispatch_protocol.recording import Opened, frame_event
from dispatch_protocol.vocabulary import ProviderType, Role
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

HOSTILE = "\x1b[2J\x1b]0;pwned\x07\x9b31m\u202egnp.exe\r\n[bold red]</script>\x00\ud83d\u200b"
SETTINGS = Settings(command="worker 'with quotes' $(reboot)", seed=7)


async def nothing(_context: object) -> None:
    """Does nothing."""


EMPTY = scenario("area.scenario", {"one": "W-OUT-3"})(nothing)


def outcome(*observations: Observation, error: str = "", pubkey: str = "ab" * 32) -> Outcome:
    transcript = Transcript("area.scenario")
    transcript.add(Opened(t=0.0, connection=1))
    transcript.add(frame_event(0.1, 1, Role.WORKER, HOSTILE.replace("\ud83d", "") * 1000))
    transcript.add(frame_event(0.2, 1, Role.WORKER, b"\xff\x00", opcode="binary"))
    run = ScenarioRun(
        scenario=EMPTY,
        attempt=1,
        observations=observations,
        transcripts=(transcript,),
        outputs=(HOSTILE,),
        endings=(),
        seconds=0.1,
        connected=True,
        error=error,
        provider_type=ProviderType.DESKTOP,
        pubkey=pubkey,
        capabilities=("TASK", HOSTILE),
    )
    return Outcome(runs=[run])


def observed(verdict: Verdict = Verdict.FAIL, **more: str) -> Observation:
    marks = (Mark("area.scenario", 1), Mark("area.scenario", 2), Mark("area.scenario", 99), Mark("no", 0))
    return Observation(
        check="area.one",
        clause="W-OUT-3",
        verdict=verdict,
        scenario="area.scenario",
        evidence=marks,
        **more,
    )


def rendered(found: Outcome, monkeypatch: pytest.MonkeyPatch) -> str:
    file = io.StringIO()
    terminal = Terminal()
    console = Console(
        file=file, highlight=False, markup=False, emoji=False, soft_wrap=True, color_system=None
    )
    monkeypatch.setattr(terminal, "_console", console)
    terminal.end(make_report(SETTINGS, found, [EMPTY]))
    return file.getvalue()


def test_hostile_text_is_inert_wherever_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = observed(message=HOSTILE, expected=HOSTILE, actual=HOSTILE + "x")
    text = rendered(outcome(entry, error=HOSTILE, pubkey=HOSTILE), monkeypatch)
    assert all(letter == "\n" or (letter.isprintable() and letter != "\u202e") for letter in text)
    assert "[bold red]" in text


def test_a_failure_tells_everything_needed_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = observed(message="cuts one unit short", expected='{"summary":"ab"}', actual='{"summary":"aé"}')
    lines = [line.strip() for line in rendered(outcome(entry), monkeypatch).splitlines()]
    assert "FAIL  area.one  W-OUT-3 MUST" in lines
    for start in ("clause    The `summary` of an input", "found     cuts one unit short", "mend      "):
        assert any(line.startswith(start) for line in lines), start
    assert 'expected  {"summary":"ab"}' in lines
    assert 'got       {"summary":"aé"}' in lines
    assert "differ    at character 13: b U+0062 expected, é U+00E9 got" in lines
    assert "bytes     expected 6d 61 72 79 22 3a 22 61 | 62 22 7d" in lines
    assert "got      6d 61 72 79 22 3a 22 61 | c3 a9 22 7d" in lines
    assert "see       SPEC.md#w-out-3; dispatch-conformance explain W-OUT-3" in lines
    assert lines[-1].startswith("not conformant: 1 check failed (exit 1, seed 7)")


def test_a_failure_tells_how_often_it_was_right_before(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [observed(Verdict.PASS)] * 3 + [observed(), observed(Verdict.PASS), observed()]
    text = rendered(outcome(*entries), monkeypatch)
    assert "FAIL  area.one  W-OUT-3 MUST, 2 of 6 observations" in text
    assert "before    it was right 3 times before this" in text


def test_what_a_broken_worker_printed_stands_in_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    found = outcome(observed())
    found.runs[0] = replace(found.runs[0], endings=("exit status 1",), outputs=("one\nTypeError: \x1b[2J",))
    text = rendered(found, monkeypatch)
    assert "  printed   one\n            TypeError: \\u001b[2J\n" in text
    assert "last words" not in text


def test_checks_without_a_judgement_are_told_once_for_each_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = [
        replace(observed(Verdict.NOT_TESTABLE, message="it left"), check=f"area.c{number}")
        for number in range(20)
    ]
    text = rendered(outcome(*silent), monkeypatch)
    assert text.count("NOT TESTABLE") == 1
    assert "checks    c0, c1, c10" in text


def test_a_list_of_what_to_mend_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    laws = [law.id for law in for_role(Role.WORKER) if law.level is Level.MUST]
    many = [replace(observed(), check=f"area.c{place}", clause=law) for place, law in enumerate(laws[:31])]
    text = rendered(outcome(*many), monkeypatch)
    assert "to mend, the most pressing last (the last 30 of 31; the others stand above):\n" in text
    assert "to mend, the most pressing last:\n" in rendered(outcome(*many[1:]), monkeypatch)


def test_the_command_that_runs_it_again_says_what_the_run_was_told(tmp_path: Path) -> None:
    report = make_report(SETTINGS, outcome(observed()), [EMPTY])
    told = replace(SETTINGS, quick=True, scale=2)
    assert again(told, report.results[0]).endswith(" --seed 7 --profile quick --timeout-scale 2")
    assert again(told, report.results[0], tmp_path).endswith(" --timeout-scale 2")
    elsewhere = Attachment(host="::1", port=5, expect=frozenset({"llm"}), certificate=Path("my cert.pem"))
    command = again(replace(told, command="", attach=elsewhere), report.results[0], tmp_path)
    listens = "run --attach --listen '[::1]:5' --wait 120 --tls-cert 'my cert.pem' --expect llm --only "
    assert command.startswith(f"dispatch-conformance {listens}")


def test_the_command_that_runs_it_again_is_quoted_for_a_shell() -> None:
    report = make_report(SETTINGS, outcome(observed()), [EMPTY])
    command = again(SETTINGS, report.results[0])
    assert command == (
        "dispatch-conformance run --worker 'worker '\"'\"'with quotes'\"'\"' $(reboot)' "
        "--only area.scenario --seed 7"
    )


def test_results_fit_their_schema_and_are_bounded() -> None:
    long = HOSTILE * 1000
    report = make_report(
        SETTINGS, outcome(observed(message=long, expected=long, actual=long), pubkey=long), [EMPTY]
    )
    loaded = json.loads(json.dumps(results(report)))
    jsonschema.validate(loaded, schema())
    check = loaded["checks"][0]
    assert all(len(check[name]) < MAX_TEXT + 40 for name in ("message", "expected", "actual"))
    contents = [entry["content"] for entry in check["evidence"]]
    assert len(contents[0]["text"]) < MAX_TEXT + 40
    assert contents[1]["base64"] == "/wA="
    assert contents[2:] == [None, None]


@pytest.mark.parametrize("change", ["verdict", "extra", "clause"])
def test_the_schema_refuses_what_is_no_result(change: str) -> None:
    report = make_report(SETTINGS, outcome(observed()), [EMPTY])
    loaded = json.loads(json.dumps(results(report)))
    loaded["checks"][0] |= {"verdict": {"verdict": "meh"}, "extra": {"more": 1}, "clause": {"clause": "C-1"}}[
        change
    ]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(loaded, schema())


@pytest.mark.parametrize(
    ("observations", "error", "code"),
    [
        ([observed(Verdict.PASS)], "", 0),
        ([observed(Verdict.FAIL)], "", 1),
        ([observed(Verdict.FAIL)], "a slip", 1),
        ([observed(Verdict.PASS)], "a slip", 2),
        ([observed(Verdict.INCONCLUSIVE)], "", 2),
        ([observed(Verdict.NOT_APPLICABLE)], "", 3),
        ([observed(Verdict.NOT_TESTABLE)], "", 3),
        ([], "", 3),
    ],
)
def test_the_exit_code_follows_from_the_results(
    observations: list[Observation], error: str, code: int
) -> None:
    assert make_report(SETTINGS, outcome(*observations, error=error), [EMPTY]).exit_code == code


@given(st.text(st.characters(codec=None)))
def test_visible_text_holds_nothing_hidden(text: str) -> None:
    shown = visible(text)
    assert all(letter.isprintable() for letter in shown)
    shown.encode("utf-8")


def test_visible_text_is_bounded() -> None:
    assert visible("x" * 10_000, 10) == "x" * 10 + "… (10000 characters)"
    assert visible("é 漢 \U0001f600") == "é 漢 \U0001f600"


@given(st.text(min_size=1), st.text(min_size=1))
def test_the_first_difference_is_the_first(expected: str, actual: str) -> None:
    found = first_difference(expected, actual)
    if expected == actual:
        assert found is None
        return
    assert found is not None
    assert expected[: found.place] == actual[: found.place]
    assert expected[found.place : found.place + 1] != actual[found.place : found.place + 1]


def test_a_difference_at_the_end_says_so() -> None:
    found = first_difference("abc", "ab")
    assert found is not None
    assert (found.place, found.expected, found.actual) == (2, "c U+0063", "the end")


def test_events_are_told_in_a_line() -> None:
    assert event_text(frame_event(0.5, 1, Role.WORKER, "x")) == "t=0.500 worker sent x"
    assert "base64 /w==" in event_text(frame_event(0.5, 1, Role.WORKER, b"\xff", opcode="binary"))
