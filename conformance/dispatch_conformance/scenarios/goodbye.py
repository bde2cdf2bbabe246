"""A worker is asked to end, by SIGTERM. Source: W-END-1 to W-END-3."""

import signal
from typing import Final

from dispatch_protocol.vocabulary import JobType, Role

from dispatch_conformance.launch import WorkerProcess
from dispatch_conformance.ollama import Mood
from dispatch_conformance.scenario import Context, scenario

LEAVES_SECONDS: Final = 10.0
"""How long a worker may take after SIGTERM."""

RUNNING_SECONDS: Final = 1.5
"""How long the job runs that is under way when the worker is asked."""


@scenario("goodbye.idle", {"close_code": "W-END-1", "ends": "W-END-2"}, control=True)
async def idle(context: Context) -> None:
    """SIGTERM for a worker without a job: close 1000, and an end."""
    session = await context.worker()
    await context.stage.ready()
    worker = context.workers[0]
    worker.signal(signal.SIGTERM)
    await leave(context, worker)
    closed = session.link.closed
    context.check("close_code").expect(
        closed is not None and closed.by is Role.WORKER and closed.code == 1000,
        "on SIGTERM, the worker does not close its connection with the code 1000",
        expected="a close frame with 1000",
        actual=f"{closed.code}, by the {closed.by}" if closed else "the connection is still open",
        evidence=session,
    )


async def leave(context: Context, worker: WorkerProcess) -> None:
    """Judge whether the process ends within ten seconds of the SIGTERM just sent."""
    await context.stage.until(lambda: not worker.running, LEAVES_SECONDS)
    context.check("ends").expect(
        not worker.running,
        "the worker still runs ten seconds after SIGTERM",
        expected="an end within 10 s",
        actual=worker.ending(),
    )


@scenario(
    "goodbye.busy",
    {"answers_first": "W-END-3"},
    capability=JobType.LLM_INFER,
    control=True,
    seconds=3.0,
)
async def busy(context: Context) -> None:
    """SIGTERM while a job waits for the model: the job is completed or rejected before the close."""
    session = await context.worker()
    stage, worker = context.stage, context.workers[0]
    twin = await stage.run(
        JobType.LLM_INFER, {"prompt": "no hurry", "max_tokens": 16}, timeout=LEAVES_SECONDS
    )
    if not twin.answered:
        context.check("answers_first").not_testable(f"a prompt without a SIGTERM: {twin.reason}", twin)
        return
    asked = len(context.ollama.generations)
    context.ollama.mood = Mood(delay=RUNNING_SECONDS)
    assignment = await stage.assign(JobType.LLM_INFER, {"prompt": "hurry", "max_tokens": 16})
    if not await context.ollama.changes.until(lambda: len(context.ollama.generations) > asked, 5.0):
        context.check("answers_first").not_testable("the worker does not ask the model", assignment.marks())
        return
    worker.signal(signal.SIGTERM)
    await stage.until(lambda: session.link.closed or not worker.running, LEAVES_SECONDS + 1)
    closed = session.link.closed
    context.check("answers_first").expect(
        bool(assignment.answers),
        "on SIGTERM, the worker leaves a running job without an answer",
        expected="job_complete or job_reject before the close",
        actual=f"a close with {closed.code}, by the {closed.by}"
        if closed
        else "nothing, and the connection is open",
        evidence=assignment.marks(),
    )
