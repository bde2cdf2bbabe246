"""Whatever happens, in whatever order: the core does nothing that the model of it does not allow.

Connections, registrations (also of a key that is registered already, and of another key on the same
connection), heartbeats, codes and claims, commits, commits that are withdrawn, demo jobs, answers by anybody
for any job, losses, frames of the lost, acknowledgements that are held up, time, restarts.
`tests.mockcoord.model` judges.
"""

from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.core.trust import Pairing
from dispatch_protocol.canonical import Json
from dispatch_protocol.rest import CommitRequest
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, Policy, PrivacyClass
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.mockcoord.driver import Driver, identity
from tests.mockcoord.model import Model, claim_faults, is_about

KEYS = st.integers(1, 4)
USERS = st.sampled_from(["ann", "ben"])
CAPABILITIES = st.sampled_from([["TASK"], ["LLM_INFER"], ["LLM_INFER", "TASK"], ["TASK", "LLM_INFER"]])
JOB_TYPES = st.sampled_from([JobType.TASK, JobType.TASK, JobType.LLM_INFER])
PRIVACY = st.sampled_from([PrivacyClass.PRIVATE, PrivacyClass.PRIVATE, PrivacyClass.PUBLIC])
POLICIES = st.sampled_from([Policy.FAST, Policy.CHEAP])
TYPES = st.sampled_from(["DESKTOP", "SEEKER"])
BEATS = st.sampled_from(["own", "own", "own", "a stranger's", "none"])
STRANGER = identity(9)
GHOSTS = 5
"""How many of the connections that are gone are still heard from."""


class CoreMachine(RuleBasedStateMachine):
    """The core, driven at random, beside its model."""

    @initialize(
        receipts_required=st.booleans(),
        settle=st.sampled_from([0.0, 0.25]),
        are_paired=st.sampled_from([True, True, False]),
    )
    def begin(self, receipts_required: bool, settle: float, are_paired: bool) -> None:
        self.driver = Driver(Terms(settle_seconds=settle, receipts_required=receipts_required))
        self.model = Model(self.driver.terms, self.driver.now)
        self.opened = 0
        self.seen = 0
        if are_paired:
            for user_id, number in (("ann", 1), ("ann", 2), ("ben", 2)):
                self.driver.pair(user_id, number)
                self.model.paired.add((user_id, identity(number).pubkey_hex))
        self.come_back()

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

    def job_id(self, data: st.DataObject) -> str:
        """A job of any kind; often one that somebody holds, or has just finished."""
        held = [held for _, held in self.model.holders()]
        jobs = list(self.model.jobs)
        return data.draw(st.sampled_from([*held, *jobs[-2:], *jobs, "unknown"]), label="job")

    def come_back(self) -> None:
        """Workers 1 to 3 connect, as workers do by themselves."""
        for number, capabilities in ((1, ["TASK"]), (2, ["LLM_INFER", "TASK"]), (3, ["TASK"])):
            self.open_one()
            self.register(self.opened, number, "DESKTOP", capabilities)

    def open_one(self) -> None:
        self.input()
        self.opened += 1
        self.model.open[self.opened] = self.driver.now
        self.driver.open(self.opened)

    @rule(number=KEYS, provider_type=TYPES, capabilities=CAPABILITIES, is_registering=st.booleans())
    def connect(self, number: int, provider_type: str, capabilities: list[str], is_registering: bool) -> None:
        self.open_one()
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

    @rule(is_held_up=st.sampled_from([True, False, False]))
    def hold_up(self, is_held_up: bool) -> None:
        """From now on acknowledgements leave only when this is over; or it is over, and all of them leave."""
        self.input()
        self.driver.is_held_up = self.model.is_held_up = is_held_up
        if not is_held_up:
            self.model.lets_go()
            self.driver.acknowledge()

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
            message = self.driver.answer(connection, self.job_id(data), what)
        assert self.driver.send(connection, message) == []
        assert len(self.driver.effects) == self.seen

    @precondition(lambda self: self.model.open)
    @rule(data=st.data(), number=KEYS, is_own=st.sampled_from([True, True, True, False]))
    def beat(self, data: st.DataObject, number: int, is_own: bool) -> None:
        self.input()
        connection = self.connection(data)
        key = self.driver.keys[connection] if is_own else identity(number)
        self.send_beat(connection, key.pubkey_hex)

    def send_beat(self, connection: int, pubkey: str) -> None:
        self.model.beats(connection, pubkey)
        self.driver.beat(connection, provider_pubkey=pubkey)
        self.judge()

    @rule(job_type=JOB_TYPES, policy=POLICIES, privacy=PRIVACY, user_id=USERS)
    def commit(self, job_type: JobType, policy: Policy, privacy: PrivacyClass, user_id: str) -> None:
        self.input()
        is_hopeless = privacy is PrivacyClass.PRIVATE and not self.model.has_trusted(user_id, job_type)
        job = self.driver.jobs[self.driver.commit(job_type, policy, privacy, user_id)]
        assert (job.error is JobError.NO_TRUSTED_WORKER) is is_hopeless

    @rule(job_type=JOB_TYPES, privacy=PRIVACY, user_id=USERS)
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

    @rule(data=st.data())
    def pair(self, data: st.DataObject) -> None:
        """Anybody with anybody; rather the user of a PRIVATE job that waits with a worker that is idle."""
        waiting = [job.user_id for job in self.model.pending() if job.privacy_class is PrivacyClass.PRIVATE]
        idle = [peer.key for peer in self.model.peers.values() if peer.job_id is None]
        self.create_code(data.draw(st.sampled_from(waiting or ["ann", "ben"]), label="user"))
        pubkey = data.draw(st.sampled_from(idle or [identity(1).pubkey_hex]), label="key")
        self.claim_code(list(self.driver.pairings)[-1], pubkey)

    def idle(self) -> list[int]:
        """The connections whose workers hold nothing and take tasks; they may still have to settle."""
        peers = sorted(self.model.peers.items())
        return [number for number, peer in peers if peer.job_id is None and "TASK" in peer.capabilities]

    @precondition(lambda self: len(self.idle()) > 1)
    @rule(data=st.data())
    def wait_for_a_pairing(self, data: st.DataObject) -> None:
        """A PRIVATE job that its one worker rejects, or has not settled for, is freed by another's claim."""
        first, second = data.draw(st.permutations(self.idle()), label="workers")[:2]
        user_id = f"user {len(self.driver.pairings)}"
        for connection in (first, second):
            self.create_code(user_id)
            if connection not in self.model.peers:
                return  # dropped by now
            self.claim_code(list(self.driver.pairings)[-1], self.model.peers[connection].key)
            self.judge()
            if connection == first:
                self.commit(JobType.TASK, Policy.CHEAP, PrivacyClass.PRIVATE, user_id)
                self.judge()
                if first in self.model.peers and self.model.peers[first].job_id == list(self.driver.jobs)[-1]:
                    self.say(first, list(self.driver.jobs)[-1], "reject")

    @precondition(lambda self: self.driver.pairings)
    @rule(data=st.data(), number=KEYS, spelling=st.sampled_from(["lower", "upper", "bad"]))
    def claim(self, data: st.DataObject, number: int, spelling: str) -> None:
        """Of any code, by any key."""
        pubkey = identity(number).pubkey_hex
        pubkey = {"lower": pubkey, "upper": pubkey.upper(), "bad": pubkey[:-1]}[spelling]
        known = self.driver.pairings
        unclaimed = [code for code, pairing in known.items() if pairing.pubkey is None]
        codes = [*unclaimed[-3:], *list(known)[-2:], "ABCDEF", ""]
        self.claim_code(data.draw(st.sampled_from(codes), label="code"), pubkey)

    def claim_code(self, code: str, pubkey: str) -> None:
        self.input()
        pairing = self.driver.pairings.get(code)
        expected = claim_faults(pairing, pubkey, self.driver.at.wall_ms)
        if pairing is not None and not expected:
            self.model.paired.add((pairing.user_id, pubkey.lower()))
        outcome, effects = self.driver.core.claim_code(code, pubkey, self.driver.at)
        self.driver.take(effects)
        if expected:
            assert outcome in expected
            assert effects == []
        else:
            assert isinstance(outcome, Pairing)
            assert pairing is not None
            assert (outcome.user_id, outcome.pubkey) == (pairing.user_id, pubkey)

    @precondition(lambda self: self.model.peers)
    @rule(data=st.data(), what=st.sampled_from(["whole", "bare", "reject", "receipt", "receipt"]))
    def anybody_answers(self, data: st.DataObject, what: str) -> None:
        """Any connection, any job: only the holder's counts."""
        connection = data.draw(st.sampled_from(sorted(self.model.peers)), label="connection")
        self.say(connection, self.job_id(data), what)

    def say(self, connection: int, job_id: str, what: str) -> None:
        self.input()
        if connection not in self.model.peers:
            return  # dropped by now
        note = {"reject": self.model.rejects, "receipt": self.model.submits}.get(what, self.model.completes)
        counts = note(connection, job_id)
        before = self.driver.jobs.get(job_id)
        answers = self.driver.send(connection, self.driver.answer(connection, job_id, what))
        assert any(answer.get("code") == "JOB_NOT_ASSIGNED" for answer in answers) is not counts
        after = self.driver.jobs.get(job_id)
        if not counts:
            assert after is before, "a stranger's answer changes nothing"
        elif what in ("whole", "bare", "bad"):
            assert after is not None
            is_left_open = after.status is JobStatus.ASSIGNED and self.driver.terms.receipts_required
            assert after.status is JobStatus.COMPLETED or is_left_open

    @rule(seconds=st.sampled_from([0.1, 0.25, 0.25, 1.0, 1.0, 5.0, 12.0, 31.0]), beats=BEATS)
    def wait(self, seconds: float, beats: str) -> None:
        """Time passes, step by step as the core wants to be woken."""
        end = self.driver.now + seconds
        while self.driver.now < end:
            due = self.driver.core.wake_at
            step = end if due is None else min(end, max(due, self.driver.now))
            self.driver.wait(step - self.driver.now)
            self.driver.now = step
            self.input()
            for connection in sorted(self.model.peers) if beats != "none" else ():
                key = self.driver.keys[connection] if beats == "own" else STRANGER
                self.send_beat(connection, key.pubkey_hex)

    @rule(what=st.sampled_from(["nothing", "nothing", "nothing", "restart", "an hour"]))
    def upheaval(self, what: str) -> None:
        """What leaves no connection; those who were there come back."""
        self.input()
        if what == "restart":
            self.model.restarts()
            self.driver.restart()
        elif what == "an hour":
            self.driver.now += 3600
            self.input()
        if what != "nothing":
            self.come_back()

    @precondition(lambda self: self.model.holders())
    @rule(data=st.data(), what=st.sampled_from(["whole", "bare", "bad", "reject", "reject", "receipt"]))
    def a_holder_answers(self, data: st.DataObject, what: str) -> None:
        connection, job_id = data.draw(st.sampled_from(self.model.holders()), label="holder")
        self.say(connection, job_id, what)

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


CoreMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50)
TestCore = CoreMachine.TestCase
