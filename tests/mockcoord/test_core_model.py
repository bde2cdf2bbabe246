"""Whatever happens, in whatever order: what must hold of the core.

The invariants: a connection completes and sees only jobs that it was assigned; PRIVATE jobs reach only
workers paired with their user; a worker holds one job at most, a job has one holder at most; nobody idle is
eligible for a job that waits; what waits is served in order; finished jobs change no more; every job ends.
"""

from typing import Any

from dispatch_mockcoord.core.effects import Close, Effect, JobChanged, Send
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.core.worker import Worker
from dispatch_protocol.messages import JobAssign
from dispatch_protocol.vocabulary import JobStatus, JobType, Policy, PrivacyClass
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.mockcoord.driver import Driver, identity

KEYS = st.integers(1, 4)
USERS = st.sampled_from(["ann", "ben"])
CAPABILITIES = st.sampled_from([["TASK"], ["LLM_INFER"], ["LLM_INFER", "TASK"]])


class CoreMachine(RuleBasedStateMachine):
    """Connections, workers, jobs and time, against a model that only listens to the effects."""

    @initialize(receipts_required=st.booleans(), settle=st.sampled_from([0.0, 0.25]))
    def begin(self, receipts_required: bool, settle: float) -> None:
        self.driver = Driver(Terms(settle_seconds=settle, receipts_required=receipts_required))
        self.connections: list[int] = []
        self.opened = 0
        self.assigned: dict[int, list[str]] = {}
        self.finished: dict[str, Job] = {}
        self.private: dict[str, str] = {}
        self.paired: set[tuple[str, str]] = set()
        self.seen = 0

    def pick(self, data: st.DataObject) -> int | None:
        return data.draw(st.sampled_from(self.connections)) if self.connections else None

    def job(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.driver.jobs, "unknown"]))

    def holder(self, job_id: str) -> int | None:
        workers = self.driver.core.registry.workers.values()
        holders = [worker.connection for worker in workers if worker.job_id == job_id]
        assert len(holders) <= 1, "a job has one holder at most"
        return holders[0] if holders else None

    @rule(number=KEYS, provider_type=st.sampled_from(["DESKTOP", "SEEKER"]), capabilities=CAPABILITIES)
    def connect(self, number: int, provider_type: str, capabilities: list[str]) -> None:
        self.opened += 1
        self.connections.append(self.opened)
        self.driver.open(self.opened)
        self.driver.register(self.opened, number, provider_type=provider_type, capabilities=capabilities)

    @rule(data=st.data(), number=KEYS, capabilities=CAPABILITIES)
    def register_again(self, data: st.DataObject, number: int, capabilities: list[str]) -> None:
        connection = self.pick(data)
        if connection is not None:
            self.driver.register(connection, number, capabilities=capabilities)

    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        connection = self.pick(data)
        if connection is not None:
            self.driver.close(connection)
            self.connections.remove(connection)

    @rule(data=st.data())
    def beat(self, data: st.DataObject) -> None:
        connection = self.pick(data)
        if connection is not None:
            self.driver.beat(connection)

    @rule(
        job_type=st.sampled_from(JobType),
        policy=st.sampled_from([Policy.FAST, Policy.CHEAP]),
        privacy=st.sampled_from(PrivacyClass),
        user_id=USERS,
    )
    def commit(self, job_type: JobType, policy: Policy, privacy: PrivacyClass, user_id: str) -> None:
        before = self.driver.core.dispatcher.pending_count
        job_id = self.driver.commit(job_type, policy, privacy, user_id)
        if privacy is PrivacyClass.PRIVATE:
            self.private[job_id] = user_id
        assert self.driver.core.dispatcher.pending_count <= before + 1

    @rule(user_id=USERS, number=KEYS)
    def pair(self, user_id: str, number: int) -> None:
        self.paired.add((user_id, identity(number).pubkey_hex))
        self.driver.pair(user_id, number)

    @rule(data=st.data(), what=st.sampled_from(["whole", "bare", "bad", "reject", "receipt"]))
    def answer(self, data: st.DataObject, what: str) -> None:
        """Any connection, any job: only the holder's counts."""
        connection = self.pick(data)
        if connection is None:
            return
        job_id = self.job(data)
        holds = self.holder(job_id) == connection
        before = self.driver.jobs.get(job_id)
        answers = self.driver.send(connection, self.message(connection, job_id, what))
        refused = any(answer.get("code") == "JOB_NOT_ASSIGNED" for answer in answers)
        if what == "receipt":
            assert not (holds and refused)
        elif connection in self.driver.core.registry.workers:
            assert refused is not holds
        if refused and before is not None:
            assert self.driver.jobs[job_id].status is before.status, "a stranger's answer changes nothing"

    def message(self, connection: int, job_id: str, what: str) -> dict[str, Any]:
        if what == "reject":
            return {"type": "job_reject", "job_id": job_id, "reason": "no"}
        if what == "receipt":
            return self.driver.submission(connection, job_id)
        if what == "bare":
            return self.driver.bare(connection, job_id)
        changes = {"receipt_signature": "bad"} if what == "bad" else {}
        return self.driver.completion(connection, job_id, **changes)

    @rule(seconds=st.sampled_from([0.1, 0.25, 1.0, 5.0, 12.0, 31.0]))
    def wait(self, seconds: float) -> None:
        self.driver.wait(seconds)

    @invariant()
    def everything_holds(self) -> None:
        if hasattr(self, "driver"):
            self.effects_are_lawful()
            self.books_agree()
            self.nobody_idle_is_eligible_for_what_waits()

    def effects_are_lawful(self) -> None:
        fresh, self.seen = self.driver.effects[self.seen :], len(self.driver.effects)
        for effect in fresh:
            self.judge(effect)

    def judge(self, effect: Effect) -> None:
        if isinstance(effect, Close):
            if effect.connection in self.connections:
                self.connections.remove(effect.connection)
        elif isinstance(effect, JobChanged):
            job = effect.job
            former = self.finished.get(job.id)
            if former is not None:
                assert job.status is former.status, "a finished job keeps its status"
                assert former.receipt is None, "the first receipt stays"
                assert job.output is former.output
            if job.is_finished:
                self.finished[job.id] = job
            assert not job.verified or (job.receipt is not None and job.output is not None)
        elif isinstance(effect, Send) and isinstance(effect.message, JobAssign):
            job_id = effect.message.job_id
            assert job_id not in self.finished
            self.assigned.setdefault(effect.connection, []).append(job_id)
            worker = self.driver.core.registry.workers.get(effect.connection)
            if worker is not None:
                order = self.driver.jobs[job_id].order
                assert all(waiting > order for waiting in self.waiting_for(worker)), (
                    "first come, first served"
                )
            if job_id in self.private:
                pubkey = self.driver.jobs[job_id].pubkey
                assert pubkey is not None
                assert (self.private[job_id], pubkey) in self.paired, "PRIVATE only to the paired"

    def books_agree(self) -> None:
        core = self.driver.core
        for worker in core.registry.workers.values():
            assert core.registry.by_key(worker.key) is worker
            if worker.job_id is not None:
                assert worker.job_id in self.assigned[worker.connection]
                assert self.driver.jobs[worker.job_id].status is JobStatus.ASSIGNED
        pending = [job for job in self.driver.jobs.values() if job.status is JobStatus.PENDING]
        assert core.dispatcher.pending_count == len(pending)

    def nobody_idle_is_eligible_for_what_waits(self) -> None:
        for worker in self.driver.core.registry.workers.values():
            assert not worker.is_ready or self.waiting_for(worker) == []

    def waiting_for(self, worker: Worker) -> list[int]:
        """The places in the queue of the pending jobs that this worker could be given."""
        return [
            job.order
            for job in self.driver.jobs.values()
            if job.status is JobStatus.PENDING
            and job.job_type in worker.capabilities
            and worker.key not in job.rejected_by
            and (job.id not in self.private or (self.private[job.id], worker.key) in self.paired)
        ]

    def teardown(self) -> None:
        """Every job ends: at the latest when the worker's 120 s and the receipt's 5 s are over."""
        if not hasattr(self, "driver"):
            return
        self.driver.wait(30 + 120 + 5 + 30)
        self.effects_are_lawful()
        assert set(self.finished) == set(self.driver.jobs)
        assert self.driver.core.wake_at is None or self.driver.core.registry.workers


CoreMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestCore = CoreMachine.TestCase
