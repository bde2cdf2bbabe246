"""Sessions under random inputs: what always holds, whatever a coordinator, a model or an operator does.

* No input raises.
* Nothing is sent before `register`, nor on a connection that is over; `register` goes out once for each.
* Each job assigned on a connection has one answer at most, and no answer goes to a job that was not assigned
  on it. While it lasts, every legible assignment is answered or held: heartbeats count those that are held.
* Where time passes, no more than ten seconds lie between heartbeats of one registration.
* After `Exit` there are no effects.
"""

import json
from typing import Any

from dispatch_worker.effects import (
    Cancel,
    ClaimRefused,
    Close,
    Connect,
    Effects,
    Exit,
    Generated,
    Infer,
    Moment,
    NotGenerated,
    Send,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.worker.driver import ACK, Driver, assignment, frame

IDS = st.sampled_from([f"j-{number}" for number in range(12)])
TEXTS = st.one_of(
    st.text(max_size=20),
    st.binary(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
    st.sampled_from(
        [
            frame("heartbeat_ack", status="ok"),
            frame("error", code="X", message="y"),
            frame("register_ack", status="maybe"),
            frame("feedback_failed", job_id="j-1", error="x"),
            frame("feedback_failed", job_id="j-1", error=1),
        ]
    ),
)


class Conduct(RuleBasedStateMachine):
    """A session, a model of what was asked of it, and the checks above at every effect."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = Driver(concurrency=2, pairing_code="A3F2B1")
        self.open = False
        self.dialling = False
        self.ended = False
        self.registered_at: float | None = None
        self.beat_at = 0.0
        self.assigned: set[str] = set()
        self.answered: set[str] = set()
        self.frames = 0
        self.running: set[int] = set()
        self.take(self.driver.session.start())

    # -- the model

    def take(self, effects: Effects) -> None:
        """Follow the effects of an input."""
        assert not (self.ended and effects)
        for effect in effects:
            match effect:
                case Send(text):
                    self.sent(json.loads(text))
                case Infer(ticket):
                    assert self.open
                    self.running.add(ticket)
                case Cancel(ticket):
                    self.running.remove(ticket)
                case Close():
                    assert self.open
                    self.over()
                case Connect():
                    assert not self.open
                    assert not self.dialling
                    self.dialling = True
                case Exit():
                    self.ended = True
        assert len(self.running) <= 2

    def sent(self, message: dict[str, Any]) -> None:
        """Judge one frame."""
        assert self.open
        self.frames += 1
        assert (message["type"] == "register") == (self.frames == 1)
        if message["type"] == "heartbeat":
            assert self.registered_at is not None
            assert message["metrics"]["active_jobs"] == len(self.assigned - self.answered)
            self.beat_at = self.driver.now
        elif message["type"] in ("job_complete", "job_reject"):
            assert message["job_id"] in self.assigned
            assert message["job_id"] not in self.answered
            self.answered.add(message["job_id"])

    def over(self) -> None:
        """The connection is gone, and what was assigned on it."""
        self.open = False
        self.registered_at = None
        self.assigned.clear()
        self.answered.clear()
        self.frames = 0

    # -- inputs

    @precondition(lambda self: self.dialling)
    @rule()
    def connect(self) -> None:
        self.dialling, self.open = False, not self.ended
        self.take(self.driver.session.connected(self.driver.moment))

    @precondition(lambda self: self.dialling)
    @rule(message=st.text(max_size=9))
    def not_connect(self, message: str) -> None:
        self.dialling = False
        self.take(self.driver.session.not_connected(message, self.driver.moment))

    @rule(
        ack=st.sampled_from(
            [ACK] * 8 + [frame("register_ack", status="error"), frame("register_ack", status="ok")]
        )
    )
    def acknowledge(self, ack: str) -> None:
        waiting = self.open and self.registered_at is None
        self.take(self.driver.receive(ack))
        if waiting and self.open and ack == ACK and not self.ended:
            self.registered_at = self.beat_at = self.driver.now

    @rule(text=TEXTS)
    def receive(self, text: str | bytes) -> None:
        self.take(self.driver.receive(text))

    @rule(
        job_id=IDS,
        job_type=st.sampled_from(["TASK", "LLM_INFER", "LLM_INFER", "SING"]),
        over=st.sampled_from([{}, {}, {"payload": None}, {"policy": "AUTO"}, {"user_id": []}]),
    )
    def assign(self, job_id: str, job_type: str, over: dict[str, Any]) -> None:
        if self.open:
            self.assigned.add(job_id)
        self.take(self.driver.receive(assignment(job_id, job_type, **over)))

    @rule(ticket=st.integers(0, 30), failed=st.booleans())
    def infer(self, ticket: int, failed: bool) -> None:
        self.running.discard(ticket)
        outcome = NotGenerated("no") if failed else Generated({"text": "t", "model": "m"})
        self.take(self.driver.inferred(ticket, outcome))

    @rule()
    def claimed(self) -> None:
        self.take(self.driver.session.claimed(ClaimRefused("expired")))

    @rule(code=st.sampled_from([1000, 1001, 1005, 1006, 1009, 1011, 4000]), reason=st.text(max_size=5))
    def close(self, code: int, reason: str) -> None:
        effects = self.driver.closed(code, reason)
        self.over()
        self.take(effects)

    @rule(seconds=st.floats(0.1, 20), chance=st.floats(0, 1))
    def pass_time(self, seconds: float, chance: float) -> None:
        until = self.driver.now + seconds
        self.driver.chance = chance
        while (wake_at := self.driver.session.wake_at) is not None and wake_at <= until:
            self.driver.now = max(self.driver.now, wake_at)
            self.take(self.driver.tick())
        self.driver.now = until

    @rule()
    def ring_early(self) -> None:
        self.take(self.driver.session.tick(Moment(self.driver.now, 0)))

    @precondition(lambda self: self.driver.now > 1150)
    @rule()
    def stop(self) -> None:
        self.take(self.driver.stop())

    # -- what always holds

    @invariant()
    def beats(self) -> None:
        if self.registered_at is not None and not self.ended:
            assert self.driver.now - self.beat_at <= 10 + 1e-9

    @invariant()
    def wakes(self) -> None:
        """While it lives and nothing is being dialled, a session always has a next time; ended, none."""
        if self.ended:
            assert self.driver.session.wake_at is None
        elif not self.dialling:
            assert self.driver.session.wake_at is not None


TestConduct = Conduct.TestCase
TestConduct.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
