"""How `word_count` goes wrong: other white space, other trimming, other pieces, or something else counted."""

from collections.abc import Callable
from re import ASCII, MULTILINE, escape, split
from re import compile as pattern
from typing import Any, Final

from dispatch_protocol.tasks import WHITE_SPACE, summarize

from dispatch_conformance.diagnose.rules import Option, breaking, right

_ASCII: Final = "\t\n\v\f\r "
_UNICODE: Final = "".join(sorted({*WHITE_SPACE} - {"\ufeff"} | {"\x85"}))
_PYTHON: Final = _UNICODE + "\x1c\x1d\x1e\x1f"
_JAVA: Final = "".join(sorted({*_PYTHON} - {"\x85", "\xa0", "\u2007", "\u202f"}))
_BLANKS: Final = "take ECMAScript's white space: U+FEFF is in it; U+0085 and U+001C to U+001F are not"
_PIECES: Final = "count the pieces between runs of white space in the trimmed input"
_WORD: Final = pattern(r"\w+")
_ASCII_WORD: Final = pattern(r"\w+", ASCII)
_LETTERS: Final = pattern(r"[A-Za-z'-]+")
_LINE: Final = pattern(r"^", MULTILINE)


def _runs(text: str, blanks: str) -> list[str]:
    return split(f"[{escape(blanks)}]+", text)


def _singly(text: str, blanks: str) -> list[str]:
    return split(f"[{escape(blanks)}]", text)


def _trimmed(text: str, blanks: str) -> str:
    return text.strip(blanks)


def _blanks(name: str, says: str, blanks: str) -> Option:
    return Option(name, f"{says} for white space", _BLANKS, blanks)


def _counts(name: str, says: str, count: Callable[[str], int]) -> Option:
    return Option(name, f"counts {says}", _PIECES, lambda text, pieces: count(text))


TEXTS: Final = breaking(
    "W-OUT-6",
    right(lambda text: text),
    Option(
        "of-summary",
        "counts in the summary instead of the input",
        "count in the whole input",
        lambda text: summarize(text)["summary"],
    ),
)
BLANKS: Final = breaking(
    "W-OUT-7",
    right(WHITE_SPACE),
    _blanks("python-blanks", "takes what Python's str.split() takes", _PYTHON),
    _blanks("unicode-blanks", "takes Unicode's White_Space (Go's strings.Fields, Rust, .NET)", _UNICODE),
    _blanks("java-blanks", "takes Java's Character.isWhitespace", _JAVA),
    _blanks("ascii-blanks", "takes ASCII's blanks (\\s of Java, PHP, Ruby, C's isspace)", _ASCII),
    _blanks("space-and-line", "takes U+0020, tab and line feed only", " \t\n"),
    _blanks("space", "takes U+0020 only", " "),
)
TRIMS: Final = breaking(
    "W-OUT-7",
    right(_trimmed),
    Option(
        "untrimmed",
        "does not trim the input before it splits",
        _PIECES,
        lambda text, _blanks: text,
        "W-OUT-6",
    ),
    Option("trims-ascii", "trims ASCII's blanks only", _PIECES, lambda text, _blanks: text.strip(_ASCII)),
    Option(
        "trims-controls",
        "trims as Java's trim() does (everything up to U+0020)",
        _PIECES,
        lambda text, _blanks: text.strip("".join(map(chr, range(33)))),
    ),
)
DIVISIONS: Final = breaking(
    "W-OUT-6",
    right(_runs),
    Option("singly", "splits at every single blank, so that empty pieces count", _PIECES, _singly),
)
HOLLOW: Final = breaking(
    "W-OUT-8",
    right(1),
    Option(
        "blank-is-0",
        "counts no piece in blank input",
        "count 1 for blank input, as the empty text is one piece",
        0,
    ),
)
COUNTS: Final = breaking(
    "W-OUT-6",
    right(lambda text, pieces: pieces),
    Option("one-more", "counts one too many", _PIECES, lambda text, pieces: pieces + 1),
    Option("one-less", "counts the gaps, one less than the pieces", _PIECES, lambda text, pieces: pieces - 1),
    _counts("words", "words of letters, digits and _ (\\w+)", lambda text: len(_WORD.findall(text))),
    _counts(
        "ascii-words",
        "words of ASCII letters, digits and _ (\\w+)",
        lambda text: len(_ASCII_WORD.findall(text)),
    ),
    _counts("letters", "words of ASCII letters (str_word_count)", lambda text: len(_LETTERS.findall(text))),
    _counts("code-points", "code points", len),
    _counts(
        "code-units", "UTF-16 code units", lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2
    ),
    _counts("bytes", "bytes of UTF-8", lambda text: len(text.encode("utf-8", "surrogatepass"))),
    _counts("lines", "lines", lambda text: len(_LINE.findall(text))),
    _counts("distinct", "each different word once", lambda text: len(set(text.split()))),
    _counts(
        "no-blanks",
        "the characters that are no blanks",
        lambda text: sum(not mark.isspace() for mark in text),
    ),
)
WORD_COUNT: Final = (TEXTS, BLANKS, TRIMS, DIVISIONS, HOLLOW, COUNTS)
"""The decisions in a `word_count`, in the order in which `word_count` takes them."""


def word_count(text: str, *acts: Any) -> int:
    """The `word_count` of an input under the acts of WORD_COUNT's options."""
    choose, blanks, trim, divide, hollow, count = acts
    text = choose(text)
    trimmed = trim(text, blanks)
    number: int = count(text, len(divide(trimmed, blanks)) if trimmed else hollow)
    return number
