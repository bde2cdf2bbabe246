"""Hostile frames that come between `register` and its ack. Source: W-ROB.

They come all at once first. Only where that is not survived does each come by itself, to a worker of its own:
then it shows which of them is to blame.
"""

import asyncio
from typing import Final

from dispatch_conformance.checks import Evidence
from dispatch_conformance.conduct import Conduct, Session, acknowledgement
from dispatch_conformance.missing import WorkerSilent
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.blows import BEFORE_ACK, Blow
from dispatch_conformance.scenarios.probe import probe
from dispatch_conformance.stage import SETTLE_SECONDS, Stage

ACK_WAIT_SECONDS: Final = 15.0
"""How long a worker has to register."""


@scenario(
    "robustness.before_ack",
    {
        "early_unknown_type": "W-ROB-1",
        "early_no_object": "W-ROB-4",
        "early_not_json": "W-ROB-5",
        "early_no_type": "W-ROB-6",
        "early_error": "W-ROB-7",
    },
    fresh=True,
    blind=frozenset({"W-JOB-1", "W-JOB-2", "W-JOB-3"}),
)
async def before_ack(context: Context) -> None:
    """Hostile frames between register and its ack: the worker registers all the same."""
    together, evidence = await instead(context, context.stage, BEFORE_ACK)
    if not together:
        for blow in BEFORE_ACK:
            context.check(blow.check).passed(evidence)
        return
    if (await instead(context, await context.new_stage(), ()))[0]:
        raise WorkerSilent("the worker does not answer its first job, whatever comes before its register_ack")
    for blow in BEFORE_ACK:
        await judge_alone(context, blow)


async def judge_alone(context: Context, blow: Blow) -> None:
    """One of the frames, to a fresh worker."""
    actual, evidence = await instead(context, await context.new_stage(), (blow,))
    context.check(blow.check).expect(
        not actual,
        f"the worker does not survive {blow.about} that comes before its register_ack",
        expected="the worker registers, and answers its first job",
        actual=actual,
        evidence=evidence,
    )


async def instead(context: Context, stage: Stage, blows: tuple[Blow, ...]) -> tuple[str, Evidence]:
    """What a fresh worker does instead of its first job when these come before its ack, "" if it does it.

    Raises Missing where it does not come to register.
    """
    frames = tuple(frame for blow in blows for frame in blow.frames if isinstance(frame, str))

    def acks(session: Session) -> tuple[str, ...]:
        return (*frames, acknowledgement(session))

    stage.conduct = Conduct(acks=acks)
    worker = await context.start(stage, key_path=context.folder / stage.transcript.name / "key.json")
    await stage.until(lambda: stage.sessions or not worker.running, ACK_WAIT_SECONDS)
    if not stage.sessions:
        await stage.registered(0.0)  # tells why there is none
    session = stage.sessions[0]
    await asyncio.sleep(SETTLE_SECONDS)
    probing = await probe(stage, session)
    await worker.stop(0.0)
    return ("" if probing.works else probing.instead), (session, probing.assignment.marks())
