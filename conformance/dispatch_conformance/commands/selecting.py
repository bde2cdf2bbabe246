"""What a run takes, and what makes it fail: the options for it, and `--dry-run`, which only tells."""

import argparse

from dispatch_protocol.clauses import clause

from dispatch_conformance.attach.plan import objection
from dispatch_conformance.catalogue import all_checks
from dispatch_conformance.commands.options import level
from dispatch_conformance.estimate import estimated_seconds
from dispatch_conformance.selection import choices
from dispatch_conformance.settings import Settings


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that select."""
    group = parser.add_argument_group(
        "selection", "PREFIX begins the name of an area, scenario, check or clause; may be repeated"
    )
    group.add_argument("--only", action="append", metavar="PREFIX", default=[], help="take only these")
    group.add_argument("--exclude", action="append", metavar="PREFIX", default=[], help="leave these out")
    group.add_argument(
        "--only-level",
        type=level,
        action="append",
        metavar="LEVEL",
        default=[],
        help="take only the checks of this level: must, should or may; may be repeated",
    )
    group.add_argument(
        "--profile",
        choices=("full", "quick"),
        default="full",
        help="quick: nothing that waits for time (default: full)",
    )
    group.add_argument("--no-fuzz", action="store_true", help="leave out random inputs")
    group.add_argument("--dry-run", action="store_true", help="say what would run, why, and how long")


def dry_run(settings: Settings) -> int:
    """Say what would run. Raises UsageError where nothing would."""
    made = choices(settings)
    laws = all_checks()
    taken = [choice for choice in made if choice.runs]
    if settings.attach is not None:
        for choice in taken:
            if why := objection(choice.scenario, settings.attach):
                print(f"{choice.scenario.name}: not testable here: {why}")
        taken = [choice for choice in taken if not objection(choice.scenario, settings.attach)]
    for choice in taken:
        print(f"{choice.scenario.name}: {choice.why}; about {choice.scenario.seconds:g} s")
        for check in choice.checks:
            print(f"  {check:40} {laws[check]:10} {clause(laws[check]).level_label}")
    left: dict[str, list[str]] = {}
    for choice in made:
        if not choice.runs:
            left.setdefault(choice.why, []).append(choice.scenario.name)
    for why, scenarios in left.items():
        print(f"left out, {why}: {', '.join(scenarios)}")
    seconds = estimated_seconds([choice.scenario for choice in taken], settings.jobs)
    print(
        f"{len(taken)} of {len(made)} scenarios would run, {settings.jobs} at once: "
        f"about {seconds:.0f} s for a worker that keeps every clause"
    )
    return 0
