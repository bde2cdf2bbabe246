"""The options of the command `dispatch-mockcoord`, and what they ask for."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from dispatch_protocol.errors import UsageError
from dispatch_protocol.vocabulary import MAX_BODY_BYTES, MAX_FRAME_BYTES, NETWORKS

from dispatch_mockcoord.control.guard import read_token
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.cors import read_origin
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.faults.listing import terminal_text
from dispatch_mockcoord.faults.spelling import FaultsFile, read_fault, read_file, read_seed
from dispatch_mockcoord.log import Detail
from dispatch_mockcoord.settings import Settings, read_network

PORTS: Final = {"monad": 4010, "solana": 4020}
"""The ports of the deployed coordinators."""

_LAST_PORT: Final = 65_535
_DIGITS: Final = 15
_ABOUT: Final = "A coordinator on one port, until it is told to end."


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options in these arguments, those of the process by default. Ends the process over misuse (2)."""
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dispatch-mockcoord", description=_ABOUT)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, help="port; 0: any free one (default: 4010, for Solana 4020)")
    add("--network", default="monad", help="monad, solana or a CAIP-2 identifier (default: %(default)s)")
    add("--db", metavar="PATH", help="keep jobs and pairings in this file (default: in memory)")
    add("--require-receipts", action="store_true", help="fail jobs that come without a good receipt")
    add("--worker-timeout", type=_seconds, default=120.0, metavar="SECONDS", help="default: 120")
    add("--settle-ms", type=_whole, default=250, metavar="MS", help="grace after registration (default: 250)")
    add("--auto-demo", action="store_true", help="start demo mode after 5 seconds (also: AUTO_DEMO=true)")
    _add_control(parser)
    add("--no-watch", action="store_true", help="do not hold what happens against the clauses")
    add(
        "--ready-json",
        action="store_true",
        help="print one line of JSON when it listens, and nothing more without -v or --log-format",
    )
    _add_log(parser)
    _add_limits(parser)
    _add_faults(parser)
    return parser


def _add_control(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("who may see and control it").add_argument
    add("--no-control", action="store_true", help="no control face under /_mock/, and the plain dashboard")
    add(
        "--control-token",
        type=_checked(read_token),
        metavar="TOKEN",
        help="ask this of everybody who uses the control face (default: drawn, and only off loopback)",
    )
    add(
        "--cors",
        type=_checked(read_origin),
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let web pages of this origin (*: any) use the interface under /v1; may be given several times",
    )


def _add_log(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what it prints (docs/log.md)")
    group.add_argument(
        "--log-format", choices=("text", "json"), help="lines for readers, or one JSON object a line"
    )
    detail = group.add_mutually_exclusive_group()
    of_detail: dict[str, Any] = {"dest": "detail", "action": "store_const", "default": Detail.NORMAL}
    detail.add_argument(
        *("-v", "--verbose"), const=Detail.VERBOSE, help="show every frame and request", **of_detail
    )
    detail.add_argument(
        *("-q", "--quiet"), const=Detail.QUIET, help="show violations and the summary alone", **of_detail
    )


def _add_limits(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("limits, and what is refused beyond them").add_argument

    def limit(option: str, default: int, text: str) -> None:
        add(option, type=_whole, default=default, metavar="N", help=f"{text} (default: %(default)s)")

    defaults = Settings()
    limit("--keep-jobs", defaults.keep_jobs, "finished jobs kept, 0: all; the oldest go")
    limit("--keep-bytes", defaults.keep_bytes, "bytes that these may take, 0: any number; the oldest go")
    limit("--max-frame-bytes", MAX_FRAME_BYTES, "bytes of a frame: close 1009")
    limit("--max-body-bytes", MAX_BODY_BYTES, "bytes of a request's body: 413")
    limit("--max-sockets", defaults.max_sockets, "sockets of workers and clients together: 503")
    limit("--max-connections", defaults.max_connections, "workers' connections: 503")
    limit("--max-pending-jobs", defaults.max_pending_jobs, "jobs that wait for a worker: 503")
    limit("--max-pending-bytes", defaults.max_pending_bytes, "bytes of the jobs that wait for a worker: 503")
    limit("--max-codes", defaults.terms.max_codes, "pairing codes open at once: 503")
    limit("--max-pairings", defaults.terms.max_pairings, "pairing codes and pairings altogether: 503")
    limit("--claim-failures", defaults.claim_failures, "failed claims of an address, 0: any number: 429")


def _add_faults(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("misbehaving on purpose (docs/faults.md)").add_argument
    add(
        "--fault",
        action="append",
        default=[],
        metavar="SPEC",
        help="inject this fault, NAME[:OPTION=VALUE,...]; may be given several times",
    )
    add("--faults", metavar="FILE", help="inject the faults in this TOML file")
    add("--fault-seed", metavar="N", help="what every choice follows from (default: drawn, and printed)")
    add(
        "--variety",
        action="store_true",
        help="vary what the specification leaves free: spelling, unknown members, ids, timing",
    )
    add("--list-faults", action=_ListFaults, nargs=0, help="print the faults there are, and exit")


class _ListFaults(argparse.Action):
    """Prints the list of faults, and ends the process."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        """The option was met."""
        sys.stdout.write(terminal_text())
        parser.exit()


def settings_of(options: argparse.Namespace) -> Settings:
    """How the coordinator is to run. Raises UsageError where no network is of that name."""
    network = read_network(options.network)
    is_solana = network in ("solana", NETWORKS["solana"])
    default_port = PORTS["solana" if is_solana else "monad"]
    return Settings(
        host=options.host,
        port=default_port if options.port is None else options.port,
        network=network,
        db=options.db,
        keep_jobs=options.keep_jobs,
        keep_bytes=options.keep_bytes,
        terms=Terms(
            settle_seconds=options.settle_ms / 1000,
            worker_seconds=options.worker_timeout,
            receipts_required=options.require_receipts,
            max_frame_bytes=options.max_frame_bytes,
            max_codes=options.max_codes,
            max_pairings=options.max_pairings,
        ),
        max_body_bytes=options.max_body_bytes,
        max_sockets=options.max_sockets,
        max_connections=options.max_connections,
        max_pending_jobs=options.max_pending_jobs,
        max_pending_bytes=options.max_pending_bytes,
        claim_failures=options.claim_failures,
        auto_demo=options.auto_demo or os.environ.get("AUTO_DEMO") == "true",
    )


def faults_of(options: argparse.Namespace) -> Faults | None:
    """The faults to be injected, those of the file first; None where none of its options is given.

    Raises UsageError, which names the option, or the file and its entry.
    """
    file = FaultsFile() if options.faults is None else read_file(options.faults)
    given = file.faults + tuple(read_fault(text) for text in options.fault)
    variety = options.variety or file.variety
    if not given and not variety and options.faults is None and options.fault_seed is None:
        return None
    return Faults(given, seed=_seed(options.fault_seed, file.seed), variety=variety)


def _seed(text: str | None, other: int | None) -> int | None:
    if text is None:
        return other
    try:
        return read_seed(text)
    except UsageError as error:
        raise UsageError(f"--fault-seed: {error}") from None


def _checked(read: Callable[[str], str]) -> Callable[[str], str]:
    """The same, as the parser wants its errors."""

    def checked(text: str) -> str:
        try:
            return read(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def _port(text: str) -> int:
    number = _whole(text)
    if number > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"no port: {text}; they end with {_LAST_PORT}")
    return number


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"no whole number: {text!r}")
    if len(text) > _DIGITS:
        raise argparse.ArgumentTypeError(f"too large: {len(text)} digits, where {_DIGITS} may be")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"no positive number of seconds: {text!r}")
    return seconds
