"""`run`: the suite against one worker; prints the report and writes it where asked.

Exit codes: 0 conformant; 1 a check failed; 2 the suite's own failure, or a MUST check that stayed
inconclusive; 3 nothing could be judged, and why.
"""

import os
import secrets
from pathlib import Path

from dispatch_protocol.clauses import Level
from dispatch_protocol.errors import UsageError

from dispatch_conformance.commands.options import Actions, Options, add_worker, level, natural, positive
from dispatch_conformance.commands.selecting import add_selection, dry_run
from dispatch_conformance.engine import Outcome
from dispatch_conformance.execution import execute
from dispatch_conformance.outfit import split_command
from dispatch_conformance.report.conclusion import CONFORMANT, UNDECIDED
from dispatch_conformance.report.folder import prepare, write_results
from dispatch_conformance.report.formats import FORMATS, formats_named
from dispatch_conformance.report.model import Report, make_report
from dispatch_conformance.report.terminal import Terminal
from dispatch_conformance.selection import chosen
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict


def add_parser(actions: Actions) -> None:
    """Add `run`."""
    parser = actions.add_parser("run", help="run the suite against a worker")
    parser.set_defaults(action=run)
    add_worker(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="write results.json, transcripts, the worker's output, and a case of every failure",
    )
    parser.add_argument(
        "--format",
        metavar="NAME[,NAME]",
        help=f"the forms of the report in --out, of {', '.join(FORMATS)} (default: all)",
    )
    parser.add_argument("--seed", type=natural, metavar="N", help="the same seed gives the same inputs")
    parser.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        default=max(8, 4 * (os.cpu_count() or 1)),
        help="scenarios in flight; 1 for workers with shared state (default: %(default)s)",
    )
    parser.add_argument(
        "--level",
        type=level,
        choices=(Level.MUST, Level.SHOULD),
        default=Level.MUST,
        metavar="LEVEL",
        help="the level at which a breach fails the run: must (default), or should as well",
    )
    add_selection(parser)


def run(options: Options) -> int:
    """Run, report, and write the results."""
    split_command(options.worker)
    settings = settings_of(options)
    if options.dry_run:
        return dry_run(settings)
    scenarios = chosen(settings)
    folder, formats = _output(options)
    terminal = Terminal()
    terminal.begin(settings, len(scenarios))
    outcome = execute(settings, scenarios, terminal.scenario_done)
    report = make_report(settings, outcome, scenarios, folder=folder)
    terminal.end(report)
    return _write(report, outcome, formats, terminal)


def settings_of(options: Options) -> Settings:
    """What the arguments tell a run; a seed is drawn where none is given."""
    return Settings(
        command=options.worker,
        seed=options.seed if options.seed is not None else secrets.randbelow(2**32),
        scale=options.timeout_scale,
        jobs=options.jobs,
        only=tuple(options.only),
        exclude=tuple(options.exclude),
        only_levels=tuple(options.only_level),
        level=options.level,
        quick=options.profile == "quick",
        fuzz=not options.no_fuzz,
    )


def _output(options: Options) -> tuple[Path | None, tuple[str, ...]]:
    """The folder of the results, which is there now, and the formats to be written into it."""
    formats = formats_named(options.format)
    if options.out is None:
        if options.format is not None:
            raise UsageError("--format says what is written into --out DIR, which is missing")
        return None, ()
    folder = Path(options.out)
    prepare(folder)
    return folder, formats


def _write(report: Report, outcome: Outcome, formats: tuple[str, ...], terminal: Terminal) -> int:
    """Write the results where they are asked for; the exit code: what could not be written is never a 0."""
    if report.folder is None:
        return report.exit_code
    slips = write_results(report.folder, report, outcome, formats)
    for slip in slips:
        terminal.say(f"the suite's own failure: {slip}", Verdict.FAIL)
    terminal.say(f"written to {report.folder}")
    return report.exit_code or (UNDECIDED if slips else CONFORMANT)
