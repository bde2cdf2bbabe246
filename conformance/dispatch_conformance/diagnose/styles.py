"""A serializer as a point in a small space: five switches, each with named positions.

Every position says what it does and what to do instead, so that an explanation can name exactly the switches
that made a difference. `Style()` is ECMAScript's JSON.stringify.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dispatch_conformance.diagnose import numbers, strings
from dispatch_conformance.diagnose.numbers import Numbers
from dispatch_conformance.diagnose.strings import Escapes
from dispatch_conformance.diagnose.tree import Tree

LARGEST_INDEX: Final = 2**32 - 2


@dataclass(frozen=True, slots=True)
class Layout:
    """White space. `indent` is one level, None for a single line; `end` stands behind the text.

    With `inline_arrays` an array stays on its line, between blanks. `hollow` is what stands inside an empty
    object and an empty array; behind a line feed in it, the closing bracket is indented.
    """

    name: str
    says: str
    item: str = ","
    colon: str = ":"
    indent: str | None = None
    end: str = ""
    inline_arrays: bool = False
    hollow: tuple[str, str] = ("", "")
    mend: str = "put no white space between the tokens, and nothing behind the text"


@dataclass(frozen=True, slots=True)
class Order:
    """The order of an object's members, as a function of its keys in the order of insertion."""

    name: str
    says: str
    arrange: Callable[[list[str]], list[str]]
    mend: str = "keep the members in the order in which you send them (integer keys first, ascending)"


@dataclass(frozen=True, slots=True)
class Shape:
    """What becomes of the value itself before it is written."""

    name: str
    says: str
    change: Callable[[Tree], Tree]
    mend: str = "write the very value that you send"


def is_index(key: str) -> bool:
    """Whether ECMAScript takes a key for an array index, and puts it first (ECMA-262 §6.1.7)."""
    if not key.isascii() or not key.isdigit() or len(key) > 10 or (key[0] == "0" and key != "0"):
        return False
    return int(key) <= LARGEST_INDEX


def _indices_first(keys: list[str]) -> list[str]:
    indices = sorted((key for key in keys if is_index(key)), key=int)
    return [*indices, *(key for key in keys if not is_index(key))] if indices else keys


def _units(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _length(key: str) -> tuple[int, bytes]:
    encoded = key.encode("utf-8", "surrogatepass")
    return len(encoded), encoded


def _without_nulls(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return {key: _without_nulls(item) for key, item in tree.items() if item is not None}
    return [_without_nulls(item) for item in tree] if isinstance(tree, list) else tree


def _php_arrays(tree: Tree) -> Tree:
    """json_decode to associative arrays: an object with the keys 0, 1, 2 … comes back as a list."""
    if isinstance(tree, list):
        return [_php_arrays(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    changed = {key: _php_arrays(item) for key, item in tree.items()}
    return [*changed.values()] if [*changed] == [str(place) for place in range(len(changed))] else changed


COMPACT: Final = Layout("compact", "")
LINE: Final = Layout("newline", "ends with a line feed", end="\n")
SPACED: Final = Layout("spaced", "puts a blank behind every comma and colon", item=", ", colon=": ")
COLONS: Final = Layout("spaced-colons", "puts a blank behind every colon", colon=": ")
JACKSON_PRETTY: Final = Layout(
    "jackson-pretty", "is pretty-printed", ",", " : ", "  ", inline_arrays=True, hollow=(" ", " ")
)


def pretty(unit: str, name: str, end: str = "") -> Layout:
    """Pretty printing by a unit of indentation, called `name` in words."""
    says = f"is pretty-printed by {name}" + (", and ends with a line feed" if end else "")
    return Layout(f"pretty-{name}{'-newline' if end else ''}", says, colon=": ", indent=unit, end=end)


TWO: Final = pretty("  ", "two")
RUBY_TWO: Final = Layout("ruby-pretty", "is pretty-printed by two", ",", ": ", "  ", hollow=("\n", "\n\n"))
TWO_LINE: Final = pretty("  ", "two", "\n")
FOUR: Final = pretty("    ", "four")
TAB: Final = pretty("\t", "tabs")

INDICES_FIRST: Final = Order("ecmascript", "", _indices_first)
INSERTED: Final = Order("inserted", "leaves integer keys where they were inserted", lambda keys: keys)
SORTED: Final = Order("sorted", "sorts the members by name", sorted)
SORTED_UNITS: Final = Order(
    "sorted-utf16", "sorts the members by name (in UTF-16 order)", lambda keys: sorted(keys, key=_units)
)
SORTED_CASELESS: Final = Order(
    "sorted-caseless",
    "sorts the members by name, whatever their case",
    lambda keys: sorted(keys, key=str.lower),
)
BY_LENGTH: Final = Order(
    "by-length", "sorts the members by the length of their names", lambda keys: sorted(keys, key=_length)
)
BY_LENGTH_INDICES_FIRST: Final = Order(
    "by-length-indices-first",
    "sorts the members by the length of their names",
    lambda keys: _indices_first(sorted(keys, key=_length)),
)
REVERSED: Final = Order("reversed", "reverses the members", lambda keys: keys[::-1])

SAME: Final = Shape("same", "", lambda tree: tree)
NO_NULLS: Final = Shape("no-nulls", "leaves members out that are null", _without_nulls)
PHP_ARRAYS: Final = Shape(
    "php-arrays", "turns empty objects, and those with keys 0, 1, 2 and so on, into lists", _php_arrays
)


LAYOUTS: Final = (
    COMPACT,
    SPACED,
    COLONS,
    LINE,
    TWO,
    TWO_LINE,
    FOUR,
    TAB,
    pretty(" ", "one"),
    JACKSON_PRETTY,
    RUBY_TWO,
    Layout(
        "spaced-newline",
        "puts a blank behind every comma and colon, and ends with a line feed",
        ", ",
        ": ",
        end="\n",
    ),
)
ORDERS: Final = (INDICES_FIRST, SORTED, INSERTED, SORTED_UNITS, SORTED_CASELESS, BY_LENGTH, REVERSED)
SHAPES: Final = (SAME, NO_NULLS, PHP_ARRAYS)


@dataclass(frozen=True, slots=True)
class Style:
    """One serializer: the position of every switch. Equal styles write equal texts."""

    layout: Layout = COMPACT
    order: Order = INDICES_FIRST
    escapes: Escapes = strings.ECMASCRIPT
    numbers: Numbers = numbers.ECMASCRIPT
    shape: Shape = SAME
