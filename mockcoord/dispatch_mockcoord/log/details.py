"""The words of an entry: who, and all that stands behind what happened."""

from typing import Final

from dispatch_protocol.clauses import Level

from dispatch_mockcoord.log.entry import Entry
from dispatch_mockcoord.log.look import ROOMY

SHORT_KEY: Final = 16
"""How many characters of a key are shown, as the deployed workers show it."""

_SHORTER_KEY: Final = 8
_WHO: Final = 16
_WHO_NARROW: Final = 11
_WHOLE_ID: Final = 36
_SHORT_ID: Final = 8
_DEMO: Final = "demo-"
_OF_JOBS: Final = frozenset({"pending", "assigned", "answered", "completed", "receipt", "failed", "rejected"})
_RED, _YELLOW, _GREEN, _MAGENTA, _DIM, _CYAN = "31", "33", "32", "35", "2", "36"
_COLOURS: Final = {
    "registered": _CYAN,
    "left": _CYAN,
    "completed": _GREEN,
    "failed": _RED,
    "rejected": _YELLOW,
    "refused": _YELLOW,
    "fault": f"1;{_MAGENTA}",
    "clock": _MAGENTA,
    "frame": _DIM,
    "request": _DIM,
    "opened": _DIM,
    "closed": _DIM,
    "left_out": _YELLOW,
}


def coloured(entry: Entry) -> str:
    """The colour of what happened, as ANSI terminals number it (ECMA-48 SGR); empty for none."""
    if entry.event == "violation":
        return f"1;{_RED}" if entry.level == Level.MUST else f"1;{_YELLOW}"
    if entry.receipt == "unverified":
        return _RED
    return _COLOURS.get(entry.event, "")


def who(entry: Entry, narrow: bool) -> str:
    """Whose doing it is, in a column of one width: a key, a connection, the client, the coordinator."""
    width = _WHO_NARROW if narrow else _WHO
    if entry.event in ("pending", "pairing") or entry.sender == "client":
        name = "client"
    elif entry.worker:
        name = entry.worker[: _SHORTER_KEY if narrow else SHORT_KEY]
    elif entry.connection is not None:
        name = f"{'conn' if narrow else 'connection'} {entry.connection}"
    else:
        name = "worker" if entry.sender == "worker" else "coordinator"
    return f"{name:{width}}"


def rest_of(entry: Entry, width: int | None) -> str:
    """What stands behind the columns: for jobs the id first, so that ids stand below each other."""
    if entry.event in _OF_JOBS:
        return _job(entry, whole=width is None or width >= ROOMY)
    if entry.event == "violation":
        return f"{entry.clause} {entry.level}: {entry.message}"
    if entry.event == "refused":
        return _refusal(entry)
    if entry.event == "request":
        return f"{entry.method} {entry.path} {entry.request} -> {entry.status} {entry.response}"
    if entry.event == "closed":
        code = "without a code" if entry.code is None else f"with {entry.code}"
        by = f" by the {entry.by}" if entry.by else ""
        return f"connection {entry.connection}{by} {code} {entry.reason}".rstrip()
    return _other(entry)


def _job(entry: Entry, *, whole: bool) -> str:
    kind = f"{entry.job_type} {entry.policy}".strip()
    if entry.privacy_class == "PRIVATE":
        kind += " PRIVATE"
    parts = [_id(entry.job, whole), kind]
    if entry.event == "pending":
        parts.append(f"for {entry.user_id}")
    if entry.receipt:
        parts.append({"none": "no receipt", "unverified": "NOT verified"}.get(entry.receipt, "verified"))
    if entry.milliseconds is not None and entry.event == "completed":
        parts.append(f"{entry.milliseconds} ms")
    parts += [entry.error, entry.reason]
    return "  ".join(part for part in parts if part)


def _id(job: str, whole: bool) -> str:
    if whole:
        return f"{job:{_WHOLE_ID}}"
    kept = len(_DEMO) + _SHORT_ID if job.startswith(_DEMO) else _SHORT_ID
    return job[:kept]


def _refusal(entry: Entry) -> str:
    if entry.method:
        return f"{entry.status} {entry.reason or entry.response}  {entry.method} {entry.path}"
    return f"{entry.code} {entry.reason}" + (f" ({entry.clause})" if entry.clause else "")


def _other(entry: Entry) -> str:  # noqa: PLR0911
    match entry.event:
        case "registered":
            return f"{entry.provider_type} {','.join(entry.capabilities)} on connection {entry.connection}"
        case "left":
            return f"{entry.reason} (connection {entry.connection})"
        case "pairing":
            verb = f"claimed by {entry.worker[:SHORT_KEY]}" if entry.worker else "code made"
            return f"{verb} for user {entry.user_id}"
        case "opened":
            return f"at {entry.path}"
        case "frame":
            return f"{'sends' if entry.sender == 'worker' else 'gets '} {entry.frame}"
        case "fault":
            return entry.detail if entry.detail.startswith(entry.fault) else f"{entry.fault} {entry.detail}"
        case "reset":
            return "everything begins anew, at the same address"
        case "clock":
            return f"put ahead by {entry.seconds:g} s"
        case "left_out":
            return f"{entry.count:,} lines are left out here: nobody took them in time"
    return entry.detail
