"""What there is to be run: every scenario, and every check by its id.

Beside the checks that scenarios declare there are those that every scenario may make: `transcript.CLAUSE`,
what frames alone show, and `life.…`, whether a worker registers and stays.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Final

from dispatch_conformance import scenarios
from dispatch_conformance.passive import ODDITIES
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.unobserved import REGISTERS, STAYS

_BESIDE: Final = ("dispatch_conformance.fuzz", "dispatch_conformance.replay")

PASSIVE: Final = ("transcript.", "life.")
"""How the ids of checks begin that every scenario may make."""


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


def passive_checks() -> Mapping[str, str]:
    """The ids of the checks that every scenario may make, and their clauses."""
    odd = (law for law, _, _ in ODDITIES.values())
    laws = dict.fromkeys((*scenarios.PASSIVE, *odd))
    return {**{f"transcript.{law}": law for law in laws}, **dict((REGISTERS, STAYS))}


def all_checks() -> Mapping[str, str]:
    """The id of every check, and its clause."""
    declared = {check: law for entry in all_scenarios() for check, law in entry.check_ids().items()}
    return {**declared, **passive_checks()}


def shown_by(entry: Scenario) -> Mapping[str, str]:
    """The checks for which a scenario is worth running: those it declares, and those it is sure to show."""
    sure = {f"transcript.{law}": law for law, name in scenarios.PASSIVE.items() if name == entry.name}
    return {**entry.check_ids(), **sure}
