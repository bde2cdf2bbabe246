"""The handle: what a test does with a coordinator that runs in a thread of its own."""

import socket
import threading
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from dispatch_mockcoord.testing import (
    CoordinatorHandle,
    JobFailed,
    NotInTime,
    mock_coordinator,
)
from dispatch_protocol.errors import UsageError
from dispatch_protocol.rest import RestFault
from dispatch_protocol.vocabulary import JobStatus

from tests.mockcoord.blocking import registered


@pytest.fixture
def running() -> Iterator[CoordinatorHandle]:
    """New workers get jobs at once: these tests wait for nothing."""
    with mock_coordinator(settle_seconds=0) as handle:
        yield handle


def test_it_serves_at_its_address_while_its_block_runs() -> None:
    with mock_coordinator() as running:
        with urlopen(f"{running.url}/v1/health") as answer:
            assert answer.status == 200
        assert running.ws_url == f"ws://127.0.0.1:{running.port}"
        names = [thread.name for thread in threading.enumerate()]
        assert "mock coordinator" in names
    assert "mock coordinator" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port))
    with pytest.raises(UsageError, match="inside its `with` block"):
        running.submit("summarize", "text")
    running.stop()
    assert not running.is_running


def test_a_port_that_is_taken_is_misuse(running: CoordinatorHandle) -> None:
    with pytest.raises(UsageError, match="cannot listen"), mock_coordinator(port=running.port):
        pass
    assert [thread.name for thread in threading.enumerate()].count("mock coordinator") == 1


def test_a_job_goes_to_a_worker_and_comes_back(running: CoordinatorHandle) -> None:
    with registered(running.ws_url) as worker:
        job_id = running.submit("summarize", "some text", user_id="alice")
        worker.complete()
        job = running.wait_for_job(job_id)
        assert (job.id, job.status, job.user_id) == (job_id, JobStatus.COMPLETED, "alice")
        assert (job.result, job.verified) == ({"summary": "some text", "word_count": 2}, True)
        assert job.worker == worker.pubkey
        assert running.jobs == (job,)
        assert running.receipts == (job.receipt,)
        assert job.receipt is not None
        assert isinstance(job.receipt.value, dict)
        assert job.receipt.value["provider_pubkey"] == worker.pubkey
        assert job.receipt.signature is not None


def test_a_receipt_that_comes_apart_is_waited_for(running: CoordinatorHandle) -> None:
    with registered(running.ws_url) as worker:
        job_id = running.submit("summarize", "some text")
        whole = worker.completion(worker.hear())
        receipt, signature = whole.pop("receipt"), whole.pop("receipt_signature")
        worker.say(whole)
        late = threading.Timer(
            0.1, worker.say, [{"type": "receipt_submit", "receipt": receipt, "signature": signature}]
        )
        late.start()
        assert running.wait_for_job(job_id).verified
        late.join()


@pytest.mark.parametrize(
    ("kind", "payload", "job_type", "policy", "sent"),
    [
        ("summarize", "text", "TASK", "CHEAP", {"task_type": "summarize", "input": "text"}),
        ("classify", {"input": "good"}, "TASK", "CHEAP", {"task_type": "classify", "input": "good"}),
        ("LLM_INFER", "hello", "LLM_INFER", "FAST", {"prompt": "hello"}),
        (
            "LLM_INFER",
            {"prompt": "x", "max_tokens": 5},
            "LLM_INFER",
            "FAST",
            {"prompt": "x", "max_tokens": 5},
        ),
        ("TASK", {"task_type": "odd"}, "TASK", "CHEAP", {"task_type": "odd"}),
    ],
)
def test_a_job_is_submitted_by_its_kind(
    running: CoordinatorHandle, kind: str, payload: object, job_type: str, policy: str, sent: object
) -> None:
    running.submit(kind, payload)  # type: ignore[arg-type]
    (job,) = running.jobs
    assert (job.job_type, job.policy, job.payload) == (job_type, policy, sent)
    running.submit(kind, payload, policy="FAST")  # type: ignore[arg-type]
    assert running.jobs[1].policy == "FAST"


def test_what_cannot_be_submitted_says_why(running: CoordinatorHandle) -> None:
    with pytest.raises(UsageError, match="no kind of job: sumarize; use LLM_INFER, TASK, summarize"):
        running.submit("sumarize", "text")
    with pytest.raises(UsageError, match="needs its task type"):
        running.submit("TASK", "text")
    with pytest.raises(UsageError, match="no policy: BEST; use FAST, CHEAP, AUTO"):
        running.submit("summarize", "text", policy="BEST")
    with pytest.raises(RestFault, match="400 Invalid privacy_class"):
        running.submit("summarize", "text", privacy_class="private")
    with pytest.raises(UsageError, match=r"a payload is a text or an object, not b'text'"):
        running.submit("summarize", b"text")  # type: ignore[arg-type]
    with pytest.raises(RestFault, match="400 Missing user_id"):
        running.pairing_code("")
    with pytest.raises(UsageError, match="there is no job nonsense"):
        running.wait_for_job("nonsense")
    assert running.jobs == ()


def test_a_job_that_nobody_takes_says_that_no_worker_is_there(running: CoordinatorHandle) -> None:
    with pytest.raises(
        NotInTime, match=r"\(summarize\) is still pending after 0.05 s: no worker is registered"
    ):
        running.run("summarize", "text", timeout=0.05)
    running.clock.advance(30)
    with pytest.raises(JobFailed, match="failed with no_eligible_worker: no worker is registered") as failed:
        running.wait_for_job(running.jobs[0].id)
    assert failed.value.job.result == {"error": "no_eligible_worker"}


def test_a_job_that_is_still_open_says_where_it_is(running: CoordinatorHandle) -> None:
    with registered(running.ws_url, capabilities=["TASK"]) as worker:
        with pytest.raises(NotInTime, match=r"no registered worker \(1\) declared LLM_INFER"):
            running.run("LLM_INFER", "hello", timeout=0.02)
        with pytest.raises(NotInTime, match=f"worker {worker.pubkey[:16]} holds it and has not answered"):
            running.run("summarize", "text", timeout=0.02)
        with pytest.raises(NotInTime, match=r"of the workers that could do it \(1\), 1 are busy"):
            running.run("summarize", "text", timeout=0.02)
        assert [view.job_id for view in running.workers] == [running.jobs[1].id]
        worker.say({"type": "job_reject", "job_id": worker.hear()["job_id"], "reason": "too\nhard"})
        with pytest.raises(NotInTime, match=r"could do it \(1\) gave it back[^$]+: too\\nhard"):
            running.wait_for_job(running.jobs[1].id, timeout=0.2)
        worker.hear()
        running.allow("W-JOB")


def test_a_private_job_says_who_is_trusted(running: CoordinatorHandle) -> None:
    with registered(running.ws_url) as worker:
        with pytest.raises(JobFailed, match="no idle worker is paired with user 'alice'"):
            running.run("summarize", "text", user_id="alice", privacy_class="PRIVATE")
        running.pair("alice", worker.pubkey[:8])
        job_id = running.submit("summarize", "text", user_id="alice", privacy_class="PRIVATE")
        worker.complete()
        assert running.wait_for_job(job_id).verified
        assert len(running.pairing_code("bob")) == 6


def test_a_lost_worker_is_named(running: CoordinatorHandle) -> None:
    with registered(running.ws_url) as worker:
        job_id = running.submit("summarize", "text")
        worker.hear()
    with pytest.raises(JobFailed, match=f"worker {worker.pubkey[:16]} was disconnected while it held"):
        running.wait_for_job(job_id)


def test_workers_are_waited_for(running: CoordinatorHandle) -> None:
    with pytest.raises(NotInTime, match=r"no worker registered within 0.02 s at http.+open connections: 0"):
        running.wait_for_worker(timeout=0.02)
    with registered(running.ws_url) as first:
        assert [view.pubkey for view in running.wait_for_worker()] == [first.pubkey]
        with pytest.raises(NotInTime, match="1 of 2 workers registered within"):
            running.wait_for_worker(2, timeout=0.02)
        with registered(running.ws_url, 2) as second:
            assert [view.pubkey for view in running.wait_for_worker(2)] == [first.pubkey, second.pubkey]


def test_a_frame_is_sent_to_the_worker_that_is_named(running: CoordinatorHandle) -> None:
    with registered(running.ws_url, 1) as first, registered(running.ws_url, 2) as second:
        views = running.workers
        running.send(views[1], {"type": "hello", "n": 1})
        assert second.hear() == {"type": "hello", "n": 1}
        running.send(first.pubkey.upper(), "not JSON")
        assert first.socket.recv(5) == "not JSON"
        running.send(first.pubkey, b"\x00")
        assert first.socket.recv(5) == b"\x00"
        with pytest.raises(UsageError, match="none of 2 registered workers has a key that begins with 'fff"):
            running.send("ffff", "x")
        with pytest.raises(UsageError, match="more than one of 2 registered workers has a key"):
            running.send("", "x")
    running.reset()
    with pytest.raises(UsageError, match="none of 0 registered workers is still the one on connection 1"):
        running.send(views[0], "x")
    with registered(running.ws_url, 2), pytest.raises(UsageError, match=f"none of 1 .*{views[0].pubkey}"):
        running.send(views[0], "x")  # it was the first connection of the run before


def test_the_thread_itself_may_not_block(running: CoordinatorHandle) -> None:
    caught: list[Exception] = []

    async def ask() -> None:
        try:
            _ = running.jobs
        except UsageError as error:
            caught.append(error)

    running.call(ask())
    assert "would wait for itself" in str(caught[0])
