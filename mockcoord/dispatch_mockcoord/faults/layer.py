"""Faults around a running coordinator: what a plan has strike is marked in the transcript, then done."""

import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

import msgspec
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.recording import Fault as Mark
from starlette.middleware import Middleware

from dispatch_mockcoord.demo import Demo
from dispatch_mockcoord.faults.catalogue import fault_of, given_to, kind_of
from dispatch_mockcoord.faults.kinds import Stage
from dispatch_mockcoord.faults.messages import MessageFaults
from dispatch_mockcoord.faults.plan import Fault, Place, Plan, Strike
from dispatch_mockcoord.faults.requests import RequestFaults
from dispatch_mockcoord.faults.spelling import read_fault, read_seed, spelled
from dispatch_mockcoord.faults.varied import Variety
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.switchboard import Switchboard

MAX_INJECTED: Final = 1_000
"""How many strikes are kept; of more, the oldest go. The counts keep them all."""

_SEEDS: Final = 2**32


class Injected(msgspec.Struct, frozen=True):
    """A fault struck: when, in seconds of the transcript, which, and where.

    `connection` is None where it struck no connection. `detail` is the fault's spelling, and what it struck.
    """

    t: float
    name: str
    connection: int | None
    detail: str


class Faults(Layer):
    """Faults by name, to be added and removed before the coordinator starts or while it runs.

    `seed` decides every choice; drawn if None. `injected` holds the last strikes, `counts` how many there
    were, by name; `watchers` are called with each and must not raise. While the coordinator runs, all of it
    belongs into its event loop's thread.
    """

    def __init__(
        self, faults: Iterable[Fault | str] = (), *, seed: int | None = None, variety: bool = False
    ) -> None:
        self.seed = secrets.randbelow(_SEEDS) if seed is None else read_seed(seed)
        self._variety = Variety(self.seed) if variety else None
        self.injected: deque[Injected] = deque(maxlen=MAX_INJECTED)
        self.counts: Counter[str] = Counter()
        self.watchers: list[Callable[[Injected], None]] = []
        self._plan = Plan(self.seed)
        self._switchboard: Switchboard | None = None
        self._has_demo = False
        for fault in faults:
            self.add(fault)

    @property
    def variety(self) -> bool:
        """Whether everything that no fault strikes comes in varying forms, all of them legal."""
        return self._variety is not None

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults at work, in the order of their addition."""
        return self._plan.active

    def add(self, fault: Fault | str, **options: object) -> Fault:
        """Put a fault to work: a Fault, or its text; `options` are set beside those that it names.

        Raises UsageError, which names what is at fault and what is allowed.
        """
        if not isinstance(fault, str | Fault):
            raise UsageError(f"no fault: {shown(fault)}; use its text, such as close:code=1012, or a Fault")
        given = read_fault(fault) if isinstance(fault, str) else fault
        checked = fault_of(given.name, {**given_to(given), **options})
        self._plan.add(checked, kind_of(checked.name), spelled(checked))
        self._set_modes()
        return checked

    def remove(self, name: str) -> None:
        """End every fault of this name. Raises UsageError where none is at work."""
        self._plan.remove(name)
        self._set_modes()

    def clear(self) -> None:
        """End every fault. What is late already still comes."""
        self._plan.clear()
        self._set_modes()

    def attach(self, switchboard: Switchboard) -> None:
        """Stand in the way of frames."""
        self._switchboard = switchboard
        if self._variety is not None:
            self._variety.attach(switchboard)
        self._messages = MessageFaults(self, switchboard, self._variety)
        self._has_demo = False
        self._set_modes()

    def middleware(self) -> Sequence[Middleware]:
        """What stands in the way of requests."""
        inner = () if self._variety is None else self._variety.middleware()
        return (Middleware(RequestFaults, faults=self, switchboard=self._attached()), *inner)

    def detach(self) -> None:
        """Let go of everything that waits."""
        if self._variety is not None:
            self._variety.detach()
        if self._switchboard is not None:
            self._messages.release()
            self._switchboard = None

    def strikes(self, stage: Stage, place: Place) -> list[Strike]:
        """What strikes at this opportunity. Each strike is to be marked before anything of it is done."""
        return self._plan.strikes(stage, place)

    def concerns(self, stage: Stage) -> bool:
        """Whether any fault at work may strike at this stage."""
        return self._plan.concerns(stage)

    def mark(self, strike: Strike, connection: int, what: str) -> None:
        """Note a strike at a message of this type, and show it in the transcript."""
        self._note(strike.fault, f"{spelled(strike.fault)} at {what}", connection=connection)

    def mark_exchange(self, strike: Strike, exchange: int, what: str) -> None:
        """Note a strike at the HTTP exchange with this number, and show it in the transcript."""
        self._note(strike.fault, f"{spelled(strike.fault)} at {what}", exchange=exchange)

    def _note(
        self,
        fault: Fault,
        detail: str,
        *,
        connection: int | None = None,
        exchange: int | None = None,
        legal: bool = False,
    ) -> None:
        switchboard = self._attached()
        noted = Injected(switchboard.elapsed(), fault.name, connection, detail)
        self.injected.append(noted)
        self.counts[fault.name] += 1
        switchboard.record(
            Mark(
                t=noted.t,
                name=fault.name,
                connection=connection,
                exchange=exchange,
                detail=detail,
                legal=legal,
            )
        )
        for watch in self.watchers:
            watch(noted)

    def _attached(self) -> Switchboard:
        assert self._switchboard is not None, "strikes need a running coordinator"  # noqa: S101
        return self._switchboard

    def _set_modes(self) -> None:
        """Turn demo mode on or off, as the faults at work want it."""
        demo = next((fault for fault in self.active if fault.name == "demo_traffic"), None)
        switchboard = self._switchboard
        if switchboard is None or (demo is not None) == self._has_demo:
            return
        self._has_demo = demo is not None
        if demo is not None:
            self._note(demo, spelled(demo), legal=True)
            switchboard.demo = Demo(switchboard.coordinator, Random(f"{self.seed} demo"))  # noqa: S311
        switchboard.demonstrate(self._has_demo)
