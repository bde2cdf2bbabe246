"""A fault marked on a connection excuses the coordinator there, and nowhere else; a legal one nothing."""

import pytest
from dispatch_protocol.canonical import stringify
from dispatch_protocol.recording import Closed, Fault, Opened, TranscriptEvent, frame_event
from dispatch_protocol.rules import Rules
from dispatch_protocol.vocabulary import Role

KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
REGISTER = stringify(
    {
        "type": "register",
        "provider_pubkey": KEY,
        "provider_type": "DESKTOP",
        "capabilities": ["TASK"],
    }
)
ACK = '{"type":"register_ack","status":"ok","worker_id":"w"}'
BROKEN: dict[str, str | bytes] = {
    "C-FRM-1": b"\x00",
    "C-FRM-2": "no JSON",
    "C-FRM-3": ACK[:-1] + " " * 1_048_576 + "}",
    "C-FRM-4": '{"type":7}',
    "C-HBT-1": '{"type":"heartbeat_ack","status":"late"}',
}


def session(number: int, *between: TranscriptEvent) -> list[TranscriptEvent]:
    """A registration, and what happens after it."""
    return [
        Opened(t=0, connection=number),
        frame_event(0.1, number, Role.WORKER, REGISTER),
        frame_event(0.2, number, Role.COORDINATOR, ACK),
        *between,
        Closed(t=3, connection=number, code=1000, by=Role.WORKER),
    ]


def judged(events: list[TranscriptEvent]) -> set[str]:
    rules = Rules()
    findings = [finding for event in events for finding in rules.feed(event)]
    return {finding.clause for finding in [*findings, *rules.finish(4)]}


@pytest.mark.parametrize("clause", BROKEN)
def test_a_marked_connection_is_excused(clause: str) -> None:
    broken = frame_event(2, 1, Role.COORDINATOR, BROKEN[clause], opcode="binary")
    assert clause in judged(session(1, broken))
    assert judged(session(1, Fault(t=1, name="malformed", connection=1), broken)) == set()
    for mark in (
        Fault(t=1, name="demo_traffic", connection=1, legal=True),
        Fault(t=1, name="demo_traffic", legal=True),
        Fault(t=1, name="malformed", connection=2),
    ):
        assert clause in judged(session(1, mark, broken)), mark


def test_the_worker_is_judged_all_the_same() -> None:
    mark = Fault(t=1, name="malformed", connection=1)
    unasked = frame_event(2, 1, Role.WORKER, '{"type":"job_reject","job_id":"x","reason":"y"}')
    assert judged(session(1, mark, unasked)) == {"W-JOB-6"}
    assert judged(session(1, mark, frame_event(2, 1, Role.WORKER, "no JSON"))) == {"W-FRM-2"}
