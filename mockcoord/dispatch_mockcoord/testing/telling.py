"""What a finished test tells of its coordinator: sections beside a failure, lines of advice."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from dispatch_protocol.clauses import Level
from dispatch_protocol.errors import shown

from dispatch_mockcoord.faults.spelling import spelled
from dispatch_mockcoord.testing.breaches import Breach, ClausesBroken, musts, report
from dispatch_mockcoord.testing.handle import CoordinatorHandle
from dispatch_mockcoord.testing.process import WorkerProcess

MOST_FAULTS: Final = 20
"""How many of the faults at work are shown."""

MOST_ADVICE: Final = 20
"""How many lines of advice one test gives."""


def verdict(running: CoordinatorHandle) -> str | None:
    """What to say of the clauses that workers broke; None where they broke no MUST, or nobody is to ask."""
    try:
        if running.is_running and running.desk.setup.check:
            running.check()
    except ClausesBroken as broken:
        return str(broken)
    return None


def sections(
    running: CoordinatorHandle, workers: list[WorkerProcess], *, with_clauses: bool
) -> list[tuple[str, str]]:
    """Title and text of all that helps to understand a failure; of a coordinator that ended, its workers.

    Broken clauses are among it only `with_clauses`: a failure may be about those already.
    """
    told = [(f"dispatch-worker {worker.pubkey[:16]}", worker.output) for worker in workers]
    if not running.is_running:
        return told
    broken, faults = musts(running.violations), list(_faults(running))
    if faults:
        told.append(("dispatch faults", "\n".join([f"seed {running.faults.seed}", *faults])))
    if broken and with_clauses:
        told.append(("dispatch clauses", report(broken)))
    return [("dispatch transcript", running.transcript.tail()), *told]


def advice(running: CoordinatorHandle) -> list[str]:
    """One line for each SHOULD that workers broke, and how often; none where nobody is to ask."""
    if not (running.is_running and running.desk.setup.check):
        return []
    shoulds = [breach for breach in running.violations if breach.level is Level.SHOULD]
    times = Counter(breach.clause for breach in shoulds)
    firsts: dict[str, Breach] = {}
    for breach in shoulds:
        firsts.setdefault(breach.clause, breach)
    return [_line(breach, times[clause]) for clause, breach in firsts.items()][:MOST_ADVICE]


def _faults(running: CoordinatorHandle) -> Iterator[str]:
    """What goes wrong on purpose, or did, in lines."""
    active = running.faults.active
    if running.desk.setup.variety:
        yield "variety"
    yield from (shown(spelled(fault)) for fault in active[:MOST_FAULTS])
    if len(active) > MOST_FAULTS:
        yield f"and {len(active) - MOST_FAULTS} more"
    yield from (f"{name} struck {_times(often)}" for name, often in running.faults.counts.items())


def _line(breach: Breach, times: int) -> str:
    often = f" ({_times(times)})" if times > 1 else ""
    got = f", expected {breach.expected}, got {breach.got}" if breach.expected else ""
    return f"{breach.clause} {breach.level}: {breach.message}{got}{often}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
