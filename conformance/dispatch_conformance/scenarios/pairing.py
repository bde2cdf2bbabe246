"""The claim of a pairing code: its body, its time, and what a failed one must not do. Source: W-PAIR."""

from typing import Final

from dispatch_protocol.vocabulary import ACK_SECONDS

from dispatch_conformance.attach.attachment import PAIRING_CODE
from dispatch_conformance.conduct import Claim, Conduct, Session
from dispatch_conformance.http11 import Reply
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import easy_job, expect_answers, probe
from dispatch_conformance.stage import Stage

CODE: Final = PAIRING_CODE
"""A code that shows whether it is kept as text, and in capitals."""

OWN_CODE: Final = "zz-Not_a Code+é"
"""No code of a coordinator's: it must be claimed all the same, character for character."""

ACK_DELAY: Final = 0.5
"""How long the ack is held back, so that a claim before it shows."""


@scenario(
    "pairing.claim",
    {
        "claimed": "W-PAIR-1",
        "code": "W-PAIR-2",
        "key": "W-PAIR-3",
        "body": "W-PAIR-4",
        "timing": "W-PAIR-5",
        "private": "W-JOB-10",
    },
    control=True,
    fresh=True,
    seconds=2.0,
)
async def claim(context: Context) -> None:
    """A code that the coordinator knows is claimed; then PRIVATE jobs come."""
    stage = context.stage
    stage.pairing_code = CODE
    stage.conduct = Conduct(ack_delay=ACK_DELAY)
    session = await context.worker(pairing_code=CODE)
    found = await await_claim(context, stage, session)
    if found is not None:
        judge_claim(context, found, session, CODE)
        judge_timing(context, found, session)
    await judge_private(context, stage)


@scenario("pairing.refused", {"refused_code": "W-PAIR-2", "refused": "W-PAIR-6"}, control=True)
async def refused(context: Context) -> None:
    """A code that the coordinator refuses: the worker goes on."""
    stage = context.stage
    session = await context.worker(pairing_code=OWN_CODE)
    await stage.until(lambda: stage.claims, ACK_SECONDS)
    if not stage.claims:
        for name in ("refused_code", "refused"):
            context.check(name).not_testable("the worker makes no claim", session)
        return
    members = stage.claims[0].members
    if members is None:
        context.check("refused_code").not_testable("the claim is no JSON object", stage.claims)
    else:
        message = "the code is not claimed character for character"
        context.check("refused_code").equal(OWN_CODE, members.get("pairing_code"), message, stage.claims)
    await judge_going_on(context, "refused", stage, "its claim was refused with `invalid_code`")


FAILURES: Final = (
    (
        "the claim was answered 500 with a page of HTML",
        Reply(status=500, body=b"<h1>oops</h1>", content_type="text/html"),
    ),
    ("the claim was answered 200 with something that is no JSON", Reply(status=200, body=b"paired!")),
    ("the connection of the claim was cut", Reply(fate="drop")),
)


@scenario("pairing.failing", {"failing": "W-PAIR-7"}, control=True, seconds=3.0)
async def failing(context: Context) -> None:
    """Claims that fail on the coordinator's side: a worker each, and each goes on."""
    for place, (what, reply) in enumerate(FAILURES):
        stage = context.stage if place == 0 else await context.new_stage()
        stage.conduct = Conduct(claim=reply)
        session = await context.worker(
            stage, pairing_code=CODE, key_path=context.folder / f"{place}" / "key.json"
        )
        await stage.until(lambda: stage.claims, ACK_SECONDS)  # noqa: B023
        if not stage.claims:
            context.check("failing").not_testable("the worker makes no claim", session)
            return
        await judge_going_on(context, "failing", stage, what)


async def await_claim(context: Context, stage: Stage, session: Session) -> Claim | None:
    """The worker's claim; without one, what depends on it is not judged."""
    await stage.until(lambda: stage.claims, ACK_SECONDS + 1)
    found = next((entry for entry in stage.claims if entry.method == "POST"), None)
    context.check("claimed").expect(
        found is not None,
        "the worker does not claim its pairing code",
        expected="POST /v1/trust/claim",
        actual=", ".join(f"{entry.method} /v1/trust/claim" for entry in stage.claims) or "no such request",
        evidence=session,
    )
    if found is None:
        for name in ("code", "key", "body", "timing"):
            context.check(name).not_testable("the worker makes no claim", session)
    return found


def judge_claim(context: Context, found: Claim, session: Session, code: str) -> None:
    """The claim's body, member by member."""
    kind = found.content_type.partition(";")[0].strip().lower()
    context.check("body").expect(
        found.members is not None and kind == "application/json",
        "the claim is not a JSON object sent as application/json",
        expected="a JSON object, with the content type application/json",
        actual=f"{found.content_type or 'no content type'}: {found.body.decode('utf-8', 'replace')}",
        evidence=found,
    )
    if found.members is None:
        for name in ("code", "key"):
            context.check(name).not_testable("the claim is no JSON object", found)
        return
    message = "the code is not claimed character for character"
    context.check("code").equal(code, found.members.get("pairing_code"), message, found)
    message = "the claim names another key than the registration"
    context.check("key").equal(
        session.pubkey, found.members.get("provider_pubkey"), message, (session, found)
    )


def judge_timing(context: Context, found: Claim, session: Session) -> None:
    """After the register_ack, and within ten seconds of it."""
    after = found.t - (session.acked_at or 0.0)
    context.check("timing").expect(
        0 <= after <= ACK_SECONDS,
        "the claim does not follow the register_ack within ten seconds",
        expected="0 to 10 s after the register_ack",
        actual=f"{-after:.2f} s before it" if after < 0 else f"{after:.2f} s after it",
        evidence=(session, found),
    )


async def judge_private(context: Context, stage: Stage) -> None:
    """The same job twice, PUBLIC and PRIVATE: the same output."""
    session = await stage.ready()
    job_type, payload = easy_job(session, "a private matter")
    public = await (await stage.assign(job_type, payload, session=session)).answer()
    if not public.answered:
        context.check("private").not_testable("the worker does not answer the same job as PUBLIC", public)
        return
    private = await (await stage.assign(job_type, payload, session=session, privacy_class="PRIVATE")).answer()
    context.check("private").expect(
        private.kind is public.kind and private.output == public.output,
        "a PRIVATE job is not answered like a PUBLIC one",
        expected=public.in_words(),
        actual=private.in_words(),
        evidence=(public, private),
    )


async def judge_twin(context: Context) -> None:
    """See whether a worker without a code answers a job. Raises WorkerSilent if it does not either."""
    stage = await context.new_stage()
    session = await context.worker(stage, key_path=context.folder / stage.transcript.name / "key.json")
    await stage.ready()
    await expect_answers(stage, session)


async def judge_going_on(context: Context, check: str, stage: Stage, what: str) -> None:
    """Whether the worker still answers a job after its claim failed; it gets time to fall over first."""
    await stage.until(lambda: stage.session is None, 0.3)
    session = stage.sessions[-1]
    probing = await probe(stage, session)
    if not probing.works and session.live:
        await judge_twin(context)
    context.check(check).expect(
        probing.works,
        f"the worker does not go on after {what}",
        expected="the worker stays connected, and answers its next job",
        actual=probing.instead,
        evidence=(stage.claims, probing.assignment.marks()),
    )
