"""`run`: the suite against one worker; prints the report and writes it where asked.

Exit codes: 0 conformant, or no failure that the baseline does not know; 1 a check failed, or the baseline is
stale; 2 misuse, the suite's own failure, or a MUST check that stayed inconclusive; 3 nothing could be judged,
and why.
"""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from dispatch_protocol.errors import UsageError

from dispatch_conformance.attach.attachment import Attachment
from dispatch_conformance.baseline import Baseline
from dispatch_conformance.commands.attaching import Steps, add_attaching, attachment_of, require_testable
from dispatch_conformance.commands.judging import add_judging, baseline_of, save_baseline
from dispatch_conformance.commands.options import Actions, Options, add_worker, natural, positive
from dispatch_conformance.commands.selecting import add_selection, dry_run
from dispatch_conformance.engine import Outcome
from dispatch_conformance.execution import execute
from dispatch_conformance.repeating import repeated, scenarios_of
from dispatch_conformance.report.conclusion import CONFORMANT, UNDECIDED
from dispatch_conformance.report.folder import prepare, write_results
from dispatch_conformance.report.formats import FORMATS, formats_named
from dispatch_conformance.report.model import Report, make_report
from dispatch_conformance.report.progress import Progress
from dispatch_conformance.report.terminal import Terminal
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.selection import chosen
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict


def add_parser(actions: Actions) -> None:
    """Add `run`."""
    parser = actions.add_parser(
        "run",
        help="run the suite against a worker",
        description="Run the suite against one worker, and say what it breaks and how to mend it.",
        epilog="exit codes: 0 conformant, or nothing failed that the baseline does not know; 1 a check "
        "failed, or the baseline is stale; 2 misuse, a failure of the suite itself, or a MUST that stayed "
        "inconclusive; 3 nothing could be judged",
    )
    parser.set_defaults(action=run)
    add_worker(parser, required=False)
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="write the report in every form, transcripts, the worker's output, and a case of every failure",
    )
    parser.add_argument(
        "--format",
        metavar="NAME[,NAME]",
        help=f"the forms of the report in --out, of {', '.join(FORMATS)} (default: all)",
    )
    parser.add_argument(
        "--seed",
        type=natural,
        metavar="N",
        help="the same seed gives the same inputs (default: the baseline's, or a random one)",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        default=max(8, 4 * (os.cpu_count() or 1)),
        help="scenarios in flight; 1 for workers with shared state (default: %(default)s)",
    )
    quietly = "no progress, and nothing of what passed or was not judged"
    parser.add_argument("--quiet", action="store_true", help=quietly)
    add_attaching(parser)
    add_selection(parser)
    add_judging(parser)


def run(options: Options) -> int:
    """Run, report, and write the results."""
    attachment = attachment_of(options)
    baseline = baseline_of(options)
    settings = settings_of(options, baseline, attachment)
    if options.dry_run:
        return dry_run(settings)
    scenarios = chosen(settings)
    if attachment is not None:
        require_testable(scenarios, attachment)
    folder, formats = _output(options)
    terminal = Terminal(quiet=options.quiet)
    terminal.begin(settings, len(scenarios))
    outcome, report = _examine(settings, scenarios, baseline, folder, quiet=options.quiet)
    return _conclude(options, outcome, report, baseline=baseline, formats=formats, terminal=terminal)


def settings_of(options: Options, baseline: Baseline, attachment: Attachment | None) -> Settings:
    """What the arguments tell a run. The seed is the one given, the baseline's, or drawn."""
    seeds = (options.seed, baseline.seed, secrets.randbelow(2**32))
    return Settings(
        command=options.worker or "",
        seed=next(seed for seed in seeds if seed is not None),
        scale=options.timeout_scale,
        jobs=options.jobs if attachment is None else 1,
        only=tuple(options.only),
        exclude=tuple(options.exclude),
        only_levels=tuple(options.only_level),
        level=options.level,
        quick=options.profile == "quick",
        fuzz=not options.no_fuzz,
        repeat_failures=options.repeat_failures,
        baseline=baseline.name,
        attach=attachment,
    )


def _examine(
    settings: Settings, scenarios: Sequence[Scenario], baseline: Baseline, folder: Path | None, *, quiet: bool
) -> tuple[Outcome, Report]:
    """Run the scenarios, and those of failures again where that is asked for, showing how far it is."""
    known = [entry.check for entry in baseline.entries]
    if settings.attach is not None:  # what somebody is asked to do stands where the progress would
        outcome = execute(settings, scenarios, Steps(len(scenarios), quiet=quiet))
        return outcome, make_report(settings, outcome, scenarios, baseline=baseline, folder=folder)
    with Progress(len(scenarios), known, quiet=quiet) as progress:
        outcome = execute(settings, scenarios, progress)
    report = make_report(settings, outcome, scenarios, baseline=baseline, folder=folder)
    failed = scenarios_of(report, scenarios)
    if settings.repeat_failures and failed:
        with Progress(len(failed) * settings.repeat_failures, known, quiet=quiet) as progress:
            report = repeated(report, failed, progress)
    return outcome, report


def _output(options: Options) -> tuple[Path | None, tuple[str, ...]]:
    """The folder of the results, which is there now, and the formats to be written into it."""
    formats = formats_named(options.format)
    if options.out is None:
        if options.format is not None:
            raise UsageError("--format says what is written into --out DIR, which is missing")
        return None, ()
    if not options.out:
        raise UsageError("--out DIR names no folder")
    folder = Path(options.out)
    prepare(folder)
    return folder, formats


def _conclude(
    options: Options,
    outcome: Outcome,
    report: Report,
    *,
    baseline: Baseline,
    formats: tuple[str, ...],
    terminal: Terminal,
) -> int:
    """Write what is asked for, then tell; the exit code: what could not be written is never a 0."""
    slips: tuple[str, ...] = ()
    written: list[str] = []
    try:  # kept before it is told: stdout may be full, or its reader gone
        if report.folder is not None:
            slips = write_results(report.folder, report, outcome, formats)
            written.append(f"written to {report.folder}")
        if options.write_baseline is not None:
            count = save_baseline(Path(options.write_baseline), report, baseline)
            entries = "1 entry" if count == 1 else f"{count} entries"
            written.append(f"a baseline of {entries} is written to {options.write_baseline}")
    finally:
        terminal.end(report)
    for slip in slips:
        terminal.say(f"the suite's own failure: {slip}", Verdict.FAIL)
    for text in written:
        terminal.say(text)
    return report.exit_code or (UNDECIDED if slips else CONFORMANT)
