"""What a store says of many jobs at once: sums and pages, held against the jobs themselves."""

from random import Random
from typing import Any

import pytest
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.store import Store
from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import JobError, JobStatus

from tests.mockcoord.test_store import NewStore, job

HELD: dict[str, Any] = {"status": JobStatus.ASSIGNED}
DONE: dict[str, Any] = {
    "status": JobStatus.COMPLETED,
    "output": Json.of({"text": "needle"}),
    "completed_ms": 5,
}


def reckoned(jobs: list[Job]) -> tuple[int, int, int, int]:
    """The totals, counted from nothing."""
    receipts = [one for one in jobs if one.receipt is not None]
    keys = {one.pubkey.lower() for one in jobs if one.pubkey is not None}
    completed = sum(one.status is JobStatus.COMPLETED for one in jobs)
    return len(keys), completed, len(receipts), sum(one.verified for one in receipts)


def step(store: Store, random: Random, number: int) -> None:
    """Something that may happen to the job of this number, whatever has happened to it before."""
    key, good = f"{random.randrange(4):x}A" * 32, random.random() < 0.5
    stored = store.job(f"job-{number}")
    if stored is None:
        store.write([job(number)], [])
    elif stored.status is JobStatus.PENDING:
        store.write([job(number, **HELD, pubkey=key)], [])
    elif stored.status is JobStatus.ASSIGNED:
        ends: list[dict[str, Any]] = [
            {"pubkey": None, "rejected_by": (key.lower(),)},
            {"status": JobStatus.FAILED, "error": JobError.WORKER_TIMEOUT, "pubkey": stored.pubkey},
            {**DONE, "pubkey": stored.pubkey},
            {**DONE, "pubkey": stored.pubkey, "receipt": Json.of({}), "verified": good},
        ]
        store.write([job(number, **random.choice(ends))], [])
    elif stored.status is JobStatus.COMPLETED and stored.receipt is None:
        store.write([job(number, **DONE, pubkey=stored.pubkey, receipt=Json.of({}), verified=good)], [])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("keep", [0, 3])
def test_the_sums_are_those_of_the_jobs_that_are_kept(new_store: NewStore, keep: int, seed: int) -> None:
    store, random, most = new_store(keep), Random(seed), [0, 0, 0, 0]
    for turn in range(200):
        step(store, random, max(0, turn // 8 - random.randrange(6)))
        jobs = store.recent(1000)
        assert store.totals() == reckoned(jobs)
        assert store.failed() == sum(one.status is JobStatus.FAILED for one in jobs)
        assert store.keys() == {one.pubkey.lower() for one in jobs if one.pubkey is not None}
        most = [max(pair) for pair in zip(most, store.totals(), strict=True)]
    assert min(most) >= 1


def test_pages_follow_one_another_from_the_newest_to_the_oldest(new_store: NewStore) -> None:
    store = new_store()
    store.write([job(number) for number in range(1, 8)], [])
    seen, before = [], None
    while True:
        page = store.page(3, before=before)
        seen.append([one.order for one in page.jobs])
        before = page.before
        if before is None:
            break
        store.write([job(100 + len(seen))], [])
    assert seen == [[7, 6, 5], [4, 3, 2], [1]]


def test_a_page_is_of_one_status_and_holds_one_text(new_store: NewStore) -> None:
    store = new_store()
    store.write([job(number, user_id=f"user {number} \ud800") for number in range(1, 6)], [])
    store.write([job(2, **DONE), job(4, status=JobStatus.FAILED, error=JobError.WORKER_TIMEOUT)], [])
    expected: list[tuple[dict[str, Any], list[int]]] = [
        ({"status": JobStatus.PENDING}, [5, 3, 1]),
        ({"text": "needle"}, [2]),
        ({"text": "worker_timeout"}, [4]),
        ({"text": "3 \ud800"}, [3]),
        ({"text": "needle", "status": JobStatus.PENDING}, []),
        ({"text": "job-", "status": JobStatus.COMPLETED}, [2]),
    ]
    for sought, found in expected:
        assert [one.order for one in store.page(9, **sought).jobs] == found


def test_an_empty_store_has_one_empty_page(new_store: NewStore) -> None:
    assert new_store().page(5) == ((), None)
