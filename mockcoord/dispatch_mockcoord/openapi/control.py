"""The requests of the control face; their bodies are the structures that it reads."""

from typing import Any, Final

from dispatch_mockcoord.control.happenings import KINDS
from dispatch_mockcoord.control.readings import MAX_JOBS, MAX_WORKERS, STATUSES
from dispatch_mockcoord.openapi.pieces import Schema, answer, errors, in_path, operation, query, refer, whole

_LARGEST: Final = 2**53 - 1
_ALWAYS: Final = (401, 403)
_CHANGES: Final = (400, 401, 403, 413, 415)


def control_paths() -> dict[str, Any]:
    """The paths under `/_mock`."""
    return {**_things(), **_happenings(), **_faults(), **_deeds()}


def _reading(summary: str, form: str, *statuses: int, parameters: tuple[Schema, ...] = ()) -> Schema:
    described = operation(
        summary,
        answer(200, refer(form)),
        errors(*_ALWAYS, *statuses),
        parameters=parameters,
        control=True,
    )
    return {"get": described}


def _change(
    summary: str, body: str, form: str, *statuses: int, status: int = 200, parameters: tuple[Schema, ...] = ()
) -> Schema:
    return operation(
        summary,
        answer(status, refer(form)),
        errors(*_CHANGES, *statuses),
        parameters=parameters,
        body=refer(body),
        control=True,
    )


def _things() -> dict[str, Any]:
    text: Schema = {"type": "string", "maxLength": 200}
    chosen = (
        query("limit", whole(1, MAX_JOBS, 50), "How many at most."),
        query("before", whole(0, _LARGEST, 0), "The `next` of the page before; 0: the newest."),
        query("status", {"type": "string", "enum": sorted(STATUSES)}, "Those of this status."),
        query("text", text, "Those in which this text stands, in an id, a key, a payload or an output."),
    )
    paged = (
        query("limit", whole(1, MAX_WORKERS, 500), "How many at most."),
        query("after", whole(0, _LARGEST, 0), "The `next` of the page before."),
    )
    named = (in_path("job_id", {"type": "string"}, "The job's id."),)
    return {
        "/_mock/state": _reading("How things stand, at a glance.", "State"),
        "/_mock/jobs": _reading("The jobs, newest first.", "Jobs", 400, parameters=chosen),
        "/_mock/jobs/{job_id}": _reading(
            "A job with all that it holds, and each check of its receipt.", "JobWhole", 404, parameters=named
        ),
        "/_mock/workers": _reading("The registered workers.", "Workers", 400, parameters=paged),
        "/_mock/pairings": _reading("The pairing codes, newest first.", "Pairings"),
        "/_mock/violations": _reading("The clauses that were broken.", "Violations"),
    }


def _happenings() -> dict[str, Any]:
    since = query("since", {"type": "string", "maxLength": 200}, "The id to go on from; 0: the oldest kept.")
    kinds = query(
        "kinds",
        {
            "type": "array",
            "items": {"type": "string", "enum": sorted(KINDS)},
            "minItems": 1,
            "uniqueItems": True,
        },
        "Only events of these kinds.",
    ) | {"style": "form", "explode": False}
    stream = operation(
        "What happens, as it happens (server-sent events; no end).",
        answer(200, {"type": "string"}, "The stream.", "text/event-stream"),
        errors(400, *_ALWAYS, 503),
        parameters=[since, kinds],
        control=True,
    )
    download = operation(
        "The transcript as a recording: a header, and one event a line.",
        answer(200, {"type": "string"}, "Lines, each a RecordingLine.", "application/x-ndjson"),
        errors(*_ALWAYS, 503),
        control=True,
    )
    index = (in_path("index", whole(0, 10**15 - 1), "The number of the event, counted from 0."),)
    return {
        "/_mock/events": {"get": stream},
        "/_mock/transcript": {"get": download},
        "/_mock/transcript/{index}": _reading("One event, exactly.", "RecordingLine", 404, parameters=index),
    }


def _faults() -> dict[str, Any]:
    active = answer(200, refer("ActiveFaults"), "What is at work now.")
    name = (in_path("name", {"type": "string"}, "The fault's name in the catalogue."),)
    return {
        "/_mock/faults": {
            **_reading("The faults there are, and those at work.", "Faults", 409),
            "post": _change("Put a fault to work.", "WantedFault", "ActiveFault", 409, status=201),
            "delete": operation("End all faults.", active, errors(*_ALWAYS, 409), control=True),
        },
        "/_mock/faults/{name}": {
            "delete": operation(
                "End the faults of this name.",
                active,
                errors(*_ALWAYS, 404, 409),
                parameters=name,
                control=True,
            )
        },
    }


def _deeds() -> dict[str, Any]:
    connection = (in_path("connection", whole(1, 10**15 - 1), "The number of the worker's connection."),)
    return {
        "/_mock/workers/{connection}/frames": {
            "post": _change(
                "Send a worker this frame, or close its connection.",
                "WantedFrame",
                "Sent",
                404,
                409,
                parameters=connection,
            )
        },
        "/_mock/notices": {
            "post": _change("Tell of a payment, or of feedback.", "WantedNotice", "Told", 404)
        },
        "/_mock/clock": {"post": _change("Put the clock ahead.", "WantedTime", "Clock", 409)},
        "/_mock/reset": {"post": _change("Begin anew, at the same address.", "Nothing", "Reset", 409)},
    }
