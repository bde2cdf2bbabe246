"""Faults around a running coordinator: what a plan has strike is marked in the transcript, then done."""

import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

import msgspec
from dispatch_protocol.codec import decode_from_worker, encode
from dispatch_protocol.errors import Violation
from dispatch_protocol.messages import CoordinatorMessage, JobAssign, Register, RegisterAck
from dispatch_protocol.recording import Fault as Mark
from dispatch_protocol.recording import frame_event
from dispatch_protocol.vocabulary import Role
from starlette.middleware import Middleware

from dispatch_mockcoord.core.effects import Send
from dispatch_mockcoord.demo import Demo
from dispatch_mockcoord.faults.carrier import Carrier
from dispatch_mockcoord.faults.catalogue import fault_of, given_to, kind_of
from dispatch_mockcoord.faults.frames import BENDS, Steps
from dispatch_mockcoord.faults.kinds import Stage
from dispatch_mockcoord.faults.plan import Fault, Place, Plan, Strike
from dispatch_mockcoord.faults.requests import RequestFaults
from dispatch_mockcoord.faults.spelling import read_fault, read_seed, spelled
from dispatch_mockcoord.faults.steps import Post
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
    were, by name; `watchers` are called with each, in the loop's thread, and must not raise.
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
        self._carrier = Carrier(switchboard)
        if self._variety is not None:
            self._variety.attach(switchboard)
        self._deliver, self._accept = switchboard.outgoing, switchboard.incoming
        switchboard.outgoing, switchboard.incoming = self._outgoing, self._incoming
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
            self._carrier.forget()
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

    def _outgoing(self, effect: Send) -> None:
        number, switchboard = effect.connection, self._attached()
        strikes = self._struck(effect) if self.concerns(Stage.FRAME) else []
        if not strikes and not self._carrier.is_gated(number):
            self._deliver(effect)
            return
        if self._variety is not None:
            self._variety.flush(number)
        message = message_type(effect.message)
        steps: Steps = (Post(encode(effect.message)),)
        for strike in strikes:
            self.mark(strike, number, message)
            steps = BENDS[strike.fault.name](steps, strike)
        if switchboard.lines.speaking(number) is not None:
            self._carrier.carry(number, steps, message)

    def _struck(self, effect: Send) -> list[Strike]:
        switchboard = self._attached()
        if switchboard.lines.speaking(effect.connection) is None:
            return []
        return self.strikes(Stage.FRAME, frame_place(switchboard, effect))

    def _incoming(self, number: int, payload: str | bytes) -> None:
        place = self._register_place(number, payload) if self.concerns(Stage.REGISTER) else None
        strikes = self.strikes(Stage.REGISTER, place) if place is not None else []
        if not strikes:
            self._accept(number, payload)
            return
        switchboard = self._attached()
        switchboard.record(frame_event(switchboard.elapsed(), number, Role.WORKER, payload, opcode="binary"))
        for strike in strikes:
            self.mark(strike, number, "register")
            if strike.fault.name == "refuse_register":
                refusal = RegisterAck(status="error", error=strike.text("error"))
                switchboard.emit(number, encode(refusal))
            else:
                self._carrier.shut(number, strike.whole("code"))

    def _register_place(self, number: int, payload: str | bytes) -> Place | None:
        """Where a `register` that came on this connection may be struck; None where it is none."""
        try:
            message = decode_from_worker(payload, self._attached().settings.terms.max_frame_bytes)
        except Violation:
            return None
        if not isinstance(message, Register):
            return None
        key = message.provider_pubkey.lower()
        return Place(target=key, connection=number, worker=key, provider_type=message.provider_type.value)

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


def message_type(message: CoordinatorMessage) -> str:
    """The type of a message, as it is on the wire."""
    return str(type(message).__struct_config__.tag)


def frame_place(switchboard: Switchboard, effect: Send) -> Place:
    """Where a frame that is about to be sent may be struck."""
    number, message = effect.connection, effect.message
    worker = switchboard.coordinator.registry.workers.get(number)
    job: tuple[str, ...] = ()
    if isinstance(message, JobAssign):
        payload = message.payload.value
        task_type = payload.get("task_type") if isinstance(payload, dict) else None
        job = (message.job_id, message.job_type, task_type if isinstance(task_type, str) else "")
    return Place(
        target=f"connection {number}" if worker is None else worker.key,
        connection=number,
        worker="" if worker is None else worker.key,
        provider_type="" if worker is None else worker.provider_type.value,
        message=message_type(message),
        job=job,
    )
