"""A clock put ahead: what is due happens in order, live workers stay, muted ones go, nobody is charged."""

import asyncio
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import Mock

import pytest
import websockets
from dispatch_mockcoord.alarm import Clock
from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.core.effects import Effect, JobChanged
from dispatch_mockcoord.core.terms import Moment, Terms
from dispatch_mockcoord.memory_store import MemoryStore
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_protocol.canonical import stringify
from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import Closed, Frame, Leap, TranscriptEvent
from dispatch_protocol.rest import read_commit
from dispatch_protocol.rules import Finding, Rules
from dispatch_protocol.vocabulary import Policy, Role

from tests.mockcoord.client import TASK, client, worker
from tests.mockcoord.driver import Driver, identity


class Scene:
    """A coordinator with a clock to turn, and everything that is seen of it."""

    def __init__(self, **terms: Any) -> None:
        self.time = Timekeeper()
        settings = Settings(terms=Terms(**terms))
        self.running = MockCoordinator(settings, clock=self.time.clock, layers=[self.time])
        self.events: list[TranscriptEvent] = []
        self.findings: list[Finding] = []
        self.ends: list[tuple[str, float]] = []
        self._rules = Rules(worker_timeout=settings.terms.worker_seconds)
        self.running.tap(self._see)
        self.running.observe(self._note)

    def _see(self, event: TranscriptEvent) -> None:
        self.events.append(event)
        self.findings += self._rules.feed(event)

    def _note(self, effect: Effect) -> None:
        if isinstance(effect, JobChanged) and effect.job.error is not None:
            self.ends.append((effect.job.error.value, self.running.switchboard.elapsed()))


@asynccontextmanager
async def scene(**terms: Any) -> AsyncIterator[Scene]:
    """Neither coordinator nor worker break a clause, whatever happens to the clock."""
    shown = Scene(**terms)
    async with shown.running:
        yield shown
    assert shown.findings == []


async def commit(shown: Scene) -> str:
    async with client(shown.running) as asked:
        return str((await asked.post("/v1/jobs/commit/cheap", json=TASK)).json()["job_id"])


async def test_a_live_worker_counts_as_having_beaten() -> None:
    async with scene() as shown, worker(shown.running) as one:
        for seconds in (31, 29.5, 3600):
            shown.time.advance(seconds)
        assert (await one.beat())["type"] == "heartbeat_ack"
        assert len(shown.running.coordinator.registry.workers) == 1


async def test_a_muted_worker_is_dropped_though_it_beats() -> None:
    async with scene() as shown, worker(shown.running) as one, worker(shown.running, 2) as other:
        shown.time.mute(1)
        shown.time.advance(29)
        assert (await one.beat())["type"] == "heartbeat_ack"
        shown.time.advance(11)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await one.socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1005
        assert (await other.beat())["type"] == "heartbeat_ack"
    (end,) = [event for event in shown.events if isinstance(event, Closed) and event.connection == 1]
    assert 30 < end.t < 41


async def test_an_unmuted_worker_stays() -> None:
    async with scene() as shown, worker(shown.running) as one:
        shown.time.mute(1)
        shown.time.advance(25)
        shown.time.unmute(1)
        shown.time.unmute(7)
        shown.time.advance(25)
        assert (await one.beat())["type"] == "heartbeat_ack"


async def test_what_is_due_on_the_way_happens_in_its_order_and_at_its_time() -> None:
    """A worker is given a first job once it has settled; the second waits, and goes to it when that fails."""
    async with scene(worker_seconds=20.0) as shown, worker(shown.running) as one:
        await commit(shown)
        await commit(shown)
        shown.time.advance(120)
        assert [(await one.hear())["type"] for _ in range(2)] == ["job_assign", "job_assign"]
        await one.beat()
    assert [error for error, _ in shown.ends] == ["worker_timeout", "worker_timeout"]
    handed = [
        event.t for event in shown.events if isinstance(event, Frame) and "job_assign" in str(event.text)
    ]
    assert [round(t - handed[0]) for t in handed] == [0, 20]
    assert [round(t - handed[0]) for _, t in shown.ends] == [20, 40]


async def test_a_job_that_nobody_takes_fails_when_its_window_ends() -> None:
    async with scene() as shown:
        await commit(shown)
        shown.time.advance(29)
        assert shown.ends == []
        shown.time.advance(1)
        assert [error for error, _ in shown.ends] == ["no_eligible_worker"]


async def test_a_pairing_code_expires() -> None:
    async with scene() as shown, client(shown.running) as asked:
        made = (await asked.post("/v1/trust/create", json={"user_id": "user"})).json()
        shown.time.advance(3601)
        claim = {"pairing_code": made["pairing_code"], "provider_pubkey": "ab" * 32}
        assert (await asked.post("/v1/trust/claim", json=claim)).json() == {"error": "expired"}


async def test_the_leap_stands_in_the_transcript() -> None:
    async with scene() as shown, worker(shown.running):
        shown.time.advance(30)
        assert shown.running.switchboard.elapsed() > 30
    (leap,) = [event for event in shown.events if isinstance(event, Leap)]
    assert leap.seconds == 30
    assert leap.t < 30


async def test_what_comes_in_real_time_still_comes_after_a_leap() -> None:
    async with scene() as shown:
        shown.time.advance(5)
        async with worker(shown.running) as one:
            await commit(shown)
            assert (await one.hear())["type"] == "job_assign"  # 250 ms later, by the alarm


async def test_a_worker_has_its_grace_after_the_acknowledgement_however_slow_the_coordinator_is() -> None:
    """Its acknowledgement leaves well after its `register` came: every look at this clock takes a while."""

    class Slow(Clock):
        now, step = 0.0, 0.1

        def moment(self) -> Moment:
            self.now += self.step
            return Moment(self.now, round(self.now * 1000))

    slow = Slow()
    board = Switchboard(Settings(), MemoryStore(), slow)
    events: list[TranscriptEvent] = []
    board.taps.append(events.append)
    board.opened(Mock(), "/")
    driver = Driver()
    driver.keys[1] = identity(1)
    board.received(1, stringify(driver.registration(1)))
    slow.step = 0.001
    board.commit(read_commit(json.dumps(TASK).encode(), "application/json", Policy.CHEAP))
    for _ in range(400):
        board.wake()
    board.stop()
    acknowledgement, assignment = [
        event for event in events if isinstance(event, Frame) and event.sender is Role.COORDINATOR
    ]
    assert "job_assign" in str(assignment.text)
    assert 0.25 <= assignment.t - acknowledgement.t < 0.5


async def test_alarms_do_not_pile_up() -> None:
    """Every leap wakes the coordinator ahead of its alarm, and no alarm stays behind."""
    woken = 0

    def wake() -> None:
        nonlocal woken
        woken += 1
        Switchboard.wake(board)

    async with scene() as shown, worker(shown.running):
        board = shown.running.switchboard
        board.wake = board._alarm._ring = wake  # type: ignore[method-assign]
        for _ in range(20):
            shown.time.advance(0.001)
        assert woken == 20
        await asyncio.sleep(0.4)
        assert 20 < woken < 25


@pytest.mark.parametrize("seconds", [-1, 86_401, math.inf, math.nan])
async def test_time_passes_by_a_day_at_most(seconds: float) -> None:
    async with scene() as shown:
        with pytest.raises(UsageError, match="time passes by 0 to 86,400 seconds"):
            shown.time.advance(seconds)
        assert shown.time.clock.ahead == 0


async def test_nobody_is_muted_at_a_new_start() -> None:
    """Connections are numbered anew then."""
    time = Timekeeper()
    for is_first in (True, False):
        running = MockCoordinator(clock=time.clock, layers=[time])
        async with running, worker(running) as one:
            time.advance(300)
            assert (await one.beat())["type"] == "heartbeat_ack"
            if is_first:
                time.mute(1)
