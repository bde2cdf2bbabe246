"""Sessions: every assignment has exactly one answer. No I/O."""

import json
from typing import Any

import pytest
from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.messages import MESSAGES, JobAssign, Message
from dispatch_protocol.receipts import verify_receipt
from dispatch_protocol.tasks import LlmRequest
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, Role
from dispatch_worker.desk import MAX_WAITING
from dispatch_worker.effects import Cancel, Completed, Generated, Infer, NotGenerated
from dispatch_worker.work import ANSWER_SECONDS

from tests.worker.driver import IDENTITY, WALL_MS, Driver, assignment, frame, of_kind, printed, sent

UNSUPPORTED = {"error": "Unsupported job payload"}


def test_w_rcp_1_a_task_is_answered_at_once_with_its_receipt() -> None:
    driver = Driver().serving()
    effects = driver.receive(assignment())
    (answer,) = sent(effects)
    assert answer["type"] == "job_complete"
    assert answer["output"] == {"summary": "one two", "word_count": 2}
    receipt = Json.read(json.dumps(answer["receipt"]))
    verification = verify_receipt(
        receipt,
        answer["receipt_signature"],
        job_id="j-1",
        pubkey=IDENTITY.pubkey_hex,
        output_hash=Json.of(answer["output"]).hash,
    )
    assert verification.verified
    assert verification.faults == ()
    assert answer["receipt"]["completed_at"] == "2025-11-24T16:00:00.123Z"
    assert answer["receipt"]["payment_ref"] is None
    assert WALL_MS % 1000 == 123
    assert printed(effects) == ["Executing TASK job j-1"]
    assert of_kind(effects, Completed) == [Completed("j-1", driver.now)]


@pytest.mark.parametrize(
    ("over", "output"),
    [
        ({"payload": {"input": "x"}}, UNSUPPORTED),
        ({"payload": {"task_type": "summarize"}}, UNSUPPORTED),
        ({"payload": {"task_type": "summarize", "input": ""}}, UNSUPPORTED),
        ({"payload": {"task_type": "summarize", "input": 7}}, UNSUPPORTED),
        ({"payload": {"task_type": "dance", "input": "x"}}, {"error": "Unknown task_type: dance"}),
        ({"payload": None}, UNSUPPORTED),
        ({"payload": []}, UNSUPPORTED),
        ({"job_type": "SING"}, UNSUPPORTED),
        ({"job_type": "LLM_INFER", "payload": {"prompt": ""}}, UNSUPPORTED),
        ({"job_type": "LLM_INFER", "payload": {"prompt": "x", "max_tokens": "many"}}, UNSUPPORTED),
    ],
)
def test_w_bad_a_faulty_payload_is_completed_with_its_error(over: dict[str, Any], output: object) -> None:
    driver = Driver().serving()
    (answer,) = sent(driver.receive(assignment(**over)))
    assert answer["type"] == "job_complete"
    assert answer["output"] == output
    assert [reply["type"] for reply in sent(driver.receive(assignment("j-2")))] == ["job_complete"]


@pytest.mark.parametrize(
    "over", [{"policy": "AUTO"}, {"privacy_class": "SECRET"}, {"user_id": 7}, {"job_type": None}]
)
def test_a_malformed_assignment_that_names_its_job_is_given_back_once(over: dict[str, Any]) -> None:
    driver = Driver().serving()
    text = assignment(**over)
    (answer,) = sent(driver.receive(text))
    assert answer["type"] == "job_reject"
    assert answer["reason"].startswith("malformed job_assign: ")
    assert sent(driver.receive(text)) == []


def test_an_assignment_without_a_legible_id_is_ignored() -> None:
    driver = Driver().serving()
    effects = driver.receive(assignment(job_id=17))  # type: ignore[arg-type]
    assert sent(effects) == []


def test_no_other_message_shares_a_clause_with_job_assign() -> None:
    """By its clause a faulty assignment is told from a faulty message that names a job for other reasons."""
    shared = set(JobAssign.clauses.values())
    others: list[type[Message]] = list(MESSAGES[Role.COORDINATOR].values())
    assert all(shared.isdisjoint(kind.clauses.values()) for kind in others if kind is not JobAssign)


def test_w_job_4_an_assignment_that_comes_twice_is_answered_once() -> None:
    driver = Driver().serving()
    driver.receive(assignment())
    again = driver.receive(assignment())
    assert sent(again) == []
    assert printed(again) == ["Ignored job_assign: job j-1 is held or was answered"]


def test_w_job_4_also_while_it_is_held() -> None:
    driver = Driver().serving()
    (wanted,) = of_kind(driver.receive(assignment(job_type="LLM_INFER")), Infer)
    assert of_kind(driver.receive(assignment(job_type="LLM_INFER")), Infer) == []
    assert len(sent(driver.inferred(wanted.ticket, Generated({"text": "so", "model": "m"})))) == 1


def test_w_llm_2_the_request_goes_out_unchanged_and_the_answer_too() -> None:
    driver = Driver().serving()
    payload = {"prompt": " \ud83d why?\n", "max_tokens": 7.5}
    (wanted,) = of_kind(driver.receive(assignment(job_type="LLM_INFER", payload=payload)), Infer)
    assert wanted.request == LlmRequest(" \ud83d why?\n", 7.5)
    output: JsonValue = {"text": " be\udc00cause ", "model": "m"}
    (answer,) = sent(driver.inferred(wanted.ticket, Generated(output)))
    assert answer["output"] == output
    assert answer["output_hash"] == Json.of(output).hash


def test_w_llm_8_no_model_no_answer() -> None:
    driver = Driver().serving()
    (wanted,) = of_kind(driver.receive(assignment(job_type="LLM_INFER")), Infer)
    effects = driver.inferred(wanted.ticket, NotGenerated("Ollama is not there"))
    assert sent(effects) == [{"type": "job_reject", "job_id": "j-1", "reason": "Ollama is not there"}]


def test_w_job_12_jobs_wait_for_their_turn_and_tasks_pass_them() -> None:
    driver = Driver(concurrency=2).serving()
    started = [of_kind(driver.receive(assignment(f"j-{n}", "LLM_INFER")), Infer) for n in range(3)]
    assert [len(wanted) for wanted in started] == [1, 1, 0]
    assert len(sent(driver.receive(assignment("task")))) == 1
    effects = driver.inferred(started[0][0].ticket, Generated({"text": "", "model": "m"}))
    assert [answer["job_id"] for answer in sent(effects)] == ["j-0"]
    assert printed(effects)[-1] == "Executing LLM_INFER job j-2"
    assert len(of_kind(effects, Infer)) == 1


def test_the_queue_is_bounded() -> None:
    driver = Driver().serving()
    answers = [
        answer
        for number in range(MAX_WAITING + 3)
        for answer in sent(driver.receive(assignment(f"j-{number}", "LLM_INFER")))
    ]
    assert [answer["job_id"] for answer in answers] == [f"j-{MAX_WAITING + 1}", f"j-{MAX_WAITING + 2}"]
    assert {answer["reason"] for answer in answers} == {"too many jobs wait already"}


def test_the_prompts_that_wait_are_bounded_together() -> None:
    driver = Driver().serving()
    payload = {"prompt": "x" * 1_000_000}
    kinds = [
        answer["type"]
        for number in range(7)
        for answer in sent(driver.receive(assignment(f"j-{number}", "LLM_INFER", payload=payload)))
    ]
    assert kinds == ["job_reject"] * 2


def test_w_job_3_the_answer_leaves_before_the_time_is_up() -> None:
    driver = Driver().serving()
    (first,) = of_kind(driver.receive(assignment("j-1", "LLM_INFER")), Infer)
    driver.receive(assignment("j-2", "LLM_INFER"))
    for _ in range(5):
        driver.pass_time(10)
        driver.receive('{"type":"heartbeat_ack","status":"ok"}')
    effects = driver.pass_time(ANSWER_SECONDS - 50)
    answers = [answer for answer in sent(effects) if answer["type"] == "job_reject"]
    assert [answer["job_id"] for answer in answers] == ["j-1", "j-2"]
    assert of_kind(effects, Cancel) == [Cancel(first.ticket)]
    assert of_kind(effects, Infer) == []
    assert driver.inferred(first.ticket, Generated({"text": "late", "model": "m"})) == ()


def test_w_frm_6_an_output_too_long_for_a_frame_is_given_back() -> None:
    driver = Driver().serving()
    (wanted,) = of_kind(driver.receive(assignment(job_type="LLM_INFER")), Infer)
    output: JsonValue = {"text": "x" * MAX_FRAME_BYTES, "model": "m"}
    (answer,) = sent(driver.inferred(wanted.ticket, Generated(output)))
    assert answer["type"] == "job_reject"
    assert answer["reason"] == "the output does not fit a frame of 1048576 bytes"


def test_a_job_whose_very_id_fills_a_frame_is_ignored() -> None:
    driver = Driver().serving()
    effects = driver.receive(frame("job_assign", job_id="x" * (MAX_FRAME_BYTES - 40)))
    assert sent(effects) == []
    assert len(str(printed(effects))) < 1000


def test_the_id_comes_back_character_for_character() -> None:
    driver = Driver().serving()
    (answer,) = sent(driver.receive(assignment('demo-é"\ud800\n')))
    assert answer["job_id"] == answer["receipt"]["job_id"] == 'demo-é"\ud800\n'


def test_w_job_10_private_jobs_are_answered_alike() -> None:
    private = Driver().serving().receive(assignment(privacy_class="PRIVATE"))
    public = Driver().serving().receive(assignment())
    assert sent(private) == sent(public)


def test_w_job_11_the_payloads_own_job_type_is_ignored() -> None:
    payload = {"job_type": "LLM_INFER", "task_type": "summarize", "input": "x", "prompt": "y"}
    (answer,) = sent(Driver().serving().receive(assignment(payload=payload)))
    assert answer["output"] == {"summary": "x", "word_count": 1}


def test_a_job_whose_time_is_up_makes_room_for_the_next() -> None:
    driver = Driver().serving()
    driver.receive(assignment("stuck", "LLM_INFER"))
    driver.pass_time(25)
    assert of_kind(driver.receive(assignment("next", "LLM_INFER")), Infer) == []
    driver.pass_time(25)
    driver.receive('{"type":"heartbeat_ack","status":"ok"}')
    effects = driver.pass_time(ANSWER_SECONDS - 50)
    assert [answer["job_id"] for answer in sent(effects) if answer["type"] == "job_reject"] == ["stuck"]
    assert len(of_kind(effects, Infer)) == 1
