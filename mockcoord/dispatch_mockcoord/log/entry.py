"""One line of the log, before it is laid out: what happened, to whom, in members that stay as they are.

As JSON a line is one object: `time` (ISO 8601, the coordinator's clock), `event`, and of the members below
those that say something. New events and members may come; those that are here keep their names and meanings.
"""

import re
from typing import Any, Final

import msgspec
from dispatch_protocol.times import iso_time

MAX_FRAME: Final = 600
"""How many characters of a frame or a body a line shows."""

_LONG: Final = 96
_HEAD: Final = 64
_LOOKED_AT: Final = 16_384
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_ODD: Final = re.compile(r"[^ -~]+")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event. `event` is one of:

    `listening`, `registered`, `left`, `pending`, `assigned`, `answered` (its receipt is still to come),
    `completed`, `receipt` (it came after the completion), `failed`, `rejected`, `pairing`, `refused` (a frame
    or a request), `closed`, `violation`, `fault`, `clock`, `reset`, `left_out`, `ended`; with -v also
    `opened`, `frame`, `request`.

    `worker` is a key as registered and `job` an id, both whole. `sender` is who sent a frame or a request,
    `by` who closed first. Texts from outside are escaped, and cut where they are long.
    """

    event: str
    connection: int | None = None
    worker: str = ""
    job: str = ""
    job_type: str = ""
    policy: str = ""
    privacy_class: str = ""
    user_id: str = ""
    milliseconds: int | None = None
    receipt: str = ""
    error: str = ""
    provider_type: str = ""
    capabilities: tuple[str, ...] = ()
    reason: str = ""
    code: str | int | None = None
    by: str = ""
    sender: str = ""
    frame: str = ""
    method: str = ""
    path: str = ""
    status: int | None = None
    request: str = ""
    response: str = ""
    clause: str = ""
    level: str = ""
    message: str = ""
    expected: str = ""
    got: str = ""
    place: str = ""
    evidence: str = ""
    sentence: str = ""
    mend: str = ""
    fault: str = ""
    detail: str = ""
    legal: bool = False
    seconds: float | None = None
    count: int | None = None
    url: str = ""
    ws_url: str = ""
    network: str = ""
    fault_seed: int | None = None
    control_token: str = ""
    figures: dict[str, Any] = {}


def json_line(entry: Entry, wall_ms: int) -> str:
    """The entry as one line of JSON. `wall_ms` is when it happened, in milliseconds since 1970."""
    return f'{{"time":"{iso_time(wall_ms)}",{msgspec.json.encode(entry).decode()[1:]}'


def inert(text: str, limit: int = MAX_FRAME) -> str:
    """Text from outside for one line: printable ASCII as it stands, all else escaped; at most so long."""
    cut = text[:limit]
    if not (cut.isascii() and cut.isprintable()):
        cut = _ODD.sub(lambda odd: odd[0].encode("unicode_escape", "surrogatepass").decode("ascii"), cut)
    return cut if len(text) <= limit else f"{cut}... ({len(text):,} characters)"


def pretty(frame: str | None) -> str:
    """A frame or a body for one line: long strings in it are cut, so that all its members are to be seen."""
    if not frame:
        return ""
    looked_at = frame[:_LOOKED_AT]
    short = _STRING.sub(_shortened, looked_at) if len(frame) > _LONG else frame
    text = inert(short)
    if len(frame) > _LOOKED_AT and len(short) <= MAX_FRAME:
        text += "..."
    return text if len(frame) <= _LOOKED_AT else f"{text} ({len(frame):,} characters in all)"


def _shortened(string: re.Match[str]) -> str:
    text = string[0]
    return text if len(text) <= _LONG else f'{text[:_HEAD]}...({len(text):,})"'
