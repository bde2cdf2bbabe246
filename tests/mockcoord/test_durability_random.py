"""A store that fails at random: at every moment all that anybody was told is stored."""

import sqlite3
from collections.abc import Collection, Iterable
from math import inf
from random import Random
from typing import Any

import pytest
from dispatch_mockcoord.alarm import Clock
from dispatch_mockcoord.core.effects import Effect, JobChanged
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.terms import Moment, Terms
from dispatch_mockcoord.core.trust import Pairing
from dispatch_mockcoord.memory_store import MemoryStore
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.rest import ClaimRequest, CommitRequest, RestFault
from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass, Role

from tests.mockcoord.client import settings
from tests.mockcoord.driver import Driver, identity

REQUEST = CommitRequest(
    job_type=JobType.TASK,
    policy=Policy.FAST,
    privacy_class=PrivacyClass.PUBLIC,
    user_id="user",
    payload=Json.of({"task_type": "summarize", "input": "text"}),
)


class Recorded:
    """A connection's sending side that keeps what was sent, as messages."""

    def __init__(self, sent: list[tuple[int, dict[str, Any]]], number: int) -> None:
        self.sent, self.number = sent, number

    def post(self, frame: str | bytes) -> None:
        value = Json.read(frame).value
        assert isinstance(value, dict)
        self.sent.append((self.number, value))

    def close(self, code: int | None, reason: str) -> None:
        """The test closes it by itself."""


class Moved(Clock):
    """A clock that the test moves."""

    now = 1000.0

    def moment(self) -> Moment:
        return Moment(self.now, round(self.now * 1000))


class Unreliable(MemoryStore):
    """A store in memory whose writes fail while `fails`."""

    fails = False
    failures = 0

    def write(self, jobs: Collection[Job], pairings: Iterable[Pairing]) -> None:
        if self.fails:
            self.failures += 1
            raise sqlite3.OperationalError("disk I/O error")
        super().write(jobs, pairings)


class Play:
    """A switchboard without sockets, its store failing now and then, and all that was told to anybody."""

    def __init__(self, seed: int) -> None:
        self.random, self.clock, self.store = Random(seed), Moved(), Unreliable()
        terms = Terms(settle_seconds=0, window_seconds=5, worker_seconds=8, register_seconds=50)
        self.board = Switchboard(settings(terms=terms, max_pending_jobs=5), self.store, self.clock)
        self.board.observers.append(self.observe)
        self.told: dict[str, Job] = {}
        self.sent: list[tuple[int, dict[str, Any]]] = []
        self.committed: set[str] = set()
        self.refused = 0
        self.open: list[int] = []
        self.hands = {number: Driver() for number in (1, 2, 3)}
        for number, driver in self.hands.items():
            driver.keys[number] = identity(number)
            line: Any = Recorded(self.sent, number)
            self.open.append(self.board.opened(line, "/"))
            self.say(number, driver.registration(number))

    def observe(self, effect: Effect) -> None:
        if isinstance(effect, JobChanged):
            assert self.store.job(effect.job.id) is not None
            self.told[effect.job.id] = effect.job

    def say(self, number: int, message: dict[str, Any]) -> None:
        if number in self.open:
            self.board.received(number, stringify(message))

    def step(self) -> None:
        number, driver = self.random.choice(list(self.hands.items()))
        match self.random.choice(
            ["commit", "commit", "complete", "complete", "reject", "bare", "time", "time", "lose"]
        ):
            case "commit":
                self.commit()
            case "complete" | "bare" | "reject" as what:
                assigned = [
                    message["job_id"] for to, message in self.sent if "job_id" in message and to == number
                ]
                if assigned:
                    make = {"complete": driver.completion, "bare": driver.bare}.get(what, self.rejection)
                    self.say(number, make(number, self.random.choice(assigned[-2:])))
            case "time":
                self.clock.now += self.random.choice([0.1, 1, 6])
                self.board.wake()
                for number in self.open:
                    key = identity(number).pubkey_hex
                    self.say(number, {"type": "heartbeat", "provider_pubkey": key})
            case "lose" if number in self.open and self.random.random() < 0.05:
                self.open.remove(number)
                self.board.closed(number, 1006, "", Role.WORKER)

    def rejection(self, number: int, job_id: str) -> dict[str, Any]:
        return {"type": "job_reject", "job_id": job_id, "reason": "no"}

    def commit(self) -> None:
        try:
            job = self.board.commit(REQUEST)
        except RestFault:
            self.refused += 1
        else:
            self.committed.add(job.id)
            assert self.store.job(job.id) == job

    def everything_told_is_stored(self) -> None:
        for job_id, job in self.told.items():
            assert self.store.job(job_id) == job
        for _, message in self.sent:
            assert message["type"] != "job_assign" or message["job_id"] in self.told
        assert {job.id for job in self.store.recent(10_000)} == set(self.told) == self.committed


@pytest.mark.parametrize("seed", range(25))
async def test_core_and_store_agree_after_any_failures(seed: int) -> None:
    """At every moment all that anybody was told is stored; after the last failure nothing is left over."""
    play = Play(seed)
    for _ in range(200):
        play.store.fails = play.random.random() < (0.6 if play.store.fails else 0.15)
        play.step()
        play.everything_told_is_stored()
    play.store.fails = False
    for _ in range(60):
        play.clock.now += 0.5
        play.board.wake()
    play.everything_told_is_stored()
    assert play.store.unfinished() == []
    assert play.board.coordinator.dispatcher.earliest == inf
    assert play.refused
    assert len(play.committed) > 1
    play.board.stop()


async def test_a_claim_stays_open_at_the_switchboard_too() -> None:
    """The claim is stored before the core hands the worker what waited for the pairing."""
    play = Play(1)
    code = play.board.create_code("user").code
    play.store.fails = True
    with pytest.raises(sqlite3.OperationalError):
        play.board.claim_code(ClaimRequest(pairing_code=code, provider_pubkey=identity(1).pubkey_hex))
    assert not play.board.coordinator.trust.is_paired("user", identity(1).pubkey_hex)
    play.board.stop()


async def test_an_outage_takes_nothing_from_a_new_worker_s_grace() -> None:
    """C-JOB-21: its acknowledgement was held back for longer, and no job leaves together with it."""
    clock, store, sent = Moved(), Unreliable(), list[tuple[int, dict[str, Any]]]()
    board, driver = Switchboard(settings(terms=Terms()), store, clock), Driver()

    def pass_time(seconds: float) -> list[tuple[int, str]]:
        """What is sent meanwhile: to whom, and of which type."""
        begun = len(sent)
        for _ in range(round(seconds * 100)):
            clock.now += 0.01
            board.wake()
        return [(number, message["type"]) for number, message in sent[begun:]]

    for number in (1, 2, 3):
        driver.keys[number] = identity(number)
        line: Any = Recorded(sent, number)
        board.opened(line, "/")
    board.received(1, stringify(driver.registration(1)))
    jobs = [board.commit(REQUEST).id for _ in range(4)]
    pass_time(0.3)
    store.fails = True
    board.received(1, stringify(driver.completion(1, jobs[0])))
    for number in (2, 3):
        board.received(number, stringify(driver.registration(number)))
    assert pass_time(2) == []
    store.fails = False
    assert pass_time(0.25) == [(1, "job_assign"), (2, "register_ack"), (3, "register_ack")]
    assert pass_time(0.3) == [(2, "job_assign"), (3, "job_assign")]
    board.stop()


async def test_a_store_that_fails_is_not_tried_with_every_frame() -> None:
    play = Play(1)
    play.store.fails = True
    before = play.store.failures
    for number, driver in play.hands.items():
        for _ in range(100):
            play.commit()
            play.say(number, driver.registration(number))
    assert play.store.failures - before == 1
    play.clock.now += 0.26
    play.board.wake()
    play.commit()
    assert play.store.failures - before <= 3
    play.board.stop()
