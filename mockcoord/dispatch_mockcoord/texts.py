"""Effects and events as one line of text each; what comes from outside is escaped and bounded."""

from typing import Final

from dispatch_protocol.errors import shown
from dispatch_protocol.recording import Closed, Fault, Frame, Http, Leap, Opened, TranscriptEvent
from dispatch_protocol.vocabulary import JobStatus, Role

from dispatch_mockcoord.core.effects import (
    Close,
    Effect,
    JobChanged,
    JobRejected,
    PairingChanged,
    Refused,
    Send,
    WorkerJoined,
    WorkerLeft,
)
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.worker import Worker

_SHORT_KEY: Final = 16
_FRAME_CHARACTERS: Final = 400


def effect_text(effect: Effect) -> str | None:  # noqa: PLR0911
    """What an effect of the core means, in one line; None where it means nothing to a reader."""
    match effect:
        case WorkerJoined(worker):
            what = f"{worker.provider_type.value} {','.join(sorted(worker.capabilities))}"
            return f"worker {_name(worker)} registered on connection {worker.connection}: {what}"
        case WorkerLeft(worker, why):
            return f"worker {_name(worker)} left: {shown(why)}"
        case JobChanged(job):
            return _job_text(job)
        case JobRejected(job, worker, reason):
            return f"job {shown(job.id, 64)} rejected by worker {_name(worker)}: {shown(reason)}"
        case Refused(connection, code, detail, clause):
            return f"connection {connection} {code.value}: {detail}" + (f" ({clause})" if clause else "")
        case PairingChanged(pairing):
            verb = "made for" if pairing.pubkey is None else f"claimed by {pairing.pubkey[:_SHORT_KEY]} for"
            return f"pairing code {verb} user {shown(pairing.user_id, 64)}"
        case Close(connection, code, reason):
            with_code = "without a code" if code is None else f"with {code}"
            return f"connection {connection} closed {with_code} {shown(reason)}".rstrip()
        case Send():
            return None


def _job_text(job: Job) -> str:
    kind = f"{job.job_type.value} {job.policy.value}"
    if job.privacy_class.value != "PUBLIC":
        kind += f" {job.privacy_class.value}"
    text = f"job {job.id} {job.status.value} {kind}"
    if job.status is JobStatus.ASSIGNED and job.pubkey is not None:
        return f"{text} to worker {job.pubkey[:_SHORT_KEY]}"
    if job.status is JobStatus.COMPLETED:
        receipt = "no receipt" if job.receipt is None else "verified" if job.verified else "NOT verified"
        return f"{text}: {receipt}"
    return f"{text}: {job.error.value}" if job.error is not None else text


def event_text(event: TranscriptEvent) -> str:
    """A transcript event in one line, escaped and bounded."""
    match event:
        case Opened():
            return f"{event.t:9.3f} connection {event.connection} opened at {shown(event.path)}"
        case Closed():
            by = f" by the {event.by.value}" if event.by is not None else ""
            return f"{event.t:9.3f} connection {event.connection} ended with {event.code}{by}"
        case Frame():
            arrow = "→" if event.sender is Role.COORDINATOR else "←"
            text = shown(event.payload, _FRAME_CHARACTERS)
            return f"{event.t:9.3f} connection {event.connection} {arrow} {text}"
        case Http():
            body = "" if event.request is None else f" {shown(event.request, _FRAME_CHARACTERS)}"
            answer = shown(event.response or "", _FRAME_CHARACTERS)
            return f"{event.t:9.3f} {event.method} {shown(event.path)}{body} → {event.status} {answer}"
        case Fault():
            where = "" if event.connection is None else f" on connection {event.connection}"
            return (
                f"{event.t:9.3f} fault {shown(event.name)} on purpose{where} {shown(event.detail)}".rstrip()
            )
        case Leap():
            return f"{event.t:9.3f} the coordinator's clock is put ahead by {event.seconds:g} s"


def _name(worker: Worker) -> str:
    return worker.pubkey[:_SHORT_KEY]
