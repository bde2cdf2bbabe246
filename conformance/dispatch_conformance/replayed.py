"""Scenarios made of recordings: the assignments of one made elsewhere, the frames of one that fuzzing found.

Outputs are held against the reference and not against what was recorded, as a recording may well hold the
answers of a broken worker, or none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.codec import decode_from_coordinator
from dispatch_protocol.errors import UsageError, Violation
from dispatch_protocol.messages import HeartbeatAck, JobAssign, RegisterAck
from dispatch_protocol.recording import Frame, Recording
from dispatch_protocol.tasks import Faulty, LlmRequest, TaskRequest, read_payload, run_task
from dispatch_protocol.vocabulary import JobType, Role

from dispatch_conformance.cases import Case
from dispatch_conformance.conduct import Session
from dispatch_conformance.diagnose.suspects import Output, Suspects
from dispatch_conformance.exchanges import Exchange, recorded_jobs
from dispatch_conformance.fuzz import play_again
from dispatch_conformance.jobs import Answer, Assignment
from dispatch_conformance.reference import CHECKS, decided, faults, held_to
from dispatch_conformance.replay import FAULTY_CHECKS, LLM_CHECKS, RECEIPT_CHECKS, replay_all
from dispatch_conformance.scenario import Context, Scenario
from dispatch_conformance.scenarios.probe import probe

NAME: Final = "replay.recording"
"""The scenario of a recording that is no case."""

MOST_SECONDS: Final = 3_600.0
"""The longest time that the replay of a recording may take."""

_REFUSAL: Final[JsonValue] = {"error": "Unsupported job payload"}


def of_recording(recording: Recording) -> Scenario:
    """A scenario that gives a worker the assignments of a recording. Raises UsageError if it has none."""
    found = tuple(assignments(recording))
    if not found:
        raise UsageError("the recording holds no assignment that could be given to a worker")

    async def run(context: Context) -> None:
        """The assignments of a recording, held against the reference."""
        await replay_all(context, found)

    limit = min(MOST_SECONDS, 60.0 + 10.0 * len(found))
    checks = {name: law for entry in found for name, law in _checks(entry.assigned).items()}
    checks |= {name: CHECKS[name] for name in _held_to(found)}
    return Scenario(name=NAME, checks={**checks, **RECEIPT_CHECKS}, run=run, limit=limit)


def of_smallest(case: Case, searching: Scenario) -> Scenario:
    """The scenario that searched for inputs, which now plays only the smallest one that it had found."""

    async def run(context: Context) -> None:
        """The smallest input found, once more."""
        await play_again(context, case.check, case.smallest)

    return replace(searching, checks={case.check.partition(".")[2]: case.clause}, run=run)


def of_frames(case: Case, recording: Recording, blind: frozenset[str]) -> Scenario:
    """A scenario that sends a worker the very frames of a case, and judges every answer by the reference."""
    area, _, name = case.check.partition(".")
    own = {name: case.clause} if area == case.scenario.partition(".")[0] else {}
    checks = {**CHECKS, **LLM_CHECKS, **FAULTY_CHECKS, **own}

    async def run(context: Context) -> None:
        """The frames of a case, in their order, and one more job."""
        await context.worker()
        session = await context.stage.ready()
        answered = [(job, await job.answer()) for job in await _send(context, session, recording)]
        suspects = Suspects()
        suspects.note(given for job, answer in answered for given in _outputs(job, answer))
        good = [_judge(context, job, answer, suspects) for job, answer in answered]
        for check in sorted(held_to(suspects)):
            context.check(check).passed()
        probing = await probe(context.stage, session)
        for check in own:
            context.check(check).expect(
                probing.works and all(good),
                "an answer is wrong" if probing.works else f"after these frames: {probing.instead}",
                expected="every job is answered as the clauses have it, and so is the next",
                actual="another answer" if probing.works else probing.instead,
            )

    return Scenario(name=case.scenario, checks=checks, run=run, blind=blind)


def assignments(recording: Recording) -> Iterator[Exchange]:
    """Every assignment of a recording, once, in order, with the output that the reference gives for it."""
    for job, output in recorded_jobs(recording):
        yield Exchange(NAME, job, _right_output(job, output))


def _right_output(job: JobAssign, recorded: Json | None) -> Json:
    match read_payload(job.job_type, job.payload.value):
        case TaskRequest(task_type, text):
            return Json.of(run_task(task_type, text))
        case LlmRequest() as request:
            return Json.of({"text": f"Echo: {request.prompt}", "model": "llama3.2"})
        case Faulty():
            return recorded or Json.of(_REFUSAL)


def _checks(job: JobAssign) -> dict[str, str]:
    """The checks that an assignment decides."""
    match read_payload(job.job_type, job.payload.value):
        case TaskRequest(task_type, text):
            return {name: CHECKS[name] for name in ("completes", *decided(task_type, text))}
        case LlmRequest():
            return LLM_CHECKS
        case Faulty():
            return FAULTY_CHECKS


def _held_to(found: Iterable[Exchange]) -> set[str]:
    """The checks of which a breach would show in one of these outputs."""
    suspects = Suspects()
    suspects.note(
        Output(request.task_type, request.input, entry.output.value)
        for entry in found
        if isinstance(request := entry.request, TaskRequest)
    )
    return held_to(suspects)


async def _send(context: Context, session: Session, recording: Recording) -> list[Assignment]:
    """Send the coordinator's frames; where the worker's answers came between two, wait for them there too."""
    sent: list[Assignment] = []
    for event in recording.events:
        if not isinstance(event, Frame) or not session.link.open:
            continue
        if event.sender is Role.WORKER:
            if event.text is not None and '"job_' in event.text:
                for job in sent:
                    await job.answer()
        elif event.opcode == "ping":
            session.link.ping(bytes(event.payload) if isinstance(event.payload, bytes) else b"")
        elif event.opcode in {"text", "binary"}:
            sent += _send_frame(context, session, event)
    return sent


def _send_frame(context: Context, session: Session, event: Frame) -> Iterable[Assignment]:
    """Send one frame as it was; an assignment is remembered, so that its answer is found."""
    try:
        message = decode_from_coordinator(event.payload)
    except Violation:
        message = None
    if isinstance(message, RegisterAck | HeartbeatAck):
        return ()  # the stage gives those by itself
    if not isinstance(message, JobAssign) or event.text is None:
        session.link.send(event.payload, opcode="binary" if isinstance(event.payload, bytes) else "text")
        return ()
    job = context.stage.prepare(message.job_type, message.payload, job_id=message.job_id)
    job.text = event.text
    context.stage.send(job, session)
    return (job,)


def _outputs(job: Assignment, answer: Answer) -> Iterator[Output]:
    """The output of a task, if it is one and has one."""
    request = read_payload(job.job_type, job.payload.value)
    if isinstance(request, TaskRequest) and answer.output is not None:
        yield Output(request.task_type, request.input, answer.output.value)


def _judge(context: Context, job: Assignment, answer: Answer, suspects: Suspects) -> bool:
    """Hold an answer against the reference; whether it is right."""
    output = answer.output.value if answer.output is not None else None
    done = answer.completed and not answer.refused
    match read_payload(job.job_type, job.payload.value):
        case TaskRequest(task_type, text) if done:
            found = faults(task_type, text, output, suspects)
            for fault in found:
                context.check(fault.check).failed(
                    fault.message, expected=fault.expected, actual=fault.actual, evidence=answer
                )
            for name in () if found else decided(task_type, text):
                context.check(name).passed(answer)
            return not found
        case TaskRequest(task_type, text):
            blank = decided(task_type, text)[0]
            return _answered(context, blank if blank.startswith("blank") else "completes", answer, done)
        case LlmRequest():
            return _answered(context, "llm_completes", answer, done)
        case Faulty() if job.job_type in tuple(JobType):
            return _answered(context, "faulty_class", answer, answer.refused)
        case _:
            return answer.answered


def _answered(context: Context, check: str, answer: Answer, fits: bool) -> bool:
    faulty = check == "faulty_class"
    wanted = "a job_reject, or an output with `error`" if faulty else "a job_complete with an output"
    message = "a faulty job is answered as if it were a good one" if faulty else "a good job is not completed"
    return context.check(check).expect(
        fits, message, expected=wanted, actual=answer.in_words(), evidence=answer
    )
