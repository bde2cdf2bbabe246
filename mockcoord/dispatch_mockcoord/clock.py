"""A clock that can be put ahead, so that a test passes half a minute of silence in milliseconds.

Only the coordinator's time moves: its ticks, windows and time-outs. The clocks of workers and clients stay
where they are, so a worker's next heartbeat is as many real seconds away as before.
"""

import time
from typing import Final

from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.recording import Leap

from dispatch_mockcoord.alarm import Clock
from dispatch_mockcoord.core.terms import Moment
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.switchboard import Switchboard

LONGEST_SECONDS: Final = 86_400.0
"""The most that the clock is put ahead by at once: a day."""

_LEAST_STEP: Final = 0.001


class VirtualClock(Clock):
    """The time of this machine, and `ahead` of it by so many seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def moment(self) -> Moment:
        """The moment it is for the coordinator."""
        now, wall_ms = time.monotonic(), time.time_ns() // 1_000_000
        if not self.ahead:
            return Moment(now, wall_ms)
        return Moment(now + self.ahead, wall_ms + round(self.ahead * 1000))


class Timekeeper(Layer):
    """The layer that moves the clock of the coordinator around which it stands.

    To be given to it together with `clock`. All calls belong into its event loop.
    """

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self._muted: dict[int, float] = {}

    def attach(self, switchboard: Switchboard) -> None:
        """The coordinator is about to serve."""
        self._switchboard = switchboard
        self._muted.clear()

    def advance(self, seconds: float) -> None:
        """Pass so many seconds at once: what falls due on the way is done, in its order and at its time.

        Live workers count as having beaten meanwhile, unless they are muted. Nobody gets real time to answer
        what is sent on the way. The transcript shows the leap. Raises UsageError beyond LONGEST_SECONDS.
        """
        if not 0 <= seconds <= LONGEST_SECONDS:
            raise UsageError(f"time passes by 0 to {LONGEST_SECONDS:,.0f} seconds, not {shown(seconds)}")
        board, target = self._switchboard, self.clock.ahead + seconds
        board.record(Leap(t=board.elapsed(), seconds=seconds))
        while (left := target - self.clock.ahead) > 0:
            due = board.wake_at
            away = left if due is None else due - self.clock.moment().now
            self._step(min(left, max(away, _LEAST_STEP)))
            board.wake()

    def mute(self, connection: int) -> None:
        """Have the registered worker on this connection count as silent from its last heartbeat on.

        Heartbeats that still come from it are answered, and do not keep it alive when time passes.
        """
        self._muted[connection] = self._switchboard.coordinator.registry.workers[connection].last_beat

    def unmute(self, connection: int) -> None:
        """Have its heartbeats count again, the last one as if it came now; nothing happens if it is gone."""
        registry = self._switchboard.coordinator.registry
        worker = registry.workers.get(connection)
        if self._muted.pop(connection, None) is not None and worker is not None:
            registry.beat(worker, self.clock.moment().now)

    def _step(self, seconds: float) -> None:
        self.clock.ahead += seconds
        registry = self._switchboard.coordinator.registry
        for number, worker in registry.workers.items():
            registry.beat(worker, self._muted.get(number, worker.last_beat + seconds))
