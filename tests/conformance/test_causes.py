"""Likely causes: found from the frames in evidence alone, narrowed by what else was seen, bounded."""

import json
from hashlib import sha256
from typing import Any

import pytest
from dispatch_conformance.diagnose import Certainty
from dispatch_conformance.report import causes as subject
from dispatch_conformance.report.causes import causes, diagnosis_for
from dispatch_conformance.report.entries import explained, mends
from dispatch_conformance.report.traces import traced
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.verdicts import Observation, Verdict
from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.keys import Identity
from dispatch_protocol.receipts import receipt_text, sign_receipt
from dispatch_protocol.recording import frame_event
from dispatch_protocol.vocabulary import Role

WORKER = Identity.from_seed(b"w" * 32)
TIME = "2026-11-22T12:00:00.000Z"


class Scene:
    """A transcript in the making: one registered worker, one job after the other."""

    def __init__(self, name: str = "tasks.scene") -> None:
        self.transcript = Transcript(name)
        register = {"type": "register", "provider_pubkey": WORKER.pubkey_hex, "capabilities": ["TASK"]}
        self.say(Role.WORKER, register)

    def say(self, sender: Role, message: Any) -> int:
        return self.transcript.add(frame_event(0.0, 1, sender, stringify(message)))

    def job(self, job_id: str, output: Any, stated: str = "", **more: Any) -> tuple[int, int]:
        """One job and its answer; returns their places."""
        payload = {"task_type": more.get("task", "summarize"), "input": more.get("text", "x")}
        asked = self.say(Role.COORDINATOR, {"type": "job_assign", "job_id": job_id, "payload": payload})
        answer: dict[str, JsonValue] = {"type": "job_complete", "job_id": job_id, "output": output}
        answer["output_hash"] = stated or Json.of(output).hash
        answer |= more.get("members", {})
        return asked, self.say(Role.WORKER, answer)

    def failed(self, clause: str, *events: int, check: str = "tasks.check", actual: str = "") -> Observation:
        return Observation(
            check=check,
            clause=clause,
            verdict=Verdict.FAIL,
            scenario="tasks.scene",
            actual=actual,
            evidence=tuple(self.transcript.mark(event) for event in events),
        )

    def causes(self, *observations: Observation) -> dict[tuple[str, str], subject.Cause]:
        return causes(observations, {self.transcript.name: self.transcript})


def go_hash(output: Any) -> str:
    text = stringify(output)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return sha256(text.encode()).hexdigest()


def receipt(output: Any, job_id: str = "a") -> str:
    return receipt_text(job_id, WORKER.pubkey_hex, Json.of(output).hash, TIME)


def test_a_hash_is_explained_by_the_frames_in_evidence() -> None:
    scene, output = Scene(), {"summary": "a < b", "word_count": 3}
    events = scene.job("a", output, go_hash(output))
    cause = scene.causes(scene.failed("W-CAN-7", *events))["tasks.check", "W-CAN-7"]
    assert cause.kind == "hash"
    assert cause.known[0].name.startswith("go-")
    assert "\\u003c" in cause.in_words()


def test_the_answer_alone_is_evidence_enough() -> None:
    scene, output = Scene(), {"summary": "a < b", "word_count": 3}
    _, answer = scene.job("a", output, go_hash(output))
    assert scene.causes(scene.failed("W-CAN-2", answer))["tasks.check", "W-CAN-2"].known


def test_what_another_failure_rules_out_is_no_cause() -> None:
    scene, plain, letters = Scene(), {"summary": "a&b"}, {"summary": "é&é"}
    first = scene.failed("W-CAN-7", *scene.job("a", plain, go_hash(plain)))
    second = scene.failed("W-CAN-7", *scene.job("b", letters, go_hash(letters)))
    alone = scene.causes(first)["tasks.check", "W-CAN-7"]
    both = scene.causes(first, second)["tasks.check", "W-CAN-7"]
    names = {guess.name for guess in both.known}
    assert names < {guess.name for guess in alone.known}
    assert not [name for name in names if "ascii" in name]


def test_what_a_right_hash_rules_out_is_no_cause() -> None:
    scene, output = Scene(), {"word_count": 3}
    spaced = '{"word_count": 3}'
    failure = scene.failed("W-CAN-3", *scene.job("a", output, sha256(spaced.encode()).hexdigest()))
    assert {"python-json-default", "python-json-unicode"} <= names_of(scene, failure)
    scene.job("b", "é")  # right, and Python's default would have escaped it
    left = names_of(scene, failure)
    assert "python-json-unicode" in left
    assert "python-json-default" not in left


def names_of(scene: Scene, failure: Observation) -> set[str]:
    return {guess.name for guess in scene.causes(failure)[failure.check, failure.clause].known}


def test_the_hash_in_a_receipt_may_be_that_of_the_job_before() -> None:
    before: JsonValue = {"summary": "before"}
    scene, output = Scene(), {"summary": "now"}
    scene.job("a", before)
    text = receipt_text("b", WORKER.pubkey_hex, Json.of(before).hash, TIME)
    bundled = {"receipt": json.loads(text), "receipt_signature": sign_receipt(text, WORKER)}
    events = scene.job("b", output, members=bundled)
    cause = scene.causes(scene.failed("W-RCP-4", *events))["tasks.check", "W-RCP-4"]
    assert [guess.name for guess in cause.known] == ["the output of the job before"]


@pytest.mark.parametrize("apart", [False, True])
def test_a_signature_is_explained_wherever_the_receipt_came(apart: bool) -> None:
    scene, output = Scene(), {"summary": "x", "word_count": 1}
    text = receipt(output)
    signature = sign_receipt(json.dumps(json.loads(text)), WORKER)
    members = {"receipt": json.loads(text), "receipt_signature": signature}
    asked, answer = scene.job("a", output, members={} if apart else members)
    if apart:
        submitted: JsonValue = {"type": "receipt_submit", "receipt": json.loads(text), "signature": signature}
        answer = scene.say(Role.WORKER, submitted)
    cause = scene.causes(scene.failed("W-SIG-2", asked, answer))["tasks.check", "W-SIG-2"]
    assert "python-json-default" in {guess.name for guess in cause.known}


def test_an_output_is_explained_by_the_rule_and_the_place() -> None:
    scene, text = Scene(), "\U0001f600" * 150
    output: Any = {"summary": text, "word_count": 1}
    events = scene.job("a", output, text=text)
    cause = scene.causes(scene.failed("W-OUT-5", *events, actual=stringify(text)))["tasks.check", "W-OUT-5"]
    assert cause.kind == "output summary"
    assert cause.differences[0].startswith("$.summary: At index 200")
    assert "code points" in cause.in_words()


def test_only_the_member_that_was_judged_is_explained() -> None:
    scene = Scene()
    events = scene.job("a", {"summary": "no", "word_count": 7}, text="one two")
    cause = scene.causes(scene.failed("W-OUT-6", *events, actual="7"))["tasks.check", "W-OUT-6"]
    assert [text.partition(":")[0] for text in cause.differences] == ["$.word_count"]


def test_checks_of_one_kind_agree_on_what_they_share() -> None:
    scene, smaller, larger = Scene(), '{"s":"}"}', '{"a":"x}y"} {"b":"z"}'
    wrongs: tuple[tuple[str, str, Any], ...] = (
        ("fuzz.count", smaller, [{"s": "}"}]),
        ("tasks.strings", larger, [{"a": "x}y"}, {"b": "z"}]),
    )
    found = []
    for check, text, wrong in wrongs:
        output = {"extracted": wrong, "count": len(wrong)}
        events = scene.job(check, output, task="extract_json", text=text)
        found.append(scene.failed("W-OUT-21", *events, check=check, actual=stringify(wrong)))
    alone = [scene.causes(entry)[entry.check, entry.clause].mistake for entry in found]
    assert alone[0] != alone[1]
    together = {cause.mistake for cause in scene.causes(*found).values()}
    assert together == {alone[1]}


def test_clauses_without_a_diagnosis_and_evidence_without_a_job_have_no_cause() -> None:
    scene = Scene()
    events = scene.job("a", {}, "00")
    assert scene.causes(scene.failed("W-REG-3", *events)) == {}
    assert scene.causes(scene.failed("W-CAN-2", 0)) == {}
    assert scene.causes(scene.failed("W-CAN-2", 99)) == {}
    assert scene.causes(scene.failed("W-CAN-2")) == {}
    elsewhere = Observation(
        check="a.b", clause="W-CAN-2", verdict=Verdict.FAIL, scenario="a.b", evidence=(Mark("no", 0),)
    )
    assert scene.causes(elsewhere) == {}
    assert diagnosis_for("W-RCP-4") is not None
    assert diagnosis_for("W-RCP-14") is None


@pytest.mark.parametrize(
    "frame",
    ["null", "[]", "not json", '{"job_id":null}', '{"job_id":"a","receipt":7}', '{"receipt":{"job_id":[]}}'],
)
def test_hostile_frames_in_evidence_are_no_matter(frame: str) -> None:
    transcript = Transcript("tasks.scene")
    transcript.add(frame_event(0.0, 1, Role.WORKER, frame))
    transcript.add(frame_event(0.0, 1, Role.WORKER, b"\xff", opcode="binary"))
    trace = traced(transcript.events, [0, 1, 2, -1])
    assert trace is None or (trace.output, trace.receipt_hash) == (None, None)


def test_no_more_signatures_are_diagnosed_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MAX_SIGNATURES", 2)
    asked: list[str] = []

    def counted(_receipt: Json, signature: str, *_rest: object, **_more: object) -> tuple[()]:
        asked.append(signature)
        return ()

    monkeypatch.setattr(subject, "diagnose_signature", counted)
    scene = Scene()
    for number in range(5):
        members: dict[str, JsonValue] = {
            "receipt": {"job_id": str(number)},
            "receipt_signature": f"s{number}",
        }
        _, answer = scene.job(str(number), {}, members=members)
        scene.causes(scene.failed("W-SIG-2", answer))
    several = [
        scene.failed("W-SIG-2", index, check=f"tasks.{index}")
        for index in range(len(scene.transcript.events))
    ]
    asked.clear()
    scene.causes(*several)
    assert len(asked) == 2


def test_what_cannot_be_explained_says_so() -> None:
    scene = Scene()
    events = scene.job("a", {"summary": "x"}, "ab" * 32)
    cause = scene.causes(scene.failed("W-CAN-2", *events))["tasks.check", "W-CAN-2"]
    assert cause.known == ()
    assert cause.mistake is None
    assert cause.guesses[0].certainty is Certainty.UNKNOWN
    assert [line.label for line in explained(cause)] == ["unknown"]
    assert [*mends(cause, "The clause's advice.")][-1] == "The clause's advice."
