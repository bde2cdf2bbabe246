"""What the core wants done, in order. Whoever feeds it stores what changed before sending what follows."""

from typing import TypeAlias

import msgspec
from dispatch_protocol.messages import CoordinatorMessage
from dispatch_protocol.vocabulary import WireCode

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.trust import Pairing
from dispatch_mockcoord.core.worker import Worker


class Send(msgspec.Struct, frozen=True):
    """This message goes to this connection."""

    connection: int
    message: CoordinatorMessage


class Close(msgspec.Struct, frozen=True):
    """This connection is closed with this code (None: without any). The core knows it no more."""

    connection: int
    code: int | None
    reason: str = ""


class JobChanged(msgspec.Struct, frozen=True):
    """This is how the job stands now."""

    job: Job


class PairingChanged(msgspec.Struct, frozen=True):
    """This is how the pairing stands now."""

    pairing: Pairing


class WorkerJoined(msgspec.Struct, frozen=True):
    """This worker registered, or registered anew; the effect before is its `register_ack`.

    Whoever has carried that out tells the core (`Coordinator.acknowledged`).
    """

    worker: Worker


class WorkerLeft(msgspec.Struct, frozen=True):
    """This worker is registered no more, and why."""

    worker: Worker
    why: str


class JobRejected(msgspec.Struct, frozen=True):
    """This worker gave the job back, with its reason (its own text)."""

    job: Job
    worker: Worker
    reason: str


class Refused(msgspec.Struct, frozen=True):
    """A frame here was not accepted; `detail` is escaped and bounded, `clause` the one it broke, if any."""

    connection: int
    code: WireCode
    detail: str
    clause: str = ""


Effect: TypeAlias = (
    Send | Close | JobChanged | PairingChanged | WorkerJoined | WorkerLeft | JobRejected | Refused
)
