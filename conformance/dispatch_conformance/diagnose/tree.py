"""Values as other languages' readers see them: like JSON.parse's, but every number keeps its literal.

Whether a number was written `1`, `1.0` or `1e0` means nothing to ECMAScript, and decides what most other
serializers print. A tree is made of None, bool, str, Number, list and dict; duplicate keys are merged, the
last value at the first place, as all readers of the vectors do.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from json import JSONDecoder
from re import DOTALL
from re import compile as pattern
from typing import Final, TypeAlias

from dispatch_protocol.canonical import Json

Tree: TypeAlias = "bool | str | Number | list[Tree] | dict[str, Tree] | None"

MAX_CHARACTERS: Final = 32_768
MAX_COMMAS: Final = 2_048
"""Longer texts, and texts of more values, are not re-serialized: the work per value is bounded."""

MAX_LEVELS: Final = 100
"""Deeper values are not re-serialized: most serializers recurse, and so do their models."""

_STRING: Final = pattern(r'"(?:[^"\\]++|\\.)*+"', DOTALL)
_NO_BRACKET: Final = pattern(r"[^\[\]{}]+")
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Number:
    """A number by its literal, as it stood in the text."""

    literal: str

    @property
    def is_integer(self) -> bool:
        """Whether it has neither fraction nor exponent, so that typed readers make an integer of it."""
        return self.literal.lstrip("-").isdigit()

    @property
    def value(self) -> float:
        """The nearest double; an infinity beyond their range."""
        return float(self.literal)


_decoder: Final = JSONDecoder(parse_int=Number, parse_float=Number)


def read_tree(text: str) -> Tree:
    """The tree of a JSON text. Raises ValueError where it is none, or is beyond the limits of this module."""
    if len(text) > MAX_CHARACTERS or text.count(",") > MAX_COMMAS or levels(text) > MAX_LEVELS:
        raise ValueError("too large to be re-serialized")
    tree: Tree = _decoder.decode(text)
    return tree


def levels(text: str) -> int:
    """How many containers stand inside one another in a JSON text."""
    brackets = _NO_BRACKET.sub("", _STRING.sub("", text))
    return max(accumulate(_STEP[bracket] for bracket in brackets), default=0)


class Source:
    """A JSON value that someone hashed or signed: its text as sent, its canonical text, and its tree."""

    def __init__(self, json: Json) -> None:
        self.json = json
        self.text = json.text
        self.canonical = json.canonical

    @cached_property
    def tree(self) -> Tree:
        """The tree of the text as sent. Raises ValueError like `read_tree`."""
        return read_tree(self.text)
