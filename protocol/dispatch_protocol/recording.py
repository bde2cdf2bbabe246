"""Recordings: what passed between workers, clients and a coordinator. Source: SPEC.md, "Recordings".

A recording is JSON Lines in UTF-8. The first line is the header, every other line one event; times are
seconds since the recording began. Whatever happened is kept exactly: frames as their text (or base64, where
they are no text), HTTP exchanges with their bodies, close codes, and the faults injected on purpose,
so that nobody takes those for the peer's. The same events feed the passive rules, live or in replay.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from dispatch_protocol.canonical import parse, stringify
from dispatch_protocol.errors import JsonSyntaxError, UsageError, shown
from dispatch_protocol.messages import Finite
from dispatch_protocol.vocabulary import Role

FORMAT: Final = "dispatch-recording"
VERSION: Final = 1

_LINE_ENDS: Final = {end: f"\\u{end:04x}" for end in (0x85, 0x2028, 0x2029)}

Opcode: TypeAlias = Literal["text", "binary", "ping", "pong"]

Duration: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
"""Seconds that are left out."""


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line: the format and its version, who was recorded with whom and when, the origin."""

    format: Literal["dispatch-recording"]
    version: Literal[1]
    subject: str
    peer: str
    recorded: str
    origin: str | None = None
    seed: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """What every event has: `t`, seconds since the recording began."""

    t: Finite


class Opened(Event, frozen=True, kw_only=True, omit_defaults=True, tag="open"):
    """A WebSocket connection was accepted; `connection` numbers it from 1 within the recording."""

    connection: int
    path: str = "/"


class Frame(Event, frozen=True, kw_only=True, omit_defaults=True, tag="frame"):
    """One message of a WebSocket, put together again if it came in `fragments`.

    `text` holds a text frame; `base64` the bytes of any other, and of a text frame that was no UTF-8.
    """

    connection: int
    sender: Role = msgspec.field(name="from")
    opcode: Opcode = "text"
    text: str | None = None
    base64: str | None = None
    fragments: int = 1

    @property
    def payload(self) -> str | bytes:
        """The frame as a decoder takes it: `str` for text, `bytes` for everything else."""
        if self.text is not None:
            return self.text
        return b64decode(self.base64 or "")


class Closed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="close"):
    """A connection ended; `by` closed it first.

    `code` is 1006 where there was no close frame, 1005 where it held no code (RFC 6455 §7.4.1).
    """

    connection: int
    code: int
    by: Role | None = None
    reason: str = ""


class Http(Event, frozen=True, kw_only=True, omit_defaults=True, tag="http"):
    """One HTTP exchange with the coordinator; bodies as text, or in base64 where they are no UTF-8.

    `status` 0: no answer came. `exchange` numbers one that a fault struck; it is absent from all others.
    """

    sender: Literal["worker", "client"] = msgspec.field(name="from")
    method: str
    path: str
    status: int
    request: str | None = None
    request_base64: str | None = None
    request_type: str | None = None
    response: str | None = None
    response_base64: str | None = None
    content_type: str | None = None
    exchange: int | None = None


class Fault(Event, frozen=True, kw_only=True, omit_defaults=True, tag="fault"):
    """A fault injected on purpose, by its name, on a `connection` or in an HTTP `exchange`, by its number.

    Where it names neither, it struck the HTTP exchange that follows.
    One that is `legal` is within the specification: it explains what happens, and excuses nothing.
    """

    name: str
    connection: int | None = None
    exchange: int | None = None
    detail: str = ""
    legal: bool = False


class Leap(Event, frozen=True, kw_only=True, omit_defaults=True, tag="leap"):
    """The coordinator's clock was put ahead by so many `seconds`, and `t` with it; no other clock was."""

    seconds: Duration


TranscriptEvent: TypeAlias = Opened | Frame | Closed | Http | Fault | Leap


class Recording(msgspec.Struct, frozen=True):
    """A header and its events, in the order in which they happened."""

    header: Header
    events: tuple[TranscriptEvent, ...]


def frame_event(
    t: float,
    connection: int,
    sender: Role,
    payload: str | bytes,
    *,
    opcode: Opcode = "text",
    fragments: int = 1,
) -> Frame:
    """The event of a frame, its payload kept exactly whatever it holds."""
    if isinstance(payload, str):
        return Frame(t=t, connection=connection, sender=sender, text=payload, fragments=fragments)
    encoded = b64encode(payload).decode("ascii")
    return Frame(
        t=t, connection=connection, sender=sender, opcode=opcode, base64=encoded, fragments=fragments
    )


def characters(event: TranscriptEvent) -> int:
    """How many characters its long texts have: those of a frame, or of the bodies of an exchange."""
    if isinstance(event, Frame):
        return len(event.text or event.base64 or "")
    if isinstance(event, Http):
        bodies = (event.request, event.request_base64, event.response, event.response_base64)
        return sum([len(body) for body in bodies if body])
    return 0


def header(
    subject: str, peer: str, recorded: str, origin: str | None = None, seed: int | None = None
) -> Header:
    """A header of this version."""
    return Header(
        format="dispatch-recording",
        version=1,
        subject=subject,
        peer=peer,
        recorded=recorded,
        origin=origin,
        seed=seed,
    )


def write_line(item: Header | TranscriptEvent) -> str:
    """One line of a recording, without its line feed: no reader finds an end of a line within it."""
    return stringify(msgspec.to_builtins(item)).translate(_LINE_ENDS)


def write_lines(recording: Recording) -> Iterator[str]:
    """All lines of a recording, header first."""
    yield write_line(recording.header)
    yield from map(write_line, recording.events)


def read_lines(lines: Iterable[str]) -> Recording:
    """The recording in these lines; blank lines are skipped. Raises UsageError, naming line and place."""
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise UsageError("the recording is empty: its first line must be the header")
    top: Header = _read_line(*first, Header)
    return Recording(top, tuple(_read_event(number, line) for number, line in numbered))


def _read_event(number: int, line: str) -> TranscriptEvent:
    event: TranscriptEvent = _read_line(number, line, TranscriptEvent)
    if isinstance(event, Frame):
        if (event.text is None) == (event.base64 is None):
            raise UsageError(f"line {number} of the recording: a frame has either `text` or `base64`")
        _expect_base64(number, event.base64)
    elif isinstance(event, Http):
        _expect_base64(number, event.request_base64)
        _expect_base64(number, event.response_base64)
    return event


def _read_line(number: int, line: str, kind: Any) -> Any:
    try:
        return msgspec.convert(parse(line), kind)
    except JsonSyntaxError as error:
        raise UsageError(f"line {number} of the recording is no JSON: {error}") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"line {number} of the recording: {shown(str(error))}") from None
    except UnicodeEncodeError:
        raise UsageError(f"line {number} of the recording: a lone surrogate where a name stands") from None


def _expect_base64(number: int, text: str | None) -> None:
    try:
        b64decode(text or "", validate=True)
    except ValueError:
        raise UsageError(f"line {number} of the recording: a `base64` that is none") from None
