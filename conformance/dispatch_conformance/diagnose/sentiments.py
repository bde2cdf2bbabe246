"""How `classify` goes wrong: other words, other matching, other case, other arithmetic."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from re import compile as pattern
from re import escape
from struct import pack, unpack
from typing import Any, Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.tasks import DESKTOP_WORDS, SHARED_WORDS, WHITE_SPACE

from dispatch_conformance.diagnose.numbers import SINGLE
from dispatch_conformance.diagnose.rules import Option, breaking, right
from dispatch_conformance.diagnose.tree import Number

_LISTS: Final = "know all eighteen words"
_SUBSTRING: Final = "count a word wherever it stands, also inside another"
_ONCE: Final = "count each word once, however often it stands there"
_LOWER: Final = "lower-case the whole input as ECMAScript does, whatever the locale"
_SIGN: Final = "positive above zero, negative below, neutral at zero"
_FORMULA: Final = "take min(1, |score| * 0.2 + 0.3) in doubles, and do not round it"
_SPLIT: Final = pattern(f"[{WHITE_SPACE}]+")

Count = Callable[[str, str], int]


def _inside(text: str, word: str) -> int:
    return text.count(word)


def _whole(text: str, word: str) -> int:
    return len(pattern(rf"\b{escape(word)}\b").findall(text))


def _token(text: str, word: str) -> int:
    return _SPLIT.split(text).count(word)


def _begins(text: str, word: str) -> int:
    return len(pattern(rf"\b{escape(word)}").findall(text))


def _single(value: float) -> float:
    """The nearest single-precision float."""
    nearest: float = unpack("<f", pack("<f", value))[0]
    return nearest


def _singly(good: int, bad: int) -> float:
    return min(1.0, _single(_single(abs(good - bad) * _single(0.2)) + _single(0.3)))


def _singly_printed(good: int, bad: int) -> float:
    return float(SINGLE.write(Number(repr(_singly(good, bad)))))


def _summed(good: int, bad: int) -> float:
    return min(1.0, sum([0.2] * abs(good - bad), 0.3))


def _formula(name: str, says: str, act: Callable[[int, int], float]) -> Option:
    return Option(name, says, _FORMULA, act)


def _inexact(name: str, says: str, act: Callable[[int, int], float]) -> Option:
    """The right formula, in other arithmetic."""
    return Option(name, says, _FORMULA, act, "W-OUT-15")


def _exact(good: int, bad: int) -> float:
    return min(1.0, abs(good - bad) * 0.2 + 0.3)


def _decimal(good: int, bad: int) -> float:
    return min(1.0, (abs(good - bad) * 2 + 3) / 10)


_EXTENDED: Final = {
    word: weight for word, weight in DESKTOP_WORDS.items() if word in {*SHARED_WORDS, "best", "poor"}
}

LISTS: Final = breaking(
    "W-OUT-16",
    right(DESKTOP_WORDS),
    Option(
        "shared-words",
        "knows the first list only, without *best*, *wonderful* and so on",
        _LISTS,
        SHARED_WORDS,
    ),
    Option("some-words", "knows *best* and *poor* of the second list only", _LISTS, _EXTENDED),
)
MATCHES: Final = breaking(
    "W-OUT-11",
    right(_inside),
    Option("whole-words", "counts whole words only (\\b); the clause counts substrings", _SUBSTRING, _whole),
    Option("tokens", "compares the pieces between blanks; the clause counts substrings", _SUBSTRING, _token),
    Option("beginnings", "counts words only where a word begins", _SUBSTRING, _begins),
)
REPETITIONS: Final = breaking(
    "W-OUT-12",
    right(lambda count: min(count, 1)),
    Option(
        "occurrences",
        "counts every occurrence of a word; the clause counts each word once",
        _ONCE,
        lambda count: count,
    ),
)
CASES: Final = breaking(
    "W-OUT-13",
    right(str.lower),
    Option("case-sensitive", "does not lower-case the input", _LOWER, str),
    Option("case-folded", "folds case instead of lower-casing", _LOWER, str.casefold),
    Option(
        "turkish",
        "lower-cases by a Turkish locale (I becomes U+0131)",
        _LOWER,
        lambda text: text.replace("I", "ı").lower(),
    ),
)
SIGNS: Final = breaking(
    "W-OUT-10",
    right(lambda score: "positive" if score > 0 else "negative" if score < 0 else "neutral"),
    Option(
        "tie-positive",
        "calls a score of zero positive",
        _SIGN,
        lambda score: "positive" if score >= 0 else "negative",
    ),
    Option(
        "tie-negative",
        "calls a score of zero negative",
        _SIGN,
        lambda score: "positive" if score > 0 else "negative",
    ),
    Option(
        "reversed",
        "has the signs the wrong way round",
        _SIGN,
        lambda score: "negative" if score > 0 else "positive" if score < 0 else "neutral",
    ),
    Option(
        "from-two",
        "calls scores of one neutral",
        _SIGN,
        lambda score: "positive" if score > 1 else "negative" if score < -1 else "neutral",
    ),
    Option(
        "capitals",
        "writes the sentiment in capitals",
        _SIGN,
        lambda score: "POSITIVE" if score > 0 else "NEGATIVE" if score < 0 else "NEUTRAL",
    ),
    Option("never-neutral", "calls everything positive", _SIGN, lambda score: "positive"),
)
FORMULAS: Final = breaking(
    "W-OUT-14",
    right(_exact),
    _inexact(
        "rounded-1", "rounds the confidence to one digit", lambda good, bad: round(_exact(good, bad), 1)
    ),
    _inexact(
        "rounded-2",
        "rounds the confidence to two digits",
        lambda good, bad: round(_exact(good, bad), 2),
    ),
    _inexact("tenths", "computes (2 * |score| + 3) / 10 instead", _decimal),
    _inexact("summed", "adds 0.2 again and again", _summed),
    _inexact(
        "fifths", "computes |score| / 5 + 0.3 instead", lambda good, bad: min(1.0, abs(good - bad) / 5 + 0.3)
    ),
    _inexact("single-precision-text", "computes and prints in single precision (float)", _singly_printed),
    _inexact("single-precision", "computes in single precision (float)", _singly),
    _formula("uncapped", "lets the confidence grow beyond 1", lambda good, bad: abs(good - bad) * 0.2 + 0.3),
    _formula("signed", "takes the score with its sign", lambda good, bad: min(1.0, (good - bad) * 0.2 + 0.3)),
    _formula(
        "hits",
        "counts words of both lists instead of their difference",
        lambda good, bad: min(1.0, (good + bad) * 0.2 + 0.3),
    ),
    _formula("good-only", "counts the good words only", lambda good, bad: min(1.0, good * 0.2 + 0.3)),
    _formula("from-half", "starts at 0.5", lambda good, bad: min(1.0, abs(good - bad) * 0.2 + 0.5)),
    _formula("from-zero", "starts at 0", lambda good, bad: min(1.0, abs(good - bad) * 0.2)),
    _formula("tenth-steps", "adds 0.1 for a word", lambda good, bad: min(1.0, abs(good - bad) * 0.1 + 0.3)),
    _formula("capped-low", "caps the confidence at 0.9", lambda good, bad: min(0.9, _exact(good, bad))),
    _formula("capped-95", "caps the confidence at 0.95", lambda good, bad: min(0.95, _exact(good, bad))),
    _formula("capped-99", "caps the confidence at 0.99", lambda good, bad: min(0.99, _exact(good, bad))),
    _formula("percent", "gives the confidence in per cent", lambda good, bad: round(100 * _exact(good, bad))),
    _formula(
        "swapped",
        "swaps the two numbers: |score| * 0.3 + 0.2",
        lambda good, bad: min(1.0, abs(good - bad) * 0.3 + 0.2),
    ),
    _formula(
        "half-when-neutral",
        "gives 0.5 for a score of zero",
        lambda good, bad: _exact(good, bad) if good - bad else 0.5,
    ),
    _formula(
        "zero-when-neutral",
        "gives 0 for a score of zero",
        lambda good, bad: _exact(good, bad) if good - bad else 0.0,
    ),
)
CLASSIFICATION: Final = (LISTS, MATCHES, REPETITIONS, CASES, SIGNS, FORMULAS)
"""The decisions in an output of `classify`, in the order in which `classification` takes them."""


@lru_cache(64)  # the other switches ask for the same counts again and again
def _occurrences(text: str, match: Count, case: Callable[[str], str]) -> tuple[tuple[str, int], ...]:
    """How often each word is found."""
    text = case(text)
    return tuple((word, match(text, word)) for word in DESKTOP_WORDS)


def _scores(
    text: str,
    words: Mapping[str, int],
    match: Count,
    repeat: Callable[[int], int],
    case: Callable[[str], str],
) -> tuple[int, int]:
    """How much the good words count, and the bad ones, under the acts of the first four switches."""
    found = [(words[word], repeat(count)) for word, count in _occurrences(text, match, case) if word in words]
    return sum(n for weight, n in found if weight > 0), sum(n for weight, n in found if weight < 0)


def classification(text: str, *acts: Any) -> list[JsonValue]:
    """The `sentiment` and the `confidence` of an input under the acts of CLASSIFICATION's options."""
    *counting, sign, formula = acts
    good, bad = _scores(text, *counting)
    return [sign(good - bad), formula(good, bad)]


def with_fewer_words(text: str) -> Iterator[list[JsonValue]]:
    """What comes out where a worker knows the first list, and of the second some words only, or none."""
    *counting, sign, formula = (switch[0].act for switch in CLASSIFICATION)
    good, bad = _scores(text, *counting)
    least_good, least_bad = _scores(text, SHARED_WORDS, *counting[1:])
    for score in range(least_good - bad, good - least_bad + 1):
        yield [sign(score), formula(score, 0)]
