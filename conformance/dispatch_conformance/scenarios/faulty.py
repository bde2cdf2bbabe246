"""Faulty jobs are answered, by a job_reject or an output with an `error`, and stop nothing. Source: W-BAD.

Each fault is followed by a well-formed job, its twin. A fault without an answer does not hold up the others:
its time (ten seconds, or the sixty of LLM_INFER) runs while they are tried. Those of sixty come first.
"""

from typing import Final, NamedTuple

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_conformance.jobs import Assignment
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import expect_answers, probe

PROMPT_SECONDS: Final = 1.0
"""How long a fault's answer is awaited before the next job is given."""

SILENT_SECONDS: Final = 0.1
"""How long it is awaited once MOST_PROMPT faults were not answered so soon."""

MOST_PROMPT: Final = 3


class Fault(NamedTuple):
    """A faulty job, what is wrong with it in words, and the check of its answer."""

    check: str
    about: str
    job_type: str
    payload: JsonValue


def _task(check: str, about: str, **payload: JsonValue) -> Fault:
    return Fault(check, about, JobType.TASK, payload)


def _prompt(about: str, **payload: JsonValue) -> Fault:
    return Fault("prompt", about, JobType.LLM_INFER, payload)


FAULTS: Final = (
    _task("no_task_type", "a TASK without a task_type", input="words"),
    _task("no_task_type", "a TASK with an empty task_type", task_type="", input="words"),
    _task("no_input", "a TASK without an input", task_type=TaskType.SUMMARIZE),
    _task("empty_input", "a TASK with an empty input", task_type=TaskType.CLASSIFY, input=""),
    _task("mistyped", "a TASK whose input is a number", task_type=TaskType.SUMMARIZE, input=5),
    _task("mistyped", "a TASK whose input is null", task_type=TaskType.SUMMARIZE, input=None),
    _task("mistyped", "a TASK whose input is a list", task_type=TaskType.CLASSIFY, input=["good"]),
    _task("mistyped", "a TASK whose input is an object", task_type=TaskType.EXTRACT_JSON, input={"a": 1}),
    _task("mistyped", "a TASK whose task_type is a number", task_type=7, input="words"),
    _task("unknown_task", "a TASK of an unknown type", task_type="translate", input="words"),
    _task("unknown_task", "a TASK called __proto__", task_type="__proto__", input="words"),
    _task("unknown_task", "a TASK called toString", task_type="toString", input="words"),
    _prompt("an LLM_INFER job without a prompt", max_tokens=16),
    _prompt("an LLM_INFER job with an empty prompt", prompt=""),
    _prompt("an LLM_INFER job whose prompt is a number", prompt=42),
    _prompt("an LLM_INFER job whose prompt is null", prompt=None),
    Fault("unknown_job", "a job of an unknown type", "TRANSLATE", {"input": "words", "prompt": "words"}),
    Fault("unknown_job", "a job whose type is empty", "", {"input": "words"}),
    Fault("no_object", "a payload that is null", JobType.TASK, None),
    Fault("no_object", "a payload that is a string", JobType.TASK, "summarize"),
    Fault("no_object", "a payload that is a list", JobType.TASK, [{"task_type": "summarize", "input": "x"}]),
)
"""Every fault, ordinary ones first."""

CHECKS: Final = {
    "no_task_type": "W-BAD-1",
    "no_input": "W-BAD-2",
    "empty_input": "W-BAD-3",
    "mistyped": "W-BAD-4",
    "unknown_task": "W-BAD-5",
    "prompt": "W-BAD-6",
    "unknown_job": "W-BAD-7",
    "no_object": "W-BAD-8",
    "next_job": "W-BAD-9",
    "form": "W-BAD-10",
}


@scenario(
    "faulty.payloads", CHECKS, blind=frozenset({"W-JOB-1", "W-JOB-2", "W-JOB-3", "W-JOB-12"}), seconds=2.0
)
async def payloads(context: Context) -> None:
    """Payloads without their fields, with empty and mistyped ones, and types that nobody knows."""
    session = await context.worker()
    stage = context.stage
    await stage.ready()
    await expect_answers(stage, session)
    given: list[tuple[Fault, Assignment]] = []
    for fault in sorted(FAULTS, key=lambda entry: entry.job_type != JobType.LLM_INFER):
        if fault.job_type in (JobType.TASK, JobType.LLM_INFER) and fault.job_type not in session.capabilities:
            context.check(fault.check).not_applicable(f"the worker did not declare {fault.job_type}")
            continue
        assignment = await stage.assign(fault.job_type, fault.payload, session=session)
        given.append((fault, assignment))
        unanswered = sum(not before.answers for _, before in given)
        await assignment.answer(PROMPT_SECONDS if unanswered <= MOST_PROMPT else SILENT_SECONDS)
        probing = await probe(stage, session)
        if not context.check("next_job").expect(
            probing.works,
            f"after {fault.about}, the worker does not answer the next job",
            expected="an answer to the well-formed job that follows",
            actual=probing.instead,
            evidence=(assignment.marks(), probing.assignment.marks()),
        ):
            break
    for fault, assignment in given:
        await judge(context, fault, assignment)


async def judge(context: Context, fault: Fault, assignment: Assignment) -> None:
    """Whether there is an answer in time, and whether it says that the job is faulty."""
    answer = await assignment.answer(max(0.0, assignment.left(context.stage.transcript.now)))
    if not context.check(fault.check).expect(
        answer.answered,
        f"{fault.about} is not answered",
        expected="a job_reject, or an output with an `error`",
        actual=answer.in_words(),
        evidence=answer,
    ):
        return
    context.check("form").expect(
        answer.refused,
        f"{fault.about} is answered as if it were well-formed",
        expected="a job_reject, or an output that is an object with a string `error`",
        actual=answer.in_words(),
        evidence=answer,
    )
