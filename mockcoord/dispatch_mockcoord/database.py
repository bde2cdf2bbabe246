"""The database: a SQLite file of this program's own, opened for this process alone.

One process writes a file at a time, and holds it locked for as long. Every transaction is in the file when it
is committed, in WAL mode: it survives the process's death (not the machine's).
"""

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from dispatch_protocol.errors import UsageError, shown

APPLICATION_ID: Final = 0x44535043
"""What marks a database as one of these ("DSPC")."""

SCHEMA_VERSION: Final = 1
"""The version of the schema below."""

PAGE_BYTES: Final = 2_048
"""A page of a new file: every step of a job writes whole pages, and its row has some 1.3 KB."""

CHECKPOINT_PAGES: Final = 4_000
"""How long the log grows, in pages, until it is worked into the file: a page often changes anew."""

_SCHEMA: Final = """
CREATE TABLE jobs (
  id TEXT PRIMARY KEY, place INTEGER NOT NULL, job_type TEXT NOT NULL, policy TEXT NOT NULL,
  privacy_class TEXT NOT NULL, user_id BLOB NOT NULL, payload BLOB NOT NULL, created_ms INTEGER NOT NULL,
  status TEXT NOT NULL, pubkey TEXT, rejected_by TEXT NOT NULL, output BLOB, receipt BLOB, signature BLOB,
  verified INTEGER NOT NULL, error TEXT, completed_ms INTEGER
);
CREATE TABLE pairings (
  code TEXT PRIMARY KEY, user_id BLOB NOT NULL, expires_ms INTEGER NOT NULL, pubkey TEXT,
  paired_ms INTEGER NOT NULL
);
CREATE INDEX unclaimed ON pairings (expires_ms) WHERE pubkey IS NULL;
"""


class StoreError(UsageError):
    """A database that is in use, damaged, another program's, of another version, or not to be written."""


def open_database(path: str) -> sqlite3.Connection:
    """The database in this file, made if there is none. Raises StoreError.

    A file that is refused stays as it is.
    """
    _require_access(path)
    try:
        database = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError(f"cannot open the database {shown(path)}: {error}") from None
    try:
        _prepare(database, path)
    except sqlite3.Error as error:
        database.close()
        raise StoreError(reason(path, error)) from None
    except StoreError:
        database.close()
        raise
    return database


def _require_access(path: str) -> None:
    """Raise StoreError where the system would not let SQLite work; its own messages do not say why."""
    file, folder = Path(path), Path(path).absolute().parent
    if not path or file.is_dir():
        raise StoreError(f"cannot open the database {shown(path)}: it is a folder, not a file")
    if not folder.is_dir():
        raise StoreError(f"cannot open the database {shown(path)}: there is no such folder")
    if file.exists() and not _may(file, os.R_OK | os.W_OK):
        raise StoreError(f"cannot open the database {shown(path)}: the file may not be read and written")
    if not _may(folder, os.W_OK | os.X_OK):
        raise StoreError(f"cannot open the database {shown(path)}: its folder may not be written to")


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def reason(path: str | None, error: sqlite3.Error) -> str:
    """Why the database cannot be used, in one line."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"the database {shown(path)} is in use by another process"
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"the database {shown(path)} is damaged, or no database"
    return f"cannot use the database {shown(path)}: {error}"


def _prepare(database: sqlite3.Connection, path: str) -> None:
    database.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # first of all; an old file keeps its own
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("BEGIN EXCLUSIVE")
    database.execute("COMMIT")
    if _pragma(database, "quick_check(1)") != "ok":
        raise StoreError(f"the database {shown(path)} is damaged")
    is_new = database.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    if is_new and _pragma(database, "application_id") == 0 and _pragma(database, "user_version") == 0:
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
        database.executescript(f"BEGIN; {_SCHEMA} {marks} COMMIT;")
    elif _pragma(database, "application_id") != APPLICATION_ID:
        raise StoreError(f"{shown(path)} is the database of another program")
    elif _pragma(database, "user_version") != SCHEMA_VERSION:
        found = _pragma(database, "user_version")
        raise StoreError(f"{shown(path)} has schema version {found}, this program {SCHEMA_VERSION}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    database.execute("DROP INDEX IF EXISTS unfinished")  # former versions kept it, at every job's cost


def _pragma(database: sqlite3.Connection, name: str) -> Any:
    return database.execute(f"PRAGMA {name}").fetchone()[0]
