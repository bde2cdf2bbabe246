"""How a double is laid out: from its digits to its text, in the forms that languages have for it.

A form decides three things: up to which magnitude the decimal layout holds, how an exponent is written, and
whether whole numbers keep a fraction.
"""

from dataclasses import dataclass
from math import isfinite
from struct import pack, unpack
from typing import Final


class Refused(Exception):
    """The serializer that is modelled refuses the value."""


@dataclass(frozen=True, slots=True)
class Floats:
    """How doubles are laid out.

    `low` < position of the decimal point ≤ `high` is written without exponent (`high` None: up to 15 zeros
    behind the digits). `whole` stands behind whole numbers, `single` behind a mantissa of one digit, `width`
    is the least number of digits of an exponent. Whole doubles below `integral` are printed as integers; with
    `to_last_digit`, zeros are what brings an exponent on, and digits never do. `digits` is how many are
    printed, None for the fewest that read back (`least` of them), 0 for those of a single-precision float.
    """

    low: int = -6
    high: int | None = 21
    exponent: str = "e+"
    width: int = 1
    whole: str = ""
    single: str = ""
    minus_zero: str = "-0"
    infinite: str | None = None
    integral: float = 0.0
    digits: int | None = None
    least: int = 1
    to_last_digit: bool = False


AS_ECMASCRIPT: Final = Floats()
"""Number::toString, but for minus zero."""


def lay_out(value: float, form: Floats) -> str:
    """A double in the form given. Raises Refused for an infinity that the form has no word for."""
    if not isfinite(value):
        if form.infinite is None:
            raise Refused("no text for an infinite number")
        return form.infinite if value > 0 else form.infinite.replace("Inf", "-Inf")
    sign, magnitude = ("-", -value) if value < 0 else ("", value)
    if magnitude == 0:
        return form.minus_zero if str(value) == "-0.0" else f"0{form.whole}"
    if magnitude < form.integral and magnitude.is_integer():
        return sign + str(int(magnitude))
    return sign + _layout(*_digits(magnitude, form), form)


def _digits(value: float, form: Floats) -> tuple[str, int]:
    """The significant digits, and where the decimal point stands behind their start."""
    if form.digits is None:
        longer = f"{value:.{form.least - 1}e}"
        text = longer if form.least > 1 and float(longer) == value else repr(value)
    else:
        text = f"{value:.{form.digits - 1}e}" if form.digits else _single(value)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) - (len(whole + fraction) - len(digits)) + int(exponent or "0")
    return digits.rstrip("0"), point


def _single(value: float) -> str:
    """The shortest text that reads back as the same single-precision float."""
    try:
        nearest = pack("<f", value)
    except OverflowError:
        raise Refused("beyond the range of single precision") from None
    candidates = (f"{unpack('<f', nearest)[0]:.{digits}e}" for digits in range(9))
    shortest = next((text for text in candidates if pack("<f", float(text)) == nearest), repr(value))
    if float(shortest) == 0:
        raise Refused("below the range of single precision")
    return shortest


def _layout(digits: str, point: int, form: Floats) -> str:
    high = len(digits) + 15 if form.high is None else form.high
    if form.to_last_digit:
        high = max(high, len(digits))
    if form.low < point <= high:
        if point >= len(digits):
            return digits + "0" * (point - len(digits)) + form.whole
        return f"{digits[:point]}.{digits[point:]}" if point > 0 else f"0.{'0' * -point}{digits}"
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else form.single)
    letter, plus = form.exponent[:1], form.exponent[1:]
    return f"{mantissa}{letter}{'-' if point < 1 else plus}{abs(point - 1):0{form.width}d}"
