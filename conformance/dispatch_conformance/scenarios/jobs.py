"""Assignments in unusual circumstances. Source: W-JOB.

That each is answered once, in time and unasked never, is judged by the passive rules in every scenario.
"""

from functools import partial
from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.parsing import parse
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.conduct import Conduct, Session
from dispatch_conformance.jobs import Assignment
from dispatch_conformance.ollama import Mood
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import easy_job, expect_answers, watch

IDS: Final = (
    "demo-7b0e6f52-94b3-4f39-8a51-0d1f6a2c9e11",
    "7B0E6F52-94B3-4F39-8A51-0D1F6A2C9E12",
    "job_42",
    "  spaced id ",
    'ü/漢?&=\\"',
)
"""Job ids as a coordinator may choose them: opaque text."""

BUSY_SECONDS: Final = 1.5
"""How long the first of two jobs runs at least."""


@scenario("jobs.ids", {"ids": "W-JOB-7"})
async def ids(context: Context) -> None:
    """Ids with a prefix, in capitals, with characters of every kind: the answer carries the same text."""
    session = await context.worker()
    stage = context.stage
    await stage.ready()
    await expect_answers(stage, session)
    strange: list[str] = []
    stage.conduct = Conduct(look=lambda _link, frame: note_strange(frame, strange))
    for job_id in IDS:
        strange.clear()
        job_type, payload = easy_job(session)
        assignment = await stage.assign(job_type, payload, session=session, job_id=job_id)
        await stage.until(partial(any, (assignment.answers, strange)), assignment.patience)
        context.check("ids").expect(
            bool(assignment.answers),
            "the answer does not carry the job id of the assignment",
            expected=job_id,
            actual=strange[0] if strange else "no answer",
            evidence=assignment.marks(),
        )


def note_strange(frame: Frame, strange: list[str]) -> bool:
    """Keep the id of an answer to a job that has none of the ids given out. Never takes the frame away."""
    try:
        value = parse(frame.text or "")
    except JsonSyntaxError:
        return False
    if isinstance(value, dict) and value.get("type") in {"job_complete", "job_reject"}:
        job_id = value.get("job_id")
        if job_id not in IDS:
            strange.append(str(job_id))
    return False


@scenario("jobs.payload_type", {"payload_type": "W-JOB-11"}, capability=JobType.TASK)
async def payload_type(context: Context) -> None:
    """A `job_type` inside the payload that contradicts the assignment's is ignored."""
    await context.worker()
    asked: dict[str, JsonValue] = {
        "task_type": TaskType.SUMMARIZE,
        "input": "the payload says otherwise",
        "prompt": "x",
    }
    plain = await context.stage.run(JobType.TASK, asked)
    if plain.output is None:
        context.check("payload_type").not_testable(f"without it: {plain.in_words()}", plain)
        return
    for inner in ("TASK", "LLM_INFER", "TRANSLATE", None):
        answer = await context.stage.run(JobType.TASK, {"job_type": inner, **asked})
        context.check("payload_type").expect(
            answer.output == plain.output,
            f"a TASK whose payload has the `job_type` {inner} is not done as a TASK",
            expected=plain.in_words(),
            actual=answer.in_words(),
            evidence=(plain, answer),
        )


@scenario("jobs.two_at_once", {"two_at_once": "W-JOB-12"}, seconds=3.0)
async def two_at_once(context: Context) -> None:
    """Two jobs in one segment, and a job that arrives while another one waits for the model."""
    session = await context.worker()
    stage = context.stage
    await stage.ready()
    await expect_answers(stage, session)
    job_type, payload = easy_job(session)
    pair = [stage.prepare(job_type, payload) for _ in range(2)]
    with session.link.together():
        for assignment in pair:
            stage.send(assignment, session)
    await judge_both(context, session, pair, "in one segment")
    if JobType.LLM_INFER in session.capabilities:
        context.ollama.mood = Mood(delay=BUSY_SECONDS)
        slow = await stage.assign(JobType.LLM_INFER, {"prompt": "slow"}, session=session)
        await stage.until(lambda: context.ollama.generations or slow.answers, 5.0)
        if not context.ollama.generations:
            context.check("two_at_once").not_testable("the worker does not ask the model", slow.marks())
            return
        beside = await stage.assign(job_type, payload, session=session)
        await judge_both(context, session, [slow, beside], "while the first one runs")


async def judge_both(context: Context, session: Session, pair: list[Assignment], when: str) -> None:
    """Whether both assignments are answered."""
    for place, assignment in enumerate(pair):
        probing = await watch(context.stage, session, assignment)
        context.check("two_at_once").expect(
            probing.works,
            f"of two assignments {when}, the {('first', 'second')[place]} is not answered",
            expected="an answer to both",
            actual=probing.instead,
            evidence=[entry.marks() for entry in pair],
        )


@scenario(
    "jobs.in_ack_segment",
    {"in_ack_segment": "W-JOB-13"},
    fresh=True,
    blind=frozenset({"W-JOB-1", "W-JOB-2", "W-JOB-3"}),
)
async def in_ack_segment(context: Context) -> None:
    """An assignment right behind the register_ack, in the same segment."""
    stage = context.stage
    given: list[Assignment] = []

    def assignments(session: Session) -> list[Assignment]:
        if not given:
            given.append(stage.prepare(*easy_job(session)))
            return given
        return []

    stage.conduct = Conduct(with_acks=assignments)
    session = await context.worker()
    probing = await watch(stage, session, given[0])
    if not probing.works and session.live:
        await expect_answers(stage, session)
    context.check("in_ack_segment").expect(
        probing.works,
        "an assignment in the same segment as the register_ack is lost",
        expected="an answer",
        actual=probing.instead,
        evidence=(session, given[0].marks()),
    )
