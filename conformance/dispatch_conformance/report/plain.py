"""Hostile text made fit to be shown, and where two texts first differ.

What a worker sent may hold control characters, escape sequences and text that runs backwards: nothing of that
reaches a terminal.
"""

from typing import Final, NamedTuple

SHOWN_CHARACTERS: Final = 2_000
"""How much of one text a report shows."""


def visible(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """The text in one line, at most `limit` characters of it, whatever is not to be seen as an escape."""
    cut = text[:limit]
    shown = cut if cut.isprintable() else "".join(map(_escaped, cut))
    return shown if len(cut) == len(text) else f"{shown}… ({len(text)} characters)"


def both_ends(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """As `visible`, but of a text that is too long its end stands there as well as its beginning."""
    if len(text) <= limit:
        return visible(text, limit)
    half = limit // 2
    left = len(text) - 2 * half
    return f"{visible(text[:half], half)} …{left} characters… {visible(text[-half:], half)}"


def _escaped(letter: str) -> str:
    """The letter; as an escape what is not to be seen: controls, formats, surrogates, white space but " "."""
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}"


class Difference(NamedTuple):
    """Where two texts first differ: the index in characters, the letters there, and the bytes around."""

    place: int
    expected: str
    actual: str
    expected_bytes: str
    actual_bytes: str


def first_difference(expected: str, actual: str, around: int = 8) -> Difference | None:
    """The first difference of two texts; None if they are equal or either is empty."""
    if expected == actual or not expected or not actual:
        return None
    index = _common(expected, actual)
    return Difference(
        index,
        _letter(expected, index),
        _letter(actual, index),
        _bytes(expected, index, around),
        _bytes(actual, index, around),
    )


def _common(first: str, second: str) -> int:
    """How many letters two texts begin with in common; halving, since a worker may send megabytes."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _letter(text: str, index: int) -> str:
    if index >= len(text):
        return "the end"
    return f"{visible(text[index])!s} U+{ord(text[index]):04X}"


def _bytes(text: str, index: int, around: int) -> str:
    """The UTF-8 of a few letters before the place, a bar, and of a few after it."""
    before = text[max(0, index - around) : index].encode("utf-8", "surrogatepass")
    after = text[index : index + around].encode("utf-8", "surrogatepass")
    return f"{before.hex(' ')} | {after.hex(' ')}".strip()
