"""Guessing pairing codes is slow: after some failed claims an address has to wait before the next. C-LIM-6.

Pure bookkeeping, beside the core. Every failure costs its address a pause, and everybody together a shorter
one; so many pauses may be owed at once, the budget, and as time passes they are worked off. Whoever has not
failed lately is always heard once, also while the budget of all is spent: honest claims pass. At most
MAX_ADDRESSES are remembered; of more, the ones whose last failure is the longest ago are forgotten.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

PAUSE_SECONDS: Final = 10.0
"""What a failed claim costs its address."""

SHARED_PAUSE_SECONDS: Final = 1.0
"""What it costs everybody together."""

SHARED_BUDGET: Final = 10
"""How many times the budget of one address that of all is."""

MAX_ADDRESSES: Final = 10_000
"""How many addresses with failed claims are remembered."""

_SITE_BITS: Final = 64


class Guessing:
    """Who claimed in vain, and how long it has to wait; `budget` failures are free (0: any number).

    Times are in seconds on a clock that never goes back.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._clear_at: OrderedDict[str, float] = OrderedDict()
        self._all_clear_at = 0.0

    def __len__(self) -> int:
        return len(self._clear_at)

    def wait(self, host: str, now: float) -> float:
        """The seconds after which a claim from this host is looked at; 0 for at once."""
        if self._budget == 0:
            return 0.0
        owed = max(0.0, self._clear_at.get(_address(host), 0.0) - now)
        shared = max(0.0, self._all_clear_at - now)
        own_wait = owed - (self._budget - 1) * PAUSE_SECONDS
        shared_wait = shared - (self._budget * SHARED_BUDGET - 1) * SHARED_PAUSE_SECONDS
        return max(0.0, own_wait, min(shared_wait, owed))

    def failed(self, host: str, now: float) -> None:
        """A claim from this host was refused."""
        if self._budget == 0:
            return
        address = _address(host)
        clear_at = max(now, self._clear_at.pop(address, 0.0)) + PAUSE_SECONDS
        if len(self._clear_at) >= MAX_ADDRESSES:
            self._clear_at.popitem(last=False)
        self._clear_at[address] = clear_at
        self._all_clear_at = max(now, self._all_clear_at) + SHARED_PAUSE_SECONDS


def _address(host: str) -> str:
    """What counts as one address: for IPv6 the network of 64 bits, all of which one site has."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Network((int(address), _SITE_BITS), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
