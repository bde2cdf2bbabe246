"""What recordings hold: assignments, and the outputs that were given for them.

The recordings that ship with the suite, under `recordings/`, hold what passed between deployed workers and
their coordinator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dispatch_protocol.canonical import Json
from dispatch_protocol.codec import decode
from dispatch_protocol.errors import Violation
from dispatch_protocol.messages import JobAssign, JobComplete
from dispatch_protocol.recording import Frame, Recording, read_lines
from dispatch_protocol.tasks import Request, read_payload


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded assignment and the output that the recorded worker gave."""

    recording: str
    assigned: JobAssign
    output: Json

    @property
    def request(self) -> Request:
        """What the job asks for."""
        return read_payload(self.assigned.job_type, self.assigned.payload.value)


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
        try:
            message = decode(event.payload, event.sender)
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
