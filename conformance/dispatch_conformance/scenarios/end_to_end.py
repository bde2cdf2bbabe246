"""The whole path, over the real mock coordinator: from a client's commit to a receipt that verifies.

Everything else tries a worker on a scripted coordinator; here a client pairs it, commits jobs and reads what
the coordinator stored. Source: SPEC.md, "Trust pairing", "Verification".
"""

from collections.abc import Awaitable, Callable
from typing import Final

from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.messages import Register
from dispatch_protocol.receipts import verify_receipt
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import JobType, Role

from dispatch_conformance.embedded import Embedded, HttpAnswer
from dispatch_conformance.jobs import ANSWER_SECONDS
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import easy_job
from dispatch_conformance.scenarios.robustness import kind_of

USER: Final = "user_end_to_end"
Job = tuple[JobType, dict[str, JsonValue]]
PAIRED_SECONDS: Final = 11.0
"""How long the pairing may take: a claim may follow the register_ack by ten seconds."""


@scenario(
    "end_to_end.paired",
    {"private": "W-JOB-10", "completed": "W-JOB-1", "verified": "W-SIG-2"},
    control=True,
    seconds=3.0,
)
async def paired(context: Context) -> None:
    """A user pairs the worker, and gives it a PRIVATE job and a PUBLIC one of each declared type."""
    coordinator = await context.embed()
    await context.start(coordinator, pairing_code=await coordinator.pairing_code(USER))
    worker = await coordinator.registered()
    if not await judge(context, "completed", coordinator, easy_job(worker, "a great day"), "PUBLIC"):
        context.check("private").not_testable("the worker does not complete the same job as PUBLIC")
        return
    if JobType.LLM_INFER in worker.capabilities:
        prompt: Job = (JobType.LLM_INFER, {"prompt": "Why is the sky blue?", "max_tokens": 64})
        await judge(context, "completed", coordinator, prompt, "PUBLIC")
    if await poll(coordinator, lambda: is_paired(coordinator, worker), PAIRED_SECONDS):
        await judge(context, "private", coordinator, easy_job(worker, "a great day"), "PRIVATE")
    else:
        why = f"the worker is not paired {PAIRED_SECONDS:.0f} s after it has registered"
        context.check("private").not_testable(why)


async def is_paired(coordinator: Embedded, worker: Register) -> bool:
    """Whether the coordinator lists the worker among the user's."""
    answer = await coordinator.request("GET", f"/v1/trust/list?user_id={USER}")
    providers = answer.member("providers")
    listed = providers if isinstance(providers, list) else []
    return any(
        isinstance(entry, dict) and entry.get("provider_pubkey") == worker.provider_pubkey for entry in listed
    )


async def judge(context: Context, check: str, coordinator: Embedded, job: Job, privacy: str) -> bool:
    """Commit a job, wait for its end, and read its status and what the coordinator says of its receipt.

    Gives whether it is completed. One that the worker rejected is no matter of this scenario.
    """
    view = await committed(coordinator, job, privacy)
    completed = view.member("status") == "completed"
    if not completed and rejected(coordinator) and check != "private":
        context.check(check).not_testable(f"the worker rejects a {privacy} {job[0]} job")
        return False
    if not context.check(check).expect(
        completed,
        f"a {privacy} {job[0]} job that a client committed is not completed",
        expected="the status completed",
        actual=f"{view.status}: {stringify(view.value)}",
    ):
        return False
    judge_receipt(context, view, f"{privacy} {job[0]}")
    return True


def rejected(coordinator: Embedded) -> bool:
    """Whether the worker has rejected a job."""
    frames = (event for event in coordinator.transcript.events if isinstance(event, Frame))
    return any(kind_of(frame) == "job_reject" for frame in frames if frame.sender is Role.WORKER)


def judge_receipt(context: Context, view: HttpAnswer, job: str) -> None:
    """Whether the coordinator says `verified`; what is at fault beside the signature has its own checks."""
    check, receipt = context.check("verified"), view.member("receipt")
    if not isinstance(receipt, dict):
        check.not_testable(f"there is no receipt of a {job} job")
        return
    signature = receipt.get("signature")
    members = {name: value for name, value in receipt.items() if name not in {"signature", "verified"}}
    verification = verify_receipt(
        Json.of(members),
        signature if isinstance(signature, str) else None,
        job_id=str(view.member("id")),
        pubkey=str(receipt.get("provider_pubkey")),
        output_hash=Json.of(view.member("result")).hash,
    )
    broken = sorted({fault.clause for fault in verification.faults})
    if receipt.get("verified") is not True and "W-SIG-2" not in broken:
        check.not_testable(f"the receipt of a {job} job is at fault otherwise: {', '.join(broken)}")
        return
    check.expect(
        receipt.get("verified") is True,
        f"the receipt of a {job} job does not verify at the coordinator",
        expected='a receipt with "verified":true',
        actual=stringify(receipt),
    )


async def committed(coordinator: Embedded, job: Job, privacy: str) -> HttpAnswer:
    """A job's view once it has ended, or the refusal of its commit (for PRIVATE: after a few attempts)."""
    answer = HttpAnswer(0, None)

    async def accepted() -> bool:
        nonlocal answer
        answer = await coordinator.commit(*job, user_id=USER, privacy_class=privacy)
        return answer.status != 422

    await poll(coordinator, accepted, 3.0)
    job_id = answer.member("job_id")
    if answer.status != 201 or not isinstance(job_id, str):
        return answer
    return await coordinator.finished(job_id, ANSWER_SECONDS[job[0]] + 1)


async def poll(coordinator: Embedded, look: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Whether something comes true within so many seconds."""
    end = coordinator.transcript.now + seconds
    while not await look():
        if coordinator.transcript.now > end:
            return False
        await coordinator.transcript.changes.until(lambda: False, 0.05)
    return True
