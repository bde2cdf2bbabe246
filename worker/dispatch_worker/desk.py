"""The jobs that a worker holds on one connection: which run, which wait, which were answered lately.

Only LLM_INFER jobs lie here; tasks are computed at once and pass through as answered. Pure bookkeeping:
bounded in number and in size, whatever a coordinator assigns.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from dispatch_protocol.tasks import LlmRequest

MAX_WAITING: Final = 64
"""The most jobs that wait for their turn."""

MAX_WAITING_UNITS: Final = 4_194_304
"""The most characters that the prompts of waiting jobs hold together."""

MAX_REMEMBERED: Final = 4096
"""How many answered jobs are remembered, the latest ones."""


@dataclass(slots=True)
class Job:
    """One job that is held: its ticket (unique in a session), what it asks, and since when (`Moment.now`)."""

    ticket: int
    job_id: str
    request: LlmRequest
    since: float
    running: bool = False


class Desk:
    """Jobs in the order of their arrival; at most `concurrency` of them run."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._jobs: dict[int, Job] = {}
        self._ids: set[str] = set()
        self._answered: dict[bytes, None] = {}

    def knows(self, job_id: str) -> bool:
        """Whether this job is held, or was answered lately."""
        return job_id in self._ids or _mark(job_id) in self._answered

    def has_room(self, request: LlmRequest) -> bool:
        """Whether one more job can be taken, to run or to wait."""
        waiting = self.waiting
        if len(self._jobs) - len(waiting) < self._concurrency:
            return True
        units = sum(len(job.request.prompt) for job in waiting)
        return len(waiting) < MAX_WAITING and units + len(request.prompt) <= MAX_WAITING_UNITS

    def take(self, job: Job) -> None:
        """Hold a job; `start` tells when its turn has come."""
        self._jobs[job.ticket] = job
        self._ids.add(job.job_id)

    def start(self) -> Job | None:
        """The next job whose turn has come, now counted as running; None while all places are taken."""
        waiting = self.waiting
        if not waiting or len(self._jobs) - len(waiting) >= self._concurrency:
            return None
        waiting[0].running = True
        return waiting[0]

    def release(self, ticket: int) -> Job | None:
        """Let go of a job that is about to be answered; None if it is held no more."""
        job = self._jobs.pop(ticket, None)
        if job is not None:
            self._ids.discard(job.job_id)
        return job

    def remember(self, job_id: str) -> None:
        """Note that a job was answered; the oldest note goes when there are too many."""
        self._answered[_mark(job_id)] = None
        if len(self._answered) > MAX_REMEMBERED:
            del self._answered[next(iter(self._answered))]

    @property
    def waiting(self) -> list[Job]:
        """The jobs that wait for their turn, the oldest first."""
        return [job for job in self._jobs.values() if not job.running]

    @property
    def running(self) -> list[Job]:
        """The jobs that run, the oldest first."""
        return [job for job in self._jobs.values() if job.running]

    @property
    def oldest(self) -> Job | None:
        """The job held longest; None if none is held."""
        return next(iter(self._jobs.values()), None)

    def __len__(self) -> int:
        """How many jobs are held, running or waiting."""
        return len(self._jobs)


def _mark(job_id: str) -> bytes:
    """A job's id in 16 bytes: ids come from outside, and may be as long as a frame."""
    return blake2b(job_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
