"""Baselines: failures that are known and accepted, each with a reason, so that only new ones fail a run.

A baseline is a TOML file:

    schema = "dispatch-conformance-baseline/1"
    seed = 7                        # optional: the seed of the run that wrote it, taken where none is given

    [[known]]
    check = "tasks.summary"
    clause = "W-OUT-4"              # optional, for the reader
    scenario = "tasks.long"         # optional: where it was seen
    reason = "cuts one unit short; ours to mend in version 3"

A check with an entry that fails is known, and fails no run. One that passes where it was seen to fail makes
its entry stale: that fails the run, so that no baseline outlives what it excuses. An entry whose check could
not be seen is neither: its scenario did not run, or it belongs to random search, which another seed or the
quick profile leads elsewhere. What is open (inconclusive, not testable) leaves its entry alone.

An entry also covers what the frames of its scenario show of the same clause (`transcript.CLAUSE`): that is
the same failure seen a second time, or, at the edge of a time limit, not seen.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dispatch_conformance import catalogue
from dispatch_conformance.verdicts import CheckResult, Verdict, place

SCHEMA: Final = "dispatch-conformance-baseline/1"
"""The value of a baseline's member `schema`."""

MAX_FOUND: Final = 200
"""How many characters of what was found the reason of a new entry holds."""

BROKEN: Final = frozenset({Verdict.FAIL, Verdict.WARN})
RANDOM: Final = "fuzz."
SHOWN: Final = "transcript."


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One accepted failure of a check, which is one of `clause`; `scenario` may be empty."""

    check: str
    reason: str
    clause: str
    scenario: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A baseline: its name (a shipped one's, or a path), the seed it was written with, and its entries."""

    name: str = ""
    seed: int | None = None
    entries: tuple[Known, ...] = ()

    def accepted(self, results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
        """The results; those that failed and have an entry now say why that is accepted."""
        reasons = {entry.check: entry.reason for entry in self.entries}
        echoed = {(entry.clause, place): entry.reason for entry in self.entries for place in _places(entry)}
        return tuple(
            replace(result, known=reasons.get(result.id) or _echo(result, echoed))
            if result.verdict in BROKEN
            else result
            for result in results
        )

    def stale(
        self, results: Sequence[CheckResult], ran: Collection[str], *, seed: int, quick: bool
    ) -> tuple[Known, ...]:
        """The entries whose check passed, although every scenario ran in which it was (or could be) seen."""
        verdicts: dict[str, set[Verdict]] = {}
        for result in results:
            verdicts.setdefault(result.id, set()).add(result.verdict)
        same_search = self.seed == seed and not quick
        return tuple(
            entry
            for entry in self.entries
            if verdicts.get(entry.check, _unseen(entry)) == {Verdict.PASS}
            and all(name in ran and (same_search or not name.startswith(RANDOM)) for name in _places(entry))
        )

    def renewed(
        self,
        failed: Sequence[CheckResult],
        known: Sequence[CheckResult],
        stale: Collection[Known],
        seed: int,
    ) -> "Baseline":
        """The baseline that accepts a run: what failed in it is added, what is stale goes, the rest stays.

        `known` are the results that this one accepted: their clause and scenario are brought up to date.
        What frames show of a breach that another check has found in the same scenario gets no entry.
        """
        found = {
            (result.clause, result.scenario)
            for result in (*failed, *known)
            if not result.id.startswith(catalogue.PASSIVE)
        }
        now = {result.id: result for result in known}
        kept = (
            replace(entry, clause=now[entry.check].clause, scenario=now[entry.check].scenario)
            if entry.check in now
            else entry
            for entry in self.entries
            if entry not in stale
        )
        added = (
            Known(
                check=result.id,
                clause=result.clause,
                scenario=result.scenario,
                reason=f"accepted without a reason yet; found: {result.message[:MAX_FOUND]}",
            )
            for result in failed
            if not (result.id.startswith(SHOWN) and (result.clause, result.scenario) in found)
        )
        entries = sorted((*kept, *added), key=lambda entry: (place(entry.clause), entry.check))
        return Baseline(name=self.name, seed=seed, entries=tuple(entries))


NO_BASELINE: Final = Baseline()
"""Nothing is accepted."""


def _echo(result: CheckResult, echoed: Mapping[tuple[str, str], str]) -> str:
    """The reason of the entry for what frames show of the same breach; "" where there is none."""
    return echoed.get((result.clause, result.scenario), "") if result.id.startswith(SHOWN) else ""


def _unseen(entry: Known) -> set[Verdict]:
    """What it means that nothing was observed: of checks that only tell of breaches, that there was none."""
    return {Verdict.PASS} if entry.check.startswith(catalogue.PASSIVE) else set()


def _places(entry: Known) -> frozenset[str]:
    """The scenarios that must have run before an entry can be stale."""
    every = {scenario.name: scenario for scenario in catalogue.all_scenarios()}
    if entry.scenario in every:
        return frozenset({entry.scenario})
    declared = (name for name, scenario in every.items() if entry.check in scenario.check_ids())
    return frozenset(declared) or frozenset(every)
