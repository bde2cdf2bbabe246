"""Whatever a coordinator sends is survived, and what asks for nothing is not answered. Source: W-ROB.

After every blow the worker gets a probe on the same connection: its answer is the proof of life, and the
valid twin of the blow. A worker that did not survive is started anew for the next one.
"""

from dataclasses import dataclass
from functools import partial

from dispatch_protocol.errors import TransportError
from dispatch_protocol.parsing import parse_members
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, JobType, Role, TaskType

from dispatch_conformance.conduct import Conduct, Session, acknowledgement
from dispatch_conformance.link import Link
from dispatch_conformance.ollama import Mood
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.blows import BEFORE_ACK, BLOWS, Blow
from dispatch_conformance.scenarios.probe import easy_job, probe, watch
from dispatch_conformance.stage import Stage

MOST_DEATHS = 12
"""After so many restarts the rest is not tried."""


@dataclass(slots=True)
class Ring:
    """The worker that takes the blows, and how often it had to be started again."""

    context: Context
    stage: Stage
    session: Session
    deaths: int = 0
    last: str = ""

    async def stand_up(self, why: str) -> bool:
        """Start the worker again, on a coordinator of its own; whether that is worth while."""
        self.deaths += 1
        self.last = why
        if self.deaths >= MOST_DEATHS:
            return False
        await self.context.workers[-1].stop(0.0)
        self.stage = await self.context.new_stage()
        self.session = await self.context.worker(self.stage, key_path=self.context.key_path)
        await self.stage.ready()
        return True


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
    seconds=2.0,
)
async def frames(context: Context) -> None:
    """Every message of a coordinator, and everything that is none."""
    ring = Ring(context, context.stage, await context.worker())
    await ring.stage.ready()
    given_up = ""
    for blow in BLOWS:
        if given_up:
            context.check(blow.check).not_testable(given_up)
        elif not await strike(ring, blow) and not await ring.stand_up(
            f"the worker did not survive {blow.about}"
        ):
            given_up = f"the worker had to be started {ring.deaths} times already"
    judge_unasked(context)


async def strike(ring: Ring, blow: Blow) -> bool:
    """Send one blow and a probe after it; whether the worker survived."""
    link = ring.session.link
    index = -1
    try:
        for frame in blow.frames:
            index = link.send(frame, opcode="binary" if isinstance(frame, bytes) else "text")
    except TransportError:
        pass  # the connection ended between two of them: the probe tells
    probing = await probe(ring.stage, ring.session)
    marks = (ring.stage.transcript.mark(index),) if index >= 0 else ()
    return ring.context.check(blow.check).expect(
        probing.works,
        f"the worker does not survive {blow.about}",
        expected="the worker goes on, and answers the next job on the same connection",
        actual=probing.instead,
        evidence=(*marks, *probing.assignment.marks()),
    )


def judge_unasked(context: Context) -> None:
    """Frames that nothing asked for: anything but answers to assignments, receipts and timely heartbeats."""
    check = context.check("unanswered")
    for stage in context.stages:
        heartbeats, seconds = 0, stage.transcript.now
        for index, event in enumerate(stage.transcript.events):
            kind = kind_of(event) if isinstance(event, Frame) and event.sender is Role.WORKER else ""
            heartbeats += kind == "heartbeat"
            if kind and kind not in {
                "register",
                "heartbeat",
                "job_complete",
                "job_reject",
                "receipt_submit",
                "pong",
            }:
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
    """What a worker's frame is: its type, or its opcode where it is no message."""
    if frame.opcode != "text" or frame.text is None:
        return frame.opcode
    try:
        members = parse_members(frame.text) or {}
    except ValueError:
        return "text"
    kind = members.get("type")
    return kind.value if kind is not None and isinstance(kind.value, str) else "text"


@scenario(
    "robustness.transport",
    {
        "fragments": "W-ROB-13",
        "ping": "W-ROB-14",
        "long_message": "W-ROB-18",
    },
)
async def transport(context: Context) -> None:
    """Fragments (cut inside a character), pings, a message as long as they may be."""
    session = await context.worker()
    stage = context.stage
    await stage.ready()
    await judge_ping(context, stage, session)
    await judge_fragments(context, stage, session)
    await judge_long_message(context, stage, session)


async def judge_ping(context: Context, stage: Stage, session: Session) -> None:
    """Pings with data and without; RFC 6455 §5.5.3: the pong carries the same data."""
    link = session.link
    for data in (b"are you there?", b"", bytes(range(125))):
        mark = stage.transcript.mark(link.ping(data))
        await stage.until(partial(_ponged, link, data), 10.0)
        got = tuple(link.pongs)
        link.pongs.clear()
        if not context.check("ping").expect(
            data in got,
            "a ping is not answered by a pong with the same data",
            expected=f"a pong with {len(data)} bytes: {data.hex()}",
            actual=", ".join(pong.hex() for pong in got) or "no pong within 10 s",
            evidence=mark,
        ):
            return


def _ponged(link: Link, data: bytes) -> bool:
    return data in link.pongs or link.closed is not None


async def judge_fragments(context: Context, stage: Stage, session: Session) -> None:
    """The same assignment whole and in four fragments: the same output."""
    job_type, payload = easy_job(session, "fragments: ë 漢 \U0001f600 end")
    whole = await (await stage.assign(job_type, payload, session=session)).answer()
    cut = stage.prepare(job_type, payload)
    data = cut.text.encode()
    inside = data.index("漢".encode()) + 1
    cut.sent_at = stage.transcript.now
    pieces = [data[:1], data[1:inside], b"", data[inside : inside + 1], data[inside + 1 :]]
    cut.index = session.link.send_fragments(pieces)
    probing = await watch(stage, session, cut)
    fits = probing.works and whole.output is not None and cut.answers[0].output == whole.output
    context.check("fragments").expect(
        fits,
        "a job in five fragments is not answered like the same job in one frame",
        expected=whole.in_words(),
        actual=cut.answers[0].in_words() if cut.answers else probing.instead,
        evidence=(whole, cut.marks()),
    )


async def judge_long_message(context: Context, stage: Stage, session: Session) -> None:
    """An assignment of exactly 1,048,576 bytes; the model does not repeat it."""
    context.ollama.mood = Mood(text="That was long.")
    job_type, _ = easy_job(session)
    name = "input" if job_type is JobType.TASK else "prompt"
    fixed = {"task_type": TaskType.SUMMARIZE} if job_type is JobType.TASK else {}
    empty = stage.prepare(job_type, {**fixed, name: ""})
    room = MAX_FRAME_BYTES - len(empty.text.encode())
    full = stage.prepare(job_type, {**fixed, name: "x" * room}, job_id=empty.job_id)
    stage.send(full, session)
    probing = await watch(stage, session, full)
    context.check("long_message").expect(
        probing.works,
        "a message of 1,048,576 bytes is not survived",
        expected="an answer to the job that it holds",
        actual=probing.instead,
        evidence=full.marks(),
    )


@scenario("robustness.before_ack", {"before_ack": "W-ROB-5"})
async def before_ack(context: Context) -> None:
    """Hostile frames between register and its ack: the worker registers all the same."""
    context.stage.conduct = Conduct(acks=lambda session: (*BEFORE_ACK, acknowledgement(session)))
    await context.start()
    stage = context.stage
    await stage.until(lambda: stage.sessions or not context.workers[0].running, 15.0)
    if not stage.sessions:
        await stage.registered(0.0)
    session = stage.sessions[0]
    probing = await probe(stage, session)
    context.check("before_ack").expect(
        probing.works,
        "the worker does not survive hostile frames that come before its register_ack",
        expected="the worker registers, and answers its first job",
        actual=probing.instead,
        evidence=(session, probing.assignment.marks()),
    )
