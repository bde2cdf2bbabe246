"""Registration as the worker's part of it shows: clauses W-REG, and W-END-7 on replaced workers."""

from functools import lru_cache
from typing import Final

from dispatch_protocol.messages import Register, RegisterAck
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.reading import Reading
from dispatch_protocol.rules.records import Connection, Offered, Pulse, Replaced
from dispatch_protocol.signatures import key_fault
from dispatch_protocol.transitions import SessionState, SessionStep
from dispatch_protocol.vocabulary import ACK_SECONDS, CLOSE_REPLACED, SILENCE_SECONDS

REGISTER_SECONDS: Final = ACK_SECONDS
"""How long after the opening handshake a worker may take to register."""

_MOST_OFFERED: Final = 8


def first_frame(ledger: Ledger, connection: Connection, reading: Reading) -> None:
    """Whether the first frame of a connection is `register`; one that cannot be read is not judged."""
    if connection.seen_first or connection.opened is None:
        return
    connection.seen_first = True
    if reading.kind == "register":
        ledger.passed("W-REG-1")
    elif reading.kind is not None:
        ledger.failed(
            "W-REG-1",
            "the first frame on the connection is no `register`",
            place="$.type",
            expected="register",
            actual=reading.kind,
            connection=connection.number,
        )


def registering(ledger: Ledger, facts: Facts, connection: Connection, reading: Reading) -> None:
    """A `register`, good or not: its time, its place in the session, its key."""
    _judge_time(ledger, connection)
    _judge_place(ledger, connection)
    connection.step(SessionStep.REGISTER)
    connection.acceptable = False
    offered = reading.offered
    if isinstance(reading.message, Register):
        message = reading.message
        offered = Offered(message.provider_pubkey, frozenset(message.capabilities))
        ledger.passed("W-REG-3", "W-REG-5", "W-REG-6", *(["W-REG-7"] if message.pricing_hint else []))
        _judge_key(ledger, connection, message.provider_pubkey)
        connection.acceptable = reading.violation is None and connection.acceptable
        _judge_return(ledger, facts, connection, message.provider_pubkey.lower())
    connection.offered = (*connection.offered, offered)[-_MOST_OFFERED:]


def acknowledged(ledger: Ledger, facts: Facts, connection: Connection, message: RegisterAck) -> None:
    """A `register_ack` reached the worker. One that says `ok` without a worker id counts as a refusal."""
    offered, connection.offered = next(iter(connection.offered), None), connection.offered[1:]
    if message.status != "ok" or not message.worker_id:
        connection.step(SessionStep.REFUSE)
        return
    if connection.step(SessionStep.ACCEPT):
        connection.worker_id = name_of(message.worker_id)
        connection.registered = connection.good_beat = ledger.t
        if offered is not None:
            facts.own_key(connection, offered.key, ledger.t)
            connection.capabilities = offered.capabilities
        load = len(connection.running())
        connection.pulse = Pulse(ledger.t, ledger.index, load=load, load_since=ledger.t)


def pass_time(ledger: Ledger, connection: Connection) -> None:
    """Time passed: whether the worker has registered by now."""
    if connection.opened is None or connection.phase is not SessionState.CONNECTED or connection.faulted:
        return
    if connection.unregistered_reported or connection.illegible:
        return
    elapsed = ledger.t - connection.opened
    if elapsed > REGISTER_SECONDS:
        connection.unregistered_reported = True
        ledger.failed(
            "W-REG-2",
            "no `register` came",
            expected=f"within {REGISTER_SECONDS:g} s of the opening handshake",
            actual=f"none for {elapsed:.1f} s",
            connection=connection.number,
            index=connection.index,
        )


@lru_cache(maxsize=1024)
def fault_of_key(pubkey: str) -> str | None:
    """Why 64 hex digits are no usable key; None where they are one."""
    return key_fault(bytes.fromhex(pubkey))


def closed(facts: Facts, connection: Connection, code: int, t: float) -> None:
    """The connection is gone; a key that was replaced on it is watched for a while."""
    if connection.key is None or connection.faulted or not connection.is_registered:
        return
    if code == CLOSE_REPLACED:
        owner = facts.owner(connection.key)
        heir = None if owner is None or owner is connection else owner.number
        facts.replaced.put(connection.key.lower(), Replaced(t, heir))


def _judge_time(ledger: Ledger, connection: Connection) -> None:
    if connection.opened is None or connection.phase is not SessionState.CONNECTED:
        return
    elapsed = ledger.t - connection.opened
    if elapsed <= REGISTER_SECONDS:
        ledger.passed("W-REG-2")
    elif not (connection.unregistered_reported or connection.illegible or connection.faulted):
        connection.unregistered_reported = True
        ledger.failed(
            "W-REG-2",
            "`register` came late",
            expected=f"within {REGISTER_SECONDS:g} s of the opening handshake",
            actual=f"after {elapsed:.1f} s",
            connection=connection.number,
        )


def _judge_place(ledger: Ledger, connection: Connection) -> None:
    if connection.phase is SessionState.CONNECTED:
        ledger.passed("W-REG-9")
    elif connection.phase is SessionState.REFUSED:
        ledger.failed(
            "W-REG-11",
            "registered again after the registration was refused",
            expected="the end of the worker",
            actual="another `register`",
            connection=connection.number,
        )
    else:
        ledger.failed(
            "W-REG-9",
            "registered more than once on one connection",
            expected="one `register`",
            actual="another `register`",
            connection=connection.number,
        )


def _judge_key(ledger: Ledger, connection: Connection, pubkey: str) -> None:
    fault = fault_of_key(pubkey)
    connection.acceptable = fault is None
    for clause, fits, expected in (
        ("W-REG-4", pubkey == pubkey.lower(), "lower-case digits"),
        ("W-REG-8", fault is None, "a point of the curve that is not of small order"),
    ):
        if fits:
            ledger.passed(clause)
        else:
            ledger.failed(
                clause,
                f"the key {fault}" if clause == "W-REG-8" else "the key is written in upper case",
                place="$.provider_pubkey",
                expected=expected,
                actual=pubkey,
                connection=connection.number,
            )


def _judge_return(ledger: Ledger, facts: Facts, connection: Connection, key: str) -> None:
    """Whether a worker that was replaced comes back while its heir is there, or nobody replaced it.

    Once the heir has gone, whoever comes may be the heir itself.
    """
    replaced = facts.replaced.get(key)
    if replaced is None or replaced.heir == connection.number or connection.opened is None:
        return
    elapsed = ledger.t - replaced.t
    heir_gone = replaced.heir is not None and facts.connections.get(replaced.heir) is None
    if elapsed > SILENCE_SECONDS or heir_gone or connection.opened < replaced.t:
        return
    facts.replaced.pop(key)
    ledger.failed(
        "W-END-7",
        f"the key came back after its connection was closed with {CLOSE_REPLACED}",
        expected="the end of the worker",
        actual=f"another `register` after {elapsed:.1f} s",
        connection=connection.number,
    )
