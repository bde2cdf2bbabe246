"""The store: what is written is read again, exactly; files it cannot use are refused, and left alone."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import CODE_MILLISECONDS, Pairing
from dispatch_mockcoord.database import StoreError
from dispatch_mockcoord.file_store import FileStore
from dispatch_mockcoord.store import Store
from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, Policy, PrivacyClass

NewStore: TypeAlias = Callable[..., Store]

STRANGE = 'lone \ud800 surrogate, \x00, "quotes", é, 😀'


def job(number: int = 1, **changes: object) -> Job:
    values: dict[str, object] = {
        "id": f"job-{number}",
        "order": number,
        "job_type": JobType.TASK,
        "policy": Policy.CHEAP,
        "privacy_class": PrivacyClass.PRIVATE,
        "user_id": STRANGE,
        "payload": Json.read('{ "b" : 1.0, "1": "\\ud800" }'),
        "created_ms": 1_000 + number,
        **changes,
    }
    return Job(**values)  # type: ignore[arg-type]


FULL = job(
    status=JobStatus.COMPLETED,
    pubkey="ab" * 32,
    rejected_by=("cd" * 32, "ef" * 32),
    output=Json.read('[1.0 ,\t"\\u0000"]'),
    receipt=Json.read('{"z":1,"job_id":"x"}'),
    signature=STRANGE,
    verified=True,
    completed_ms=5,
)


STORED = [
    job(),
    FULL,
    job(error=JobError.WORKER_TIMEOUT, status=JobStatus.FAILED),
    job(status=JobStatus.ASSIGNED, pubkey="ab" * 32, receipt=Json.read("{}")),
]


@pytest.mark.parametrize("stored", STORED)
def test_a_job_reads_as_it_was_written(new_store: NewStore, stored: Job) -> None:
    store = new_store()
    store.write([job()], [])
    store.write([stored], [])
    expect_same(store.job("job-1"), stored)
    expect_same(store.recent(1)[0], stored)
    expect_same(store.page(1).jobs[0], stored)


@pytest.mark.parametrize("stored", STORED)
def test_a_job_reads_from_its_file_as_it_was_written(stored: Job, tmp_path: Path) -> None:
    path = str(tmp_path / "jobs.db")
    store = FileStore(path)
    store.write([job()], [])
    store.write([stored], [])
    store.close()
    store = FileStore(path)
    expect_same(store.job("job-1"), stored)
    store.close()


def expect_same(found: Job | None, stored: Job) -> None:
    """The same job, and its texts as received, not only as meant."""
    assert found == stored
    for name in ("payload", "output", "receipt"):
        text = getattr(getattr(stored, name), "text", None)
        assert getattr(getattr(found, name), "text", None) == text


def test_who_reads_a_job_leaves_it_as_it_was(new_store: NewStore) -> None:
    """What a finished job's texts mean is read by each reader anew: the store keeps no more than them."""
    store = new_store()
    store.write([job()], [])
    store.write([FULL], [])
    first, second = store.job("job-1"), store.job("job-1")
    assert first is not None and second is not None  # noqa: PT018
    assert first.payload.value == FULL.payload.value
    assert first.payload is not second.payload


def test_a_later_state_replaces_the_earlier(new_store: NewStore) -> None:
    store = new_store()
    store.write([job()], [])
    store.write([FULL], [])
    assert store.job("job-1") == FULL
    assert store.job("other") is None
    assert store.job("\ud800") is None
    store.close()


def test_a_job_that_went_does_not_come_back(new_store: NewStore) -> None:
    store = new_store(1)
    for number in (1, 2):
        store.write([job(number)], [])
        store.write([job(number, status=JobStatus.COMPLETED, pubkey="ab" * 32)], [])
    assert store.job("job-1") is None
    store.write([job(1, status=JobStatus.COMPLETED, pubkey="ab" * 32, receipt=Json.of({}))], [])
    assert store.job("job-1") is None, "a receipt that comes late brings nothing back"
    store.close()


def test_unfinished_recent_and_totals(new_store: NewStore) -> None:
    store = new_store()
    assert store.totals() == (0, 0, 0, 0)
    finished = {"status": JobStatus.COMPLETED, "pubkey": "AB" * 32, "receipt": Json.of({})}
    store.write([job(1), job(2, status=JobStatus.ASSIGNED, pubkey="ab" * 32), job(3)], [])
    store.write([job(3, **finished)], [])
    assert [found.id for found in store.unfinished()] == ["job-1", "job-2"]
    assert [found.id for found in store.recent(2)] == ["job-3", "job-2"]
    assert store.totals() == (1, 1, 1, 0)
    store.close()


def test_pairings_read_as_they_were_written(new_store: NewStore) -> None:
    store = new_store()
    opened = Pairing(code="A1B2C3", user_id=STRANGE, expires_ms=9)
    claimed = Pairing(code="A1B2C3", user_id=STRANGE, expires_ms=9, pubkey="ab" * 32, paired_ms=7)
    store.write([], [opened])
    assert store.pairings() == [opened]
    store.write([], [claimed])
    assert store.pairings() == [claimed]
    store.close()


def test_codes_that_nobody_claims_go_and_claimed_ones_stay(new_store: NewStore) -> None:
    store = new_store()
    hour = CODE_MILLISECONDS
    codes = [Pairing(code=f"{number:06X}", user_id="u", expires_ms=number * hour) for number in range(1, 6)]
    store.write([], codes[:1])
    store.write([], [msgspec.structs.replace(codes[0], pubkey="ab" * 32, paired_ms=1)])
    for code in codes[1:]:
        store.write([], [code])
    assert [pairing.expires_ms for pairing in store.pairings()] == [4 * hour, 5 * hour, hour]
    store.close()


def test_a_code_that_is_made_again_belongs_to_its_new_user(new_store: NewStore) -> None:
    store = new_store()
    again = Pairing(code="A1B2C3", user_id="second", expires_ms=20)
    store.write([], [Pairing(code="A1B2C3", user_id="first", expires_ms=9)])
    store.write([], [again])
    assert store.pairings() == [again]
    store.close()


def test_a_write_is_all_or_nothing(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path / "jobs.db"))
    broken = job(2, policy=None)
    with pytest.raises(AttributeError):
        store.write([job(1), broken], [])
    assert store.job("job-1") is None
    store.write([job(1)], [])
    assert store.job("job-1") == job(1)
    store.close()


def test_a_file_outlives_its_store(tmp_path: Path) -> None:
    path = str(tmp_path / "dispatch.db")
    store = FileStore(path)
    store.write([job()], [])
    store.write([FULL], [])
    store.close()
    again = FileStore(path)
    assert again.job("job-1") == FULL
    again.close()


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "dispatch.db")
    first = FileStore(path)
    with pytest.raises(StoreError, match="in use by another process"):
        FileStore(path)
    first.write([FULL], [])
    first.close()
    FileStore(path).close()


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be read as one" * 40, b"short"])
def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "dispatch.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged, or no database"):
        FileStore(str(path))
    assert path.read_bytes() == content


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dispatch.db"
    store = FileStore(str(path))
    store.write([job(number, user_id="x" * 500) for number in range(200)], [])
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 6] = b"\xff" * (4096 * 5)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        FileStore(str(path))
    assert path.read_bytes() == content


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (a)")
    other.commit()
    other.close()
    with pytest.raises(StoreError, match="another program"):
        FileStore(str(path))


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dispatch.db"
    FileStore(str(path)).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreError, match="schema version 99, this program 1"):
        FileStore(str(path))


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot"):
        FileStore(str(tmp_path / "missing" / "dispatch.db"))
    with pytest.raises(StoreError, match="cannot"):
        FileStore(str(tmp_path))
