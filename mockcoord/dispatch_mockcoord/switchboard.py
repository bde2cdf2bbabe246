"""The shell around the core: it numbers the connections, tells the time, stores, sends, and wakes the core.

Whatever changed is in the store before anything that follows from it leaves (`gate`): a client's 201 and a
worker's assignment alike. Everything happens in one thread, in one event loop.
"""

import secrets
import uuid
from collections.abc import Callable
from random import Random
from typing import Final

from dispatch_protocol.codec import encode
from dispatch_protocol.messages import CoordinatorMessage
from dispatch_protocol.recording import Closed, Opened, TranscriptEvent, frame_event
from dispatch_protocol.rest import ClaimRequest, CommitRequest, RestFault
from dispatch_protocol.vocabulary import Role

from dispatch_mockcoord.agenda import Agenda
from dispatch_mockcoord.alarm import Alarm, Clock
from dispatch_mockcoord.core.coordinator import Coordinator
from dispatch_mockcoord.core.effects import Close, Effect, Send, WorkerJoined
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.terms import Moment
from dispatch_mockcoord.core.trust import ClaimFault, Pairing
from dispatch_mockcoord.core.worker import Worker
from dispatch_mockcoord.database import StoreError, reason
from dispatch_mockcoord.demo import Demo
from dispatch_mockcoord.gate import UNAVAILABLE, Gate
from dispatch_mockcoord.lines import Line, Lines
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.store import Store

AUTO_DEMO_SECONDS: Final = 5.0
"""How long after the start demo mode begins by itself, where that is asked for."""

NO_CODE: Final = 1005
"""How a close frame without a code is reported (RFC 6455 §7.4.1)."""


class Switchboard:
    """One coordinator at work. `taps` see every transcript event, `observers` every effect.

    Both are called as things happen, in the loop's thread, and must not raise. `started` is the moment at
    which the transcript's time begins. A layer may stand in the way of frames: whatever the core sends goes
    through `outgoing`, whatever a worker sends through `incoming`, and what such a layer lets pass it hands
    to `deliver` and `accept`. `lines` are the open connections. `new_id` makes the ids of jobs, UUIDs;
    `new_worker_id` those of workers.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.taps: list[Callable[[TranscriptEvent], None]] = []
        self.observers: list[Callable[[Effect], None]] = []
        self.outgoing: Callable[[Send], None] = self.deliver
        self.incoming: Callable[[int, str | bytes], None] = self.accept
        self.new_id: Callable[[], str] = _new_id
        self.new_worker_id: Callable[[], str] = _new_id
        at = clock.moment()
        self.started = at
        self.coordinator = Coordinator(
            settings.terms,
            new_id=self._fresh_id,
            new_worker_id=self._fresh_worker_id,
            new_code=_new_code,
            at=at,
        )
        self.lines = Lines()
        self.demo = Demo(self.coordinator, Random())  # noqa: S311
        self._gate = Gate(store)
        self._agenda = Agenda()
        self._numbers = 0
        self._alarm = Alarm(clock, self.wake)

    @property
    def is_congested(self) -> bool:
        """Whether frames had better stay unread: the store fails, and much waits for it."""
        return self._gate.is_overfull

    @property
    def is_held_up(self) -> bool:
        """Whether nothing goes out, because the store fails."""
        return self._gate.is_shut

    @property
    def wake_at(self) -> float | None:
        """When something is due next, by the clock; None while nothing is."""
        wishes = (self.coordinator.wake_at, self.demo.wake_at, self._gate.retry_at, self._agenda.wake_at)
        return min([due for due in wishes if due is not None], default=None)

    @property
    def is_full(self) -> bool:
        """Whether no further connection is taken."""
        return len(self.lines) >= self.settings.max_connections

    def start(self) -> None:
        """Go on with what the store holds: once, in the running loop. Raises StoreError where that fails."""
        at = self.clock.moment()
        self._carry_out(self.coordinator.restore(self.store.unfinished(), self.store.pairings(), at), at)
        if self._gate.fault is not None:
            self.stop()
            raise StoreError(reason(self.store.path, self._gate.fault))
        if self.settings.auto_demo:
            self.demo.begin_at(at.now + AUTO_DEMO_SECONDS)
        self.wake()

    def stop(self) -> None:
        """Close every connection (1001, going away) and let the alarm go, for good."""
        self._alarm.end()
        self._agenda.clear()
        self.lines.end(1001, "the coordinator ends")

    def opened(self, line: Line, path: str) -> int:
        """A connection was accepted; gives its number, counted from 1."""
        at = self.clock.moment()
        self._numbers += 1
        if self.taps:
            self._tap(Opened(t=at.now - self.started.now, connection=self._numbers, path=path))
        self._carry_out(self.coordinator.opened(self._numbers, at), at)
        # Only now: a line whose opening failed would count for ever.
        self.lines.add(self._numbers, line)
        return self._numbers

    def received(self, number: int, payload: str | bytes) -> None:
        """A message came in on this connection."""
        self.incoming(number, payload)

    def accept(self, number: int, payload: str | bytes) -> None:
        """Record this message, and have the core take it."""
        at = self.clock.moment()
        if self.taps:
            t = at.now - self.started.now
            self._tap(frame_event(t, number, Role.WORKER, payload, opcode="binary"))
        self._carry_out(self.coordinator.received(number, payload, at), at)

    def deliver(self, effect: Send) -> None:
        """Send what the core wants sent."""
        if self.lines.speaking(effect.connection) is not None:
            self.emit(effect.connection, encode(effect.message))

    def emit(self, number: int, payload: str | bytes) -> None:
        """Record this frame, whatever it holds, and send it; nothing happens on a connection that ends."""
        line = self.lines.speaking(number)
        if line is not None:
            if self.taps:
                self._tap(frame_event(self.elapsed(), number, Role.COORDINATOR, payload, opcode="binary"))
            line.post(payload)

    def hang_up(self, number: int, code: int | None, reason: str) -> None:
        """Close this connection; nothing happens where it is closing already."""
        self.lines.hang_up(number, code, reason)

    def closed(self, number: int, code: int, reason: str, by: Role) -> None:
        """The connection ended with this code; `by` closed it first."""
        at = self.clock.moment()
        self.lines.remove(number)
        if self.taps:
            t = at.now - self.started.now
            self._tap(Closed(t=t, connection=number, code=code, by=by, reason=reason))
        self._carry_out(self.coordinator.closed(number, at), at)

    def commit(self, request: CommitRequest) -> Job:
        """A client's job, stored. Raises RestFault where too many wait already, or where the store fails."""
        self._require_store()
        self._require_room()
        at = self.clock.moment()
        job, effects = self.coordinator.commit(request, at)
        self._carry_out(effects, at)
        if self._gate.is_shut:
            self.coordinator.withdraw(job)
            self._gate.withdraw(job.id)
            raise RestFault(503, UNAVAILABLE)
        return job

    def create_code(self, user_id: str) -> Pairing:
        """A pairing code, stored. Raises RestFault where there are too many, or where the store fails."""
        self._require_store()
        at = self.clock.moment()
        pairing, effects = self.coordinator.create_code(user_id, at)
        self._carry_out(effects, at)
        self._require_store()
        if pairing is None:
            raise RestFault(503, "Too many pairing codes")
        return pairing

    def claim_code(self, request: ClaimRequest) -> Pairing:
        """The pairing that a claim makes, stored. Raises RestFault where it makes none, or the store fails.

        It is stored before the core makes it: of a claim that was refused nothing may remain.
        """
        self._require_store()
        at = self.clock.moment()
        code, pubkey = request.pairing_code, request.provider_pubkey
        outcome = self.coordinator.trust.examine(code, pubkey, at.wall_ms)
        if isinstance(outcome, ClaimFault):
            raise RestFault(400, outcome.value)
        self.store.write((), (outcome,))
        _, effects = self.coordinator.claim_code(code, pubkey, at)
        self._carry_out(effects, at)
        return outcome

    def demonstrate(self, wanted: bool) -> None:
        """Turn demo mode on or off."""
        if wanted:
            self.demo.start(self.clock.moment().now)
        else:
            self.demo.stop()
        self._alarm.set(self.wake_at)

    def notify(self, number: int, message: CoordinatorMessage) -> None:
        """Send a notice of the operator's, such as a payment, to this connection."""
        at = self.clock.moment()
        self._carry_out(self.coordinator.notify(number, message, at), at)

    def wake(self) -> None:
        """Do what is due, and set the alarm anew."""
        self._alarm.cancel()  # it has rung, or is early
        at = self.clock.moment()
        self._carry_out(self.coordinator.pass_time(at) + self.demo.pass_time(at), at)
        self.catch_up()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Have something of a layer's done so long from now; at once where that is now, or too much waits."""
        if seconds <= 0 or not self._agenda.put(self.clock.moment().now + seconds, action):
            action()
        self._alarm.set(self.wake_at)

    def catch_up(self) -> None:
        """Do what layers wanted done by now, also where the alarm for it has not rung yet."""
        self._agenda.pass_time(self.clock.moment().now)
        self._alarm.set(self.wake_at)

    def record(self, event: TranscriptEvent) -> None:
        """Show the taps an event that happened elsewhere, such as an HTTP exchange."""
        self._tap(event)

    def elapsed(self) -> float:
        """Seconds since the start: the time that transcript events carry."""
        return self.clock.moment().now - self.started.now

    def _carry_out(self, effects: list[Effect], at: Moment) -> None:
        passing = self._gate.let_through(effects, at.now)
        while passing:
            joined: list[Worker] = []
            for effect in passing:
                if isinstance(effect, Send):
                    self.outgoing(effect)
                elif isinstance(effect, Close):
                    self.hang_up(effect.connection, effect.code, effect.reason)
                elif isinstance(effect, WorkerJoined):
                    joined.append(effect.worker)
                for observe in self.observers:
                    observe(effect)
            passing = self._after_acknowledgements(joined) if joined else []
        self._alarm.set(self.wake_at)

    def _after_acknowledgements(self, joined: list[Worker]) -> list[Effect]:
        """What may be done now that the acknowledgements of these workers have left."""
        at = self.clock.moment()
        effects = [effect for worker in joined for effect in self.coordinator.acknowledged(worker, at)]
        return self._gate.let_through(effects, at.now)

    def _require_store(self) -> None:
        """Raise RestFault while the store fails: nothing new is begun."""
        if self._gate.is_shut:
            raise RestFault(503, UNAVAILABLE)

    def _require_room(self) -> None:
        """Raise RestFault while as many jobs wait as may, or as many bytes."""
        waiting, settings = self.coordinator.dispatcher, self.settings
        if waiting.pending_count >= settings.max_pending_jobs:
            raise RestFault(503, "Too many pending jobs")
        if waiting.pending_bytes >= settings.max_pending_bytes:
            raise RestFault(503, "Too many bytes in pending jobs")

    def _fresh_id(self) -> str:
        return self.new_id()

    def _fresh_worker_id(self) -> str:
        return self.new_worker_id()

    def _tap(self, event: TranscriptEvent) -> None:
        for tap in self.taps:
            tap(event)


def _new_id() -> str:
    return str(uuid.uuid4())


def _new_code() -> str:
    return secrets.token_hex(3).upper()
