"""The workers that can be given a job now, in the order of their scores. Source: SPEC.md, "Matching".

A score is ten points or none for the provider type, which the job decides, and up to five for the freshness
of the last heartbeat, which the job does not. So among workers of one type the order is the same for every
job: the freshest heartbeat first (C-MAT-6), of equals the earliest registration (C-MAT-7). It is kept sorted,
and ten thousand idle workers cost a job no more than ten.

(Freshness ends at 0 once a heartbeat is 50 seconds old. A worker is dropped before that: after 40 seconds.)
"""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from heapq import merge
from itertools import chain
from typing import TypeAlias

from dispatch_protocol.vocabulary import JobType, ProviderType

from dispatch_mockcoord.core.worker import Worker

Place: TypeAlias = tuple[float, int, Worker]
"""Where a worker stands: its last heartbeat, and its registration counted backwards; the largest is first."""


class ReadyWorkers:
    """Ready workers by provider type and capability. Adding and discarding cost a binary search each."""

    def __init__(self) -> None:
        self._places: dict[int, Place] = {}
        self._sorted: dict[tuple[ProviderType, JobType], list[Place]] = {
            (provider_type, job_type): [] for provider_type in ProviderType for job_type in JobType
        }

    def add(self, worker: Worker) -> None:
        """The worker is ready; one that was takes the place that its last heartbeat gives it now."""
        self.discard(worker)
        place = self._places[worker.order] = (worker.last_beat, -worker.order, worker)
        for places in self._lists(worker):
            insort(places, place)

    def discard(self, worker: Worker) -> None:
        """The worker is not ready; nothing happens where it was not."""
        place = self._places.pop(worker.order, None)
        if place is not None:
            for places in self._lists(place[2]):
                del places[bisect_left(places, place)]

    def freshest(self, job_type: JobType, provider_types: Collection[ProviderType]) -> Iterator[Worker]:
        """The ready workers of these types that take such jobs, the freshest heartbeat first."""
        lists = [self._sorted[provider_type, job_type] for provider_type in provider_types]
        filled = [reversed(places) for places in lists if places]
        places = merge(*filled, reverse=True) if len(filled) > 1 else chain(*filled)
        return (worker for _, _, worker in places)

    def _lists(self, worker: Worker) -> Iterator[list[Place]]:
        return (self._sorted[worker.provider_type, job_type] for job_type in worker.capabilities)
