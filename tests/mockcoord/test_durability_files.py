"""Files that cannot be the database, or not now: a clear message, exit 2, and nothing changed in them."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from dispatch_mockcoord.database import PAGE_BYTES, StoreError
from dispatch_mockcoord.file_store import FileStore

from tests.mockcoord.test_cli import failing
from tests.mockcoord.test_store import FULL, job

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, and write to."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o777)
        yield path


@contextmanager
def without_privileges() -> Iterator[None]:
    """Act as somebody whom permissions bind, where this is the superuser."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def filled(path: Path) -> Path:
    """A database with one completed job, closed."""
    store = FileStore(str(path))
    store.write([job()], [])
    store.write([FULL], [])
    store.close()
    return path


def refusal(path: Path) -> str:
    try:
        before = path.read_bytes()
    except OSError:
        before = None
    with pytest.raises(StoreError) as refused:
        FileStore(str(path))
    assert before is None or path.read_bytes() == before
    text = str(refused.value)
    assert text.isprintable()
    assert path.name in text
    return text


def test_a_file_that_may_not_be_read(folder: Path) -> None:
    path = filled(folder / "dispatch.db")
    path.chmod(0o000)
    with without_privileges():
        assert "the file may not be read and written" in refusal(path)


def test_a_file_that_may_not_be_written(folder: Path) -> None:
    path = filled(folder / "dispatch.db")
    path.chmod(0o444)
    with without_privileges():
        assert "the file may not be read and written" in refusal(path)


def test_a_folder_that_may_not_be_written(folder: Path) -> None:
    path = filled(folder / "dispatch.db")
    path.chmod(0o666)
    folder.chmod(0o555)
    with without_privileges():
        assert "its folder may not be written to" in refusal(path)
        assert "its folder may not be written to" in refusal(folder / "new.db")


def test_a_folder_is_no_database(folder: Path) -> None:
    assert "it is a folder, not a file" in refusal(folder)
    with pytest.raises(StoreError, match="it is a folder"):
        FileStore("")


def test_half_a_database_is_damaged(folder: Path) -> None:
    path = folder / "dispatch.db"
    store = FileStore(str(path))
    store.write([job(number, user_id="x" * 900) for number in range(200)], [])
    store.close()
    content = path.read_bytes()
    for length in (len(content) // 2, 4096, 1000):
        path.write_bytes(content[:length])
        assert "is damaged" in refusal(path)


def test_a_page_of_zeros_is_found(folder: Path) -> None:
    path = folder / "dispatch.db"
    store = FileStore(str(path))
    store.write([job(number, user_id="x" * 900) for number in range(200)], [])
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 10 : 4096 * 11] = bytes(4096)
    path.write_bytes(content)
    assert "is damaged" in refusal(path)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_a_log_that_was_cut_off_holds_what_was_whole_in_it(folder: Path, kept: float) -> None:
    """The write-ahead log of a process that was killed, cut where the disk's fault happened to cut it."""
    path, copy = folder / "dispatch.db", folder / "copy.db"
    store = FileStore(str(path))
    for number in range(100):
        store.write([job(number)], [])
    log = Path(f"{path}-wal").read_bytes()
    assert len(log) > 100 * 4096
    shutil.copy(path, copy)
    Path(f"{copy}-wal").write_bytes(log[: int(len(log) * kept)])
    store.close()
    again = FileStore(str(copy))
    found = [found.order for found in again.unfinished()]
    assert found == list(range(len(found)))
    assert abs(len(found) - 100 * kept) < 15
    again.write([job(1000)], [])
    again.close()
    assert FileStore(str(copy)).job("job-1000") is not None


def test_a_log_of_something_else_is_left_out(folder: Path) -> None:
    path = filled(folder / "dispatch.db")
    Path(f"{path}-wal").write_bytes(b"no log at all, but long enough to be read as one" * 200)
    store = FileStore(str(path))
    assert store.job("job-1") == FULL
    store.close()


def test_a_log_whose_pages_are_spoilt_ends_there(folder: Path) -> None:
    """Checksums of the log find it; what was committed before stays."""
    path, copy = folder / "dispatch.db", folder / "copy.db"
    store = FileStore(str(path))
    for number in range(50):
        store.write([job(number)], [])
    log = bytearray(Path(f"{path}-wal").read_bytes())
    log[len(log) // 2] ^= 0xFF
    shutil.copy(path, copy)
    Path(f"{copy}-wal").write_bytes(log)
    store.close()
    again = FileStore(str(copy))
    found = [found.order for found in again.unfinished()]
    assert found == list(range(len(found)))
    assert 10 < len(found) < 40
    again.close()


def foreign(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (a)")
    other.commit()
    other.close()


def newer(path: Path) -> None:
    database = sqlite3.connect(filled(path))
    database.execute("PRAGMA user_version = 99")
    database.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (foreign, "is the database of another program"),
        (newer, "has schema version 99, this program 1"),
        (lambda path: path.write_bytes(b"text" * 3000), "is damaged, or no database"),
        (lambda path: path.mkdir(), "cannot open the database"),
    ],
)
def test_the_command_says_so_and_ends_with_2(folder: Path, make: object, message: str) -> None:
    assert callable(make)
    path = folder / "\x1b[31m.db"
    make(path)
    ended = failing("--port", "0", "--db", str(path))
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith("dispatch-mockcoord: ")
    assert message in line
    assert line.isprintable()


def test_a_new_file_has_pages_of_its_size_and_an_old_one_keeps_its_own(folder: Path) -> None:
    def page_bytes(path: Path) -> int:
        with closing(sqlite3.connect(path)) as database:
            (size,) = database.execute("PRAGMA page_size").fetchone()
            return int(size)

    path = filled(folder / "jobs.db")
    assert page_bytes(path) == PAGE_BYTES
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("PRAGMA page_size = 4096")
        database.execute("VACUUM")
    store = FileStore(str(path))
    assert store.job(FULL.id) == FULL
    store.close()
    assert page_bytes(path) == 4096
