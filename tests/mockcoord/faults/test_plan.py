"""Which fault strikes where: by seed, rate, count, run and aim, and by nothing else."""

from typing import Any

import pytest
from dispatch_mockcoord.faults.catalogue import CATALOGUE, fault_of
from dispatch_mockcoord.faults.kinds import Stage
from dispatch_mockcoord.faults.plan import MAX_TARGETS, Fault, Place, Plan
from dispatch_mockcoord.faults.spelling import read_fault, spelled
from dispatch_protocol.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

ANY = Place(target="somebody", message="heartbeat_ack")


def plan(*texts: str, seed: int = 1) -> Plan:
    made = Plan(seed)
    for text in texts:
        fault = read_fault(text)
        made.add(fault, CATALOGUE[fault.name], spelled(fault))
    return made


def course(made: Plan, name: str, times: int = 200, **where: Any) -> list[bool]:
    """Whether the fault struck at each of so many opportunities."""
    place = Place(**{"target": "somebody", "message": "heartbeat_ack", **where})
    return [
        any(strike.fault.name == name for strike in made.strikes(Stage.FRAME, place)) for _ in range(times)
    ]


@given(seed=st.integers(0, 2**53), rate=st.floats(0, 1))
def test_the_same_seed_gives_the_same_faults(seed: int, rate: float) -> None:
    text = f"lose:rate={rate!r},in_a_row=2,count=40"
    assert course(plan(text, seed=seed), "lose") == course(plan(text, seed=seed), "lose")


def test_other_seeds_give_others() -> None:
    assert len({tuple(course(plan("lose:rate=0.5", seed=seed), "lose")) for seed in range(20)}) == 20


def test_one_more_fault_changes_nothing_about_the_others() -> None:
    alone = course(plan("lose:rate=0.3"), "lose")
    beside = plan("unknown_type:rate=0.7", "lose:rate=0.3", "giant:message=*")
    assert course(beside, "lose") == alone


def test_what_a_fault_is_not_aimed_at_costs_it_no_draw() -> None:
    alone = course(plan("lose:rate=0.3"), "lose")
    made, seen = plan("lose:rate=0.3"), []
    for _ in range(200):
        assert not any(course(made, "lose", 1, message="job_assign"))
        seen += course(made, "lose", 1)
    assert seen == alone


def test_choices_within_a_strike_change_nothing_about_the_next() -> None:
    quiet, busy = plan("malformed:rate=0.5"), plan("malformed:rate=0.5")
    for _ in range(200):
        struck, same = quiet.strikes(Stage.FRAME, ANY), busy.strikes(Stage.FRAME, ANY)
        assert len(struck) == len(same)
        for one, other in zip(struck, same, strict=True):
            assert one.random.random() == other.random.random()
            other.random.randbytes(100)


def test_every_strike_chooses_for_itself() -> None:
    """One fault's next strike, its twin's, and those of another seed draw something else."""
    made = [plan("lose", "lose", seed=seed) for seed in range(5)]
    strikes = [strike for one in made for _ in range(5) for strike in one.strikes(Stage.FRAME, ANY)]
    assert len({strike.random.random() for strike in strikes}) == len(strikes) == 50


def test_twins_draw_apart() -> None:
    made = plan("lose:rate=0.5", "lose:rate=0.5")
    struck = [len(made.strikes(Stage.FRAME, ANY)) for _ in range(200)]
    assert set(struck) == {0, 1, 2}


@pytest.mark.parametrize("rate", [0, 0.1, 0.5, 0.9, 1])
def test_rate(rate: float) -> None:
    struck = sum(course(plan(f"lose:rate={rate}", seed=4), "lose", 4000))
    assert abs(struck / 4000 - rate) < 0.03


def test_count() -> None:
    assert sum(course(plan("lose:count=3,rate=0.5"), "lose")) == 3
    assert course(plan("lose:count=2"), "lose", 5) == [True, True, False, False, False]


@given(limit=st.integers(1, 5), rate=st.floats(0.3, 1), targets=st.lists(st.sampled_from("abc"), max_size=80))
def test_never_more_in_a_row_at_one_target(limit: int, rate: float, targets: list[str]) -> None:
    made, runs = plan(f"lose:in_a_row={limit},rate={rate!r}"), dict.fromkeys("abc", 0)
    for target in targets:
        (struck,) = course(made, "lose", 1, target=target)
        runs[target] = runs[target] + 1 if struck else 0
        assert runs[target] <= limit


def test_whoever_tries_again_gets_through() -> None:
    made = plan("lose:in_a_row=2")
    assert course(made, "lose", 6) == [True, True, False, True, True, False]
    assert course(made, "lose", 1, target="other") == [True]


def test_targets_are_remembered_within_bounds() -> None:
    made = plan("lose:in_a_row=1")
    for number in range(MAX_TARGETS + 1):
        assert course(made, "lose", 1, target=str(number)) == [True]
    assert course(made, "lose", 1, target=str(MAX_TARGETS)) == [False]
    assert course(made, "lose", 1, target="0") == [True], "the eldest is forgotten"


KEY = "ab12" + "0" * 60
JOB = ("5f3d-id", "TASK", "summarize")


@pytest.mark.parametrize(
    ("aim", "where", "strikes"),
    [
        ("worker=ab12", {"worker": KEY}, True),
        ("worker=AB12", {"worker": KEY}, True),
        (f"worker={KEY}", {"worker": KEY}, True),
        ("worker=b12", {"worker": KEY}, False),
        ("worker=ab12", {}, False),
        ("worker=SEEKER", {"worker": KEY, "provider_type": "SEEKER"}, True),
        ("worker=SEEKER", {"worker": KEY, "provider_type": "DESKTOP"}, False),
        ("message=job_assign", {"message": "job_assign"}, True),
        ("message=job_assign", {}, False),
        ("message=*", {"message": "error"}, True),
        ("", {"message": "error"}, False),
        ("job=5f3d", {"message": "job_assign", "job": JOB}, True),
        ("job=TASK", {"message": "job_assign", "job": JOB}, True),
        ("job=summarize", {"message": "job_assign", "job": JOB}, True),
        ("job=summ", {"message": "job_assign", "job": JOB}, False),
        ("job=LLM_INFER", {"message": "job_assign", "job": JOB}, False),
        ("job=5f3d", {}, False),
        ("job=TASK,worker=SEEKER", {"message": "job_assign", "job": JOB, "worker": KEY}, False),
    ],
)
def test_aims(aim: str, where: dict[str, Any], strikes: bool) -> None:
    assert course(plan("lose:" + aim if aim else "lose"), "lose", 1, **where) == [strikes]


@pytest.mark.parametrize(
    ("options", "method", "path", "strikes"),
    [
        ({}, "GET", "/v1/health", True),
        ({"path": "/v1/jobs"}, "GET", "/V1/Jobs/x", True),
        ({"path": "/v1/jobs"}, "GET", "/v1/quote", False),
        ({"method": "post"}, "POST", "/v1/jobs/commit/fast", True),
        ({"method": "POST"}, "GET", "/v1/jobs/x", False),
    ],
)
def test_requests_by_method_and_path(
    options: dict[str, object], method: str, path: str, strikes: bool
) -> None:
    made, fault = Plan(1), fault_of("http_500", options)
    made.add(fault, CATALOGUE["http_500"], spelled(fault))
    assert bool(made.strikes(Stage.REQUEST, Place(target="x", method=method, path=path))) is strikes


def test_faults_come_and_go() -> None:
    made = plan("lose", "delay:message=*", "lose:message=job_assign")
    assert [fault.name for fault in made.active] == ["lose", "delay", "lose"]
    assert made.concerns(Stage.FRAME)
    assert not made.concerns(Stage.REGISTER)
    made.remove("lose")
    assert [fault.name for fault in made.active] == ["delay"]
    with pytest.raises(UsageError, match="delai; did you mean delay"):
        made.remove("delai")
    made.clear()
    assert made.active == ()
    assert made.strikes(Stage.FRAME, ANY) == []
    with pytest.raises(UsageError, match="known: none"):
        made.remove("delay")


def test_a_strike_tells_its_options_given_or_by_default() -> None:
    (strike,) = plan("close:code=1012,message=heartbeat_ack").strikes(Stage.FRAME, ANY)
    assert (strike.whole("code"), strike.number("seconds")) == (1012, 0.0)
    with pytest.raises(UsageError):
        strike.value("colour")
    (refusal,) = plan("refuse_register").strikes(Stage.REGISTER, Place(target="x"))
    assert "on purpose" in refusal.text("error")


def test_a_fault_is_a_value() -> None:
    fault = Fault("delay", rate=0.5, options={"seconds": 2.0})
    assert fault == read_fault("delay:seconds=2,rate=0.5")
    with pytest.raises(AttributeError):
        fault.rate = 1  # type: ignore[misc]
