"""Ten minutes of everything: `python -m bench.soak [--seconds S] [--no-kills] [--faults FILE]`.

Fifty workers and sixteen clients; the coordinator, with `--db`, is killed every thirty seconds (`kill -9`)
and started again on the same port. Afterwards every job that was answered with 201 must be there, finished
in a legal way, and as it was when it was first seen finished. With `--no-kills` one process lives through
all of it, which is how its memory is to be judged; with kills, that of one life after the other is.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench.crowd import Crowd
from bench.figures import Figure, report
from bench.processes import Server, mock_coordinator

WORKERS: Final = 50
CLIENTS: Final = 16
LIFE_SECONDS: Final = 30.0
"""How long a coordinator lives before it is killed."""

GROWTH_MEGABYTES: Final = 64
"""By how much its memory may grow after the first minute."""

SETTLE_SECONDS: Final = 200
"""How long jobs may take to end once nobody commits any more: a window, a worker's time, and some."""

_MEGABYTE: Final = 1_000_000
_FIRST_MINUTE: Final = 60.0


class Soaked:
    """A coordinator that is killed and started again, and how large it was when."""

    def __init__(self, options: list[str]) -> None:
        self._options = options
        self.server: Server = mock_coordinator(*options)
        self.port = self.server.port
        self.kills = 0
        self.restarts: list[float] = []
        self.memory: list[tuple[float, float]] = []

    def kill(self) -> None:
        """Kill it, and start it on the same port."""
        self.server.kill()
        self.kills += 1
        begun = time.monotonic()
        self.server = mock_coordinator(*self._options, port=self.port)
        self.restarts.append((time.monotonic() - begun) * 1000)

    def end(self) -> None:
        """End the one that lives now."""
        self.server.end()

    def live(self, seconds: float, begun: float) -> None:
        """Let it live, and note its memory every second."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.memory.append((time.monotonic() - begun, self.server.resident_bytes / _MEGABYTE))
            time.sleep(min(1.0, left))

    @property
    def growth(self) -> float:
        """MB between the most of the first minute and the most of all that followed; 0 without that."""
        first = [size for at, size in self.memory if at <= _FIRST_MINUTE]
        later = [size for at, size in self.memory if at > _FIRST_MINUTE]
        return max(later) - max(first) if later else 0.0


def main() -> int:
    """Soak, then ask for every job; 1 where something was lost, or too much memory taken."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--no-kills", action="store_true", help="one coordinator for all of the time")
    parser.add_argument("--faults", metavar="FILE", help="handed to the coordinator: faults on purpose")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        command = ["--db", str(folder / "jobs.db"), "--keep-jobs", "0"]
        soaked = Soaked(command + (["--faults", options.faults] if options.faults else []))
        stack.callback(soaked.end)
        workers = stack.enter_context(Crowd(_workers(soaked.port)))
        clients = stack.enter_context(Crowd(_clients(soaked.port)))
        workers.tell("run")
        workers.reports()
        time.sleep(1.0)
        clients.tell(f"run {options.seconds}")
        _pass_time(soaked, options.seconds, kills=not options.no_kills)
        clients.reports()
        clients.tell(f"settle {SETTLE_SECONDS}")
        told = clients.reports()
        workers.tell("report")
        worked = workers.reports()
    return 0 if _report(soaked, told, worked) else 1


def _pass_time(soaked: Soaked, seconds: float, *, kills: bool) -> None:
    begun = time.monotonic()
    while (left := begun + seconds - time.monotonic()) > 0:
        soaked.live(min(LIFE_SECONDS, left), begun)
        if kills:
            soaked.kill()


def _report(soaked: Soaked, clients: list[dict[str, Any]], workers: list[dict[str, int]]) -> bool:
    told = sum((Counter(each["counts"]) for each in clients), Counter[str]())
    worked = sum((Counter(each) for each in workers), Counter[str]())
    for who, counts in (("clients", told), ("workers", worked)):
        print(f"{who}: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    for wrong in [text for each in clients for text in each["wrong"]]:
        print(f"WRONG: {wrong}")
    figures = [
        Figure("jobs lost, changed or wrong", "", [sum(each["faults"] for each in clients)], at_most=0),
        Figure("jobs completed and verified", "", [told["completed"]], at_least=1),
        Figure("kills", "", [soaked.kills]),
        Figure("memory after the first minute, growth", "MB", [soaked.growth], at_most=GROWTH_MEGABYTES),
        Figure("memory, each second", "MB", [size for _, size in soaked.memory]),
    ]
    if soaked.restarts:
        figures.append(Figure("from kill to listening again", "ms", soaked.restarts))
    return report(f"Soak: {WORKERS} workers, {CLIENTS} clients", figures)


def _workers(port: int) -> list[dict[str, Any]]:
    half = WORKERS // 2
    return [{"role": "steady_workers", "port": port, "count": half, "first": half * n} for n in range(2)]


def _clients(port: int) -> list[dict[str, Any]]:
    half = CLIENTS // 2
    return [{"role": "steady_clients", "port": port, "count": half, "first": half * n} for n in range(2)]


if __name__ == "__main__":
    sys.exit(main())
