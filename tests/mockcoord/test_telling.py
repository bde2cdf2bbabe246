"""Whatever workers and tests say, what a failure tells is readable: escaped, and of bounded length."""

from collections.abc import Iterator
from typing import Any

import pytest
from dispatch_mockcoord.testing import CoordinatorHandle, NotInTime, mock_coordinator
from dispatch_mockcoord.testing.telling import MOST_FAULTS, advice, sections, verdict
from dispatch_protocol.errors import DispatchError

from tests.mockcoord.blocking import BlockingWorker, registered

STRANGE = "\x1b[31m\x07\r\n\u202e\u2028\ud800\x9b\x00é"
LONG = STRANGE * 1_500


@pytest.fixture
def running() -> Iterator[CoordinatorHandle]:
    with mock_coordinator(settle_seconds=0, check=False) as handle:
        yield handle


def expect_readable(text: str, most: int) -> None:
    assert 0 < len(text) <= most
    kept = text.replace("\n", "").replace("→", "").replace("←", "")
    assert kept.isascii()
    assert kept.isprintable()


def answers(worker: BlockingWorker, assignment: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answers to a job that hold something strange in every place."""
    right = worker.completion(assignment)
    yield {**right, "job_id": LONG}
    yield {"type": "job_reject", "job_id": assignment["job_id"], "reason": LONG}
    yield {**right, "output_hash": LONG}
    yield {**right, "output": {LONG: LONG}}
    yield {**right, "receipt": {LONG: LONG}, "receipt_signature": LONG}
    yield {**right, "receipt": {**right["receipt"], "completed_at": LONG, STRANGE: STRANGE}}
    yield {"type": LONG, LONG: LONG}
    yield {"type": "heartbeat", "provider_pubkey": LONG}


def test_what_workers_break_is_told_readably(running: CoordinatorHandle) -> None:
    ends = []
    for number in range(8):
        said: dict[str, Any] = {"capabilities": ["TASK"], "pricing_hint": STRANGE}
        with registered(running.ws_url + "/%1b" * 900, number + 1, **said) as worker:
            running.submit("classify", STRANGE, user_id=LONG[:2_000])
            worker.say(list(answers(worker, worker.hear()))[number])
            with pytest.raises(NotInTime) as ended:
                running.run("LLM_INFER", STRANGE, user_id=STRANGE, timeout=0.1)
            ends.append(str(ended.value))
    broken = {breach.clause for breach in running.violations}
    assert {"W-JOB-6", "W-CAN-1", "W-CAN-2", "W-RCP-2", "W-FRM-4", "W-HBT-2"} <= broken
    for text in ends:
        expect_readable(text, 4_000)
    for breach in running.violations:
        expect_readable(str(breach), 4_000)
    for title, text in sections(running, [], with_clauses=True):
        expect_readable(title, 100)
        expect_readable(text, 40_000)


def test_the_verdict_and_the_advice_are_readable() -> None:
    with mock_coordinator(settle_seconds=0) as running:
        with registered(running.ws_url, provider_type="SEEKER") as worker:
            worker.say({"type": LONG})
            worker.hear()
            job_id = running.submit("classify", "good")
            right = worker.completion(worker.hear())
            worker.say({**right, "receipt": {**right["receipt"], LONG[:500]: STRANGE}})
            running.wait_for_job(job_id)
        expect_readable(verdict(running) or "", 4_000)
        assert advice(running) != []
        for line in advice(running):
            expect_readable(line, 2_000)
            assert " SHOULD: " in line
        running.allow("W")


def test_faults_are_told_in_short(running: CoordinatorHandle) -> None:
    for _ in range(MOST_FAULTS + 3):
        running.faults.add("refuse_register", error=LONG, count=1)
    with pytest.raises(DispatchError):
        running.wait_for_worker(timeout=0.01)
    told = dict(sections(running, [], with_clauses=True))["dispatch faults"]
    expect_readable(told, 20_000)
    assert told.splitlines()[0] == f"seed {running.faults.seed}"
    assert told.splitlines()[-1] == "and 3 more"


def test_what_is_misspelt_is_told_in_short(running: CoordinatorHandle) -> None:
    wrong = (
        lambda: running.submit(LONG, "x"),
        lambda: running.submit("classify", "x", policy=LONG),
        lambda: running.wait_for_job(LONG),
        lambda: running.clock.mute(LONG),
        lambda: running.allow(LONG),
        lambda: running.faults.add(LONG),
        lambda: running.faults.add("close", worker=LONG),
        lambda: running.faults.add("close", **{LONG: 1}),
        lambda: running.faults.remove(LONG),
        lambda: mock_coordinator(**{LONG: 1}),
        lambda: mock_coordinator(host=LONG.encode("utf-8", "replace")),
    )
    for misuse in wrong:
        with pytest.raises(DispatchError) as refused:
            misuse()
        expect_readable(str(refused.value), 2_000)
