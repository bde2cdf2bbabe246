"""Other JSON texts of the same value: white space, escapes and numbers written otherwise.

Pure: chance comes in as a generator. The order of members, the items and every value stay as they are, so
that the canonical text of what is read stays too. Source: RFC 8259 §2, §6, §7; ECMA-262 §25.5.1.
"""

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from dispatch_protocol.canonical import parse, quoted

MAX_VARIED: Final = 4_096
"""How many characters of one string are looked at one by one; a longer one stays in its canonical form."""

_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[-0-9][-+.0-9eE]*+|[{}\[\]:,]|[a-z]++', re.DOTALL)
_BLANKS: Final = (" ", "\n", "\t", "\r\n", "  ", "\n    ", " \t ")
_SHORT: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def respelled(text: str, random: Random) -> str:
    """Another text of the same JSON value, in a hand of its own. `text` must be well-formed JSON."""
    blank = random.choice((_no_blank, _after_punctuation, _any_blank))
    string = random.choice((_plain, _in_ascii, _escaped_here_and_there, _escaped_throughout))
    number = random.choice((_as_it_is, respelled_number))
    return "".join(_pieces(text, random, blank, string, number))


def respelled_number(token: str, random: Random) -> str:
    """Another literal of the same decimal number, and so of the same double."""
    if "e" in token or "E" in token:
        return token
    literals = [token, token + "e0", token + "E+0", token + "e-0"]
    if "." in token:
        literals.append(token + "0")
    else:
        literals.append(token + ".0")
        zeros = len(token) - len(token.rstrip("0"))
        if zeros and token.strip("-0"):
            literals.append(f"{token[:-zeros]}e{zeros}")
    return random.choice(literals)


def _pieces(
    text: str,
    random: Random,
    blank: Callable[[str, Random], str],
    string: Callable[[str, Random], str],
    number: Callable[[str, Random], str],
) -> Iterator[str]:
    """Each token in its new form, each followed by what blanks there are behind it."""
    yield blank("", random)
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0] == '"':
            yield string(str(parse(token)), random)
        elif token[0] in "-0123456789":
            yield number(token, random)
        else:
            yield token
        yield blank(token, random)


def _no_blank(token: str, random: Random) -> str:
    return ""


def _after_punctuation(token: str, random: Random) -> str:
    return " " if token in (":", ",") else ""


def _any_blank(token: str, random: Random) -> str:
    return random.choice(_BLANKS) if random.random() < 0.3 else ""


def _as_it_is(token: str, random: Random) -> str:
    return token


def _plain(value: str, random: Random) -> str:
    return quoted(value)


def _in_ascii(value: str, random: Random) -> str:
    return _written(value, random, lambda character: not character.isascii())


def _escaped_here_and_there(value: str, random: Random) -> str:
    return _written(value, random, lambda character: random.random() < 0.1)


def _escaped_throughout(value: str, random: Random) -> str:
    return _written(value, random, lambda character: True)


def _written(value: str, random: Random, wanted: Callable[[str], bool]) -> str:
    """The string with every character escaped that has to be, and those that are wanted so."""
    if len(value) > MAX_VARIED:
        return quoted(value)
    pieces = (
        _escape(character, random) if _must_be_escaped(character) or wanted(character) else character
        for character in value
    )
    return f'"{"".join(pieces)}"'


def _must_be_escaped(character: str) -> bool:
    return character < " " or character in '"\\' or "\ud800" <= character <= "\udfff"


def _escape(character: str, random: Random) -> str:
    """An escape of this character: the short one where there is one, or its UTF-16 code units in hex."""
    short = _SHORT.get(character)
    if short is not None and random.random() < 0.5:
        return short
    units = character.encode("utf-16-be", "surrogatepass").hex()
    if random.random() < 0.5:
        units = units.upper()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
