"""The report of a run, independent of its form: results, summary, exit code, and the reason for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.clauses import clause
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.baseline import NO_BASELINE, Baseline, Known
from dispatch_conformance.engine import Outcome, ScenarioRun, describe
from dispatch_conformance.report.causes import Cause, CheckName, causes
from dispatch_conformance.report.conclusion import conclude
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.origin import Origin, origin_of
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.selection import reported
from dispatch_conformance.settings import Settings
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.unobserved import REGISTERS, STAYS
from dispatch_conformance.verdicts import CheckResult, Observation, Verdict, fold_all

_LAST_LINES: Final = 10
_CLEAN: Final = frozenset({"exit status 0", "ended by SIGTERM", "ended by SIGKILL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run as it is told. `reason` is one sentence for the exit code; `errors` are the suite's own.

    `origin` says which suite ran where and when, `stale` the entries of the baseline that are no longer true,
    `folder` where the report is written, None where it is not. `scenarios` counts what ran.

    By scenario: `words` are the last lines that workers printed which ended where they should not, `abouts`
    what it does. By check: `causes` say what the worker's author probably did, `good_before` how often the
    check passed in its scenario before it first failed, `smallest` the smallest input that fails where a
    search found one.
    """

    settings: Settings
    origin: Origin
    results: tuple[CheckResult, ...]
    stale: tuple[Known, ...]
    counts: Mapping[Verdict, int]
    exit_code: int
    reason: str
    errors: tuple[str, ...]
    scenarios: int
    seconds: float
    stalls: float
    pubkey: str
    provider_type: ProviderType | None
    capabilities: tuple[str, ...]
    transcripts: Mapping[str, Transcript]
    last_words: str
    words: Mapping[str, str]
    abouts: Mapping[str, str]
    causes: Mapping[CheckName, Cause]
    good_before: Mapping[CheckName, int]
    smallest: Mapping[str, JsonValue]
    folder: Path | None = None

    def transcript_event(self, mark: Mark) -> object:
        """The event at a mark; None if the transcript did not keep it."""
        transcript = self.transcripts.get(mark.transcript)
        if transcript is None or not 0 <= mark.event < len(transcript.events):
            return None
        return transcript.events[mark.event]


def make_report(
    settings: Settings,
    outcome: Outcome,
    scenarios: Sequence[Scenario],
    *,
    baseline: Baseline = NO_BASELINE,
    folder: Path | None = None,
) -> Report:
    """The report of an outcome; failures that the baseline has an entry for are known."""
    results = baseline.accepted(_asked_for(settings, outcome))
    stale = _stale(baseline, results, outcome, settings)
    excused = frozenset(entry.check for entry in baseline.entries)
    conclusion = conclude(results, outcome, level=settings.level, stale=stale, excused=excused)
    transcripts = {entry.name: entry for run in outcome.runs for entry in run.transcripts}
    found, slips = _causes(outcome, transcripts)
    first = next((run for run in outcome.runs if run.capabilities), None)
    return Report(
        settings=settings,
        origin=origin_of(outcome.started),
        results=results,
        stale=stale,
        counts=Counter(result.verdict for result in results),
        exit_code=conclusion.exit_code,
        reason=conclusion.reason,
        errors=(*outcome.errors, *slips),
        scenarios=len(scenarios),
        seconds=outcome.seconds,
        stalls=outcome.stalls,
        pubkey=first.pubkey if first else "",
        provider_type=outcome.provider_type,
        capabilities=first.capabilities if first else (),
        transcripts=transcripts,
        last_words=_last_words(outcome),
        words={run.scenario.name: printed(run) for run in outcome.runs if _lost(run) or _died(run)},
        abouts={run.scenario.name: _first_paragraph(run.scenario.about) for run in outcome.runs},
        causes=found,
        smallest={check: data for run in outcome.runs for check, data in run.smallest.items()},
        good_before=_good_before(results, outcome.observations()),
        folder=folder,
    )


def _asked_for(settings: Settings, outcome: Outcome) -> tuple[CheckResult, ...]:
    """The results that the settings ask for."""
    return tuple(
        result
        for result in fold_all(outcome.observations(), outcome.provider_type)
        if reported(result.id, result.clause, result.level, settings)
    )


def _stale(
    baseline: Baseline, results: Sequence[CheckResult], outcome: Outcome, settings: Settings
) -> tuple[Known, ...]:
    """The entries, of those that were asked for, that this run shows to be no longer true."""
    ran = {run.scenario.name for run in outcome.runs if not run.error and not _lost(run)}
    found = baseline.stale(results, ran, seed=settings.seed, quick=settings.quick)
    levels = {entry: clause(entry.clause).level_for(outcome.provider_type) for entry in found}
    return tuple(entry for entry in found if reported(entry.check, entry.clause, levels[entry], settings))


def _good_before(results: Sequence[CheckResult], observations: Sequence[Observation]) -> dict[CheckName, int]:
    """How often each failed check passed before it failed; the passive rules pass all at once, at the end."""
    broken = {(entry.id, entry.clause): entry.scenario for entry in results if entry.verdict in BROKEN}
    passed = dict.fromkeys(broken, 0)
    settled: set[CheckName] = set()
    for entry in observations:
        name = (entry.check, entry.clause)
        if broken.get(name) == entry.scenario and name not in settled:
            passed[name] += entry.verdict is Verdict.PASS
            if entry.verdict is Verdict.FAIL:
                settled.add(name)
    return {name: count for name, count in passed.items() if not name[0].startswith("transcript.")}


def _causes(
    outcome: Outcome, transcripts: Mapping[str, Transcript]
) -> tuple[Mapping[CheckName, Cause], tuple[str, ...]]:
    """The causes, or how their search failed: that is told, and takes nothing from the verdicts."""
    try:
        return causes(outcome.observations(), transcripts), ()
    except Exception as failure:
        return {}, (f"the search for likely causes: {describe(failure)}",)


def _last_words(outcome: Outcome) -> str:
    """The end of what a worker printed that did not come so far as it should, or that broke down."""
    chosen = (run for run in outcome.runs if not outcome.connected or _lost(run) or _died(run))
    return next(filter(None, map(printed, chosen)), "")


def _lost(run: ScenarioRun) -> bool:
    """Whether a worker did not register, or did not stay, where the scenario needed it."""
    return any(entry.check in {REGISTERS[0], STAYS[0]} for entry in run.observations)


def _first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


def _died(run: ScenarioRun) -> bool:
    """Whether a worker broke down in this scenario, and something that the scenario itself judges failed."""
    failed = (entry.check for entry in run.observations if entry.verdict is Verdict.FAIL)
    own = any(not check.startswith("transcript.") for check in failed)
    return own and not _CLEAN.issuperset(run.endings)


def printed(run: ScenarioRun) -> str:
    """The last lines of what the workers of a scenario printed, of the last that printed anything."""
    outputs = [output.strip() for output in run.outputs if output.strip()]
    return "\n".join(outputs[-1].splitlines()[-_LAST_LINES:]) if outputs else ""
