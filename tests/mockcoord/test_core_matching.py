"""Matching against its plain definition: every ready, eligible worker scored by the table of SPEC.md."""

from fractions import Fraction
from itertools import count

from dispatch_mockcoord.core.jobs import Job, reject
from dispatch_mockcoord.core.jobs import assign as hand_out
from dispatch_mockcoord.core.matching import best_worker, is_eligible
from dispatch_mockcoord.core.registry import Registry
from dispatch_mockcoord.core.trust import TrustBook
from dispatch_mockcoord.core.worker import Worker
from dispatch_protocol.canonical import Json
from dispatch_protocol.messages import Register
from dispatch_protocol.vocabulary import JobType, Policy, PrivacyClass, ProviderType
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

WORKERS = st.integers(1, 8)
CAPABILITIES = st.sets(st.sampled_from(JobType), min_size=1)
PAUSES = st.sampled_from([0.0, 0.0, 1e-9, 0.25, 3.0, 10.0])
LONGEST_SILENCE = 40.0


def score(worker: Worker, job: Job, now: float) -> Fraction:
    """The table of SPEC.md, "Matching", in exact numbers."""
    is_desktop = worker.provider_type is ProviderType.DESKTOP
    preferred = is_desktop if job.policy is Policy.FAST else not is_desktop
    if job.job_type is JobType.TASK and not is_desktop:
        preferred = True
    freshness = 5 - (Fraction(now) - Fraction(worker.last_beat)) / 10
    return (10 if preferred else 0) + max(Fraction(0), freshness)


def plainly_best(job: Job, registry: Registry, trust: TrustBook, now: float) -> Worker | None:
    """The first of the best, having looked at all."""
    eligible = [one for one in registry.workers.values() if one.is_ready and is_eligible(one, job, trust)]
    return max(eligible, key=lambda worker: (score(worker, job, now), -worker.order), default=None)


class MatchingMachine(RuleBasedStateMachine):
    """A registry in which everything happens that may, asked for the best worker again and again."""

    @initialize()
    def begin(self) -> None:
        self.now = 1000.0
        self.registry = Registry(lambda: "id")
        codes = count()
        self.trust = TrustBook(lambda: f"{next(codes):06X}", 1_000, 1_000)

    def key(self, number: int) -> str:
        return f"{number:064x}"

    @rule(number=WORKERS, provider_type=st.sampled_from(ProviderType), capabilities=CAPABILITIES)
    def register(self, number: int, provider_type: ProviderType, capabilities: set[JobType]) -> None:
        message = Register(
            provider_pubkey=self.key(number), provider_type=provider_type, capabilities=sorted(capabilities)
        )
        self.registry.register(number, message, self.now)

    @rule(number=WORKERS)
    def settle(self, number: int) -> None:
        if number in self.registry.workers:
            self.registry.settle(self.registry.workers[number])

    @rule(number=WORKERS)
    def beat(self, number: int) -> None:
        if number in self.registry.workers:
            self.registry.beat(self.registry.workers[number], self.now)

    @rule(number=WORKERS)
    def hold(self, number: int) -> None:
        worker = self.registry.workers.get(number)
        if worker is not None and worker.is_idle:
            self.registry.hold(worker, "job")

    @rule(number=WORKERS)
    def release(self, number: int) -> None:
        if number in self.registry.workers:
            self.registry.release(self.registry.workers[number])

    @rule(number=WORKERS)
    def remove_and_release(self, number: int) -> None:
        """A worker that is gone must not come back with the end of its job."""
        worker = self.registry.remove(number)
        if worker is not None:
            self.registry.release(worker)

    @rule(seconds=PAUSES)
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for number, worker in list(self.registry.workers.items()):
            if self.now - worker.last_beat >= LONGEST_SILENCE:
                self.registry.remove(number)

    @rule(number=WORKERS)
    def pair(self, number: int) -> None:
        pairing = self.trust.create("ann", 0)
        if pairing is not None:
            self.trust.claim(pairing.code, self.key(number), 0)

    @rule(
        job_type=st.sampled_from(JobType),
        policy=st.sampled_from([Policy.FAST, Policy.CHEAP]),
        privacy=st.sampled_from(PrivacyClass),
        refusers=st.sets(WORKERS),
    )
    def match(self, job_type: JobType, policy: Policy, privacy: PrivacyClass, refusers: set[int]) -> None:
        job = Job(
            id="job",
            order=1,
            job_type=job_type,
            policy=policy,
            privacy_class=privacy,
            user_id="ann",
            payload=Json.of({}),
            created_ms=0,
        )
        for number in refusers:
            job = reject(hand_out(job, self.key(number)), self.key(number))
        expected = plainly_best(job, self.registry, self.trust, self.now)
        assert best_worker(job, self.registry, self.trust) is expected


MatchingMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50)
TestMatching = MatchingMachine.TestCase
