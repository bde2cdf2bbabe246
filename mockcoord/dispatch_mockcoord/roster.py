"""Who registered on which connection, also after it has ended; bounded."""

from collections import OrderedDict
from typing import Final

from dispatch_protocol.vocabulary import ProviderType

from dispatch_mockcoord.core.effects import Effect, WorkerJoined

MAX_WORKERS: Final = 10_000
"""Of how many connections the worker is remembered; of more, the longest known go."""


class Roster:
    """Keys and types of workers by connection, the latest registration of each."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[str, ProviderType]] = OrderedDict()

    def effect(self, effect: Effect) -> None:
        """The core did this: the observer."""
        if isinstance(effect, WorkerJoined):
            worker = effect.worker
            self._known[worker.connection] = (worker.pubkey, worker.provider_type)
            if len(self._known) > MAX_WORKERS:
                self._known.popitem(last=False)

    def key(self, connection: int | None) -> str:
        """The key of whoever registered on this connection; empty where nobody is known to have."""
        return "" if connection is None else self._known.get(connection, ("", None))[0]

    def culprit(self, connection: int | None) -> tuple[str, ProviderType | None]:
        """Key and type of whoever is on this connection; without one, of the only worker there ever was."""
        if connection is not None:
            return self._known.get(connection, ("", None))
        everybody = set(self._known.values()) if len(self._known) < MAX_WORKERS else set()
        return everybody.pop() if len(everybody) == 1 else ("", None)
