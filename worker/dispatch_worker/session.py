"""A worker's session: its whole conduct towards a coordinator, as a state machine without I/O.

Each input (a method) takes what happened and the moment, and returns the effects to carry out, in order; the
states and their transitions stand in `states`. No clock, no randomness, no sockets: after each input the
shell looks at `wake_at` and calls `tick` when that time has come. Inputs never raise, whatever a coordinator
sends. Source: SPEC.md, "Registration", "Heartbeats", "Robustness", "Goodbye and lost connections".
"""

from typing import Final

from dispatch_protocol.codec import decode_from_coordinator, encode
from dispatch_protocol.errors import Violation, shown
from dispatch_protocol.messages import (
    Heartbeat,
    HeartbeatAck,
    JobAssign,
    Metrics,
    Register,
    RegisterAck,
    UnknownType,
)
from dispatch_protocol.signatures import Signer
from dispatch_protocol.vocabulary import ACK_SECONDS, CLOSE_REPLACED, SILENCE_SECONDS

from dispatch_worker import lines
from dispatch_worker.backoff import LASTING_SECONDS, Backoff
from dispatch_worker.config import Settings
from dispatch_worker.effects import (
    Claim,
    ClaimOutcome,
    Close,
    Connect,
    Effects,
    Exit,
    Inference,
    Level,
    Log,
    Moment,
    Send,
)
from dispatch_worker.states import CONNECTED, TRANSITIONS, Event, State
from dispatch_worker.timers import Timers, is_due
from dispatch_worker.work import Work

_NORMAL: Final = 1000
_ASSIGN_CLAUSES: Final = frozenset(JobAssign.clauses.values())


class Session:
    """One worker's session with one coordinator, over as many connections as it takes."""

    def __init__(self, settings: Settings, signer: Signer) -> None:
        self._settings = settings
        self._pubkey = signer.pubkey_hex
        self._work = Work(signer, settings.capabilities, settings.concurrency)
        self._backoff = Backoff(settings.longest_wait)
        self._state = State.WAITING
        self._claimed = settings.pairing_code is None
        self._retry_at: float | None = None
        self._timers = Timers()

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._state

    @property
    def wake_at(self) -> float | None:
        """When `tick` has to be called next (the clock of `Moment.now`); None if only inputs move it."""
        times = (self._retry_at, self._timers.next(), self._work.expires_at)
        return min((time for time in times if time is not None), default=None)

    # -- inputs

    def start(self) -> Effects:
        """Begin: name the worker and make the first connection. Once in a session's life, first of all."""
        return (lines.public_key(self._pubkey), *self._connect())

    def connected(self, moment: Moment) -> Effects:
        """The opening handshake is done: register at once (W-REG-1)."""
        if not self._move(Event.OPENED):
            return ()
        self._timers.opened(moment.now)
        register = Register(
            provider_pubkey=self._pubkey,
            provider_type=self._settings.provider_type,
            capabilities=list(self._settings.capabilities),
        )
        return (Send(encode(register)),)

    def not_connected(self, message: str, moment: Moment) -> Effects:
        """No connection came about; `message` says why."""
        if self._state is not State.CONNECTING:
            return ()
        return (lines.socket_error(message), *self._lose("No connection", moment, exit_code=1))

    def received(self, frame: str | bytes, moment: Moment) -> Effects:
        """One whole WebSocket message: `str` for text, `bytes` for binary."""
        if self._state not in CONNECTED:
            return ()
        self._timers.heard(moment.now)
        try:
            message = decode_from_coordinator(frame)
        except Violation as violation:
            return self._ill_formed(violation)
        if isinstance(message, JobAssign):
            return self._work.assigned(message, moment)
        if isinstance(message, RegisterAck):
            return self._acknowledged(message, moment)
        if isinstance(message, UnknownType):
            return self._work.notices.about(f"a message of unknown type {shown(message.type, 80)}")
        return () if isinstance(message, HeartbeatAck) else (lines.news(message),)

    def heard(self, moment: Moment) -> None:
        """A control frame came: a sign of life of the connection, and nothing else."""
        if self._state in CONNECTED:
            self._timers.heard(moment.now)

    def closed(self, code: int, reason: str, moment: Moment) -> Effects:
        """The connection ended, by the other side or by itself; codes by RFC 6455 §7.4, 1006 for none."""
        if self._state not in CONNECTED:
            return ()
        why = f"connection closed with code {code}" + (f" ({shown(reason)})" if reason else "")
        if code == CLOSE_REPLACED:
            return self._replaced()
        if self._state is State.REGISTERING and not self._settings.reconnect:
            failure = lines.registration_failed(f"{why} before register_ack")
            return (failure, *self._lose(why, moment, exit_code=1))
        return (lines.disconnected(), *self._lose(f"The {why}", moment, exit_code=0))

    def tick(self, moment: Moment) -> Effects:
        """Time passed. Early calls have no effect; a late one makes up for nothing (one beat, no burst)."""
        now = moment.now
        if is_due(self._retry_at, now):
            return self._connect()
        if is_due(self._timers.ack_by, now):
            reason = f"no register_ack within {ACK_SECONDS:.0f} s"
            return (lines.registration_failed(reason), *self._give_up(reason, moment, exit_code=1))
        if is_due(self._timers.silent_at, now):
            reason = f"No frame for {SILENCE_SECONDS:.0f} s"
            return (lines.disconnected(), *self._give_up(reason, moment, exit_code=0))
        effects = self._work.expire(now)
        if is_due(self._timers.grace_until, now):
            effects += self._work.stop_now()
        if is_due(self._timers.beat_at, now):
            effects += self._beat(now)
        return self._then_goodbye(effects)

    def inferred(self, ticket: int, outcome: Inference, moment: Moment) -> Effects:
        """The inference with this ticket ended. One that was cancelled meanwhile has no effect."""
        return self._then_goodbye(self._work.inferred(ticket, outcome, moment))

    def claimed(self, outcome: ClaimOutcome) -> Effects:
        """The claim was answered, or could not be; either way the work goes on (W-PAIR-6, W-PAIR-7)."""
        return () if self._state is State.ENDED else (lines.claim(outcome),)

    def stop(self, moment: Moment) -> Effects:
        """The operator asks for an end: once for a clean one, twice for one at once."""
        if self._state is State.ENDED:
            return ()
        if self._state not in CONNECTED:
            return self._end(0)
        if not self._move(Event.STOP):
            return self._then_goodbye(self._work.stop_now())
        self._timers.stopping(moment.now)
        return self._then_goodbye(self._work.stop())

    # -- steps

    def _move(self, event: Event) -> bool:
        """Follow the table; tells whether it knows the event here."""
        following = TRANSITIONS.get((self._state, event))
        if following is None:
            return False
        self._state = following
        return True

    def _connect(self) -> Effects:
        self._retry_at = None
        self._move(Event.RETRY)
        return (lines.connecting(self._settings.shown_address), Connect())

    def _ill_formed(self, violation: Violation) -> Effects:
        """A frame that breaks a clause: an assignment that names its job is given back, the rest ignored."""
        if violation.job_id is not None and violation.clause in _ASSIGN_CLAUSES:
            return self._work.malformed(violation.job_id, violation.detail)
        return self._work.notices.about(f"a frame: {violation}")

    def _acknowledged(self, ack: RegisterAck, moment: Moment) -> Effects:
        """The first answer to `register` counts; others are ignored (W-ROB-8)."""
        if self._state is not State.REGISTERING:
            return self._work.notices.about("a register_ack: the registration is settled")
        if ack.status == "error" or not ack.worker_id:
            missing = "no worker_id" if ack.status == "ok" else "no reason given"
            failure = lines.registration_failed(shown(ack.error or missing))
            return (failure, *self._work.drop(), Close(_NORMAL), *self._end(1))
        self._move(Event.ACKED)
        self._timers.registered(moment.now)
        return (lines.registered(ack.worker_id), *self._claim())

    def _claim(self) -> Effects:
        """The pairing code is claimed once in a session's life, also if the claim fails (W-PAIR-9)."""
        code = self._settings.pairing_code
        if self._claimed or code is None:
            return ()
        self._claimed = True
        return (Claim(code, self._pubkey),)

    def _beat(self, now: float) -> Effects:
        self._timers.beat(now)
        metrics = Metrics(active_jobs=len(self._work))
        return (Send(encode(Heartbeat(provider_pubkey=self._pubkey, metrics=metrics))),)

    def _replaced(self) -> Effects:
        """Another process runs under this key: to come back would only throw that one out (W-END-7)."""
        text = f"Replaced: this key registered on another connection (close {CLOSE_REPLACED})"
        return (lines.disconnected(), Log(text, Level.ERROR), *self._work.drop(), *self._end(1))

    def _give_up(self, why: str, moment: Moment, exit_code: int) -> Effects:
        """End a connection that is of no more use from this side."""
        return (Close(_NORMAL), *self._lose(why, moment, exit_code))

    def _lose(self, why: str, moment: Moment, exit_code: int) -> Effects:
        """Without a connection: wait for the next attempt, or end with this code where none is wanted."""
        cancelled = self._work.drop()
        registered_at = self._timers.registered_at
        if registered_at is not None and moment.now - registered_at >= LASTING_SECONDS:
            self._backoff.succeeded()
        if self._state is State.STOPPING:
            return cancelled + self._end(0)
        if not self._settings.reconnect:
            return cancelled + self._end(exit_code)
        self._move(Event.LOST)
        self._timers = Timers()
        wait = self._backoff.wait(moment.chance)
        self._retry_at = moment.now + wait
        return (*cancelled, lines.retrying(why, wait))

    def _then_goodbye(self, effects: Effects) -> Effects:
        """Close and end once the last job is answered, where that is what is waited for."""
        if self._state is not State.STOPPING or len(self._work):
            return effects
        return (*effects, Close(_NORMAL), lines.disconnected(), *self._end(0))

    def _end(self, code: int) -> Effects:
        self._move(Event.END)
        self._retry_at = None
        self._timers = Timers()
        return (Exit(code),)
