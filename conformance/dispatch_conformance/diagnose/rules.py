"""Wrong rules as data: a computation with switches, and the simplest settings that give what a worker sent.

A task is a computation with a few decisions in it. Each decision is a switch whose first option is the
clause's; the others are what programs do by mistake. An explanation names the options that must be chosen to
get exactly the worker's value, and as few of them as possible.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice, product
from typing import Any, Final, NamedTuple

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import UsageError

from dispatch_conformance.diagnose.guesses import Certainty, Guess, listed

RIGHT: Final = "right"
_MOST_FAULTS: Final = 3


class Option(NamedTuple):
    """One way to decide: `says` completes "a worker …", `mend` is what the clause asks, `act` is the way.

    `clause` is the one that it breaks, empty where it breaks several.
    """

    name: str
    says: str
    mend: str
    act: Any
    clause: str = ""


Switch = Sequence[Option]
Compute = Callable[..., JsonValue]


def right(act: Any) -> Option:
    """The option that the clause asks for."""
    return Option(RIGHT, "", "", act)


def breaking(clause: str, *options: Option) -> tuple[Option, ...]:
    """The options, those that name no clause with this one."""
    return tuple(option if option.clause else option._replace(clause=clause) for option in options)


def simplest(
    switches: Sequence[Switch], compute: Compute, actual: JsonValue, most: int
) -> list[tuple[Option, ...]]:
    """Every smallest set of wrong options under which `compute` gives `actual`; `most` bounds the trials.

    `compute` takes the acts of one option per switch, in order, and gives a JSON value; it raises ValueError
    where it has none for them. Values are the same if their canonical texts are.
    """
    wanted = stringify(actual)
    trials = islice(
        ((count, chosen) for count in range(1, _MOST_FAULTS + 1) for chosen in _choices(switches, count)),
        most,
    )
    found: list[tuple[Option, ...]] = []
    least = _MOST_FAULTS
    for count, chosen in trials:
        if count > least:
            break
        if _text(compute, chosen) == wanted:
            least = count
            found.append(tuple(option for option in chosen if option.name != RIGHT))
    return found


def _text(compute: Compute, chosen: tuple[Option, ...]) -> str | None:
    """The canonical text of what comes out under the options; None where nothing does."""
    try:
        return stringify(compute(*(option.act for option in chosen)))
    except (ValueError, OverflowError, UsageError):
        return None


def _choices(switches: Sequence[Switch], count: int) -> Iterator[tuple[Option, ...]]:
    """All settings with exactly `count` wrong options."""
    for places in combinations(range(len(switches)), count):
        yield from product(
            *(switch[1:] if place in places else switch[:1] for place, switch in enumerate(switches))
        )


def explained(members: Sequence[str], found: Sequence[tuple[Option, ...]]) -> Iterator[Guess]:
    """A guess for each set of wrong options; `members` are the names of the values that they give."""
    what = f"Your {listed(f'`{name}`' for name in members)} {'is' if len(members) == 1 else 'are'}"
    for options in found:
        text = f"{what} what comes out where a worker {listed(option.says for option in options)}."
        mend = "; ".join(option.mend for option in options)
        yield Guess(text, Certainty.LIKELY, mend, "+".join(option.name for option in options))
