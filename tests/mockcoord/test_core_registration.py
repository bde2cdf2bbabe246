"""Registration, heartbeats and error codes, one row after the other, without sockets or waiting."""

from typing import Any

import pytest
from dispatch_mockcoord.core.terms import Terms
from dispatch_protocol.messages import PaymentPosted

from tests.mockcoord.driver import Driver, closes, identity, sent

KEY = identity(1).pubkey_hex


def code_of(driver: Driver, frame: str | bytes) -> str:
    answers = driver.send(1, frame)
    assert [answer["type"] for answer in answers] == ["error"]
    assert isinstance(answers[0]["message"], str)
    return str(answers[0]["code"])


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("nonsense", "PARSE_ERROR"),
        ("", "PARSE_ERROR"),
        ('{"type":"heartbeat"} {}', "PARSE_ERROR"),
        ("[" * 20_000, "PARSE_ERROR"),
        ("null", "INVALID_MSG"),
        ("[]", "INVALID_MSG"),
        ('"register"', "INVALID_MSG"),
        ("{}", "INVALID_MSG"),
        ('{"type":5}', "INVALID_MSG"),
        ('{"type":"heartbeat","provider_pubkey":null}', "INVALID_MSG"),
        ('{"type":"job_complete","job_id":null,"output":1,"output_hash":""}', "INVALID_MSG"),
        ('{"type":"receipt_submit","signature":""}', "INVALID_MSG"),
        ('{"type":"receipt_submit","receipt":{},"signature":""}', "INVALID_MSG"),
        (b'{"type":"heartbeat"}', "INVALID_MSG"),
        ('{"type":"hello"}', "UNKNOWN_MSG"),
        ('{"type":"register_ack"}', "UNKNOWN_MSG"),
    ],
)
@pytest.mark.parametrize("registered", [False, True])
def test_errors_of_form_have_the_same_code_before_and_after_registration(
    frame: str | bytes, code: str, registered: bool
) -> None:
    """C-ERR-2 to C-ERR-6, C-ERR-10, C-ERR-11."""
    driver = Driver()
    driver.open(1)
    if registered:
        driver.register(1)
    assert code_of(driver, frame) == code
    assert closes(driver.effects) == []
    assert driver.register(1)[0]["status"] == "ok"


@pytest.mark.parametrize(
    "frame",
    [
        f'{{"type":"heartbeat","provider_pubkey":"{KEY}"}}',
        '{"type":"job_complete","job_id":"x","output":1,"output_hash":""}',
        '{"type":"job_reject","job_id":"x","reason":""}',
        '{"type":"receipt_submit","receipt":{"job_id":"x"},"signature":""}',
    ],
)
def test_messages_before_registration_are_not_registered(frame: str) -> None:
    """C-ERR-7."""
    driver = Driver()
    driver.open(1)
    assert code_of(driver, frame) == "NOT_REGISTERED"


@pytest.mark.parametrize(
    "changes",
    [
        {"provider_pubkey": None},
        {"provider_pubkey": 5},
        {"provider_pubkey": "ab" * 31},
        {"provider_pubkey": "00" * 32},
        {"provider_pubkey": "02" + "00" * 31},
        {"provider_type": "PHONE"},
        {"capabilities": []},
        {"capabilities": ["TASK", "OTHER"]},
        {"capabilities": "TASK"},
    ],
    ids=str,
)
def test_a_bad_register_is_refused_by_its_ack(changes: dict[str, Any]) -> None:
    """C-REG-4 to C-REG-6, C-REG-8."""
    driver = Driver()
    driver.open(1)
    (answer,) = driver.register(1, **changes)
    assert (answer["type"], answer["status"]) == ("register_ack", "error")
    assert isinstance(answer["error"], str)
    assert "worker_id" not in answer
    assert driver.commit()
    assert driver.core.registry.workers == {}


def test_a_refused_second_register_leaves_the_first() -> None:
    driver = Driver()
    driver.join(1)
    assert driver.register(1, capabilities=[])[0]["status"] == "error"
    assert driver.status(driver.commit()) == "assigned"


def test_a_key_in_upper_case_is_the_same_key() -> None:
    """C-REG-7, C-REG-11, C-REG-12."""
    driver = Driver()
    driver.join(1)
    driver.open(2)
    effects = driver.take([])
    answer = driver.register(2, 1, provider_pubkey=KEY.upper())[0]
    effects = driver.effects
    assert answer["status"] == "ok"
    assert closes(effects) == [(1, 4001)]
    assert driver.beat(2) == [{"type": "heartbeat_ack", "status": "ok"}]
    assert driver.send(1, "null") == []


def test_the_newer_socket_takes_the_key_and_the_older_one_loses_its_job() -> None:
    driver = Driver()
    driver.join(1)
    job = driver.commit()
    driver.open(2)
    driver.register(2, 1)
    assert driver.status(job) == "failed: worker_disconnected"
    assert driver.complete(2, job)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.status(driver.commit()) == "assigned"
    assert driver.held(2) is not None


def test_a_second_register_on_one_socket_replaces_the_first() -> None:
    """C-REG-9, C-REG-10: no ghost is left that swallows jobs."""
    driver = Driver()
    driver.open(1)
    first = driver.register(1, 1)[0]
    second = driver.register(1, 2, capabilities=["TASK"])[0]
    assert first["worker_id"] == second["worker_id"]
    assert len(driver.core.registry.workers) == 1
    assert driver.core.registry.by_key(KEY) is None
    assert driver.beat(1)[0]["type"] == "heartbeat_ack"


def test_a_second_register_keeps_the_job_that_is_held() -> None:
    driver = Driver()
    driver.join(1)
    job = driver.commit()
    driver.register(1, 1, capabilities=["LLM_INFER"])
    assert driver.complete(1, job) == []
    assert driver.jobs[job].verified


def test_worker_ids_differ() -> None:
    """C-REG-2, C-REG-3."""
    driver = Driver()
    driver.open(1)
    driver.open(2)
    assert driver.register(1)[0]["worker_id"] != driver.register(2)[0]["worker_id"]


def test_a_heartbeat_under_another_key_refreshes_nothing() -> None:
    """C-HBT-6, C-ERR-8."""
    driver = Driver()
    driver.join(1)
    driver.wait(15)
    assert driver.beat(1, provider_pubkey=identity(2).pubkey_hex)[0]["code"] == "INVALID_MSG"
    assert closes(driver.wait(15)) == [(1, None)]


def test_a_heartbeat_in_upper_case_counts() -> None:
    driver = Driver()
    driver.join(1)
    assert driver.beat(1, provider_pubkey=KEY.upper())[0]["type"] == "heartbeat_ack"


@pytest.mark.parametrize("offset", [0.0, 0.001, 5.0, 9.999])
def test_a_silent_worker_is_dropped_between_30_and_40_seconds(offset: float) -> None:
    """C-HBT-2 to C-HBT-4: without a status code, at a ten-second tick."""
    driver = Driver()
    driver.wait(offset)
    driver.join(1)
    began = driver.now
    while not closes(driver.effects):
        driver.wait(0.001 if driver.now - began > 39 else 0.5)
    assert closes(driver.effects) == [(1, None)]
    assert 30 <= driver.now - began <= 40
    assert driver.core.registry.workers == {}


def test_only_heartbeats_keep_a_worker_alive() -> None:
    """C-HBT-5."""
    driver = Driver()
    driver.join(1, 2)
    for _ in range(8):
        driver.wait(5)
        if 1 in driver.core.registry.workers:
            driver.send(1, {"type": "job_reject", "job_id": "x", "reason": ""})
            driver.beat(2)
    assert closes(driver.effects) == [(1, None)]


def test_a_connection_that_never_registers_is_closed() -> None:
    """C-CON-6."""
    driver = Driver()
    driver.open(1)
    driver.open(2)
    driver.wait(9.9)
    driver.register(2)
    assert closes(driver.wait(0.2)) == [(1, 1008)]
    assert driver.core.registry.connections == {2}


def test_nothing_is_due_while_nothing_is_connected() -> None:
    driver = Driver()
    assert driver.core.wake_at is None
    driver.join(1)
    assert driver.core.wake_at is not None
    driver.close(1)
    assert driver.core.wake_at is None


def test_a_long_gap_in_time_does_not_loop() -> None:
    driver = Driver()
    driver.join(1)
    driver.now += 1e9
    assert closes(driver.take(driver.core.pass_time(driver.at))) == [(1, None)]
    driver.join(2)
    wake_at = driver.core.wake_at
    assert wake_at is not None
    assert 0 < wake_at - driver.now <= 10


def test_frames_of_an_unknown_or_closed_connection_do_nothing() -> None:
    driver = Driver()
    driver.join(1)
    driver.close(1)
    assert driver.close(1) == []
    assert driver.take(driver.core.received(1, "null", driver.at)) == []
    assert driver.take(driver.core.received(9, "null", driver.at)) == []


def test_long_and_strange_texts_come_back_bounded_and_escaped() -> None:
    driver = Driver()
    driver.open(1)
    answer = driver.send(1, {"type": "\x1b[31m" + "x" * 100_000})[0]
    assert len(answer["message"]) < 400
    assert answer["message"].isprintable()


def test_notices_of_the_operator_reach_an_open_connection_only() -> None:
    """C-PAY-6."""
    driver = Driver()
    driver.join(1)
    notice = PaymentPosted(
        job_ids=["x"], tx_hash="0x1", amount="1", network="monad-testnet", explorer_url="https://example"
    )
    assert sent(driver.core.notify(1, notice, driver.at), 1)[0]["type"] == "payment_posted"
    assert driver.core.notify(2, notice, driver.at) == []


def test_the_frame_limit_is_the_core_s_too() -> None:
    driver = Driver(Terms(max_frame_bytes=100))
    driver.open(1)
    assert code_of(driver, '{"type":"' + "x" * 100 + '"}') == "INVALID_MSG"


def test_a_worker_settles_from_when_its_acknowledgement_left() -> None:
    """C-JOB-21: its `register` may have come a while before."""
    driver = Driver(Terms(settle_seconds=0.25))
    driver.is_held_up = True
    driver.join(1)
    driver.wait(20)
    driver.acknowledge()
    job = driver.commit()
    driver.wait(0.2)
    assert driver.status(job) == "pending"
    driver.wait(0.05)
    assert driver.held(1) == job


def test_a_registration_that_is_replaced_settles_nobody() -> None:
    """The second acknowledgement counts, whatever became of the first, and of whoever is gone."""
    driver = Driver(Terms(settle_seconds=0.25))
    driver.join(1, 2)
    gone = driver.core.registry.workers[2]
    driver.wait(0.2)
    driver.is_held_up = True
    driver.register(1)
    driver.close(2)
    assert driver.core.acknowledged(gone, driver.at) == []
    job = driver.commit()
    driver.wait(1)
    assert driver.status(job) == "pending"
    driver.acknowledge()
    driver.wait(0.25)
    assert driver.held(1) == job


def test_without_a_grace_the_job_follows_the_acknowledgement() -> None:
    """C-REG-13."""
    driver = Driver()
    driver.is_held_up = True
    job = driver.commit()
    driver.join(1)
    assert driver.status(job) == "pending"
    assert [message["job_id"] for message in sent(driver.acknowledge(), 1)] == [job]
