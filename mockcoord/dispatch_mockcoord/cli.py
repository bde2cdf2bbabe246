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
from contextlib import closing, suppress
from typing import NoReturn

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError, shown

from dispatch_mockcoord.faults import Faults, Injected
from dispatch_mockcoord.faults.spelling import spelled
from dispatch_mockcoord.log import Log
from dispatch_mockcoord.options import faults_of, read_options, settings_of
from dispatch_mockcoord.server import listen
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.starts import Start, like


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
    given = () if faults is None else faults.active
    with closing(listen(settings.host, settings.port)) as listening:
        # Whoever asks for the line of JSON may read that alone: more would fill the pipe, and hold us up.
        talks = not options.ready_json or options.verbose
        report = log.finding if talks else None
        start = Start(settings, options, faults, listening.dup(), report)
        while await _run_once(start, options, log, told_to_end):
            if talks:
                log.line("Reset: everything begins anew")
            start = Start(settings, options, like(faults, given), listening.dup(), report)
    if not options.ready_json:
        log.line("Ended" if start.watch is None else f"Ended, {start.watch.summary()}")


async def _run_once(start: Start, options: argparse.Namespace, log: Log, told_to_end: asyncio.Event) -> bool:
    """Run this start to its end; gives whether another is to follow."""
    running, talks = start.running, not options.ready_json or options.verbose
    if talks:
        running.observe(log.effect)
        if start.faults is not None and not options.verbose:
            start.faults.watchers.append(lambda strike: log.line(_struck(strike)))
    if options.verbose:
        running.tap(log.event)
    async with running:
        listening = f"Listening on {running.url} ({running.settings.chain})"
        log.begin(_ready_json(start) if options.ready_json else listening)
        if start.faults is not None and start.misbehaves and talks:
            log.line(_announced(start.faults))
        if start.control is not None and start.control.token is not None and talks:
            log.line(f"Control token: {start.control.token}")
        return await start.until(told_to_end)


def _ready_json(start: Start) -> str:
    running = start.running
    told: dict[str, JsonValue] = {
        "url": running.url,
        "ws_url": running.ws_url,
        "port": running.port,
        "pid": os.getpid(),
    }
    if start.faults is not None and start.misbehaves:
        told["fault_seed"] = start.faults.seed
    if start.control is not None and start.control.token is not None:
        told["control_token"] = start.control.token
    return stringify(told)


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
