"""The command `dispatch-mockcoord`: a coordinator on one port, until it is told to end.

Exit codes: 0 after Ctrl-C or SIGTERM, 2 where it cannot be started as asked.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Final, NoReturn

from dispatch_protocol.canonical import stringify
from dispatch_protocol.errors import UsageError
from dispatch_protocol.vocabulary import MAX_BODY_BYTES, MAX_FRAME_BYTES, NETWORKS

from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.log import Log
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings, read_network
from dispatch_mockcoord.watch import Watch

PORTS: Final = {"monad": 4010, "solana": 4020}
"""The ports of the deployed coordinators."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with these arguments, those of the process by default."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    _raise_file_limit()
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
        _run(_serve(settings, options))
        _flush_output()
    except UsageError as error:
        print(f"dispatch-mockcoord: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dispatch-mockcoord", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_whole, help="port; 0: any free one (default: 4010, for Solana 4020)")
    add("--network", default="monad", help="monad, solana or a CAIP-2 identifier (default: %(default)s)")
    add("--db", metavar="PATH", help="keep jobs and pairings in this file (default: in memory)")
    add("--require-receipts", action="store_true", help="fail jobs that come without a good receipt")
    add("--worker-timeout", type=_seconds, default=120.0, metavar="SECONDS", help="default: 120")
    add("--settle-ms", type=_whole, default=250, metavar="MS", help="grace after registration (default: 250)")
    add("--auto-demo", action="store_true", help="start demo mode after 5 seconds (also: AUTO_DEMO=true)")
    add("--no-watch", action="store_true", help="do not hold what happens against the clauses")
    add(
        "--ready-json",
        action="store_true",
        help="print one line of JSON when it listens, and nothing more without -v",
    )
    add("-v", "--verbose", action="store_true", help="show every frame and request")
    _add_limits(parser)
    return parser


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("limits, and what is refused beyond them").add_argument

    def limit(option: str, default: int, text: str) -> None:
        add(option, type=_whole, default=default, metavar="N", help=f"{text} (default: %(default)s)")

    defaults = Settings()
    limit("--keep-jobs", defaults.keep_jobs, "finished jobs kept, 0: all; the oldest go")
    limit("--max-frame-bytes", MAX_FRAME_BYTES, "bytes of a frame: close 1009")
    limit("--max-body-bytes", MAX_BODY_BYTES, "bytes of a request's body: 413")
    limit("--max-connections", defaults.max_connections, "workers' connections: 503")
    limit("--max-pending-jobs", defaults.max_pending_jobs, "jobs that wait for a worker: 503")
    limit("--max-codes", defaults.terms.max_codes, "pairing codes open at once: 503")
    limit("--max-pairings", defaults.terms.max_pairings, "pairing codes and pairings altogether: 503")
    limit("--claim-failures", defaults.claim_failures, "failed claims of an address, 0: any number: 429")


def _settings(options: argparse.Namespace) -> Settings:
    network = read_network(options.network)
    is_solana = network in ("solana", NETWORKS["solana"])
    default_port = PORTS["solana" if is_solana else "monad"]
    return Settings(
        host=options.host,
        port=default_port if options.port is None else options.port,
        network=network,
        db=options.db,
        keep_jobs=options.keep_jobs,
        terms=Terms(
            settle_seconds=options.settle_ms / 1000,
            worker_seconds=options.worker_timeout,
            receipts_required=options.require_receipts,
            max_frame_bytes=options.max_frame_bytes,
            max_codes=options.max_codes,
            max_pairings=options.max_pairings,
        ),
        max_body_bytes=options.max_body_bytes,
        max_connections=options.max_connections,
        max_pending_jobs=options.max_pending_jobs,
        claim_failures=options.claim_failures,
        auto_demo=options.auto_demo or os.environ.get("AUTO_DEMO") == "true",
    )


def _run(serving: Coroutine[None, None, None]) -> None:
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)


async def _serve(settings: Settings, options: argparse.Namespace) -> None:
    told_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)
    log = Log(sys.stdout)
    watch = Watch(settings.terms, log.finding)
    running = MockCoordinator(settings)
    # Whoever asks for the line of JSON may read that alone: more would fill the pipe, and then hold us up.
    if not options.ready_json or options.verbose:
        running.observe(log.effect)
        if not options.no_watch:
            running.tap(watch.event)
    if options.verbose:
        running.tap(log.event)
    async with running:
        listening = f"Listening on {running.url} ({settings.chain})"
        log.line(_ready_json(running) if options.ready_json else listening)
        await told_to_end.wait()
    if not options.ready_json:
        log.line("Ended" if options.no_watch else f"Ended, {watch.summary()}")


def _ready_json(running: MockCoordinator) -> str:
    return stringify({"url": running.url, "ws_url": running.ws_url, "port": running.port, "pid": os.getpid()})


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


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"no whole number: {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"no positive number of seconds: {text!r}")
    return seconds
