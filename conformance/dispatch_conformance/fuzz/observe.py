"""What a transcript shows of one sequence: answers by job, frames that nothing accounts for, pongs."""

from collections.abc import Container, Sequence
from typing import Final, NamedTuple

from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.parsing import parse_members
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.fuzz.outcome import Given, Stray
from dispatch_conformance.fuzz.steps import Job
from dispatch_conformance.jobs import Assignment
from dispatch_conformance.link import FREE_FRAMES, Link
from dispatch_conformance.transcript import Mark, Transcript

_MANY_PONGS: Final = FREE_FRAMES - 100


class Held(NamedTuple):
    """A job that was sent: its place in the sequence, its step, its assignment, and whether it was alone."""

    place: int
    job: Job
    assignment: Assignment
    alone: bool

    def given(self) -> Given:
        """What came back for it until now."""
        assignment, receipt, signature = self.assignment, None, None
        marks = list(assignment.marks())
        for answer in assignment.answers:
            marks += [mark for mark in answer.marks if mark not in marks]
            if receipt is None and answer.receipt is not None:
                receipt, signature = answer.receipt, answer.signature
        if receipt is None and assignment.submitted:
            receipt, signature = assignment.submitted[0]
        return Given(
            place=self.place,
            job=self.job,
            job_id=assignment.job_id,
            alone=self.alone,
            answers=tuple(assignment.answers),
            receipt=receipt,
            signature=signature,
            marks=tuple(marks),
        )


def strays(
    transcript: Transcript, start: int, held: Sequence[Held], known: Container[str]
) -> tuple[Stray, ...]:
    """The worker's text frames since the event `start` that no job in `held` or `known` accounts for."""
    events = transcript.events
    frames = [
        (index, event.text or "")
        for index in range(start, len(events))
        if isinstance(event := events[index], Frame)
        and event.sender is Role.WORKER
        and event.opcode == "text"
    ]
    if len(frames) <= sum(len(job.assignment.answers) + len(job.assignment.submitted) for job in held):
        return ()
    named = ((*_named(text), text, transcript.mark(index)) for index, text in frames)
    return tuple(
        Stray(kind=kind, job_id=job_id, text=text, mark=mark)
        for kind, job_id, text, mark in named
        if job_id not in known
    )


def lost_ping(link: Link, pings: Sequence[bytes], before: int) -> bytes | None:
    """The last of the pings that were sent if its pong did not come; `before` is how many pongs there were.

    Of several pings a worker may answer the last alone (RFC 6455 §5.5.3).
    """
    if not pings or len(link.pongs) >= _MANY_PONGS or pings[-1] in link.pongs[before:]:
        return None
    return pings[-1]


def sent_since(transcript: Transcript, start: int) -> tuple[Mark, ...]:
    """The marks of the suite's frames since the event `start`."""
    events = transcript.events
    return tuple(
        transcript.mark(index)
        for index in range(start, len(events))
        if isinstance(event := events[index], Frame) and event.sender is Role.COORDINATOR
    )


def _named(text: str) -> tuple[str, str]:
    """The type of a worker's frame, and the job it names; "" where there is none."""
    try:
        members = parse_members(text) or {}
    except JsonSyntaxError:
        return "", ""
    kind, job_id = (members[name].value if name in members else None for name in ("type", "job_id"))
    if kind == "receipt_submit" and "receipt" in members:
        receipt = members["receipt"].value
        job_id = receipt.get("job_id") if isinstance(receipt, dict) else None
    return (kind if isinstance(kind, str) else ""), (job_id if isinstance(job_id, str) else "")
