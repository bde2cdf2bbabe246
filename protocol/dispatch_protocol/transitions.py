"""What may follow what: a session, an assignment and a job, each as one literal table.

A table maps (state, step) to the next state. A pair that has no entry is the error: whoever meets it names
the clause that forbids the step. Worker, coordinator and passive rules mean the same by these names.

Source: SPEC.md, "Registration", "Assignments and answers", "Life of a job".
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Final, TypeVar

from dispatch_protocol.vocabulary import JobStatus


class SessionState(StrEnum):
    """Where one connection of a worker stands, as both ends can see it on the wire."""

    CONNECTED = auto()
    """The opening handshake is done; nothing was sent."""
    REGISTERING = auto()
    """`register` was sent, its `register_ack` has not come."""
    REGISTERED = auto()
    """`register_ack` accepted the worker: it beats, takes jobs and answers them."""
    REFUSED = auto()
    """`register_ack` refused the worker: nothing is owed to it or by it."""
    CLOSED = auto()
    """The connection is gone."""


class SessionStep(StrEnum):
    """What happens on a connection; the first, third and last of them are the worker's messages."""

    REGISTER = auto()
    ACCEPT = auto()
    BEAT = auto()
    REFUSE = auto()
    ASSIGN = auto()
    ANSWER = auto()
    CLOSE = auto()


class AssignmentState(StrEnum):
    """Where one assignment of a job to one worker stands."""

    ASSIGNED = auto()
    COMPLETED = auto()
    REJECTED = auto()
    LOST = auto()
    """Its connection closed before the answer: none is owed any more."""


class AssignmentStep(StrEnum):
    """What can happen to an assignment."""

    COMPLETE = auto()
    REJECT = auto()
    LOSE = auto()


class JobStep(StrEnum):
    """What can happen to a job. `FAIL` covers every reason of JobError."""

    ASSIGN = auto()
    COMPLETE = auto()
    REJECT = auto()
    FAIL = auto()


SESSION: Final[Mapping[tuple[SessionState, SessionStep], SessionState]] = MappingProxyType(
    {
        (SessionState.CONNECTED, SessionStep.REGISTER): SessionState.REGISTERING,
        (SessionState.CONNECTED, SessionStep.CLOSE): SessionState.CLOSED,
        (SessionState.REGISTERING, SessionStep.ACCEPT): SessionState.REGISTERED,
        (SessionState.REGISTERING, SessionStep.REFUSE): SessionState.REFUSED,
        (SessionState.REGISTERING, SessionStep.CLOSE): SessionState.CLOSED,
        (SessionState.REGISTERED, SessionStep.BEAT): SessionState.REGISTERED,
        (SessionState.REGISTERED, SessionStep.ASSIGN): SessionState.REGISTERED,
        (SessionState.REGISTERED, SessionStep.ANSWER): SessionState.REGISTERED,
        # A second register replaces the first, which stands until then, and also if the second is refused.
        (SessionState.REGISTERED, SessionStep.REGISTER): SessionState.REGISTERED,
        (SessionState.REGISTERED, SessionStep.ACCEPT): SessionState.REGISTERED,
        (SessionState.REGISTERED, SessionStep.REFUSE): SessionState.REGISTERED,
        (SessionState.REGISTERED, SessionStep.CLOSE): SessionState.CLOSED,
        (SessionState.REFUSED, SessionStep.REGISTER): SessionState.REGISTERING,
        (SessionState.REFUSED, SessionStep.CLOSE): SessionState.CLOSED,
    }
)
"""A worker's session on one connection."""

ASSIGNMENT: Final[Mapping[tuple[AssignmentState, AssignmentStep], AssignmentState]] = MappingProxyType(
    {
        (AssignmentState.ASSIGNED, AssignmentStep.COMPLETE): AssignmentState.COMPLETED,
        (AssignmentState.ASSIGNED, AssignmentStep.REJECT): AssignmentState.REJECTED,
        (AssignmentState.ASSIGNED, AssignmentStep.LOSE): AssignmentState.LOST,
    }
)
"""An assignment: exactly one answer, or none where the connection was lost."""

JOB: Final[Mapping[tuple[JobStatus, JobStep], JobStatus]] = MappingProxyType(
    {
        (JobStatus.PENDING, JobStep.ASSIGN): JobStatus.ASSIGNED,
        (JobStatus.PENDING, JobStep.FAIL): JobStatus.FAILED,
        (JobStatus.ASSIGNED, JobStep.COMPLETE): JobStatus.COMPLETED,
        (JobStatus.ASSIGNED, JobStep.REJECT): JobStatus.PENDING,
        (JobStatus.ASSIGNED, JobStep.FAIL): JobStatus.FAILED,
    }
)
"""A job at its coordinator; `completed` and `failed` are final."""

State = TypeVar("State")
Step = TypeVar("Step")


def successor(table: Mapping[tuple[State, Step], State], state: State, step: Step) -> State | None:
    """The state that a step leads to; None where the table has no entry, which is the error."""
    return table.get((state, step))
