"""Silence: when a worker is given no more jobs, and what is made of a search that it ended."""

import pytest
from dispatch_conformance.fuzz.checks import culprit
from dispatch_conformance.fuzz.steps import Job, Sequence, easiest
from dispatch_conformance.jobs import Answer, Assignment, Kind, silence
from dispatch_conformance.missing import Missing, WorkerSilent
from dispatch_conformance.scenarios.probe import Patience
from dispatch_conformance.stage import Stage
from dispatch_conformance.transcript import Transcript
from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import JobType

EASY = easiest(JobType.TASK)
FAULTY = Job(JobType.TASK, '{"input":"x"}', fault="no_task_type")


def assignment(sent_at: float, *, answered: bool = False, patience: float = 10.0) -> Assignment:
    made = Assignment(
        job_id="job",
        job_type=JobType.TASK,
        payload=Json.of({}),
        text="{}",
        transcript=Transcript("test.silence"),
        patience=patience,
        gone=lambda: "",
        sent_at=sent_at,
        index=0,
    )
    if answered:
        made.answers.append(Answer(kind=Kind.REJECT, after=1.0, marks=()))
    return made


def test_only_the_last_answers_count_and_only_what_had_its_time() -> None:
    old, answered = assignment(0.0), assignment(10.0, answered=True)
    first, second, recent = assignment(20.0), assignment(30.0, patience=60.0), assignment(95.0)

    assert silence([recent, second, first, answered, old], 100.0) == (2, 70.0)
    assert silence([recent, second, first, answered, old], 60.0) == (1, 10.0)
    assert silence([answered, old], 100.0) == (0, 0.0)


def test_what_was_never_sent_is_no_silence() -> None:
    unsent = assignment(0.0)
    unsent.index = -1

    assert unsent.left(100.0) == 10.0
    assert silence([unsent], 100.0) == (0, 0.0)


async def test_a_silent_worker_is_given_no_more() -> None:
    async with Stage("test.silence", scale=0.0) as stage:
        for _ in range(2):
            stage.prepare("TASK", {}).index = 0

        with pytest.raises(WorkerSilent, match="2 assignments in a row"):
            await stage.assign("TASK", {})


async def test_a_slow_worker_is_given_no_more_either() -> None:
    async with Stage("test.silence") as stage:
        patience = Patience(stage, 1, seconds=-1.0, given=[assignment(0.0, answered=True)])

        with pytest.raises(Missing, match="for 1 jobs, and got no more"):
            await patience.run(JobType.TASK, {})


@pytest.mark.parametrize(
    ("steps", "unanswered", "check"),
    [
        ((EASY,), EASY, "answered"),
        ((FAULTY,), FAULTY, "no_task_type"),
        ((FAULTY, EASY), EASY, "next_job"),
        ((FAULTY, EASY), None, "answered"),
    ],
)
def test_an_unfinished_search_blames_the_job_that_was_left(
    steps: tuple[Job, ...], unanswered: Job | None, check: str
) -> None:
    sequence = Sequence(False, steps)
    assert culprit(sequence, died=False, complete=False, unanswered=unanswered) == check
