"""Transcript events, breaches and faults as entries."""

from typing import Final

import msgspec
from dispatch_protocol.errors import shown
from dispatch_protocol.recording import Closed, Fault, Frame, Http, Leap, Opened, TranscriptEvent
from dispatch_protocol.vocabulary import Role

from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.faults import Injected
from dispatch_mockcoord.log.entry import Entry, inert, pretty
from dispatch_mockcoord.roster import Roster

_REFUSAL: Final = 400
_ARROWS: Final = str.maketrans({"←": "<-", "→": "->"})
"""Not every terminal can show them."""

_LONGEST_ERROR: Final = 4_096


class _Refusal(msgspec.Struct):
    """The body of an answer of 400 or more."""

    error: str = ""


def event_entry(event: TranscriptEvent, roster: Roster, *, verbose: bool) -> Entry | None:  # noqa: PLR0911
    """The entry of a transcript event; None where it is shown to those alone who want to see everything."""
    match event:
        case Frame():
            return _frame_entry(event, roster) if verbose else None
        case Http():
            return _exchange_entry(event) if verbose or event.status >= _REFUSAL else None
        case Fault():
            return Entry(
                event="fault",
                connection=event.connection,
                worker=roster.key(event.connection),
                fault=shown(event.name),
                detail=shown(event.detail),
                legal=event.legal,
            )
        case Leap():
            return Entry(event="clock", seconds=event.seconds)
        case Opened() if verbose:
            return Entry(event="opened", connection=event.connection, path=shown(event.path))
        case Closed() if verbose:
            return Entry(
                event="closed",
                connection=event.connection,
                worker=roster.key(event.connection),
                code=event.code,
                by=event.by.value if event.by is not None else "",
                reason=shown(event.reason),
            )
    return None


def strike_entry(strike: Injected, roster: Roster) -> Entry:
    """The entry of a fault that struck."""
    return Entry(
        event="fault",
        connection=strike.connection,
        worker=roster.key(strike.connection),
        fault=strike.name,
        detail=shown(strike.detail),
    )


def breach_entry(breach: Breach, *, is_first: bool) -> Entry:
    """The entry of a broken clause; the sentence, and how to mend it, go with the first of each."""
    return Entry(
        event="violation",
        connection=breach.connection,
        worker=breach.worker,
        clause=breach.clause,
        level=breach.level.value,
        message=breach.message,
        expected=breach.expected,
        got=breach.got,
        place=breach.place,
        evidence=breach.event.translate(_ARROWS),
        sentence=breach.sentence if is_first else "",
        mend=breach.mend if is_first else "",
    )


def _frame_entry(event: Frame, roster: Roster) -> Entry:
    payload = event.payload
    text = payload if isinstance(payload, str) else repr(bytes(payload[:256]))
    frame = pretty(text) if isinstance(payload, str) else f"{len(payload):,} bytes {inert(text)}"
    return Entry(
        event="frame",
        connection=event.connection,
        worker=roster.key(event.connection),
        sender="coordinator" if event.sender is Role.COORDINATOR else "worker",
        frame=frame,
    )


def _exchange_entry(event: Http) -> Entry:
    return Entry(
        event="request" if event.status < _REFUSAL else "refused",
        sender=event.sender,
        method=inert(event.method, 16),
        path=inert(event.path, 200),
        status=event.status,
        reason=_error(event.response) if event.status >= _REFUSAL else "",
        request=pretty(event.request),
        response=pretty(event.response),
    )


def _error(response: str | None) -> str:
    """The error that an answer names; empty where it names none."""
    if response is None or len(response) > _LONGEST_ERROR:
        return ""
    try:
        return inert(msgspec.json.decode(response, type=_Refusal).error, 200)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
