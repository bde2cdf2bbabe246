"""What describes a fault: its kind, the options it takes, and the moments at which it may strike."""

from difflib import get_close_matches
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec
from dispatch_protocol.errors import UsageError, shown

Value: TypeAlias = float | int | str
"""What an option may be set to."""

_SHOWN: Final = 64


class Stage(StrEnum):
    """What is about to happen when a fault may strike."""

    REGISTER = "register"
    """A well-formed `register` came in and has not been handed to the coordinator."""
    FRAME = "frame"
    """The coordinator sends a frame to a worker."""
    REQUEST = "request"
    """An HTTP request came in and has not been handed on."""
    MODE = "mode"
    """Nothing in particular: the fault is a state that lasts from its addition to its removal."""


class Option(msgspec.Struct, frozen=True):
    """One option of a fault: its default, whose type is the option's, its bounds, and what it means.

    `low` and `high` bound a number, both included. `choices`, where there are any, are all that is allowed.
    """

    name: str
    default: Value
    meaning: str
    low: float = 0
    high: float = 0
    choices: tuple[Value, ...] = ()

    def read(self, value: object) -> Value:
        """The value as this option takes it, from its own type or from text. Raises UsageError."""
        if isinstance(self.default, str):
            if isinstance(value, str) and (not self.choices or value in self.choices):
                return value
        else:
            is_whole = isinstance(self.default, int)
            number = _number(value, whole=is_whole)
            if number is not None and self._allows(number):
                return number if is_whole else float(number)
        raise UsageError(f"{self.name} cannot be {shown(value, _SHOWN)}: {self.allowed}")

    @property
    def allowed(self) -> str:
        """What this option may be, in words."""
        if self.choices:
            return "one of " + ", ".join(map(str, self.choices))
        if isinstance(self.default, str):
            return "any text"
        noun = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{noun} from {self.low:g} to {self.high:.15g}"

    def _allows(self, number: float) -> bool:
        return number in self.choices if self.choices else self.low <= number <= self.high


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One fault of the catalogue.

    `does` is one sentence on what happens, `peer` one on what a good peer does about it, by `clauses`.
    `message` is the type of message that it strikes unless another is named (`*`: any); with `only_that` no
    other can be.
    """

    name: str
    stage: Stage
    does: str
    peer: str
    clauses: tuple[str, ...]
    options: tuple[Option, ...] = ()
    message: str = ""
    only_that: bool = False

    def option(self, name: str) -> Option:
        """The option of this name. Raises UsageError, with the nearest name, where there is none."""
        for option in self.options:
            if option.name == name:
                return option
        raise UsageError(missing(f"option of {self.name}", name, [item.name for item in self.options]))


def missing(what: str, name: str, known: list[str]) -> str:
    """That nothing of this name is known, with the nearest names that are."""
    near = get_close_matches(name[:_SHOWN], known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none'}"
    return f"no {what} is called {shown(name, _SHOWN)}; {hint}"


def _number(value: object, *, whole: bool) -> float | int | None:
    """The number that this value is, or spells in ASCII; None where it is or spells none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        if not value.isascii() or len(value) > _SHOWN or "_" in value:
            return None
        try:
            value = int(value) if whole else float(value)
        except ValueError:
            return None
    if isinstance(value, float) and whole:
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int | float) else None
