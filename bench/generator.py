"""One load generator, as a process: `python -m bench.generator '{"role": "workers", …}'`.

It prints a line of JSON when it is ready, does what each line of its input says, and prints a line with its
report after each. It ends with its input. Roles: `workers` answer jobs with signed receipts, `clients` commit
jobs and poll them until they are completed.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import uvloop

from bench.load_clients import Clients
from bench.load_workers import Workers

Role: TypeAlias = Workers | Clients


async def serve(orders: dict[str, Any]) -> None:
    """Be that generator until the input ends."""
    role: Role = {"workers": Workers, "clients": Clients}[orders.pop("role")](**orders)
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
    orders = json.loads(sys.argv[1])
    uvloop.run(serve(orders))


if __name__ == "__main__":
    main()
