"""Who is connected, and who is registered. Source: SPEC.md, "Registration".

A worker is its key: no two connections hold the same one (compared in lower case). A connection is a number
that is never used again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dispatch_protocol.messages import Register
from dispatch_protocol.vocabulary import JobType, ProviderType


@dataclass(slots=True)
class Worker:
    """A registered connection.

    `pubkey` is the key as registered, `key` the same in lower case. `order` counts first registrations.
    `last_beat` is the time of the last heartbeat or registration, in seconds.
    `settled`: it may be given jobs. `job_id`: the job it holds.
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


class Registry:
    """The open connections and their workers."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._registered = 0
        self._by_key: dict[str, Worker] = {}
        self.connections: set[int] = set()
        self.workers: dict[int, Worker] = {}

    def by_key(self, key: str) -> Worker | None:
        """The worker registered under this key (lower case)."""
        return self._by_key.get(key)

    def idle(self) -> Iterator[Worker]:
        """The workers without a job, earliest registration first."""
        return (worker for worker in self.workers.values() if worker.job_id is None)

    def ready(self) -> list[Worker]:
        """The workers that can be given a job now, earliest registration first."""
        return [worker for worker in self.workers.values() if worker.job_id is None and worker.settled]

    def register(self, connection: int, message: Register, now: float) -> Worker:
        """The connection's worker as this message describes it. The key must not be another connection's.

        A second registration keeps worker id, order and job, and replaces everything else.
        """
        key = message.provider_pubkey.lower()
        former = self.workers.get(connection)
        if former is None:
            self._registered += 1
            worker_id, order, job_id = self._new_id(), self._registered, None
        else:
            worker_id, order, job_id = former.worker_id, former.order, former.job_id
            del self._by_key[former.key]
        worker = Worker(
            connection=connection,
            worker_id=worker_id,
            order=order,
            pubkey=message.provider_pubkey,
            key=key,
            provider_type=message.provider_type,
            capabilities=frozenset(message.capabilities),
            last_beat=now,
            job_id=job_id,
        )
        self.workers[connection] = self._by_key[key] = worker
        return worker

    def remove(self, connection: int) -> Worker | None:
        """The connection is gone; its worker, if it had registered."""
        self.connections.discard(connection)
        worker = self.workers.pop(connection, None)
        if worker is not None:
            del self._by_key[worker.key]
        return worker
