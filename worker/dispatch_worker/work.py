"""What a session does with its assignments on one connection: compute, ask the model, reject.

Source: SPEC.md, "Assignments and answers" and "Faulty jobs". Pure. Every assignment gets exactly one answer
here (W-JOB-1, W-JOB-4, W-JOB-5), unless the connection is lost first: then `drop` forgets it (W-END-8).
"""

from itertools import count
from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.messages import JobAssign
from dispatch_protocol.signatures import Signer
from dispatch_protocol.tasks import Faulty, LlmRequest, TaskRequest, read_payload, run_task
from dispatch_protocol.vocabulary import JobType

from dispatch_worker import lines
from dispatch_worker.answers import completion, rejection
from dispatch_worker.desk import Desk, Job
from dispatch_worker.effects import (
    Cancel,
    Completed,
    Effects,
    Generated,
    Infer,
    Inference,
    Moment,
    Send,
)
from dispatch_worker.lines import Notices

ANSWER_SECONDS: Final = 55.0
"""How long the model has, from the assignment on, so that the answer leaves within 60 s (W-JOB-3)."""

_JOB_TYPES: Final = frozenset(JobType)


class Work:
    """The assignments of one session. `notices` speaks of odd frames, and begins anew on each connection."""

    def __init__(self, signer: Signer, capabilities: tuple[JobType, ...], concurrency: int) -> None:
        self._signer = signer
        self._refused = _JOB_TYPES - frozenset(capabilities)
        self._concurrency = concurrency
        self._desk = Desk(concurrency)
        self._tickets = count(1)
        self._stopping = False
        self.notices = Notices()

    def __len__(self) -> int:
        """How many jobs are held, running or waiting."""
        return len(self._desk)

    @property
    def expires_at(self) -> float | None:
        """When the oldest job held has to be answered at the latest; None if none is held."""
        oldest = self._desk.oldest
        return None if oldest is None else oldest.since + ANSWER_SECONDS

    def assigned(self, job: JobAssign, moment: Moment) -> Effects:
        """A well-formed assignment: answered at once, or held."""
        if self._desk.knows(job.job_id):
            return self.notices.about(f"job_assign: {_name(job.job_id)} is held or was answered")
        if self._stopping:
            return self._reject(job.job_id, "the worker is stopping")
        if job.job_type in self._refused:
            return self._reject(job.job_id, f"this worker does not offer {job.job_type}")
        request = read_payload(job.job_type, job.payload.value)
        if isinstance(request, LlmRequest):
            return self._hold(job.job_id, request, moment)
        line = lines.executing(job.job_type, job.job_id)
        return (line, *self._complete(job.job_id, _output(request), moment.now, moment))

    def malformed(self, job_id: str, detail: str) -> Effects:
        """An assignment that names its job and is otherwise faulty: given back, once."""
        if self._desk.knows(job_id):
            return self.notices.about(f"job_assign: {_name(job_id)} is held or was answered")
        return self._reject(job_id, f"malformed job_assign: {detail}")

    def inferred(self, ticket: int, outcome: Inference, moment: Moment) -> Effects:
        """The model answered or failed. A ticket that is held no more has no effect."""
        job = self._desk.release(ticket)
        if job is None:
            return ()
        if isinstance(outcome, Generated):
            answer = self._complete(job.job_id, outcome.output, job.since, moment)
        else:
            answer = self._reject(job.job_id, outcome.reason)
        return answer + self._start()

    def expire(self, now: float) -> Effects:
        """Give back every job whose time is up."""
        effects: Effects = ()
        while (job := self._desk.oldest) is not None and now >= job.since + ANSWER_SECONDS:
            effects += self._give_back(job, f"no answer of the model within {ANSWER_SECONDS:.0f} s")
        return effects + self._start()

    def stop(self) -> Effects:
        """Take no more jobs, and give back those that wait."""
        self._stopping = True
        return self._give_back_all(self._desk.waiting)

    def stop_now(self) -> Effects:
        """Give back all that are held: the time of those that run is up as well."""
        return self._give_back_all(self._desk.waiting + self._desk.running)

    def drop(self) -> Effects:
        """The connection is gone: forget its jobs, answer none of them."""
        cancelled = tuple(Cancel(job.ticket) for job in self._desk.running)
        self._desk = Desk(self._concurrency)
        self.notices = Notices()
        return cancelled

    def _hold(self, job_id: str, request: LlmRequest, moment: Moment) -> Effects:
        if not self._desk.has_room(request):
            return self._reject(job_id, "too many jobs wait already")
        self._desk.take(Job(next(self._tickets), job_id, request, moment.now))
        return self._start()

    def _start(self) -> Effects:
        """Begin the jobs whose turn has come."""
        effects: Effects = ()
        while (job := self._desk.start()) is not None:
            effects += (lines.executing(JobType.LLM_INFER, job.job_id), Infer(job.ticket, job.request))
        return effects

    def _complete(self, job_id: str, output: JsonValue, since: float, moment: Moment) -> Effects:
        try:
            frame = completion(job_id, output, self._signer, moment.wall_ms)
        except UsageError as error:
            return self._reject(job_id, str(error))
        self._desk.remember(job_id)
        return (Send(frame), Completed(job_id, since))

    def _reject(self, job_id: str, reason: str) -> Effects:
        """Give a job back; `reason` is one bounded sentence in which text from outside is escaped."""
        self._desk.remember(job_id)
        try:
            frame = rejection(job_id, reason)
        except UsageError as error:
            return self.notices.about(f"job_assign: {error}")
        return (Send(frame), lines.rejected(job_id, reason))

    def _give_back(self, job: Job, reason: str) -> Effects:
        self._desk.release(job.ticket)
        cancelled: Effects = (Cancel(job.ticket),) if job.running else ()
        return cancelled + self._reject(job.job_id, reason)

    def _give_back_all(self, jobs: list[Job]) -> Effects:
        return tuple(effect for job in jobs for effect in self._give_back(job, "the worker is stopping"))


def _output(request: TaskRequest | Faulty) -> JsonValue:
    return request.output if isinstance(request, Faulty) else run_task(request.task_type, request.input)


def _name(job_id: str) -> str:
    return f"job {shown(job_id, 80)}"
