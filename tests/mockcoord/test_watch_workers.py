"""Workers that do right are blamed for nothing, whatever the coordinator does to them; nor is it itself."""

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.watch import Watch

from tests.mockcoord.client import client, settings
from tests.mockcoord.faults.stand import until
from tests.mockcoord.faults.workers import WORKERS, process
from tests.mutants_js import family

GRACE = "C-JOB-21"
"""The grace for new workers, which these tests do without."""

JOBS = 8
TASKS = ("summarize", "classify", "extract_json")
FAULTS = (
    "malformed:rate=0.5",
    "malformed:rate=0.3,instead=1",
    "binary:rate=0.5",
    "unknown_type:rate=0.5",
    "fragment:rate=0.5",
    "duplicate:rate=0.5",
    "delay:rate=0.5,seconds=0.3",
    "lose:message=job_assign,rate=0.5",
    "slow_reader:rate=0.3,seconds=0.3",
    "wrong_assign:rate=0.5",
    "close:count=2,code=1012",
    "close:count=2,code=1006",
    "half_open:message=job_assign,count=1,seconds=1",
    "http_503:rate=0.4",
    "http_429:rate=0.4",
)


class Scene:
    """A coordinator with a watch over it, and clients that insist."""

    def __init__(self, *faults: str, variety: bool = False) -> None:
        self.finished = 0
        self.time = Timekeeper()
        self.faults = Faults(faults, seed=5, variety=variety)
        self.watch = Watch(settings().terms)
        self.running = MockCoordinator(
            settings(), clock=self.time.clock, layers=(self.faults, self.time, self.watch)
        )

    @property
    def online(self) -> int:
        return len(self.running.coordinator.registry.workers)

    async def job(self, http: httpx2.AsyncClient, number: int) -> None:
        """One job, asked for until it is finished, or for a while."""
        payload = {"task_type": TASKS[number % 3], "input": f'I love \u00e9 {number} {{"n": {number}}}'}
        body = {"job_type": "TASK", "user_id": "user", "payload": payload}
        for _ in range(40):
            committed = await http.post("/v1/jobs/commit/cheap", json=body)
            if committed.status_code == 201:
                break
        else:
            return
        for _ in range(30):
            seen = await http.get(f"/v1/jobs/{committed.json()['job_id']}")
            if seen.status_code == 200 and seen.json()["status"] in ("completed", "failed"):
                self.finished += 1
                return
            await asyncio.sleep(0.02)

    async def jobs(self) -> None:
        async with client(self.running) as http:
            await asyncio.gather(*(self.job(http, number) for number in range(JOBS)))

    def blame(self) -> dict[str, str]:
        """What was found, but for the grace that is done without."""
        found = {clause: str(breach) for clause, breach in self.watch.latest.items()}
        found.pop(GRACE, None)
        return found


@asynccontextmanager
async def scene(name: str, folder: Path, *faults: str, variety: bool = False) -> AsyncIterator[Scene]:
    """A scene with this worker in it, which outlives the coordinator; in the end nobody is to blame."""
    if name == "javascript":
        if missing := family.absent():
            pytest.skip(f"needs {', '.join(missing)}")
        family.install()
    command = shlex.split(family.command()) if name == "javascript" else WORKERS[name]
    made = Scene(*faults, variety=variety)
    async with AsyncExitStack() as outer, made.running:
        await outer.enter_async_context(process(command, made.running.url, folder))
        await until(lambda: made.online)
        yield made
    assert made.blame() == {}


NAMES = ["reference", "javascript"]


async def test_one_that_does_wrong_is_blamed(tmp_path: Path) -> None:
    """Without this the others would hold of a watch that is blind."""
    made = Scene()
    command = [*WORKERS["independent"], "--defect", "hash-spaced"]
    async with made.running, process(command, made.running.url, tmp_path):
        await until(lambda: made.online)
        await made.jobs()
    assert made.blame().keys() == {"W-CAN-2"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", NAMES)
async def test_under_a_fault(name: str, fault: str, tmp_path: Path) -> None:
    async with scene(name, tmp_path, fault) as made:
        await made.jobs()
    assert made.finished or "job_assign" in fault  # an assignment that is lost is out for two minutes
    assert set(made.faults.counts) == {fault.partition(":")[0]}


@pytest.mark.parametrize("name", NAMES)
async def test_under_variety(name: str, tmp_path: Path) -> None:
    async with scene(name, tmp_path, variety=True) as made:
        await made.jobs()
    assert made.finished


@pytest.mark.parametrize("name", NAMES)
async def test_while_the_clock_leaps(name: str, tmp_path: Path) -> None:
    async with scene(name, tmp_path) as made:
        for seconds in (1.0, 9.0, 29.0, 31.0, 3600.0):
            work = asyncio.ensure_future(made.jobs())
            await asyncio.sleep(0.01)
            made.time.advance(seconds)
            await work
    assert made.finished


async def test_through_a_leap_that_drops_it_and_its_return(tmp_path: Path) -> None:
    async with scene("reference", tmp_path) as made:
        made.time.mute(next(iter(made.running.coordinator.registry.workers)))
        made.time.advance(45.0)
        assert made.online == 0
        await until(lambda: made.online)
        await made.jobs()


@pytest.mark.parametrize("name", NAMES)
async def test_when_the_coordinator_ends_in_the_middle_of_jobs(name: str, tmp_path: Path) -> None:
    async with scene(name, tmp_path) as made, client(made.running) as http:
        for number in range(5):
            body = {
                "job_type": "TASK",
                "user_id": "user",
                "payload": {"task_type": "summarize", "input": str(number)},
            }
            await http.post("/v1/jobs/commit/fast", json=body)


async def test_when_its_connection_is_closed_and_it_comes_back(tmp_path: Path) -> None:
    async with scene("reference", tmp_path) as made:
        await made.jobs()
        number = next(iter(made.running.coordinator.registry.workers))
        made.running.switchboard.hang_up(number, 1012, "restart")
        await until(lambda: made.online == 0)
        await until(lambda: made.online)
        await made.jobs()
