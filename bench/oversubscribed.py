"""Many clients, few workers: `python -m bench.oversubscribed [--rounds N] [--jobs N]`.

64 clients and 4 workers that take 10 to 30 ms over a job. In a fair queue a job waits for some sixteen others
to be served; nobody may wait much longer than that, and every job has to complete.
"""

import argparse
import sys
import time
from statistics import quantiles
from typing import Final, NamedTuple

from bench.crowd import Crowd
from bench.figures import Figure, report
from bench.processes import Server, mock_coordinator, null_coordinator

WORKERS: Final = 4
CLIENTS: Final = 64
SERVICE_SECONDS: Final = 0.02
POLL_SECONDS: Final = 0.05
"""How often a client asks: sixty-four that asked all the time would be another benchmark."""

FACTOR: Final = 3.0
"""How much longer than its fair share the slowest job in a hundred may take."""

_SETTLE_SECONDS: Final = 0.4


class Round(NamedTuple):
    """One round, in milliseconds: how long a worker took, the median and p99 of what clients waited."""

    service: float
    median: float
    p99: float
    completed: int

    @property
    def shares(self) -> float:
        """The p99 in units of the fair share: the time in which each client's job is served once."""
        return self.p99 / (self.service * CLIENTS / WORKERS)


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.oversubscribed", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1_280, help="in each round, a multiple of 64")
    options = parser.parse_args()
    ours: list[Round] = []
    null: list[Round] = []
    with mock_coordinator() as coordinator, null_coordinator() as baseline:
        for _ in range(options.rounds):
            ours.append(_round(coordinator, options.jobs))
            null.append(_round(baseline, options.jobs))
    reached = report(f"Oversubscribed: {WORKERS} workers, {CLIENTS} clients", figures(ours, null))
    return 0 if reached else 1


def figures(ours: list[Round], null: list[Round]) -> list[Figure]:
    """The p99 in fair shares, and what it is made of."""
    return [
        Figure("p99 / fair share", "×", [one.shares for one in ours], at_most=FACTOR),
        Figure("  null coordinator", "×", [one.shares for one in null]),
        Figure("a worker's time for a job", "ms", [one.service for one in ours]),
        Figure("latency, median", "ms", [one.median for one in ours]),
        Figure("latency, p99", "ms", [one.p99 for one in ours]),
        Figure("  null coordinator", "ms", [one.p99 for one in null]),
        Figure("jobs completed", "", [one.completed for one in ours]),
    ]


def _round(server: Server, jobs: int) -> Round:
    """Raises RuntimeError where a job does not complete."""
    workers = {"role": "workers", "port": server.port, "count": WORKERS, "service": SERVICE_SECONDS}
    clients = {"role": "clients", "port": server.port, "count": CLIENTS // 2, "pause": POLL_SECONDS}
    with Crowd([workers]) as working, Crowd([clients, clients]) as committing:
        time.sleep(_SETTLE_SECONDS)
        committing.tell(f"run {jobs // 2}")
        seconds = [one for each in committing.reports() for one in each["seconds"]]
        working.tell("report")
        (done,) = working.reports()
    cuts = quantiles(seconds, n=100)
    service = done["busy_seconds"] / done["completed"]
    return Round(service * 1000, cuts[49] * 1000, cuts[98] * 1000, len(seconds))


if __name__ == "__main__":
    sys.exit(main())
