"""The tables of what may follow what, held against the specification. Source: SPEC.md, "Life of a job"."""

from itertools import product

import pytest
from dispatch_protocol.transitions import (
    ASSIGNMENT,
    JOB,
    SESSION,
    AssignmentState,
    AssignmentStep,
    JobStep,
    SessionState,
    SessionStep,
    successor,
)
from dispatch_protocol.vocabulary import JobStatus


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([], SessionState.CONNECTED),
        ([SessionStep.REGISTER], SessionState.REGISTERING),
        ([SessionStep.REGISTER, SessionStep.ACCEPT], SessionState.REGISTERED),
        ([SessionStep.REGISTER, SessionStep.ACCEPT, SessionStep.ASSIGN, SessionStep.ANSWER], "registered"),
        ([SessionStep.REGISTER, SessionStep.ACCEPT, SessionStep.REGISTER, SessionStep.REFUSE], "registered"),
        ([SessionStep.REGISTER, SessionStep.REFUSE], SessionState.REFUSED),
        ([SessionStep.REGISTER, SessionStep.REFUSE, SessionStep.REGISTER], SessionState.REGISTERING),
        ([SessionStep.REGISTER, SessionStep.REFUSE, SessionStep.ASSIGN], None),
        ([SessionStep.ACCEPT], None),
        ([SessionStep.BEAT], None),
        ([SessionStep.REGISTER, SessionStep.BEAT], None),
        ([SessionStep.REGISTER, SessionStep.ASSIGN], None),
        ([SessionStep.CLOSE], SessionState.CLOSED),
        ([SessionStep.CLOSE, SessionStep.REGISTER], None),
    ],
)
def test_a_session_takes_these_ways(steps: list[SessionStep], state: str | None) -> None:
    reached: SessionState | None = SessionState.CONNECTED
    for step in steps:
        assert reached is not None
        reached = successor(SESSION, reached, step)

    assert reached == state


def test_every_open_session_can_close_and_none_after_that() -> None:
    for state in SessionState:
        closed = successor(SESSION, state, SessionStep.CLOSE)
        assert closed == (None if state is SessionState.CLOSED else SessionState.CLOSED)


def test_an_assignment_has_one_answer_or_is_lost() -> None:
    for state, step in product(AssignmentState, AssignmentStep):
        following = successor(ASSIGNMENT, state, step)
        assert (following is None) == (state is not AssignmentState.ASSIGNED)


def test_a_finished_job_stays_as_it_is() -> None:
    for state, step in product((JobStatus.COMPLETED, JobStatus.FAILED), JobStep):
        assert successor(JOB, state, step) is None


@pytest.mark.parametrize(
    ("status", "step", "following"),
    [
        (JobStatus.PENDING, JobStep.ASSIGN, JobStatus.ASSIGNED),
        (JobStatus.PENDING, JobStep.FAIL, JobStatus.FAILED),
        (JobStatus.PENDING, JobStep.COMPLETE, None),
        (JobStatus.PENDING, JobStep.REJECT, None),
        (JobStatus.ASSIGNED, JobStep.COMPLETE, JobStatus.COMPLETED),
        (JobStatus.ASSIGNED, JobStep.REJECT, JobStatus.PENDING),
        (JobStatus.ASSIGNED, JobStep.FAIL, JobStatus.FAILED),
        (JobStatus.ASSIGNED, JobStep.ASSIGN, None),
        (JobStatus.RUNNING, JobStep.COMPLETE, None),
    ],
)
def test_a_job_lives_so(status: JobStatus, step: JobStep, following: JobStatus | None) -> None:
    assert successor(JOB, status, step) == following
