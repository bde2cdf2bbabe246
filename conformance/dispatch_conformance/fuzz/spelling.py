"""Texts from bytes: one byte, one piece. That is cheap to draw, and shrinks well.

Hypothesis draws one byte string per step. Each byte is a piece of text from an alphabet whose simplest pieces
come first; a few introduce a run of letters or any code point. To delete a byte deletes a piece, and to lower
one simplifies it: so the shortest and lowest byte string that fails is the smallest text.
"""

from collections.abc import Sequence
from typing import Final

from dispatch_protocol.tasks import DESKTOP_WORDS, SHARED_WORDS, WHITE_SPACE

_ODD: Final = (
    *WHITE_SPACE,
    *"\x1c\x1d\x1e\x1f\x85\u180e\u200b\x00\x07\x7f\"\\/<>&'",
    "\U0001f600",
    "\ud83d",
    "\ude00",
    "İ",
    "ß",
    "\u212a",
    "e\u0301",
    "漢",
    "\u2028",
    "\ufffd",
)
_PIECES: Final = (
    "{}",
    "{",
    "}",
    "[]",
    '{"a":1}',
    '{"a":{"b":1}}',
    '{"a":{"b":{"c":1}}}',
    '{"a":1,"a":2}',
    '{"10":1,"9":2,"b":3}',
    '{"n":1.0}',
    '{"n":-0,"m":0.1}',
    '{"l":1e21,"s":1e-7}',
    '{"i":9007199254740993}',
    '{"h":1e400}',
    '{"__proto__":1}',
    '{"s":"}"}',
    '{"s":"{"}',
    "{'a':1}",
    '{"a":01}',
    '{"a":NaN}',
    '{"a":1,}',
    '{"a":"\\ud800"}',
    '{"a":"<"}',
    '{"a":"&"}',
    '{"a":"\\/"}',
    '{"a":"\\u2028\\u007f"}',
    '{"ü":"漢\U0001f600"}',
    '{"a":"\t"}',
    '{"a":true,"b":null}',
)
SUMMARIES: Final = ("0", " ", "a", "0 0", *_ODD)
"""The pieces of inputs of `summarize`, and of any other text."""

OPINIONS: Final = (
    *SHARED_WORDS,
    *(word.upper() for word in SHARED_WORDS),
    *DESKTOP_WORDS,
    "0",
    " ",
    "un",
    "ful",
    *_ODD[-12:],
)
"""Those of `classify`."""

OBJECTS: Final = (*_PIECES, "0", " ", *(piece for piece in _ODD if piece not in WHITE_SPACE))
"""Those of `extract_json`."""

_CODE_POINTS: Final = 224
_RUNS: Final = 240
_LONG_RUNS: Final = 244
_CUT: Final = 190


def spell(data: bytes, alphabet: Sequence[str]) -> str:
    """The text of a byte string, never empty.

    Bytes below 224 are pieces of the alphabet; 224 to 239 take two more bytes and make a code point of them;
    240 and above take one more and make a run of as many letters, 244 and above one of 190 to 210.
    """
    pieces = []
    following = iter(data)
    for byte in following:
        if byte < _CODE_POINTS:
            pieces.append(alphabet[byte % len(alphabet)])
        elif byte < _RUNS:
            high, low = next(following, 0), next(following, 0)
            pieces.append(chr((byte - _CODE_POINTS) << 16 | high << 8 | low))
        else:
            count = next(following, 0)
            pieces.append("x" * (count if byte < _LONG_RUNS else _CUT + count % 21))
    return "".join(pieces) or alphabet[0]


def well_formed(text: str) -> str:
    """The text without lone surrogates, never empty."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return joined or "0"
