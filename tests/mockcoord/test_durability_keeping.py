"""Of finished jobs the last so many are kept; what is not finished never goes, whatever its age."""

from itertools import pairwise
from pathlib import Path

import pytest
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.file_store import MAX_SLACK, FileStore
from dispatch_mockcoord.memory_store import MemoryStore
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.store import Store
from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import JobError, JobStatus

from tests.mockcoord.client import TASK, client, settings, worker
from tests.mockcoord.test_store import NewStore, job

DONE = {"status": JobStatus.COMPLETED, "pubkey": "ab" * 32, "output": Json.of({}), "completed_ms": 5}
FAILED = {"status": JobStatus.FAILED, "error": JobError.WORKER_TIMEOUT}


def finish(store: Store, number: int, **changes: object) -> None:
    """A job's whole life, as the store sees it."""
    store.write([job(number)], [])
    store.write([job(number, **{**DONE, **changes})], [])


def kept(store: Store) -> list[int]:
    return [found.order for found in reversed(store.recent(100_000))]


def test_the_oldest_finished_jobs_go_and_the_unfinished_stay(new_store: NewStore) -> None:
    store = new_store(3)
    store.write([job(1), job(2, status=JobStatus.ASSIGNED, pubkey="ab" * 32)], [])
    for number in range(3, 9):
        finish(store, number, **(FAILED if number % 2 else {}))
    store.write([job(9, status=JobStatus.FAILED, error=JobError.NO_TRUSTED_WORKER)], [])
    assert kept(store) == [1, 2, 7, 8, 9]
    store.write([job(2, **DONE)], [])
    assert kept(store) == [1, 7, 8, 9], "finished last, but committed first"
    assert [found.order for found in store.unfinished()] == [1]
    store.close()


def test_a_receipt_that_comes_later_is_kept_and_counts_for_nothing(new_store: NewStore) -> None:
    store = new_store(2)
    for number in (1, 2):
        finish(store, number)
        store.write([job(number, **DONE, receipt=Json.of({"a": 1}), signature="s", verified=True)], [])
    assert kept(store) == [1, 2]
    found = store.job("job-2")
    assert found is not None
    assert (found.receipt, found.signature, found.verified) == (Json.of({"a": 1}), "s", True)
    store.close()


def test_a_job_that_is_gone_does_not_come_back_with_its_receipt(new_store: NewStore) -> None:
    store = new_store(1)
    finish(store, 1)
    finish(store, 2)
    store.write([job(1, **DONE, receipt=Json.of({}))], [])
    assert kept(store) == [2]
    store.close()


@pytest.mark.parametrize(("keep", "most"), [(0, 400), (1, 1), (99, 99), (250, 252)])
def test_a_few_more_are_kept_until_the_oldest_go(new_store: NewStore, keep: int, most: int) -> None:
    store = new_store(keep)
    if isinstance(store, MemoryStore):
        most = keep or 400
    seen = []
    for number in range(400):
        finish(store, number)
        seen.append(store.totals()[1])
    assert max(seen) == most <= (keep or 400) + MAX_SLACK
    assert kept(store)[-1] == 399
    assert kept(store) == list(range(400 - seen[-1], 400))
    store.close()


def test_what_is_kept_is_bounded_in_bytes(new_store: NewStore) -> None:
    store = new_store(keep_bytes=1_000_000)
    store.write([job(0)], [])
    for number in range(1, 51):
        finish(store, number, output=Json.of("x" * 105_000))
    assert kept(store) == [0, *range(42, 51)]
    finish(store, 51)
    assert kept(store) == [0, *range(42, 52)], "a small one fits beside nine large ones"
    store.write([job(51, **DONE, receipt=Json.of({"a": "x" * 300_000}))], [])
    assert kept(store) == [0, *range(45, 52)], "a receipt that comes later counts"
    finish(store, 52, output=Json.of("x" * 5_000_000))
    assert kept(store) == [0, 52], "the last stays, however large it is"
    finish(store, 53)
    assert kept(store) == [0, 53]
    store.close()


@pytest.mark.parametrize("large", ["user_id", "payload", "output", "receipt", "signature"])
def test_every_text_of_a_job_has_its_weight(new_store: NewStore, large: str) -> None:
    """In the file as in the memory, also after a restart; a character may take several bytes."""
    text = "\u2028" * 50_000
    values = {"user_id": text, "payload": Json.of({"a": text}), "output": Json.of(text), "signature": text}
    changes = {large: values.get(large, Json.of([text]))}
    store = new_store(keep_bytes=400_000)
    for number in range(1, 11):
        if large in ("user_id", "payload"):
            store.write([job(number, **changes)], [])
            store.write([job(number, **changes, **DONE)], [])
        else:
            finish(store, number, **changes)
        assert len(kept(store)) <= 4
    assert kept(store)[-2:] == [9, 10]
    if store.path is not None:
        store.close()
        store = FileStore(store.path, keep_bytes=160_000)
        assert kept(store) == [10]
        store.close()


def test_what_is_not_finished_weighs_nothing_before_and_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "dispatch.db")
    store = FileStore(path, keep_bytes=100_000)
    store.write([job(1, payload=Json.of({"a": "x" * 200_000}))], [])
    for number in range(2, 12):
        finish(store, number)
    store.close()
    store = FileStore(path, keep_bytes=100_000)
    finish(store, 12)
    assert kept(store) == list(range(1, 13))
    store.close()


def test_what_went_leaves_its_place_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dispatch.db"
    store = FileStore(str(path), keep_bytes=1_000_000)
    for number in range(100):
        finish(store, number, output=Json.of("x" * 100_000))
    store.close()
    assert path.stat().st_size < 2_000_000


def test_the_file_is_trimmed_a_few_bytes_at_a_time(tmp_path: Path) -> None:
    """As with the number of jobs: a hundredth too much may stand for a while, and then it all goes."""
    store = FileStore(str(tmp_path / "dispatch.db"), keep_bytes=100_000)
    weights = []
    for number in range(1_500):
        finish(store, number, output=Json.of("x" * 80))
        weights.append(store._sums.weight)
    assert 100_000 < max(weights) <= 101_000
    falls = [before - after for before, after in pairwise(weights) if after < before]
    assert min(falls) > 800
    store.close()


def test_a_restart_with_a_lower_number_trims(tmp_path: Path) -> None:
    path = str(tmp_path / "dispatch.db")
    store = FileStore(path)
    store.write([job(0)], [])
    for number in range(1, 300):
        finish(store, number)
    store.close()
    for keep, left in ((200, 200), (200, 200), (0, 200), (5, 5)):
        store = FileStore(path, keep_jobs=keep)
        assert kept(store) == [0, *range(300 - left, 300)]
        store.close()
    store = FileStore(path, keep_jobs=5)
    finish(store, 300)
    assert kept(store) == [0, *range(296, 301)]
    store.close()


def steps_of(path: Path, keep: int) -> int:
    """How many steps SQLite takes for fifty jobs, each while `keep` others are kept and three wait."""
    store = FileStore(str(path), keep_jobs=keep)
    store.write([job(number) for number in range(3)], [])
    for number in range(3, keep + 200):
        finish(store, number)
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    store._db.set_progress_handler(step, 1)
    for number in range(keep + 200, keep + 250):
        finish(store, number)
    store._db.set_progress_handler(None, 1)
    store.close()
    return taken


def test_a_job_costs_the_same_however_many_are_kept(tmp_path: Path) -> None:
    assert steps_of(tmp_path / "many.db", 4000) < 1.5 * steps_of(tmp_path / "few.db", 90)


async def test_a_client_is_told_that_a_job_is_gone() -> None:
    async with (
        MockCoordinator(settings(keep_jobs=2)) as running,
        client(running) as http,
        worker(running) as one,
    ):
        ids = []
        for _ in range(4):
            ids.append((await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"])
            await one.work()
        answers = [await http.get(f"/v1/jobs/{job_id}") for job_id in ids]
        assert [answer.status_code for answer in answers] == [404, 404, 200, 200]
        assert answers[0].json() == {"error": "Job not found"}
        page = (await http.get("/dashboard")).text
        assert "<dt>Jobs completed</dt><dd>2</dd>" in page


def test_the_last_state_of_a_job_counts_in_a_write_of_many(new_store: NewStore) -> None:
    store = new_store(1)
    many: list[Job] = [job(1), job(2), job(3)]
    store.write(many, [])
    store.write([job(1, **DONE), job(2, **FAILED)], [])
    assert kept(store) == [2, 3]
    store.close()
