"""ECMAScript's JSON, written a second time: JSON.parse, JSON.stringify and Number::toString.

Source: ECMA-262 §25.5.1, §25.5.2, §6.1.6.1.20. Values are str, float, bool, None, list and dict; every number
is read as a double.
"""

import json
from decimal import Decimal
from math import isfinite
from typing import Any

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
INDEX_LIMIT = 2**32 - 1


def read(text: str) -> Any:
    """The value of a JSON text. Raises ValueError or RecursionError where there is none."""
    return json.loads(text, parse_int=float, parse_constant=_refuse)


def write(value: Any) -> str:
    """The text that JSON.stringify gives for a value."""
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return number_literal(float(value))
    if isinstance(value, dict):
        return "{" + ",".join(f"{text_literal(name)}:{write(item)}" for name, item in members(value)) + "}"
    return "[" + ",".join(write(item) for item in value) + "]"


def members(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """An object's members in the order of OrdinaryOwnPropertyKeys (ECMA-262 §10.1.11.1)."""
    indices = sorted((name for name in value if is_index(name)), key=int)
    return [(name, value[name]) for name in (*indices, *(name for name in value if not is_index(name)))]


def is_index(name: str) -> bool:
    """Whether a member's name is an array index: its place is then by its number."""
    return name.isascii() and name.isdigit() and str(int(name[:11])) == name and int(name) < INDEX_LIMIT


def text_literal(text: str) -> str:
    """A string in quotation marks, with the escapes of QuoteJSONString (§25.5.2.3) and no others."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return '"' + "".join(map(_escaped, joined)) + '"'


def number_literal(value: float) -> str:
    """A double as Number::toString prints it; null for what is not finite."""
    if not isfinite(value):
        return "null"
    if value == 0:
        return "0"
    sign, numerals, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, numerals))
    point = len(digits) + int(exponent)
    return "-" * sign + _laid_out(digits, point)


def _laid_out(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


def _escaped(char: str) -> str:
    if char in SHORT:
        return SHORT[char]
    if char < " " or "\ud800" <= char <= "\udfff":
        return f"\\u{ord(char):04x}"
    return char


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
