"""Jobs and pairings in SQLite: in memory, or in a file that outlives the process, however that ends.

Texts from outside are kept as received, as UTF-8 bytes: a column of text could not hold a lone surrogate.
One process writes a file at a time, and holds it locked for as long. Every write is one transaction, in WAL
mode: it is in the file when `write` returns, and survives the process's death (not the machine's).
"""

import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from dispatch_protocol.canonical import Json
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, Policy, PrivacyClass

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import Pairing

APPLICATION_ID: Final = 0x44535043
"""What marks a database as one of these ("DSPC")."""

SCHEMA_VERSION: Final = 1
"""The version of the schema below."""

_SCHEMA: Final = """
CREATE TABLE jobs (
  id TEXT PRIMARY KEY, place INTEGER NOT NULL, job_type TEXT NOT NULL, policy TEXT NOT NULL,
  privacy_class TEXT NOT NULL, user_id BLOB NOT NULL, payload BLOB NOT NULL, created_ms INTEGER NOT NULL,
  status TEXT NOT NULL, pubkey TEXT, rejected_by TEXT NOT NULL, output BLOB, receipt BLOB, signature BLOB,
  verified INTEGER NOT NULL, error TEXT, completed_ms INTEGER
);
CREATE INDEX unfinished ON jobs (created_ms) WHERE status IN ('pending', 'assigned');
CREATE TABLE pairings (
  code TEXT PRIMARY KEY, user_id BLOB NOT NULL, expires_ms INTEGER NOT NULL, pubkey TEXT,
  paired_ms INTEGER NOT NULL
);
"""
_WRITE_JOB: Final = """
INSERT INTO jobs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, pubkey = excluded.pubkey,
  rejected_by = excluded.rejected_by, output = excluded.output, receipt = excluded.receipt,
  signature = excluded.signature, verified = excluded.verified, error = excluded.error,
  completed_ms = excluded.completed_ms
"""
_WRITE_PAIRING: Final = """
INSERT INTO pairings VALUES (?,?,?,?,?)
ON CONFLICT (code) DO UPDATE SET pubkey = excluded.pubkey, paired_ms = excluded.paired_ms
"""


class StoreError(UsageError):
    """A database that is in use, damaged, another program's, or of another version."""


class Store:
    """The jobs and pairings of one coordinator.

    Opening raises StoreError; every other call raises sqlite3.Error where the disk fails.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path or ":memory:", timeout=0.2, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open the database {shown(path)}: {error}") from None
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(_reason(path, error)) from None
        except StoreError:
            self._db.close()
            raise

    def close(self) -> None:
        """Let the file go; the store is of no use afterwards."""
        self._db.close()

    def write(self, jobs: Iterable[Job], pairings: Iterable[Pairing]) -> None:
        """Store how these stand, all of them or none."""
        rows = [(_WRITE_JOB, _job_row(job)) for job in jobs]
        rows += [(_WRITE_PAIRING, _pairing_row(pairing)) for pairing in pairings]
        if len(rows) == 1:  # one statement is a transaction by itself
            self._db.execute(*rows[0])
            return
        self._db.execute("BEGIN")
        try:
            for statement, row in rows:
                self._db.execute(statement, row)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def job(self, job_id: str) -> Job | None:
        """The job with this id; None where none is stored."""
        if not job_id.isascii():
            return None
        row = self._db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else _job(row)

    def unfinished(self) -> list[Job]:
        """The jobs that are pending or assigned, oldest first."""
        chosen = "SELECT * FROM jobs WHERE status IN ('pending', 'assigned') ORDER BY created_ms, place"
        return [_job(row) for row in self._db.execute(chosen)]

    def recent(self, count: int) -> list[Job]:
        """The jobs committed last, newest first."""
        chosen = "SELECT * FROM jobs ORDER BY created_ms DESC, place DESC LIMIT ?"
        return [_job(row) for row in self._db.execute(chosen, (count,))]

    def totals(self) -> tuple[int, int, int, int]:
        """How many keys were ever given a job, jobs completed, receipts stored, and receipts verified."""
        (row,) = self._db.execute(
            "SELECT count(DISTINCT lower(pubkey)), count(*) FILTER (WHERE status = 'completed'), "
            "count(receipt), count(receipt) FILTER (WHERE verified) FROM jobs"
        )
        keys, completed, receipts, verified = row
        return keys, completed, receipts, verified

    def pairings(self) -> list[Pairing]:
        """All pairing codes, in the order of their claims."""
        return [_pairing(row) for row in self._db.execute("SELECT * FROM pairings ORDER BY paired_ms")]

    def _prepare(self) -> None:
        if self.path is not None:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("BEGIN EXCLUSIVE")
            self._db.execute("COMMIT")
            if self._pragma("quick_check(1)") != "ok":
                raise StoreError(f"the database {shown(self.path)} is damaged")
        is_new = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        if is_new and self._pragma("application_id") == 0 and self._pragma("user_version") == 0:
            self._create()
        elif self._pragma("application_id") != APPLICATION_ID:
            raise StoreError(f"{shown(self.path)} is the database of another program")
        elif self._pragma("user_version") != SCHEMA_VERSION:
            found = self._pragma("user_version")
            raise StoreError(f"{shown(self.path)} has schema version {found}, this program {SCHEMA_VERSION}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")

    def _create(self) -> None:
        marks = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
        self._db.executescript(f"BEGIN; {_SCHEMA} {marks} COMMIT;")

    def _pragma(self, name: str) -> Any:
        return self._db.execute(f"PRAGMA {name}").fetchone()[0]


def _reason(path: str | None, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"the database {shown(path)} is in use by another process"
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"the database {shown(path)} is damaged, or no database"
    return f"cannot use the database {shown(path)}: {error}"


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _json(raw: bytes | None) -> Json | None:
    return None if raw is None else Json.read(_text(raw))


def _job_row(job: Job) -> tuple[object, ...]:
    return (
        job.id,
        job.order,
        job.job_type.value,
        job.policy.value,
        job.privacy_class.value,
        _bytes(job.user_id),
        _bytes(job.payload.text),
        job.created_ms,
        job.status.value,
        job.pubkey,
        " ".join(job.rejected_by),
        _bytes(job.output.text if job.output else None),
        _bytes(job.receipt.text if job.receipt else None),
        _bytes(job.signature),
        job.verified,
        job.error.value if job.error else None,
        job.completed_ms,
    )


def _job(row: tuple[Any, ...]) -> Job:
    return Job(
        id=row[0],
        order=row[1],
        job_type=JobType(row[2]),
        policy=Policy(row[3]),
        privacy_class=PrivacyClass(row[4]),
        user_id=_text(row[5]),
        payload=Json.read(_text(row[6])),
        created_ms=row[7],
        status=JobStatus(row[8]),
        pubkey=row[9],
        rejected_by=tuple(row[10].split()),
        output=_json(row[11]),
        receipt=_json(row[12]),
        signature=None if row[13] is None else _text(row[13]),
        verified=bool(row[14]),
        error=None if row[15] is None else JobError(row[15]),
        completed_ms=row[16],
    )


def _pairing_row(pairing: Pairing) -> tuple[object, ...]:
    user_id = _bytes(pairing.user_id)
    return (pairing.code, user_id, pairing.expires_ms, pairing.pubkey, pairing.paired_ms)


def _pairing(row: tuple[Any, ...]) -> Pairing:
    return Pairing(code=row[0], user_id=_text(row[1]), expires_ms=row[2], pubkey=row[3], paired_ms=row[4])
