"""A fault in a worker's answers, pinned down: shown again, in its plainest form, with what it needs.

Hypothesis has shrunk the sequence by then, if it had the time. What it did not come to is done here, and so
is what it cannot see: whether a fresh worker shows the fault as well.
"""

import contextlib
from typing import Final

from dispatch_conformance.diagnose.suspects import Suspects
from dispatch_conformance.fuzz.course import Course, TimeUp
from dispatch_conformance.fuzz.incident import REDUCE_SECONDS, Trials
from dispatch_conformance.fuzz.judge import Asked, Finding, judge
from dispatch_conformance.fuzz.outcome import Outcome
from dispatch_conformance.fuzz.play import NoMoreRestarts
from dispatch_conformance.fuzz.reduce import Steps, reduced, reduced_alone
from dispatch_conformance.fuzz.steps import Job, Sequence, plain
from dispatch_conformance.missing import Missing

REPLAYS: Final = 2
"""How often a smallest sequence must show its fault again to count as one that needs nothing else."""

REPLAY_SECONDS: Final = 2.0
"""How long that may take at least."""

SHRINK_SECONDS: Final = 1.5
"""How long Hypothesis may shrink what it found, and how long the rest of it may take here."""


class Faulting:
    """One fault of a worker, by its check. `easy` is the job that is easy for this worker.

    `suspects` are the mistakes that its outputs until then left open: by these alone faults are judged here.
    """

    def __init__(self, course: Course, easy: Job, asked: Asked, suspects: Suspects, check: str) -> None:
        self._course = course
        self._easy = easy
        self._asked = asked
        self._suspects = suspects
        self._check = check

    def by_itself(self, sequence: Sequence, place: int) -> Sequence | None:
        """The step at this place alone, as small as it can be, if it is at fault alone."""
        step = sequence.steps[place] if place < len(sequence.steps) else self._easy
        with self._course.aside(SHRINK_SECONDS):
            found = reduced_alone(step, self._trials(), self._easy)
        return Sequence(False, found) if found is not None else None

    def with_its_past(self, sequence: Sequence, past: list[Steps]) -> Sequence | None:
        """The smallest sequence that shows, on a fresh worker, a fault that depends on what came before."""
        steps = (*sequence.steps, self._easy)
        with self._course.aside(REDUCE_SECONDS):
            found = reduced(steps, past, self._trials(), self._easy)
        return Sequence(found.together, found.steps) if found is not None else None

    def pinned_down(self, smallest: Sequence) -> tuple[Sequence, Finding | None, bool]:
        """The sequence, without its oddities if it can do without; the fault, if it shows again.

        At last, whether the same without oddities was answered rightly: only then are these to blame.
        """
        if not smallest.steps:  # the closing job was enough: named, so that another one follows it
            smallest = Sequence(False, (self._easy,))
        twin = Sequence(smallest.together, tuple(plain(step) for step in smallest.steps))
        found, innocent = self._again(twin)
        if found is not None or twin == smallest:
            return twin, found, False
        found, _ = self._again(smallest)
        return smallest, found, innocent

    def _again(self, sequence: Sequence) -> tuple[Finding | None, bool]:
        """The fault, if a fresh worker shows it at every try; and whether one of the tries showed none."""
        found: Finding | None = None
        with self._course.aside(REPLAY_SECONDS), contextlib.suppress(TimeUp, NoMoreRestarts, Missing):
            self._course.fresh()
            for _ in range(REPLAYS):
                findings = self._findings(self._course.play(sequence))
                if not findings:
                    return None, True
                found = findings[0]
        return found, False

    def _trials(self) -> Trials:
        """Tries that fail where the outcome has the fault."""

        def fails(outcome: Outcome) -> int | None:
            findings = self._findings(outcome)
            return findings[0].place if findings else None

        return Trials(self._course, self._easy, fails)

    def _findings(self, outcome: Outcome) -> list[Finding]:
        return [
            entry for entry in judge(outcome, self._asked, self._suspects) if entry.fault.check == self._check
        ]
