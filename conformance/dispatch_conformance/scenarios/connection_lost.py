"""A connection ends, on purpose, by force, or unnoticed. Source: W-END-4 to W-END-8, W-ID-2, W-PAIR-9."""

import asyncio
from http import HTTPStatus
from itertools import pairwise
from typing import Final

from dispatch_protocol.vocabulary import CLOSE_REPLACED, SILENCE_SECONDS, JobType

from dispatch_conformance.conduct import Session
from dispatch_conformance.jobs import Assignment
from dispatch_conformance.ollama import Mood
from dispatch_conformance.scenario import Context, scenario

RETURN_SECONDS: Final = 35.0
"""How long it may take to reconnect or to end."""

GRACE_SECONDS: Final = 1.5
"""What is allowed on top of that for the way."""

RUNNING_SECONDS: Final = 1.5
"""How long the job runs that is under way when its connection ends."""


@scenario(
    "goodbye.closed",
    {"returns": "W-END-4", "same_key": "W-ID-2", "no_old_answers": "W-END-8", "claims_once": "W-PAIR-9"},
    control=True,
    seconds=6.0,
    limit=150.0,
)
async def closed(context: Context) -> None:
    """The coordinator closes with 1001 while a job runs, then drops the next connection without a word."""
    stage = context.stage
    session = await context.worker(pairing_code=stage.pairing_code)
    await stage.ready()
    job = await running_job(context, session)
    session.link.close(1001, "restarting")
    back = await judge_return(context, session, "the coordinator closed its connection with 1001")
    if back is None:
        for name in ("same_key", "no_old_answers", "claims_once"):
            context.check(name).not_testable("the worker does not reconnect, which it need not")
        return
    message = "the worker comes back under another key"
    context.check("same_key").equal(session.pubkey, back.pubkey, message, (session, back))
    await judge_old_answers(context, job, back)
    judge_claims(context, session)
    back.link.drop()
    await judge_return(context, back, "its connection broke off")


async def running_job(context: Context, session: Session) -> Assignment | None:
    """A job that waits for the model; None where the worker declared no LLM_INFER."""
    if JobType.LLM_INFER not in session.capabilities:
        return None
    context.ollama.mood = Mood(delay=RUNNING_SECONDS)
    stage = context.stage
    assignment = await stage.assign(JobType.LLM_INFER, {"prompt": "unfinished"}, session=session)
    await context.ollama.changes.until(lambda: context.ollama.generations, 5.0)
    return assignment


async def judge_return(context: Context, session: Session, what: str) -> Session | None:
    """Whether the worker reconnects or ends in time; its new session, if it has one."""
    stage, worker = context.stage, context.workers[0]
    after = stage.sessions.index(session) + 1

    def back() -> Session | None:
        return next((entry for entry in stage.sessions[after:] if entry.live), None)

    await stage.until(lambda: back() or not worker.running, RETURN_SECONDS + GRACE_SECONDS)
    context.check("returns").expect(
        back() is not None or not worker.running,
        f"after {what}, the worker has neither reconnected nor ended",
        expected=f"a new registration, or the end of the process, within {RETURN_SECONDS:.0f} s",
        actual="the process runs, and there is no new registration",
        evidence=session,
    )
    return back()


async def judge_old_answers(context: Context, job: Assignment | None, back: Session) -> None:
    """Whether a job of the lost connection is answered on the new one, once its model has answered."""
    if job is None:
        context.check("no_old_answers").not_applicable("the worker did not declare LLM_INFER")
        return
    stage = context.stage
    left = job.sent_at + RUNNING_SECONDS + 1.0 - stage.transcript.now
    await stage.until(lambda: job.answers, max(left, 0.5))
    late = [answer for answer in job.answers if answer.after > (back.at - job.sent_at)]
    context.check("no_old_answers").expect(
        not late,
        "the worker answers on a new connection what it was assigned on a lost one",
        expected="no answer: the coordinator has given the job to another worker",
        actual=late[0].in_words() if late else "",
        evidence=(back, *(late or ())),
    )


def judge_claims(context: Context, session: Session) -> None:
    """One claim in a worker's life."""
    claims = context.stage.claims
    if not claims:
        context.check("claims_once").not_testable("the worker makes no claim", session)
        return
    context.check("claims_once").expect(
        len(claims) == 1,
        "the worker claims its code again when it reconnects",
        expected="one claim",
        actual=f"{len(claims)} claims",
        evidence=claims,
    )


@scenario("goodbye.replaced", {"replaced": "W-END-7"}, control=True, limit=150.0)
async def replaced(context: Context) -> None:
    """A close with 4001 (another connection under the same key took its place): the worker ends."""
    session = await context.worker()
    stage, worker = context.stage, context.workers[0]
    await stage.ready()
    session.link.close(CLOSE_REPLACED, "replaced by another connection")
    await stage.until(lambda: not worker.running or len(stage.wire.links) > 1, RETURN_SECONDS)
    links = len(stage.wire.links)
    context.check("replaced").expect(
        not worker.running and links == 1,
        "the worker does not end when its connection was closed with 4001",
        expected="the process ends and does not reconnect",
        actual="it reconnects" if links > 1 else "it still runs",
        evidence=session,
    )


@scenario("goodbye.backoff", {"backoff": "W-END-6"}, control=True, seconds=11.0, waits=True)
async def backoff(context: Context) -> None:
    """A coordinator that is away for ten seconds is not hammered."""
    session = await context.worker()
    stage, worker = context.stage, context.workers[0]
    await stage.ready()
    attempts = await count_attempts(context, session, 10.0)
    check = context.check("backoff")
    if not attempts:
        ended = (
            "the worker ended" if not worker.running else "the worker did not try to reconnect within 10 s"
        )
        check.not_testable(f"{ended}, so that there are no attempts to look at", session)
        return
    gaps = [after - before for before, after in pairwise(attempts)]
    shown = ", ".join(f"{moment:.1f}" for moment in attempts[:12])
    check.expect(
        len(attempts) <= 10 and (len(gaps) < 3 or max(gaps[1:]) > 1.2 * min(gaps)),
        "the worker does not wait longer after each attempt to reconnect",
        expected="pauses that grow, such as 1, 2, 4 and 8 s",
        actual=f"{len(attempts)} attempts in 10 s, at {shown} s",
        evidence=session,
    )


async def count_attempts(context: Context, session: Session, seconds: float) -> list[float]:
    """Close the connection and refuse all others for so long; when they were tried, from the close on."""
    stage = context.stage
    stage.wire.refusal = HTTPStatus.SERVICE_UNAVAILABLE
    loop = asyncio.get_running_loop()
    before, began, moments = len(stage.wire.links), loop.time(), list[float]()
    session.link.close(1001, "restarting")
    while loop.time() - began < seconds and context.workers[0].running:
        new = len(stage.wire.links) - before - len(moments)
        moments += [loop.time() - began] * new
        await asyncio.sleep(0.02)
    return moments


@scenario(
    "goodbye.half_open",
    {"half_open": "W-END-5"},
    control=True,
    seconds=SILENCE_SECONDS + 3,
    waits=True,
)
async def half_open(context: Context) -> None:
    """A connection on which nothing comes any more: the worker gives it up 35 seconds later."""
    session = await context.worker()
    stage, worker = context.stage, context.workers[0]
    began = stage.transcript.now
    session.link.mute()

    def given_up() -> bool:
        return not worker.running or session.link.closed is not None or len(stage.wire.links) > 1

    await stage.until(given_up, SILENCE_SECONDS + GRACE_SECONDS)
    context.check("half_open").expect(
        given_up(),
        "the worker holds on to a connection on which nothing has come for 35 s",
        expected="a new connection, or the end of the process, 35 s after the last frame",
        actual=f"after {stage.transcript.now - began:.1f} s it is still there",
        evidence=session,
    )
