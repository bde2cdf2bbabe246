"""Sessions: heartbeats, silence, lost connections, goodbye. No I/O."""

import pytest
from dispatch_protocol.vocabulary import CLOSE_REPLACED
from dispatch_worker.effects import Cancel, Close, Connect, Exit, Generated, Infer, Level, Log
from dispatch_worker.states import CONNECTED, TRANSITIONS, Event, State
from dispatch_worker.timers import GRACE_SECONDS

from tests.worker.driver import ACK, IDENTITY, Driver, assignment, frame, of_kind, printed, sent

BEAT_ACK = frame("heartbeat_ack", status="ok")


def beats(driver: Driver, seconds: int) -> list[float]:
    """When heartbeats leave while each is acknowledged; one look a second."""
    times = []
    for _ in range(seconds):
        if any(message["type"] == "heartbeat" for message in sent(driver.pass_time(1))):
            times.append(driver.now)
            driver.receive(BEAT_ACK)
    return times


def test_w_hbt_7_a_beat_every_ten_seconds_from_the_registration() -> None:
    driver = Driver().serving()
    registered_at = driver.now
    assert [time - registered_at for time in beats(driver, 60)] == [10, 20, 30, 40, 50, 60]


def test_w_hbt_1_under_its_own_key() -> None:
    (beat,) = sent(Driver().serving().pass_time(10))
    assert beat == {
        "type": "heartbeat",
        "provider_pubkey": IDENTITY.pubkey_hex,
        "metrics": {"active_jobs": 0},
    }


def test_w_hbt_4_also_while_jobs_run() -> None:
    driver = Driver().serving()
    driver.receive(assignment("j-1", "LLM_INFER"))
    driver.receive(assignment("j-2", "LLM_INFER"))
    (beat,) = sent(driver.pass_time(10))
    assert beat["metrics"] == {"active_jobs": 2}


def test_w_hbt_8_after_a_stall_one_beat_and_no_burst() -> None:
    driver = Driver().serving()
    driver.now += 27
    assert len(sent(driver.tick())) == 1
    assert driver.tick() == ()
    assert driver.session.wake_at == driver.now + 8  # silence ends the wait before the next beat would
    driver.receive(BEAT_ACK)
    assert driver.session.wake_at == driver.now + 10


def test_a_beat_a_little_late_does_not_move_the_schedule() -> None:
    driver = Driver().serving()
    registered_at = driver.now
    driver.now += 11.5
    assert len(sent(driver.tick())) == 1
    assert driver.session.wake_at == registered_at + 20


def test_no_beat_before_the_registration() -> None:
    driver = Driver()
    driver.connected()
    assert sent(driver.pass_time(9.9)) == []


def test_w_end_5_silence_ends_a_connection() -> None:
    driver = Driver().serving()
    effects = driver.pass_time(35)
    assert of_kind(effects, Close) == [Close(1000)]
    assert printed(effects) == ["Disconnected", "No frame for 35 s; connecting again in 1.0 s"]
    assert driver.session.state is State.WAITING


@pytest.mark.parametrize("sign", ["frame", "control"])
def test_w_end_5_any_frame_is_a_sign_of_life(sign: str) -> None:
    driver = Driver().serving()
    driver.pass_time(34)
    if sign == "frame":
        driver.receive("null")
    else:
        driver.session.heard(driver.moment)
    assert of_kind(driver.pass_time(34), Close) == []


def test_w_end_6_waits_grow_to_thirty_seconds() -> None:
    driver = Driver()
    driver.session.start()
    waits = []
    for _ in range(8):
        driver.session.not_connected("refused", driver.moment)
        wake_at = driver.session.wake_at
        assert wake_at is not None
        waits.append(wake_at - driver.now)
        assert of_kind(driver.pass_time(waits[-1]), Connect) == [Connect()]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_w_end_6_chance_halves_a_wait_at_most() -> None:
    driver = Driver()
    driver.chance = 0.0
    driver.session.start()
    effects = driver.session.not_connected("refused\n", driver.moment)
    assert driver.session.wake_at == driver.now + 0.5
    assert effects == (
        Log("WS error: refused\\n", Level.ERROR),
        Log("No connection; connecting again in 0.5 s", Level.WARNING),
    )


@pytest.mark.parametrize(("lasted", "wait"), [(9.0, 2.0), (11.0, 1.0)])
def test_w_end_6_a_registration_that_lasted_begins_the_steps_anew(lasted: float, wait: float) -> None:
    driver = Driver()
    driver.session.start()
    driver.session.not_connected("refused", driver.moment)
    driver.pass_time(1)
    driver.session.connected(driver.moment)
    driver.receive(ACK)
    driver.pass_time(lasted)
    driver.closed(1001, "going away")
    assert driver.session.wake_at == driver.now + wait


def test_w_id_2_it_comes_back_under_the_same_key() -> None:
    driver = Driver()
    first = sent(driver.connected())
    driver.receive(ACK)
    driver.closed()
    driver.pass_time(1)
    assert sent(driver.session.connected(driver.moment)) == first


def test_w_end_8_results_of_a_lost_connection_are_dropped() -> None:
    driver = Driver().serving()
    (wanted,) = of_kind(driver.receive(assignment(job_type="LLM_INFER")), Infer)
    assert of_kind(driver.closed(), Cancel) == [Cancel(wanted.ticket)]
    driver.pass_time(1)
    driver.session.connected(driver.moment)
    driver.receive(ACK)
    assert driver.inferred(wanted.ticket, Generated({"text": "", "model": "m"})) == ()
    (again,) = of_kind(driver.receive(assignment(job_type="LLM_INFER")), Infer)
    assert again.ticket != wanted.ticket


@pytest.mark.parametrize("registered", [True, False])
def test_w_end_7_a_replaced_worker_ends(registered: bool) -> None:
    driver = Driver()
    driver.connected()
    if registered:
        driver.receive(ACK)
    effects = driver.closed(CLOSE_REPLACED, "replaced")
    assert printed(effects) == [
        "Disconnected",
        "Replaced: this key registered on another connection (close 4001)",
    ]
    assert of_kind(effects, Exit) == [Exit(1)]


def test_without_reconnection_a_lost_connection_ends_it() -> None:
    driver = Driver(reconnect=False).serving()
    assert driver.closed(1006) == (Log("Disconnected"), Exit(0))


def test_without_reconnection_a_close_before_the_acknowledgement_is_a_failure() -> None:
    driver = Driver(reconnect=False)
    driver.connected()
    assert driver.closed(1008, "no") == (
        Log("Registration failed: connection closed with code 1008 (no) before register_ack", Level.ERROR),
        Exit(1),
    )


def test_w_end_1_an_idle_worker_leaves_at_once() -> None:
    driver = Driver().serving()
    assert driver.stop() == (Close(1000), Log("Disconnected"), Exit(0))


def test_w_end_3_running_jobs_are_answered_before_the_goodbye() -> None:
    driver = Driver().serving()
    (wanted,) = of_kind(driver.receive(assignment("j-1", "LLM_INFER")), Infer)
    driver.receive(assignment("j-2", "LLM_INFER"))
    assert [answer["job_id"] for answer in sent(driver.stop())] == ["j-2"]
    assert [answer["type"] for answer in sent(driver.receive(assignment("j-3")))] == ["job_reject"]
    effects = driver.inferred(wanted.ticket, Generated({"text": "", "model": "m"}))
    assert [answer["type"] for answer in sent(effects)] == ["job_complete"]
    assert effects[-3:] == (Close(1000), Log("Disconnected"), Exit(0))


def test_w_end_2_and_given_back_when_the_grace_is_over() -> None:
    driver = Driver().serving()
    (wanted,) = of_kind(driver.receive(assignment(job_type="LLM_INFER")), Infer)
    driver.stop()
    effects = driver.pass_time(GRACE_SECONDS)
    assert effects[0] == Cancel(wanted.ticket)
    assert [answer["type"] for answer in sent(effects)] == ["job_reject"]
    assert effects[-3:] == (Close(1000), Log("Disconnected"), Exit(0))


def test_a_second_stop_ends_at_once() -> None:
    driver = Driver().serving()
    driver.receive(assignment(job_type="LLM_INFER"))
    driver.stop()
    effects = driver.stop()
    assert [answer["type"] for answer in sent(effects)] == ["job_reject"]
    assert effects[-3:] == (Close(1000), Log("Disconnected"), Exit(0))


def test_a_connection_lost_while_stopping_ends_it() -> None:
    driver = Driver().serving()
    driver.receive(assignment(job_type="LLM_INFER"))
    driver.stop()
    assert of_kind(driver.closed(), Exit) == [Exit(0)]


@pytest.mark.parametrize("state", [State.CONNECTING, State.WAITING, State.REGISTERING])
def test_stopping_before_the_registration_ends_it(state: State) -> None:
    driver = Driver()
    driver.session.start()
    if state is State.WAITING:
        driver.session.not_connected("refused", driver.moment)
    elif state is State.REGISTERING:
        driver.session.connected(driver.moment)
    assert driver.session.state is state
    effects = driver.stop()
    assert of_kind(effects, Exit) == [Exit(0)]
    assert len(of_kind(effects, Close)) == (state is State.REGISTERING)


def test_every_state_has_an_end_and_the_end_is_final() -> None:
    assert {state for state, event in TRANSITIONS if event is Event.END} == set(State) - {State.ENDED}
    assert State.ENDED not in {state for state, _ in TRANSITIONS}
    assert {state for state, event in TRANSITIONS if event is Event.STOP} == CONNECTED - {State.STOPPING}
