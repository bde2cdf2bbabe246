"""Defects of the end: W-END."""

import asyncio
import os
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.mutants.registry import defect
from tests.mutants.worker import Worker


@defect("leaves-without-a-word", "W-END-1", "ends on SIGTERM without closing its connection", "W-END-3")
class LeavesWithoutAWord(Worker):
    def on_signal(self, life: "asyncio.Task[Any]") -> None:
        os._exit(0)


@defect("closes-as-going-away", "W-END-1", "closes with 1001 on SIGTERM")
class ClosesAsGoingAway(Worker):
    async def close_socket(self, socket: ClientConnection) -> None:
        await socket.close(1001)


@defect("ignores-sigterm", "W-END-2", "ignores SIGTERM", "W-END-1")
class IgnoresSigterm(Worker):
    def on_signal(self, life: "asyncio.Task[Any]") -> None:
        """Nothing."""


@defect("drops-jobs-at-the-end", "W-END-3", "closes on SIGTERM without answering its jobs")
class DropsJobsAtTheEnd(Worker):
    async def say_goodbye(self, life: "asyncio.Task[Any]") -> None:
        for task in self.jobs.values():
            task.cancel()
        self.jobs.clear()
        await super().say_goodbye(life)


@defect("sits-there-after-a-close", "W-END-4", "neither reconnects nor ends when its connection was closed")
class SitsThereAfterAClose(Worker):
    def pause(self, failures: int) -> float:
        return 3600.0


@defect("believes-in-silence", "W-END-5", "does not notice a half-open connection")
class BelievesInSilence(Worker):
    silence_seconds = 3600.0


@defect("hammers-the-door", "W-END-6", "reconnects without a pause")
class HammersTheDoor(Worker):
    def pause(self, failures: int) -> float:
        return 0.01


@defect("fights-for-its-place", "W-END-7", "reconnects after it was replaced")
class FightsForItsPlace(Worker):
    def on_replaced(self) -> None:
        """Nothing."""


@defect(
    "answers-on-the-next-connection",
    "W-END-8",
    "sends its answers on whatever connection there is",
    "W-JOB-6",
)
class AnswersOnTheNextConnection(Worker):
    def forget_jobs(self) -> None:
        """Nothing."""
