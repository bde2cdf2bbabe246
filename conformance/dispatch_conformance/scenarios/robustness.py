"""Whatever a coordinator sends is survived, and what asks for nothing is not answered. Source: W-ROB.

After every blow the worker gets a probe on the same connection: its answer is the proof of life, and the
valid twin of the blow. A worker that did not survive is started anew for the next one; one that is merely
silent keeps its time, and is judged at the end.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.errors import JsonSyntaxError, TransportError
from dispatch_protocol.parsing import parse_members
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.checks import Evidence
from dispatch_conformance.conduct import Session
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.blows import BLOWS, Blow
from dispatch_conformance.scenarios.probe import Probing, easy_job, expect_answers, probe, watch
from dispatch_conformance.stage import Stage

OWN: Final = ("register", "heartbeat", "job_complete", "job_reject", "receipt_submit", "pong")
"""What a worker sends; its answers are judged by the passive rules."""

MOST_DEATHS: Final = 12
"""After so many restarts the rest is not tried."""

SUSPICION_SECONDS: Final = 1.5
"""How long a probe's answer is awaited at least before the next blow goes to another worker."""


class Suspect(NamedTuple):
    """A blow whose probe has not been answered yet, and where its answer would come."""

    blow: Blow
    stage: Stage
    session: Session
    probing: Probing
    evidence: Evidence


@dataclass(slots=True)
class Ring:
    """The worker that takes the blows, how often it had to be started again, and what is still open.

    `failed` are checks that failed, or still may: what builds on them is not judged. `suspicion` is how long
    the answer to a probe is awaited before somebody else takes the next blow.
    """

    context: Context
    stage: Stage
    session: Session
    deaths: int = 0
    suspicion: float = SUSPICION_SECONDS
    failed: set[str] = field(default_factory=set)
    suspects: list[Suspect] = field(default_factory=list)

    async def stand_up(self, *, silent: bool) -> None:
        """Start a worker again, on a coordinator of its own, unless it was too often; a silent one stays."""
        self.deaths += 1
        if self.deaths >= MOST_DEATHS:
            return
        if not silent:
            await self.context.workers[-1].stop(0.0)
        self.stage = await self.context.new_stage()
        self.session = await self.context.worker(self.stage, key_path=self.context.key_path)
        await self.stage.ready()


@scenario(
    "robustness.frames",
    {
        "unknown_type": "W-ROB-1",
        "unknown_members": "W-ROB-2",
        "null": "W-ROB-3",
        "no_object": "W-ROB-4",
        "not_json": "W-ROB-5",
        "no_type": "W-ROB-6",
        "error": "W-ROB-7",
        "second_ack": "W-ROB-8",
        "payment_posted": "W-ROB-9",
        "payment_failed": "W-ROB-10",
        "feedback": "W-ROB-11",
        "heartbeat_ack": "W-ROB-12",
        "unanswered": "W-ROB-15",
        "binary": "W-ROB-16",
        "missing_members": "W-ROB-17",
    },
    blind=frozenset({"W-JOB-1", "W-JOB-2", "W-JOB-3"}),
    seconds=2.0,
)
async def frames(context: Context) -> None:
    """Every message of a coordinator, and everything that is none."""
    ring = Ring(context, context.stage, await context.worker())
    await ring.stage.ready()
    ring.suspicion += 4 * await expect_answers(ring.stage, ring.session)
    for blow in BLOWS:
        if blow.check in ring.failed:
            continue  # more of the same would say the same
        if ring.deaths >= MOST_DEATHS:
            why = f"the worker had to be started {ring.deaths} times already"
            context.check(blow.check).not_testable(why)
        elif broken := ring.failed.intersection(blow.builds_on):
            context.check(blow.check).not_testable(f"it builds on {min(broken)}, which failed")
        else:
            await strike(ring, blow)
    if ring.deaths < MOST_DEATHS and "unknown_members" not in ring.failed:
        await judge_unknown_members(ring)
    for suspect in ring.suspects:
        probing = await watch(suspect.stage, suspect.session, suspect.probing.assignment)
        judge(context, suspect.blow, probing, suspect.evidence)
    judge_unasked(context)


async def judge_unknown_members(ring: Ring) -> None:
    """An assignment with further members, in its payload too, is answered like the same one without them."""
    job_type, payload = easy_job(ring.session)
    plain = await (await ring.stage.assign(job_type, payload, session=ring.session)).answer()
    more: dict[str, JsonValue] = {"priority": 5, "hints": {"gpu": None}, "constructor": [1]}
    rich = await (
        await ring.stage.assign(job_type, payload | {"extra": [1]}, session=ring.session, more=more)
    ).answer()
    if not plain.answered:
        ring.context.check("unknown_members").not_testable("the same job without them is not answered", plain)
        return
    ring.context.check("unknown_members").expect(
        rich.kind is plain.kind and rich.output == plain.output,
        "an assignment with unknown members is not answered like the same one without them",
        expected=plain.in_words(),
        actual=rich.in_words(),
        evidence=(plain, rich),
    )


async def strike(ring: Ring, blow: Blow) -> None:
    """Send one blow and a probe after it; judge it, unless the worker is silent and has time left."""
    link = ring.session.link
    index = -1
    try:
        for frame in blow.frames:
            index = link.send(frame, opcode="binary" if isinstance(frame, bytes) else "text")
    except TransportError:
        pass  # the connection ended between two of them: the probe tells
    suspicion = ring.suspicion if ring.context.controlled else None
    probing = await probe(ring.stage, ring.session, suspicion=suspicion)
    evidence = (ring.stage.transcript.mark(index),) if index >= 0 else ()
    # only where the suite starts the workers can another one take the next blow meanwhile
    silent = ring.context.controlled and not probing.works and ring.session.live
    silent = silent and ring.context.workers[-1].running
    if silent:
        ring.suspects.append(Suspect(blow, ring.stage, ring.session, probing, evidence))
    else:
        judge(ring.context, blow, probing, evidence)
    if not probing.works:
        ring.failed.add(blow.check)
        await ring.stand_up(silent=silent)


def judge(context: Context, blow: Blow, probing: Probing, evidence: Evidence) -> None:
    """Whether the worker has survived a blow."""
    context.check(blow.check).expect(
        probing.works,
        f"the worker does not survive {blow.about}",
        expected="the worker goes on, and answers the next job on the same connection",
        actual=probing.instead,
        evidence=(evidence, probing.assignment.marks()),
    )


def judge_unasked(context: Context) -> None:
    """Frames that nothing asked for: anything but answers to assignments, receipts and timely heartbeats.

    What comes before the coordinator has sent anything but the ack is no answer to anything.
    """
    check = context.check("unanswered")
    for stage in context.stages:
        heartbeats, seconds, begun = 0, stage.transcript.now, False
        for index, event in enumerate(stage.transcript.events):
            if not isinstance(event, Frame):
                continue
            kind = kind_of(event)
            if event.sender is Role.COORDINATOR:
                begun = begun or kind != "register_ack"
                continue
            heartbeats += kind == "heartbeat"
            if begun and kind not in OWN:
                check.failed(
                    f"the worker sends a frame that nothing asked for: {kind}",
                    expected="answers to assignments and heartbeats only",
                    actual=kind,
                    evidence=stage.transcript.mark(index),
                )
        check.expect(
            heartbeats <= 2 + seconds / 8,
            "the worker sends heartbeats in answer to other messages",
            expected=f"at most {2 + int(seconds / 8)} heartbeats in {seconds:.1f} s",
            actual=f"{heartbeats} heartbeats",
        )


def kind_of(frame: Frame) -> str:
    """What a frame is: its type, or its opcode where it is no message."""
    if frame.opcode != "text" or frame.text is None:
        return frame.opcode
    try:
        members = parse_members(frame.text) or {}
    except JsonSyntaxError:
        return "text"
    kind = members.get("type")
    return kind.value if kind is not None and isinstance(kind.value, str) else "text"
