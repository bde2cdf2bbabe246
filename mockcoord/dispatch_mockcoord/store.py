"""What a coordinator keeps of jobs and pairings, wherever that is: in memory, or in a file.

Of finished jobs only so many are kept, in number and in bytes; the oldest go first, and never one that is not
finished.
"""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple, Protocol

from dispatch_protocol.vocabulary import JobStatus

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import Pairing

LOOKED_AT: Final = 10_000
"""How many jobs one page is chosen from at most, so that a search takes a bounded time."""


class Keep(NamedTuple):
    """How many finished jobs are kept at most, and how many bytes of text in them; 0: any. The last stays."""

    jobs: int = 0
    bytes: int = 0

    def is_exceeded(self, count: int, weight: int) -> bool:
        """Whether so many finished jobs, with so many bytes altogether, are too much."""
        return 0 < self.jobs < count or (0 < self.bytes < weight and count > 1)


class Page(NamedTuple):
    """Jobs, newest first, and where the next page begins; None at the end."""

    jobs: tuple[Job, ...]
    before: int | None


class Store(Protocol):
    """The jobs and pairings of one coordinator. Every call raises sqlite3.Error where a disk fails.

    `path` is the file they are in, None where they are in memory.
    """

    @property
    def path(self) -> str | None:
        """Where it is, for messages."""

    def close(self) -> None:
        """Let everything go; the store is of no use afterwards."""

    def write(self, jobs: Collection[Job], pairings: Iterable[Pairing]) -> None:
        """Store how these stand, all of them or none."""

    def job(self, job_id: str) -> Job | None:
        """The job with this id; None where none is stored."""

    def unfinished(self) -> list[Job]:
        """The jobs that are pending or assigned, oldest first."""

    def recent(self, count: int) -> list[Job]:
        """The jobs committed last, newest first."""

    def page(
        self, limit: int, *, before: int | None = None, status: JobStatus | None = None, text: str = ""
    ) -> Page:
        """Up to `limit` jobs, newest first, of this status and with this text in them, if either is given.

        `before` is where an earlier page ended. No more than LOOKED_AT jobs are looked at.
        """

    def failed(self) -> int:
        """How many of the jobs that are kept have failed."""

    def keys(self) -> set[str]:
        """The keys, in lower case, of all workers that hold or held a job that is kept."""

    def totals(self) -> tuple[int, int, int, int]:
        """Of the jobs that are kept: how many keys were given one, how many are completed, have a receipt,
        and have a verified one.
        """

    def pairings(self) -> list[Pairing]:
        """All pairing codes: the open ones as they expire, then the others in the order of their claims."""
