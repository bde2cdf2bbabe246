"""The search for sequences that a worker gets wrong, driven by Hypothesis in a thread of its own.

Hypothesis draws the sequences, and shrinks what the worker gets wrong every time; deaths and silences are
shrunk by `incident`. What was found is left out from then on, so that one defect does not hide the next.
Nothing is read from or written to a database of examples: the seed alone decides.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Final

from dispatch_protocol.clauses import Level, clause

from dispatch_conformance.diagnose.suspects import Suspects
from dispatch_conformance.fuzz.checks import CHECKS, checks_of
from dispatch_conformance.fuzz.course import Course, TimeUp
from dispatch_conformance.fuzz.drawing import draw
from dispatch_conformance.fuzz.faulting import SHRINK_SECONDS, Faulting
from dispatch_conformance.fuzz.incident import Caught, investigate
from dispatch_conformance.fuzz.judge import Asked, Finding, examined, judge, note
from dispatch_conformance.fuzz.menu import menu_for, sequences, staples
from dispatch_conformance.fuzz.outcome import Outcome
from dispatch_conformance.fuzz.play import NoMoreRestarts
from dispatch_conformance.fuzz.reduce import Steps
from dispatch_conformance.fuzz.steps import Job, Sequence
from dispatch_conformance.missing import Missing
from dispatch_conformance.reference import Fault, held_to

ROUND_SECONDS: Final = 5.0
"""How much time there is at least for the first round, in which every check has its turn."""


class _Wrong(Exception):
    """The worker got this sequence wrong."""


class _Enough(BaseException):
    """Shrinking has had its time. No Exception, so that Hypothesis does not go on with it."""


class _Incident(BaseException):
    """The worker died or fell silent. No Exception, so that Hypothesis does not try to shrink it."""


class Hunt:
    """One search after the other, each for a check that has not failed yet, within one budget.

    After `run`, `caught` holds the defects found, each with its smallest sequence; `decided` are the checks
    that any outcome decided; `ended` says why there were no more outcomes.
    """

    def __init__(
        self,
        course: Course,
        capabilities: tuple[str, ...],
        easy: Job,
        asked: Asked,
        *,
        number: int,
        examples: int,
    ) -> None:
        self.caught: list[Caught] = []
        self.decided: set[str] = set()
        self._course = course
        self._menu = menu_for(capabilities)
        self._staples = tuple(staples(capabilities).values())
        self._easy = easy
        self._asked = asked
        self._number = number
        self._examples = examples
        self._suspects = Suspects()
        self._known: dict[Sequence, Outcome] = {}
        self._done: set[tuple[str, str]] = set()
        self._avoided: frozenset[str] = frozenset()
        self._rounds = 0
        self._hopeless = False
        self._one_by_one = self._changed = False
        self._target: tuple[str, str] | None = None
        self._smallest: Sequence | None = None
        self._found_at = 0.0
        self._first: tuple[Sequence, list[Steps]] = (Sequence(False, ()), [])
        self._shaken: tuple[Outcome, list[Sequence]] | None = None

    @property
    def ended(self) -> str:
        """Why the search is over, in words."""
        if self._hopeless:
            return "the search ended where the worker left a job without an answer"
        if self._course.over:
            return "the time for the search ended"
        return "no sequence came to it"

    def run(self) -> None:
        """Search until nothing new is found or the budget is used up. Blocks; call it in a thread.

        First every check has its turn, step by step and then in one segment, so that little time suffices to
        decide them all; chance comes then.
        """
        with contextlib.suppress(TimeUp, NoMoreRestarts, Missing):
            began = time.monotonic()
            with self._course.aside(ROUND_SECONDS):
                for play in (self._one_by_one_round, self._segment_round):
                    while not self._hopeless and self._search(play):
                        pass
            self._course.give_back(time.monotonic() - began)
            while not self._hopeless and self._search(self._at_random) and not self._course.over:
                pass

    def _one_by_one_round(self) -> None:
        """A step for every check, one after the other."""
        self._hold(Sequence(False, self._staples))

    def _segment_round(self) -> None:
        """The same in one segment."""
        self._hold(Sequence(True, self._staples))

    def _at_random(self) -> None:
        """Let Hypothesis draw sequences, others each time, and shrink the first that fails."""
        self._rounds += 1
        number = (self._number << 16) + self._rounds
        draw(sequences(self._menu), self._hold, number=number, examples=self._examples)

    def _search(self, play: Callable[[], None]) -> bool:
        """One search; whether another one may find more."""
        self._target, self._smallest, self._shaken = None, None, None
        shrunk = False
        try:
            play()
        except _Wrong:
            shrunk = play == self._at_random
        except (_Incident, _Enough, TimeUp):
            pass
        if self._shaken is not None:
            return self._after_incident(*self._shaken)
        if self._smallest is None:
            return self._turned_away()
        return self._after_fault(self._smallest, shrunk=shrunk)

    def _turned_away(self) -> bool:
        """Whether the worker has just been found to take one job at a time, so that all begins again."""
        again, self._changed = self._changed, False
        return again

    def _hold(self, drawn: Sequence) -> None:
        """Play what was drawn. Raises _Wrong where it breaks what is searched for; _Incident; TimeUp."""
        sequence = self._allowed(drawn)
        if self._target is not None and time.monotonic() - self._found_at > SHRINK_SECONDS:
            raise _Enough
        fresh = [found for found in self._findings(sequence) if self._is_new(found)]
        if self._target is None and fresh:
            self._found_at = time.monotonic()
            self._first = (sequence, [before.steps for before in self._course.player.history[:-1]])
            self._target = min((found.fault.check, found.circumstance) for found in fresh)
        if any(self._fits(found) for found in fresh):
            if self._smallest is None or _size(sequence) <= _size(self._smallest):
                self._smallest = sequence
            raise _Wrong

    def _allowed(self, drawn: Sequence) -> Sequence:
        """A sequence without what the worker is known not to bear."""
        steps = tuple(step for step in drawn.steps if not checks_of(step) & self._avoided)
        return Sequence(drawn.together and not self._one_by_one, steps)

    def _findings(self, sequence: Sequence) -> tuple[Finding, ...]:
        """What is wrong with the outcome of a sequence, which is played once. Raises _Incident."""
        known = self._known.get(sequence)
        if known is not None:
            return self._judged(known)
        history = self._course.player.history
        outcome = self._course.play(sequence)
        if outcome.late and not outcome.silent:
            outcome = self._without_receipts(outcome)
        elif outcome.ended or outcome.late:
            self._shaken = (outcome, list(history[:-1]))
            raise _Incident
        self._known[sequence] = outcome
        found = self._judged(outcome)
        self.decided |= examined(outcome) | held_to(self._suspects)
        if not self._one_by_one and any(entry.turned_away for entry in outcome.given):
            self._one_by_one = self._changed = True  # there is no more to learn from several at a time
            raise _Incident
        return found

    def _judged(self, outcome: Outcome) -> tuple[Finding, ...]:
        """What is wrong with an outcome. While one fault is pinned down, nothing more is made of others."""
        if self._target is None:
            note(outcome, self._suspects)
        return judge(outcome, self._asked, self._suspects)

    def _is_new(self, found: Finding) -> bool:
        check, circumstance = found.fault.check, found.circumstance
        return (check, "") not in self._done and (check, circumstance) not in self._done

    def _fits(self, found: Finding) -> bool:
        """Whether it is what is searched for: a plain fault is as good as one in an odd circumstance."""
        return self._target is not None and found.fault.check == self._target[0]

    def _without_receipts(self, outcome: Outcome) -> Outcome:
        """Receipts are late: give them their time, and do not wait for any more if they never come."""
        outcome = self._course.in_time(outcome)
        owing = next((entry for entry in outcome.given if entry.owes_receipt), None)
        if owing is not None and self._course.player.awaits_receipts:
            self._course.player.awaits_receipts = False
            fault = Fault("receipt", "a completed job gets no receipt", "a receipt within 5 s", "none")
            self.caught.append(Caught(fault, owing.marks, Sequence(False, (owing.job,))))
        return outcome

    def _after_incident(self, outcome: Outcome, past: list[Sequence]) -> bool:
        """Find out what it was due to, and leave that out from now on; whether that can be done."""
        began = time.monotonic()
        caught = investigate(self._course, outcome, past, self._easy)
        if caught is None:
            return not self._course.over
        self.caught.append(caught)
        if not outcome.ended and clause(CHECKS[caught.fault.check]).level is Level.MUST:
            self._hopeless = True  # the next silence would cost as long, and say no more
            return False
        self._course.give_back(time.monotonic() - began)
        if caught.fault.check == "beside_another" and not self._one_by_one:
            self._one_by_one = True
            return True
        names = frozenset(name for step in caught.smallest.steps for name in checks_of(step))
        self._hopeless = not names - self._avoided
        self._avoided |= names
        return not self._hopeless

    def _after_fault(self, smallest: Sequence, *, shrunk: bool) -> bool:
        """Keep a fault with its smallest sequence, without circumstances that it does not need."""
        known = next(entry for entry in self._judged(self._known[smallest]) if self._fits(entry))
        faulting = Faulting(self._course, self._easy, self._asked, self._suspects, known.fault.check)
        if not shrunk:
            smallest = (
                faulting.by_itself(smallest, known.place) or faulting.with_its_past(*self._first) or smallest
            )
        smallest, found, odd = faulting.pinned_down(smallest)
        if found is None:
            found = known
            smallest = faulting.with_its_past(*self._first) or smallest
        circumstance = found.circumstance if odd else ""
        self._done |= {(known.fault.check, found.circumstance), (known.fault.check, circumstance)}
        fault = found.fault._replace(check=circumstance or found.fault.check)
        blamed = odd or not found.circumstance  # else it is open whether the circumstance is to blame
        self.caught.append(Caught(fault, found.evidence, smallest, confirmed=blamed))
        return True


def _size(sequence: Sequence) -> tuple[int, int]:
    """How large a sequence is: its steps, then what they hold."""
    return len(sequence.steps), sum(len(repr(step)) for step in sequence.steps)
