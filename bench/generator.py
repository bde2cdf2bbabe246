"""One load generator, as a process: `python -m bench.generator '{"role": "workers", …}'`.

It prints a line of JSON when it is ready, does what each line of its input says, and prints a line with its
report after each. It ends with its input. Roles: `workers` answer jobs with signed receipts, `clients` commit
jobs and poll them until they are completed; the steady ones do so whatever happens to the coordinator.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import uvloop

from bench.load_clients import Clients
from bench.load_workers import Workers
from bench.steady_clients import SteadyClients
from bench.steady_workers import SteadyWorkers


class Role(Protocol):
    """What a generator does: `prepare`, then each method that a line names, with the rest of the line."""

    async def prepare(self) -> None:
        """Get ready."""

    async def report(self, _: str) -> dict[str, Any]:
        """What there is to report."""


ROLES: Final[dict[str, Callable[..., Role]]] = {
    "workers": Workers,
    "clients": Clients,
    "steady_workers": SteadyWorkers,
    "steady_clients": SteadyClients,
}


async def serve(orders: dict[str, Any]) -> None:
    """Be that generator until the input ends."""
    role = ROLES[orders.pop("role")](**orders)
    await role.prepare()
    _print({"ready": True})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, _, argument = line.strip().partition(" ")
        act: Callable[[str], Awaitable[dict[str, Any]]] = getattr(role, word)
        _print(await act(argument))


def _print(report: dict[str, Any]) -> None:
    print(json.dumps(report), flush=True)


def main() -> None:
    """Be a generator, as the command line says."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(serve(json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
