"""Defects of heartbeats: W-HBT."""

import asyncio

from tests.mutants.jobs import Message
from tests.mutants.registry import defect
from tests.mutants.worker import Worker


@defect("no-heartbeats", "W-HBT-1", "sends no heartbeats")
class NoHeartbeats(Worker):
    def may_beat(self) -> bool:
        return False


@defect("slow-heartbeats", "W-HBT-1", "sends a heartbeat every 28 seconds")
class SlowHeartbeats(Worker):
    beat_seconds = 28.0


@defect("heartbeats-of-another", "W-HBT-2", "sends heartbeats under the worker id instead of the key")
class HeartbeatsOfAnother(Worker):
    def heartbeat(self) -> Message:
        return {"type": "heartbeat", "provider_pubkey": self.pubkey[::-1]}


@defect("heartbeats-without-key", "W-HBT-2", "sends heartbeats without a key")
class HeartbeatsWithoutKey(Worker):
    def heartbeat(self) -> Message:
        return {"type": "heartbeat"}


@defect("metrics-as-list", "W-HBT-3", "sends its metrics as a list")
class MetricsAsList(Worker):
    def heartbeat(self) -> Message:
        return super().heartbeat() | {"metrics": [12.5, 40.0, 0]}


@defect("metrics-as-text", "W-HBT-3", "sends its metrics with per cent signs")
class MetricsAsText(Worker):
    def heartbeat(self) -> Message:
        return super().heartbeat() | {"metrics": {"cpu_pct": "12%", "mem_pct": "40%", "active_jobs": 0}}


@defect("heartbeats-stop-for-a-job", "W-HBT-4", "waits for the model in the thread that sends heartbeats")
class HeartbeatsStopForAJob(Worker):
    def may_beat(self) -> bool:
        return not self.jobs


@defect("heartbeats-stop-for-two-jobs", "W-HBT-5", "stops its heartbeats while it has more than one job")
class HeartbeatsStopForTwoJobs(Worker):
    def may_beat(self) -> bool:
        return len(self.jobs) < 2


@defect("late-heartbeats", "W-HBT-6", "sends a heartbeat every 14 seconds")
class LateHeartbeats(Worker):
    beat_seconds = 14.0


STRAY = ("W-ROB-15",)
"""Heartbeats without pause follow any other message at once, as if they answered it."""


@defect("eager-heartbeats", "W-HBT-7", "sends a heartbeat every second", *STRAY)
class EagerHeartbeats(Worker):
    beat_seconds = 1.0


@defect(
    "doubled-timer", "W-HBT-7", "starts a second heartbeat timer when its first heartbeat is acknowledged"
)
class DoubledTimer(Worker):
    doubled = False

    async def on_other(self, message: Message) -> None:
        if message.get("type") == "heartbeat_ack" and not self.doubled:
            self.doubled = True
            asyncio.get_running_loop().call_later(3.0, lambda: self.start(self.beat()))
