"""What a sequence is made of: jobs, frames that ask for nothing, pings; and the same as plain data.

A Sequence is a value: it says what is sent and in which order, and nothing of ids and times. `as_data` and
`from_data` turn it into JSON and back, so that a failure can be kept and played again.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import JobType

PROBE_PAYLOADS: Final = {
    JobType.TASK: '{"task_type":"summarize","input":"0"}',
    JobType.LLM_INFER: '{"prompt":"0"}',
}
"""The payload of the easiest job of each type."""


class Oddity(StrEnum):
    """A circumstance in which a step is sent; all of them are a coordinator's right."""

    PLAIN = "plain"
    FRAGMENTS = "fragments"
    MEMBERS = "unknown_members"
    TWICE = "twice"
    PAYLOAD_TYPE = "payload_type"
    PRIVATE = "private"
    ID = "ids"


_WORDS: Final = {
    Oddity.PLAIN: "",
    Oddity.FRAGMENTS: " (in three fragments)",
    Oddity.MEMBERS: " (with members that no specification names)",
    Oddity.TWICE: " (assigned twice)",
    Oddity.PAYLOAD_TYPE: " (with another job_type in its payload)",
    Oddity.PRIVATE: " (PRIVATE)",
    Oddity.ID: " (its id is demo- and a UUID in capitals)",
}
_MOST_TOLD: Final = 5
_LONGEST_TOLD: Final = 300


@dataclass(frozen=True, slots=True)
class Job:
    """An assignment: its type, its payload as JSON text, its oddity.

    `fault` names the check of a faulty one ("" for one that can be done).
    """

    job_type: str
    payload: str
    oddity: Oddity = Oddity.PLAIN
    fault: str = ""

    @property
    def kind(self) -> JobType:
        """Its job type; TASK for an unknown one."""
        return JobType(self.job_type) if self.job_type in tuple(JobType) else JobType.TASK


@dataclass(frozen=True, slots=True)
class Notice:
    """A frame that asks for nothing, text or bytes; `check` is the one that it decides."""

    check: str
    frame: str | bytes
    oddity: Oddity = Oddity.PLAIN


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping; its pong carries the same data."""

    data: bytes


Step: TypeAlias = Job | Notice | Ping


class Sequence(NamedTuple):
    """Steps in order. `together`: all in one segment; else each job's answer is awaited first."""

    together: bool
    steps: tuple[Step, ...]


def easiest(job_type: JobType) -> Job:
    """The simplest job of a type, whose answer shows that a worker still works."""
    return Job(job_type, PROBE_PAYLOADS[job_type])


def plain(step: Step) -> Step:
    """The same step without its oddity."""
    return step if isinstance(step, Ping) else replace(step, oddity=Oddity.PLAIN)


def step_by_step(sequence: Sequence, easy: Job) -> tuple[Sequence, tuple[int, ...]]:
    """A sequence with an easy job after whatever asks for no answer, unless it goes in one segment.

    Also, for each step of it and for the closing job, the place of the step that it belongs to.
    """
    laid: list[Step] = []
    places: list[int] = []
    for place, step in enumerate(sequence.steps):
        atom = (step,) if sequence.together or isinstance(step, Job) else (step, easy)
        laid += atom
        places += [place] * len(atom)
    return Sequence(sequence.together, tuple(laid)), (*places, len(sequence.steps) - 1)


def in_words(sequence: Sequence) -> str:
    """The sequence in a line for a message. What it holds is escaped; the line is bounded."""
    if not sequence.steps:
        return "an easy job"
    told = [_in_words(step) for step in sequence.steps[:_MOST_TOLD]]
    more = len(sequence.steps) - len(told)
    together = "in one segment with the next job: " if sequence.together else ""
    return together + "; then ".join(told) + (f"; and {more} more" if more else "")


def as_data(sequence: Sequence) -> dict[str, JsonValue]:
    """The sequence as JSON: `{"together", "steps": [{"job_type", …} | {"frame", …} | {"ping"}, …]}`."""
    return {"together": sequence.together, "steps": [_step_data(step) for step in sequence.steps]}


def from_data(data: JsonValue) -> Sequence:
    """The sequence of such data. Raises UsageError where it is none."""
    try:
        match data:
            case {"together": bool(together), "steps": list(steps)}:
                return Sequence(together, tuple(_step(entry) for entry in steps))
    except ValueError:
        pass
    raise UsageError("this is no sequence of a fuzzed case")


def _in_words(step: Step) -> str:
    match step:
        case Job(job_type, payload, oddity):
            told = f"{job_type or 'a job without type'} {shown(payload, _LONGEST_TOLD)}"
        case Notice(_, bytes(frame), oddity):
            told = f"a binary frame ({len(frame)} bytes: {frame[:20].hex()})"
        case Notice(_, frame, oddity):
            told = f"the frame {shown(frame, _LONGEST_TOLD)}"
        case _:
            return "a ping"
    return told + _WORDS[oddity]


def _step_data(step: Step) -> JsonValue:
    match step:
        case Job(job_type, payload, oddity, fault):
            return {"job_type": job_type, "payload": payload, "oddity": oddity.value, "fault": fault}
        case Notice(check, bytes(frame), oddity):
            return {"check": check, "bytes": _base64(frame), "oddity": oddity.value}
        case Notice(check, str(frame), oddity):
            return {"check": check, "frame": frame, "oddity": oddity.value}
        case Ping(data):
            return {"ping": _base64(data)}
    raise AssertionError(step)


def _step(data: JsonValue) -> Step:
    match data:
        case {"job_type": str(kind), "payload": str(payload), "oddity": str(oddity), "fault": str(fault)}:
            return Job(kind, payload, Oddity(oddity), fault)
        case {"check": str(check), "bytes": str(frame), "oddity": str(oddity)}:
            return Notice(check, b64decode(frame, validate=True), Oddity(oddity))
        case {"check": str(check), "frame": str(frame), "oddity": str(oddity)}:
            return Notice(check, frame, Oddity(oddity))
        case {"ping": str(frame)}:
            return Ping(b64decode(frame, validate=True)[:125])
    raise ValueError("no step")


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
