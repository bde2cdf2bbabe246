"""How a coordinator treats connections: who is registered, who is dropped, how they close.

Clauses C-REG on worker ids and replaced keys, C-HBT on dropping, C-ERR-11.
"""

from typing import Final

from dispatch_protocol.messages import RegisterAck
from dispatch_protocol.recording import Closed
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.records import Connection
from dispatch_protocol.vocabulary import CLOSE_REPLACED, Role

KEEP_SECONDS: Final = 30.0
"""A worker whose last heartbeat is younger is kept."""

DROP_SECONDS: Final = 40.0
"""A worker whose last heartbeat is older has been dropped."""

REPLACE_SECONDS: Final = 10.0
"""After so many seconds the connection that lost its key has been closed."""

_AT_ONCE: Final = 1.0
_NO_STATUS: Final = 1005
_NEED_NO_CAUSE: Final = frozenset((1001, 1002, 1006, 1007, 1009, 1011, 1012, 1013, CLOSE_REPLACED))
"""Codes of a close that no frame caused: the coordinator's end, a breach of RFC 6455, a newer socket."""


def acknowledged(ledger: Ledger, facts: Facts, connection: Connection, message: RegisterAck) -> None:
    """A `register_ack`, before the worker counts as registered by it."""
    if message.status == "error":
        given = message.error is not None
        _judge(ledger, connection, "C-REG-5", fits=given, expected="a string `error`", actual="none")
        return
    worker_id = message.worker_id or ""
    _judge(ledger, connection, "C-REG-2", fits=bool(worker_id), expected="a worker_id", actual="none")
    if worker_id:
        _judge_worker_id(ledger, facts, connection, worker_id)


def closed(ledger: Ledger, connection: Connection, event: Closed) -> None:
    """A connection ended, by whomever."""
    by_coordinator = event.by is Role.COORDINATOR
    if connection.is_registered:
        if event.code == CLOSE_REPLACED:
            ledger.passed("C-REG-12")
        elif connection.replaced is not None and by_coordinator:
            _judge(
                ledger,
                connection,
                "C-REG-12",
                fits=False,
                expected=f"close {CLOSE_REPLACED}",
                actual=f"close {event.code}",
            )
        _judge_drop(ledger, connection, event, by_coordinator=by_coordinator)
    if connection.error_at is not None and by_coordinator and event.code not in _NEED_NO_CAUSE:
        kept = ledger.t - connection.error_at > _AT_ONCE or _age(ledger, connection) >= KEEP_SECONDS
        _judge(
            ledger,
            connection,
            "C-ERR-11",
            fits=kept,
            expected="an open connection",
            actual=f"close {event.code}",
        )


def pass_time(ledger: Ledger, connection: Connection) -> None:
    """Time passed: whether a silent worker, or one that lost its key, is still connected."""
    if connection.faulted or not connection.is_registered:
        return
    age = _age(ledger, connection)
    if age > DROP_SECONDS and not connection.undropped_reported:
        connection.undropped_reported = True
        expected = f"a drop within {DROP_SECONDS:g} s of its last heartbeat"
        _judge(
            ledger,
            connection,
            "C-HBT-3",
            fits=False,
            expected=expected,
            actual=f"still there after {age:.1f} s",
        )
    replaced = connection.replaced
    if replaced is not None and ledger.t - replaced > REPLACE_SECONDS:
        connection.replaced = None
        _judge(
            ledger,
            connection,
            "C-REG-12",
            fits=False,
            expected=f"close {CLOSE_REPLACED}",
            actual="still open",
        )


def _judge_worker_id(ledger: Ledger, facts: Facts, connection: Connection, worker_id: str) -> None:
    """One worker, one id: the same after a second `register`, and nobody else's."""
    name, former = name_of(worker_id), connection.worker_id
    if connection.is_registered and former is not None:
        _judge(ledger, connection, "C-REG-10", fits=former == name, expected=former, actual=worker_id)
    number = facts.worker_ids.get(name)
    owner = None if number is None else facts.connections.get(number)
    alone = owner is None or owner is connection or owner.key == connection.key
    _judge(ledger, connection, "C-REG-3", fits=alone, expected="an id of its own", actual=worker_id)
    facts.worker_ids.put(name, connection.number)


def _judge_drop(ledger: Ledger, connection: Connection, event: Closed, *, by_coordinator: bool) -> None:
    """A close without a status is how a coordinator drops a worker: not before its time."""
    if by_coordinator and event.code == _NO_STATUS and not connection.undropped_reported:
        age = _age(ledger, connection)
        expected = f"a connection for {KEEP_SECONDS:g} s after the last heartbeat"
        _judge(
            ledger,
            connection,
            "C-HBT-2",
            fits=age >= KEEP_SECONDS,
            expected=expected,
            actual=f"dropped after {age:.1f} s",
        )
        ledger.passed("C-HBT-3", "C-HBT-4")


def _age(ledger: Ledger, connection: Connection) -> float:
    return ledger.t - connection.good_beat


def _judge(
    ledger: Ledger, connection: Connection, clause: str, *, fits: bool, expected: str, actual: str
) -> None:
    message = "the coordinator treats the connection otherwise"
    ledger.judge(clause, fits, message, expected=expected, actual=actual, connection=connection.number)
