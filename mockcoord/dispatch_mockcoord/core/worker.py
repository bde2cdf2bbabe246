"""A registered worker, as the registry keeps it. Source: SPEC.md, "Registration"."""

from dataclasses import dataclass

from dispatch_protocol.vocabulary import JobType, ProviderType


@dataclass(slots=True)
class Worker:
    """A registered connection.

    `pubkey` is the key as registered, `key` the same in lower case. `order` counts first registrations.
    `last_beat` is the time of the last heartbeat or registration, in seconds.
    `settled`: it may be given jobs. `job_id`: the job it holds. Only the registry changes a worker.
    """

    connection: int
    worker_id: str
    order: int
    pubkey: str
    key: str
    provider_type: ProviderType
    capabilities: frozenset[JobType]
    last_beat: float
    settled: bool = False
    job_id: str | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it holds no job; it may still have to settle."""
        return self.job_id is None

    @property
    def is_ready(self) -> bool:
        """Whether it can be given a job now: it holds no other (C-JOB-7)."""
        return self.settled and self.job_id is None
