"""Which clause a wrong output breaks: that of the single mistake which gives exactly this output.

A mistake is the reference with one rule changed: one wrong option of the switches that the diagnosis has.
Often several mistakes give one output; what a worker answered rightly rules some of them out.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError
from dispatch_protocol.parsing import join_surrogates
from dispatch_protocol.tasks import WHITE_SPACE, run_task
from dispatch_protocol.vocabulary import TaskType

from dispatch_conformance.diagnose import sentiments
from dispatch_conformance.diagnose.outputs import PARTS, Part
from dispatch_conformance.diagnose.rules import RIGHT

LONGEST: Final = 100_000
"""Longer inputs, in characters, are not tried."""

_SECOND_LIST: Final = "W-OUT-16"


class Output(NamedTuple):
    """What a worker gave for an input of a task."""

    task: TaskType
    text: str
    value: JsonValue


class Mistake(NamedTuple):
    """One wrong option: the clause it breaks, and how it computes a part of an output."""

    clause: str
    part: Part
    acts: tuple[object, ...]

    def gives(self, text: str) -> str | None:
        """The canonical text of the members under this mistake; None where nothing comes out."""
        try:
            return stringify(self.part.value(text, *self.acts))
        except (ValueError, OverflowError, UsageError):
            return None


@cache
def mistakes(task: TaskType) -> tuple[Mistake, ...]:
    """Every mistake in a task that breaks one clause."""
    return tuple(mistake for part in PARTS[task] if part.place is None for mistake in _mistakes(part))


def _mistakes(part: Part) -> Iterator[Mistake]:
    acts = [switch[0].act for switch in part.switches]
    for place, switch in enumerate(part.switches):
        for option in switch:
            if option.name != RIGHT and option.clause:
                yield Mistake(option.clause, part, (*acts[:place], option.act, *acts[place + 1 :]))


class Suspects:
    """The mistakes that one worker may have, as far as its answers leave that open.

    `held_to` are the clauses that right answers were held to: to break them would have shown in these.
    `shown` are those of which a wrong answer left no doubt.
    """

    def __init__(self) -> None:
        self.held_to: set[str] = set()
        self.shown: set[str] = set()
        self._left = {task: mistakes(task) for task in TaskType}

    def note(self, outputs: Iterable[Output]) -> None:
        """The worker gave these outputs. What would have shown in a right one is no mistake of its own."""
        wrong = []
        for task, text, output in outputs:
            if len(text) > LONGEST or not text.strip(WHITE_SPACE):
                continue  # to treat blank input rightly, or otherwise, says nothing of the rest
            right = run_task(task, text)
            if stringify(output) == stringify(right):
                self._rule_out(task, join_surrogates(text), right)
            elif isinstance(output, dict) and output.keys() == right.keys():
                wrong.append((task, text, output))
        for task, text, output in wrong:
            found = [self.broken(task, text, output, member) for member in output]
            self.shown |= {clause for clauses in found if len(clauses) == 1 for clause in clauses}

    def _rule_out(self, task: TaskType, text: str, right: Mapping[str, JsonValue]) -> None:
        left = tuple(mistake for mistake in self._left[task] if mistake.gives(text) == _text(mistake, right))
        self.held_to |= {mistake.clause for mistake in self._left[task] if mistake not in left}
        self._left[task] = left

    def broken(
        self, task: TaskType, text: str, output: Mapping[str, JsonValue], member: str
    ) -> frozenset[str]:
        """The clauses of the mistakes that explain a member of an output, and what is computed with it.

        The output has all members of its task. Of several the one that was shown already, if it is only one.
        Empty where no single mistake gives exactly this.
        """
        if len(text) > LONGEST:
            return frozenset()
        text = join_surrogates(text)
        found = {
            mistake.clause
            for mistake in self._left[task]
            if member in mistake.part.members and mistake.gives(text) == _text(mistake, output)
        }
        if task is TaskType.CLASSIFY:
            sent = stringify([*output.values()])
            found |= {_SECOND_LIST for fewer in sentiments.with_fewer_words(text) if stringify(fewer) == sent}
        known = found & self.shown
        return frozenset(known if len(known) == 1 else found)


def _text(mistake: Mistake, output: Mapping[str, JsonValue]) -> str:
    """The canonical text of the members that a mistake is about."""
    values = [output[name] for name in mistake.part.members]
    return stringify(values if len(values) > 1 else values[0])
