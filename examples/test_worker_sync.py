"""A worker under test: replace COMMAND by the one that starts yours, in whatever language it is written.

Whatever a test is about, it fails as well if the worker broke a MUST of the specification meanwhile.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dispatch_mockcoord.testing import CoordinatorHandle, JobFailed

COMMAND = [sys.executable, "-m", "dispatch_worker"]


@pytest.fixture
def worker(mock_coordinator: CoordinatorHandle, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The worker, registered."""
    variables = {"COORDINATOR_URL": mock_coordinator.url, "WORKER_KEY_PATH": str(tmp_path / "key.json")}
    with subprocess.Popen(COMMAND, env=os.environ | variables) as process:
        try:
            mock_coordinator.wait_for_worker()
            yield process
        finally:
            process.terminate()


pytestmark = pytest.mark.usefixtures("worker")


def test_it_summarizes_and_signs_for_it(mock_coordinator: CoordinatorHandle) -> None:
    job = mock_coordinator.run("summarize", "Dispatch sends small jobs to strangers.")
    assert job.result == {"summary": "Dispatch sends small jobs to strangers.", "word_count": 6}
    assert job.verified


def test_it_is_back_after_half_a_minute_of_silence(mock_coordinator: CoordinatorHandle) -> None:
    (worker,) = mock_coordinator.workers
    mock_coordinator.clock.mute(worker)
    mock_coordinator.clock.advance(40)  # at once: the coordinator drops it
    assert mock_coordinator.workers == ()
    mock_coordinator.wait_for_worker()
    assert mock_coordinator.run("classify", "What a wonderful day").verified


def test_it_is_back_after_a_connection_that_was_lost_with_a_job(mock_coordinator: CoordinatorHandle) -> None:
    mock_coordinator.faults.add("close", message="job_assign", code=1012, count=1)
    with pytest.raises(JobFailed, match="worker_disconnected"):
        mock_coordinator.run("classify", "Terrible")
    mock_coordinator.wait_for_worker()
    assert mock_coordinator.run("classify", "Terrible").result == {"sentiment": "negative", "confidence": 0.5}


@pytest.mark.mock_coordinator(variety=True, seed=7)
def test_it_takes_every_form_that_the_specification_allows(mock_coordinator: CoordinatorHandle) -> None:
    for text in ('{"a":1} and {"b":', "no object", '{"deep":{"er":[1.0]}}'):
        assert mock_coordinator.run("extract_json", text).verified
