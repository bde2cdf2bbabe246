"""Whatever happens, in whatever order: the core does nothing that the model of it does not allow.

Connections, registrations (also of a key that is registered already, and of another key on the same
connection), heartbeats, codes and claims, commits, commits that are withdrawn, demo jobs, answers by anybody
for any job, losses, frames of the lost, time, restarts. `tests.mockcoord.model` judges.
"""

from typing import Any

from dispatch_mockcoord.core.effects import Effect, JobChanged, Send
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.core.trust import CODE_MILLISECONDS, ClaimFault, Pairing
from dispatch_protocol.canonical import Json
from dispatch_protocol.messages import JobAssign
from dispatch_protocol.rest import CommitRequest
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, Policy, PrivacyClass
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.mockcoord.driver import Driver, identity
from tests.mockcoord.model import Model

KEYS = st.integers(1, 4)
USERS = st.sampled_from(["ann", "ben"])
CAPABILITIES = st.sampled_from([["TASK"], ["LLM_INFER"], ["LLM_INFER", "TASK"]])
TYPES = st.sampled_from(["DESKTOP", "SEEKER"])
GHOSTS = 5
"""How many of the connections that are gone are still heard from."""


class CoreMachine(RuleBasedStateMachine):
    """The core, driven at random, beside its model."""

    @initialize(receipts_required=st.booleans(), settle=st.sampled_from([0.0, 0.25]))
    def begin(self, receipts_required: bool, settle: float) -> None:
        self.driver = Driver(Terms(settle_seconds=settle, receipts_required=receipts_required))
        self.model = Model(self.driver.terms, self.driver.now)
        self.opened = 0
        self.seen = 0

    def input(self) -> None:
        """What is due by now happens first, so that what follows is this input's."""
        self.driver.wait(0)
        self.judge()

    def judge(self) -> None:
        fresh, self.seen = self.driver.effects[self.seen :], len(self.driver.effects)
        self.model.now = self.driver.now
        self.model.judge(fresh)

    def connection(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.model.open)), label="connection")

    def job_id(self, data: st.DataObject, connection: int) -> str:
        """A job of any kind; often the one that this connection holds, or one that somebody holds."""
        peer = self.model.peers.get(connection)
        own = [peer.job_id] * 6 if peer is not None and peer.job_id is not None else []
        held = [other.job_id for other in self.model.peers.values() if other.job_id is not None]
        return data.draw(st.sampled_from([*own, *held, *sorted(self.model.jobs), "unknown"]), label="job")

    @rule(number=KEYS, provider_type=TYPES, capabilities=CAPABILITIES, is_registering=st.booleans())
    def connect(self, number: int, provider_type: str, capabilities: list[str], is_registering: bool) -> None:
        self.input()
        self.opened += 1
        self.model.open[self.opened] = self.driver.now
        self.driver.open(self.opened)
        self.driver.keys[self.opened] = identity(number)
        if is_registering or number > 1:
            self.register(self.opened, number, provider_type, capabilities)

    def register(self, connection: int, number: int, provider_type: str, capabilities: list[str]) -> None:
        self.input()
        key = identity(number).pubkey_hex
        key = key.upper() if provider_type == "SEEKER" else key
        self.model.asks(connection, key, capabilities)
        self.driver.register(
            connection, number, provider_pubkey=key, provider_type=provider_type, capabilities=capabilities
        )
        self.judge()

    @precondition(lambda self: self.model.open)
    @rule(data=st.data(), number=KEYS, provider_type=TYPES, capabilities=CAPABILITIES)
    def register_again(
        self, data: st.DataObject, number: int, provider_type: str, capabilities: list[str]
    ) -> None:
        """With any key: the same, another, or one that another connection holds."""
        self.register(self.connection(data), number, provider_type, capabilities)

    @precondition(lambda self: self.model.open)
    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        self.input()
        connection = self.connection(data)
        self.model.closes(connection)
        self.driver.close(connection)

    @precondition(lambda self: self.opened > len(self.model.open))
    @rule(data=st.data(), what=st.sampled_from(["whole", "reject", "receipt", "register", "beat"]))
    def a_ghost_speaks(self, data: st.DataObject, what: str) -> None:
        """What comes on a connection that is gone, or that the core closed, is not heard."""
        self.input()
        gone = [number for number in range(1, self.opened + 1) if number not in self.model.open]
        connection = data.draw(st.sampled_from(gone[-GHOSTS:]))
        if what in ("register", "beat"):
            message = self.driver.registration(connection)
            message |= {"type": "heartbeat"} if what == "beat" else {}
        else:
            message = self.message(connection, self.job_id(data, connection), what)
        assert self.driver.send(connection, message) == []
        assert len(self.driver.effects) == self.seen

    @precondition(lambda self: self.model.open)
    @rule(data=st.data(), number=KEYS, is_own=st.sampled_from([True, True, True, False]))
    def beat(self, data: st.DataObject, number: int, is_own: bool) -> None:
        self.input()
        connection = self.connection(data)
        key = self.driver.keys[connection] if is_own else identity(number)
        self.model.beats(connection, key.pubkey_hex)
        self.driver.beat(connection, provider_pubkey=key.pubkey_hex)

    @rule(
        job_type=st.sampled_from(JobType),
        policy=st.sampled_from([Policy.FAST, Policy.CHEAP]),
        privacy=st.sampled_from(PrivacyClass),
        user_id=USERS,
    )
    def commit(self, job_type: JobType, policy: Policy, privacy: PrivacyClass, user_id: str) -> None:
        self.input()
        is_hopeless = privacy is PrivacyClass.PRIVATE and not self.model.has_trusted(user_id, job_type)
        job = self.driver.jobs[self.driver.commit(job_type, policy, privacy, user_id)]
        assert (job.error is JobError.NO_TRUSTED_WORKER) is is_hopeless

    @rule(job_type=st.sampled_from(JobType), privacy=st.sampled_from(PrivacyClass), user_id=USERS)
    def commit_in_vain(self, job_type: JobType, privacy: PrivacyClass, user_id: str) -> None:
        """A commit that could not be stored: of its effects none is carried out."""
        self.input()
        request = CommitRequest(
            job_type=job_type, policy=Policy.FAST, privacy_class=privacy, user_id=user_id, payload=Json.of({})
        )
        job, effects = self.driver.core.commit(request, self.driver.at)
        assert all(is_about(effect, job.id) for effect in effects)
        self.driver.core.withdraw(job)
        self.model.withdrawn.add(job.id)

    @precondition(lambda self: self.driver.core.registry.workers)
    @rule(data=st.data())
    def demonstrate(self, data: st.DataObject) -> None:
        self.input()
        worker = data.draw(st.sampled_from(list(self.driver.core.registry.workers.values())))
        peer = self.model.peers[worker.connection]
        if "TASK" in peer.capabilities:
            effects = self.driver.core.demonstrate(worker, "demo", Json.of({}), self.driver.at)
            self.driver.take(effects)
            assert not effects or peer.job_id is None

    @rule(user_id=USERS)
    def create_code(self, user_id: str) -> None:
        self.input()
        pairing, effects = self.driver.core.create_code(user_id, self.driver.at)
        assert pairing is not None
        assert pairing.user_id == user_id
        self.driver.take(effects)

    @precondition(lambda self: self.driver.pairings)
    @rule(data=st.data(), number=KEYS, spelling=st.sampled_from(["lower", "upper", "bad"]))
    def claim(self, data: st.DataObject, number: int, spelling: str) -> None:
        """Of any code, by any key."""
        self.input()
        pubkey = identity(number).pubkey_hex
        pubkey = {"lower": pubkey, "upper": pubkey.upper(), "bad": pubkey[:-1]}[spelling]
        code = data.draw(st.sampled_from([*sorted(self.driver.pairings)[-3:], "ABCDEF", ""]), label="code")
        expected = self.claim_fault(code, spelling)
        user_id = self.driver.pairings[code].user_id if code in self.driver.pairings else ""
        if expected is None:
            self.model.paired.add((user_id, pubkey.lower()))
        outcome, effects = self.driver.core.claim_code(code, pubkey, self.driver.at)
        self.driver.take(effects)
        if expected is None:
            assert isinstance(outcome, Pairing)
            assert (outcome.user_id, outcome.pubkey) == (user_id, pubkey)
        else:
            assert outcome in expected
            assert effects == []

    def claim_fault(self, code: str, spelling: str) -> tuple[ClaimFault, ...] | None:
        """Why this claim has to be refused; None where it has to succeed."""
        pairing = self.driver.pairings.get(code)
        if pairing is None:
            return (ClaimFault.INVALID_CODE,)
        if pairing.pubkey is not None:
            return (ClaimFault.ALREADY_CLAIMED,)
        age = self.driver.at.wall_ms - (pairing.expires_ms - CODE_MILLISECONDS)
        if age >= CODE_MILLISECONDS:
            return (ClaimFault.EXPIRED, ClaimFault.INVALID_CODE)[: 1 + (age >= 2 * CODE_MILLISECONDS)]
        return (ClaimFault.INVALID_KEY,) if spelling == "bad" else None

    @precondition(lambda self: self.model.peers)
    @rule(
        data=st.data(),
        what=st.sampled_from(["whole", "whole", "bare", "bad", "reject", "receipt", "receipt"]),
    )
    def answer(self, data: st.DataObject, what: str) -> None:
        """Any connection, any job: only the holder's counts."""
        self.input()
        connection = data.draw(st.sampled_from(sorted(self.model.peers)), label="connection")
        job_id = self.job_id(data, connection)
        note = {"reject": self.model.rejects, "receipt": self.model.submits}.get(what, self.model.completes)
        counts = note(connection, job_id)
        before = self.driver.jobs.get(job_id)
        answers = self.driver.send(connection, self.message(connection, job_id, what))
        assert any(answer.get("code") == "JOB_NOT_ASSIGNED" for answer in answers) is not counts
        after = self.driver.jobs.get(job_id)
        if not counts:
            assert after is before, "a stranger's answer changes nothing"
        elif what in ("whole", "bare", "bad"):
            assert after is not None
            is_left_open = after.status is JobStatus.ASSIGNED and self.driver.terms.receipts_required
            assert after.status is JobStatus.COMPLETED or is_left_open

    def message(self, connection: int, job_id: str, what: str) -> dict[str, Any]:
        if what == "reject":
            return {"type": "job_reject", "job_id": job_id, "reason": "no"}
        if what == "receipt":
            return self.driver.submission(connection, job_id)
        if what == "bare":
            return self.driver.bare(connection, job_id)
        changes = {"receipt_signature": "bad"} if what == "bad" else {}
        return self.driver.completion(connection, job_id, **changes)

    @rule(seconds=st.sampled_from([0.1, 0.25, 1.0, 5.0, 5.0, 12.0, 31.0]), with_beats=st.booleans())
    def wait(self, seconds: float, with_beats: bool) -> None:
        """Time passes, step by step as the core wants to be woken."""
        end = self.driver.now + seconds
        while self.driver.now < end:
            due = self.driver.core.wake_at
            step = end if due is None else min(end, max(due, self.driver.now))
            self.driver.wait(step - self.driver.now)
            self.driver.now = step
            self.input()
            if with_beats:
                for connection in sorted(self.model.peers):
                    key = self.driver.keys[connection].pubkey_hex
                    self.model.beats(connection, key)
                    self.driver.beat(connection)
                self.judge()

    @rule()
    def wait_for_codes_to_expire(self) -> None:
        self.driver.now += 2000
        self.input()

    @rule()
    def restart(self) -> None:
        self.input()
        self.model.restarts()
        self.driver.restart()

    @invariant()
    def everything_holds(self) -> None:
        if hasattr(self, "driver"):
            self.judge()
            self.input()
            self.model.nothing_is_left_undone()
            core = self.driver.core
            assert core.dispatcher.pending_count == len(self.model.pending())
            assert set(core.registry.workers) == set(self.model.peers)
            assert core.registry.connections == set(self.model.open)

    def teardown(self) -> None:
        """Every job ends: at the latest when the worker's 120 s and the receipt's 5 s are over."""
        if hasattr(self, "driver"):
            self.driver.wait(30 + 120 + 5 + 30)
            self.judge()
            assert all(job.is_finished for job in self.model.jobs.values())
            assert self.driver.core.wake_at is None or self.driver.core.registry.workers


def is_about(effect: Effect, job_id: str) -> bool:
    if isinstance(effect, JobChanged):
        return effect.job.id == job_id
    return (
        isinstance(effect, Send) and isinstance(effect.message, JobAssign) and effect.message.job_id == job_id
    )


CoreMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50)
TestCore = CoreMachine.TestCase
