"""The smallest sequence after which a worker dies, falls silent, or errs only because of what came before.

Hypothesis shrinks what a worker gets wrong every time. It cannot shrink these: a dead worker has to be
started again for every try, and one that counts its jobs gives another answer each time. So here each try
begins on a fresh worker and goes step by step, with an easy job after whatever asks for no answer; the step
where it fails is the last one needed. Then come the shortest tail that still fails, steps left out one by
one, and simpler contents.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import AnyStr, Final, NamedTuple, Protocol

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.parsing import parse

from dispatch_conformance.fuzz.menu import check_of
from dispatch_conformance.fuzz.steps import Job, Notice, Step, plain

Steps = tuple[Step, ...]


class Trial(Protocol):
    """Plays steps on a worker that may be dead by then, and started again."""

    def __call__(self, steps: Steps, together: bool, fresh: bool) -> int | None:
        """The place of the step at which it fails, None if it does not. Raises Exhausted.

        In one segment if `together`, on a worker that is started for it if `fresh`.
        """


_LONGEST_PAST: Final = 64
_CONTENTS: Final = ("input", "prompt")


class Reduction(NamedTuple):
    """The smallest steps that fail, and whether they have to go in one segment.

    `complete`: whether all of them are known to be needed; what they hold may be more than that.
    """

    steps: Steps
    together: bool
    complete: bool


class Exhausted(Exception):
    """No try is left, or no time."""


def reduced(steps: Steps, past: Sequence[Steps], trial: Trial, easy: Job) -> Reduction | None:
    """The smallest steps found that fail on a fresh worker.

    `past` are the steps that the worker got before, sequence by sequence; `easy` is its easiest job. None if
    nothing of it fails again.
    """
    try:
        found = _reproduced(steps, past, trial)
    except Exhausted:
        return None
    if found is None:
        return None
    smallest, together = found
    needed = False
    with suppress(Exhausted):
        for reduction in (_tails, _omissions):
            for smaller in reduction(smallest, together, trial):
                smallest = smaller
        needed = True
        for smaller in _contents(smallest, together, trial, easy=easy):
            smallest = smaller
    return Reduction(smallest, together, complete=needed or len(smallest) == 1)


def reduced_alone(step: Step, trial: Trial, easy: Job) -> Steps | None:
    """One step as small as it can be, if it fails by itself on the worker as it is."""
    smallest: Steps | None = None
    with suppress(Exhausted):
        if trial((step,), False, False) is not None:
            smallest = (step,)
            for smaller in _contents(smallest, False, trial, easy=easy):
                smallest = smaller
    return smallest


def _reproduced(steps: Steps, past: Sequence[Steps], trial: Trial) -> tuple[Steps, bool] | None:
    place = trial(steps, False, True)
    if place is not None:
        return steps[: place + 1], False
    if trial(steps, True, True) is not None:
        return steps, True
    length = 1
    while length < 2 * len(past) and length <= _LONGEST_PAST:
        longer = (*(step for before in past[-length:] for step in before), *steps)
        place = trial(longer, False, True)
        if place is not None:
            return longer[: place + 1], False
        length *= 2
    return None


def _tails(steps: Steps, together: bool, trial: Trial) -> Iterator[Steps]:
    """The shortest tail that fails, of one step, two, four and so on."""
    length = 1
    while length < len(steps):
        tail = steps[-length:]
        place = trial(tail, together, True)
        if place is not None:
            yield tail if together else tail[: place + 1]
            return
        length *= 2


def _omissions(steps: Steps, together: bool, trial: Trial) -> Iterator[Steps]:
    """The steps without those that are not needed; one stays."""
    place = 0
    while place < len(steps) and len(steps) > 1:
        fewer = steps[:place] + steps[place + 1 :]
        if trial(fewer, together, True) is None:
            place += 1
        else:
            steps = fewer
            yield steps


def _contents(steps: Steps, together: bool, trial: Trial, *, easy: Job) -> Iterator[Steps]:
    """Each step as simple as it can be.

    A single one needs a fresh worker only where it died. Of several only the kinds are made simpler: each try
    costs a start.
    """
    easiest, alone = (easy,) * len(steps), len(steps) == 1
    if steps != easiest and trial(easiest, together, True) is not None:
        yield easiest
        return
    for place in range(len(steps)):
        simpler: Step | None = steps[place]
        while simpler is not None:
            steps = (*steps[:place], simpler, *steps[place + 1 :])
            yield steps
            simpler = _first_simpler(steps, place, partial(trial, together=together, fresh=not alone), easy)


def _first_simpler(steps: Steps, place: int, trial: Callable[[Steps], int | None], easy: Job) -> Step | None:
    """The first simpler step at a place with which the steps still fail."""
    tries = simpler_than(steps[place], easy) if len(steps) == 1 else simpler_kinds(steps[place], easy)
    for entry in tries:
        if trial((*steps[:place], entry, *steps[place + 1 :])) is not None:
            return entry
    return None


def simpler_kinds(step: Step, easy: Job) -> Iterator[Step]:
    """An easy job instead, or the same step without its oddity."""
    if step != easy:
        yield easy
    if plain(step) != step:
        yield plain(step)


def simpler_than(step: Step, easy: Job) -> Iterator[Step]:
    """Simpler steps: other kinds first, then the same with less in it."""
    yield from simpler_kinds(step, easy)
    match step:
        case Job():
            yield from _with_less(step)
        case Notice(check, bytes(frame), oddity):
            yield from (Notice(check, less, oddity) for less in _shorter(frame))
        case Notice("not_json" | "no_object" as check, str(frame), oddity):
            shorter = (less for less in _shorter(frame) if check_of(less) == check)
            yield from (Notice(check, less, oddity) for less in shorter)


def _with_less(job: Job) -> Iterator[Step]:
    payload = parse(job.payload)
    if not isinstance(payload, dict):
        return
    for name in _CONTENTS:
        for less in _less(payload.get(name)):
            text = stringify(payload | {name: less})
            yield Job(job.job_type, text, job.oddity, job.fault)


def _less(value: JsonValue) -> Iterator[JsonValue]:
    """Smaller values of the same type: a shorter text, a list of half the depth or of one level less."""
    if isinstance(value, str):
        yield from _shorter(value)
        return
    levels = []
    while isinstance(value, list):
        levels.append(value)
        value = value[0] if value else None
    for place in dict.fromkeys((len(levels) // 2, 1)):
        if 0 < place < len(levels):
            yield levels[place]


def _shorter(whole: AnyStr) -> Iterator[AnyStr]:
    """What is left without one part, none of it empty: halves first, then quarters, down to letters."""
    size = len(whole) // 2
    while size:
        for start in range(0, len(whole), size):
            rest = whole[:start] + whole[start + size :]
            if rest:
                yield rest
        size //= 2
