"""Sessions: registering, being refused, pairing. No I/O."""

import pytest
from dispatch_worker.effects import (
    Claim,
    ClaimBroken,
    ClaimOutcome,
    ClaimRefused,
    Close,
    Connect,
    Exit,
    Infer,
    Level,
    Log,
    Paired,
)
from dispatch_worker.states import State

from tests.worker.driver import ACK, IDENTITY, Driver, assignment, frame, of_kind, printed, sent

KEY = IDENTITY.pubkey_hex


def test_the_start_prints_the_guides_lines_and_connects() -> None:
    effects = Driver().session.start()
    assert effects == (
        Log(f"Public key: {KEY[:16]}..."),
        Log("Connecting to ws://localhost:4010"),
        Connect(),
    )


def test_w_reg_1_register_is_sent_with_the_handshake() -> None:
    assert sent(Driver().connected()) == [
        {
            "type": "register",
            "provider_pubkey": KEY,
            "provider_type": "DESKTOP",
            "capabilities": ["LLM_INFER", "TASK"],
        }
    ]


def test_the_acknowledgement_makes_it_serve() -> None:
    driver = Driver()
    driver.connected()
    assert driver.receive(ACK) == (Log("Registered as w-1"),)
    assert driver.session.state is State.SERVING


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"status": "error", "error": "bad key"}, "bad key"),
        ({"status": "error"}, "no reason given"),
        ({"status": "ok"}, "no worker_id"),
        ({"status": "ok", "worker_id": ""}, "no worker_id"),
        ({"status": "error", "error": "two\nlines \x1b[2J"}, r"two\nlines \x1b[2J"),
    ],
)
def test_w_reg_12_a_refusal_ends_the_worker(members: dict[str, str], reason: str) -> None:
    driver = Driver()
    driver.connected()
    effects = driver.receive(frame("register_ack", **members))
    assert effects == (Log(f"Registration failed: {reason}", Level.ERROR), Close(1000), Exit(1))
    assert driver.session.state is State.ENDED


def test_w_reg_11_ten_seconds_for_the_acknowledgement() -> None:
    driver = Driver()
    driver.connected()
    assert driver.pass_time(9.9) == ()
    effects = driver.pass_time(0.2)
    assert printed(effects)[0] == "Registration failed: no register_ack within 10 s"
    assert of_kind(effects, Close) == [Close(1000)]
    assert driver.session.state is State.WAITING


def test_w_reg_11_without_reconnection_it_ends_there() -> None:
    driver = Driver(reconnect=False)
    driver.connected()
    assert of_kind(driver.pass_time(10), Exit) == [Exit(1)]


def test_a_malformed_acknowledgement_is_none() -> None:
    driver = Driver()
    driver.connected()
    assert sent(driver.receive(frame("register_ack", status="maybe"))) == []
    assert driver.session.state is State.REGISTERING


@pytest.mark.parametrize("again", [ACK, frame("register_ack", status="error", error="late")])
def test_w_rob_8_a_second_acknowledgement_is_ignored(again: str) -> None:
    driver = Driver().serving()
    effects = driver.receive(again)
    assert sent(effects) == []
    assert of_kind(effects, Exit) == []
    assert driver.session.state is State.SERVING


def test_w_job_13_a_job_behind_the_acknowledgement_is_done() -> None:
    driver = Driver(pairing_code="A3F2B1")
    driver.connected()
    driver.receive(ACK)
    assert [answer["type"] for answer in sent(driver.receive(assignment()))] == ["job_complete"]


def test_w_pair_5_the_code_is_claimed_verbatim_once_registered() -> None:
    driver = Driver(pairing_code=" a3f2B1")
    assert of_kind(driver.connected(), Claim) == []
    assert of_kind(driver.receive(ACK), Claim) == [Claim(" a3f2B1", KEY)]


def test_w_pair_9_it_is_claimed_once_in_a_life() -> None:
    driver = Driver(pairing_code="A3F2B1").serving()
    driver.closed()
    assert of_kind(driver.pass_time(1), Connect) == [Connect()]
    driver.session.connected(driver.moment)
    assert driver.receive(ACK) == (Log("Registered as w-1"),)


def test_w_pair_8_without_a_code_nothing_is_claimed() -> None:
    driver = Driver()
    driver.connected()
    assert of_kind(driver.receive(ACK), Claim) == []


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Paired("user_abc123"), "Trust paired with user: user_abc123"),
        (ClaimRefused("already_claimed"), "Trust claim failed: already_claimed"),
        (ClaimBroken("no answer"), "Trust claim error: no answer"),
        (ClaimRefused("a\rb"), r"Trust claim failed: a\rb"),
    ],
)
def test_w_pair_6_whatever_becomes_of_the_claim_it_serves_on(outcome: ClaimOutcome, line: str) -> None:
    driver = Driver(pairing_code="A3F2B1").serving()
    assert printed(driver.session.claimed(outcome)) == [line]
    assert driver.session.state is State.SERVING


def test_w_reg_14_what_was_not_declared_is_given_back() -> None:
    driver = Driver(capabilities=("TASK",)).serving()
    effects = driver.receive(assignment(job_type="LLM_INFER"))
    assert sent(effects) == [
        {"type": "job_reject", "job_id": "j-1", "reason": "this worker does not offer LLM_INFER"}
    ]
    assert of_kind(effects, Infer) == []
