"""The WebSocket under the messages: fragments, pings, the longest message. Source: W-ROB-13, 14 and 18."""

from functools import partial

from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, JobType, TaskType

from dispatch_conformance.conduct import Session
from dispatch_conformance.link import Link
from dispatch_conformance.ollama import Mood
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import easy_job, expect_answers, watch
from dispatch_conformance.stage import Stage


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
    await expect_answers(stage, session)
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
    """The same assignment whole and in five fragments, an empty one among them: the same output."""
    job_type, payload = easy_job(session, "fragments: ë 漢 \U0001f600 end")
    whole = await (await stage.assign(job_type, payload, session=session)).answer()
    if not whole.answered:
        context.check("fragments").not_testable("the same job in one frame is not answered", whole)
        return
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
