"""Ten thousand idle workers: `python -m bench.idle [--workers N] [--seconds S]`.

They register, send their heartbeats every ten seconds, and do nothing else. Then a tenth of them is cut off
at once, and no trace of those may be left. Every worker is a connection, so that the limit of open files
has to allow for them.
"""

import argparse
import json
import resource
import sys
import time
import urllib.request
from typing import Any, Final, NamedTuple

from bench.crowd import Crowd
from bench.figures import Figure, report
from bench.processes import Server, mock_coordinator, null_coordinator

PROCESSES: Final = 4
"""How many processes the workers are spread over."""

_SPARE_FILES: Final = 200
_GONE_SECONDS: Final = 20.0


class Crowded(NamedTuple):
    """A coordinator with its idle workers: the share of one core, KB for each; what was left of the cut."""

    core: float
    kilobytes: float
    orphans: dict[str, int]


def main() -> int:
    """Measure and print; 1 where a bar is missed, 2 where the system does not allow so many connections."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=10_000, help="a multiple of 40")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long their heartbeats are measured")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < options.workers + _SPARE_FILES:
        print(
            f"{options.workers} connections need as many files, but `ulimit -Hn` is {hard}", file=sys.stderr
        )
        return 2
    with null_coordinator() as server:
        null = _measure(server, options.workers, options.seconds, cut=False)
    with mock_coordinator() as server:
        ours = _measure(server, options.workers, options.seconds, cut=True)
    return 0 if report(f"Idle: {options.workers:,} workers", figures(ours, null)) else 1


def figures(ours: Crowded, null: Crowded) -> list[Figure]:
    """Processor, memory, and what was left."""
    return [
        Figure("share of one core", "%", [ours.core * 100], at_most=60.0),
        Figure("  null coordinator", "%", [null.core * 100]),
        Figure("memory for each", "KB", [ours.kilobytes], at_most=60.0),
        Figure("  null coordinator", "KB", [null.kilobytes]),
        *(
            Figure(f"orphans of the cut: {name}", "", [left], at_most=0)
            for name, left in ours.orphans.items()
        ),
    ]


def _measure(server: Server, workers: int, seconds: float, *, cut: bool) -> Crowded:
    before, files = server.resident_bytes, server.descriptors
    share = workers // PROCESSES
    orders: list[dict[str, Any]] = [
        {"role": "workers", "port": server.port, "count": share, "first": share * number}
        for number in range(PROCESSES)
    ]
    with Crowd(orders) as crowd:
        time.sleep(2.0)  # what registering took is over
        cpu, begun = server.cpu_seconds, time.monotonic()
        time.sleep(seconds)
        core = (server.cpu_seconds - cpu) / (time.monotonic() - begun)
        kilobytes = (server.resident_bytes - before) / workers / 1024
        orphans = _cut(server, crowd, share // 10, files) if cut else {}
    return Crowded(core, kilobytes, orphans)


def _cut(server: Server, crowd: Crowd, each: int, files: int) -> dict[str, int]:
    """Cut so many of each process off at once; the workers and descriptors that are left too many."""
    crowd.tell(f"drop {each}")
    left = sum(report["left"] for report in crowd.reports())
    deadline = time.monotonic() + _GONE_SECONDS
    while True:
        found = {"workers_online": _online(server) - left, "descriptors": server.descriptors - files - left}
        if not any(found.values()) or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def _online(server: Server) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/v1/health") as answer:
        return int(json.load(answer)["workers_online"])


if __name__ == "__main__":
    sys.exit(main())
