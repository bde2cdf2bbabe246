"""What may happen in a coordinator, told by its inputs and effects alone: the core's books are not looked at.

A connection sees and finishes only jobs that it was assigned, one at a time; PRIVATE jobs reach only
connections that are registered under a key that their user paired; a job has one holder at most, ends once,
and for a reason that is true. Whatever contradicts that raises AssertionError.
"""

from dataclasses import dataclass, field
from math import inf

from dispatch_mockcoord.core.effects import Close, Effect, JobChanged, JobRejected, Send
from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.core.trust import CODE_MILLISECONDS, ClaimFault, Pairing
from dispatch_protocol.messages import JobAssign, RegisterAck
from dispatch_protocol.vocabulary import JobError, JobStatus, JobType, PrivacyClass

PENDING, ASSIGNED = JobStatus.PENDING, JobStatus.ASSIGNED
COMPLETED, FAILED = JobStatus.COMPLETED, JobStatus.FAILED
ROUNDING = 0.01


@dataclass
class Peer:
    """A registered connection, as its own frames describe it; `acknowledged` is when its ack left."""

    key: str
    capabilities: frozenset[str]
    acknowledged: float
    beaten: float
    job_id: str | None = None


@dataclass
class Answered:
    """A job_complete that was taken."""

    connection: int
    at: float


@dataclass
class Model:
    """The open connections, the registered ones, and the jobs, at this time."""

    terms: Terms
    now: float
    open: dict[int, float] = field(default_factory=dict)
    peers: dict[int, Peer] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    paired: set[tuple[str, str]] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    is_held_up: bool = False
    _asked: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)
    _committed: dict[str, float] = field(default_factory=dict)
    _assigned: dict[str, float] = field(default_factory=dict)
    _answered: dict[str, Answered] = field(default_factory=dict)
    _rejected: dict[str, set[str]] = field(default_factory=dict)
    _lost: set[str] = field(default_factory=set)
    _rejecting: tuple[str, str] | None = None
    _submitting: tuple[str, int] | None = None

    # ------------------------------------------------------------------ inputs

    def asks(self, connection: int, key: str, capabilities: list[str]) -> None:
        """A register frame goes out on this connection; it counts once it is acknowledged."""
        self._asked[connection] = (key.lower(), frozenset(capabilities))

    def beats(self, connection: int, key: str) -> None:
        """A heartbeat under this key arrives."""
        peer = self.peers.get(connection)
        if peer is not None and peer.key == key.lower():
            peer.beaten = self.now

    def completes(self, connection: int, job_id: str) -> bool:
        """A job_complete goes out; gives whether it is the holder's."""
        holds = self._release(connection, job_id)
        if holds:
            self._answered[job_id] = Answered(connection, self.now)
        return holds

    def rejects(self, connection: int, job_id: str) -> bool:
        """A job_reject goes out; gives whether it is the holder's."""
        holds = self._release(connection, job_id)
        if holds:
            key = self.peers[connection].key
            self._rejected.setdefault(job_id, set()).add(key)
            self._rejecting = (job_id, key)
        return holds

    def submits(self, connection: int, job_id: str) -> bool:
        """A receipt_submit goes out; gives whether the sender holds the job, or just held it."""
        peer, answered = self.peers.get(connection), self._answered.get(job_id)
        holds = peer is not None and peer.job_id == job_id
        held = answered is not None and answered.connection == connection
        held = held and answered is not None and self.now - answered.at < self.terms.receipt_seconds
        if holds or held:
            self._submitting = (job_id, connection)
        return holds or held

    def closes(self, connection: int) -> None:
        """A connection is gone."""
        self.open.pop(connection, None)
        peer = self.peers.pop(connection, None)
        if peer is not None and peer.job_id is not None:
            self._lost.add(peer.job_id)

    def lets_go(self) -> None:
        """The acknowledgements that were held up leave."""
        for peer in self.peers.values():
            peer.acknowledged = min(peer.acknowledged, self.now)

    def restarts(self) -> None:
        """The coordinator died; demo jobs with it."""
        for connection in list(self.open):
            self.closes(connection)
        self.jobs = {job_id: job for job_id, job in self.jobs.items() if not job.demo}
        self._lost = {job_id for job_id, job in self.jobs.items() if job.status is ASSIGNED}
        self._answered.clear()

    def _release(self, connection: int, job_id: str) -> bool:
        peer = self.peers.get(connection)
        if peer is None or peer.job_id != job_id:
            return False
        peer.job_id = None
        return True

    # ------------------------------------------------------------------ effects

    def judge(self, effects: list[Effect]) -> None:
        """These are all effects of the last input."""
        for effect in effects:
            if isinstance(effect, Send):
                self._sent(effect)
            elif isinstance(effect, Close):
                assert effect.connection in self.open, "nothing is closed twice"
                self.closes(effect.connection)
            elif isinstance(effect, JobChanged):
                self._changed(effect.job)
            elif isinstance(effect, JobRejected):
                assert self._rejecting == (effect.job.id, effect.worker.key)
        assert not {job_id for job_id in self._lost if self.jobs[job_id].status is ASSIGNED}, "no orphans"
        self._rejecting = self._submitting = None

    def _sent(self, effect: Send) -> None:
        connection, message = effect.connection, effect.message
        assert connection in self.open, "nothing is sent to who is gone"
        if isinstance(message, RegisterAck) and message.status == "ok":
            key, capabilities = self._asked[connection]
            others = [number for number, peer in self.peers.items() if peer.key == key]
            assert others in ([], [connection]), "a key has one connection"
            former = self.peers.get(connection)
            job_id = former.job_id if former is not None else None
            self.peers[connection] = Peer(
                key, capabilities, inf if self.is_held_up else self.now, self.now, job_id
            )
        elif isinstance(message, JobAssign):
            self._given(connection, message)

    def _given(self, connection: int, message: JobAssign) -> None:
        """A worker sees a job."""
        peer, job = self.peers[connection], self.jobs[message.job_id]
        assert peer.job_id is None, "one job at a time"
        assert all(other.job_id != job.id for other in self.peers.values()), "one holder at most"
        assert job.status is ASSIGNED
        assert (job.pubkey or "").lower() == peer.key
        assert self.may_have(peer, job), "an eligible worker"
        assert self.is_settled(peer), "not before it has settled"
        sent = (message.job_type, message.privacy_class, message.user_id, message.payload.value)
        assert sent == (job.job_type, job.privacy_class, job.user_id, job.payload.value)
        earlier = [other.order for other in self.pending() if self.may_have(peer, other)]
        assert job.demo or all(order > job.order for order in earlier), "first come, first served"
        peer.job_id = job.id
        self._assigned[job.id] = self.now

    def _changed(self, job: Job) -> None:
        before = self.jobs.get(job.id)
        self.jobs[job.id] = job
        assert job.id not in self.withdrawn
        assert not job.verified or (job.receipt is not None and job.output is not None)
        if before is None:
            self._committed[job.id] = self.now
            assert job.status is not COMPLETED
            assert job.error is None or (
                job.error is JobError.NO_TRUSTED_WORKER and job.privacy_class is PrivacyClass.PRIVATE
            )
            return
        assert (before.payload, before.user_id, before.order) == (job.payload, job.user_id, job.order)
        assert before.output is None or job.output is before.output, "an output stays"
        match before.status, job.status:
            case (JobStatus.PENDING, JobStatus.PENDING | JobStatus.ASSIGNED):
                pass
            case (JobStatus.ASSIGNED, JobStatus.PENDING):
                assert self._was_rejected(job.id)
            case (JobStatus.ASSIGNED, JobStatus.ASSIGNED):
                assert self._was_rejected(job.id) or self._may_finish(job.id)
            case (JobStatus.ASSIGNED | JobStatus.COMPLETED, JobStatus.COMPLETED):
                assert self._may_finish(job.id), "finished by its holder"
                assert before.receipt is None or job.receipt is before.receipt, "the first receipt stays"
            case (_, JobStatus.FAILED):
                self._failed(before, job)
            case change:
                raise AssertionError(change)

    def _failed(self, before: Job, job: Job) -> None:
        assert before.status in (PENDING, ASSIGNED), "what is finished stays so"
        waited = self.now - self._committed[job.id] + ROUNDING
        match job.error:
            case JobError.WORKER_DISCONNECTED:
                assert job.id in self._lost
            case JobError.NO_ELIGIBLE_WORKER:
                assert waited >= self.terms.window_seconds or job.demo
                assert before.status is PENDING or self._was_rejected(job.id)
            case JobError.WORKER_TIMEOUT:
                assert self.now - self._assigned[job.id] + ROUNDING >= self.terms.worker_seconds
                (holder,) = (peer for peer in self.peers.values() if peer.job_id == job.id)
                holder.job_id = None
            case JobError.INVALID_RECEIPT:
                assert self.terms.receipts_required
                assert self.now - self._answered[job.id].at + ROUNDING >= self.terms.receipt_seconds
            case other:
                raise AssertionError(other)

    def _was_rejected(self, job_id: str) -> bool:
        return self._rejecting is not None and self._rejecting[0] == job_id

    def _may_finish(self, job_id: str) -> bool:
        """Whether this input is the holder's job_complete, or the receipt that came with or after it."""
        answered = self._answered.get(job_id)
        is_now = answered is not None and answered.at == self.now
        return is_now or (self._submitting is not None and self._submitting[0] == job_id)

    # ------------------------------------------------------------------ what holds between inputs

    def pending(self) -> list[Job]:
        """The jobs that wait."""
        return [job for job in self.jobs.values() if job.status is PENDING]

    def holders(self) -> list[tuple[int, str]]:
        """The connections that hold jobs, with these."""
        peers = sorted(self.peers.items())
        return [(connection, peer.job_id) for connection, peer in peers if peer.job_id is not None]

    def may_have(self, peer: Peer, job: Job) -> bool:
        """Whether this worker may be given this job."""
        trusted = job.privacy_class is PrivacyClass.PUBLIC or (job.user_id, peer.key) in self.paired
        return (
            trusted and job.job_type in peer.capabilities and peer.key not in self._rejected.get(job.id, ())
        )

    def is_settled(self, peer: Peer) -> bool:
        """Whether the grace after its acknowledgement is over."""
        return self.now + ROUNDING >= peer.acknowledged + self.terms.settle_seconds

    def has_trusted(self, user_id: str, job_type: JobType) -> bool:
        """Whether a PRIVATE job of this user finds an idle worker; it may still have to settle."""
        return any(
            peer.job_id is None and job_type in peer.capabilities and (user_id, peer.key) in self.paired
            for peer in self.peers.values()
        )

    def nothing_is_left_undone(self) -> None:
        """Nobody idle could have what waits, nobody silent is still there, every wait has ended in time."""
        for peer in self.peers.values():
            assert self.now - peer.beaten < 40 + ROUNDING, "the silent are dropped"
            if peer.job_id is None and self.now >= peer.acknowledged + self.terms.settle_seconds:
                assert not [job.id for job in self.pending() if self.may_have(peer, job)], "no idle worker"
            if peer.job_id is not None:
                assert self.jobs[peer.job_id].status is ASSIGNED
                assert self.now - self._assigned[peer.job_id] < self.terms.worker_seconds + ROUNDING
        for connection, opened in self.open.items():
            is_registered = connection in self.peers
            assert is_registered or self.now - opened < self.terms.register_seconds + ROUNDING
        for job in self.pending():
            assert self.now - self._committed[job.id] < self.terms.window_seconds + ROUNDING


def claim_faults(pairing: Pairing | None, pubkey: str, wall_ms: int) -> tuple[ClaimFault, ...]:
    """How a claim of this code may have to be refused; empty where it has to succeed.

    A code may be forgotten an hour after its expiry.
    """
    if pairing is None:
        return (ClaimFault.INVALID_CODE,)
    if pairing.pubkey is not None:
        return (ClaimFault.ALREADY_CLAIMED,)
    age = wall_ms - (pairing.expires_ms - CODE_MILLISECONDS)
    if age >= 2 * CODE_MILLISECONDS:
        return (ClaimFault.EXPIRED, ClaimFault.INVALID_CODE)
    if age >= CODE_MILLISECONDS:
        return (ClaimFault.EXPIRED,)
    return () if len(pubkey) == 64 else (ClaimFault.INVALID_KEY,)


def is_about(effect: Effect, job_id: str) -> bool:
    """Whether this effect is of this job."""
    if isinstance(effect, JobChanged):
        return effect.job.id == job_id
    return (
        isinstance(effect, Send) and isinstance(effect.message, JobAssign) and effect.message.job_id == job_id
    )
