"""Scenarios: courses of events, and the checks that each can make.

    @scenario("tasks.summarize", {"summary": "W-OUT-3", "word_count": "W-OUT-6"}, capability=JobType.TASK)
    async def summarize(context: Context) -> None:
        '''Short inputs are their own summary.'''
        await context.worker()
        answer = await context.stage.run("TASK", {"task_type": "summarize", "input": "two words"})
        context.check("word_count").equal(2, …, "counts the words wrongly", evidence=answer)

A scenario's area is its name up to the first full stop; the checks it declares are `area.name`, each with its
clause. One that is never observed becomes "not testable", with the reason for which the scenario ended.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.context import Context

__all__ = ["LIMIT_SECONDS", "Context", "Scenario", "scenario"]

LIMIT_SECONDS: Final = 120.0
"""How long a scenario may take, unless it says otherwise; beyond it the suite itself has failed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """One course of events and the checks that it can make.

    `checks` maps names to clauses. `capability`: what the worker must have declared, else all are not
    applicable. `control`: it needs the worker's process (environment, signals, restarts). `fresh`: it needs
    a registration of its own: a worker that is there already will not do. `seconds`: how long it takes
    on a good worker; the slow ones start first. `waits`: it waits for time to pass and is left out
    of the quick profile. `blind`: clauses that the passive rules must not judge here, because the scenario
    itself provokes the breach. `limit` bounds it, in seconds.
    """

    name: str
    checks: Mapping[str, str]
    run: Callable[[Context], Awaitable[None]]
    capability: JobType | None = None
    control: bool = False
    fresh: bool = False
    seconds: float = 1.0
    waits: bool = False
    blind: frozenset[str] = frozenset()
    limit: float = LIMIT_SECONDS

    @property
    def area(self) -> str:
        """The first part of its name, and of its checks' ids."""
        return self.name.partition(".")[0]

    @property
    def about(self) -> str:
        """What it does, in its own words."""
        return (self.run.__doc__ or "").strip()

    def check_ids(self) -> dict[str, str]:
        """The ids of its checks and their clauses."""
        return {f"{self.area}.{name}": clause for name, clause in self.checks.items()}


def scenario(
    name: str,
    checks: Mapping[str, str],
    *,
    capability: JobType | None = None,
    control: bool = False,
    fresh: bool = False,
    seconds: float = 1.0,
    waits: bool = False,
    blind: frozenset[str] = frozenset(),
    limit: float = LIMIT_SECONDS,
) -> Callable[[Callable[[Context], Awaitable[None]]], Scenario]:
    """Make a Scenario of a coroutine function; see there for the arguments."""

    def wrap(run: Callable[[Context], Awaitable[None]]) -> Scenario:
        return Scenario(
            name=name,
            checks=checks,
            run=run,
            capability=capability,
            control=control,
            fresh=fresh,
            seconds=seconds,
            waits=waits,
            blind=blind,
            limit=limit,
        )

    return wrap
