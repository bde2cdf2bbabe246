"""What makes a run fail: the level, the failures that are known, and whether failures come again."""

import argparse
from pathlib import Path

from dispatch_protocol.clauses import Level
from dispatch_protocol.errors import UsageError

from dispatch_conformance import baselines
from dispatch_conformance.baseline import NO_BASELINE, Baseline
from dispatch_conformance.commands.options import Options, failing_level, natural
from dispatch_conformance.report.conclusion import fails
from dispatch_conformance.report.model import Report


def add_judging(parser: argparse.ArgumentParser) -> None:
    """The options that decide what fails."""
    group = parser.add_argument_group("judging")
    group.add_argument(
        "--level",
        type=failing_level,
        default=Level.MUST,
        metavar="LEVEL",
        help="what fails the run: a breach of a must (default), or of a should as well",
    )
    group.add_argument(
        "--baseline",
        metavar="FILE",
        help="failures that are known, each with a reason: a file, or one that ships with the suite: "
        + ", ".join(baselines.shipped()),
    )
    group.add_argument(
        "--write-baseline",
        metavar="FILE",
        help="write a baseline that accepts what fails now; the entries of --baseline keep their reasons",
    )
    group.add_argument(
        "--repeat-failures",
        type=natural,
        metavar="N",
        default=0,
        help="run what failed N times more, and say whether it always fails",
    )


def baseline_of(options: Options) -> Baseline:
    """The baseline that is asked for. Raises UsageError where it is no good, or where none can be written."""
    target = options.write_baseline
    if target is not None and not Path(target).absolute().parent.is_dir():
        raise UsageError(f"the baseline cannot be written to {target}: there is no such folder")
    if target is not None and Path(target).is_dir():
        raise UsageError(f"the baseline cannot be written to {target}: it is a folder")
    return baselines.load(options.baseline) if options.baseline is not None else NO_BASELINE


def save_baseline(target: Path, report: Report, baseline: Baseline) -> int:
    """Write the baseline that accepts a report; returns how many entries it has. Raises UsageError."""
    renewed = baseline.renewed(
        failed=[result for result in report.results if fails(result, report.settings.level)],
        known=[result for result in report.results if result.known],
        stale=report.stale,
        seed=report.settings.seed,
    )
    baselines.write(target, baselines.written(renewed, report.origin, report.settings.command))
    return len(renewed.entries)
