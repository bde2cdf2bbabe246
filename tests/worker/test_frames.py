"""Sessions: nothing that a coordinator sends ends them, and only assignments are answered. No I/O."""

import json

import pytest
from dispatch_worker.lines import MAX_NOTICES
from dispatch_worker.states import State

from tests.worker.driver import Driver, assignment, frame, printed, sent

TX = "0x" + "ab" * 32
PAYMENT = {"job_ids": ["j"], "tx_hash": TX, "amount": "0.003", "explorer_url": "https://e/1"}
TOLD = [
    (
        frame("payment_posted", **PAYMENT, token="BOLT", network="monad-testnet"),
        "Payment received: 0.003 BOLT (tx: 0xababababababab...)",
    ),
    (
        frame("payment_posted", **PAYMENT, network="solana-devnet"),
        "Payment received: 0.003 (tx: 0xababababababab...)",
    ),
    (frame("payment_failed", job_ids=["j"], error="dry\x07"), r"Payment failed: dry\x07"),
    (
        frame("feedback_posted", job_id="j", tx_hash=TX, network="monad-testnet", explorer_url="https://e/1"),
        "Feedback posted for job j (tx: 0xababababababab...)",
    ),
    (frame("feedback_failed", job_id="j", error="no gas"), "Feedback failed for job j: no gas"),
    (
        frame("error", code="UNKNOWN_MSG", message="Unknown type: x"),
        "Coordinator error UNKNOWN_MSG: Unknown type: x",
    ),
]
IGNORED: list[str | bytes] = [
    "null",
    "[]",
    "[1,2]",
    '"text"',
    "7",
    "true",
    "",
    "{",
    "\x00",
    "not json",
    "{}",
    '{"type":null}',
    '{"type":7}',
    '{"type":"shrug"}',
    '{"type":"register"}',
    '{"type":"heartbeat_ack"}',
    '{"type":"heartbeat_ack","status":"no"}',
    '{"type":"job_assign"}',
    '{"type":"feedback_posted","job_id":"j"}',
    '{"type":"feedback_failed","job_id":"j","error":7}',
    '{"type":"job_complete","job_id":"j","output":1,"output_hash":"x"}',
    "[" * 10_000 + "]" * 10_000,
    "[" * 500_000,
    '{"type":"\\ud800"}',
    "x" * 2_000_000,
    b"\x00\x01",
    b'{"type":"heartbeat_ack","status":"ok"}',
]


@pytest.mark.parametrize("text", IGNORED, ids=range(len(IGNORED)))
def test_w_rob_odd_frames_are_mentioned_and_ignored(text: str | bytes) -> None:
    driver = Driver().serving()
    effects = driver.receive(text)
    assert sent(effects) == []
    (line,) = printed(effects)
    assert line.startswith("Ignored ")
    assert line.isprintable()
    assert len(line) < 500
    assert driver.session.state is State.SERVING
    assert [answer["type"] for answer in sent(driver.receive(assignment()))] == ["job_complete"]


@pytest.mark.parametrize(("text", "line"), TOLD, ids=range(len(TOLD)))
def test_w_rob_15_news_are_told_and_not_answered(text: str, line: str) -> None:
    effects = Driver().serving().receive(text)
    assert sent(effects) == []
    assert printed(effects) == [line]


@pytest.mark.parametrize(("text", "line"), TOLD, ids=range(len(TOLD)))
def test_w_rob_2_unknown_members_change_nothing(text: str, line: str) -> None:
    more = json.dumps(json.loads(text) | {"extra": [{"deep": None}], "job": 7})
    assert printed(Driver().serving().receive(more)) == [line]


def test_w_rob_12_a_heartbeat_ack_needs_no_word() -> None:
    assert Driver().serving().receive(frame("heartbeat_ack", status="ok")) == ()


def test_odd_frames_are_mentioned_a_bounded_number_of_times() -> None:
    driver = Driver().serving()
    lines = [line for _ in range(1000) for line in printed(driver.receive("null"))]
    assert len(lines) == MAX_NOTICES + 1
    driver.closed()
    driver.pass_time(1)
    driver.session.connected(driver.moment)
    assert len(printed(driver.receive("null"))) == 1


def test_a_job_before_the_acknowledgement_is_done_too() -> None:
    driver = Driver()
    driver.connected()
    assert [answer["type"] for answer in sent(driver.receive(assignment()))] == ["job_complete"]
