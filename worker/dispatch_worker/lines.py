"""The lines that a worker prints, in the guide's words. Source: SPEC.md, "Log lines".

Text from outside is escaped and bounded here, so that no coordinator can forge a line, move the cursor or
fill a disk with one message.
"""

from typing import Final

from dispatch_protocol.errors import shown
from dispatch_protocol.messages import Error, FeedbackFailed, FeedbackPosted, PaymentFailed, PaymentPosted
from dispatch_protocol.vocabulary import ProviderType

from dispatch_worker.effects import ClaimBroken, ClaimOutcome, ClaimRefused, Effects, Level, Log, Paired

PREFIXES: Final = {
    ProviderType.DESKTOP: "[Desktop Worker] ",
    ProviderType.SEEKER: "[Seeker Worker] ",
}
"""What stands before every line, by the worker's provider type."""

MAX_NOTICES: Final = 20
"""How many odd frames are mentioned on one connection."""

_NAME_LIMIT: Final = 80
_TX_LIMIT: Final = 16

News = Error | PaymentPosted | PaymentFailed | FeedbackPosted | FeedbackFailed


def public_key(pubkey: str) -> Log:
    """The worker's name: the first 16 hex digits of its key."""
    return Log(f"Public key: {pubkey[:16]}...")


def connecting(address: str) -> Log:
    """Where a connection is being opened."""
    return Log(f"Connecting to {address}")


def registered(worker_id: str) -> Log:
    """The coordinator's name for this worker."""
    return Log(f"Registered as {shown(worker_id, _NAME_LIMIT)}")


def registration_failed(error: str) -> Log:
    """Why there is no registration; `error` is escaped."""
    return Log(f"Registration failed: {error}", Level.ERROR)


def socket_error(message: str) -> Log:
    """Why there is no connection."""
    return Log(f"WS error: {shown(message)}", Level.ERROR)


def disconnected() -> Log:
    """The connection is over, whoever ended it."""
    return Log("Disconnected")


def retrying(why: str, seconds: float) -> Log:
    """The next attempt, and what the last one ended of; `why` is escaped."""
    return Log(f"{why}; connecting again in {seconds:.1f} s", Level.WARNING)


def executing(job_type: str, job_id: str) -> Log:
    """A job begins."""
    return Log(f"Executing {shown(job_type, _NAME_LIMIT)} job {shown(job_id, _NAME_LIMIT)}")


def completed(job_id: str, milliseconds: int) -> str:
    """A job was completed, this long after its assignment."""
    return f"Job {shown(job_id, _NAME_LIMIT)} completed in {milliseconds}ms"


def rejected(job_id: str, reason: str) -> Log:
    """A job was given back; `reason` is escaped."""
    return Log(f"Job {shown(job_id, _NAME_LIMIT)} rejected: {reason}", Level.WARNING)


def claim(outcome: ClaimOutcome) -> Log:
    """What became of the pairing code."""
    match outcome:
        case Paired(user_id):
            return Log(f"Trust paired with user: {shown(user_id, _NAME_LIMIT)}")
        case ClaimRefused(error):
            return Log(f"Trust claim failed: {shown(error)}", Level.ERROR)
        case ClaimBroken(message):
            return Log(f"Trust claim error: {shown(message)}", Level.ERROR)


def news(message: News) -> Log:
    """A message that asks for nothing. A payment without a token (Solana) is told by its amount alone."""
    match message:
        case PaymentPosted():
            what = message.amount if message.token is None else f"{message.amount} {message.token}"
            return Log(f"Payment received: {shown(what, _NAME_LIMIT)} (tx: {_start(message.tx_hash)}...)")
        case PaymentFailed():
            return Log(f"Payment failed: {shown(message.error)}", Level.WARNING)
        case FeedbackPosted():
            name = shown(message.job_id, _NAME_LIMIT)
            return Log(f"Feedback posted for job {name} (tx: {_start(message.tx_hash)}...)")
        case FeedbackFailed():
            name = shown(message.job_id, _NAME_LIMIT)
            return Log(f"Feedback failed for job {name}: {shown(message.error)}", Level.WARNING)
        case Error():
            text = f"Coordinator error {shown(message.code, _NAME_LIMIT)}: {shown(message.message)}"
            return Log(text, Level.WARNING)


class Notices:
    """Lines about frames that were ignored: the first MAX_NOTICES of a connection, then no more."""

    def __init__(self) -> None:
        self._left = MAX_NOTICES

    def about(self, what: str) -> Effects:
        """One line, escaped by the caller, while there are any left."""
        if self._left == 0:
            return ()
        self._left -= 1
        line = Log(f"Ignored {what}", Level.WARNING)
        if self._left:
            return (line,)
        return (line, Log("More frames like these are not mentioned on this connection", Level.WARNING))


def _start(tx_hash: str) -> str:
    """The first 16 characters of a transaction's hash."""
    return shown(tx_hash[:_TX_LIMIT])
