"""The engine: runs scenarios side by side and makes one result of them.

The slow scenarios start first; those that wait for time do not take the place of those that work. A scenario
that the worker cannot get through leaves its checks "not testable" with the reason, and what the worker did
instead is a check of its own. An error of the suite's is never blamed on the worker. A MUST check that stays
inconclusive is repeated once.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import JsonSyntaxError, UsageError
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.attach.host import Host
from dispatch_conformance.clock import ControlClock
from dispatch_conformance.context import Context
from dispatch_conformance.missing import Missing
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.settings import Settings
from dispatch_conformance.transcript import Room, Transcript
from dispatch_conformance.unobserved import life, unobserved
from dispatch_conformance.verdicts import Observation, Verdict, verdict_at

WAITING_PER_JOB: Final = 3
"""How many scenarios that merely wait may run for each of the jobs."""

HOPELESS: Final = 3
"""After so many scenarios in which no worker ever connected, or ever registered, the rest is not tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRun:
    """What became of one scenario. `error` is the suite's own failure, with its traceback's end.

    `registered`: a worker sent a `register`. `outputs` is what its workers printed, `endings` how
    they ended where that was not the suite's doing, `smallest` the smallest input found for each check that
    failed where inputs were searched for.
    """

    scenario: Scenario
    attempt: int
    observations: tuple[Observation, ...]
    transcripts: tuple[Transcript, ...]
    outputs: tuple[str, ...]
    endings: tuple[str, ...]
    seconds: float
    connected: bool
    error: str = ""
    provider_type: ProviderType | None = None
    pubkey: str = ""
    capabilities: tuple[str, ...] = ()
    registered: bool = False
    smallest: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Everything that a run found; `given_up` says why it did not go through all scenarios.

    `absence` says why nobody came, where a worker that is started elsewhere was waited for.
    """

    runs: list[ScenarioRun] = field(default_factory=list)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    given_up: str = ""
    absence: str = ""
    seconds: float = 0.0
    stalls: float = 0.0

    @property
    def connected(self) -> bool:
        """Whether a worker connected in any scenario."""
        return any(run.connected for run in self.runs)

    @property
    def provider_type(self) -> ProviderType | None:
        """What the worker registered as, where it first said so."""
        return next((run.provider_type for run in self.runs if run.provider_type), None)

    @property
    def errors(self) -> list[str]:
        """The suite's own failures, each with the scenario's name."""
        return [f"{run.scenario.name}: {run.error}" for run in self.runs if run.error]

    def observations(self) -> list[Observation]:
        """All observations. What a repetition decided replaces what was inconclusive before it."""
        repeated = {run.scenario.name for run in self.runs if run.attempt > 1}
        return [
            entry
            for run in self.runs
            for entry in run.observations
            if not (
                entry.verdict is Verdict.INCONCLUSIVE and run.attempt == 1 and run.scenario.name in repeated
            )
        ]


class Watch:
    """Is told of every scenario that begins and of every run of one that ends; this one keeps silent."""

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""

    def ended(self, run: ScenarioRun) -> None:
        """A scenario has ended."""


class Engine:
    """One run; `watch` sees its progress."""

    def __init__(self, settings: Settings, watch: Watch | None = None) -> None:
        self._settings = settings
        self._watch = watch or Watch()
        self._clock = ControlClock()
        self._room = Room()
        self._outcome = Outcome()
        self._host = Host(settings.attach) if settings.attach is not None else None

    async def run(self, scenarios: Sequence[Scenario]) -> Outcome:
        """Run all of them. Raises UsageError where the worker's command cannot be run."""
        started = time.monotonic()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._clock)
            if self._host is not None:
                await stack.enter_async_context(self._host)
            await self._side_by_side(scenarios, attempt=1)
            again = list(dict.fromkeys(run.scenario for run in self._outcome.runs if self._is_open(run)))
            if again and self._outcome.connected:
                await self._side_by_side(again, attempt=2)
        self._outcome.absence = self._host.absence if self._host is not None else ""
        self._outcome.seconds = time.monotonic() - started
        self._outcome.stalls = sum(stall.until - stall.since for stall in self._clock.stalls)
        return self._outcome

    async def _side_by_side(self, scenarios: Iterable[Scenario], attempt: int) -> None:
        host = self._host
        jobs = self._settings.jobs if host is None else 1  # one after the other, on one address
        working = asyncio.Semaphore(jobs)
        waiting = working if jobs == 1 else asyncio.Semaphore(jobs * WAITING_PER_JOB)
        ordered = (
            sorted(scenarios, key=lambda entry: -entry.seconds) if host is None else host.ordered(scenarios)
        )

        async def one(entry: Scenario) -> None:
            async with waiting if entry.waits else working:
                if not self._hopeless():
                    self._watch.began(entry)
                    played = run_scenario(
                        entry, self._settings, self._clock, attempt, host=host, room=self._room
                    )
                    self._add(await played)

        try:
            async with asyncio.TaskGroup() as group:
                for entry in ordered:
                    group.create_task(one(entry), name=entry.name)
        except* UsageError as errors:
            raise errors.exceptions[0] from None

    def _add(self, run: ScenarioRun) -> None:
        self._outcome.runs.append(run)
        self._watch.ended(run)

    def _hopeless(self) -> bool:
        runs = self._outcome.runs
        tried = [run for run in runs if run.connected or not self._outcome.connected]
        if len(tried) < HOPELESS or any(run.registered for run in runs):
            return False
        missed = "registered" if self._outcome.connected else "connected"
        self._outcome.given_up = f"no worker {missed} in {len(tried)} scenarios; the rest was not tried"
        return True

    def _is_open(self, run: ScenarioRun) -> bool:
        kind = self._outcome.provider_type
        return any(
            entry.verdict is Verdict.INCONCLUSIVE
            and verdict_at(clause(entry.clause).level_for(kind), Verdict.FAIL) is Verdict.FAIL
            for entry in run.observations
        )


async def run_scenario(
    scenario: Scenario,
    settings: Settings,
    clock: ControlClock,
    attempt: int = 1,
    *,
    host: Host | None = None,
    room: Room | None = None,
) -> ScenarioRun:
    """Run one scenario to its end, with everything it started gone afterwards. Raises UsageError only."""
    context = Context(
        scenario=scenario, settings=settings, clock=clock, attempt=attempt, host=host, room=room or Room()
    )
    started = time.monotonic()
    try:
        missing, error, endings = await _played(scenario, context, settings.scale)
        passive = [entry for judge in context.judges for entry in judge.finish(clock.stalled)]
    except Exception as failure:  # the suite's own: told as such, never blamed on the worker
        if isinstance(failure, UsageError) and not isinstance(failure, JsonSyntaxError):
            raise
        missing, error, endings, passive = None, describe(failure), (), []
    observations = [*context.observations, *passive, *life(scenario, missing, passive)]
    who = context.registered
    observations += unobserved(scenario, missing, error, observations, who.capabilities if who else None)
    return ScenarioRun(
        scenario=scenario,
        attempt=attempt,
        observations=tuple(observations),
        transcripts=tuple(context.transcripts),
        outputs=tuple(worker.output.text() for worker in context.workers),
        endings=endings,
        seconds=time.monotonic() - started,
        connected=any(transcript.connected for transcript in context.transcripts),
        error=error,
        provider_type=who.provider_type if who else None,
        pubkey=who.pubkey if who else "",
        capabilities=who.capabilities if who else (),
        registered=who is not None,
        smallest=context.smallest,
    )


async def _played(
    scenario: Scenario, context: Context, scale: float
) -> tuple[Missing | None, str, tuple[str, ...]]:
    """Play it: what it missed, the suite's own failure or "", and how workers ended by themselves."""
    missing: Missing | None = None
    error = ""
    async with context:
        try:
            async with asyncio.timeout(scenario.limit * scale) as limit:
                context.limit = limit
                await scenario.run(context)
        except Missing as reason:
            missing = reason
        except TimeoutError:
            error = "overran its time" if limit.expired() else "a time-out that nothing handled"
        endings = tuple(worker.ending() for worker in context.workers if not worker.running)
    return missing, error, endings


def describe(failure: BaseException) -> str:
    """An exception and where it was raised, in a line."""
    if isinstance(failure, BaseExceptionGroup):
        return describe(failure.exceptions[0])
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})" if trace is not None else ""
    return f"{type(failure).__name__}: {failure}{place}"
