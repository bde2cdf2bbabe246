"""One job as a transcript shows it, put together from the events that a verdict rests on.

A check marks the frames it judged; which assignment they answer, which receipt belongs to them, and under
which key the worker had registered is found here, so that no check need say it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.errors import JsonSyntaxError
from dispatch_protocol.parsing import Member, parse_members
from dispatch_protocol.recording import Frame, TranscriptEvent
from dispatch_protocol.vocabulary import Role

MAX_DISTANCE: Final = 5_000
"""How many events before or after a frame are searched for what belongs to it."""

Members = Mapping[str, Member]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What is known of one answered job; empty where the transcript does not show it.

    `task_type` and `text` are those of a TASK's payload. `receipt` and `signature` may have come apart from
    the answer. `before` is the output of the job that the same connection completed before this one.
    """

    task_type: str = ""
    text: str | None = None
    output: Json | None = None
    output_hash: str | None = None
    receipt: Json | None = None
    signature: str | None = None
    pubkey: str = ""
    before: Json | None = None

    @property
    def receipt_hash(self) -> str | None:
        """The hash that the receipt names."""
        value = self.receipt.value if self.receipt is not None else None
        named = value.get("output_hash") if isinstance(value, dict) else None
        return named if isinstance(named, str) else None


def traced(events: Sequence[TranscriptEvent], marked: Iterable[int]) -> Trace | None:
    """The job of the last marked frame that answers one; None if none does."""
    for index in sorted(marked, reverse=True):
        if not 0 <= index < len(events):
            continue
        members = _members(events[index], Role.WORKER)
        job_id = _job_of(members)
        if job_id is not None:
            return _around(events, index, job_id)
    return None


def registered_keys(events: Sequence[TranscriptEvent]) -> Iterator[str]:
    """The keys that workers registered in a transcript."""
    for index, event in enumerate(events[:MAX_DISTANCE]):
        if isinstance(event, Frame) and '"register"' in (event.text or ""):
            key = _text(_members(events[index], Role.WORKER), "provider_pubkey")
            if key:
                yield key


def right_outputs(events: Sequence[TranscriptEvent]) -> Iterator[Json]:
    """The outputs of a transcript whose hash, in the same frame, is right."""
    for event in events[:MAX_DISTANCE]:
        if isinstance(event, Frame) and '"job_complete"' in (event.text or ""):
            members = _members(event, Role.WORKER)
            output = _json(members, "output")
            if output is not None and _text(members, "output_hash") == output.hash:
                yield output


def _around(events: Sequence[TranscriptEvent], index: int, job_id: str) -> Trace:
    """The trace of a job from the events around one of its frames."""
    near = events[max(0, index - MAX_DISTANCE) : index + MAX_DISTANCE]
    ours = [event for event in near if isinstance(event, Frame) and job_id in (event.text or "")]
    answered = [_members(event, Role.WORKER) for event in ours]
    complete = next((entry for entry in answered if _is(entry, "job_complete", job_id)), {})
    submitted = next((entry for entry in answered if _is(entry, "receipt_submit", job_id)), {})
    assigned = (_members(event, Role.COORDINATOR) for event in ours)
    payload = next((_payload(entry) for entry in assigned if _is(entry, "job_assign", job_id)), {})
    receipt = _json(complete, "receipt") or _json(submitted, "receipt")
    signature = _text(complete, "receipt_signature") or _text(submitted, "signature")
    connection = getattr(events[index], "connection", 0)
    earlier = [event for event in events[:index] if getattr(event, "connection", 0) == connection]
    return Trace(
        task_type=_string(payload.get("task_type")) or "",
        text=_string(payload.get("input")),
        output=_json(complete, "output"),
        output_hash=_text(complete, "output_hash"),
        receipt=receipt,
        signature=signature,
        pubkey=next(registered_keys(earlier), ""),
        before=_output_before(earlier, job_id),
    )


def _output_before(earlier: Sequence[TranscriptEvent], job_id: str) -> Json | None:
    for event in reversed(earlier[-MAX_DISTANCE:]):
        if isinstance(event, Frame) and '"job_complete"' in (event.text or ""):
            members = _members(event, Role.WORKER)
            if _text(members, "job_id") != job_id:
                return _json(members, "output")
    return None


def _members(event: TranscriptEvent, sender: Role) -> Members:
    """The members of a text frame's object; none where it is anything else."""
    if not isinstance(event, Frame) or event.sender is not sender or event.text is None:
        return {}
    try:
        return parse_members(event.text) or {}
    except JsonSyntaxError:
        return {}


def _job_of(members: Members) -> str | None:
    """The job that a worker's frame is about, in its own members or in its receipt's."""
    receipt = members["receipt"].value if "receipt" in members else None
    within = receipt.get("job_id") if isinstance(receipt, dict) else None
    return _text(members, "job_id") or _string(within)


def _is(members: Members, kind: str, job_id: str) -> bool:
    return _text(members, "type") == kind and _job_of(members) == job_id


def _payload(members: Members) -> Mapping[str, JsonValue]:
    value = members["payload"].value if "payload" in members else None
    return value if isinstance(value, dict) else {}


def _json(members: Members, name: str) -> Json | None:
    member = members.get(name)
    return Json(member.text, member.value) if member is not None and member.value is not None else None


def _text(members: Members, name: str) -> str | None:
    member = members.get(name)
    return _string(member.value) if member is not None else None


def _string(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
