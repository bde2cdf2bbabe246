"""The report of a run, independent of its form: results, summary, exit code, and the reason for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.clauses import SPEC_VERSION, Level, requirement_hash
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.catalogue import reported
from dispatch_conformance.engine import Outcome, ScenarioRun, describe
from dispatch_conformance.report.causes import Cause, CheckName, causes
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.settings import Settings
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.unobserved import REGISTERS, STAYS
from dispatch_conformance.verdicts import CheckResult, Observation, Verdict, fold_all

CONFORMANT: Final = 0
FAILED: Final = 1
UNDECIDED: Final = 2
NOTHING_JUDGED: Final = 3

_LAST_LINES: Final = 10
_CLEAN: Final = frozenset({"exit status 0", "ended by SIGTERM", "ended by SIGKILL"})
_JUDGED: Final = frozenset({Verdict.PASS, Verdict.FAIL, Verdict.WARN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run as it is told. `reason` is one sentence for the exit code; `errors` are the suite's own.

    By scenario: `words` are the last lines that workers printed which ended where they should not, `abouts`
    what it does. By check: `causes` say what the worker's author probably did, `good_before` how often the
    check passed in its scenario before it first failed, `smallest` the smallest input that fails where a
    search found one.
    """

    settings: Settings
    results: tuple[CheckResult, ...]
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

    def transcript_event(self, mark: Mark) -> object:
        """The event at a mark; None if the transcript did not keep it."""
        transcript = self.transcripts.get(mark.transcript)
        if transcript is None or not 0 <= mark.event < len(transcript.events):
            return None
        return transcript.events[mark.event]


def suite_version() -> str:
    """The version of the distribution; "0" where it is not installed."""
    try:
        return version("dispatch-reference")
    except PackageNotFoundError:
        return "0"


def spec_version() -> str:
    """The version of the specification that was judged by."""
    return SPEC_VERSION


def requirements() -> str:
    """A hash over every clause: two reports with the same one were judged by the same rules."""
    return requirement_hash()


def make_report(settings: Settings, outcome: Outcome, scenarios: Sequence[Scenario]) -> Report:
    """The report of an outcome."""
    provider_type = outcome.provider_type
    results = tuple(
        result
        for result in fold_all(outcome.observations(), provider_type)
        if reported(result.id, result.clause, settings.only)
    )
    transcripts = {entry.name: entry for run in outcome.runs for entry in run.transcripts}
    found, slips = _causes(outcome, transcripts)
    first = next((run for run in outcome.runs if run.capabilities), None)
    exit_code, reason = _conclusion(results, outcome)
    if outcome.given_up:
        reason = f"{reason}; {outcome.given_up}"
    return Report(
        settings=settings,
        results=results,
        counts=Counter(result.verdict for result in results),
        exit_code=exit_code,
        reason=reason,
        errors=(*outcome.errors, *slips),
        scenarios=len(scenarios),
        seconds=outcome.seconds,
        stalls=outcome.stalls,
        pubkey=first.pubkey if first else "",
        provider_type=provider_type,
        capabilities=first.capabilities if first else (),
        transcripts=transcripts,
        last_words=_last_words(outcome),
        words={run.scenario.name: printed(run) for run in outcome.runs if _lost(run) or _died(run)},
        abouts={run.scenario.name: _first_paragraph(run.scenario.about) for run in outcome.runs},
        causes=found,
        smallest={check: data for run in outcome.runs for check, data in run.smallest.items()},
        good_before=_good_before(results, outcome.observations()),
    )


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


def _conclusion(results: Sequence[CheckResult], outcome: Outcome) -> tuple[int, str]:
    """The exit code and why. A failed check is certain whatever else went wrong, so it comes first."""
    failed = sum(result.verdict is Verdict.FAIL for result in results)
    opened = sum(_is_open(result) for result in results)
    if failed:
        return FAILED, f"not conformant: {failed} {_checks(failed)} failed"
    if outcome.errors:
        return UNDECIDED, f"the suite itself failed in {len(outcome.errors)} scenarios"
    if not outcome.connected:
        return NOTHING_JUDGED, f"nothing could be judged: {_why_unconnected(outcome)}"
    if opened:
        return UNDECIDED, f"undecided: {opened} {_checks(opened)} of level MUST stayed inconclusive"
    if not any(result.verdict in _JUDGED for result in results):
        return NOTHING_JUDGED, "nothing could be judged: no check applies to this worker"
    return CONFORMANT, "conformant: no check failed"


def _is_open(result: CheckResult) -> bool:
    return result.verdict is Verdict.INCONCLUSIVE and result.level is Level.MUST


def _checks(count: int) -> str:
    return "check" if count == 1 else "checks"


def _why_unconnected(outcome: Outcome) -> str:
    endings = Counter(ending for run in outcome.runs for ending in run.endings)
    if endings:
        ending, times = endings.most_common(1)[0]
        return f"the worker ended before it connected ({ending}, {times} of {len(outcome.runs)} starts)"
    return "the worker never connected to the address in COORDINATOR_URL"


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
