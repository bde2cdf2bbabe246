"""Faults as text: `name[:option=value[,option=value…]]` at a command line, or a TOML file.

A value with a comma or a quotation mark in it is written as a JSON string. In TOML:

```toml
seed = 7
variety = true

[[fault]]
name = "delay"
message = "heartbeat_ack"
seconds = 2
```
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from dispatch_protocol.canonical import parse, stringify
from dispatch_protocol.errors import JsonSyntaxError, UsageError, shown

from dispatch_mockcoord.faults.catalogue import fault_of, given_to
from dispatch_mockcoord.faults.kinds import Value, missing
from dispatch_mockcoord.faults.plan import Fault

MAX_SEED: Final = 2**53
"""Seeds are whole numbers from 0 to this: such as every JSON and TOML reader keeps exactly."""

MAX_FILE_BYTES: Final = 1_048_576
"""The longest file of faults."""

_PART: Final = re.compile(r'\s*+(\w++)\s*+=\s*+("(?:[^"\\]|\\.)*+"\s*+|[^,"]*+)(,|\Z)')
_STRANGE: Final = r',"\x00-\x1f\x7f\ud800-\udfff'
_PLAIN: Final = re.compile(rf"[^\s{_STRANGE}](?:[^{_STRANGE}]*[^\s{_STRANGE}])?\Z")
_TOP: Final = ("seed", "variety", "fault")


class FaultsFile(msgspec.Struct, frozen=True):
    """What a TOML file of faults holds. `seed` is None where it names none."""

    faults: tuple[Fault, ...] = ()
    seed: int | None = None
    variety: bool = False


def read_fault(text: str) -> Fault:
    """The fault in a text such as `close:code=1012,rate=0.1`. Raises UsageError, which shows the text."""
    name, colon, rest = text.partition(":")
    try:
        return fault_of(name.strip(), _options(rest) if colon else {})
    except UsageError as error:
        raise UsageError(f"fault {shown(text)}: {error}") from None


def spelled(fault: Fault) -> str:
    """The text of a fault, options in the order of their names; `read_fault` reads it again."""
    given = sorted(given_to(fault).items())
    return fault.name + ":" * bool(given) + ",".join(f"{name}={_written(value)}" for name, value in given)


def read_file(path: str) -> FaultsFile:
    """The faults in a TOML file. Raises UsageError, which names the file and the line or entry."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{shown(path)}: {reason}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{shown(path)}: longer than {MAX_FILE_BYTES} bytes")
    try:
        return read_toml(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError(f"{shown(path)}: not UTF-8") from None
    except UsageError as error:
        raise UsageError(f"{shown(path)}: {error}") from None


def read_toml(text: str) -> FaultsFile:
    """The faults in TOML. Raises UsageError, which names the line or the entry, counted from 1."""
    try:
        top = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(shown(str(error))) from None
    for name in top:
        if name not in _TOP:
            raise UsageError(missing("part of a faults file", name, list(_TOP)))
    entries, variety = top.get("fault", []), top.get("variety", False)
    if not isinstance(variety, bool):
        raise UsageError("variety is true or false")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError("faults are written as [[fault]]")
    faults = tuple(_entry(number, entry) for number, entry in enumerate(entries, 1))
    return FaultsFile(faults, read_seed(top["seed"]) if "seed" in top else None, variety)


def read_seed(value: object) -> int:
    """A seed, from a number or from text. Raises UsageError."""
    seed = value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        seed = int(value)
    if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= MAX_SEED:
        return seed
    raise UsageError(f"seed cannot be {shown(value, 64)}: a whole number from 0 to {MAX_SEED}")


def _entry(number: int, entry: Mapping[str, object]) -> Fault:
    name = entry.get("name")
    if not isinstance(name, str):
        raise UsageError(f"fault {number}: it has no name")
    try:
        return fault_of(name, {key: value for key, value in entry.items() if key != "name"})
    except UsageError as error:
        raise UsageError(f"fault {number}: {error}") from None


def _options(text: str) -> dict[str, object]:
    """The options in this text, each still as text."""
    given: dict[str, object] = {}
    at, more = 0, True
    while more:
        part = _PART.match(text, at)
        if part is None:
            raise UsageError(f"expected option=value at {shown(text[at:], 64)!r}")
        name, value = part[1], part[2].rstrip()
        if name in given:
            raise UsageError(f"{name} is given twice")
        given[name] = _unquoted(value) if value.startswith('"') else value
        at, more = part.end(), part[3] == ","
    return given


def _unquoted(text: str) -> object:
    try:
        return parse(text)
    except JsonSyntaxError as error:
        raise UsageError(f"{shown(text, 64)} is no JSON string: {error}") from None


def _written(value: Value) -> str:
    text = value if isinstance(value, str) else stringify(value)
    return text if _PLAIN.match(text) else stringify(text)
