"""Commit, assign, complete, poll: `python -m bench.load [--rounds N] [--jobs N]`.

32 workers and 16 clients against `dispatch-mockcoord`, in memory and with `--db`, and against the null
coordinator, in turn. What counts is the server's processor time a job, without the control face and without
the watch; what the control face costs is measured by `bench.control`.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles
from typing import Final, NamedTuple

from bench.crowd import Crowd
from bench.figures import Figure, report
from bench.processes import Server, mock_coordinator, null_coordinator

WORKERS: Final = 32
CLIENTS: Final = 16
SETTLE_SECONDS: Final = 0.4
"""A newly registered worker gets no job for a quarter of a second."""


class Round(NamedTuple):
    """One round: server CPU a job and the p99 of the latency in ms, jobs a second, polls a job."""

    cpu_ms: float
    p99_ms: float
    rate: float
    polls: float
    generator_ms: float


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=4_000, help="in each round")
    options = parser.parse_args()
    rounds = measure(options.rounds, options.jobs)
    return 0 if report(f"Load: {WORKERS} workers, {CLIENTS} clients", figures(rounds)) else 1


def measure(rounds: int, jobs: int) -> dict[str, list[Round]]:
    """Rounds of every coordinator, in turn."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {
            "memory": stack.enter_context(mock_coordinator("--no-control")),
            "null": stack.enter_context(null_coordinator()),
            "db": stack.enter_context(mock_coordinator("--no-control", "--db", str(folder / "jobs.db"))),
        }
        return in_turn(servers, rounds, jobs)


def in_turn(servers: dict[str, Server], rounds: int, jobs: int) -> dict[str, list[Round]]:
    """So many rounds against each server, by name, every other time in the opposite order."""
    found: dict[str, list[Round]] = {name: [] for name in servers}
    for number in range(-1, rounds):
        for name in servers if number % 2 else reversed(servers):
            one = one_round(servers[name], jobs if number >= 0 else jobs // 4)
            if number >= 0:  # the one before warms up
                found[name].append(one)
    return found


def ratios(ours: list[Round], theirs: list[Round]) -> list[float]:
    """What one server takes for a job in units of another, round by round."""
    return [one.cpu_ms / other.cpu_ms for one, other in zip(ours, theirs, strict=True)]


def figures(rounds: dict[str, list[Round]]) -> list[Figure]:
    """The medians of the rounds, and of their ratios."""
    memory, null, db = rounds["memory"], rounds["null"], rounds["db"]
    return [
        Figure("server CPU a job", "ms", [one.cpu_ms for one in memory], at_most=0.6),
        Figure("  null coordinator", "ms", [one.cpu_ms for one in null]),
        Figure("  with --db", "ms", [one.cpu_ms for one in db]),
        Figure("CPU / null coordinator's", "×", ratios(memory, null), at_most=2.5),
        Figure("CPU with --db / in memory", "×", ratios(db, memory), at_most=1.4),
        Figure("latency, p99", "ms", [one.p99_ms for one in memory], at_most=25.0),
        Figure("  null coordinator", "ms", [one.p99_ms for one in null]),
        Figure("  with --db", "ms", [one.p99_ms for one in db]),
        Figure("jobs a second", "", [one.rate for one in memory]),
        Figure("  null coordinator", "", [one.rate for one in null]),
        Figure("  with --db", "", [one.rate for one in db]),
        Figure("polls a job", "", [one.polls for one in memory]),
        Figure("  null coordinator", "", [one.polls for one in null]),
        Figure("generators' CPU a job", "ms", [one.generator_ms for one in memory]),
    ]


def one_round(server: Server, jobs: int) -> Round:
    """One round against this server, of so many jobs."""
    half = {"port": server.port, "count": WORKERS // 2}
    workers = [{"role": "workers", "first": first, **half} for first in (0, WORKERS // 2)]
    with Crowd(workers) as working, Crowd(_clients(server.port)) as committing:
        time.sleep(SETTLE_SECONDS)
        begun, cpu = time.perf_counter(), server.cpu_seconds
        generators = working.cpu_seconds + committing.cpu_seconds
        committing.tell(f"run {jobs // 2}")
        reports = committing.reports()
        elapsed, cpu = time.perf_counter() - begun, server.cpu_seconds - cpu
        generators = working.cpu_seconds + committing.cpu_seconds - generators
    seconds = [one for each in reports for one in each["seconds"]]
    polls = sum(each["polls"] for each in reports)
    done = len(seconds)
    p99 = quantiles(seconds, n=100)[98]
    return Round(cpu * 1000 / done, p99 * 1000, done / elapsed, polls / done, generators * 1000 / done)


def _clients(port: int) -> list[dict[str, object]]:
    return [{"role": "clients", "port": port, "count": CLIENTS // 2} for _ in range(2)]


if __name__ == "__main__":
    sys.exit(main())
