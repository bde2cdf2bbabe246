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
from typing import Final, NoReturn

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError, shown

from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.faults.spelling import spelled
from dispatch_mockcoord.log import Detail, Log
from dispatch_mockcoord.log.entry import Entry
from dispatch_mockcoord.log.trouble import Trouble
from dispatch_mockcoord.options import faults_of, read_options, settings_of
from dispatch_mockcoord.server import listen
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.starts import Start, like

_STANDARD_OUTPUT: Final = 1


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with these arguments, those of the process by default."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    _raise_file_limit()
    options = read_options(arguments)
    trouble = Trouble()
    logging.getLogger().addHandler(trouble)
    try:
        _run(_serve(settings_of(options), faults_of(options), options))
    except UsageError as error:
        print(f"dispatch-mockcoord: {error}", file=sys.stderr)
        sys.exit(2)
    finally:
        trouble.end()
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
    log = Log(_STANDARD_OUTPUT, as_json=options.log_format == "json", detail=options.detail)
    # Whoever asks for the line of JSON may read that alone: more would fill the pipe.
    talks = not options.ready_json or options.detail is Detail.VERBOSE or options.log_format is not None
    shown_in = log if talks else None
    given = () if faults is None else faults.active
    try:
        with closing(listen(settings.host, settings.port)) as listening:
            start = Start(settings, options, faults, listening.dup(), shown_in)
            while await _run_once(start, options, log, told_to_end):
                if talks:
                    log.reset()
                start = Start(settings, options, like(faults, given), listening.dup(), shown_in, before=start)
        if talks:
            log.conclude(watched=start.watch is not None)
    finally:
        log.close()


async def _run_once(start: Start, options: argparse.Namespace, log: Log, told_to_end: asyncio.Event) -> bool:
    """Run this start to its end; gives whether another is to follow."""
    async with start.running:
        entry = _entry(start)
        if not options.ready_json:
            log.listening(entry, _announced(start, entry))
        elif start.is_first:
            log.begin(_ready_json(entry))
        return await start.until(told_to_end)


def _entry(start: Start) -> Entry:
    """How the coordinator is to be reached, and what chance follows from."""
    running = start.running
    return Entry(
        event="listening",
        url=running.url,
        ws_url=running.ws_url,
        network=running.settings.chain,
        fault_seed=start.faults.seed if start.faults is not None and start.misbehaves else None,
        control_token=start.token or "",
    )


def _ready_json(entry: Entry) -> str:
    told: dict[str, JsonValue] = {
        "url": entry.url,
        "ws_url": entry.ws_url,
        "port": int(entry.url.rpartition(":")[2]),
        "pid": os.getpid(),
    }
    if entry.fault_seed is not None:
        told["fault_seed"] = entry.fault_seed
    if entry.control_token:
        told["control_token"] = entry.control_token
    return stringify(told)


def _announced(start: Start, entry: Entry) -> list[str]:
    """The same in words: with what is at work, as it can be given at the command line again."""
    lines = [f"Listening on {entry.url} ({entry.network})"]
    if start.faults is not None and start.misbehaves:
        at_work = [f"--fault {shlex.quote(spelled(fault))}" for fault in start.faults.active]
        at_work += ["--variety"] * start.faults.variety
        words = " ".join(["Misbehaving on purpose:", f"--fault-seed {start.faults.seed}", *at_work])
        lines.append(shown(words, 4_096))
    if entry.control_token:
        lines.append(f"Control token: {entry.control_token}")
    return lines


def _raise_file_limit() -> None:
    """Every connection is an open file: allow as many as the system does."""
    try:
        import resource  # noqa: PLC0415
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
