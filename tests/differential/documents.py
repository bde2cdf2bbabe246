"""Random JSON texts, and texts that are nearly JSON: the same ones for the same seed.

What a reader or writer of JSON gets wrong stands here on purpose: numbers of every size and length, keys that
are integers, doubled or special, surrogates alone and in pairs, raw and escaped, blanks, depth.
"""

from collections.abc import Callable
from typing import Final

from tests.differential.literals import Chance, literal

MAX_LEVELS: Final = 2_000
"""How deep a text nests at most; node itself gives up at some 5,000 levels."""


_BLANKS: Final = ["", "", "", "", " ", "\n", "\t", "\r", "  ", " \r\n\t"]
_BORDERS: Final = (2**31, 2**32 - 2, 2**53, 10**21)
_INTEGER_KEYS: Final = [str(border + step) for border in (2, 8, *_BORDERS) for step in (-1, 0, 1)]
_WORDS: Final = (
    "__proto__ constructor toJSON hasOwnProperty length -0 -1 00 01 1.0 1e3 +1 0x1 \u0661 a a b b NaN"
)
_SPECIAL_KEYS: Final = [*_WORDS.split(), "", " 1", "1 "]
_SHARP: Final = (
    "\"\\/\b\f\n\r\t\0\x1f\x7f\x80\x85\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800\udbff\udc00\udfff<&'"
)
_ESCAPES: Final = {
    character: f"\\{letter}" for character, letter in zip('"\\/\b\f\n\r\t', '"\\/bfnrt', strict=True)
}
_CHARACTERS: Final = "\"\\{}[],:-+.eE019 \t\n\r\0\x0b\x7f\xa0\u2028\ufeff\ud800\udc00'/*_;"
_PIECES: Final = '\\u \\ud83d \\x41 00 1e 0x NaN Infinity null nul true // ,, [] {} ": __proto__'
_SNIPPETS: Final = [*_CHARACTERS, *_PIECES.split()]


def document(chance: Chance) -> str:
    """One text, most often JSON: of any kind, any spelling, and one in four of them altered."""
    kind = chance.choices(_KINDS, _WEIGHTS)[0]
    text = _blank(chance) + kind(chance) + _blank(chance)
    return mutated(text, chance) if chance.random() < 0.25 else text


def mutated(text: str, chance: Chance) -> str:
    """The text with one to three places altered: put in, taken out, doubled, moved or cut off."""
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice([0, 0, 1, 1, 2, 4, 30]))
        middle = chance.choice(["", chance.choice(_SNIPPETS), chance.choice(_SNIPPETS), text[start:end] * 2])
        text = text[:start] + middle + (text[end:] if chance.random() < 0.95 else "")
    return text


def _string(chance: Chance) -> str:
    length = chance.choice([0, 1, 2, 5, 5, 12, 12, 60])
    return '"' + "".join(_spelled(_character(chance), chance) for _ in range(length)) + '"'


def _character(chance: Chance) -> str:
    kind = chance.randrange(8)
    if kind < 4:
        return chance.choice("abcdefghijklmnopqrstuvwxyz ABC0123456789_-")
    if kind == 4:
        return chance.choice(_SHARP)
    return chr(chance.randrange((0x80, 0x3000, 0x10000, 0x110000)[kind - 4 if kind < 7 else 3]))


def _spelled(character: str, chance: Chance) -> str:
    """A character within a string: raw where that is allowed, or escaped in one of the ways there are."""
    if character in _ESCAPES and chance.random() < 0.7:
        return _ESCAPES[character]
    must = character < " " or character in '"\\'
    if not must and chance.random() < 0.85:
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    spelled = (f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return "".join(text.upper().replace("\\U", "\\u") if chance.random() < 0.3 else text for text in spelled)


def _key(chance: Chance) -> str:
    kind = chance.randrange(5)
    if kind == 0:
        return f'"{chance.choice(_INTEGER_KEYS)}"'
    if kind == 1:
        return f'"{chance.choice(_SPECIAL_KEYS)}"'
    if kind == 2:
        return f'"{chance.randint(0, 12)}"'
    return _string(chance)


def _scalar(chance: Chance) -> str:
    kind = chance.randrange(8)
    if kind < 3:
        return literal(chance)
    return _string(chance) if kind < 6 else chance.choice(["null", "true", "false"])


def _value(chance: Chance, room: int = 4) -> str:
    if room == 0 or chance.random() < 0.35:
        return _scalar(chance)
    items = range(chance.choice([0, 1, 2, 3, 5]))
    if chance.random() < 0.4:
        return _array([_value(chance, room - 1) for _ in items], chance)
    return _object([(_key(chance), _value(chance, room - 1)) for _ in items], chance)


def _array(items: list[str], chance: Chance) -> str:
    spaced = (_blank(chance) + item + _blank(chance) for item in items)
    return f"[{','.join(spaced) or _blank(chance)}]"


def _object(members: list[tuple[str, str]], chance: Chance) -> str:
    spaced = (
        f"{_blank(chance)}{key}{_blank(chance)}:{_blank(chance)}{value}{_blank(chance)}"
        for key, value in members
    )
    return f"{{{','.join(spaced) or _blank(chance)}}}"


def _flat(chance: Chance) -> str:
    return _object([(_string(chance), chance.choice([_string(chance), "null"])) for _ in range(5)], chance)


def _keys(chance: Chance) -> str:
    return _object([(_key(chance), _scalar(chance)) for _ in range(chance.randint(2, 20))], chance)


def _numbers(chance: Chance) -> str:
    return _array([literal(chance) for _ in range(chance.randint(1, 20))], chance)


def _deep(chance: Chance) -> str:
    """Nested to any depth that is allowed, closed again in most cases."""
    levels = chance.choice([50, 190, 199, 200, 201, 210, 500, MAX_LEVELS - 4, MAX_LEVELS])
    opened = [chance.random() < 0.5 for _ in range(levels)]
    left = "".join("[" if array else f"{{{_key(chance)}:" for array in opened)
    right = "".join("]" if array else "}" for array in reversed(opened))
    if chance.random() < 0.1:
        right = right[: chance.randint(0, levels)]
    return left + _scalar(chance) + right


_KINDS: Final[list[Callable[[Chance], str]]] = [_value, _flat, _keys, _numbers, _string, _scalar, _deep]
_WEIGHTS: Final = [60, 8, 12, 8, 6, 4, 2]


def _blank(chance: Chance) -> str:
    return chance.choice(_BLANKS)
