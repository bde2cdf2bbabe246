"""What a run takes of the catalogue, and what its report keeps.

A selection is a list of prefixes: of areas and scenarios (`tasks`, `tasks.summarize`), of checks
(`tasks.summary`, `transcript.W-REG`) or of clauses (`W-OUT`; a whole id means that clause alone). What begins
with one of `only` is taken, what begins with one of `exclude` is left out, and of the rest only what is of
one of `only_levels`.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from dispatch_protocol.clauses import Level, clause
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance import catalogue
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.settings import Settings


class Choice(NamedTuple):
    """Whether a scenario runs, and why, in a few words; `checks` are those that it runs for."""

    scenario: Scenario
    runs: bool
    why: str
    checks: tuple[str, ...] = ()


def chosen(settings: Settings) -> tuple[Scenario, ...]:
    """The scenarios of a run. Raises UsageError if there are none: a run of nothing proves nothing."""
    return tuple(choice.scenario for choice in choices(settings) if choice.runs)


def choices(settings: Settings) -> tuple[Choice, ...]:
    """What becomes of each scenario. Raises UsageError where none runs, or a prefix names nothing."""
    for prefix in (*settings.only, *settings.exclude):
        require_known(prefix)
    made = tuple(_choice(entry, settings) for entry in catalogue.all_scenarios())
    # a scenario without checks examines the suite itself: alone it makes a run only if it was asked for
    if not any(choice.runs and (choice.checks or settings.only) for choice in made):
        asked = (choice.why for choice in made if not settings.only or _named(choice.scenario, settings.only))
        raise UsageError(f"these settings leave no scenario: {'; '.join(dict.fromkeys(asked))}")
    return made


def names(prefix: str, name: str, law: str = "") -> bool:
    """Whether a prefix names a scenario or check, or its clause."""
    if not prefix.startswith("W-"):
        return name.startswith(prefix)
    return law == prefix if prefix[-1].isdigit() else law.startswith(prefix)


def touches(entry: Scenario, prefix: str) -> bool:
    """Whether a prefix names a scenario, one of its checks, or a clause that it is sure to come to."""
    return names(prefix, entry.name) or any(
        names(prefix, check, law) for check, law in catalogue.shown_by(entry).items()
    )


def reported(check: str, law: str, level: Level, settings: Settings) -> bool:
    """Whether a result belongs into the report of a run.

    A selection of clauses keeps only these; one of scenarios or checks keeps their area's checks, and what
    the passive rules and the worker's life showed along the way.
    """
    kept = not settings.only or any(_keeps(prefix, check, law) for prefix in settings.only)
    levels = settings.only_levels
    return kept and not _excluded(check, law, settings) and (not levels or level in levels)


def _choice(entry: Scenario, settings: Settings) -> Choice:
    """A scenario runs if it was asked for, and a check that it shows is left over."""
    checks = tuple(
        check
        for check, law in catalogue.shown_by(entry).items()
        if may_be(law, settings.only_levels)
        and not _excluded(check, law, settings)
        and (not settings.only or any(_keeps(prefix, check, law) for prefix in settings.only))
    )
    against = next(_against(entry, settings, checks), "")
    asked = _named(entry, settings.only)
    return Choice(entry, not against, against or ", ".join(asked) or "everything runs", checks)


def _against(entry: Scenario, settings: Settings, checks: Sequence[str]) -> Iterator[str]:
    """Every reason for which a scenario does not run."""
    if settings.only and not _named(entry, settings.only):
        yield "not selected"
    if settings.quick and entry.waits:
        yield "it waits, which the quick profile leaves out"
    if not settings.fuzz and entry.area == "fuzz":
        yield "random inputs are left out"
    if any(names(prefix, entry.name) for prefix in settings.exclude):
        yield "excluded"
    if not checks and catalogue.shown_by(entry):
        yield "no check of it is left"


def _named(entry: Scenario, only: Sequence[str]) -> list[str]:
    return [prefix for prefix in only if touches(entry, prefix)]


def _excluded(check: str, law: str, settings: Settings) -> bool:
    return any(names(prefix, check, law) for prefix in settings.exclude)


def _keeps(prefix: str, check: str, law: str) -> bool:
    if prefix.startswith(("W-", *catalogue.PASSIVE)):
        return names(prefix, check, law)
    area, dot, _ = prefix.partition(".")
    return check.startswith((*catalogue.PASSIVE, area + dot))


def may_be(law: str, levels: Sequence[Level]) -> bool:
    """Whether a clause is of one of these levels, for some worker."""
    return not levels or any(clause(law).level_for(kind) in levels for kind in (*ProviderType, None))


def require_known(prefix: str) -> None:
    """Raises UsageError where a prefix begins nothing that there is, naming the nearest thing."""
    checks = catalogue.all_checks()
    scenarios = {entry.name: entry.area for entry in catalogue.all_scenarios()}
    if prefix and any(names(prefix, name) for name in (*scenarios, *checks)):
        return
    if prefix and any(names(prefix, check, law) for check, law in checks.items()):
        return
    areas = (law.rpartition("-")[0] for law in checks.values())
    known = [*scenarios.values(), *areas, *scenarios, *checks, *checks.values()]
    raise UsageError(f"nothing begins with {shown(prefix, 60)!r}{nearest(prefix, known)}; see `list`")


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean …?` for the nearest of these words; empty where none is near."""
    found = get_close_matches(word[:200], dict.fromkeys(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""
