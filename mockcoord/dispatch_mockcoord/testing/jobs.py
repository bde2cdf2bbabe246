"""What a test does with jobs: submit, wait, look."""

import asyncio
from collections.abc import Mapping

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.pricing import resolve
from dispatch_protocol.rest import RestFault, committed_text, read_commit
from dispatch_protocol.vocabulary import JobStatus, JobType, Policy, TaskType

from dispatch_mockcoord.core.effects import Effect, JobChanged
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.testing.desk import Desk, Run
from dispatch_mockcoord.testing.reasons import why_failed, why_unfinished
from dispatch_mockcoord.testing.values import JobFailed, JobView, NotInTime, ReceiptView, receipt_of

MOST_JOBS = 10_000
"""How many jobs `jobs` and `receipts` look at, the newest."""

_JSON = "application/json"


async def submit(
    desk: Desk,
    kind: str,
    payload: str | Mapping[str, JsonValue],
    *,
    policy: str = "AUTO",
    user_id: str = "user_test",
    privacy_class: str = "PUBLIC",
) -> str:
    """Commit a job as a client does; gives its id.

    `kind` is a job type (`LLM_INFER`, `TASK`) or a task type (`summarize`, …). A payload that is a text is
    the prompt, or the input of that task; any other is sent as it stands. A PRIVATE job without an idle
    worker of the user's fails at once, and has an id all the same. Raises RestFault where a client would be
    refused, UsageError for an unknown kind or policy.
    """
    job_type, whole = _read_kind(kind, payload)
    if policy not in set(Policy):
        raise UsageError(f"no policy: {shown(policy, 64)}; use {', '.join(Policy)}")
    body: dict[str, JsonValue] = {"job_type": job_type.value, "user_id": user_id, "payload": whole}
    body["privacy_class"] = privacy_class
    tier = resolve(Policy(policy), job_type)
    text = stringify(body)
    job = desk.run.board.commit(read_commit(text.encode("utf-8"), _JSON, tier))
    path = f"/v1/jobs/commit/{tier.value.lower()}"
    if job.error is None:
        desk.run.show_request(path, text, 201, committed_text(job.id))
    else:
        refusal = RestFault(422, job.error.value, {"job_id": job.id})
        desk.run.show_request(path, text, refusal.status, refusal.text())
    return job.id


async def run(
    desk: Desk,
    kind: str,
    payload: str | Mapping[str, JsonValue],
    *,
    policy: str = "AUTO",
    user_id: str = "user_test",
    privacy_class: str = "PUBLIC",
    timeout: float = 10.0,
) -> JobView:
    """Commit a job as `submit` does, and wait for it as `wait_for_job` does."""
    options = {"policy": policy, "user_id": user_id, "privacy_class": privacy_class}
    return await wait_for_job(desk, await submit(desk, kind, payload, **options), timeout)


async def wait_for_job(desk: Desk, job_id: str, timeout: float = 10.0) -> JobView:
    """The completed job, with its receipt if that comes in time.

    Raises JobFailed where it fails, NotInTime where it is still open after so many (real) seconds, and
    UsageError for an unknown id. The text of each says what happened instead.
    """
    run, loop = desk.run, asyncio.get_running_loop()
    deadline = loop.time() + timeout
    job = await _until(run, job_id, deadline)
    if job.status is JobStatus.COMPLETED and job.receipt is None:
        patience = run.board.settings.terms.receipt_seconds
        job = await _until(run, job_id, min(deadline, loop.time() + patience), with_receipt=True)
    if job.status is JobStatus.FAILED:
        raise JobFailed(why_failed(run, job), JobView.of(job))
    if job.status is not JobStatus.COMPLETED:
        raise NotInTime(why_unfinished(run, job, timeout))
    return JobView.of(job)


async def jobs(desk: Desk) -> tuple[JobView, ...]:
    """Every job that a client committed, oldest first; of very many, the newest."""
    return tuple(map(JobView.of, _stored(desk)))


async def receipts(desk: Desk) -> tuple[ReceiptView, ...]:
    """Every receipt that came, in the order of the jobs."""
    found = (receipt_of(job) for job in _stored(desk))
    return tuple(receipt for receipt in found if receipt is not None)


async def _until(run: Run, job_id: str, deadline: float, *, with_receipt: bool = False) -> Job:
    """The job when it is finished, and has its receipt if that is asked; else as it stands in the end."""

    def is_ready(job: Job) -> bool:
        return job.is_finished and (job.receipt is not None or not with_receipt)

    def pick(effect: Effect) -> Job | None:
        fits = isinstance(effect, JobChanged) and effect.job.id == job_id and is_ready(effect.job)
        return effect.job if fits and isinstance(effect, JobChanged) else None

    job = _job(run, job_id)
    if not is_ready(job):
        await run.first(pick, deadline - asyncio.get_running_loop().time())
    return _job(run, job_id)


def _job(run: Run, job_id: str) -> Job:
    job = run.board.store.job(job_id)
    if job is None:
        raise UsageError(f"there is no job {shown(job_id, 64)}")
    return job


def _stored(desk: Desk) -> list[Job]:
    return desk.run.board.store.recent(MOST_JOBS)[::-1]


def _read_kind(kind: str, payload: str | Mapping[str, JsonValue]) -> tuple[JobType, dict[str, JsonValue]]:
    if not isinstance(payload, str | Mapping):
        raise UsageError(f"a payload is a text or an object, not {shown(payload, 64)}")
    if kind == JobType.LLM_INFER:
        return JobType.LLM_INFER, {"prompt": payload} if isinstance(payload, str) else dict(payload)
    if kind == JobType.TASK:
        if isinstance(payload, str):
            raise UsageError("a TASK needs its task type: submit it by that, or give the whole payload")
        return JobType.TASK, dict(payload)
    if kind not in set(TaskType):
        raise UsageError(f"no kind of job: {shown(kind, 64)}; use {', '.join([*JobType, *TaskType])}")
    whole = {"input": payload} if isinstance(payload, str) else dict(payload)
    return JobType.TASK, {"task_type": kind, **whole}
