"""Literals of numbers: every exponent, every length, both sides of every limit."""

import random
import struct
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import Final, TypeAlias

Chance: TypeAlias = random.Random

_BORDERS: Final = """
    0 -0 0.0 -0.0 0e0 -0e-0 0.1e1 1E+2 1e21 999999999999999999999 1e-6 1e-7 1e400 -1e400 1e-400 5e-324 2e-324
    3e-324 9007199254740993 123456789012345 1234567890123456 1.7976931348623157e308 1.7976931348623159e308
    1e9999999999
"""
_NUMBERS: Final = _BORDERS.split()


def doubles(count: int, chance: Chance) -> Iterator[tuple[float, str]]:
    """Doubles of every exponent, each with a literal that reads as it, short, long or exact."""
    while count > 0:
        (number,) = struct.unpack("<d", struct.pack("<Q", chance.getrandbits(64)))
        if chance.random() < 0.3:
            number = chance.choice([1, -1]) * chance.random() * 10.0 ** chance.randint(-12, 24)
        elif chance.random() < 0.2:
            number = float(chance.randint(-(2**60), 2**60) >> chance.randint(0, 60))
        if isfinite(number):
            count -= 1
            yield number, _literal_of(number, chance)


def _literal_of(number: float, chance: Chance) -> str:
    spelling = chance.randrange(5)
    if spelling == 0:
        return repr(number)
    if spelling == 1:
        return f"{number:.17g}"
    if spelling == 2:
        return f"{number:.30E}"
    exact = Decimal(number)
    return f"{exact:e}" if spelling == 3 else f"{exact:f}"


def literal(chance: Chance) -> str:
    """A number's literal: a small integer, a double, or digits, point and exponent as chance has it."""
    kind = chance.randrange(6)
    if kind == 0:
        return chance.choice(_NUMBERS)
    if kind == 1:
        return str(chance.randint(-999, 9999))
    if kind == 2:
        return next(doubles(1, chance))[1]
    digits = "".join(chance.choices("0123456789", k=chance.choice([1, 3, 16, 17, 20, 25, 60, 400])))
    whole = digits.lstrip("0") or "0"
    if kind == 3:
        return chance.choice(["", "-"]) + whole
    text = f"{chance.choice(['', '-'])}{chance.choice(['0', whole])}.{digits}"
    return (
        text
        if kind == 4
        else f"{text}{chance.choice('eE')}{chance.choice(['', '+', '-'])}{chance.randint(0, 420)}"
    )
