"""Demo mode: when its jobs come, to whom, and that nothing of them is stored."""

import itertools
from random import Random
from typing import Any

import pytest
from dispatch_mockcoord import switchboard
from dispatch_mockcoord.core.effects import Effect
from dispatch_mockcoord.core.terms import Moment
from dispatch_mockcoord.demo import Demo
from dispatch_mockcoord.server import MockCoordinator

from tests.mockcoord.client import client, settings, worker
from tests.mockcoord.driver import Driver, sent


class DemoDriver(Driver):
    """A driver with a demo on its core."""

    def __init__(self) -> None:
        super().__init__()
        self.demo = Demo(self.core, Random(1))

    def at_work(self, seconds: float) -> list[tuple[float, int, dict[str, Any]]]:
        """What was assigned while so much time passed: when, to whom, what. Workers answer at once."""
        end, assigned = self.now + seconds, []
        while (due := self.demo.wake_at) is not None and due <= end:
            self.now = due
            for connection in list(self.core.registry.workers):
                self.beat(connection)
            effects: list[Effect] = self.take(self.demo.pass_time(Moment(due, self.at.wall_ms)))
            for connection in list(self.core.registry.workers):
                for message in sent(effects, connection):
                    assigned.append((due, connection, message))
                    self.complete(connection, message["job_id"])
        self.now = end
        return assigned


def test_a_job_every_eight_to_twelve_seconds() -> None:
    """C-DEMO-3, C-DEMO-4, C-DEMO-6."""
    driver = DemoDriver()
    driver.join(1, 2)
    driver.join(3, capabilities=["LLM_INFER"])
    driver.demo.start(driver.now)
    began, jobs = driver.now, driver.at_work(600)
    times = [began, *(time for time, _, _ in jobs)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(8 <= pause <= 12 for pause in pauses)
    assert len(jobs) >= 50
    assert {connection for _, connection, _ in jobs} == {1, 2}
    for _, _, message in jobs:
        assert (message["job_type"], message["user_id"]) == ("TASK", "demo-coordinator")
        assert message["job_id"].startswith("demo-id-")
    assert len({message["job_id"] for _, _, message in jobs}) == len(jobs)


def test_busy_workers_and_none_at_all_are_left_in_peace() -> None:
    driver = DemoDriver()
    driver.demo.start(driver.now)
    assert driver.at_work(60) == []
    driver.join(1)
    held = driver.commit()
    assert driver.at_work(25) == []
    assert driver.held(1) == held


def test_starting_twice_is_starting_once_and_stopping_stops() -> None:
    driver = DemoDriver()
    driver.demo.start(driver.now)
    due = driver.demo.wake_at
    driver.demo.start(driver.now + 1)
    assert driver.demo.wake_at == due
    driver.demo.stop()
    assert (driver.demo.wake_at, driver.demo.is_active) == (None, False)


def test_it_can_begin_by_itself() -> None:
    """C-DEMO-7."""
    driver = DemoDriver()
    driver.demo.begin_at(driver.now + 5)
    assert not driver.demo.is_active
    driver.at_work(4.9)
    assert not driver.demo.is_active
    driver.at_work(0.1)
    assert driver.demo.is_active


async def test_demo_jobs_are_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """C-DEMO-5, over the wire, with demo mode that starts by itself."""
    monkeypatch.setattr(switchboard, "AUTO_DEMO_SECONDS", 0.01)
    monkeypatch.setattr("dispatch_mockcoord.demo.PAUSE_SECONDS", (0.01, 0.02))
    async with MockCoordinator(settings(auto_demo=True)) as running, client(running) as http:
        async with worker(running) as one:
            job_id = await one.work()
            assert job_id.startswith("demo-")
            assert (await http.get(f"/v1/jobs/{job_id}")).status_code == 404
            assert (await http.get("/v1/demo/status")).json() == {"active": True}
        assert running.switchboard.store.recent(10) == []
