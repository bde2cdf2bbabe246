"""The times that one connection runs by.

Source: SPEC.md, "Registration", "Heartbeats", "Goodbye and lost connections".

All are readings of one monotonic clock in seconds (`Moment.now`); None means that nothing is due.
"""

from dataclasses import dataclass
from typing import Final

from dispatch_protocol.vocabulary import ACK_SECONDS, HEARTBEAT_SECONDS, SILENCE_SECONDS

GRACE_SECONDS: Final = 8.0
"""How long running jobs have to finish once the worker is asked to stop (W-END-2, W-END-3)."""

LEAST_GAP_SECONDS: Final = 8.0
"""No two heartbeats are closer (W-HBT-7)."""


@dataclass(slots=True)
class Timers:
    """One connection's times; a session takes new ones for every connection."""

    silent_at: float | None = None
    ack_by: float | None = None
    registered_at: float | None = None
    beat_at: float | None = None
    grace_until: float | None = None

    def opened(self, now: float) -> None:
        """The connection is open: the coordinator has ACK_SECONDS to acknowledge the registration."""
        self.heard(now)
        self.ack_by = now + ACK_SECONDS

    def heard(self, now: float) -> None:
        """A frame came: SILENCE_SECONDS without another make the connection count as dead (W-END-5)."""
        self.silent_at = now + SILENCE_SECONDS

    def registered(self, now: float) -> None:
        """The registration stands: the heartbeats count from here (W-HBT-6)."""
        self.ack_by = None
        self.registered_at = now
        self.beat_at = now + HEARTBEAT_SECONDS

    def beat(self, now: float) -> None:
        """A heartbeat goes out: the next one is due on the fixed schedule, or on a new one after a stall."""
        if self.beat_at is None:
            return
        self.beat_at += HEARTBEAT_SECONDS
        if self.beat_at - now < LEAST_GAP_SECONDS:
            self.beat_at = now + HEARTBEAT_SECONDS

    def stopping(self, now: float) -> None:
        """The operator asked for an end: no registration is waited for, and jobs only so long."""
        self.ack_by = None
        self.grace_until = now + GRACE_SECONDS

    def next(self) -> float | None:
        """The earliest of these times that asks for something to be done."""
        times = (self.silent_at, self.ack_by, self.beat_at, self.grace_until)
        return min((time for time in times if time is not None), default=None)


def is_due(time: float | None, now: float) -> bool:
    """Whether a time was set and has come."""
    return time is not None and now >= time
