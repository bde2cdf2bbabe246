"""What follows from the results: the exit code, and the reason for it in a sentence.

A failed check is certain whatever else went wrong, so it comes first; then an entry of the baseline that is
no longer true, then what the suite could not do.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from dispatch_protocol.clauses import Level

from dispatch_conformance.baseline import Known
from dispatch_conformance.engine import Outcome
from dispatch_conformance.verdicts import CheckResult, Verdict

CONFORMANT: Final = 0
FAILED: Final = 1
UNDECIDED: Final = 2
NOTHING_JUDGED: Final = 3

_DOCTOR: Final = "dispatch-conformance doctor --worker COMMAND finds out why"

_JUDGED: Final = frozenset({Verdict.PASS, Verdict.FAIL, Verdict.WARN})


class Conclusion(NamedTuple):
    """The exit code, and why."""

    exit_code: int
    reason: str


def fails(result: CheckResult, level: Level) -> bool:
    """Whether a result makes a run fail at a level: MUST alone, or SHOULD as well. What is known does not."""
    breach = {Verdict.FAIL} if level is Level.MUST else {Verdict.FAIL, Verdict.WARN}
    return result.verdict in breach and not result.known


def conclude(
    results: Sequence[CheckResult],
    outcome: Outcome,
    *,
    level: Level = Level.MUST,
    stale: Sequence[Known] = (),
    excused: frozenset[str] = frozenset(),
) -> Conclusion:
    """The conclusion of a run. `excused` are the checks of the baseline: such a one may stay open."""
    code, reason = next(_conclusions(results, outcome, level, stale, excused))
    return Conclusion(code, f"{reason}; {outcome.given_up}" if outcome.given_up else reason)


def _conclusions(
    results: Sequence[CheckResult],
    outcome: Outcome,
    level: Level,
    stale: Sequence[Known],
    excused: frozenset[str],
) -> Iterator[Conclusion]:
    """Everything that holds of a run, the weightiest first; there is always one."""
    if failed := [result for result in results if fails(result, level)]:
        yield Conclusion(FAILED, f"not conformant: {_told(failed)}")
    if stale:
        entries = "entry" if len(stale) == 1 else "entries"
        yield Conclusion(FAILED, f"the baseline is stale: {len(stale)} {entries} to remove")
    if outcome.errors:
        yield Conclusion(UNDECIDED, f"the suite itself failed in {len(outcome.errors)} scenarios")
    if not outcome.connected:
        yield Conclusion(NOTHING_JUDGED, f"nothing could be judged: {_why_unconnected(outcome)}")
    if opened := sum(_is_open(result) and result.id not in excused for result in results):
        yield Conclusion(UNDECIDED, f"undecided: {_checks(opened)} of level MUST stayed inconclusive")
    if not any(result.verdict in _JUDGED for result in results):
        yield Conclusion(NOTHING_JUDGED, "nothing could be judged: no check applies to this worker")
    if known := sum(bool(result.known) for result in results):
        yield Conclusion(CONFORMANT, f"no new failure: {_checks(known)} failed as the baseline has it")
    yield Conclusion(CONFORMANT, "conformant: no check failed")


def _told(failed: Sequence[CheckResult]) -> str:
    """`3 checks failed`, with those apart that fail because warnings do."""
    hard = sum(result.verdict is Verdict.FAIL for result in failed)
    soft = len(failed) - hard
    parts = [f"{_checks(hard)} failed"] if hard else []
    parts += [f"{_checks(soft)} of level SHOULD failed"] if soft else []
    return ", ".join(parts)


def _is_open(result: CheckResult) -> bool:
    return result.verdict is Verdict.INCONCLUSIVE and result.level is Level.MUST


def _checks(count: int) -> str:
    return f"{count} check" if count == 1 else f"{count} checks"


def _why_unconnected(outcome: Outcome) -> str:
    if outcome.absence:
        return outcome.absence
    endings = Counter(ending for run in outcome.runs for ending in run.endings)
    if endings:
        ending, times = endings.most_common(1)[0]
        starts = f"{times} of {len(outcome.runs)} starts"
        return f"the worker ended before it connected ({ending}, {starts}); {_DOCTOR}"
    return f"the worker never connected to the address in COORDINATOR_URL; {_DOCTOR}"
