"""The command `dispatch-mockcoord`: a coordinator on one port, until it is told to end.

Exit codes: 0 after Ctrl-C or SIGTERM, 2 where it cannot be started as asked.
"""

import argparse
import asyncio
import logging
import os
import shlex
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import NoReturn

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError, shown

from dispatch_mockcoord.faults import Faults, Injected
from dispatch_mockcoord.faults.spelling import spelled
from dispatch_mockcoord.log import Log
from dispatch_mockcoord.options import faults_of, read_options, settings_of
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.watch import Watch


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with these arguments, those of the process by default."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    _raise_file_limit()
    options = read_options(arguments)
    try:
        _run(_serve(settings_of(options), faults_of(options), options))
        _flush_output()
    except UsageError as error:
        print(f"dispatch-mockcoord: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


def _run(serving: Coroutine[None, None, None]) -> None:
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)


async def _serve(settings: Settings, faults: Faults | None, options: argparse.Namespace) -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    log = Log(sys.stdout)
    watch = Watch(settings.terms, log.finding)
    running = MockCoordinator(settings, layers=() if faults is None else (faults,))
    # Whoever asks for the line of JSON may read that alone: more would fill the pipe, and then hold us up.
    if not options.ready_json or options.verbose:
        running.observe(log.effect)
        if not options.no_watch:
            running.tap(watch.event)
        if faults is not None and not options.verbose:
            faults.watchers.append(lambda strike: log.line(_struck(strike)))
    if options.verbose:
        running.tap(log.event)
    async with running:
        listening = f"Listening on {running.url} ({settings.chain})"
        log.begin(_ready_json(running, faults) if options.ready_json else listening)
        if faults is not None and (not options.ready_json or options.verbose):
            log.line(_announced(faults))
        await told_to_end.wait()
    if not options.ready_json:
        log.line("Ended" if options.no_watch else f"Ended, {watch.summary()}")


def _ready_json(running: MockCoordinator, faults: Faults | None) -> str:
    told: dict[str, JsonValue] = {
        "url": running.url,
        "ws_url": running.ws_url,
        "port": running.port,
        "pid": os.getpid(),
    }
    return stringify(told if faults is None else told | {"fault_seed": faults.seed})


def _announced(faults: Faults) -> str:
    """The seed, and what is at work, as it can be given at the command line again."""
    at_work = [f"--fault {shlex.quote(spelled(fault))}" for fault in faults.active]
    at_work += ["--variety"] * faults.variety
    return shown(" ".join(["Misbehaving on purpose:", f"--fault-seed {faults.seed}", *at_work]), 4_096)


def _struck(strike: Injected) -> str:
    where = "" if strike.connection is None else f" on connection {strike.connection}"
    return f"fault {shown(strike.detail)}{where}"


def _raise_file_limit() -> None:
    """Every connection is an open file: allow as many as the system does."""
    try:
        import resource  # noqa: PLC0415
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _flush_output() -> None:
    """Let go of an output that nobody reads any more, so that the exit code stays right."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
