"""An application under test: the fixture is its coordinator, and a well-behaved worker stands beside it."""

import asyncio

import pytest
from application import NoTrustedWorkerError, summarize
from dispatch_mockcoord.testing import CoordinatorHandle, WorkerProcess

TEXT = "Dispatch sends small jobs to strangers."


async def test_a_text_is_summarized(
    mock_coordinator: CoordinatorHandle, reference_worker: WorkerProcess
) -> None:
    assert await summarize(mock_coordinator.url, TEXT, user_id="alice") == TEXT
    (job,) = await mock_coordinator.aio.jobs
    assert (job.worker, job.user_id, job.verified) == (reference_worker.pubkey, "alice", True)


@pytest.mark.usefixtures("reference_worker")
@pytest.mark.mock_coordinator(
    faults=["http_503:rate=0.5,in_a_row=3,retry_after=0", "http_torn:method=GET,rate=0.3"], seed=7
)
async def test_it_bears_a_coordinator_that_is_busy_and_loses_answers(
    mock_coordinator: CoordinatorHandle,
) -> None:
    for _ in range(5):
        assert await summarize(mock_coordinator.url, TEXT, user_id="alice") == TEXT
    assert {"http_503", "http_torn"} <= (await mock_coordinator.aio.faults.counts).keys()


async def test_a_private_text_waits_for_no_stranger(
    mock_coordinator: CoordinatorHandle, reference_worker: WorkerProcess
) -> None:
    with pytest.raises(NoTrustedWorkerError):
        await summarize(mock_coordinator.url, TEXT, user_id="alice", private=True)
    await mock_coordinator.aio.pair("alice", reference_worker.pubkey)
    assert await summarize(mock_coordinator.url, TEXT, user_id="alice", private=True) == TEXT


async def test_it_says_that_nobody_took_the_job(mock_coordinator: CoordinatorHandle) -> None:
    asked = asyncio.create_task(summarize(mock_coordinator.url, TEXT, user_id="alice"))
    while not await mock_coordinator.aio.jobs:
        await asyncio.sleep(0.01)
    await mock_coordinator.aio.clock.advance(30)
    with pytest.raises(RuntimeError, match="no_eligible_worker"):
        await asked
