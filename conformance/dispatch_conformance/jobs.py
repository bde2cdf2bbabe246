"""Assignments that a stage hands out, and what came back for each.

An Assignment is written once and sent as it stands; its answers are collected by `job_id`, on whatever
connection they arrive. Source: SPEC.md, "Assignments and answers".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias, TypedDict

from dispatch_protocol.canonical import Json, JsonValue, stringify
from dispatch_protocol.parsing import Member
from dispatch_protocol.vocabulary import JobType

from dispatch_conformance.transcript import Mark, Transcript

ANSWER_SECONDS: Final = {JobType.TASK: 10.0, JobType.LLM_INFER: 60.0}
"""How long a worker has for an answer, by job type; TASK's time for any other."""

RECEIPT_SECONDS: Final = 5.0
"""How long after its job_complete a receipt may follow in a receipt_submit."""

SILENCE_SECONDS: Final = 20.0
"""After how much silence, one unanswered assignment behind the other, a worker is given no more."""

Payload: TypeAlias = "JsonValue | Json"
"""A payload as a scenario gives it: a value, or an exact text."""


class Terms(TypedDict, total=False):
    """What a job_assign holds besides its type and payload; a stage fills in what is left out.

    `more` are further members, after the known ones.
    """

    policy: str
    privacy_class: str
    user_id: str
    job_id: str
    more: Mapping[str, JsonValue]


class Kind(StrEnum):
    """What came back for an assignment."""

    COMPLETE = "job_complete"
    REJECT = "job_reject"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, or the lack of one.

    `output`, `output_hash`, `receipt` and `signature` are those of the job_complete, whatever types they have
    there (`output_hash` and `signature` are None where they are no strings); `reason` is that of the
    job_reject, or says why there is nothing. `after` is seconds since the assignment was sent. `marks` is the
    evidence: the assignment and the answer.
    """

    kind: Kind
    after: float
    marks: tuple[Mark, ...]
    output: Json | None = None
    output_hash: str | None = None
    receipt: Json | None = None
    signature: str | None = None
    reason: str = ""

    @property
    def completed(self) -> bool:
        """Whether it is a job_complete."""
        return self.kind is Kind.COMPLETE

    @property
    def answered(self) -> bool:
        """Whether there is an answer at all."""
        return self.kind is not Kind.NOTHING

    @property
    def refused(self) -> bool:
        """Whether it declines the job: a job_reject, or an output that is `{"error": string}`."""
        if self.kind is Kind.REJECT:
            return True
        value = self.output.value if self.output is not None else None
        return isinstance(value, dict) and isinstance(value.get("error"), str)

    def in_words(self) -> str:
        """The answer in a line for a message; what the worker wrote is not escaped yet."""
        match self.kind:
            case Kind.COMPLETE:
                return f"job_complete with the output {self.output.text if self.output else 'missing'}"
            case Kind.REJECT:
                return f"job_reject: {self.reason}"
            case _:
                return self.reason


@dataclass(slots=True, kw_only=True)
class Assignment:
    """A job for the worker: its frame, and the answers to it in the order in which they arrived."""

    job_id: str
    job_type: str
    payload: Json
    text: str
    transcript: Transcript
    patience: float
    gone: Callable[[], str]
    sent_at: float = 0.0
    index: int = -1
    answers: list[Answer] = field(default_factory=list)
    submitted: list[tuple[Json, str | None]] = field(default_factory=list)

    @property
    def sent(self) -> bool:
        """Whether it was sent."""
        return self.index >= 0

    def left(self, now: float) -> float:
        """How many seconds of the clause's time are left for an answer, at this time of the transcript."""
        return self.patience - (now - self.sent_at) if self.sent else self.patience

    async def answer(self, timeout: float | None = None) -> Answer:
        """The first answer; NOTHING after the clause's time (or `timeout` seconds), or if none can come."""
        seconds = self.patience if timeout is None else timeout
        await self.transcript.changes.until(lambda: bool(self.answers) or bool(self.gone()), seconds)
        if self.answers:
            return self.answers[0]
        after = self.transcript.now - self.sent_at
        why = self.gone() or f"no answer within {after:.1f} s"
        return Answer(kind=Kind.NOTHING, after=after, marks=self.marks(), reason=why)

    async def receipt(self, timeout: float = RECEIPT_SECONDS) -> tuple[Json | None, str | None]:
        """The receipt and its signature, bundled or submitted apart; (None, None) if none came in time."""
        answer = await self.answer()
        if answer.receipt is not None:
            return answer.receipt, answer.signature
        await self.transcript.changes.until(lambda: bool(self.submitted) or bool(self.gone()), timeout)
        return self.submitted[0] if self.submitted else (None, None)

    def marks(self, *more: int) -> tuple[Mark, ...]:
        """The evidence: where the assignment was sent, and the events with these indices."""
        return tuple(self.transcript.mark(index) for index in (self.index, *more) if index >= 0)

    def note_answer(self, kind: Kind, members: Mapping[str, Member], index: int) -> None:
        """Take an answer's frame; at most a hundred are kept."""
        if len(self.answers) >= 100:
            return
        self.answers.append(
            Answer(
                kind=kind,
                after=self.transcript.now - self.sent_at,
                marks=self.marks(index),
                output=_json(members, "output"),
                output_hash=_text(members, "output_hash"),
                receipt=_json(members, "receipt"),
                signature=_text(members, "receipt_signature"),
                reason=_text(members, "reason") or "",
            )
        )

    def note_receipt(self, members: Mapping[str, Member]) -> None:
        """Take a receipt_submit's frame; the first ten are kept."""
        receipt = _json(members, "receipt")
        if receipt is not None and len(self.submitted) < 10:
            self.submitted.append((receipt, _text(members, "signature")))


def silence(newest_first: Iterable[Assignment], now: float) -> tuple[int, float]:
    """How many assignments have stayed without an answer since the last answer, and for how long in all.

    Those that have time left do not count.
    """
    count, seconds = 0, 0.0
    for assignment in newest_first:
        if assignment.answers:
            break
        if assignment.sent and assignment.left(now) <= 0:
            count, seconds = count + 1, seconds + assignment.patience
    return count, seconds


def assignment_text(members: Mapping[str, Payload]) -> str:
    """The frame of a job_assign with these members, `Json` ones in their exact text."""
    pieces = ['"type":"job_assign"']
    for name, value in members.items():
        text = value.text if isinstance(value, Json) else stringify(value)
        pieces.append(f"{stringify(name)}:{text}")
    return "{" + ",".join(pieces) + "}"


def named_job(members: Mapping[str, Member]) -> str:
    """The job that an answer names; "" where it names none."""
    return _text(members, "job_id") or ""


def _json(members: Mapping[str, Member], name: str) -> Json | None:
    member = members.get(name)
    if member is None or (member.value is None and name == "receipt"):
        return None
    return Json(member.text, member.value)


def _text(members: Mapping[str, Member], name: str) -> str | None:
    member = members.get(name)
    return member.value if member is not None and isinstance(member.value, str) else None
