"""The store in a file: jobs and pairings in SQLite, which outlive the process, however that ends.

Every write is one transaction: all of it is stored when `write` returns, none of it where that raises. Of
finished jobs the oldest go a few at a time.
"""

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing, suppress
from typing import Any, Final

from dispatch_protocol.vocabulary import JobStatus
from msgspec.structs import replace

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import CODE_MILLISECONDS, MEMORY_MILLISECONDS, Pairing
from dispatch_mockcoord.database import StoreError, open_database, reason
from dispatch_mockcoord.rows import Row, job_row, outcome_row, pairing_row, read_job, read_pairing
from dispatch_mockcoord.store import LOOKED_AT, Keep, Page
from dispatch_mockcoord.sums import NOTHING, Facts, Sums, facts_of

MAX_SLACK: Final = 100
"""How many finished jobs more than `keep_jobs` may stand until the oldest go: a hundredth, at most this.

Of `keep_bytes`, a hundredth more as well.
"""

_NEWEST: Final = 2**62
_REACH: Final = "SELECT min(rowid) FROM (SELECT rowid FROM jobs WHERE rowid < ? ORDER BY rowid DESC LIMIT ?)"
_SEARCHED: Final = ("id", "pubkey", "error", "user_id", "payload", "output")
_FACTS: Final = """
SELECT lower(pubkey), status = 'completed', status = 'failed', receipt IS NOT NULL,
  receipt IS NOT NULL AND verified,
  CASE WHEN status IN ('completed', 'failed') THEN length(user_id) + length(payload)
    + ifnull(length(output), 0) + ifnull(length(receipt), 0) + ifnull(length(signature), 0) ELSE 0 END,
  rowid FROM jobs
"""
_FINISHED: Final = f"{_FACTS} WHERE status IN ('completed', 'failed') ORDER BY rowid"
_WRITE_JOB: Final = "INSERT OR REPLACE INTO jobs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_CHANGE_JOB: Final = """
UPDATE jobs SET status = ?, pubkey = ?, rejected_by = ?, output = ?, receipt = ?, signature = ?, verified = ?,
  error = ?, completed_ms = ? WHERE id = ?
"""
_WRITE_RECEIPT: Final = "UPDATE jobs SET receipt = ?, signature = ?, verified = ? WHERE id = ?"
_WRITE_PAIRING: Final = """
INSERT INTO pairings VALUES (?,?,?,?,?)
ON CONFLICT (code) DO UPDATE SET user_id = excluded.user_id, expires_ms = excluded.expires_ms,
  pubkey = excluded.pubkey, paired_ms = excluded.paired_ms
"""
_FORGET_CODES: Final = "DELETE FROM pairings WHERE pubkey IS NULL AND expires_ms <= ?"
_FORGET_JOBS: Final = "DELETE FROM jobs WHERE rowid <= ? AND status IN ('completed', 'failed')"


class FileStore:
    """A `Store` in this file.

    Of finished jobs the last `keep_jobs` committed are kept (0: all), and of these the last whose texts take
    no more than `keep_bytes` (0: any amount), give or take MAX_SLACK; the last of all stays. What goes leaves
    its place in the file to what comes.

    Opening raises StoreError; every other call raises sqlite3.Error where the disk fails.
    """

    def __init__(self, path: str, keep_jobs: int = 0, keep_bytes: int = 0) -> None:
        self.path = path
        self._keep = Keep(keep_jobs, keep_bytes)
        self._most = Keep(keep_jobs + min(keep_jobs // 100, MAX_SLACK), keep_bytes + keep_bytes // 100)
        self._sums = Sums()
        self._unfinished: dict[str, Facts] = {}
        self._db = open_database(path)
        try:
            for row in self._db.execute(_FACTS):
                self._sums.change(NOTHING, _facts(row))
            self._unfinished = {job.id: facts_of(job, _size) for job in self.unfinished()}
            self._trim()
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
        changed = self._transact(rows)
        for job, is_stored in zip(jobs, changed, strict=False):  # the jobs' rows come first
            if is_stored:
                self._count(job)
        if self._most.is_exceeded(self._sums.finished, self._sums.weight):
            with suppress(sqlite3.Error):  # what is written is written; the oldest go with the next write
                self._trim()

    def job(self, job_id: str) -> Job | None:
        """The job with this id; None where none is stored."""
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
        """As the protocol says; `before` is a row's number."""
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
        return self._sums.failed

    def keys(self) -> set[str]:
        """The keys, in lower case, of all workers that hold or held a job that is kept."""
        return self._sums.keys

    def totals(self) -> tuple[int, int, int, int]:
        """How many keys were given a kept job, how many are completed, have a receipt, a verified one."""
        return self._sums.totals

    def pairings(self) -> list[Pairing]:
        """All pairing codes: the open ones as they expire, then the others in the order of their claims."""
        chosen = "SELECT * FROM pairings ORDER BY paired_ms, expires_ms"
        return [read_pairing(row) for row in self._db.execute(chosen)]

    def _job_statement(self, job: Job) -> tuple[str, Row]:
        """How the job is written. A completed one is not new: one that went already must not come back."""
        if job.status is JobStatus.COMPLETED and job.id not in self._unfinished:
            *_, receipt, signature, verified, _, _ = outcome_row(job)
            return _WRITE_RECEIPT, (receipt, signature, verified, job.id)
        if job.id in self._unfinished:
            return _CHANGE_JOB, (*outcome_row(job), job.id)
        return _WRITE_JOB, job_row(job)

    def _transact(self, rows: list[tuple[str, Row]]) -> list[int]:
        """Carry the statements out as one; gives how many rows each of them changed."""
        if len(rows) == 1:  # one statement is a transaction by itself
            return [self._db.execute(*rows[0]).rowcount]
        self._db.execute("BEGIN")
        try:
            changed = [self._db.execute(statement, row).rowcount for statement, row in rows]
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # some faults, such as a full disk, have ended it already
                self._db.execute("ROLLBACK")
            raise
        return changed

    def _count(self, job: Job) -> None:
        """The job was just written like this; what was not unfinished before was new, or got its receipt."""
        facts = facts_of(job, _size)
        former = self._unfinished.pop(job.id, None)
        if former is None:
            bare = replace(job, receipt=None, signature=None)
            former = facts_of(bare, _size) if facts.is_completed else NOTHING
        self._sums.change(former, facts)
        if not job.is_finished:
            self._unfinished[job.id] = facts

    def _trim(self) -> None:
        """Let the oldest finished jobs go where there is too much: the first rows are the first commits."""
        count, weight, going = self._sums.finished, self._sums.weight, list[Row]()
        with closing(self._db.execute(_FINISHED)) as oldest:
            while self._keep.is_exceeded(count, weight):
                going.append(oldest.fetchone())
                count, weight = count - 1, weight - _facts(going[-1]).weight
        if going:
            self._db.execute(_FORGET_JOBS, (going[-1][-1],))
            for row in going:
                self._sums.change(_facts(row), NOTHING)


def _facts(row: Row) -> Facts:
    """What counts of the job in a row of _FACTS."""
    key, completed, failed, has_receipt, is_verified, weight, _ = row
    return Facts(key, bool(completed), bool(failed), bool(has_receipt), bool(is_verified), weight)


def _size(text: str) -> int:
    """How many bytes a text takes in its row."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
