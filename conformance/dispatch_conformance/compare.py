"""Two results held against each other: what broke, what was mended, what the rules alone changed.

Only what was judged both times can break or be mended. A check that one of the two does not have says
something of the suite or of the selection, not of the worker; but for the checks that tell of breaches only
(`transcript.…`, `life.…`): where these are silent, nothing was broken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dispatch_protocol.clauses import Level

from dispatch_conformance.catalogue import PASSIVE
from dispatch_conformance.report.conclusion import NOTHING_JUDGED
from dispatch_conformance.report.groups import BROKEN
from dispatch_conformance.report.stored import Stored, StoredCheck, StoredOptions
from dispatch_conformance.verdicts import Verdict, place


class Change(StrEnum):
    """What became of a check, the weightiest first.

    `FOUND` is broken and was not judged before, `LOST` was judged before and is no more, `GAINED` is judged
    now and right. `RULES` is what the suite, the specification or the level alone changed. `STILL` was broken
    and is.
    """

    BROKE = "broke"
    FOUND = "found"
    LOST = "lost"
    RULES = "rules"
    MENDED = "mended"
    GAINED = "gained"
    STILL = "still"


@dataclass(frozen=True, slots=True)
class Difference:
    """One check that stands otherwise than before, or is still broken. None: the result does not have it."""

    change: Change
    before: StoredCheck | None
    after: StoredCheck | None
    why: str = ""

    @property
    def check(self) -> StoredCheck:
        """The check as it stands now, or stood."""
        found = self.after or self.before
        if found is None:
            raise AssertionError("a difference has a check")
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two results, what is different about their runs, and every check that changed, by its weight."""

    before: Stored
    after: Stored
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def silenced(self) -> bool:
        """Whether something was judged before, and nothing is now: a worker that does not even connect."""
        return _judged(self.before) and not _judged(self.after)

    @property
    def broke(self) -> bool:
        """Whether something broke."""
        return self.silenced or any(entry.change is Change.BROKE for entry in self.differences)

    def of(self, change: Change) -> tuple[Difference, ...]:
        """The differences of one kind, in the order of the clauses."""
        return tuple(entry for entry in self.differences if entry.change is change)


def compare(before: Stored, after: Stored) -> Comparison:
    """What became of the checks of one result in another, of a later run."""
    sides = _Sides(before, after)
    olds, news = _by_name(before), _by_name(after)
    names = sorted({*olds, *news}, key=lambda name: (place(name[1]), name[0]))
    found = (sides.difference(olds.get(name), news.get(name)) for name in names)
    differences = sorted(filter(None, found), key=lambda entry: _WEIGHTS.index(entry.change))
    return Comparison(before, after, tuple(_notes(before, after)), tuple(differences))


_WEIGHTS: Final = tuple(Change)


class _State(StrEnum):
    """How a check stands: broken, right, or not judged."""

    BROKEN = "broken"
    RIGHT = "right"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class _Sides:
    before: Stored
    after: Stored

    def difference(self, old: StoredCheck | None, new: StoredCheck | None) -> Difference | None:
        """What became of one check; None where there is nothing to tell."""
        if old is not None and new is not None:
            return _both(old, new)
        check = old or new
        if check is None or _state(check) is _State.OPEN:
            return None
        if self._silence_is_right(check):
            return self._passive(old, new)
        if self._rules_differ:
            why = "only the suite of the first result has it" if old else "only that of the second has it"
            return Difference(Change.RULES, old, new, why)
        elsewhere = " that time: the selections differ" if self._selections_differ else ""
        if old is not None:
            return Difference(Change.LOST, old, new, f"it was not examined{elsewhere or ' again'}")
        change = Change.FOUND if _state(check) is _State.BROKEN else Change.GAINED
        return Difference(change, old, new, f"it was not examined{elsewhere or ' before'}")

    def _passive(self, old: StoredCheck | None, new: StoredCheck | None) -> Difference | None:
        """A check that tells of breaches only, and told of one in one of the two results, or of none."""
        if new is not None:
            return Difference(Change.BROKE, old, new) if _state(new) is _State.BROKEN else None
        if old is not None and _state(old) is _State.BROKEN:
            return Difference(Change.MENDED, old, new)
        return None

    def _silence_is_right(self, check: StoredCheck) -> bool:
        """Whether the result that has not this check had the occasion to show its breach."""
        same = self.before.requirements == self.after.requirements and not self._selections_differ
        return check.id.startswith(PASSIVE) and same and _judged(self.before) and _judged(self.after)

    @property
    def _rules_differ(self) -> bool:
        return (self.before.requirements, self.before.suite_version) != (
            self.after.requirements,
            self.after.suite_version,
        )

    @property
    def _selections_differ(self) -> bool:
        return _selection(self.before.options) != _selection(self.after.options)


def _both(old: StoredCheck, new: StoredCheck) -> Difference | None:
    """What became of a check that both results have."""
    was, now = _state(old), _state(new)
    levels = f"its level was {old.level}, and is {new.level}" if old.level != new.level else ""
    if was is now:
        if was is not _State.BROKEN:
            return None
        return Difference(Change.RULES if old.verdict != new.verdict else Change.STILL, old, new, levels)
    if _State.OPEN in {was, now}:
        changes = {_State.BROKEN: Change.FOUND, _State.RIGHT: Change.GAINED, _State.OPEN: Change.LOST}
        why = new.message if now is _State.OPEN else f"before: {old.message}"
        return Difference(changes[now], old, new, why)
    if Level.MAY in {old.level, new.level} and levels:
        return Difference(Change.RULES, old, new, levels)
    return Difference(Change.BROKE if now is _State.BROKEN else Change.MENDED, old, new, levels)


def _notes(before: Stored, after: Stored) -> Iterator[str]:
    """What is different about the two runs themselves, as far as it bears on what they say."""
    if before.requirements != after.requirements:
        yield "the requirement sets differ: a clause may have other words, so that its check asks for more"
    if before.suite_version != after.suite_version:
        yield f"the suites differ: {before.suite_version}, then {after.suite_version}"
    if before.spec_version != after.spec_version:
        yield f"the specifications differ: {before.spec_version}, then {after.spec_version}"
    if before.seed != after.seed:
        yield f"the seeds differ ({before.seed}, then {after.seed}), and so do the random inputs"
    if before.command != after.command:
        yield f"the commands differ: {before.command}, then {after.command}"
    if _selection(before.options) != _selection(after.options):
        yield "the selections differ: profile, random inputs, or what was taken or left out"
    kinds = before.summary.worker.provider_type, after.summary.worker.provider_type
    if kinds[0] != kinds[1]:
        yield f"the worker registered otherwise: {kinds[0] or 'not at all'}, then {kinds[1] or 'not at all'}"


def _selection(options: StoredOptions) -> tuple[object, ...]:
    return options.profile, options.fuzz, options.only, options.exclude, options.only_levels


def _by_name(result: Stored) -> Mapping[tuple[str, str], StoredCheck]:
    return {(check.id, check.clause): check for check in result.checks}


def _judged(result: Stored) -> bool:
    return result.summary.exit_code != NOTHING_JUDGED


def _state(check: StoredCheck) -> _State:
    if check.verdict in BROKEN:
        return _State.BROKEN
    return _State.RIGHT if check.verdict is Verdict.PASS else _State.OPEN
