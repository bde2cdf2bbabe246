"""Demo mode: now and then a small job for a random idle worker. Source: SPEC.md, "Demo mode".

A layer on the core, as pure as that: the moments come in, the choices are drawn from the generator given.
"""

from random import Random
from typing import Final

from dispatch_protocol.canonical import Json
from dispatch_protocol.vocabulary import JobType, TaskType

from dispatch_mockcoord.core.coordinator import Coordinator
from dispatch_mockcoord.core.effects import Effect
from dispatch_mockcoord.core.terms import Moment

USER_ID: Final = "demo-coordinator"
PAUSE_SECONDS: Final = (8.0, 12.0)
"""The shortest and the longest pause before a demo job."""

TASKS: Final = (
    (TaskType.SUMMARIZE, "Dispatch sends small jobs to whoever has a machine to spare, and gets a receipt."),
    (TaskType.CLASSIFY, "I love how quickly this came back, what an excellent answer."),
    (TaskType.CLASSIFY, "The parcel arrived late and the box was in a terrible state."),
    (TaskType.EXTRACT_JSON, 'The sensor reported {"celsius": 21.5, "humid": false} at noon.'),
)
"""What demo jobs ask for."""


class Demo:
    """Whether demo mode is on, and when its next job is due."""

    def __init__(self, coordinator: Coordinator, random: Random) -> None:
        self._coordinator = coordinator
        self._random = random
        self.due: float | None = None

    @property
    def is_active(self) -> bool:
        """Whether demo mode is on."""
        return self.due is not None

    def start(self, now: float, delay: float | None = None) -> None:
        """Turn demo mode on; the first job comes after `delay` seconds, or a random pause."""
        if self.due is None:
            self.due = now + (self._random.uniform(*PAUSE_SECONDS) if delay is None else delay)

    def stop(self) -> None:
        """Turn demo mode off; a job that is under way stays so."""
        self.due = None

    def pass_time(self, at: Moment) -> list[Effect]:
        """Hand out the job that is due, if any worker is free for it."""
        if self.due is None or at.now < self.due:
            return []
        self.due = at.now + self._random.uniform(*PAUSE_SECONDS)
        able = [
            worker
            for worker in self._coordinator.registry.idle()
            if worker.settled and JobType.TASK in worker.capabilities
        ]
        if not able:
            return []
        task_type, text = self._random.choice(TASKS)
        payload = Json.of({"job_type": JobType.TASK.value, "task_type": task_type.value, "input": text})
        return self._coordinator.demonstrate(self._random.choice(able), USER_ID, payload, at)
