"""Heartbeats: their key, their figures, and the gaps between them. Clauses W-HBT.

A gap is laid at the door of what ran during most of it: nothing (W-HBT-1), a job (W-HBT-4), or several jobs
(W-HBT-5).
"""

from typing import Final

from dispatch_protocol.messages import Heartbeat
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.reading import Reading
from dispatch_protocol.rules.records import Connection, Pulse

LONGEST_GAP: Final = 25.0
"""Seconds without a heartbeat that break a MUST."""

LONG_GAP: Final = 12.0
"""Seconds without a heartbeat that break a SHOULD."""

SHORT_GAP: Final = 8.0
"""Seconds between two heartbeats below which they come too fast."""


def beat(ledger: Ledger, connection: Connection, reading: Reading) -> None:
    """A heartbeat came. One at fault, or under another key, still counts as one in time."""
    if isinstance(reading.message, Heartbeat):
        under_key = _judge_key(ledger, connection, reading.message.provider_pubkey)
        if under_key and reading.violation is None:
            connection.good_beat = ledger.t
        if reading.message.metrics is not None:
            ledger.passed("W-HBT-3")
    pulse = connection.pulse
    if pulse is None or not connection.is_registered:
        return
    pulse.carry(ledger.t, pulse.load)
    if not connection.faulted:
        _judge_gap(ledger, connection, pulse)
    pulse.beats += 1
    pulse.restart(ledger.t, ledger.index)


def pass_time(ledger: Ledger, connection: Connection, *, ended: bool = False) -> None:
    """Time passed: whether the present gap is too long already. `ended`: no heartbeat will come any more."""
    pulse = connection.pulse
    if pulse is None or pulse.reported or connection.faulted or not connection.is_registered:
        return
    gap = ledger.t - pulse.since
    if gap > LONGEST_GAP or (ended and gap > LONG_GAP):
        pulse.carry(ledger.t, pulse.load)
        pulse.reported = True
        _report(ledger, connection, pulse, gap)


def _judge_key(ledger: Ledger, connection: Connection, pubkey: str) -> bool:
    if connection.key is None:
        return False
    if pubkey.lower() == connection.key.lower():
        ledger.passed("W-HBT-2")
        return True
    ledger.failed(
        "W-HBT-2",
        "the heartbeat names another key than the registration",
        place="$.provider_pubkey",
        expected=connection.key,
        actual=pubkey,
        connection=connection.number,
    )
    return False


def _judge_gap(ledger: Ledger, connection: Connection, pulse: Pulse) -> None:
    gap = ledger.t - pulse.since
    if pulse.beats:
        if gap >= SHORT_GAP:
            ledger.passed("W-HBT-7")
        else:
            ledger.failed(
                "W-HBT-7",
                "two heartbeats came too close together",
                expected=f"at least {SHORT_GAP:g} s between them",
                actual=f"{gap:.3f} s",
                connection=connection.number,
            )
    if gap <= LONGEST_GAP:
        ledger.passed(_clause(pulse, gap))
    if gap <= LONG_GAP:
        ledger.passed("W-HBT-6")
    elif not pulse.reported:
        _report(ledger, connection, pulse, gap)


def _report(ledger: Ledger, connection: Connection, pulse: Pulse, gap: float) -> None:
    """One finding for one gap: the SHOULD is not blamed beside the MUST."""
    too_long = gap > LONGEST_GAP
    ledger.failed(
        _clause(pulse, gap) if too_long else "W-HBT-6",
        "the gap between heartbeats is too long",
        expected=f"at most {LONGEST_GAP if too_long else LONG_GAP:g} s without a heartbeat",
        actual=f"{gap:.1f} s, a job running during {pulse.busy:.1f} s of them",
        connection=connection.number,
        index=pulse.index,
    )


def _clause(pulse: Pulse, gap: float) -> str:
    if pulse.crowded > gap / 2:
        return "W-HBT-5"
    return "W-HBT-4" if pulse.busy > gap / 2 else "W-HBT-1"
