"""The states of a worker's session and the literal table of its transitions.

An event that the table does not list for a state changes nothing there; the session ignores it.
"""

from enum import Enum, auto
from types import MappingProxyType
from typing import Final


class State(Enum):
    """Where a session stands."""

    CONNECTING = auto()
    """The shell opens a connection."""
    WAITING = auto()
    """No connection; the next attempt waits for its time."""
    REGISTERING = auto()
    """Connected, `register` sent, no `register_ack` yet."""
    SERVING = auto()
    """Registered: beating, taking jobs."""
    STOPPING = auto()
    """Registered still; running jobs get their time to finish, new ones are rejected."""
    ENDED = auto()
    """Nothing more comes of this session."""


class Event(Enum):
    """What can move a session from one state to another."""

    OPENED = auto()
    """The opening handshake is done."""
    LOST = auto()
    """No connection came about, or it was lost or given up, and another shall be made."""
    RETRY = auto()
    """The time of the next attempt has come."""
    ACKED = auto()
    """The coordinator accepted the registration."""
    STOP = auto()
    """The operator asked for an end while jobs run."""
    END = auto()
    """Refused, replaced, at its goodbye, or lost with no further attempt wanted."""


TRANSITIONS: Final = MappingProxyType(
    {
        (State.CONNECTING, Event.OPENED): State.REGISTERING,
        (State.CONNECTING, Event.LOST): State.WAITING,
        (State.CONNECTING, Event.END): State.ENDED,
        (State.WAITING, Event.RETRY): State.CONNECTING,
        (State.WAITING, Event.END): State.ENDED,
        (State.REGISTERING, Event.ACKED): State.SERVING,
        (State.REGISTERING, Event.LOST): State.WAITING,
        (State.REGISTERING, Event.STOP): State.STOPPING,
        (State.REGISTERING, Event.END): State.ENDED,
        (State.SERVING, Event.LOST): State.WAITING,
        (State.SERVING, Event.STOP): State.STOPPING,
        (State.SERVING, Event.END): State.ENDED,
        (State.STOPPING, Event.END): State.ENDED,
    }
)
"""Every transition there is: (state, event) → the state that follows."""

CONNECTED: Final = frozenset({State.REGISTERING, State.SERVING, State.STOPPING})
"""The states in which a connection is open and frames count."""
