"""Replaying one failure: a case is written for each, and answers FIXED, FAILED or ERROR, and why."""

import json
import sys
from pathlib import Path

import pytest
from dispatch_conformance import cases
from dispatch_conformance.cases import Case, case_of, case_path, kept_events, read_recording
from dispatch_conformance.cli import main
from dispatch_conformance.replayed import assignments
from dispatch_conformance.rerun import load
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import Frame, Recording, frame_event, header, write_lines
from dispatch_protocol.vocabulary import Role

from tests.conformance.small_workers import command
from tests.conformance.test_cli import GOOD, blank_input, few, long_input, run
from tests.conformance.trials import RUN

__all__ = ["few"]

FRAMES = {
    "summarize": '{"task_type":"summarize","input":"%s"}' % ("word " * 60),
    "nothing": '{"task_type":"nothing","input":"x"}',
    "classify": '{"task_type":"classify","input":"a good day"}',
}


def assignment(job_id: str, payload: str, job_type: str = "TASK") -> str:
    return (
        f'{{"type":"job_assign","job_id":"{job_id}","job_type":"{job_type}","payload":{payload},'
        '"policy":"CHEAP","privacy_class":"PUBLIC","user_id":"u"}'
    )


def recorded(path: Path, *frames: tuple[Role, str], origin: str | None = None) -> Path:
    events = tuple(frame_event(float(place), 1, *frame) for place, frame in enumerate(frames))
    lines = write_lines(Recording(header("w", "c", "2026-11-22T00:00:00.000Z", origin, 3), events))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def replayed(file: Path, worker: str) -> int:
    return main(["replay", str(file), "--worker", worker])


@pytest.mark.usefixtures("few")
def test_every_failure_leaves_a_case_that_fails_again_and_is_fixed_by_a_good_worker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = command(tmp_path, "summarize_short")
    assert run(worker, "--out", str(tmp_path / "out")) == 1
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    broken = {check["id"] for check in results["checks"] if check["verdict"] in {"fail", "warn"}}
    assert {path.stem for path in (tmp_path / "out" / "cases").iterdir()} == broken
    assert {"tasks.summary", "transcript.W-CAN-2"} <= broken

    for check in ("tasks.summary", "transcript.W-CAN-2"):
        case = case_path(tmp_path / "out", check)
        capsys.readouterr()
        assert replayed(case, worker) == 1
        printed = capsys.readouterr().out
        assert printed.splitlines()[-1].startswith(f"FAILED  {check}, W-")
        assert printed.count("\n  mend ") == 1
        assert replayed(case, GOOD) == 0
        assert capsys.readouterr().out.splitlines()[-1].startswith(f"FIXED  {check}")


@pytest.mark.usefixtures("few")
def test_a_case_tells_its_origin_and_holds_the_frames_as_sent(tmp_path: Path) -> None:
    run(command(tmp_path, "summarize_short"), "--out", str(tmp_path))
    recording = read_recording(case_path(tmp_path, "tasks.summary"))
    case = case_of(recording.header)
    assert case is not None
    assert (case.check, case.clause, case.scenario) == ("tasks.summary", "W-OUT-4", "tasks.long")
    assert recording.header.seed == 7
    frames = [event.text or "" for event in recording.events if isinstance(event, Frame)]
    assert any('"job_assign"' in frame and "word word" in frame for frame in frames)
    assert load(case_path(tmp_path, "tasks.summary"), "w", 1.0).settings.seed == 7


@pytest.mark.usefixtures("few")
def test_the_cases_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    run(command(tmp_path, "summarize_short"), "--out", str(tmp_path))
    assert any((tmp_path / "cases").iterdir())
    assert run(GOOD, "--out", str(tmp_path)) == 0
    assert not any((tmp_path / "cases").iterdir())


def test_a_recording_made_elsewhere_is_judged_by_the_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [(Role.COORDINATOR, assignment(name, payload)) for name, payload in FRAMES.items()]
    wrong = '{"type":"job_complete","job_id":"classify","output":{"sentiment":"?"},"output_hash":"0"}'
    file = recorded(tmp_path / "r.jsonl", *frames, (Role.WORKER, wrong), (Role.WORKER, "null"))
    assert replayed(file, GOOD) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("FIXED  every assignment")
    assert replayed(file, command(tmp_path, "summarize_short")) == 1
    printed = capsys.readouterr().out
    assert "FAIL  replay.summary_long  W-OUT-4" in printed
    assert printed.splitlines()[-1].startswith("FAILED  ")


def test_a_mistake_in_a_recording_made_elsewhere_is_charged_by_its_clause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {"classify": ["good", "goodness", "GREAT goodness"], "summarize": ["  \U0001f600", "a\u3000b"]}
    frames = [
        (Role.COORDINATOR, assignment(f"{task} {place}", json.dumps({"task_type": task, "input": text})))
        for task, inputs in texts.items()
        for place, text in enumerate(inputs)
    ]
    file = recorded(tmp_path / "r.jsonl", *frames)
    assert replayed(file, GOOD) == 0
    assert "not testable" not in capsys.readouterr().out.lower()
    for name, check in (("whole-words-only", "substrings"), ("summary-trimmed", "summary_short")):
        assert replayed(file, f"{sys.executable} {RUN} {name}") == 1
        printed = capsys.readouterr().out
        assert f"FAIL  replay.{check}  " in printed
        assert printed.splitlines()[-1].startswith("FAILED  1 check of ")


def test_what_a_worker_answered_is_judged_though_it_died_of_what_came_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    texts = {"classify": "goodness", "summarize": "x" * 70_000, "extract_json": "{}"}
    frames = [
        (Role.COORDINATOR, assignment(task, json.dumps({"task_type": task, "input": text})))
        for task, text in texts.items()
    ]
    file = recorded(tmp_path / "r.jsonl", *frames)
    defects = "--defect whole-words-only --defect dies-of-long-messages"
    assert replayed(file, f"{sys.executable} -m tests.mutants {defects}") == 1
    assert "FAIL  replay.substrings  W-OUT-11" in capsys.readouterr().out


def test_a_smallest_sequence_is_at_fault_also_where_it_alone_may_mean_another_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = {"job_type": "TASK", "payload": '{"task_type":"classify","input":"good good"}'}
    smallest = {"together": False, "steps": [job | {"oddity": "plain", "fault": ""}]}
    origin = {"case": "dispatch-conformance", "check": "fuzz.once", "clause": "W-OUT-12"}
    origin |= {"scenario": "fuzz.sequences", "suite_version": "0", "spec_version": "1.0"}
    file = recorded(tmp_path / "r.jsonl", origin=json.dumps(origin | {"smallest": smallest}))
    assert replayed(file, f"{sys.executable} {RUN} counts-repetitions") == 1
    assert "FAILED  fuzz.once, W-OUT-12" in capsys.readouterr().out
    assert replayed(file, GOOD) == 0


def test_what_fuzzing_found_is_sent_again_frame_by_frame(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = (
        '{"case":"dispatch-conformance","check":"fuzz.summary_long","clause":"W-OUT-4",'
        '"scenario":"fuzz.tasks","suite_version":"0","spec_version":"1.0"}'
    )
    frames = [(Role.COORDINATOR, '{"type":"unknown"}'), (Role.COORDINATOR, "[]")]
    frames += [(Role.COORDINATOR, assignment("a", FRAMES["summarize"]))]
    file = recorded(tmp_path / "r.jsonl", *frames, origin=origin)
    assert replayed(file, GOOD) == 0
    assert "FIXED  fuzz.summary_long" in capsys.readouterr().out
    assert replayed(file, command(tmp_path, "summarize_short")) == 1
    assert (
        "FAILED  fuzz.summary_long, W-OUT-4 MUST: `summary` of summarize is wrong" in capsys.readouterr().out
    )


def test_the_smallest_sequence_that_was_found_is_played_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = f"{sys.executable} {RUN} summary-in-code-points"
    words = ["run", "--worker", worker, "--seed", "7", "--only", "fuzz.sequences", "--profile", "quick"]
    assert main([*words, "--out", str(tmp_path)]) == 1
    found = case_path(tmp_path, "fuzz.summary_units")
    case = case_of(read_recording(found).header)
    assert case is not None
    assert case.smallest is not None
    assert replayed(found, worker) == 1
    capsys.readouterr()
    assert replayed(found, GOOD) == 0
    assert "FIXED  fuzz.summary_units" in capsys.readouterr().out


def test_assignments_are_taken_once_with_the_right_output(tmp_path: Path) -> None:
    frames = [(Role.COORDINATOR, assignment("a", FRAMES["classify"]))] * 2
    frames += [(Role.COORDINATOR, assignment("b", '{"prompt":"p"}', "LLM_INFER"))]
    frames += [(Role.COORDINATOR, assignment("c", "7")), (Role.COORDINATOR, "no json")]
    found = [*assignments(read_recording(recorded(tmp_path / "r.jsonl", *frames)))]
    assert [entry.output.text for entry in found] == [
        '{"sentiment":"positive","confidence":0.5}',
        '{"text":"Echo: p","model":"llama3.2"}',
        '{"error":"Unsupported job payload"}',
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("{}", "damaged, or no recording"),
        ("\x00\x1b[31m", "damaged, or no recording"),
        ('{"format":"dispatch-recording","version":9}', "damaged, or no recording"),
    ],
)
def test_a_damaged_file_is_an_error_with_its_reason(
    tmp_path: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "case.jsonl"
    file.write_text(text, encoding="utf-8")
    assert replayed(file, GOOD) == 2
    printed = capsys.readouterr().out
    assert printed.startswith("ERROR  ")
    assert why in printed
    assert "\x1b" not in printed


def test_files_that_cannot_be_read_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    for file, why in (("none", "cannot be read"), (".", "cannot be read"), ("latin", "no UTF-8 at byte 0")):
        assert replayed(tmp_path / file, GOOD) == 2
        assert why in capsys.readouterr().out


@pytest.mark.parametrize(
    ("origin", "why"),
    [
        ('{"case":"dispatch-conformance"}', "tells of no case"),
        (
            '{"case":"dispatch-conformance","check":"a.b","clause":"W-OUT-4","scenario":"a.c",'
            '"suite_version":"9","spec_version":"1.0"}',
            "this version of the suite has no check a.b",
        ),
        (
            '{"case":"dispatch-conformance","check":"a.b","clause":"W-NO-4","scenario":"a.c",'
            '"suite_version":"9","spec_version":"1.0"}',
            "there is no clause W-NO-4",
        ),
        (None, "holds no assignment"),
    ],
)
def test_a_case_that_this_version_does_not_know_is_an_error(
    tmp_path: Path, origin: str | None, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replayed(recorded(tmp_path / "case.jsonl", origin=origin), GOOD) == 2
    assert why in capsys.readouterr().out


@pytest.mark.usefixtures("few")
def test_a_worker_that_left_is_fixed_by_one_that_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = command(tmp_path, "registers_and_ends")
    assert run(worker, "--out", str(tmp_path / "out")) == 1
    case = case_path(tmp_path / "out", "life.stays")
    assert replayed(case, worker) == 1
    assert "FAILED  life.stays, W-JOB-1" in capsys.readouterr().out
    assert replayed(case, GOOD) == 0
    assert "FIXED  life.stays, W-JOB-1" in capsys.readouterr().out


@pytest.mark.usefixtures("few")
def test_a_worker_that_never_comes_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    origin = (
        '{"case":"dispatch-conformance","check":"tasks.summary","clause":"W-OUT-4",'
        '"scenario":"tasks.long","suite_version":"0","spec_version":"1.0"}'
    )
    file = recorded(tmp_path / "case.jsonl", origin=origin)
    assert replayed(file, command(tmp_path, "crashes")) == 2
    printed = capsys.readouterr().out
    assert "ERROR  tasks.summary, W-OUT-4 MUST could not be judged this time" in printed
    assert "no such setting: FOO" in printed
    assert replayed(file, f"{sys.executable}-of-nobody") == 2
    assert "ERROR  " in capsys.readouterr().out


def test_a_case_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cases, "MAX_EVENTS", 20)
    transcript = Transcript("tasks.a")
    for number in range(100):
        transcript.add(frame_event(float(number), 1, Role.WORKER, str(number)))
    kept = kept_events(transcript, [Mark("tasks.a", 30)], "tasks.b")
    assert [event.t for event in kept] == [float(number) for number in range(61, 81)]
    monkeypatch.setattr(cases, "MAX_CHARACTERS", 5)
    assert [event.t for event in kept_events(transcript, [Mark("tasks.a", 30)], "tasks.b")] == [79.0, 80.0]
    monkeypatch.setattr(cases, "MAX_CHARACTERS", 0)
    assert len(kept_events(transcript, [Mark("tasks.a", 30)], "tasks.b")) == 1
    monkeypatch.setattr(cases, "MAX_BYTES", 3)
    (tmp_path / "long").write_text("long")
    with pytest.raises(UsageError, match="longer than 3 bytes"):
        read_recording(tmp_path / "long")


def test_of_a_fuzzed_case_the_evidence_alone_is_kept() -> None:
    transcript = Transcript("fuzz.sequences")
    for number in range(200):
        transcript.add(frame_event(float(number), 1, Role.WORKER, str(number)))
    marks = [Mark("fuzz.sequences", 120), Mark("fuzz.sequences", 122)]
    assert next(event.t for event in kept_events(transcript, marks, "fuzz.count")) == 120.0
    assert next(event.t for event in kept_events(transcript, marks, "transcript.W-CAN-2")) == 20.0


def test_the_scenarios_of_these_tests_are_those_of_the_command_line() -> None:
    assert long_input.name == "tasks.long"
    assert blank_input.name == "tasks.blank"
    assert Case.__struct_config__.tag == "dispatch-conformance"
