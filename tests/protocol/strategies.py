"""What Hypothesis draws from: JSON values as the parser gives them, their texts, and texts gone wrong."""

import json
import random
from typing import Any

from dispatch_protocol.canonical import JsonValue, parse
from hypothesis import strategies as st

KEYS = [
    "__proto__",
    "constructor",
    "toString",
    "0",
    "1",
    "10",
    "007",
    "-1",
    "1.0",
    "4294967294",
    "4294967295",
]

any_text = st.text(st.characters())
"""Any sequence of code points, lone surrogates among them (a text a JSON string can spell)."""

numbers = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number * 1e300),
    st.integers().map(float),
)
keys = st.one_of(st.text(max_size=8), st.sampled_from(KEYS), st.integers(0, 2**33).map(str), any_text)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=6) | st.dictionaries(keys, inner, max_size=6)


def dumped(value: Any, **layout: Any) -> str:
    """A JSON text of the value, infinities written as a literal beyond the range of doubles."""
    return json.dumps(value, **layout).replace("Infinity", "1e400")


_drawn = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(), any_text), _containers, max_leaves=40
)

json_values: st.SearchStrategy[JsonValue] = _drawn.map(lambda value: parse(dumped(value)))
"""Values as `parse` gives them: surrogate pairs joined, duplicate keys merged, -0.0 and infinities kept."""


def spelled(value: JsonValue, chance: random.Random) -> str:
    """One of the many JSON texts of a value: blanks, escapes and number formats as chance has it."""
    text = dumped(
        value,
        ensure_ascii=chance.random() < 0.5,
        indent=chance.choice([None, None, 0, 1, "\t", " \r\n"]),
        separators=chance.choice([None, (",", ":"), (" ,\n", "\t: "), (",\r", ":")]),
    )
    return chance.choice(["", " ", "\n\t"]) + text + chance.choice(["", " \r\n"])


json_texts = st.builds(spelled, json_values, st.randoms(use_true_random=False))

SNIPPETS = ['"', "\\", "\\u", "\\ud83d", "{", "}", "[", "]", ",", ":", "-", "+", ".", "e", "0", "00", "1e400"]
SNIPPETS += [
    "\0",
    "\n",
    "\x7f",
    "\ufeff",
    "\xa0",
    "\u2028",
    "\ud800",
    "\U0001f600",
    "NaN",
    "null",
    "tru",
    "'",
]


def mutated(text: str, chance: random.Random) -> str:
    """A text with one to four places altered: something put in, taken out, doubled or cut off."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice([0, 0, 1, 1, 2, 5, 40]))
        middle = chance.choice(["", chance.choice(SNIPPETS), text[start:end] * 2])
        text = text[:start] + middle + (text[end:] if chance.random() < 0.95 else "")
    return text


mutated_texts = st.builds(mutated, json_texts, st.randoms(use_true_random=False))
