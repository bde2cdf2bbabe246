"""A worker without a process, for tests of fuzzing: a `Desk` answers sequences by a function."""

from collections.abc import Callable

from dispatch_conformance.fuzz.judge import judge
from dispatch_conformance.fuzz.outcome import Given, Outcome
from dispatch_conformance.fuzz.steps import Job, Sequence, easiest
from dispatch_conformance.jobs import Answer, Kind
from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.keys import Identity
from dispatch_protocol.receipts import receipt_text, sign_receipt
from dispatch_protocol.tasks import Faulty, LlmRequest, read_payload, run_task
from dispatch_protocol.vocabulary import JobType, TaskType

IDENTITY = Identity.from_seed(bytes(range(32)))
EASY = easiest(JobType.TASK)
Compute = Callable[[TaskType, str], JsonValue]


def completed(job_id: str, output: JsonValue) -> tuple[Answer, Json, str]:
    """A flawless completion: the answer, its receipt and its signature."""
    value = Json.of(output)
    receipt = receipt_text(job_id, IDENTITY.pubkey_hex, value.hash, "2026-11-22T06:04:41.000Z")
    answer = Answer(kind=Kind.COMPLETE, after=0.0, marks=(), output=value, output_hash=value.hash)
    return answer, Json.read(receipt), sign_receipt(receipt, IDENTITY)


def rejected(reason: str = "no") -> Answer:
    return Answer(kind=Kind.REJECT, after=0.0, marks=(), reason=reason)


def given(job: Job, output: JsonValue, *, place: int = 0, alone: bool = True) -> Given:
    """A job that was completed with this output."""
    answer, receipt, signature = completed("job-1", output)
    return Given(
        place=place,
        job=job,
        job_id="job-1",
        alone=alone,
        answers=(answer,) * (2 if job.oddity == "twice" else 1),
        receipt=receipt,
        signature=signature,
        marks=(),
    )


def outcome_of(*jobs: Given, sequence: Sequence | None = None) -> Outcome:
    """What came of a sequence with these jobs, and no other."""
    steps = tuple(entry.job for entry in jobs)
    return Outcome(sequence=sequence or Sequence(False, steps), pubkey=IDENTITY.pubkey_hex, given=jobs)


def checks_broken(outcome: Outcome) -> list[str]:
    return [found.fault.check for found in judge(outcome, lambda _prompt: False)]


class Desk:
    """Plays sequences on a function (see `course.Plays`); `seen` are all that it was given."""

    def __init__(self, compute: Compute = run_task) -> None:
        self.history: list[Sequence] = []
        self.awaits_receipts = True
        self.seen: list[Sequence] = []
        self._compute = compute

    async def play(self, sequence: Sequence, *, closing: bool = True, stall: float = 1.5) -> Outcome:
        self.seen.append(sequence)
        self.history.append(sequence)
        steps = (*sequence.steps, EASY) if closing else sequence.steps
        jobs = [(place, step) for place, step in enumerate(steps) if isinstance(step, Job)]
        answers = tuple(
            given(job, self.output(job), place=place, alone=not sequence.together) for place, job in jobs
        )
        return outcome_of(*answers, sequence=sequence)

    async def fresh(self) -> None:
        self.history.clear()

    async def in_time(self, outcome: Outcome, seconds: float | None = None) -> Outcome:
        return outcome

    def output(self, job: Job) -> JsonValue:
        request = read_payload(job.job_type, Json.read(job.payload).value)
        if isinstance(request, Faulty):
            return request.output
        if isinstance(request, LlmRequest):
            return {"text": f"Echo: {request.prompt}", "model": "llama3.2"}
        return self._compute(request.task_type, request.input)
