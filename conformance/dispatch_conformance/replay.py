"""Replaying recorded assignments: what clauses fix is answered as it was when it was recorded.

The assignments of the recordings that ship with the suite (`exchanges`) are given to the worker one after the
other, without the recorded pauses; those of a capability that it did not declare are left out. Outputs are
compared as canonical text, faulty jobs by the class of the answer; receipts and everything else that frames
show are judged by the passive rules.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from dispatch_protocol.tasks import Faulty, LlmRequest, TaskRequest

from dispatch_conformance.consequences import excuse
from dispatch_conformance.diagnose.suspects import Output, Suspects
from dispatch_conformance.exchanges import Exchange, shipped
from dispatch_conformance.jobs import Answer, Assignment
from dispatch_conformance.reference import CHECKS, decided, faults, held_to
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import Patience

LLM_CHECKS: Final = {"llm_text": "W-LLM-5", "llm_model": "W-LLM-6", "llm_completes": "W-LLM-1"}
"""What is compared of an LLM_INFER job: the stand-in for Ollama echoes as the recorded one did."""

FAULTY_CHECKS: Final = {"faulty_class": "W-BAD-10"}
"""What is compared of a faulty job."""

RECEIPT_CHECKS: Final = {"hash": "W-CAN-2", "receipt": "W-RCP-1"}
"""What is compared of every completed one."""


class Replayed(NamedTuple):
    """A recorded task, and what the worker answered."""

    exchange: Exchange
    request: TaskRequest
    answer: Answer


_NOT_RECORDED: Final = ("blank_summary", "blank_others", "once", "case", "strings", "repeated_names")
_TASK_CHECKS: Final = {name: law for name, law in CHECKS.items() if name not in _NOT_RECORDED}
"""What is compared of a task; on the recorded inputs no other mistake would show."""


_SILENCES: Final = (
    "W-JOB-1",
    "W-JOB-2",
    "W-JOB-3",
    "W-JOB-12",
    *(f"W-BAD-{number}" for number in range(1, 10)),
)


@scenario(
    "replay.recorded",
    {**_TASK_CHECKS, **LLM_CHECKS, **FAULTY_CHECKS, **RECEIPT_CHECKS},
    blind=frozenset(_SILENCES),
    seconds=3,
)
async def recorded(context: Context) -> None:
    """The assignments recorded from the deployed network, answered as they were there."""
    await replay_all(context, shipped())


async def replay_all(context: Context, recorded_ones: Iterable[Exchange]) -> None:
    """Give the worker every exchange of a type that it declared, and compare what clauses fix.

    What is not answered is not compared: other scenarios judge silence, on jobs that they choose for it.
    """
    session = await context.worker()
    patience = Patience(context.stage, 2)
    completed: list[Assignment] = []
    tasks: list[Replayed] = []
    try:
        for exchange in recorded_ones:
            if exchange.assigned.job_type in session.capabilities:
                answer = await replay(context, patience, exchange)
                if answer.completed:
                    completed.append(patience.given[-1])
                if answer.answered and isinstance(request := exchange.request, TaskRequest):
                    tasks.append(Replayed(exchange, request, answer))
    finally:
        _judge_tasks(context, tasks)
    receipts = await asyncio.gather(*(assignment.receipt() for assignment in completed))
    for assignment, (receipt, _) in zip(completed, receipts, strict=True):
        message = "a recorded job is completed without a receipt"
        answer = await assignment.answer()
        context.check("receipt").expect(receipt is not None, message, expected="a receipt", evidence=answer)
    excuse(context.observations)


async def replay(context: Context, patience: Patience, exchange: Exchange) -> Answer:
    """Give the worker one recorded assignment. What clauses fix of the answer is compared, but for receipts.

    Outputs of tasks are compared when all have come: what one of them means the others help to say.
    """
    job = exchange.assigned
    answer = await patience.run(
        job.job_type,
        job.payload,
        policy=job.policy,
        privacy_class=job.privacy_class,
        user_id=job.user_id,
    )
    request = exchange.request
    if answer.answered and isinstance(request, Faulty):
        _judge_faulty(context, exchange, answer)
    elif isinstance(request, LlmRequest) and answer.answered and _judge_llm(context, exchange, answer):
        _judge_hash(context, exchange, answer)
    return answer


def _judge_tasks(context: Context, replayed: Sequence[Replayed]) -> None:
    """The outputs of all tasks, and the clauses that the right ones were held to."""
    suspects = Suspects()
    suspects.note(
        Output(request.task_type, request.input, answer.output.value)
        for _, request, answer in replayed
        if answer.output is not None
    )
    for exchange, request, answer in replayed:
        if _judge_task(context, exchange, request, answer, suspects):
            for check in decided(request.task_type, request.input):
                context.check(check).passed(answer)
            _judge_hash(context, exchange, answer)
    for check in sorted(held_to(suspects)):
        context.check(check).passed()


def _judge_hash(context: Context, exchange: Exchange, answer: Answer) -> None:
    expected = exchange.output.hash
    message = "the output is the recorded one, its hash is not"
    digits = (answer.output_hash or "")[-64:].lower()  # W-CAN-1 asks for the form
    context.check("hash").expect(
        digits == expected, message, expected=expected, actual=answer.output_hash or "", evidence=answer
    )


def _judge_task(
    context: Context, exchange: Exchange, request: TaskRequest, answer: Answer, suspects: Suspects
) -> bool:
    """Hold the output against the recorded one; a difference breaks the clause that the reference names."""
    expected = exchange.output.canonical
    first = decided(request.task_type, request.input)[0]
    completes = context.check(first if first.startswith("blank") else "completes")
    if not answer.completed or answer.output is None or answer.refused:
        completes.failed(
            "a recorded task is not completed",
            expected=expected,
            actual=answer.in_words(),
            evidence=answer,
        )
        return False
    completes.passed(answer)
    if answer.output.canonical == expected:
        return True
    for fault in faults(request.task_type, request.input, answer.output.value, suspects):
        context.check(fault.check).failed(
            f"another answer than the recorded one: {fault.message}",
            expected=fault.expected,
            actual=fault.actual,
            evidence=answer,
        )
    return False


def _judge_llm(context: Context, exchange: Exchange, answer: Answer) -> bool:
    """Hold the text against the echo, and the model's name against the one that the stand-in told.

    The echo of a prompt that reached the stand-in changed says nothing of the text.
    """
    completed = context.check("llm_completes").expect(
        answer.completed and not answer.refused,
        "a recorded LLM_INFER job is not completed",
        expected=exchange.output.canonical,
        actual=answer.in_words(),
        evidence=answer,
    )
    if not completed:
        return False
    request = exchange.request
    wanted = exchange.output.value if isinstance(exchange.output.value, dict) else {}
    given = answer.output.value if answer.output is not None else None
    members = given if isinstance(given, dict) else {}
    asked = context.ollama.generations[-1] if context.ollama.generations else None
    good = asked is None or not isinstance(request, LlmRequest) or asked.prompt == request.prompt
    if good:
        message = "another text than the model's"
        good = context.check("llm_text").equal(wanted.get("text"), members.get("text"), message, answer)
    else:
        context.check("llm_text").not_testable("the prompt reached the model changed", answer)
    named = asked.member("model") if asked is not None else None
    context.check("llm_model").equal(named, members.get("model"), "another name than the model's", answer)
    return good and answer.output is not None and answer.output.canonical == exchange.output.canonical


def _judge_faulty(context: Context, exchange: Exchange, answer: Answer) -> None:
    """A job_reject, or an output that says error: both are the same class."""
    context.check("faulty_class").expect(
        answer.refused,
        "a faulty job is answered as if it were a good one",
        expected=f"job_reject, or an output like {exchange.output.canonical}",
        actual=answer.in_words(),
        evidence=answer,
    )
