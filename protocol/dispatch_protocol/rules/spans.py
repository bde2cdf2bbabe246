"""Which clauses are judged by time, and over how many seconds.

Whoever knows that the host stalled within the span before a finding's `t` cannot hold it against the peer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dispatch_protocol.rules import assignments, connections, heartbeats, receipts, registration, replies
from dispatch_protocol.vocabulary import JobType

_TASK: Final = assignments.DEADLINES[JobType.TASK][1]
_INFER: Final = assignments.DEADLINES[JobType.LLM_INFER][1]
_OF_SILENCE: Final = ("W-JOB-1", "W-JOB-12", "W-JOB-13", *(f"W-BAD-{number}" for number in range(1, 10)))

SPANS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "W-REG-2": registration.REGISTER_SECONDS,
        "W-HBT-1": heartbeats.LONGEST_GAP,
        "W-HBT-4": heartbeats.LONGEST_GAP,
        "W-HBT-5": heartbeats.LONGEST_GAP,
        "W-HBT-6": heartbeats.LONG_GAP,
        "W-HBT-7": heartbeats.SHORT_GAP + heartbeats.LONG_GAP,
        "W-JOB-2": _TASK,
        "W-JOB-3": _INFER,
        **dict.fromkeys(_OF_SILENCE, _INFER),
        "W-RCP-1": receipts.PATIENCE,
        "W-RCP-11": receipts.RECEIPT_SECONDS,
        "W-RCP-13": receipts.RECEIPT_SECONDS,
        "C-REG-1": replies.REPLY_SECONDS,
        "C-REG-4": replies.REPLY_SECONDS,
        "C-REG-6": replies.REPLY_SECONDS,
        "C-REG-12": connections.REPLACE_SECONDS,
        "C-HBT-1": replies.REPLY_SECONDS,
        "C-HBT-3": connections.DROP_SECONDS,
        **{f"C-ERR-{number}": replies.REPLY_SECONDS for number in range(2, 11)},
    }
)
"""Seconds before a finding's `t` in which a stall of the host can have caused it, by clause."""
