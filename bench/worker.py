"""`dispatch-worker` at work: `python -m bench.worker [--rounds N] [--jobs N]`.

Jobs a second through one connection, its start to its registration, and its memory. The coordinator is a
process of its own (`bench.feeder`); a worker that checks and signs nothing (`bench.null_worker`) and the
start of a bare interpreter are measured in the same run.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.figures import Figure, report
from bench.processes import SCRIPTS, Process, Server

WINDOW: Final = 32
"""How many assignments are out at the same time, where they are pipelined."""

STARTS: Final = 9
_MEGABYTE: Final = 1_000_000


class Round(NamedTuple):
    """One round: jobs a second pipelined and one by one, CPU of the worker in µs a job, memory in MB."""

    pipelined: float
    serial: float
    cpu: float
    memory: float


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.worker", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=5_000, help="in each half of a round")
    options = parser.parse_args()
    ours: list[Round] = []
    null: list[Round] = []
    with tempfile.TemporaryDirectory() as folder:
        _key(folder)
        for _ in range(options.rounds):
            ours.append(_round(folder, options.jobs, null=False))
            null.append(_round(folder, options.jobs, null=True))
        starts = [_start(folder) for _ in range(STARTS)]
        bare = [_bare_start() for _ in range(STARTS)]
    return 0 if report("dispatch-worker", figures(ours, null, starts, bare)) else 1


def figures(ours: list[Round], null: list[Round], starts: list[float], bare: list[float]) -> list[Figure]:
    """Every figure with what stands beside it."""
    return [
        Figure("jobs a second, pipelined", "", [one.pipelined for one in ours], at_least=1450),
        Figure("  null worker", "", [one.pipelined for one in null]),
        Figure("jobs a second, one by one", "", [one.serial for one in ours], at_least=1450),
        Figure("  null worker", "", [one.serial for one in null]),
        Figure("CPU a job", "µs", [one.cpu for one in ours]),
        Figure("  null worker", "µs", [one.cpu for one in null]),
        Figure("start to registration", "ms", starts, at_most=250),
        Figure("  a bare interpreter, start to end", "ms", bare),
        Figure("resident memory", "MB", [one.memory for one in ours], at_most=45),
        Figure("  null worker", "MB", [one.memory for one in null]),
    ]


def _round(folder: str, jobs: int, *, null: bool) -> Round:
    with _connected(folder, null=null) as (feeder, worker, _):
        _feed(feeder, jobs // 10, WINDOW)  # to warm up
        before = worker.cpu_seconds
        pipelined = _feed(feeder, jobs, WINDOW)
        cpu = (worker.cpu_seconds - before) / jobs
        serial = _feed(feeder, jobs, 1)
        memory = worker.resident_bytes
    return Round(jobs / pipelined, jobs / serial, cpu * 1_000_000, memory / _MEGABYTE)


@contextmanager
def _connected(folder: str, *, null: bool) -> Iterator[tuple[Server, Process, float]]:
    """A feeder, its worker, and the milliseconds from the worker's start to its acknowledgement."""
    trust = ["unverified"] if null else []
    with Server([sys.executable, "-m", "bench.feeder", *trust]) as feeder:
        url = f"ws://127.0.0.1:{feeder.port}"
        command = [sys.executable, "-m", "bench.null_worker", url]
        if not null:
            command = [str(SCRIPTS / "dispatch-worker"), "--coordinator-url", url]
        begun = time.monotonic()
        with Process(command, {"WORKER_KEY_PATH": str(Path(folder) / "key.json")}, silent=True) as worker:
            registered: float = json.loads(feeder.read_line())["registered"]
            yield feeder, worker, (registered - begun) * 1000


def _feed(feeder: Server, jobs: int, window: int) -> float:
    feeder.write_line(f"feed {jobs} {window}")
    return float(json.loads(feeder.read_line())["seconds"])


def _key(folder: str) -> None:
    """Have a worker make its key file, as on its first start."""
    _start(folder)


def _start(folder: str) -> float:
    with _connected(folder, null=False) as (_, _, milliseconds):
        return milliseconds


def _bare_start() -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return (time.monotonic() - begun) * 1000


if __name__ == "__main__":
    sys.exit(main())
