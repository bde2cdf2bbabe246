"""Failures again: whether a failed check fails each time its scenario runs, or only now and then.

Every repetition is a fresh worker with the seed of the run, so that its inputs are the same.
"""

from collections.abc import Sequence
from dataclasses import replace

from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.engine import Outcome, ScenarioRun, Watch
from dispatch_conformance.execution import execute
from dispatch_conformance.report.conclusion import fails
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.model import Report
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.verdicts import CheckResult, Repeats, fold


def scenarios_of(report: Report, scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """The scenarios, of those that ran, whose checks make the run fail."""
    names = {result.scenario for result in report.results if fails(result, report.settings.level)}
    return tuple(entry for entry in scenarios if entry.name in names)


def repeated(report: Report, scenarios: Sequence[Scenario], watch: Watch | None = None) -> Report:
    """The report, in which each failed check says how often it failed again.

    Runs each of these scenarios `settings.repeat_failures` times more; see `execution.execute` for what that
    raises. A repetition in which the suite itself failed does not count.
    """
    again = execute(report.settings, [*scenarios] * report.settings.repeat_failures, watch)
    return labelled(report, again)


def labelled(report: Report, again: Outcome) -> Report:
    """The report with what its repetitions showed."""
    runs = [run for run in again.runs if run.attempt == 1 and not run.error]
    results = tuple(
        replace(result, repeats=_repeats(result, runs, report.provider_type))
        if fails(result, report.settings.level)
        else result
        for result in report.results
    )
    return replace(report, results=results)


def _repeats(
    result: CheckResult, runs: Sequence[ScenarioRun], provider_type: ProviderType | None
) -> Repeats | None:
    """How often a check was broken in these runs of its scenario; None where there is none."""
    own = [run for run in runs if run.scenario.name == result.scenario]
    failed = 0
    for run in own:
        seen = [
            entry for entry in run.observations if (entry.check, entry.clause) == (result.id, result.clause)
        ]
        failed += bool(seen) and fold(seen, provider_type).verdict in BROKEN
    return Repeats(failed, len(own)) if own else None
