"""`dispatch-conformance`: run the suite against a worker, replay one failure, explain a clause, list checks.

Exit codes of `run`: 0 conformant; 1 a check failed; 2 misuse, the suite's own failure, or a MUST check that
stayed inconclusive; 3 nothing could be judged, and why. Of `replay`: 0 FIXED, 1 FAILED, 2 ERROR. Of all: 2
misuse; 130 interrupted; 143 terminated.
"""

import argparse
import io
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from dispatch_protocol.clauses import SPEC_VERSION, clause
from dispatch_protocol.errors import UsageError

from dispatch_conformance import rerun
from dispatch_conformance.catalogue import all_scenarios, chosen
from dispatch_conformance.execution import Terminated, execute
from dispatch_conformance.outfit import split_command
from dispatch_conformance.report.groups import failures
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
    outcome = execute(settings, scenarios, terminal.scenario_done)
    report = make_report(settings, outcome, scenarios)
    out = Path(options.out) if options.out is not None else None
    terminal.end(report, out)
    if out is not None:
        write_results(out, report, outcome)
        terminal.say(f"written to {options.out}")
    return report.exit_code


def replay(options: argparse.Namespace) -> int:
    """`replay`: one failure again, from its case or any recording; prints FIXED, FAILED or ERROR, and why."""
    terminal = Terminal()
    try:
        split_command(options.worker)
        again = rerun.load(Path(options.file), options.worker, options.timeout_scale)
        terminal.begin(again.settings, 1)
        outcome = execute(again.settings, [again.scenario], terminal.scenario_done)
    except UsageError as error:
        conclusion = rerun.Conclusion(rerun.Word.ERROR, str(error))
    else:
        report = make_report(again.settings, outcome, [again.scenario])
        found = failures(filter(again.shown, report.results), report.causes)
        for failure in found:
            terminal.failure(report, failure)
        terminal.last_words(report, found)
        conclusion = again.conclusion(report)
    terminal.say(f"{conclusion.word}  {conclusion.why}", conclusion.verdict)
    return conclusion.word.exit_code


def explain(options: argparse.Namespace) -> int:
    """`explain`: one clause with all that is known of breaking it, or the list of those that begin so."""
    from dispatch_conformance.explain.page import explained  # noqa: PLC0415  only this action needs it

    print(explained(options.clause))
    return 0


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
    _add_run(actions.add_parser("run", help="run the suite against a worker"))
    replayer = actions.add_parser("replay", help="run one failure again: FIXED, FAILED or ERROR")
    replayer.set_defaults(action=replay)
    replayer.add_argument("file", metavar="FILE", help="DIR/cases/CHECK.jsonl of a run, or any recording")
    _add_worker(replayer)
    explainer = actions.add_parser("explain", help="explain a clause: what is sent, expected, and goes wrong")
    explainer.set_defaults(action=explain)
    explainer.add_argument("clause", metavar="CLAUSE", help="a clause's id, or its beginning for a list")
    lister = actions.add_parser("list", help="list scenarios and checks")
    lister.set_defaults(action=list_checks)
    return parser


def _add_run(runner: argparse.ArgumentParser) -> None:
    runner.set_defaults(action=run)
    _add_worker(runner)
    runner.add_argument(
        "--out",
        metavar="DIR",
        help="write results.json, transcripts, the worker's output, and a case of every failure",
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
    runner.add_argument("--no-fuzz", action="store_true", help="leave out random inputs")


def _add_worker(parser: argparse.ArgumentParser) -> None:
    """The options of every action that starts a worker."""
    parser.add_argument(
        "--worker",
        required=True,
        metavar="COMMAND",
        help="how to start the worker; split as a shell would, run without one; {url}, {ws_url}, {key_path}, "
        "{ollama_url} and {pairing_code} are replaced",
    )
    parser.add_argument(
        "--timeout-scale", type=_scale, default=1.0, metavar="F", help="stretch the suite's patience"
    )


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
