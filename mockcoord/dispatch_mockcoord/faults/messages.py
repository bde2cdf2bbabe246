"""Faults of messages around a running coordinator: what strikes a frame or a register, marked, then done."""

from typing import Protocol

from dispatch_protocol.codec import decode_from_worker, encode
from dispatch_protocol.errors import Violation
from dispatch_protocol.messages import CoordinatorMessage, JobAssign, Register, RegisterAck
from dispatch_protocol.recording import frame_event
from dispatch_protocol.vocabulary import Role

from dispatch_mockcoord.core.effects import Send
from dispatch_mockcoord.faults.carrier import Carrier
from dispatch_mockcoord.faults.frames import BENDS, Steps
from dispatch_mockcoord.faults.kinds import Stage
from dispatch_mockcoord.faults.plan import Place, Strike
from dispatch_mockcoord.faults.steps import Post
from dispatch_mockcoord.faults.varied import Variety
from dispatch_mockcoord.switchboard import Switchboard


class Faulty(Protocol):
    """What a layer of faults tells, and is told."""

    def concerns(self, stage: Stage) -> bool:
        """Whether any fault at work may strike at this stage."""

    def strikes(self, stage: Stage, place: Place) -> list[Strike]:
        """What strikes at this opportunity."""

    def mark(self, strike: Strike, connection: int, what: str) -> None:
        """Note a strike at a message of this type."""


class MessageFaults:
    """A switchboard's messages with faults around them, until `release`."""

    def __init__(self, faults: Faulty, switchboard: Switchboard, variety: Variety | None) -> None:
        self._faults = faults
        self._switchboard = switchboard
        self._variety = variety
        self._carrier = Carrier(switchboard)
        self._deliver, self._accept = switchboard.outgoing, switchboard.incoming
        switchboard.outgoing, switchboard.incoming = self._outgoing, self._incoming

    def release(self) -> None:
        """Stand in the way of nothing any more."""
        self._switchboard.outgoing, self._switchboard.incoming = self._deliver, self._accept

    def _outgoing(self, effect: Send) -> None:
        number, switchboard = effect.connection, self._switchboard
        strikes = self._struck(effect)
        if not strikes and not self._carrier.is_gated(number):
            self._deliver(effect)
            return
        if self._variety is not None:
            self._variety.flush(number)
        message = message_type(effect.message)
        steps: Steps = (Post(encode(effect.message)),)
        for strike in strikes:
            self._faults.mark(strike, number, message)
            steps = BENDS[strike.fault.name](steps, strike)
        if switchboard.lines.speaking(number) is not None:
            self._carrier.carry(number, steps, message)

    def _struck(self, effect: Send) -> list[Strike]:
        if not self._faults.concerns(Stage.FRAME):
            return []
        if self._switchboard.lines.speaking(effect.connection) is None:
            return []
        return self._faults.strikes(Stage.FRAME, frame_place(self._switchboard, effect))

    def _incoming(self, number: int, payload: str | bytes) -> None:
        place = self._register_place(number, payload) if self._faults.concerns(Stage.REGISTER) else None
        strikes = [] if place is None else self._faults.strikes(Stage.REGISTER, place)
        if not strikes:
            self._accept(number, payload)
            return
        switchboard = self._switchboard
        switchboard.record(frame_event(switchboard.elapsed(), number, Role.WORKER, payload))
        for strike in strikes:
            self._faults.mark(strike, number, "register")
            if strike.fault.name == "refuse_register":
                refusal = RegisterAck(status="error", error=strike.text("error"))
                switchboard.emit(number, encode(refusal))
            else:
                self._carrier.shut(number, strike.whole("code"))

    def _register_place(self, number: int, payload: str | bytes) -> Place | None:
        """Where a `register` that came on this connection may be struck; None where it is none."""
        try:
            message = decode_from_worker(payload, self._switchboard.settings.terms.max_frame_bytes)
        except Violation:
            return None
        if not isinstance(message, Register):
            return None
        key = message.provider_pubkey.lower()
        return Place(target=key, connection=number, worker=key, provider_type=message.provider_type.value)


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
