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
        # Apart from the pauses, of which some find nobody idle: which jobs come does not hang on that.
        self._choices = Random(random.getrandbits(64))  # noqa: S311
        self._due: float | None = None
        self._begins: float | None = None

    @property
    def is_active(self) -> bool:
        """Whether demo mode is on."""
        return self._due is not None

    @property
    def wake_at(self) -> float | None:
        """When `pass_time` is due; None while nothing is."""
        return self._begins if self._due is None else self._due

    def begin_at(self, now: float) -> None:
        """Have demo mode start by itself at this time."""
        self._begins = now

    def start(self, now: float) -> None:
        """Turn demo mode on; the first job comes after a pause."""
        self._begins = None
        if self._due is None:
            self._due = now + self._random.uniform(*PAUSE_SECONDS)

    def stop(self) -> None:
        """Turn demo mode off; a job that is under way stays so."""
        self._due = self._begins = None

    def pass_time(self, at: Moment) -> list[Effect]:
        """Start if that is due; hand out the job that is due, if any worker is free for it."""
        if self._begins is not None and at.now >= self._begins:
            self.start(at.now)
        if self._due is None or at.now < self._due:
            return []
        self._due = at.now + self._random.uniform(*PAUSE_SECONDS)
        ready = self._coordinator.registry.ready()
        able = [worker for worker in ready if JobType.TASK in worker.capabilities]
        if not able:
            return []
        task_type, text = self._choices.choice(TASKS)
        payload = Json.of({"job_type": JobType.TASK.value, "task_type": task_type.value, "input": text})
        return self._coordinator.demonstrate(self._choices.choice(able), USER_ID, payload, at)
