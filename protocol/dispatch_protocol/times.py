"""Times on the wire: ISO 8601 as ECMAScript prints it, and what else a receipt may bring.

Source: SPEC.md, "Receipts"; Date.prototype.toISOString (ECMA-262 §21.4.4.36). Times are milliseconds since
1970-01-01T00:00Z; the clock itself is never read here.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_ISO_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)


class ReadTime(NamedTuple):
    """A time read from any ISO 8601 text: milliseconds since 1970, and whether the text itself says UTC."""

    milliseconds: int
    is_utc: bool


def iso_time(milliseconds: int) -> str:
    """A time as toISOString prints it: `2026-02-09T12:01:06.237Z`."""
    moment = _NAIVE_EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds") + "Z"


def is_iso_time(text: str) -> bool:
    """Whether a text is one that toISOString prints, for the years 1 to 9999."""
    if _ISO_TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_time(text: str) -> ReadTime | None:
    """The time that an ISO 8601 text names, letters in either case; None where it names no date and time."""
    if len(text) > 64 or len(text) < 11 or not text.isascii():
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    offset = moment.utcoffset()
    if offset is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        elapsed = moment - _EPOCH
    except OverflowError:
        return None
    return ReadTime(elapsed // timedelta(milliseconds=1), offset == timedelta(0))
