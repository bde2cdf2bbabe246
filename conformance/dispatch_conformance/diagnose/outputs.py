"""The comparison of a task's output with the right one: where they differ, and which rule was broken.

Values are compared member by member. For a value that the worker got wrong, the rules of its task are
searched for the smallest set of mistakes that gives exactly the worker's value.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.parsing import join_surrogates
from dispatch_protocol.vocabulary import TaskType

from dispatch_conformance.diagnose import extractions, sentiments, summaries, wordcounts
from dispatch_conformance.diagnose.differences import Difference, differences
from dispatch_conformance.diagnose.guesses import Guess, ranked
from dispatch_conformance.diagnose.rules import Switch, explained, simplest

_MOST_DIFFERENCES: Final = 20
_MOST_GUESSES: Final = 8
_MOST_TRIALS: Final = 10_000
_LEAST_TRIALS: Final = 50
_MOST_CHARACTERS: Final = 4_000_000


class Part(NamedTuple):
    """Members of an output that come from the same decisions, and the computation with its switches.

    `pick` chooses from what the computation gives the values of just these members.
    """

    members: tuple[str, ...]
    switches: tuple[Switch, ...]
    compute: Callable[..., JsonValue]
    place: int | None = None

    def value(self, text: str, *acts: object) -> JsonValue:
        """The members' values, or the one at `place`, under the acts of one option per switch."""
        values = self.compute(text, *acts)
        return values if self.place is None or not isinstance(values, list) else values[self.place]


_CLASSIFY: Final = (sentiments.CLASSIFICATION, sentiments.classification)
_EXTRACT: Final = (extractions.EXTRACTION, extractions.extraction)

PARTS: Final[Mapping[str, tuple[Part, ...]]] = MappingProxyType(
    {
        TaskType.SUMMARIZE: (
            Part(("summary",), summaries.SUMMARY, summaries.summary),
            Part(("word_count",), wordcounts.WORD_COUNT, wordcounts.word_count),
        ),
        TaskType.CLASSIFY: (
            Part(("sentiment", "confidence"), *_CLASSIFY),
            Part(("sentiment",), *_CLASSIFY, place=0),
            Part(("confidence",), *_CLASSIFY, place=1),
        ),
        TaskType.EXTRACT_JSON: (
            Part(("extracted", "count"), *_EXTRACT),
            Part(("extracted",), *_EXTRACT, place=0),
            Part(("count",), *_EXTRACT, place=1),
        ),
    }
)
"""The parts of each task's output: those of several members first, as one mistake explains more than two."""


def compare_outputs(
    task_type: str,
    input: str,
    expected: Json,
    actual: Json,
) -> tuple[Difference, ...]:
    """How a task's output differs from the right one: the first differences, in the order of the text.

    `task_type` names the task whose rules are searched; for any other text the values are compared alone.
    Empty where both have the same canonical text. Covers any values; bounded in time; never raises.
    """
    if expected == actual:
        return ()
    text = join_surrogates(input)
    guesses: dict[str, tuple[Guess, ...]] = {}
    found = []
    for difference in islice(differences(expected.value, actual.value), _MOST_DIFFERENCES):
        member = difference.member
        if member is not None and member not in guesses and isinstance(actual.value, dict):
            guesses[member] = _broken_rules(task_type, text, member, actual.value)
            found.append(replace(difference, guesses=guesses[member]))
        else:
            found.append(difference)
    return tuple(found)


def _broken_rules(task_type: str, text: str, member: str, actual: dict[str, JsonValue]) -> tuple[Guess, ...]:
    """The smallest sets of mistakes that give a member's value, from the first part that has any."""
    most = max(_LEAST_TRIALS, min(_MOST_TRIALS, _MOST_CHARACTERS // (len(text) + 1)))
    for part in PARTS.get(task_type, ()):
        if member in part.members and all(name in actual for name in part.members):
            values = [actual[name] for name in part.members]
            wanted = values if len(values) > 1 else values[0]
            sets = simplest(part.switches, lambda *acts, part=part: part.value(text, *acts), wanted, most)
            if sets:
                return ranked(islice(explained(part.members, sets), _MOST_GUESSES))
    return ()
