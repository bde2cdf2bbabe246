"""The face of the rules: events in, findings out."""

from collections import Counter
from typing import Final

from dispatch_protocol.recording import Closed, Fault, Frame, Http, Leap, Opened, TranscriptEvent
from dispatch_protocol.rules import (
    assignments,
    connections,
    conversation,
    heartbeats,
    interface,
    receipts,
    registration,
    replies,
    trust,
)
from dispatch_protocol.rules.exchanges import read_exchange
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Finding, Ledger
from dispatch_protocol.rules.reading import judge_form, read
from dispatch_protocol.rules.records import Connection
from dispatch_protocol.transitions import SessionStep
from dispatch_protocol.vocabulary import Role

SWEEP_SECONDS: Final = 1.0
"""How often, in transcript time, every connection is looked at for what is overdue."""


class Rules:
    """Judges one transcript. Feed it every event in order, then finish.

    `epoch_ms` is the wall clock at t=0, in milliseconds since 1970, on the host that both ends run on;
    without it the plausibility of times is not judged. `roles` names whom to judge. `worker_timeout` is how
    many seconds the coordinator waits for an answer before it gives a job up (an option of coordinators).

    After a `Fault` on a connection nothing that depends on time or on the coordinator is judged on it any
    more; an HTTP exchange with one is not judged, nor what follows from it. A `Leap` is no time that a
    worker let pass; on the connections that were open at it the coordinator is judged no more.
    """

    def __init__(
        self,
        *,
        epoch_ms: int | None = None,
        roles: frozenset[Role] = frozenset(Role),
        worker_timeout: float = 120.0,
    ) -> None:
        self._ledger = Ledger(epoch_ms)
        self._facts = Facts()
        self._of_worker = Role.WORKER in roles
        self._of_coordinator = Role.COORDINATOR in roles
        self._patience = worker_timeout
        self._faulty_exchanges = 0
        self._swept = 0.0

    @property
    def judged(self) -> Counter[str]:
        """How often each clause was examined, held or broken. Clauses never examined are missing."""
        judged = self._ledger.judged
        return Counter({clause: times for clause, times in judged.items() if self._concerns(clause)})

    @property
    def forgotten(self) -> int:
        """How much was not followed, or is remembered no longer, to stay within bounds."""
        facts = self._facts
        kept = (facts.connections, facts.answered, facts.lost, facts.early, facts.jobs, facts.codes)
        return facts.budget.refused + sum(memory.dropped for memory in kept)

    def feed(self, event: TranscriptEvent) -> tuple[Finding, ...]:
        """One event happened. Gives what it brings to light. Never raises, whatever the event holds."""
        ledger = self._ledger
        ledger.index += 1
        ledger.t = max(ledger.t, event.t - ledger.ahead)
        if ledger.t - self._swept >= SWEEP_SECONDS:
            self._swept = ledger.t
            self._pass_time()
        if isinstance(event, Frame):
            self._frame(event)
        elif isinstance(event, Http):
            self._exchange(event)
        elif isinstance(event, Opened):
            self._opened(event)
        elif isinstance(event, Closed):
            self._closed(event)
        elif isinstance(event, Leap):
            self._leapt(event)
        elif not event.legal:
            self._struck(event)
        return self._take()

    def finish(self, t: float) -> tuple[Finding, ...]:
        """The transcript ended at `t` (seconds): what is owed by now will not come any more."""
        self._ledger.t = max(self._ledger.t, t - self._ledger.ahead)
        for connection in self._facts.connections.values():
            self._pass_time_on(connection, ended=True)
            if self._of_worker:
                heartbeats.pass_time(self._ledger, connection, ended=True)
        return self._take()

    def _take(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self._ledger.take() if self._concerns(finding.clause))

    def _concerns(self, clause: str) -> bool:
        return self._of_worker if clause.startswith("W-") else self._of_coordinator

    def _connection(self, number: int) -> Connection:
        """The connection, or where the transcript does not show its beginning, one that begins here."""
        known = self._facts.connections.get(number)
        return known or self._facts.connection(number, None, self._ledger.index)

    def _judges_coordinator_on(self, connection: Connection) -> bool:
        return self._of_coordinator and not (connection.faulted or connection.leapt)

    def _leapt(self, event: Leap) -> None:
        self._ledger.ahead += event.seconds
        for connection in self._facts.connections.values():
            connection.leapt = True

    def _struck(self, event: Fault) -> None:
        if event.connection is not None:
            self._connection(event.connection).faulted = True
        elif event.exchange is not None:
            self._facts.struck.put(event.exchange, True)
        else:
            self._faulty_exchanges += 1

    def _opened(self, event: Opened) -> None:
        former = self._facts.connections.get(event.connection)
        if former is not None:
            self._facts.forget(former)
        self._facts.connection(event.connection, self._ledger.t, self._ledger.index)

    def _closed(self, event: Closed) -> None:
        connection = self._connection(event.connection)
        self._pass_time_on(connection, ended=True)
        if event.by is not Role.WORKER:
            heartbeats.pass_time(self._ledger, connection, ended=True)
        if self._judges_coordinator_on(connection):
            connections.closed(self._ledger, connection, event)
        registration.closed(self._facts, connection, event.code, self._ledger.t)
        assignments.lose(self._facts, connection)
        connection.step(SessionStep.CLOSE)
        self._facts.forget(connection)

    def _frame(self, event: Frame) -> None:
        if event.opcode in ("ping", "pong"):
            return
        connection = self._connection(event.connection)
        reading = read(event)
        if event.sender is Role.WORKER or not connection.faulted:
            judge_form(self._ledger, connection.number, event.sender, event, reading)
        judged = self._judges_coordinator_on(connection)
        if event.sender is Role.WORKER:
            if judged and (event.opcode, event.text) != ("text", None):
                replies.expect(self._ledger, self._facts, connection, reading, self._patience)
            conversation.from_worker(self._ledger, self._facts, connection, event, reading)
        else:
            if judged:
                conversation.judge_coordinator(self._ledger, self._facts, connection, reading, self._patience)
            conversation.from_coordinator(self._ledger, self._facts, connection, reading)

    def _exchange(self, event: Http) -> None:
        about_trust = "/trust/" in event.path.lower()
        if not (self._of_coordinator or about_trust):
            return
        exchange = read_exchange(event)
        if about_trust and self._of_worker:
            trust.claimed(self._ledger, self._facts, exchange)
        if about_trust:
            trust.note_code(self._ledger, self._facts, exchange)
        if self._is_excused(event):
            trust.lose_track(self._facts, exchange)
        elif self._of_coordinator:
            interface.answered(self._ledger, self._facts, exchange)

    def _is_excused(self, event: Http) -> bool:
        """Whether a fault struck this exchange."""
        if event.exchange is not None and self._facts.struck.pop(event.exchange):
            return True
        if event.exchange is None and self._faulty_exchanges:
            self._faulty_exchanges -= 1
            return True
        return False

    def _pass_time(self) -> None:
        for connection in self._facts.connections.values():
            self._pass_time_on(connection)
            heartbeats.pass_time(self._ledger, connection)

    def _pass_time_on(self, connection: Connection, *, ended: bool = False) -> None:
        """Look at one connection for what is overdue by now."""
        ledger = self._ledger
        registration.pass_time(ledger, connection)
        assignments.pass_time(ledger, connection, ended=ended)
        receipts.pass_time(ledger, connection, ended=ended)
        if self._judges_coordinator_on(connection):
            replies.pass_time(ledger, connection, ended=ended)
            connections.pass_time(ledger, connection)
