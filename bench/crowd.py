"""Workers and clients that load a coordinator, each kind in processes of its own.

The parent starts them with `Crowd`, waits until all are ready, lets them go at once, and gathers what they
report. Each is `python -m bench.generator` with its orders in one line of JSON.
"""

import json
import sys
from typing import Any, Self

from bench.processes import Process


class Crowd:
    """Generator processes for one coordinator; leaving the `with` block ends them."""

    def __init__(self, orders: list[dict[str, Any]]) -> None:
        self._processes: list[Process] = []
        try:
            for order in orders:
                command = [sys.executable, "-m", "bench.generator", json.dumps(order)]
                self._processes.append(Process(command))
            for process in self._processes:
                json.loads(process.read_line())
        except BaseException:
            self.end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def cpu_seconds(self) -> float:
        """The processor time of all of them so far."""
        return sum(process.cpu_seconds for process in self._processes)

    def tell(self, word: str) -> None:
        """A line for every one of them: what to do next."""
        for process in self._processes:
            process.write_line(word)

    def reports(self) -> list[dict[str, Any]]:
        """What each of them reports next."""
        return [json.loads(process.read_line()) for process in self._processes]

    def end(self) -> None:
        """End them all."""
        for process in self._processes:
            process.end()
