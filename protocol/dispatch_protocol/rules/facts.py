"""What a transcript has established so far: connections, assignments, jobs, pairing codes.

Bookkeeping without judgement, and bounded (`memory`): what was forgotten is counted, and whoever would need
it does not judge. Times are seconds of the transcript; an `index` is that of the event a fact comes from.
"""

from dataclasses import dataclass

from dispatch_protocol.canonical import Json
from dispatch_protocol.rules.memory import (
    MAX_ANSWERED,
    MAX_CODES,
    MAX_CONNECTIONS,
    MAX_JOBS,
    MAX_OPEN,
    Budget,
    Recent,
    Shelf,
)
from dispatch_protocol.transitions import SESSION, AssignmentState, SessionState, SessionStep, successor
from dispatch_protocol.vocabulary import ProviderType


@dataclass(frozen=True, slots=True)
class Submitted:
    """A receipt that came in a `receipt_submit` before its job's output."""

    receipt: Json
    signature: str
    t: float
    index: int


@dataclass(slots=True)
class Assignment:
    """One job as one connection got it.

    `silence` names the clause that the worker breaks by never answering; it is empty where nothing is owed.
    `alone` says that the job found the worker settled and idle, so that its deadline counts; `since` when it
    became the only job that the worker still had to answer. `capable` says that the worker declared its type,
    and that its input is not blank: what comes of blank input is a SHOULD. `offers` counts how often it was
    assigned.
    """

    job_id: str
    job_type: str
    since: float
    index: int
    silence: str
    alone: bool
    capable: bool
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
    seen_first: bool = False
    illegible: bool = False
    """The worker sent something that is no message: what seems missing may be in it."""
    unregistered_reported: bool = False
    key: str | None = None
    provider_type: ProviderType | None = None
    capabilities: frozenset[str] = frozenset()
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


class Facts:
    """Everything remembered of a transcript."""

    def __init__(self) -> None:
        self.connections: Recent[int, Connection] = Recent(MAX_CONNECTIONS)
        self.owners: dict[str, Connection] = {}
        """The connection on which a key, in lower case, was last registered with success."""
        self.worker_ids: Recent[str, int] = Recent(MAX_CONNECTIONS)
        self.answered: Recent[tuple[int, str], Assignment] = Recent(MAX_ANSWERED)
        self.lost: Recent[tuple[str, str], int] = Recent(MAX_ANSWERED)
        self.early: Recent[tuple[int, str], Submitted] = Recent(MAX_CODES)
        self.jobs: Recent[str, Job] = Recent(MAX_JOBS)
        self.codes: Recent[str, Code] = Recent(MAX_CODES)
        self.pairings: Recent[tuple[str, str], int] = Recent(MAX_CODES)
        """When a key was paired with a user, by name, in milliseconds since 1970."""
        self.replaced: Recent[str, Replaced] = Recent(MAX_CODES)
        self.budget = Budget(MAX_OPEN)

    def connection(self, number: int, opened: float | None, index: int) -> Connection:
        """A connection that begins here, remembered from now on; `opened` as in Connection."""
        budget = self.budget
        new = Connection(number, opened, index, Shelf(budget), Shelf(budget), Shelf(budget))
        evicted = self.connections.put(number, new)
        if evicted is not None:
            self.forget(evicted)
        return new

    def forget(self, connection: Connection) -> None:
        """A connection is gone, or there are too many: nothing on it is open any more."""
        for shelf in (connection.held, connection.awaiting, connection.dues):
            shelf.clear()
        if self.owner(connection.key) is connection:
            del self.owners[(connection.key or "").lower()]
        if self.connections.get(connection.number) is connection:
            self.connections.pop(connection.number)

    def owner(self, pubkey: str | None) -> Connection | None:
        """The connection that owns this key, in whatever case it is written."""
        return self.owners.get((pubkey or "").lower())

    def own_key(self, connection: Connection, t: float) -> None:
        """The connection was registered under its key; another that was before is replaced."""
        key = (connection.key or "").lower()
        former = self.owners.get(key)
        if former is not None and former is not connection:
            former.replaced = t
        self.owners[key] = connection
        replaced = self.replaced.get(key)
        if replaced is not None and replaced.heir is None:
            self.replaced.put(key, Replaced(replaced.t, connection.number))

    def assignment(self, connection: Connection, name: str) -> Assignment | None:
        """The assignment of this job to this connection, answered or not; None where none is remembered."""
        return connection.held.get(name) or self.answered.get((connection.number, name))
