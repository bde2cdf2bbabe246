"""Replaying recorded assignments: what clauses fix is answered as it was when it was recorded.

The recordings under `recordings/` hold what passed between deployed workers and their coordinator. Their
assignments are given to the worker one after the other, without the recorded pauses; those of a capability
that it did not declare are left out. Outputs are compared as canonical text, faulty jobs by the class of the
answer; receipts and everything else that frames show are judged by the passive rules.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from dispatch_protocol.canonical import Json
from dispatch_protocol.codec import decode_from_coordinator, decode_from_worker
from dispatch_protocol.errors import Violation
from dispatch_protocol.messages import JobAssign, JobComplete
from dispatch_protocol.recording import Frame, Recording, read_lines
from dispatch_protocol.tasks import Faulty, LlmRequest, TaskRequest, read_payload
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.consequences import excuse
from dispatch_conformance.jobs import Answer, Assignment
from dispatch_conformance.reference import CHECKS, Fault, decided, faults
from dispatch_conformance.scenario import Context, scenario
from dispatch_conformance.scenarios.probe import Patience

LLM_CHECKS: Final = {"llm_text": "W-LLM-5", "llm_model": "W-LLM-6", "llm_completes": "W-LLM-1"}
"""What is compared of an LLM_INFER job: the stand-in for Ollama echoes as the recorded one did."""

FAULTY_CHECKS: Final = {"faulty_class": "W-BAD-10"}
"""What is compared of a faulty job."""

RECEIPT_CHECKS: Final = {"hash": "W-CAN-2", "receipt": "W-RCP-1"}
"""What is compared of every completed one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded assignment and the output that the recorded worker gave."""

    recording: str
    assigned: JobAssign
    output: Json


def exchanges(name: str, recording: Recording) -> Iterator[Exchange]:
    """The assignments of a recording that were completed, in the order in which they were assigned."""
    for assigned, output in recorded_jobs(recording):
        if output is not None:
            yield Exchange(name, assigned, output)


def recorded_jobs(recording: Recording) -> Iterator[tuple[JobAssign, Json | None]]:
    """Every job that a recording assigns, once, in order, with its first output; None where it has none."""
    assigned: dict[str, JobAssign] = {}
    outputs: dict[str, Json] = {}
    for event in recording.events:
        if not isinstance(event, Frame):
            continue
        decode = decode_from_worker if event.sender is Role.WORKER else decode_from_coordinator
        try:
            message = decode(event.payload)
        except Violation:
            continue
        if isinstance(message, JobAssign):
            assigned.setdefault(message.job_id, message)
        elif isinstance(message, JobComplete):
            outputs.setdefault(message.job_id, message.output)
    for job_id, message in assigned.items():
        yield message, outputs.get(job_id)


@cache
def shipped() -> tuple[Exchange, ...]:
    """Every exchange of the recordings that ship with the suite."""
    folder = files("dispatch_conformance").joinpath("recordings")
    found: list[Exchange] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".jsonl"):
            recording = read_lines(entry.read_text("utf-8").split("\n"))
            found += exchanges(entry.name.removesuffix(".jsonl"), recording)
    return tuple(found)


_TASK_CHECKS: Final = {name: law for name, law in CHECKS.items() if not name.startswith("blank")}
"""What is compared of a task; no recording holds blank input."""


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
    for exchange in recorded_ones:
        if exchange.assigned.job_type in session.capabilities:
            answer = await replay(context, patience, exchange)
            if answer.completed:
                completed.append(patience.given[-1])
    receipts = await asyncio.gather(*(assignment.receipt() for assignment in completed))
    for assignment, (receipt, _) in zip(completed, receipts, strict=True):
        message = "a recorded job is completed without a receipt"
        answer = await assignment.answer()
        context.check("receipt").expect(receipt is not None, message, expected="a receipt", evidence=answer)
    excuse(context.observations)


async def replay(context: Context, patience: Patience, exchange: Exchange) -> Answer:
    """Give the worker one recorded assignment and compare what clauses fix, but for the receipt."""
    job = exchange.assigned
    answer = await patience.run(
        job.job_type,
        job.payload,
        policy=job.policy,
        privacy_class=job.privacy_class,
        user_id=job.user_id,
    )
    if not answer.answered:
        return answer
    match read_payload(job.job_type, job.payload.value):
        case Faulty():
            _judge_faulty(context, exchange, answer)
            return answer
        case LlmRequest(prompt=prompt):
            good = _judge_llm(context, exchange, answer, prompt)
        case TaskRequest(task_type, text):
            output = answer.output.value if answer.output is not None else None
            names = decided(task_type, text)
            blank = names[0] if names[0].startswith("blank") else ""
            found = faults(task_type, text, output)
            good = _judge_task(context, exchange, answer, found, blank or "completes")
            for check in names if good else ():
                context.check(check).passed(answer)
    if answer.completed and good:
        expected = exchange.output.hash
        message = "the output is the recorded one, its hash is not"
        digits = (answer.output_hash or "")[-64:].lower()  # W-CAN-1 asks for the form
        context.check("hash").expect(
            digits == expected, message, expected=expected, actual=answer.output_hash or "", evidence=answer
        )
    return answer


def _judge_task(
    context: Context, exchange: Exchange, answer: Answer, found: Iterable[Fault], completes: str
) -> bool:
    """Hold the output against the recorded one; a difference breaks the clause that the reference names.

    `completes` names the check that it is completed at all.
    """
    expected = exchange.output.canonical
    if not answer.completed or answer.output is None or answer.refused:
        context.check(completes).failed(
            "a recorded task is not completed",
            expected=expected,
            actual=answer.in_words(),
            evidence=answer,
        )
        return False
    context.check(completes).passed(answer)
    if answer.output.canonical == expected:
        return True
    for fault in found:
        context.check(fault.check).failed(
            f"another answer than the recorded one: {fault.message}",
            expected=fault.expected,
            actual=fault.actual,
            evidence=answer,
        )
    return False


def _judge_llm(context: Context, exchange: Exchange, answer: Answer, prompt: str) -> bool:
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
    wanted = exchange.output.value if isinstance(exchange.output.value, dict) else {}
    given = answer.output.value if answer.output is not None else None
    members = given if isinstance(given, dict) else {}
    asked = context.ollama.generations[-1] if context.ollama.generations else None
    good = asked is None or asked.prompt == prompt
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
