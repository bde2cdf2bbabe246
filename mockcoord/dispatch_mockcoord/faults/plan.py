"""Which fault strikes where: pure, and the same for the same seed and the same opportunities.

Every fault draws from a generator of its own, made of the plan's seed and the fault's spelling, so that one
more fault changes nothing about the others. An opportunity that a fault could strike costs it one draw.
"""

from collections import OrderedDict
from collections.abc import Mapping
from random import Random
from typing import Final

import msgspec
from dispatch_protocol.errors import UsageError

from dispatch_mockcoord.faults.kinds import Kind, Stage, Value, missing

ANY_MESSAGE: Final = "*"
"""As the message that a fault is aimed at: whatever comes."""

MAX_TARGETS: Final = 4_096
"""How many targets a fault remembers for the sake of `in_a_row`; of more, the eldest are forgotten."""


class Fault(msgspec.Struct, frozen=True):
    """A fault to be injected: its name in the catalogue, how often, at whom, and its own options.

    `rate` is the probability at each opportunity, `count` the most there are in all, `in_a_row` the most at
    one target without a break. `worker` is a prefix of a provider key in hex, or DESKTOP or SEEKER; `message`
    a message type, or `*`; `job` a prefix of a job id, a job type or a task type. Empty: whoever, whatever.
    """

    name: str
    rate: float = 1.0
    count: int | None = None
    in_a_row: int | None = None
    worker: str = ""
    message: str = ""
    job: str = ""
    options: Mapping[str, Value] = {}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a fault may strike now. `target` is who would be struck: what `in_a_row` counts by.

    `worker` is the key in lower case; `job` holds the id, the job type and the task type, of a job_assign.
    """

    target: str
    connection: int | None = None
    worker: str = ""
    provider_type: str = ""
    message: str = ""
    job: tuple[str, ...] = ()
    method: str = ""
    path: str = ""


class Strike(msgspec.Struct, frozen=True):
    """A fault strikes. `random` is for the choices it has to make, the same for the same strike."""

    fault: Fault
    kind: Kind
    random: Random

    def value(self, name: str) -> Value:
        """The option of this name, as given or by default."""
        return self.fault.options.get(name, self.kind.option(name).default)

    def number(self, name: str) -> float:
        """The option of this name, which is a number."""
        return float(self.value(name))

    def whole(self, name: str) -> int:
        """The option of this name, which is a whole number."""
        return int(self.value(name))

    def text(self, name: str) -> str:
        """The option of this name, which is text."""
        return str(self.value(name))


class Plan:
    """The faults at work and where each stands. Faults come in already checked against the catalogue."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._armed: tuple[_Armed, ...] = ()
        self._stages: frozenset[Stage] = frozenset()

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults at work, in the order of their addition."""
        return tuple(armed.fault for armed in self._armed)

    def add(self, fault: Fault, kind: Kind, spelling: str) -> None:
        """Put this fault to work. One that is spelled like another at work draws apart from it."""
        twins = sum(armed.spelling == spelling for armed in self._armed)
        self._arm(*self._armed, _Armed(fault, kind, spelling, f"{self.seed} {twins} {spelling}"))

    def remove(self, name: str) -> None:
        """End every fault of this name. Raises UsageError where none is at work."""
        kept = tuple(armed for armed in self._armed if armed.fault.name != name)
        if len(kept) == len(self._armed):
            raise UsageError(missing("fault at work", name, [fault.name for fault in self.active]))
        self._arm(*kept)

    def clear(self) -> None:
        """End every fault."""
        self._arm()

    def concerns(self, stage: Stage) -> bool:
        """Whether any fault at work may strike at this stage."""
        return stage in self._stages

    def _arm(self, *armed: "_Armed") -> None:
        self._armed = armed
        self._stages = frozenset(each.kind.stage for each in armed)

    def strikes(self, stage: Stage, place: Place) -> list[Strike]:
        """What strikes at this opportunity, in the order of addition."""
        candidates = [armed for armed in self._armed if armed.kind.stage is stage]
        return [strike for armed in candidates if (strike := armed.strike(place)) is not None]


class _Armed:
    """One fault at work, and how often it struck."""

    def __init__(self, fault: Fault, kind: Kind, spelling: str, seed: str) -> None:
        self.fault = fault
        self.kind = kind
        self.spelling = spelling
        self._seed = seed
        self._random = Random(seed)  # noqa: S311
        self._struck = 0
        self._runs: OrderedDict[str, int] = OrderedDict()

    def strike(self, place: Place) -> Strike | None:
        """The strike at this opportunity, if there is one."""
        if self._struck == self.fault.count or not _is_aimed_at(self.fault, self.kind, place):
            return None
        wanted = self._random.random() < self.fault.rate
        if not self._may_strike_again(place.target, wanted):
            return None
        self._struck += 1
        return Strike(self.fault, self.kind, Random(f"{self._seed} {self._struck}"))  # noqa: S311

    def _may_strike_again(self, target: str, wanted: bool) -> bool:
        """Whether what is `wanted` is still allowed at this target."""
        limit = self.fault.in_a_row
        if limit is None:
            return wanted
        run = self._runs.pop(target, 0)
        if not wanted or run >= limit:
            return False
        self._runs[target] = run + 1
        if len(self._runs) > MAX_TARGETS:
            self._runs.popitem(last=False)
        return True


def _is_aimed_at(fault: Fault, kind: Kind, place: Place) -> bool:
    worker = fault.worker
    if worker and worker != place.provider_type and not (place.worker and _begins(place.worker, worker)):
        return False
    if fault.job and not any(_fits_job(fault.job, index, text) for index, text in enumerate(place.job)):
        return False
    if kind.stage is Stage.FRAME:
        message = fault.message or ("job_assign" if fault.job else kind.message)
        return message in (ANY_MESSAGE, place.message)
    values = {option.name: option.default for option in kind.options} | dict(fault.options)
    method, path = str(values.get("method", "")), str(values.get("path", ""))
    return method.upper() in ("", place.method) and _begins(place.path, path)


def _fits_job(wanted: str, index: int, text: str) -> bool:
    """Whether a job's id begins as wanted, or its job type or task type is what is wanted."""
    return text.startswith(wanted) if index == 0 else text == wanted


def _begins(text: str, prefix: str) -> bool:
    return text.lower().startswith(prefix.lower())
