"""The closed vocabularies of the protocol and its constants, each with its unit.

Source: SPEC.md, "Vocabulary" and "Limits". Members compare equal to their wire spelling.
"""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The two ends of a WebSocket: who sends a frame, and whom a clause binds."""

    WORKER = "worker"
    COORDINATOR = "coordinator"


class JobType(StrEnum):
    """What kind of work a job is, and what a worker can declare as a capability."""

    LLM_INFER = "LLM_INFER"
    TASK = "TASK"


class TaskType(StrEnum):
    """The three computations a TASK job may ask for."""

    SUMMARIZE = "summarize"
    CLASSIFY = "classify"
    EXTRACT_JSON = "extract_json"


class Policy(StrEnum):
    """The price tier of a job. AUTO is resolved before a job exists and never reaches a worker."""

    FAST = "FAST"
    CHEAP = "CHEAP"
    AUTO = "AUTO"


class PrivacyClass(StrEnum):
    """Whether any eligible worker may see a job, or only those paired with its user."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


class ProviderType(StrEnum):
    """What kind of machine a worker runs on: a desktop, or a phone."""

    DESKTOP = "DESKTOP"
    SEEKER = "SEEKER"


class JobStatus(StrEnum):
    """Where a job stands. `running` is documented by the network and was never observed."""

    PENDING = "pending"
    ASSIGNED = "assigned"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class WireCode(StrEnum):
    """The `code` of a coordinator's `error` message."""

    PARSE_ERROR = "PARSE_ERROR"
    INVALID_MSG = "INVALID_MSG"
    UNKNOWN_MSG = "UNKNOWN_MSG"
    NOT_REGISTERED = "NOT_REGISTERED"
    JOB_NOT_ASSIGNED = "JOB_NOT_ASSIGNED"


class JobError(StrEnum):
    """The `error` in the result of a job that failed before any worker answered it well."""

    NO_ELIGIBLE_WORKER = "no_eligible_worker"
    NO_TRUSTED_WORKER = "no_trusted_worker"
    WORKER_DISCONNECTED = "worker_disconnected"
    WORKER_TIMEOUT = "worker_timeout"
    INVALID_RECEIPT = "invalid_receipt"


NETWORKS: Final = {
    "monad": "eip155:10143",
    "solana": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
}
"""The short names of the deployed chains and their CAIP-2 identifiers."""

MAX_FRAME_BYTES: Final = 1_048_576
"""The longest frame, in bytes of UTF-8; a coordinator closes with 1009 beyond it."""

MAX_BODY_BYTES: Final = 102_400
"""The longest HTTP request body, in bytes; a coordinator answers 413 beyond it."""

CLOSE_REPLACED: Final = 4001
"""The WebSocket close code for a socket whose key registered again on a newer one."""

HEARTBEAT_SECONDS: Final = 10.0
"""How often a worker beats, counted from its registration."""

ACK_SECONDS: Final = 10.0
"""How long a worker waits for its `register_ack`, and how long a coordinator waits for `register`."""

SILENCE_SECONDS: Final = 35.0
"""A worker gives a connection up after this long without any frame from the coordinator."""
