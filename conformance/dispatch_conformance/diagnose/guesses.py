"""What a diagnosis says: guesses, how sure they are, and how a place in a text is shown.

A guess is a sentence to the author of the worker under test. It is made only where recomputation gave exactly
what the worker sent, or to say that nothing did.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile
from typing import Final

_LIKELY: Final = 3
_AROUND: Final = 12
_AHEAD: Final = 24


class Certainty(StrEnum):
    """How far a guess can be trusted."""

    PROVED = "proved"
    """Recomputed exactly, and nothing else that was tried gives the same."""
    LIKELY = "likely"
    """Recomputed exactly; others that give the same are rarer."""
    POSSIBLE = "possible"
    """Recomputed exactly; others that give the same are likelier, or would explain it by accident."""
    UNKNOWN = "unknown"
    """Nothing that was tried gives what the worker sent."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One explanation: a sentence to the worker's author, how sure it is, and what to change.

    `name` is the stable name of what fitted (`go-encoding-json`, `sorted`), empty where nothing did. Texts of
    the worker's stand escaped and bounded in `text`.
    """

    text: str
    certainty: Certainty
    mend: str = ""
    name: str = ""


def ranked(guesses: Iterable[Guess]) -> tuple[Guess, ...]:
    """The guesses as given, each name once, the possible ones last, with the certainty their rivals leave.

    One likely guess without another is proved; of several, those after the third are only possible.
    """
    by_name: dict[str, Guess] = {}
    for guess in guesses:
        by_name.setdefault(guess.name, guess)
    strong = [guess for guess in by_name.values() if guess.certainty is not Certainty.POSSIBLE]
    weak = [guess for guess in by_name.values() if guess.certainty is Certainty.POSSIBLE]
    if len(strong) == 1:
        return (replace(strong[0], certainty=Certainty.PROVED), *weak)
    if not strong and len(weak) == 1:
        return (replace(weak[0], certainty=Certainty.LIKELY),)
    rarer = (replace(guess, certainty=Certainty.POSSIBLE) for guess in strong[_LIKELY:])
    return (*strong[:_LIKELY], *rarer, *weak)


def narrowed(cases: Iterable[tuple[Guess, ...]]) -> tuple[Guess, ...]:
    """What explains every case: the guesses of the first whose names all others have as well.

    One failed job often leaves several explanations, and the next one rules most of them out.
    """
    first, *others = [*cases] or [()]
    names = [{guess.name for guess in other} for other in others]
    return ranked(guess for guess in first if all(guess.name in other for other in names))


def listed(parts: Iterable[str]) -> str:
    """Phrases as one enumeration: `a, b and c`."""
    *head, last = [*parts] or [""]
    return f"{', '.join(head)} and {last}" if head else last


def first_difference(left: str, right: str) -> int:
    """The index of the first character in which two texts differ; the shorter's length where none does."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    return sum(1 for _ in alike)


def excerpt(text: str, index: int) -> str:
    """What stands around an index of a text, escaped, between grave accents; dots for what is left out."""
    start, end = max(0, index - _AROUND), index + _AHEAD
    middle = in_line(text[start:end])
    return f"`{'...' if start else ''}{middle}{'...' if end < len(text) else ''}`"


def in_line(text: str) -> str:
    """A text in printable ASCII: any other character as `<U+000A>`, and backslashes as they are.

    So an escape that a serializer wrote, and the character that it stands for, do not look alike.
    """
    return "".join(char if " " <= char <= "~" else f"<U+{ord(char):04X}>" for char in text)
