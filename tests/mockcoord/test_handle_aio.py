"""The awaited twin: the same names, in the test's own event loop."""

import asyncio
import inspect

import pytest
import websockets
from dispatch_mockcoord.testing import (
    AioHandle,
    ClausesBroken,
    CoordinatorHandle,
    NotInTime,
    mock_coordinator,
)
from dispatch_mockcoord.testing import jobs as job_operations
from dispatch_mockcoord.testing.faces import AioClockFace, AioFaultsFace, ClockFace, FaultsFace

from tests.mockcoord.client import Worker

OF_LIFE = {"start", "stop", "is_running", "aio"}
"""What only the one has that starts and ends the coordinator."""


async def join(coordinator: AioHandle) -> Worker:
    """A registered worker of the test's own, over a connection that the test has to close."""
    socket = await websockets.connect(coordinator.ws_url)
    worker = Worker(socket, 1)
    await worker.register()
    return worker


async def test_a_job_goes_to_a_worker_and_comes_back() -> None:
    async with mock_coordinator(settle_seconds=0, allow="W-RCP-11") as coordinator:
        worker = await join(coordinator)
        asked = asyncio.create_task(coordinator.run("summarize", "some text"))
        await worker.work()
        job = await asked
        assert job.verified
        assert await coordinator.jobs == (job,)
        assert await coordinator.receipts == (job.receipt,)
        assert [view.job_id for view in await coordinator.workers] == [None]
        assert (await coordinator.wait_for_worker())[0].pubkey == job.worker
        assert await coordinator.violations == ()
        assert len((await coordinator.transcript).events) > 5
        await worker.socket.close()


async def test_time_and_faults_are_turned() -> None:
    async with mock_coordinator(seed=7) as coordinator:
        assert coordinator.url.endswith(str(coordinator.port))
        worker = await join(coordinator)
        await coordinator.clock.mute(worker.identity.pubkey_hex)
        await coordinator.clock.advance(40)
        await worker.socket.wait_closed()
        assert await coordinator.clock.ahead == 40
        await coordinator.faults.add("close", message="heartbeat_ack")
        assert len(await coordinator.faults.active) == 1
        assert (await coordinator.faults.seed, await coordinator.faults.counts) == (7, {})
        await coordinator.reset()
        assert await coordinator.faults.active == ()
        assert await coordinator.clock.ahead == 0


async def test_waiting_leaves_the_loop_to_others_and_can_be_given_up() -> None:
    async with mock_coordinator() as coordinator:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(coordinator.wait_for_worker(timeout=60), 0.02)
        with pytest.raises(NotInTime):
            await coordinator.wait_for_worker(timeout=0.02)


async def test_a_broken_must_ends_the_block() -> None:
    handle = mock_coordinator()
    coordinator = await handle.__aenter__()
    worker = await join(coordinator)
    await worker.say("nonsense")
    with pytest.raises(ClausesBroken, match="W-FRM-2"):
        await handle.__aexit__(None, None, None)
    await worker.socket.wait_closed()


@pytest.mark.parametrize(
    ("blocking", "awaited"),
    [(CoordinatorHandle, AioHandle), (ClockFace, AioClockFace), (FaultsFace, AioFaultsFace)],
)
def test_both_faces_have_the_same_names(blocking: type, awaited: type) -> None:
    def names(face: type) -> set[str]:
        return {name for name in dir(face) if not name.startswith("_")}

    assert names(blocking) - names(awaited) <= OF_LIFE
    assert names(awaited) <= names(blocking)


def test_an_operation_keeps_its_name_and_its_text() -> None:
    with mock_coordinator() as running:
        assert running.submit.__doc__ == job_operations.submit.__doc__
        assert inspect.iscoroutinefunction(running.aio.submit)
        assert not inspect.iscoroutinefunction(running.submit)
        forgotten = running.aio.workers
        assert inspect.iscoroutine(forgotten)
        assert forgotten.__name__ == "workers"  # so Python names it, where it is never awaited
        forgotten.close()
