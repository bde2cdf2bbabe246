"""What came of a sequence, as plain data: the judge reads it and nothing else."""

from collections.abc import Sequence as Several
from dataclasses import dataclass

from dispatch_protocol.canonical import Json

from dispatch_conformance.fuzz.steps import Job, Sequence
from dispatch_conformance.jobs import Answer
from dispatch_conformance.transcript import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A job of a sequence and what came back.

    `place` is its step's number in the sequence; that of the closing job is the number of steps. `alone`: the
    worker held no other job when this one was sent. `marks` are the assignment and whatever answers it.
    """

    place: int
    job: Job
    job_id: str
    alone: bool
    answers: Several[Answer]
    receipt: Json | None
    signature: str | None
    marks: tuple[Mark, ...]

    @property
    def offers(self) -> int:
        """How often it was assigned."""
        return 2 if self.job.oddity == "twice" else 1

    @property
    def turned_away(self) -> bool:
        """Whether a job without a fault was rejected because another one was there."""
        return not (self.alone or self.job.fault) and bool(self.answers) and not self.answers[0].completed

    @property
    def owes_receipt(self) -> bool:
        """Whether it was completed, and no receipt has come yet."""
        return bool(self.answers) and self.answers[0].completed and self.receipt is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A frame of the worker's that no job of a sequence accounts for: its type, and the job it names."""

    kind: str
    job_id: str
    text: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a sequence.

    `ended` says how the worker's process or connection ended, "" if neither did. `late`: so many seconds
    passed without a sign, and answers were still missing; whether they would have come is not known.
    `lost_ping` is the data of a ping whose pong did not come. `marks` are all frames that were sent; all of
    it took so many `seconds`.
    """

    sequence: Sequence
    pubkey: str
    given: tuple[Given, ...]
    strays: tuple[Stray, ...] = ()
    ended: str = ""
    late: bool = False
    lost_ping: bytes | None = None
    marks: tuple[Mark, ...] = ()
    seconds: float = 0.0

    @property
    def silent(self) -> tuple[Given, ...]:
        """The jobs without an answer; those that a worker took with it when it ended are not among them."""
        return tuple(given for given in self.given if not given.answers) if not self.ended else ()
