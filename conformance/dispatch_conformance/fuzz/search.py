"""The search for an input that a worker gets wrong: Hypothesis in a thread, the worker in the event loop.

Hypothesis is synchronous, so it runs in a thread of its own and asks the stage through the loop. Nothing is
read from or written to a database of examples: the seed alone decides.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import cache
from typing import Final

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.tasks import DESKTOP_WORDS, SHARED_WORDS, WHITE_SPACE
from dispatch_protocol.vocabulary import TaskType
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from dispatch_conformance.jobs import Answer
from dispatch_conformance.reference import Fault, decided, faults

Ask = Callable[[TaskType, str], Awaitable[Answer]]

_ANSWER_SECONDS: Final = 30.0
_ODD: Final = (
    *WHITE_SPACE,
    *"\x1c\x1d\x1e\x1f\x85\u180e\u200b\x00\x7f\"\\/<>&'",
    "\U0001f600",
    "\ud83d",
    "\ude00",
    "İ",
    "ß",
    "\u212a",
    "e\u0301",
    "漢",
)
_PIECES: Final = (
    "{",
    "}",
    "{}",
    "[]",
    '{"a":1}',
    '{"a":{"b":{"c":1}}}',
    '{"a":1,"a":2}',
    '{"10":1,"9":2,"b":3}',
    '{"n":1.0,"m":-0,"l":1e21,"s":1e-7}',
    '{"__proto__":1}',
    '{"s":"}"}',
    "{'a':1}",
    '{"a":01}',
    '{"a":"\\ud800"}',
)
_letters: Final = st.integers(0, 0x10FFFF).map(lambda number: chr((number + ord("0")) % 0x110000))
"""Any code point, surrogates too; shrinks to the digit 0."""


def short_texts(longest: int) -> st.SearchStrategy[str]:
    """Texts of any code points. (Hypothesis' own need a table that takes a second to build.)"""
    return st.lists(_letters, max_size=longest).map("".join)


json_values: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | short_texts(8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(short_texts(4), inner, max_size=3),
    max_leaves=6,
)
"""Small JSON values of every kind."""

_odd: Final = st.sampled_from(_ODD)
_words: Final = st.sampled_from(tuple(SHARED_WORDS)) | st.sampled_from(tuple(DESKTOP_WORDS))
_objects: Final = st.dictionaries(short_texts(4), json_values, max_size=2).map(stringify)
_boundaries: Final = st.integers(190, 210).map(lambda length: "x" * length)


def _joined(pieces: st.SearchStrategy[str], longest: int = 8) -> st.SearchStrategy[str]:
    return st.lists(pieces, min_size=1, max_size=longest).map("".join).filter(bool)


_INPUTS: Final = {
    TaskType.SUMMARIZE: _joined(_odd | short_texts(6))
    | st.tuples(_boundaries, _joined(_odd | _letters)).map("".join),
    TaskType.CLASSIFY: _joined(_words | _words.map(str.upper) | _odd | short_texts(4), 5),
    TaskType.EXTRACT_JSON: _joined(st.sampled_from(_PIECES) | _objects | short_texts(4)),
}

jobs: Final[st.SearchStrategy[tuple[TaskType, str]]] = st.one_of(
    *(st.tuples(st.just(task), inputs) for task, inputs in _INPUTS.items())
)
"""Tasks and their inputs: white space and lengths around the cut, words, JSON of all kinds. Never empty."""


@dataclass(frozen=True, slots=True)
class Caught:
    """The smallest input found for one check: the job as JSON, the fault, and the worker's answer."""

    job: str
    fault: Fault
    answer: Answer


@cache
def keep_nothing() -> tempfile.TemporaryDirectory[str]:
    """Give Hypothesis a folder that goes with the process, so that none is left in the caller's."""
    folder = tempfile.TemporaryDirectory(prefix="dispatch-fuzz-")
    set_hypothesis_home_dir(folder.name)
    return folder


class _Wrong(Exception):
    """The worker got this input wrong."""


class _TimeUp(BaseException):
    """The budget is used up. No Exception, so that Hypothesis does not take it for a failure of the test."""


class Hunt:
    """One search for each check that some input breaks, within one budget of inputs and seconds.

    After `run`, `caught` holds the smallest failing input of each broken check, `decided` every check that
    any input decided, and `asked` how many jobs the worker got.
    """

    def __init__(
        self, ask: Ask, loop: asyncio.AbstractEventLoop, *, seed: int, examples: int, seconds: float
    ) -> None:
        self.caught: list[Caught] = []
        self.decided: set[str] = set()
        self.asked = 0
        self._ask = ask
        self._loop = loop
        self._seed = seed
        self._examples = examples
        self._seconds = seconds
        self._deadline = 0.0
        self._stopped = False
        self._known: dict[tuple[TaskType, str], tuple[Answer, tuple[Fault, ...]]] = {}
        self._target = ""

    def stop(self) -> None:
        """End a search that still runs in its thread."""
        self._stopped = True

    def run(self) -> None:
        """Search until nothing new fails or the budget is used up. Blocks; call it in a thread."""
        self._deadline = time.monotonic() + self._seconds
        keep_nothing()
        while not self._stopped and self._search():
            pass

    def _search(self) -> bool:
        """One search, for a check that has not failed yet; whether it caught something."""
        self._target = ""
        smallest: tuple[TaskType, str] | None = None

        def hold(job: tuple[TaskType, str]) -> None:
            nonlocal smallest
            if self._is_wrong(*job):
                smallest = job
                raise _Wrong

        searched = given(jobs)(hold)
        searched = seed(self._seed)(
            settings(
                database=None,
                deadline=None,
                max_examples=self._examples,
                phases=(Phase.generate, Phase.shrink),
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            )(searched)
        )
        with contextlib.suppress(_Wrong, _TimeUp):
            searched()
        if smallest is None:
            return False
        answer, found = self._known[smallest]
        fault = next(entry for entry in found if entry.check == self._target)
        job = stringify({"task_type": str(smallest[0]), "input": smallest[1]})
        self.caught.append(Caught(job, fault, answer))
        return time.monotonic() < self._deadline

    def _is_wrong(self, task: TaskType, text: str) -> bool:
        """Whether the worker breaks the check that is searched for. Raises _TimeUp."""
        if (task, text) not in self._known:
            if self._stopped or time.monotonic() > self._deadline:
                raise _TimeUp
            self._known[task, text] = self._exchange(task, text)
        found = {entry.check for entry in self._known[task, text][1]}
        fresh = found - {caught.fault.check for caught in self.caught}
        if not self._target and fresh:
            self._target = min(fresh)
        return self._target in fresh

    def _exchange(self, task: TaskType, text: str) -> tuple[Answer, tuple[Fault, ...]]:
        self.asked += 1
        future = asyncio.run_coroutine_threadsafe(_asked(self._ask, task, text), self._loop)
        try:
            answer = future.result(_ANSWER_SECONDS)
        except (TimeoutError, CancelledError):
            future.cancel()
            self._stopped = True
            raise
        self.decided |= {"completes", *decided(task, text)}
        if not answer.completed or answer.refused or answer.output is None:
            blank = decided(task, text)[0].startswith("blank")
            name = decided(task, text)[0] if blank else "completes"
            return answer, (Fault(name, f"{task} was not completed", "job_complete", answer.in_words()),)
        return answer, faults(task, text, answer.output.value)


async def _asked(ask: Ask, task: TaskType, text: str) -> Answer:
    return await ask(task, text)
