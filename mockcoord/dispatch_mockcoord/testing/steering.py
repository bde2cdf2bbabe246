"""What a test looks at and turns while the coordinator runs: transcript, breaches, time, faults."""

from collections import Counter

from dispatch_mockcoord.faults import Fault, Injected
from dispatch_mockcoord.testing.breaches import Breach
from dispatch_mockcoord.testing.desk import Desk
from dispatch_mockcoord.testing.values import Keyed
from dispatch_mockcoord.transcript import Transcript


async def violations(desk: Desk) -> tuple[Breach, ...]:
    """The clauses that workers broke so far, MUST and SHOULD, but for those allowed."""
    return desk.run.seen.judge.unallowed


async def transcript(desk: Desk) -> Transcript:
    """What happened so far."""
    seed = desk.run.faults.seed if desk.run.faults.counts else None
    return desk.run.seen.keeper.transcript(seed)


async def ahead(desk: Desk) -> float:
    """By how many seconds the coordinator's clock was put ahead in all."""
    return desk.run.time.clock.ahead


async def advance(desk: Desk, seconds: float) -> None:
    """Pass so many seconds of the coordinator's time at once, doing in order what falls due on the way.

    Live workers count as having beaten meanwhile, unless they are muted. The clock of the worker does not
    move: its heartbeats, its patience and its receipts' times stay where they are, and it gets no real time
    to answer what is sent on the way. Raises UsageError beyond a day.
    """
    desk.run.time.advance(seconds)


async def mute(desk: Desk, worker: Keyed | str) -> None:
    """Have this worker count as silent from its last heartbeat on, until it connects anew or is unmuted."""
    desk.run.time.mute(desk.run.worker(worker).connection)


async def unmute(desk: Desk, worker: Keyed | str) -> None:
    """Have this worker's heartbeats count again."""
    desk.run.time.unmute(desk.run.worker(worker).connection)


async def seed(desk: Desk) -> int:
    """The seed by which faults are chosen: the same seed, the same faults."""
    return desk.run.faults.seed


async def active(desk: Desk) -> tuple[Fault, ...]:
    """The faults at work, in the order of their addition."""
    return desk.run.faults.active


async def injected(desk: Desk) -> tuple[Injected, ...]:
    """The last faults that struck: when, which, where."""
    return tuple(desk.run.faults.injected)


async def counts(desk: Desk) -> Counter[str]:
    """How often each fault struck, by name."""
    return Counter(desk.run.faults.counts)


async def add(desk: Desk, /, fault: Fault | str, **options: object) -> Fault:
    """Put a fault to work: `add("close", code=1012)`, or `add("close:code=1012,rate=0.5")`.

    Raises UsageError, which names what is allowed.
    """
    return desk.run.faults.add(fault, **options)


async def remove(desk: Desk, name: str) -> None:
    """End every fault of this name. Raises UsageError where none is at work."""
    desk.run.faults.remove(name)


async def clear(desk: Desk) -> None:
    """End every fault."""
    desk.run.faults.clear()
