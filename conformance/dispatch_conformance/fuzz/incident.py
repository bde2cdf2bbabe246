"""What a death or a silence within a sequence is due to: shrunk on fresh workers, then given its time.

A silence is a suspicion until the clause's time has passed for a job that reached an idle worker. A worker
that is slow, or that takes one job after the other, is cleared here.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from dispatch_protocol.clauses import Level, clause

from dispatch_conformance.checks import Evidence
from dispatch_conformance.fuzz.checks import CHECKS, culprit
from dispatch_conformance.fuzz.course import Course, TimeUp
from dispatch_conformance.fuzz.outcome import Outcome
from dispatch_conformance.fuzz.play import NoMoreRestarts
from dispatch_conformance.fuzz.reduce import Exhausted, Reduction, Steps, reduced
from dispatch_conformance.fuzz.steps import Job, Sequence, step_by_step
from dispatch_conformance.missing import Missing
from dispatch_conformance.reference import Fault

Fails = Callable[[Outcome], int | None]

REDUCE_SECONDS: Final = 8.0
"""How long shrinking may take at least, beyond the budget of the search if need be."""

TRIAL_SECONDS: Final = 0.5
"""How long a try waits for an answer; the last one has all the time of the clause."""

SECOND_CHANCE_SECONDS: Final = 2.0
"""How much longer an answer is awaited before anything is made of its absence."""


class Caught(NamedTuple):
    """A defect: the check it breaks, in words, the evidence, and the smallest sequence found that shows it.

    `confirmed` is false where it did not happen again.
    """

    fault: Fault
    evidence: Evidence
    smallest: Sequence
    confirmed: bool = True


class Trials:
    """Tries on the worker: plays steps one by one, an easy job after each that asks for no answer.

    `last` is the outcome of the latest try that failed; `easy` is the job that is easy for this worker.
    `fails` gives the place of the step at which an outcome fails, None if it does not.
    """

    def __init__(self, course: Course, easy: Job, fails: Fails) -> None:
        self.last: Outcome | None = None
        self._fails = fails
        self._course = course
        self._easy = easy
        self._known: dict[tuple[Steps, bool, bool], int | None] = {}

    def __call__(self, steps: Steps, together: bool, fresh: bool) -> int | None:
        """See `reduce.Trial`."""
        key = (steps, together, fresh)
        if key not in self._known:
            self._known[key] = self._try(steps, together, fresh)
        return self._known[key]

    def _try(self, steps: Steps, together: bool, fresh: bool) -> int | None:
        try:
            if fresh:
                self._course.fresh()
            outcome, places = self.play(Sequence(together, steps))
        except (TimeUp, NoMoreRestarts, Missing):
            raise Exhausted from None
        place = self._fails(outcome)
        if place is None:
            return None
        self.last = outcome
        return places[place]

    def play(self, sequence: Sequence) -> tuple[Outcome, tuple[int, ...]]:
        """Play a sequence step by step; the outcome, and the place of each of its steps in the sequence."""
        laid, places = step_by_step(sequence, self._easy)
        return self._course.play(laid, closing=sequence.together, stall=TRIAL_SECONDS), places


def first_unanswered(outcome: Outcome) -> int | None:
    """The place of the first job without an answer, the last place if the worker ended after all of them."""
    if not outcome.ended and not outcome.silent:
        return None
    return next((given.place for given in outcome.given if not given.answers), -1)


def investigate(course: Course, outcome: Outcome, past: list[Sequence], easy: Job) -> Caught | None:
    """What an outcome with a death or a silence comes down to; None if it comes down to nothing."""
    if not outcome.ended:
        outcome = course.in_time(outcome, SECOND_CHANCE_SECONDS)
        if not outcome.ended and not outcome.silent:
            return None
    trials = Trials(course, easy, first_unanswered)
    with course.aside(REDUCE_SECONDS):
        steps = (*outcome.sequence.steps, easy)  # it may be the closing job that was not answered
        found = reduced(steps, [before.steps for before in past], trials, easy)
    if found is None:
        return _caught(Reduction(outcome.sequence.steps, outcome.sequence.together, False), outcome)
    with course.aside(REDUCE_SECONDS):
        final = _once_more(course, trials, found)
    if final is None and trials.last is not None and trials.last.ended:
        final = trials.last  # a death is a fact, also where no restart is left to see it again
    if final is None:
        return _caught(found._replace(complete=False), outcome)
    return _caught(found, final, confirmed=True) if final.ended or final.silent else None


def _once_more(course: Course, trials: Trials, found: Reduction) -> Outcome | None:
    """Play the smallest sequence a last time, and give its jobs all the time that they have."""
    try:
        course.fresh()
        outcome, _ = trials.play(Sequence(found.together, found.steps))
    except (TimeUp, NoMoreRestarts, Missing):
        return None
    if outcome.ended:
        return outcome
    return course.in_time(outcome) if outcome.silent else None


def _caught(found: Reduction, outcome: Outcome, *, confirmed: bool = False) -> Caught:
    """A death is a fact, a silence is one if it showed again, and lasted: then it is `confirmed`.

    What a death is due to is known where the steps that it needs are, or where all steps must be survived.
    """
    smallest = Sequence(found.together, found.steps)
    silent = outcome.silent[0].job if outcome.silent else None
    check = culprit(smallest, died=bool(outcome.ended), complete=found.complete, unanswered=silent)
    answers = (mark for given in outcome.given for mark in given.marks)
    evidence = tuple(sorted({*outcome.marks, *answers}))
    if outcome.ended:
        fault = Fault(check, "the worker does not survive this", "it goes on, and answers", outcome.ended)
    else:
        fault = Fault(check, "an assignment is not answered", "a job_complete or job_reject", "no answer")
    if outcome.ended:
        confirmed = found.complete or clause(CHECKS[check]).level is Level.MUST
    return Caught(fault, evidence, smallest, confirmed)
