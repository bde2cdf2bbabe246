"""What is said of a worker that a scenario could not be carried through with.

What the worker did instead is a check of its own; every declared check that was not observed gets a verdict
with the reason, never a silent pass.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from dispatch_protocol.clauses import Level, clause
from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.missing import Missing, NotConnected, NotDeclared, NotRegistered, WorkerLost
from dispatch_conformance.scenario import Scenario
from dispatch_conformance.verdicts import Observation, Verdict

REGISTERS: Final = ("life.registers", "W-REG-2")
"""The check that a worker which is started registers, and its clause."""

STAYS: Final = ("life.stays", "W-JOB-1")
"""The check that a registered worker is there to answer, and its clause."""


def life(
    scenario: Scenario, missing: Missing | None, passive: Sequence[Observation]
) -> Iterable[Observation]:
    """What a missing prerequisite says of the worker, unless a passive rule has said it more precisely."""
    areas: tuple[str, ...]
    match missing:
        case NotConnected():
            check, verdict, areas = REGISTERS, Verdict.INCONCLUSIVE, ()
        case NotRegistered():
            check, verdict, areas = REGISTERS, Verdict.FAIL, ("W-REG-", "W-FRM-")
        case WorkerLost():
            check, verdict, areas = STAYS, Verdict.FAIL, ("W-REG-", "W-FRM-", "W-JOB-", "W-ROB-15")
        case _:
            return
    explained = any(
        entry.verdict is Verdict.FAIL
        and entry.clause.startswith(areas)
        and clause(entry.clause).level is Level.MUST  # what only warns does not explain that nobody answers
        for entry in passive
        if areas
    )
    if not explained:
        yield Observation(
            check=check[0],
            clause=check[1],
            verdict=verdict,
            scenario=scenario.name,
            message=str(missing),
            expected="a worker that registers, stays and answers",
            actual=str(missing),
        )


def unobserved(
    scenario: Scenario,
    missing: Missing | None,
    error: str,
    observations: Sequence[Observation],
    capabilities: tuple[str, ...] | None,
) -> Iterable[Observation]:
    """A verdict for every declared check that nothing was observed of: never a silent pass."""
    seen = {entry.check for entry in observations}
    for check, clause_id in scenario.check_ids().items():
        if check in seen:
            continue
        if isinstance(missing, NotDeclared) or not clause(clause_id).applies_to(
            capabilities or tuple(JobType)
        ):
            verdict, why = Verdict.NOT_APPLICABLE, str(missing or "the capability was not declared")
        elif missing is not None:
            verdict, why = Verdict.NOT_TESTABLE, str(missing)
        else:
            verdict = Verdict.INCONCLUSIVE if error else Verdict.NOT_TESTABLE
            why = f"the suite itself failed: {error}" if error else "the scenario did not come to it"
        yield Observation(check=check, clause=clause_id, verdict=verdict, scenario=scenario.name, message=why)
