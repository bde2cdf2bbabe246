"""`dispatch-conformance`: run the suite against a worker, and list what it checks.

Exit codes: 0 conformant; 1 a check failed; 2 misuse, the suite's own failure, or a MUST check that stayed
inconclusive; 3 nothing could be judged, and why; 130 interrupted; 143 terminated.
"""

import argparse
import asyncio
import contextlib
import io
import os
import secrets
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from dispatch_protocol.clauses import SPEC_VERSION, clause
from dispatch_protocol.errors import UsageError

from dispatch_conformance import processes
from dispatch_conformance.catalogue import all_scenarios, chosen
from dispatch_conformance.engine import Engine, Outcome
from dispatch_conformance.launch import end_strays
from dispatch_conformance.outfit import split_command
from dispatch_conformance.report.model import make_report, suite_version
from dispatch_conformance.report.results import write_results
from dispatch_conformance.report.terminal import Terminal
from dispatch_conformance.settings import Settings

MISUSE = 2
"""The exit code for wrong arguments and for the suite's own failures."""

INTERRUPTED = 130
"""The exit code after Ctrl-C."""

TERMINATED = 143
"""The exit code after SIGTERM."""


class Terminated(Exception):
    """SIGTERM came while the suite ran."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal that knows ASCII only is told all the same
    try:
        return int(options.action(options))
    except UsageError as error:
        print(f"dispatch-conformance: {error}", file=sys.stderr)
        return MISUSE
    except BrokenPipeError:
        # whoever read the output has gone: nothing more can be told, nor flushed at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MISUSE
    except KeyboardInterrupt:
        print("dispatch-conformance: interrupted; the workers are gone", file=sys.stderr)
        return INTERRUPTED
    except Terminated:
        print("dispatch-conformance: terminated; the workers are gone", file=sys.stderr)
        return TERMINATED


def run(options: argparse.Namespace) -> int:
    """`run`: the suite against one worker; prints the report and writes it where asked."""
    split_command(options.worker)
    settings = Settings(
        command=options.worker,
        seed=options.seed if options.seed is not None else secrets.randbelow(2**32),
        scale=options.timeout_scale,
        jobs=options.jobs,
        only=tuple(options.only or ()),
        quick=options.profile == "quick",
        fuzz=not options.no_fuzz,
    )
    scenarios = chosen(settings)
    terminal = Terminal()
    terminal.begin(settings, len(scenarios))
    processes.adopt_orphans()
    before = {entry.pid for entry in processes.descendants(os.getpid(), processes.all_processes())}
    try:
        engine = Engine(settings, terminal.scenario_done)
        outcome = asyncio.run(_until_terminated(engine.run(scenarios)))
    finally:
        end_strays(before)
    report = make_report(settings, outcome, scenarios)
    terminal.end(report)
    if options.out is not None:
        write_results(Path(options.out), report, outcome)
        terminal.say(f"written to {options.out}")
    return report.exit_code


async def _until_terminated(running: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Await it. SIGTERM cancels it, so that the workers are ended, and raises Terminated."""
    task = asyncio.ensure_future(running)
    came = False

    def terminate() -> None:
        nonlocal came
        came = True
        task.cancel()

    with contextlib.suppress(NotImplementedError):  # where signals cannot be handled in a loop
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
    try:
        return await task
    except asyncio.CancelledError:
        if came:
            raise Terminated from None
        raise


def list_checks(_options: argparse.Namespace) -> int:
    """`list`: every scenario, what it does, and its checks with their clauses."""
    for entry in all_scenarios():
        flags = " (waits)" if entry.waits else ""
        print(f"{entry.name}{flags}: {entry.about.splitlines()[0] if entry.about else ''}")
        for check, clause_id in entry.check_ids().items():
            print(f"  {check:40} {clause_id:10} {clause(clause_id).level_label}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dispatch-conformance",
        description="Judge a worker by the clauses of the Dispatch worker protocol.",
    )
    version = f"%(prog)s {suite_version()} (specification {SPEC_VERSION})"
    parser.add_argument("--version", action="version", version=version)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    runner = actions.add_parser("run", help="run the suite against a worker")
    runner.set_defaults(action=run)
    runner.add_argument(
        "--worker",
        required=True,
        metavar="COMMAND",
        help="how to start the worker; split as a shell would, run without one; {url}, {ws_url}, {key_path}, "
        "{ollama_url} and {pairing_code} are replaced",
    )
    runner.add_argument(
        "--out", metavar="DIR", help="write results.json, transcripts and the worker's output"
    )
    runner.add_argument("--seed", type=_natural, metavar="N", help="the same seed gives the same inputs")
    runner.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        default=max(8, 4 * (os.cpu_count() or 1)),
        help="scenarios in flight; 1 for workers with shared state (default: %(default)s)",
    )
    runner.add_argument(
        "--only",
        action="append",
        metavar="PREFIX",
        help="scenarios, checks or clauses that begin so; may be repeated",
    )
    runner.add_argument(
        "--profile", choices=("full", "quick"), default="full", help="quick: nothing that waits"
    )
    runner.add_argument(
        "--timeout-scale", type=_scale, default=1.0, metavar="F", help="stretch the suite's patience"
    )
    runner.add_argument("--no-fuzz", action="store_true", help="leave out random inputs")
    lister = actions.add_parser("list", help="list scenarios and checks")
    lister.set_defaults(action=list_checks)
    return parser


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _scale(text: str) -> float:
    number = float(text)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError("must be between 1 and 100: the clauses give no less time")
    return number
