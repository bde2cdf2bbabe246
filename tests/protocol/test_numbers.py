"""Number::toString (ECMA-262 §6.1.6.1.20) step by step, beside a second implementation in exact decimals."""

import math
import struct
from decimal import Decimal
from fractions import Fraction

import pytest
from dispatch_protocol.numbers import SAFE_INTEGER, _layout, number_text
from hypothesis import example, given, settings
from hypothesis import strategies as st


def shortest(magnitude: float) -> tuple[str, int]:
    """The digits `s` and the `n` of the standard, found by trial: no use is made of `repr`.

    Of the decimals with k digits only the two beside the exact value can be closest and still read back.
    """
    exact = Fraction(magnitude)
    n = Decimal(magnitude).adjusted() + 1
    for k in range(1, 18):
        unit = Fraction(10) ** (n - k)
        below = exact // unit
        fits = [s for s in (below, below + 1) if float(f"{s}e{n - k}") == magnitude]
        if fits:
            s = min(fits, key=lambda s: (abs(s * unit - exact), s % 2))
            return str(s).rstrip("0"), n + len(str(s)) - k
    raise AssertionError(magnitude)


def spelled_out(number: float) -> str:
    """The standard's text for a finite double."""
    if number == 0:
        return "0"
    sign, magnitude = ("-", -number) if number < 0 else ("", number)
    digits, n = shortest(magnitude)
    k = len(digits)
    if k <= n <= 21:
        return sign + digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + digits
    exponent = f"e{'+' if n > 0 else '-'}{abs(n - 1)}"
    return sign + (digits if k == 1 else f"{digits[0]}.{digits[1:]}") + exponent


@pytest.mark.parametrize(
    ("number", "text"),
    [
        # steps 1 to 4: what is no number, the zeros, the infinities, the sign
        (math.nan, "null"),
        (0.0, "0"),
        (-0.0, "0"),
        (math.inf, "null"),
        (-math.inf, "null"),
        (-1.5, "-1.5"),
        # step 6: k <= n <= 21, digits and zeros
        (1.0, "1"),
        (100.0, "100"),
        (123456789012345680000.0, "123456789012345680000"),
        (999999999999999900000.0, "999999999999999900000"),
        # step 7: 0 < n < k, a point within
        (3.3000000000000003, "3.3000000000000003"),
        (2251799813685248.5, "2251799813685248.5"),
        # step 8: -6 < n <= 0, zeros behind the point
        (0.5, "0.5"),
        (0.000001, "0.000001"),
        (0.00000123, "0.00000123"),
        # steps 9 to 12: an exponent
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (1.5e300, "1.5e+300"),
        (-1.25e-9, "-1.25e-9"),
        # the ends of the range
        (5e-324, "5e-324"),
        (2.2250738585072014e-308, "2.2250738585072014e-308"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
    ],
)
def test_number_to_string_6_1_6_1_20(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (SAFE_INTEGER, "9007199254740992"),
        (SAFE_INTEGER + 1, "9007199254740992"),
        (SAFE_INTEGER + 2, "9007199254740994"),
        (-SAFE_INTEGER - 1, "-9007199254740992"),
        (10**21, "1e+21"),
        (10**21 - 1, "1e+21"),
        (10**20, "100000000000000000000"),
        (2**1024 - 1, "null"),
        (-(10**400), "null"),
        (2**1024 - 2**971, "1.7976931348623157e+308"),
    ],
)
def test_an_integer_stands_for_the_nearest_double(number: int, text: str) -> None:
    assert number_text(number) == text


@settings(max_examples=2000)
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(9.5e-7)
@example(2.0**-1074)
@example(1e23)
@example(9.007199254740993e15)
def test_the_text_is_the_shortest_that_reads_back(number: float) -> None:
    text = number_text(number)
    assert text == spelled_out(number)
    assert float(text) == number


@settings(max_examples=2000)
@given(st.integers(0, 2**64 - 1))
def test_any_bit_pattern(bits: int) -> None:
    (number,) = struct.unpack("<d", struct.pack("<Q", bits))
    expected = spelled_out(number) if math.isfinite(number) else "null"
    assert number_text(number) == expected


@given(st.integers())
def test_integers_print_as_the_double_they_stand_for(number: int) -> None:
    assert number_text(number) == number_text(float(number))


def test_every_power_of_ten_and_of_two() -> None:
    for number in [float(f"1e{exponent}") for exponent in range(-323, 309)]:
        assert number_text(number) == spelled_out(number)
    for exponent in range(-1074, 1024):
        assert number_text(2.0**exponent) == spelled_out(2.0**exponent)


@given(st.floats(min_value=1e-8, max_value=1e23))
@example(1e-4)
@example(9.999999999999999e-5)
@example(1e16)
@example(9999999999999998.0)
def test_the_layout_is_the_same_with_and_without_an_exponent(number: float) -> None:
    assert number_text(number) == _layout(repr(number)) == spelled_out(number)
    assert number_text(-number) == _layout(repr(-number))
