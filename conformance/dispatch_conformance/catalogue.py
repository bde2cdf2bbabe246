"""The scenarios there are, and which of them a run takes.

A selection is a list of prefixes: of scenario names (`tasks`), of check ids (`tasks.summary`) or of clause
ids (`W-OUT`).
"""

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from typing import Final

from dispatch_protocol.errors import UsageError, shown

from dispatch_conformance import scenarios
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.settings import Settings

_BESIDE: Final = ("dispatch_conformance.fuzz", "dispatch_conformance.replay")


@cache
def all_scenarios() -> tuple[Scenario, ...]:
    """Every Scenario at the top level of a module under `scenarios`, of `fuzz` and of `replay`, by name."""
    found: dict[str, Scenario] = {}
    by_area = pkgutil.iter_modules(scenarios.__path__, f"{scenarios.__name__}.")
    for name in (*(module.name for module in by_area), *_BESIDE):
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, Scenario) and found.setdefault(value.name, value) is not value:
                raise AssertionError(f"two scenarios are named {value.name}")
    return tuple(found[name] for name in sorted(found))


def chosen(settings: Settings) -> tuple[Scenario, ...]:
    """The scenarios of a run. Raises UsageError if there are none: a run of nothing proves nothing."""
    picked = [
        entry
        for entry in all_scenarios()
        if (not settings.only or any(touches(entry, prefix) for prefix in settings.only))
        and not (settings.quick and entry.waits)
        and (settings.fuzz or entry.area != "fuzz")
    ]
    if not picked:
        wanted = ", ".join(shown(prefix) for prefix in settings.only) or "these settings"
        raise UsageError(f"no scenario fits {wanted}; see `dispatch-conformance list`")
    return tuple(picked)


def touches(entry: Scenario, prefix: str) -> bool:
    """Whether a scenario's name, one of its checks, or a clause that is judged in it begins so."""
    checks = entry.check_ids()
    passive = (clause for clause, name in scenarios.PASSIVE.items() if name == entry.name)
    return any(name.startswith(prefix) for name in (entry.name, *checks, *checks.values(), *passive))


def reported(check: str, clause: str, only: Sequence[str]) -> bool:
    """Whether a result belongs into the report of a run with this selection.

    A selection of clauses keeps only these; one of scenarios or checks keeps their area's checks, and what
    the passive rules and the worker's life showed along the way.
    """
    if not only:
        return True
    by_clause = [prefix for prefix in only if prefix.startswith("W-")]
    by_name = [prefix for prefix in only if not prefix.startswith("W-")]
    if any(clause == prefix or clause.startswith(prefix) for prefix in by_clause):
        return True
    passive = check.startswith(("transcript.", "life."))
    return any(passive or check.startswith(prefix.partition(".")[0] + ".") for prefix in by_name)
