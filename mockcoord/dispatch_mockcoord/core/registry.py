"""Who is connected, and who is registered. Source: SPEC.md, "Registration".

A worker is its key: no two connections hold the same one (compared in lower case). A connection is a number
that is never used again.
"""

from collections.abc import Callable, Collection, Iterator, Set

from dispatch_protocol.messages import Register
from dispatch_protocol.vocabulary import JobType, ProviderType

from dispatch_mockcoord.core.ready import ReadyWorkers
from dispatch_mockcoord.core.worker import Worker


class Registry:
    """The open connections and their workers."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._registered = 0
        self._by_key: dict[str, Worker] = {}
        self._ready = ReadyWorkers()
        self.connections: set[int] = set()
        self.workers: dict[int, Worker] = {}

    def by_key(self, key: str) -> Worker | None:
        """The worker registered under this key (lower case)."""
        return self._by_key.get(key)

    def by_keys(self, keys: Set[str]) -> list[Worker]:
        """The workers registered under any of these keys (lower case), in no order."""
        return [self._by_key[key] for key in self._by_key.keys() & keys]

    def ready(self) -> list[Worker]:
        """The workers that can be given a job now, earliest registration first."""
        return [worker for worker in self.workers.values() if worker.is_ready]

    def freshest(self, job_type: JobType, provider_types: Collection[ProviderType]) -> Iterator[Worker]:
        """The ready workers of these types that take such jobs, the freshest heartbeat first."""
        return self._ready.freshest(job_type, provider_types)

    def register(self, connection: int, message: Register, now: float) -> Worker:
        """The connection's worker as this message describes it. The key must not be another connection's.

        The first registration gets a worker id of its own (C-REG-2, C-REG-3); a second keeps id, order and
        job, and replaces everything else (C-REG-9, C-REG-10). Case does not matter in a key (C-REG-7).
        """
        key = message.provider_pubkey.lower()
        former = self.workers.get(connection)
        if former is None:
            self._registered += 1
            worker_id, order, job_id = self._new_id(), self._registered, None
        else:
            worker_id, order, job_id = former.worker_id, former.order, former.job_id
            self._forget(former)
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
            self._forget(worker)
        return worker

    def settle(self, worker: Worker) -> None:
        """The worker may be given jobs from now on."""
        worker.settled = True
        self._place(worker)

    def beat(self, worker: Worker, now: float) -> None:
        """The worker's heartbeat came; nothing else keeps it alive (C-HBT-5)."""
        worker.last_beat = now
        self._place(worker)

    def hold(self, worker: Worker, job_id: str) -> None:
        """The worker, which was idle, has this job now."""
        worker.job_id = job_id
        self._place(worker)

    def release(self, worker: Worker) -> None:
        """The worker has no job any more; it may be registered no more either."""
        worker.job_id = None
        self._place(worker)

    def _place(self, worker: Worker) -> None:
        """Put the worker where it belongs among those that are ready, or nowhere."""
        if worker.is_ready and self.workers.get(worker.connection) is worker:
            self._ready.add(worker)
        else:
            self._ready.discard(worker)

    def _forget(self, worker: Worker) -> None:
        del self._by_key[worker.key]
        self._ready.discard(worker)
