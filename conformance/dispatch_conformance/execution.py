"""A run in this process, from its first worker to its last: orphans adopted, SIGTERM heard, nothing left."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from dispatch_conformance import processes
from dispatch_conformance.engine import Engine, Outcome, Watch
from dispatch_conformance.launch import end_strays, reap_orphans
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.settings import Settings

_T = TypeVar("_T")


class Terminated(Exception):
    """SIGTERM came while the suite ran."""


def execute(
    settings: Settings,
    scenarios: Sequence[Scenario],
    watch: Watch | None = None,
) -> Outcome:
    """Run scenarios in an event loop of their own. Raises UsageError where the command cannot be run.

    Every process that the workers started is gone afterwards, whatever happened. Raises Terminated, too.
    """
    return supervised(Engine(settings, watch).run(scenarios))


def supervised(running: Coroutine[Any, Any, _T]) -> _T:
    """Run what starts workers in an event loop of its own, and leave no process behind. Raises Terminated."""
    processes.adopt_orphans()
    before = {entry.pid for entry in processes.descendants(os.getpid(), processes.all_processes())}
    try:
        return asyncio.run(_until_terminated(running))
    finally:
        end_strays(before)


async def _until_terminated(running: Coroutine[Any, Any, _T]) -> _T:
    """Await it. SIGTERM cancels it, so that the workers are ended, and raises Terminated."""
    task = asyncio.ensure_future(running)
    came = False

    def terminate() -> None:
        nonlocal came
        came = True
        task.cancel()

    with contextlib.suppress(NotImplementedError):  # where signals cannot be handled in a loop
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
    reaping = asyncio.ensure_future(reap_orphans())
    try:
        return await task
    except asyncio.CancelledError:
        if came:
            raise Terminated from None
        raise
    finally:
        reaping.cancel()
