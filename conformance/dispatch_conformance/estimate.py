"""How long a run takes on a good worker: the engine's order of scenarios, without running them."""

import heapq
from collections.abc import Iterable

from dispatch_conformance.engine import WAITING_PER_JOB
from dispatch_conformance.scenario import Scenario


def estimated_seconds(scenarios: Iterable[Scenario], jobs: int) -> float:
    """The time until the last scenario ends, each taking the seconds that it says it takes.

    The slow ones start first; those that wait have places of their own, unless there is one for all.
    """
    ordered = sorted(scenarios, key=lambda entry: -entry.seconds)
    if jobs == 1:
        return sum(entry.seconds for entry in ordered)
    waiting = [entry.seconds for entry in ordered if entry.waits]
    working = [entry.seconds for entry in ordered if not entry.waits]
    return max(_side_by_side(waiting, jobs * WAITING_PER_JOB), _side_by_side(working, jobs))


def _side_by_side(durations: Iterable[float], places: int) -> float:
    """When the last of these ends, each beginning when a place is free, in this order."""
    free = [0.0] * places
    for seconds in durations:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)
