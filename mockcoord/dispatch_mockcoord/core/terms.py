"""What the core obeys, and the time it is told. Source: SPEC.md, "Limits", "Life of a job"."""

from typing import Final, NamedTuple

import msgspec
from dispatch_protocol.vocabulary import ACK_SECONDS, MAX_FRAME_BYTES

TICK_SECONDS: Final = 10.0
"""How often silent workers are looked for."""

DROP_SECONDS: Final = 30.0
"""A worker is dropped at the first tick this long after its last heartbeat, or its registration."""


class Moment(NamedTuple):
    """When an input happened: `now` in seconds on a clock that never goes back, `wall_ms` in Unix time."""

    now: float
    wall_ms: int


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the core; times in seconds.

    `settle_seconds`: a newly registered worker gets no job for so long after its acknowledgement.
    `window_seconds`: how long a job looks for a worker, from its commit.
    `worker_seconds`: how long a worker may hold a job.
    `receipt_seconds`: how long after job_complete a receipt may come apart.
    `register_seconds`: how long a connection may stay unregistered.
    `receipts_required`: a job without a good receipt fails.
    `max_codes`: how many pairing codes may be open at once. `max_pairings`: how many, open and claimed ones
    together, may be known.
    """

    settle_seconds: float = 0.25
    window_seconds: float = 30.0
    worker_seconds: float = 120.0
    receipt_seconds: float = 5.0
    register_seconds: float = ACK_SECONDS
    receipts_required: bool = False
    max_frame_bytes: int = MAX_FRAME_BYTES
    max_codes: int = 10_000
    max_pairings: int = 100_000
