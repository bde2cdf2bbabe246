"""What a stream gets to read of each happening: its kind, and one bounded JSON object."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.recording import Closed, Fault, Frame, Http, Leap, Opened, TranscriptEvent

from dispatch_mockcoord.breach import Breach
from dispatch_mockcoord.control.views import View, breach_line, job_line, pairing_line, worker_line
from dispatch_mockcoord.core.effects import PairingChanged, WorkerJoined, WorkerLeft
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.switchboard import Switchboard

MAX_TEXT: Final = 4_000
"""How many characters of a frame or a body an event shows."""

MAX_HELD: Final = 2_048
"""How many characters of a name from outside are kept."""

KINDS: Final = frozenset(
    {"job", "worker", "pairing", "violation", "frame", "connection", "http", "fault", "clock"}
)
"""The kinds of events, beside `hello` and `missed`."""

_MAX_TYPES: Final = 128
_EMPTY: Final = Json.of({})


class Violation(NamedTuple):
    """A clause was broken, and the number of the event that shows it."""

    breach: Breach
    event_index: int


class Teller:
    """Tells of happenings; `event_at` gives the event of the transcript with this number, if it is kept."""

    def __init__(self, switchboard: Switchboard, event_at: Callable[[int], TranscriptEvent | None]) -> None:
        self._board = switchboard
        self._event_at = event_at

    def told(self, item: object) -> tuple[str, bytes] | None:
        """The kind and JSON of a happening: the number of an event, a job or its id, an effect, a violation.

        A job of which only the id is given is told as it stands now. None for what is not kept any more, or
        means nothing to a reader. Raises what the store raises where it fails.
        """
        seen = self._seen(item)
        return None if seen is None else (seen[0], json_bytes(seen[1]))

    def _seen(self, item: object) -> tuple[str, View] | None:
        match item:
            case int():
                event = self._event_at(item)
                return None if event is None else event_line(item, event)
            case str() | Job():
                job = self._board.store.job(item) if isinstance(item, str) else item
                return None if job is None else ("job", job_line(job))
            case WorkerJoined() | WorkerLeft():
                return "worker", self._worker(item)
            case PairingChanged(pairing):
                return "pairing", pairing_line(pairing, self._board.clock.moment().wall_ms)
            case Violation(breach, event_index):
                return "violation", breach_line(breach, event_index)
        return None

    def _worker(self, effect: WorkerJoined | WorkerLeft) -> View:
        why = effect.why if isinstance(effect, WorkerLeft) else None
        line = worker_line(effect.worker, self._board.clock.moment().now)
        return {"what": "joined" if why is None else "left", "why": why, **line}


def light(job: Job) -> Job:
    """The job without what it holds: only its line is still to be shown.

    Whole jobs, with their values, would live on for as long as the journal goes back: in memory that is cold
    by the time it is free again, which costs more than to leave them out.
    """
    value = job.payload.value
    named = value.get("task_type") if isinstance(value, dict) else None
    return msgspec.structs.replace(
        job,
        user_id=job.user_id[:MAX_HELD],
        payload=_payload(named[:MAX_HELD]) if isinstance(named, str) else _EMPTY,
        output=None,
        receipt=None if job.receipt is None else _EMPTY,
        signature=None,
    )


@lru_cache(maxsize=_MAX_TYPES)
def _payload(task_type: str) -> Json:
    """A payload that names this task type, and nothing else: one for all jobs of that type."""
    return Json("", {"task_type": task_type})


def event_line(index: int, event: TranscriptEvent) -> tuple[str, View]:
    """The kind and the members of a transcript event; long texts are cut."""
    head: View = {"index": index, "t": round(event.t, 6)}
    match event:
        case Frame():
            name, text = ("text", event.text) if event.text is not None else ("base64", event.base64 or "")
            return "frame", head | {
                "connection": event.connection,
                "from": event.sender.value,
                "opcode": event.opcode,
                name: text[:MAX_TEXT],
                "length": len(text),
                "cut": len(text) > MAX_TEXT,
                "fragments": event.fragments,
            }
        case Http():
            return "http", head | _exchange(event)
        case Opened():
            return "connection", head | {
                "what": "open",
                "connection": event.connection,
                "path": event.path[:MAX_TEXT],
            }
        case Closed():
            by = None if event.by is None else event.by.value
            closed: View = {"code": event.code, "by": by, "reason": event.reason[:MAX_TEXT]}
            return "connection", head | {"what": "close", "connection": event.connection} | closed
        case Fault():
            return "fault", head | {
                "name": event.name,
                "connection": event.connection,
                "exchange": event.exchange,
                "detail": event.detail[:MAX_TEXT],
                "legal": event.legal,
            }
        case Leap():
            return "clock", head | {"seconds": event.seconds}


def json_bytes(value: View) -> bytes:
    """The value as JSON in UTF-8, in one line."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, RecursionError):  # a lone surrogate, which has to be escaped
        return stringify(value).encode("utf-8")


def _exchange(event: Http) -> View:
    request = event.request if event.request is not None else event.request_base64
    response = event.response if event.response is not None else event.response_base64
    texts = [text or "" for text in (request, response)]
    return {
        "from": event.sender,
        "method": event.method,
        "path": event.path[:MAX_TEXT],
        "status": event.status,
        "request": None if request is None else request[:MAX_TEXT],
        "response": None if response is None else response[:MAX_TEXT],
        "length": sum(map(len, texts)),
        "cut": any(len(text) > MAX_TEXT for text in texts),
    }
