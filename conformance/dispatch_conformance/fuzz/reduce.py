"""The smallest sequence after which a worker dies, falls silent, or errs only because of what came before.

Hypothesis shrinks what a worker gets wrong every time. It cannot shrink these: a dead worker has to be
started again for every try, and one that counts its jobs gives another answer each time. So here each try
begins on a fresh worker and goes step by step, with an easy job after whatever asks for no answer; the step
where it fails is the last one needed. Then come the shortest tail that still fails, steps left out one by
one, and simpler contents.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import AnyStr, Final, NamedTuple

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.parsing import parse

from dispatch_conformance.fuzz.menu import check_of
from dispatch_conformance.fuzz.steps import Job, Notice, Oddity, Step, plain

Steps = tuple[Step, ...]
Trial = Callable[[Steps, bool, bool], int | None]
"""Plays steps, in one segment if the second argument is true, on a fresh worker if the third one is; gives
the place of the step at which it fails, None if it does not. Raises Exhausted."""

_LONGEST_PAST: Final = 64
_CONTENTS: Final = ("input", "prompt")


class Reduction(NamedTuple):
    """The smallest steps that fail, whether they have to go in one segment, and whether all was tried."""

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
    try:
        for reduction in (_tails, _omissions, partial(_contents, easy=easy)):
            for smaller in reduction(smallest, together, trial):
                smallest = smaller
    except Exhausted:
        return Reduction(smallest, together, complete=False)
    return Reduction(smallest, together, complete=True)


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
    """Each step as simple as it can be. A single one needs a fresh worker only where it died."""
    easiest = (easy,) * len(steps)
    if steps != easiest and trial(easiest, together, True) is not None:
        yield easiest
        return
    for place in range(len(steps)):
        simpler: Step | None = steps[place]
        while simpler is not None:
            steps = (*steps[:place], simpler, *steps[place + 1 :])
            yield steps
            around = steps
            simpler = next(
                (
                    entry
                    for entry in simpler_than(simpler, easy)
                    if trial((*around[:place], entry, *around[place + 1 :]), together, len(around) > 1)
                    is not None
                ),
                None,
            )


def simpler_than(step: Step, easy: Job) -> Iterator[Step]:
    """Simpler steps: an easy job first of all, then the same without its oddity, then with less in it."""
    if step != easy:
        yield easy
    match step:
        case Job():
            if step.oddity is not Oddity.PLAIN:
                yield plain(step)
            yield from _with_less(step)
        case Notice(check, frame, oddity):
            if oddity is not Oddity.PLAIN:
                yield plain(step)
            if isinstance(frame, bytes):
                yield from (Notice(check, half, oddity) for half in _halves(frame))
            elif check in ("not_json", "no_object"):
                halves = (half for half in _halves(frame) if check_of(half) == check)
                yield from (Notice(check, half, oddity) for half in halves)
        case _:
            return


def _with_less(job: Job) -> Iterator[Step]:
    payload = parse(job.payload)
    if not isinstance(payload, dict):
        return
    for name in _CONTENTS:
        for less in _less(payload.get(name)):
            text = stringify(payload | {name: less})
            yield Job(job.job_type, text, job.oddity, job.fault)


def _less(value: JsonValue) -> Iterator[JsonValue]:
    """Smaller values of the same type: halves of a text, a list of half the depth, and one level less."""
    if isinstance(value, str):
        yield from _halves(value)
        return
    levels = []
    while isinstance(value, list):
        levels.append(value)
        value = value[0] if value else None
    for place in dict.fromkeys((len(levels) // 2, 1)):
        if 0 < place < len(levels):
            yield levels[place]


def _halves(whole: AnyStr) -> Iterator[AnyStr]:
    """Shorter parts, none of them empty: both halves, and all but the last and the first letter."""
    middle, length = len(whole) // 2, len(whole)
    for start, end in dict.fromkeys(((0, middle), (middle, length), (0, length - 1), (1, length))):
        if 0 < end - start < length:
            yield whole[start:end]
