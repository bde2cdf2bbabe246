"""Number::toString of ECMA-262 (§6.1.6.1.20), radix 10, as JSON.stringify uses it.

A JSON number is an IEEE 754 double. Python's `repr` of a float already has the digits that ECMA-262 asks
for (the fewest that read back as the same double, the closest of those); only their layout differs, and that
is what this module does.
"""

from math import isfinite
from typing import Final

SAFE_INTEGER: Final = 2**53
"""Integers up to this magnitude are doubles exactly, and print as their own decimal digits."""


def number_text(number: int | float) -> str:
    """The text JSON.stringify prints for `number`: `1.0` gives `1`, `-0.0` gives `0`, an infinity `null`.

    An `int` of any size stands for the double nearest to it (ties to even), as it would after JSON.parse;
    beyond the range of doubles it stands for an infinity. Never raises.
    """
    if isinstance(number, int):
        if -SAFE_INTEGER <= number <= SAFE_INTEGER:
            return int.__repr__(number)
        try:
            number = float(number)
        except OverflowError:
            return "null"
    if not isfinite(number):
        return "null"
    if number == 0:
        return "0"
    shortest = float.__repr__(number)
    return _layout(shortest) if "e" in shortest else shortest.removesuffix(".0")


def _layout(shortest: str) -> str:
    """Lay Python's shortest digits out by Number::toString, steps 6 to 12.

    In the standard's names: the digits `s` are `k` long and the value is s × 10^(n−k). Where Python writes no
    exponent (from 1e-4 up to 1e16) its layout is that of the standard already, but for a final `.0`; the two
    switch to exponents at other magnitudes.
    """
    sign, magnitude = ("-", shortest[1:]) if shortest[0] == "-" else ("", shortest)
    mantissa, _, exponent = magnitude.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading_zeros = len(whole) + len(fraction) - len(digits)
    n = len(whole) - leading_zeros + int(exponent or "0")
    s = digits.rstrip("0")
    k = len(s)
    if k <= n <= 21:
        return sign + s + "0" * (n - k)
    if 0 < n <= 21:
        return f"{sign}{s[:n]}.{s[n:]}"
    if -6 < n <= 0:
        return f"{sign}0.{'0' * -n}{s}"
    tail = f"e{'+' if n > 0 else '-'}{abs(n - 1)}"
    return sign + (s if k == 1 else f"{s[0]}.{s[1:]}") + tail
