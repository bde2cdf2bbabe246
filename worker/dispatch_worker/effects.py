"""What goes into a session besides frames, and what comes out of it: values without behaviour.

A session performs nothing. Every input returns a tuple of effects, in the order in which the shell has to
carry them out, on the connection that was open when the input was given.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from dispatch_protocol.parsing import JsonValue
from dispatch_protocol.tasks import LlmRequest


class Moment(NamedTuple):
    """All that a session may know of the world at an input.

    `now` is a monotonic clock in seconds, `wall_ms` the time of day in milliseconds since 1970 (UTC), and
    `chance` a random number from 0 to 1 that spreads reconnections.
    """

    now: float
    wall_ms: int
    chance: float = 0.0


class Level(IntEnum):
    """How much a log line matters. DETAIL shows only when asked for; WARNING and ERROR go to stderr."""

    DETAIL = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


# -- outcomes: what became of the work that a session asked for


@dataclass(frozen=True, slots=True)
class Generated:
    """A language model answered; `output` is the job's output."""

    output: JsonValue


@dataclass(frozen=True, slots=True)
class NotGenerated:
    """No model answered; `reason` is one bounded, escaped sentence for the job_reject."""

    reason: str


@dataclass(frozen=True, slots=True)
class Paired:
    """The coordinator took the pairing code: this key is now trusted by `user_id` (text from outside)."""

    user_id: str


@dataclass(frozen=True, slots=True)
class ClaimRefused:
    """The coordinator answered the claim with an error (text from outside)."""

    error: str


@dataclass(frozen=True, slots=True)
class ClaimBroken:
    """The claim had no answer, or none that can be read."""

    message: str


Inference: TypeAlias = Generated | NotGenerated
ClaimOutcome: TypeAlias = Paired | ClaimRefused | ClaimBroken


# -- effects: what a session asks of its shell


@dataclass(frozen=True, slots=True)
class Send:
    """Send this text frame."""

    frame: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection. For the session it is over now: the shell does not report its end."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection now, and report `connected` or `not_connected`."""


@dataclass(frozen=True, slots=True)
class Infer:
    """Ask the language model, and report `inferred` with the same ticket, unless it is cancelled."""

    ticket: int
    request: LlmRequest


@dataclass(frozen=True, slots=True)
class Cancel:
    """Drop the inference with this ticket; nobody waits for it any more."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Claim the pairing code for this key (64 lowercase hex) over HTTP, and report `claimed`."""

    pairing_code: str
    pubkey: str


@dataclass(frozen=True, slots=True)
class Log:
    """Print one line; text from outside in it is already escaped and bounded."""

    line: str
    level: Level = Level.INFO


@dataclass(frozen=True, slots=True)
class Completed:
    """Print that a job was completed, and how long after `since` (the clock of `Moment.now`)."""

    job_id: str
    since: float


@dataclass(frozen=True, slots=True)
class Exit:
    """End the process with this code once the effects before it are done."""

    code: int


Effect: TypeAlias = Send | Close | Connect | Infer | Cancel | Claim | Log | Completed | Exit
Effects: TypeAlias = tuple[Effect, ...]
