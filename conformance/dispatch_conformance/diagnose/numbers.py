"""How other languages print JSON numbers, as data: what they read as integers, and how they lay doubles out.

Sources: the vectors in foreign-serializers.json, and the documentation of each language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from math import isfinite
from typing import Final

from dispatch_protocol.numbers import number_text

from dispatch_conformance.diagnose.doubles import AS_ECMASCRIPT, Floats, Refused, lay_out
from dispatch_conformance.diagnose.tree import Number

_EXPONENT_LIMIT: Final = 400
_LITERAL_LIMIT: Final = 400


class Integers(StrEnum):
    """Which integer literals a reader keeps as integers; the others become doubles."""

    EXACT = "any"
    SIGNED = "64 bits with sign"
    UNSIGNED = "64 bits"
    UNSIGNED_OR_MINUS_ZERO = "64 bits, and minus zero as a double"
    DOUBLE = "none"


@dataclass(frozen=True, slots=True)
class Numbers:
    """One way of printing numbers: `says` is what it does, `mend` what to do instead."""

    name: str
    says: str
    integers: Integers = Integers.EXACT
    floats: Floats = AS_ECMASCRIPT
    special: Callable[[Number], str] | None = None
    mend: str = "print numbers as ECMAScript's Number::toString does: 1.0 as 1, 1e21 as 1e+21, 1e-7 as 1e-7"

    def write(self, number: Number) -> str:
        """The number as this printer writes it. Raises Refused."""
        if self.special is not None:
            return self.special(number)
        if number.is_integer and _is_kept(number.literal, self.integers):
            return "0" if number.literal == "-0" else number.literal
        return lay_out(number.value, self.floats)


def _is_kept(literal: str, integers: Integers) -> bool:
    if integers is Integers.EXACT:
        return True
    if integers is Integers.DOUBLE or len(literal) > 20:
        return False
    if integers is Integers.UNSIGNED_OR_MINUS_ZERO and literal == "-0":
        return False
    largest = 2**63 if integers is Integers.SIGNED else 2**64
    return -(2**63) <= int(literal) < largest


def _ecmascript(number: Number) -> str:
    return number_text(number.value)


def _literal(number: Number) -> str:
    return number.literal


def _as_text(number: Number) -> str:
    return f'"{number_text(number.value)}"'


def _numeric(number: Number) -> str:
    """PostgreSQL's numeric: all digits, the fraction's zeros kept, never an exponent, no minus zero."""
    if len(number.literal) > _LITERAL_LIMIT or not isfinite(number.value):
        raise Refused("too long for this model")
    try:
        exact = Decimal(number.literal)
    except InvalidOperation:
        raise Refused("an exponent beyond bounds") from None
    if abs(exact.adjusted()) > _EXPONENT_LIMIT or abs(int(exact.as_tuple().exponent)) > 2 * _EXPONENT_LIMIT:
        raise Refused("an exponent beyond bounds")
    return format(exact if exact else exact.copy_abs(), "f")


ECMASCRIPT: Final = Numbers("ecmascript", "", special=_ecmascript)
LITERAL: Final = Numbers("literal", "keeps the numbers' text as it was read", special=_literal)
AS_TEXT: Final = Numbers(
    "as-text", "writes numbers as strings", special=_as_text, mend="write numbers as numbers"
)
NUMERIC: Final = Numbers("numeric", "writes numbers in full, without exponents", special=_numeric)

_PYTHON: Final = Floats(low=-4, high=16, width=2, whole=".0", minus_zero="-0.0", infinite="Infinity")
_RYU: Final = Floats(low=-5, high=16, whole=".0", minus_zero="-0.0")
_JAVA: Final = Floats(low=-3, high=7, exponent="E", whole=".0", single=".0", minus_zero="-0.0", least=2)
_PHP: Final = Floats(low=-4, high=17, single=".0")

PYTHON: Final = Numbers("python", "prints numbers as Python does (1.0, 1e-07)", floats=_PYTHON)
UJSON: Final = Numbers(
    "ujson",
    "prints numbers as ujson does (1.0, 1e-5)",
    floats=Floats(low=-4, high=16, whole=".0", minus_zero="-0.0"),
)
ORJSON: Final = Numbers("orjson", "prints numbers as orjson does (1.0, 1e-6)", Integers.UNSIGNED, _RYU)
RUST: Final = Numbers(
    "rust",
    "prints numbers as serde_json does (1.0, 1e21)",
    Integers.UNSIGNED_OR_MINUS_ZERO,
    Floats(low=-5, high=16, exponent="e", whole=".0", minus_zero="-0.0"),
)
JAVA: Final = Numbers("java", "prints numbers as Java does (1.0, 1.0E-4)", floats=_JAVA)
JAVA_DOUBLES: Final = Numbers(
    "java-doubles", "prints every number as a Java double (4.0, 1.0E-4)", Integers.DOUBLE, _JAVA
)
ANDROID: Final = Numbers(
    "android",
    "prints numbers as Android's org.json does (1.0E-4, -0)",
    Integers.SIGNED,
    Floats(low=-3, high=7, exponent="E", whole=".0", single=".0", integral=2.0**63, least=2),
)
GO: Final = Numbers("go", "prints minus zero as -0", Integers.DOUBLE, AS_ECMASCRIPT)
NLOHMANN: Final = Numbers(
    "nlohmann",
    "prints numbers as nlohmann::json does (1.0, 1e+15)",
    Integers.UNSIGNED,
    Floats(low=-4, high=15, width=2, whole=".0", minus_zero="-0.0"),
)
PHP: Final = Numbers("php", "prints numbers as PHP does (1.0e-7, -0)", Integers.SIGNED, _PHP)
PHP_FRACTION: Final = Numbers(
    "php-fraction",
    "prints numbers as PHP does with JSON_PRESERVE_ZERO_FRACTION (1.0, 1.0e-7)",
    Integers.SIGNED,
    Floats(low=-4, high=17, single=".0", whole=".0", minus_zero="-0.0"),
)
RUBY: Final = Numbers(
    "ruby",
    "prints numbers as Ruby does (1.0, 1.0e-07)",
    floats=Floats(low=-4, high=15, width=2, whole=".0", single=".0", minus_zero="-0.0"),
)
PERL: Final = Numbers(
    "perl",
    "cuts numbers to 15 digits",
    Integers.UNSIGNED,
    Floats(low=-4, high=15, width=2, digits=15, minus_zero="0", integral=2.0**64),
)
JQ: Final = Numbers(
    "jq", "prints numbers as jq does (1e-07, -0)", Integers.DOUBLE, Floats(low=-4, high=None, width=2)
)
DOTNET: Final = Numbers(
    "dotnet",
    "prints numbers as .NET does (1E-05, -0)",
    floats=Floats(low=-4, high=15, exponent="E+", width=2, to_last_digit=True),
)
NEWTONSOFT: Final = Numbers(
    "newtonsoft",
    "prints numbers as Json.NET does (1.0, 1E-05)",
    floats=Floats(low=-4, high=15, exponent="E+", width=2, to_last_digit=True, whole=".0", minus_zero="-0.0"),
)
DART: Final = Numbers("dart", "keeps .0 behind whole doubles", floats=Floats(whole=".0", minus_zero="-0.0"))
PRINTF_17: Final = Numbers(
    "17-digits", "prints doubles with 17 digits", floats=Floats(low=-4, high=17, width=2, digits=17)
)
PRINTF_15: Final = Numbers(
    "15-digits", "prints doubles with 15 digits", floats=Floats(low=-4, high=15, width=2, digits=15)
)
PRINTF_6: Final = Numbers(
    "6-digits",
    "prints doubles with 6 digits, as C++ streams do",
    floats=Floats(low=-4, high=6, width=2, digits=6),
)
SINGLE: Final = Numbers(
    "single-precision", "holds doubles in single precision (float)", floats=Floats(whole="", digits=0)
)

POSITIONS: Final = (
    ECMASCRIPT,
    PYTHON,
    Numbers(
        "doubles",
        "writes .0 behind every whole number",
        Integers.DOUBLE,
        Floats(whole=".0", minus_zero="-0.0"),
    ),
    Numbers("python-doubles", "prints every number as a Python float (4.0, 1e-07)", Integers.DOUBLE, _PYTHON),
    *(JAVA, JAVA_DOUBLES, ANDROID, GO, RUST, ORJSON, UJSON, NLOHMANN, PHP, PHP_FRACTION, RUBY, PERL, JQ),
    *(DOTNET, NEWTONSOFT, DART, LITERAL, NUMERIC, AS_TEXT, PRINTF_17, PRINTF_15, PRINTF_6, SINGLE),
)
"""Every way of printing numbers, ECMAScript's first."""
