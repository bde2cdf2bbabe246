"""The thirteen WebSocket messages as typed structures. Source: SPEC.md, "Messages".

`codec` turns frames into these and back. Members that a message does not define are tolerated; an optional
member that is null counts as absent. `output`, `payload` and `receipt` are `Json`: the exact text received
and the value it stands for, so that nothing that was signed or hashed is lost.
"""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

import msgspec

from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import JobType, PrivacyClass, ProviderType, Role

_LARGEST_DOUBLE: Final = 1.7976931348623157e308

PublicKeyHex: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{64}$(?!\n)")]
"""An ed25519 public key: 32 bytes as 64 hexadecimal digits."""

Finite: TypeAlias = Annotated[float, msgspec.Meta(ge=-_LARGEST_DOUBLE, le=_LARGEST_DOUBLE)]
"""A number that is no infinity."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every message has: a `type` on the wire, its sender, and the clause of each member.

    `clauses` maps a member's name to the clause that a fault in it breaks; `""` is the message as a whole.
    """

    sender: ClassVar[Role]
    clauses: ClassVar[dict[str, str]]


class Metrics(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a heartbeat may tell of the machine: processor and memory in percent, jobs in progress."""

    cpu_pct: Finite | None = None
    mem_pct: Finite | None = None
    active_jobs: Finite | None = None


class Register(Message, frozen=True, kw_only=True, tag="register"):
    """Worker: the first frame on a connection, naming the worker's key and what it can do."""

    sender = Role.WORKER
    clauses = {
        "": "W-REG-1",
        "provider_pubkey": "W-REG-3",
        "provider_type": "W-REG-5",
        "capabilities": "W-REG-6",
        "pricing_hint": "W-REG-7",
    }
    provider_pubkey: PublicKeyHex
    provider_type: ProviderType
    capabilities: Annotated[list[JobType], msgspec.Meta(min_length=1)]
    pricing_hint: str | None = None


class Heartbeat(Message, frozen=True, kw_only=True, tag="heartbeat"):
    """Worker: a sign of life, every ten seconds."""

    sender = Role.WORKER
    clauses = {"": "W-HBT-2", "metrics": "W-HBT-3"}
    provider_pubkey: PublicKeyHex
    metrics: Metrics | None = None


class JobComplete(Message, frozen=True, kw_only=True, tag="job_complete"):
    """Worker: the output of a job, its hash, and (bundled) the signed receipt.

    The receipt is any JSON here: a faulty one completes the job all the same, unverified.
    """

    sender = Role.WORKER
    clauses = {
        "": "W-JOB-8",
        "job_id": "W-JOB-7",
        "output_hash": "W-CAN-1",
        "receipt_signature": "W-SIG-1",
    }
    job_id: str
    output: Json
    output_hash: str
    receipt: Json | None = None
    receipt_signature: str | None = None


class JobReject(Message, frozen=True, kw_only=True, tag="job_reject"):
    """Worker: the job is given back, with a reason."""

    sender = Role.WORKER
    clauses = {"": "W-JOB-9", "job_id": "W-JOB-7"}
    job_id: str
    reason: str


class ReceiptSubmit(Message, frozen=True, kw_only=True, tag="receipt_submit"):
    """Worker: a receipt sent apart from job_complete. The receipt is an object that names its job."""

    sender = Role.WORKER
    clauses = {"": "W-RCP-1", "signature": "W-SIG-1"}
    receipt: Json
    signature: str


class RegisterAck(Message, frozen=True, kw_only=True, tag="register_ack"):
    """Coordinator: the answer to `register`."""

    sender = Role.COORDINATOR
    clauses = {"": "C-REG-1", "worker_id": "C-REG-2", "error": "C-REG-5"}
    status: Literal["ok", "error"]
    worker_id: str | None = None
    error: str | None = None


class HeartbeatAck(Message, frozen=True, kw_only=True, tag="heartbeat_ack"):
    """Coordinator: the answer to `heartbeat`."""

    sender = Role.COORDINATOR
    clauses = {"": "C-HBT-1"}
    status: Literal["ok"]


class JobAssign(Message, frozen=True, kw_only=True, tag="job_assign"):
    """Coordinator: a job for this worker. `job_type` is open: a worker answers an unknown one as faulty."""

    sender = Role.COORDINATOR
    clauses = {"": "C-JOB-1", "policy": "C-JOB-3", "privacy_class": "C-JOB-4"}
    job_id: str
    job_type: str
    payload: Json
    policy: Literal["FAST", "CHEAP"]
    privacy_class: PrivacyClass
    user_id: str


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """Coordinator: a frame of the worker's was not accepted."""

    sender = Role.COORDINATOR
    clauses = {"": "C-ERR-1"}
    code: str
    message: str


class PaymentPosted(Message, frozen=True, kw_only=True, tag="payment_posted"):
    """Coordinator: the worker was paid for these jobs. `token` is absent on Solana."""

    sender = Role.COORDINATOR
    clauses = {"": "C-PAY-1", "token": "C-PAY-5"}
    job_ids: list[str]
    tx_hash: str
    amount: str
    token: Literal["BOLT", "wBOLT"] | None = None
    network: Literal["solana-devnet", "monad-testnet"]
    explorer_url: str


class PaymentFailed(Message, frozen=True, kw_only=True, tag="payment_failed"):
    """Coordinator: the payment for these jobs failed."""

    sender = Role.COORDINATOR
    clauses = {"": "C-PAY-2", "token": "C-PAY-5"}
    job_ids: list[str]
    error: str
    token: Literal["BOLT", "wBOLT"] | None = None


class FeedbackPosted(Message, frozen=True, kw_only=True, tag="feedback_posted"):
    """Coordinator: feedback on a job was written to the chain."""

    sender = Role.COORDINATOR
    clauses = {"": "C-PAY-3"}
    job_id: str
    tx_hash: str
    network: Literal["monad-testnet"]
    explorer_url: str


class FeedbackFailed(Message, frozen=True, kw_only=True, tag="feedback_failed"):
    """Coordinator: feedback on a job could not be written to the chain."""

    sender = Role.COORDINATOR
    clauses = {"": "C-PAY-4"}
    job_id: str
    error: str


WorkerMessage: TypeAlias = Register | Heartbeat | JobComplete | JobReject | ReceiptSubmit
CoordinatorMessage: TypeAlias = (
    RegisterAck
    | HeartbeatAck
    | JobAssign
    | Error
    | PaymentPosted
    | PaymentFailed
    | FeedbackPosted
    | FeedbackFailed
)


class UnknownType(msgspec.Struct, frozen=True):
    """A well-formed frame whose `type` this side does not know: tolerated, never an error of form."""

    type: str


MESSAGES: Final[dict[Role, dict[str, type[Message]]]] = {
    Role.WORKER: {
        "register": Register,
        "heartbeat": Heartbeat,
        "job_complete": JobComplete,
        "job_reject": JobReject,
        "receipt_submit": ReceiptSubmit,
    },
    Role.COORDINATOR: {
        "register_ack": RegisterAck,
        "heartbeat_ack": HeartbeatAck,
        "job_assign": JobAssign,
        "error": Error,
        "payment_posted": PaymentPosted,
        "payment_failed": PaymentFailed,
        "feedback_posted": FeedbackPosted,
        "feedback_failed": FeedbackFailed,
    },
}
"""The messages each role may send, by their `type`."""
