"""Where two JSON values differ, member by member, in words that show the code points."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.errors import shown

from dispatch_conformance.diagnose.guesses import Guess, excerpt, first_difference, in_line, listed

Path: TypeAlias = "tuple[Path, str | int] | None"
"""The way to a place, last step first: paths that share their beginning share its memory."""

_SHOWN: Final = 120
_NAMES: Final = 8
_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two values differ.

    `place` is its JSON path, escaped and bounded (`$.extracted[0].name`), `member` the name of the outermost
    member that it stands in (None for the value itself, and inside lists), `text` one sentence. `expected`
    and `actual` are the canonical texts of the two values, escaped and bounded. `guesses` name the rules that
    were broken.
    """

    place: str
    member: str | None
    text: str
    expected: str
    actual: str
    guesses: tuple[Guess, ...] = ()


def differences(expected: JsonValue, actual: JsonValue) -> Iterator[Difference]:
    """Every difference, outer ones first, then in the order of the expected text. Any depth; never raises."""
    pending: list[tuple[Path, JsonValue, JsonValue]] = [(None, expected, actual)]
    while pending:
        path, left, right = pending.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            for said in _of_names(left, right):
                yield _difference(path, said, left, right)
            pending += [((path, key), left[key], right[key]) for key in reversed(left) if key in right]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                said = f"The list has {len(right)} entries; the right one has {len(left)}."
                yield _difference(path, said, left, right)
            pairs = [*enumerate(zip(left, right, strict=False))]
            pending += [((path, index), one, other) for index, (one, other) in reversed(pairs)]
        elif stringify(left) != stringify(right):
            yield _difference(path, _of_scalars(left, right), left, right)


def _difference(path: Path, text: str, expected: JsonValue, actual: JsonValue) -> Difference:
    steps: list[str | int] = []
    while path is not None:
        path, step = path
        steps.append(step)
    steps.reverse()
    said = "".join(f"[{step}]" if isinstance(step, int) else f".{shown(step, 40)}" for step in steps[:_STEPS])
    place = f"${said}{'...' if len(steps) > _STEPS else ''}"
    member = steps[0] if steps and isinstance(steps[0], str) else None
    return Difference(place, member, text, _written(expected), _written(actual))


def _of_names(expected: dict[str, JsonValue], actual: dict[str, JsonValue]) -> Iterator[str]:
    """Members that lack, members too many, and members in another order."""
    lacking = [name for name in expected if name not in actual]
    extra = [name for name in actual if name not in expected]
    if lacking:
        yield f"The object lacks {_names(lacking)}."
    if extra:
        yield f"The object has {_names(extra)} besides the right members."
    shared = [name for name in expected if name in actual]
    sent = [name for name in actual if name in expected]
    if stringify(dict.fromkeys(shared)) != stringify(dict.fromkeys(sent)):
        yield f"The members stand in the order {_names(sent)}; the right order is {_names(shared)}."


def _names(names: list[str]) -> str:
    said = [f"`{shown(name, 40)}`" for name in names[:_NAMES]]
    return listed([*said, f"{len(names) - _NAMES} more"] if len(names) > _NAMES else said)


def _of_scalars(expected: JsonValue, actual: JsonValue) -> str:
    if isinstance(expected, str) and isinstance(actual, str):
        return _of_texts(expected, actual)
    if _kind(expected) != _kind(actual):
        return f"It is {_kind(actual)}; the right value is {_kind(expected)}."
    return f"It is {_written(actual)}; the right value is {_written(expected)}."


def _written(value: JsonValue) -> str:
    """The canonical text of a value, in a line, and cut where it is long."""
    text = stringify(value)
    return in_line(text) if len(text) <= _SHOWN else f"{in_line(text[:_SHOWN])}... ({len(text)} characters)"


def _kind(value: JsonValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    kinds = ((str, "a string"), (int | float, "a number"), (list, "a list"))
    return next((kind for types, kind in kinds if isinstance(value, types)), "an object")


def _of_texts(expected: str, actual: str) -> str:
    """Where two strings first differ: code points, and the index in UTF-16 units, as JavaScript counts."""
    place = first_difference(expected, actual)
    index = _units(expected[:place])
    return (
        f"At index {index} it has {_code_point(actual, place)} where the right string has "
        f"{_code_point(expected, place)}: {excerpt(actual, place)}, and not {excerpt(expected, place)} "
        f"({_units(actual)} UTF-16 units; the right string has {_units(expected)})."
    )


def _code_point(text: str, place: int) -> str:
    return f"U+{ord(text[place]):04X}" if place < len(text) else "its end"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
