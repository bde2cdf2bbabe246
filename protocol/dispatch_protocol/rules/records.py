"""What is remembered of connections, assignments, jobs and pairing codes: one record for each.

Records are bookkeeping without judgement. Times are seconds of the transcript; an `index` is that of the
event a fact comes from.
"""

from dataclasses import dataclass

from dispatch_protocol.canonical import Json
from dispatch_protocol.rules.memory import Shelf
from dispatch_protocol.transitions import SESSION, AssignmentState, SessionState, SessionStep, successor


@dataclass(frozen=True, slots=True)
class Delivery:
    """A receipt as it came for a job: bundled in a job_complete, or in a receipt_submit."""

    job_id: str
    receipt: Json
    signature: str | None
    bundled: bool
    t: float
    index: int


@dataclass(slots=True)
class Assignment:
    """One job as one connection got it.

    `silence` names the clause that the worker breaks by never answering; it is empty where nothing is owed.
    `alone` says that the job found the worker settled and idle, so that its deadline counts; `since` when it
    became the only job that the worker still had to answer. `faulty` says that no worker could do the job,
    `doable` that this one has to. `offers` counts how often it was assigned.
    """

    job_id: str
    job_type: str
    since: float
    index: int
    silence: str
    alone: bool
    doable: bool
    faulty: bool
    offers: int = 1
    answers: int = 0
    state: AssignmentState = AssignmentState.ASSIGNED
    attempted: bool = False
    """An answer came that cannot be read: it counts against the clause it breaks, and against no other."""
    answered: float = 0.0
    answered_index: int = -1
    output_hash: str | None = None
    has_receipt: bool = False

    @property
    def is_running(self) -> bool:
        """Whether the worker still has to answer, as far as anybody can see."""
        return self.state is AssignmentState.ASSIGNED and not self.attempted


@dataclass(slots=True)
class Pulse:
    """The time since a worker's last heartbeat (or its registration), and how busy it was meanwhile.

    `busy` and `crowded` are the seconds of it during which one job, or several, ran; `load` is how many run.
    """

    since: float
    index: int
    beats: int = 0
    reported: bool = False
    busy: float = 0.0
    crowded: float = 0.0
    load: int = 0
    load_since: float = 0.0

    def carry(self, t: float, load: int) -> None:
        """From `t` on so many jobs run."""
        elapsed = max(0.0, t - max(self.load_since, self.since))
        self.busy += elapsed if self.load else 0.0
        self.crowded += elapsed if self.load > 1 else 0.0
        self.load_since, self.load = t, load

    def restart(self, t: float, index: int) -> None:
        """A heartbeat came at `t`."""
        self.since = self.load_since = t
        self.index, self.reported = index, False
        self.busy = self.crowded = 0.0


@dataclass(frozen=True, slots=True)
class Due:
    """A reply that the coordinator owes: `register_ack`, `heartbeat_ack` or `error`, with status or code."""

    kind: str
    code: str
    clause: str
    t: float
    index: int


@dataclass(frozen=True, slots=True)
class Offered:
    """What a `register` names: the key as written, and the job types. It holds once it is acknowledged."""

    key: str
    capabilities: frozenset[str]


@dataclass(slots=True)
class Connection:
    """One WebSocket between a worker and the coordinator.

    `opened` is None where the transcript began after the connection. Once `faulted`, nothing that depends on
    time or on the coordinator is judged on it; once `deaf`, no reply, as more were owed than are followed.
    """

    number: int
    opened: float | None
    index: int
    held: Shelf[str, Assignment]
    awaiting: Shelf[str, Assignment]
    """Completed jobs whose receipt has not come."""
    dues: Shelf[int, Due]
    """Replies that the coordinator owes, by the event that they answer."""
    phase: SessionState = SessionState.CONNECTED
    faulted: bool = False
    leapt: bool = False
    """The coordinator's clock was put ahead meanwhile: it treats the connection by a time of its own."""
    seen_first: bool = False
    illegible: bool = False
    """The worker sent something that is no message: what seems missing may be in it."""
    unregistered_reported: bool = False
    key: str | None = None
    capabilities: frozenset[str] = frozenset()
    offered: tuple[Offered | None, ...] = ()
    """What each `register` that awaits its ack offers; None for one whose key cannot be made out."""
    acceptable: bool = False
    """Whether the last `register` was one that a coordinator has to accept."""
    worker_id: str | None = None
    registered: float = 0.0
    pulse: Pulse | None = None
    forgetful: bool = False
    """Some assignment was not followed: what seems unasked may have been asked."""
    after_faulty: bool = False
    replaced: float | None = None
    spoke: float = float("-inf")
    """When the worker sent its last frame."""
    provoked: float | None = None
    """When the coordinator sent something that has no answer, if the worker has sent nothing since."""
    deaf: bool = False
    accepted: int = 0
    """Answers that the coordinator had to take in silence, the last at `accepted_at`, not yet judged."""
    accepted_at: float = 0.0
    error_at: float | None = None
    good_beat: float = 0.0
    """The last heartbeat under the registered key, or the registration: what keeps the worker alive."""
    undropped_reported: bool = False
    claims: int = 0

    def step(self, step: SessionStep) -> bool:
        """Take a step of the session; False, and no change, where the table has none."""
        following = successor(SESSION, self.phase, step)
        if following is not None:
            self.phase = following
        return following is not None

    @property
    def is_registered(self) -> bool:
        """Whether the worker was told that it is registered."""
        return self.phase is SessionState.REGISTERED

    def running(self) -> list[Assignment]:
        """The assignments that the worker still has to answer, eldest first."""
        return [held for held in self.held if held.is_running]


@dataclass(slots=True)
class Terms:
    """What a job was committed or assigned with; user and payload as names and hashes."""

    policy: str
    privacy_class: str
    user_id: str
    payload_hash: str


@dataclass(slots=True)
class Job:
    """A job across connections and HTTP; None is what the transcript has not shown."""

    holder: int | None = None
    rejected_by: tuple[str, ...] = ()
    assigned: Terms | None = None
    committed: Terms | None = None
    index: int = -1
    output_hash: str | None = None
    verified: bool | None = None
    broken: str = ""
    """The first clause that the receipt broke, where it is not verified; a fault of form where it is."""
    receipt_hash: str | None = None
    final: tuple[str, str] | None = None
    """Status and hash of the result, once an answer over HTTP showed the job finished."""


@dataclass(slots=True)
class Code:
    """A pairing code that was created at `t`; `claimed` once a claim of it succeeded."""

    user_id: str
    t: float
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Replaced:
    """A key whose connection was closed with 4001 at `t`, and the connection that took it over, if any."""

    t: float
    heir: int | None
