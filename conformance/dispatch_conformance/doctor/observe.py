"""Starts a worker and watches it, as far as it comes: to an address, a WebSocket, a registration, a job.

At the address that it is told stands a coordinator behind a door; listeners stand at the default ports, and,
in a second start of a worker that came nowhere, at an address for each variable that it might read instead.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from dispatch_protocol.clauses import Level, clause
from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import Frame, Opened
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.doctor.bedside import Bedside, bedside_for
from dispatch_conformance.doctor.evidence import DEFAULT_PORTS, Breach, Evidence, Patience
from dispatch_conformance.doctor.printed import missed_variables
from dispatch_conformance.doctor.starts import obstacle
from dispatch_conformance.launch import WorkerProcess
from dispatch_conformance.missing import Missing
from dispatch_conformance.outfit import split_command
from dispatch_conformance.passive import PassiveJudge
from dispatch_conformance.scenarios.probe import probe
from dispatch_conformance.scenarios.robustness import kind_of
from dispatch_conformance.stage import Stage
from dispatch_conformance.verdicts import Verdict

_LATE: Final = "W-REG-2"

LAST_LINES: Final = 12
"""How much of what a worker printed is kept, in lines."""

OTHER_NAMES: Final = (
    "DISPATCH_URL",
    "DISPATCH_COORDINATOR_URL",
    "DISPATCH_COORDINATOR",
    "DISPATCH_SERVER_URL",
    "DISPATCH_WS_URL",
    "COORDINATOR",
    "COORDINATOR_ADDRESS",
    "COORDINATOR_WS_URL",
    "COORDINATOR_HTTP_URL",
    "WS_URL",
    "WEBSOCKET_URL",
    "SERVER_URL",
    "BACKEND_URL",
    "API_URL",
    "BASE_URL",
)
"""Variables in which a worker might look for its coordinator instead of COORDINATOR_URL."""


async def observe(
    command: str, patience: Patience | None = None, ports: Iterable[int] = DEFAULT_PORTS
) -> Evidence:
    """Everything there is to see of a worker. Raises UsageError only where the command is no command line."""
    words = tuple(split_command(command))
    chosen = patience or Patience()
    if why := obstacle(words[0]):
        return Evidence(words=words, patience=chosen, cannot_start=why)
    try:
        seen = await _watched(command, chosen, ports, ())
        if not seen.visits and not seen.astray:
            seen = await _elsewhere(command, seen)
    except UsageError as error:
        return Evidence(words=words, patience=chosen, cannot_start=str(error).rpartition(": ")[2])
    return replace(seen, words=words)


async def _elsewhere(command: str, seen: Evidence) -> Evidence:
    """The same, with what a second start shows where several variables hold addresses."""
    names = dict.fromkeys((*missed_variables(seen.printed), *OTHER_NAMES))
    patience = replace(seen.patience, connect=seen.patience.other, late=0.0)
    again = await _watched(command, patience, (), tuple(names))
    return replace(seen, astray=again.astray)


async def _watched(
    command: str, patience: Patience, ports: Iterable[int], names: tuple[str, ...]
) -> Evidence:
    async with bedside_for(command, patience, ports, names) as bedside:
        judge = PassiveJudge(bedside.stage.transcript, "doctor", frozenset())
        bedside.stage.wire.invite()
        worker = await bedside.start()
        began = bedside.stage.transcript.now
        try:
            ended, instead = await _course(bedside, worker, began)
            # before it is stopped: what it does then is not its own doing
            return _evidence(bedside, judge, worker, began, ended=ended, instead=instead)
        finally:
            await worker.stop(1.0)


async def _course(bedside: Bedside, worker: WorkerProcess, began: float) -> tuple[float | None, str]:
    """Wait as far as it comes: when it ended by itself, and what came instead of its first answer."""
    stage, patience = bedside.stage, bedside.patience
    until = stage.until

    def came() -> bool:
        return bool(bedside.door.visits or bedside.astray) or not worker.running

    def ended() -> float | None:
        return None if worker.running else stage.transcript.now - began

    await until(came, patience.connect + patience.late)
    await until(lambda: stage.transcript.connected or not worker.running, patience.settle)
    if not stage.transcript.connected:
        return ended(), ""

    def registers() -> bool:
        links = [link for link in stage.wire.links if link.upgraded]
        return bool(stage.sessions) or not worker.running or all(link.closed for link in links)

    await until(lambda: registers() or bool(_frames(stage)), patience.register + patience.late)
    await until(registers, patience.settle)
    if not stage.sessions:
        return ended(), ""
    session = stage.sessions[0]
    await until(lambda: session.link.closed or not worker.running, patience.stay)
    if not session.live:
        await until(lambda: not worker.running, patience.settle)
        return ended(), ""
    try:
        probing = await probe(stage, session, suspicion=patience.answer)
    except Missing as reason:
        return ended(), str(reason)
    return ended(), "" if probing.works else probing.instead


def _evidence(
    bedside: Bedside,
    judge: PassiveJudge,
    worker: WorkerProcess,
    began: float,
    *,
    ended: float | None,
    instead: str,
) -> Evidence:
    stage = bedside.stage
    frames = _frames(stage)
    opened = next((event.t for event in stage.transcript.events if isinstance(event, Opened)), None)
    session = stage.sessions[0] if stage.sessions else None
    link = session.link if session else next((link for link in stage.wire.links if link.upgraded), None)
    closed = link.closed if link is not None else None
    return Evidence(
        url=bedside.url,
        patience=bedside.patience,
        ending=worker.ending() if ended is not None else "",
        ended=ended,
        printed=worker.output.last_lines(LAST_LINES),
        visits=tuple(bedside.door.visits[:20]),
        astray=bedside.astray[:20],
        taken=bedside.taken,
        opened=None if opened is None else opened - began,
        refused=tuple(link.refused for link in stage.wire.links if link.refused)[:5],
        kinds=tuple(kind_of(frame) for frame in frames[:5]),
        first_frame=(frames[0].text or str(frames[0].payload)[:400]) if frames else "",
        breaches=_breaches(judge),
        registered=None if session is None else session.at - began,
        closed=f"a close with {closed.code}" if closed is not None and closed.by is Role.WORKER else "",
        instead=instead,
    )


def _frames(stage: Stage) -> list[Frame]:
    """What the worker sent, in order."""
    events = stage.transcript.events
    return [event for event in events if isinstance(event, Frame) and event.sender is Role.WORKER]


def _breaches(judge: PassiveJudge) -> tuple[Breach, ...]:
    """What the rules find wrong with its registration and its frames; whether it is late shows by itself."""
    found = (entry for entry in judge.finish(lambda _since, _until: 0.0) if entry.verdict is Verdict.FAIL)
    wrong = (entry for entry in found if entry.clause.startswith(("W-REG-", "W-FRM-")))
    wrong = (entry for entry in wrong if entry.clause != _LATE and clause(entry.clause).level is Level.MUST)
    return tuple(Breach(entry.clause, entry.message, entry.expected, entry.actual) for entry in wrong)[:8]
