"""Who is there: connections open, register, settle, fall silent, lose their key to a newer one, and go.

Source: SPEC.md, "Registration", "Heartbeats". What becomes of their jobs is the dispatcher's.
"""

import math
from typing import Final

from dispatch_protocol.messages import Register, RegisterAck
from dispatch_protocol.vocabulary import CLOSE_REPLACED

from dispatch_mockcoord.core.deadlines import Deadlines
from dispatch_mockcoord.core.dispatcher import Dispatcher
from dispatch_mockcoord.core.effects import Close, Effect, Send, WorkerJoined, WorkerLeft
from dispatch_mockcoord.core.registry import Registry
from dispatch_mockcoord.core.terms import DROP_SECONDS, TICK_SECONDS, Moment, Terms
from dispatch_mockcoord.core.worker import Worker

CLOSE_UNREGISTERED: Final = 1008
"""The close code (RFC 6455 §7.4.1, policy violation) for a connection that never registered."""


class Attendance:
    """The connections and workers of a registry, and when something is due for them.

    Effects are appended to `effects`.
    """

    def __init__(
        self, terms: Terms, registry: Registry, dispatcher: Dispatcher, effects: list[Effect], now: float
    ) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._effects = effects
        self._unregistered = Deadlines(terms.register_seconds)
        self._settling = Deadlines(terms.settle_seconds)
        self._next_tick = now + TICK_SECONDS

    @property
    def earliest(self) -> float:
        """When something is due next; infinity while nothing is."""
        tick = self._next_tick if self._registry.workers else math.inf
        return min(tick, self._settling.earliest, self._unregistered.earliest)

    def open(self, connection: int, now: float) -> None:
        """A connection was accepted. It is closed unless it registers in time: C-CON-6."""
        self._registry.connections.add(connection)
        self._unregistered.start(connection, now)

    def register(self, connection: int, message: Register, now: float) -> None:
        """Register the connection under a usable key, in place of what it was, and say so: C-REG-1, C-REG-9.

        Another connection that holds the key loses it, and is closed: C-REG-11, C-REG-12.
        """
        former = self._registry.by_key(message.provider_pubkey.lower())
        if former is not None and former.connection != connection:
            self._close(former.connection, CLOSE_REPLACED, "the key registered on a newer connection")
        worker = self._registry.register(connection, message, now)
        self._unregistered.cancel(connection)
        self._settling.cancel(connection)
        self._effects.append(Send(connection, RegisterAck(status="ok", worker_id=worker.worker_id)))
        self._effects.append(WorkerJoined(worker))

    def acknowledged(self, worker: Worker, now: float) -> None:
        """This worker's `register_ack` has left: it settles from now on, unless it is gone or another by now.

        Nothing is assigned to it before (C-REG-13), nor until it has settled (C-JOB-21).
        """
        if self._registry.workers.get(worker.connection) is worker and not worker.settled:
            self._settling.start(worker.connection, now)

    def lose(self, connection: int, why: str) -> None:
        """A connection is gone, and its worker with it; nothing happens where it was not open."""
        self._unregistered.cancel(connection)
        self._settling.cancel(connection)
        worker = self._registry.remove(connection)
        if worker is not None:
            self._effects.append(WorkerLeft(worker, why))
            self._dispatcher.lose(worker)

    def pass_time(self, at: Moment) -> None:
        """Do what is due: who has settled gets a job, who never registered or fell silent goes."""
        for connection in self._settling.passed(at.now):
            worker = self._registry.workers[int(connection)]
            self._registry.settle(worker)
            self._dispatcher.free(worker, at)
        for connection in self._unregistered.passed(at.now):
            self._close(int(connection), CLOSE_UNREGISTERED, "no register")

    def drop_silent(self, now: float) -> None:
        """Once in TICK_SECONDS, close without a code on whom no heartbeat vouches for: C-HBT-2 to C-HBT-4."""
        if now >= self._next_tick:
            self._next_tick += TICK_SECONDS * math.ceil((now - self._next_tick + 1e-9) / TICK_SECONDS)
            for worker in list(self._registry.workers.values()):
                if now - worker.last_beat >= DROP_SECONDS:
                    self._close(worker.connection, None, "silent")

    def _close(self, connection: int, code: int | None, why: str) -> None:
        self._effects.append(Close(connection, code, why if code is not None else ""))
        self.lose(connection, why)
