"""The options of the mock coordinator, with their units and defaults."""

import msgspec
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import MAX_BODY_BYTES, NETWORKS

from dispatch_mockcoord.core.terms import Terms


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a coordinator is to run.

    `port` 0 means any free one. `network` is a short name (`monad`, `solana`) or a CAIP-2 identifier. `db` is
    the path of the database; None keeps everything in memory. Of finished jobs the last `keep_jobs` are kept
    (0: all), and only as many of them as have `keep_bytes` of text (0: any amount). `terms` are the options
    of the core. Beyond `max_sockets` (workers' and clients'), `max_connections` (workers'),
    `max_pending_jobs` and `max_pending_bytes` (what clients sent in those) the answer is 503. Beyond
    `claim_failures` failed claims (0: any number) an address has to wait: 429.
    """

    host: str = "127.0.0.1"
    port: int = 0
    network: str = "monad"
    db: str | None = None
    keep_jobs: int = 100_000
    keep_bytes: int = 512 * 1024 * 1024
    terms: Terms = Terms()
    max_body_bytes: int = MAX_BODY_BYTES
    max_sockets: int = 30_000
    max_connections: int = 20_000
    max_pending_jobs: int = 10_000
    max_pending_bytes: int = 256 * 1024 * 1024
    claim_failures: int = 30
    auto_demo: bool = False

    @property
    def chain(self) -> str:
        """The CAIP-2 identifier of the network."""
        return NETWORKS.get(self.network, self.network)


def read_network(text: str) -> str:
    """A network as given at the command line. Raises UsageError unless it is a short name or CAIP-2."""
    namespace, colon, reference = text.partition(":")
    is_caip = colon and namespace.isascii() and namespace.isalnum() and _is_reference(reference)
    if text in NETWORKS or is_caip:
        return text
    raise UsageError(f"no network: {shown(text, 64)}; use {', '.join(NETWORKS)} or a CAIP-2 identifier")


def _is_reference(text: str) -> bool:
    return 1 <= len(text) <= 32 and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
