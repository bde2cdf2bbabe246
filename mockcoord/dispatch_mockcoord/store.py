"""Jobs and pairings in SQLite: in memory, or in a file that outlives the process, however that ends.

Every write is one transaction: all of it is stored when `write` returns, none of it where that raises. Of
finished jobs only so many are kept; the oldest go first, a few at a time, and never one that is not finished.
"""

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import CODE_MILLISECONDS, MEMORY_MILLISECONDS, Pairing
from dispatch_mockcoord.database import StoreError, open_database, reason
from dispatch_mockcoord.rows import Row, job_row, pairing_row, read_job, read_pairing

MAX_SLACK: Final = 100
"""How many finished jobs more than `keep_jobs` may stand until the oldest go: a hundredth, at most this."""

RECENT_JOBS: Final = 256
"""How many of the jobs written last are kept at hand, for the clients that ask for them again and again."""

RECENT_CHARACTERS: Final = 8_192
"""The most characters that such a job may hold; a larger one is read from the database."""

LOOKED_AT: Final = 10_000
"""How many jobs one page is chosen from at most, so that a search takes a bounded time."""

_NEWEST: Final = 2**62
_REACH: Final = "SELECT min(rowid) FROM (SELECT rowid FROM jobs WHERE rowid < ? ORDER BY rowid DESC LIMIT ?)"
_SEARCHED: Final = ("id", "pubkey", "error", "user_id", "payload", "output")

_WRITE_JOB: Final = """
INSERT INTO jobs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, pubkey = excluded.pubkey,
  rejected_by = excluded.rejected_by, output = excluded.output, receipt = excluded.receipt,
  signature = excluded.signature, verified = excluded.verified, error = excluded.error,
  completed_ms = excluded.completed_ms
"""
_WRITE_RECEIPT: Final = "UPDATE jobs SET receipt = ?, signature = ?, verified = ? WHERE id = ?"
_WRITE_PAIRING: Final = """
INSERT INTO pairings VALUES (?,?,?,?,?)
ON CONFLICT (code) DO UPDATE SET user_id = excluded.user_id, expires_ms = excluded.expires_ms,
  pubkey = excluded.pubkey, paired_ms = excluded.paired_ms
"""
_FORGET_CODES: Final = "DELETE FROM pairings WHERE pubkey IS NULL AND expires_ms <= ?"
_FORGET_JOBS: Final = """
DELETE FROM jobs WHERE rowid IN
  (SELECT rowid FROM jobs WHERE status IN ('completed', 'failed') ORDER BY rowid LIMIT ?)
"""


class Page(NamedTuple):
    """Jobs, newest first, and where the next page begins; None at the end."""

    jobs: tuple[Job, ...]
    before: int | None


class Store:
    """The jobs and pairings of one coordinator; of finished jobs the last `keep_jobs` (0: all).

    Opening raises StoreError; every other call raises sqlite3.Error where the disk fails.
    """

    def __init__(self, path: str | None, keep_jobs: int = 0) -> None:
        self.path = path
        self._keep_jobs = keep_jobs
        self._slack = min(keep_jobs // 100, MAX_SLACK)
        self._recent: dict[str, Job] = {}
        self._db = open_database(path)
        try:
            self._unfinished = {job.id for job in self.unfinished()}
            (stored,) = self._db.execute("SELECT count(*) FROM jobs").fetchone()
            self._finished = stored - len(self._unfinished)
            self._trim(0)
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(reason(path, error)) from None

    def close(self) -> None:
        """Let the file go; the store is of no use afterwards."""
        self._db.close()

    def write(self, jobs: Collection[Job], pairings: Iterable[Pairing]) -> None:
        """Store how these stand, all of them or none."""
        rows = [self._job_statement(job) for job in jobs]
        for pairing in pairings:
            rows.append((_WRITE_PAIRING, pairing_row(pairing)))
            if pairing.pubkey is None:
                made_ms = pairing.expires_ms - CODE_MILLISECONDS
                rows.append((_FORGET_CODES, (made_ms - MEMORY_MILLISECONDS,)))
        self._transact(rows)
        for job in jobs:
            self._keep_at_hand(job)
        self._count(jobs)
        with suppress(sqlite3.Error):  # what is written is written; the oldest go with the next write
            self._trim(self._slack)

    def job(self, job_id: str) -> Job | None:
        """The job with this id; None where none is stored."""
        if job_id in self._recent:
            return self._recent[job_id]
        if not job_id.isascii():
            return None
        row = self._db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return None if row is None else read_job(row)

    def unfinished(self) -> list[Job]:
        """The jobs that are pending or assigned, oldest first."""
        chosen = "SELECT * FROM jobs WHERE status IN ('pending', 'assigned') ORDER BY created_ms, place"
        return [read_job(row) for row in self._db.execute(chosen)]

    def recent(self, count: int) -> list[Job]:
        """The jobs committed last, newest first."""
        chosen = "SELECT * FROM jobs ORDER BY rowid DESC LIMIT ?"
        return [read_job(row) for row in self._db.execute(chosen, (count,))]

    def page(
        self, limit: int, *, before: int | None = None, status: JobStatus | None = None, text: str = ""
    ) -> Page:
        """Up to `limit` jobs, newest first, of this status and with this text in them, if either is given.

        `before` is where an earlier page ended. No more than LOOKED_AT jobs are looked at.
        """
        start = _NEWEST if before is None else before
        (oldest,) = self._db.execute(_REACH, (start, LOOKED_AT)).fetchone()
        if oldest is None:
            return Page((), None)
        conditions, values = ["rowid < ?", "rowid >= ?"], list[Any]((start, oldest))
        if status is not None:
            conditions.append("status = ?")
            values.append(status.value)
        if text:
            conditions.append(f"({' OR '.join(f'instr(CAST({column} AS BLOB), ?)' for column in _SEARCHED)})")
            sought = text.encode("utf-8", "surrogatepass")
            values += [sought] * len(_SEARCHED)
        chosen = f"SELECT rowid, * FROM jobs WHERE {' AND '.join(conditions)} ORDER BY rowid DESC LIMIT ?"  # noqa: S608
        rows = self._db.execute(chosen, (*values, limit)).fetchall()
        end = rows[-1][0] if len(rows) == limit else oldest
        (more,) = self._db.execute("SELECT EXISTS (SELECT 1 FROM jobs WHERE rowid < ?)", (end,)).fetchone()
        return Page(tuple(read_job(row[1:]) for row in rows), end if more else None)

    def failed(self) -> int:
        """How many of the jobs that are kept have failed."""
        (count,) = self._db.execute("SELECT count(*) FROM jobs WHERE status = 'failed'").fetchone()
        return int(count)

    def keys(self) -> set[str]:
        """The keys, in lower case, of all workers that hold or held a job that is kept."""
        chosen = "SELECT DISTINCT lower(pubkey) FROM jobs WHERE pubkey IS NOT NULL"
        return {key for (key,) in self._db.execute(chosen)}

    def totals(self) -> tuple[int, int, int, int]:
        """Of the jobs that are kept: how many keys were given one, how many are completed, have a receipt,
        and have a verified one.
        """
        (row,) = self._db.execute(
            "SELECT count(DISTINCT lower(pubkey)), count(*) FILTER (WHERE status = 'completed'), "
            "count(receipt), count(receipt) FILTER (WHERE verified) FROM jobs"
        )
        keys, completed, receipts, verified = row
        return keys, completed, receipts, verified

    def pairings(self) -> list[Pairing]:
        """All pairing codes: the open ones as they expire, then the others in the order of their claims."""
        chosen = "SELECT * FROM pairings ORDER BY paired_ms, expires_ms"
        return [read_pairing(row) for row in self._db.execute(chosen)]

    def _job_statement(self, job: Job) -> tuple[str, Row]:
        """How the job is written. A completed one is not new: one that went already must not come back."""
        if job.status is JobStatus.COMPLETED and job.id not in self._unfinished:
            *_, receipt, signature, verified, _, _ = job_row(job)
            return _WRITE_RECEIPT, (receipt, signature, verified, job.id)
        return _WRITE_JOB, job_row(job)

    def _transact(self, rows: list[tuple[str, Row]]) -> None:
        if len(rows) == 1:  # one statement is a transaction by itself
            self._db.execute(*rows[0])
            return
        self._db.execute("BEGIN")
        try:
            for statement, row in rows:
                self._db.execute(statement, row)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # some faults, such as a full disk, have ended it already
                self._db.execute("ROLLBACK")
            raise

    def _keep_at_hand(self, job: Job) -> None:
        """Have the job ready as it was just written, if it is small and surely still stored."""
        self._recent.pop(job.id, None)
        is_stored = job.status is not JobStatus.COMPLETED or job.id in self._unfinished
        if is_stored and _size(job) <= RECENT_CHARACTERS:
            self._recent[job.id] = job
            if len(self._recent) > RECENT_JOBS:
                del self._recent[next(iter(self._recent))]

    def _count(self, jobs: Iterable[Job]) -> None:
        """Keep the number of finished jobs; a failed job is written once, a completed one up to twice."""
        for job in jobs:
            if not job.is_finished:
                self._unfinished.add(job.id)
            elif job.id in self._unfinished or job.status is JobStatus.FAILED:
                self._unfinished.discard(job.id)
                self._finished += 1

    def _trim(self, slack: int) -> None:
        """Let the oldest finished jobs go where there are too many: the first rows are the first commits."""
        surplus = self._finished - self._keep_jobs
        if self._keep_jobs and surplus > slack:
            self._db.execute(_FORGET_JOBS, (surplus,))
            self._recent.clear()
            self._finished -= surplus


def _size(job: Job) -> int:
    """How many characters of others' texts a job holds."""
    values = (value for value in (job.payload, job.output, job.receipt) if value is not None)
    return sum(len(value.text) for value in values) + len(job.user_id) + len(job.signature or "")
