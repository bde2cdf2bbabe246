"""What a transcript has established so far, bounded.

What was forgotten is counted (`memory`), and whoever would need it does not judge.
"""

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
from dispatch_protocol.rules.records import Assignment, Code, Connection, Delivery, Job, Replaced


class Facts:
    """Everything remembered of a transcript."""

    def __init__(self) -> None:
        self.connections: Recent[int, Connection] = Recent(MAX_CONNECTIONS)
        self.owners: dict[str, Connection] = {}
        """The connection on which a key, in lower case, was last registered with success."""
        self.worker_ids: Recent[str, int] = Recent(MAX_CONNECTIONS)
        self.answered: Recent[tuple[int, str], Assignment] = Recent(MAX_ANSWERED)
        self.lost: Recent[tuple[str, str], int] = Recent(MAX_ANSWERED)
        self.early: Recent[tuple[int, str], Delivery] = Recent(MAX_CODES)
        self.jobs: Recent[str, Job] = Recent(MAX_JOBS)
        self.codes: Recent[str, Code] = Recent(MAX_CODES)
        self.pairings: Recent[tuple[str, str], int] = Recent(MAX_CODES)
        """When a key was paired with a user, by name, in milliseconds since 1970."""
        self.replaced: Recent[str, Replaced] = Recent(MAX_CODES)
        self.struck: Recent[int, bool] = Recent(MAX_CODES)
        """HTTP exchanges that a fault struck and that have not come yet."""
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
        self._disown(connection)
        if self.connections.get(connection.number) is connection:
            self.connections.pop(connection.number)

    def owner(self, pubkey: str | None) -> Connection | None:
        """The connection that owns this key, in whatever case it is written."""
        return self.owners.get((pubkey or "").lower())

    def own_key(self, connection: Connection, pubkey: str, t: float) -> None:
        """The connection was registered under this key; another that was before is replaced."""
        self._disown(connection)
        connection.key = pubkey
        key = pubkey.lower()
        former = self.owners.get(key)
        if former is not None and former is not connection:
            former.replaced = t
        self.owners[key] = connection
        replaced = self.replaced.get(key)
        if replaced is not None and replaced.heir is None:
            self.replaced.put(key, Replaced(replaced.t, connection.number))

    def _disown(self, connection: Connection) -> None:
        if self.owner(connection.key) is connection:
            del self.owners[(connection.key or "").lower()]

    def assignment(self, connection: Connection, name: str) -> Assignment | None:
        """The assignment of this job to this connection, answered or not; None where none is remembered."""
        return connection.held.get(name) or self.answered.get((connection.number, name))
