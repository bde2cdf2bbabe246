"""The evidence: events of a transcript, folded up, each with its place in the file that holds it whole."""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from dispatch_protocol.recording import Closed, Fault, Frame, Http, Opened

from dispatch_conformance.report.html.elements import element
from dispatch_conformance.report.html.values import clipped, frame_text
from dispatch_conformance.report.model import Report
from dispatch_conformance.transcript import Mark

MAX_FRAMES: Final = 6
"""How many events of evidence one check shows."""

_WORDS: Final = 200
"""How much is shown of a text that stands in an event's line."""

_TYPE: Final = re.compile(r'"type"\s*:\s*"([a-z_]{1,40})"')


def evidence(report: Report, marks: Sequence[Mark], limit: int) -> Iterator[Element]:
    """The events at these marks, and how many more there are."""
    for mark in marks[:MAX_FRAMES]:
        yield _event(report.transcript_event(mark), mark, limit)
    if len(marks) > MAX_FRAMES:
        transcript = marks[0].transcript
        more = f"and {len(marks) - MAX_FRAMES} more events: transcripts/{transcript}.jsonl"
        yield element("p", more, class_="note")


def _event(event: object, mark: Mark, limit: int) -> Element:
    """One event; the line of the file counts the header as well."""
    place = f"{mark.transcript}, event {mark.event}"
    file = f"transcripts/{mark.transcript}.jsonl, line {mark.event + 2}"
    match event:
        case Frame():
            body = event.text if event.text is not None else event.base64 or ""
            what = _what(event, body)
            return _folded(event.sender, what, event.t, place, frame_text(body, limit, file))
        case Http():
            what = f"{event.method} {clipped(event.path, _WORDS)}, answered {event.status}"
            return _folded(event.sender, what, event.t, place, *_bodies(event, limit, file))
        case Closed():
            by = event.by or "nobody"
            reason = f", {clipped(event.reason, _WORDS)}" if event.reason else ""
            return _line(event.t, place, f"closed with {event.code} by {by}{reason}")
        case Fault():
            return _line(event.t, place, f"the suite: {event.name} {clipped(event.detail, _WORDS)}")
        case Opened():
            return _line(
                event.t, place, f"connection {event.connection} opened at {clipped(event.path, _WORDS)}"
            )
        case _:
            return element("p", f"{place}: the transcript was full before it", class_="event")


def _what(event: Frame, body: str) -> str:
    """What kind of frame it is, and how long."""
    kind = _TYPE.search(body[:4_000]) if event.text is not None else None
    name = kind.group(1) if kind else "text" if event.text is not None else f"{event.opcode} in base64"
    parts = f", {event.fragments} fragments" if event.fragments > 1 else ""
    return f"{name}, {len(body)} characters{parts}"


def _bodies(event: Http, limit: int, file: str) -> Iterator[Element]:
    """Both bodies of an exchange."""
    sides = (
        ("sent", event.request if event.request is not None else event.request_base64, event.request_type),
        (
            "answer",
            event.response if event.response is not None else event.response_base64,
            event.content_type,
        ),
    )
    for name, body, kind in sides:
        if body:
            said = f"{name}, {clipped(kind, _WORDS)}" if kind else name
            yield element("p", said, class_="note")
            yield frame_text(body, limit, file)


def _folded(sender: str, what: str, t: float, place: str, *body: Element) -> Element:
    """An event whose content unfolds."""
    head = element(
        "summary",
        element("span", sender, class_=f"sender {sender}"),
        " ",
        element("span", what, class_="what"),
        " ",
        _place(t, place),
    )
    return element("details", head, *body, class_="frame")


def _line(t: float, place: str, text: str) -> Element:
    """An event that says all in a line."""
    return element("p", element("span", text, class_="what"), " ", _place(t, place), class_="event")


def _place(t: float, place: str) -> Element:
    return element("span", f"{t:.3f} s, {place}", class_="place")
