"""The store in memory: what it holds ends with the process.

A job that is not finished is kept as it is: an immutable value. A finished one is kept by its texts alone,
as in a file: what they mean takes several times their memory, and is read again for whoever asks.
"""

from collections.abc import Collection, Iterable
from heapq import heappop, heappush
from itertools import islice
from sys import getsizeof

import msgspec
from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import CODE_MILLISECONDS, MEMORY_MILLISECONDS, Pairing
from dispatch_mockcoord.store import LOOKED_AT, Keep, Page
from dispatch_mockcoord.sums import NOTHING, Facts, Sums, facts_of


class MemoryStore:
    """A `Store` without a file.

    Of finished jobs the last `keep_jobs` committed are kept (0: any number), and of these the last whose
    texts take no more than `keep_bytes` of memory (0: any amount); the last of all stays.
    """

    path = None

    def __init__(self, keep_jobs: int = 0, keep_bytes: int = 0) -> None:
        self._keep = Keep(keep_jobs, keep_bytes)
        self._jobs: dict[str, Job] = {}
        self._finished: list[tuple[int, str]] = []
        self._open: dict[str, Pairing] = {}
        self._claimed: dict[str, Pairing] = {}
        self._sums = Sums()

    def close(self) -> None:
        """Nothing is open."""

    def write(self, jobs: Collection[Job], pairings: Iterable[Pairing]) -> None:
        """Keep how these stand."""
        for job in jobs:
            self._write_job(job)
        for pairing in pairings:
            self._write_pairing(pairing)
        while self._keep.is_exceeded(self._sums.finished, self._sums.weight):
            _, job_id = heappop(self._finished)
            self._sums.change(_facts(self._jobs.pop(job_id)), NOTHING)

    def job(self, job_id: str) -> Job | None:
        """The job with this id; None where none is kept."""
        job = self._jobs.get(job_id)
        return None if job is None else _unread(job)

    def unfinished(self) -> list[Job]:
        """The jobs that are pending or assigned, oldest first."""
        return [job for job in self._jobs.values() if not job.is_finished]

    def recent(self, count: int) -> list[Job]:
        """The jobs committed last, newest first."""
        return [_unread(job) for job in islice(reversed(self._jobs.values()), count)]

    def page(
        self, limit: int, *, before: int | None = None, status: JobStatus | None = None, text: str = ""
    ) -> Page:
        """As the protocol says; `before` is the number of a commit."""
        earlier = (job for job in reversed(self._jobs.values()) if before is None or job.order < before)
        found: list[Job] = []
        last: Job | None = None
        for last in islice(earlier, LOOKED_AT):
            if status in (None, last.status) and (not text or _holds(last, text)):
                found.append(_unread(last))
                if len(found) == limit:
                    break
        more = next(earlier, None) is not None
        return Page(tuple(found), last.order if last is not None and more else None)

    def failed(self) -> int:
        """How many of the kept jobs have failed."""
        return self._sums.failed

    def keys(self) -> set[str]:
        """The keys, in lower case, of all workers that hold or held a kept job."""
        return self._sums.keys

    def totals(self) -> tuple[int, int, int, int]:
        """How many keys were given a kept job, how many are completed, have a receipt, a verified one."""
        return self._sums.totals

    def pairings(self) -> list[Pairing]:
        """All pairing codes: the open ones as they expire, then the others in the order of their claims."""
        opened = sorted(self._open.values(), key=lambda pairing: pairing.expires_ms)
        claimed = sorted(self._claimed.values(), key=lambda pairing: (pairing.paired_ms, pairing.expires_ms))
        return [*opened, *claimed]

    def _write_job(self, job: Job) -> None:
        """Keep the job. A completed one is not new: one that went already does not come back."""
        former = self._jobs.get(job.id)
        if former is None and job.status is JobStatus.COMPLETED:
            return
        if job.is_finished and (former is None or not former.is_finished):
            heappush(self._finished, (job.order, job.id))
        self._sums.change(NOTHING if former is None else _facts(former), _facts(job))
        self._jobs[job.id] = _unread(job)

    def _write_pairing(self, pairing: Pairing) -> None:
        """Keep the pairing; with a new code, those go that nobody claimed and that have long expired."""
        self._open.pop(pairing.code, None)
        self._claimed.pop(pairing.code, None)
        if pairing.pubkey is not None:
            self._claimed[pairing.code] = pairing
            return
        self._open[pairing.code] = pairing
        latest = pairing.expires_ms - CODE_MILLISECONDS - MEMORY_MILLISECONDS
        while (oldest := next(iter(self._open.values()))).expires_ms <= latest:
            del self._open[oldest.code]


def _unread(job: Job) -> Job:
    """A finished job with its texts alone, one that is not finished as it is."""
    if not job.is_finished:
        return job
    return msgspec.structs.replace(
        job,
        payload=job.payload.without_value(),
        output=None if job.output is None else job.output.without_value(),
        receipt=None if job.receipt is None else job.receipt.without_value(),
    )


def _facts(job: Job) -> Facts:
    """What counts of this job; its texts weigh the memory that they take."""
    return facts_of(job, getsizeof)


def _holds(job: Job, text: str) -> bool:
    """Whether the text stands anywhere in what the job was given, or came to."""
    error = "" if job.error is None else job.error.value
    output = "" if job.output is None else job.output.text
    places = (job.id, job.pubkey or "", error, job.user_id, job.payload.text, output)
    return any(text in place for place in places)
