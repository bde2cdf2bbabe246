"""Trust pairings: codes made for a user, claimed by a worker. Source: SPEC.md, "Trust pairing"."""

from collections.abc import Callable, Iterable, Set
from enum import StrEnum
from itertools import islice
from typing import Final

import msgspec

CODE_MILLISECONDS: Final = 3_600_000
"""How long a pairing code can be claimed: one hour (C-TRU-2)."""

MEMORY_MILLISECONDS: Final = 3_600_000
"""How long after that a claim is still answered `expired`, while there is room."""

_KEY_DIGITS: Final = 64


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing code and, once it is claimed, the pairing it made; times in Unix milliseconds.

    `pubkey` is the worker's key as it was claimed with; keys are compared in lower case.
    """

    code: str
    user_id: str
    expires_ms: int
    pubkey: str | None = None
    paired_ms: int = 0


class ClaimFault(StrEnum):
    """Why a claim was refused: the `error` of its answer, in the order in which they are tested.

    C-TRU-6 to C-TRU-8.
    """

    INVALID_CODE = "invalid_code"
    ALREADY_CLAIMED = "already_claimed"
    EXPIRED = "expired"
    INVALID_KEY = "Invalid provider_pubkey"


class TrustBook:
    """All pairing codes that are open or claimed, and who trusts whom.

    At most `max_codes` are open at once, and at most `max_pairings` are known altogether.
    """

    def __init__(self, new_code: Callable[[], str], max_codes: int, max_pairings: int) -> None:
        self._new_code = new_code
        self._max_codes = max_codes
        self._max_pairings = max_pairings
        self._codes: dict[str, Pairing] = {}
        self._open: dict[str, None] = {}
        self._users: dict[str, dict[str, Pairing]] = {}

    def create(self, user_id: str, wall_ms: int) -> Pairing | None:
        """A fresh code for this user; None where there are too many already."""
        self._forget_expired_at(wall_ms - MEMORY_MILLISECONDS)
        if self._is_full:
            self._forget_expired_at(wall_ms)
            if self._is_full:
                return None
        code = self._new_code()
        while code in self._codes:
            code = self._new_code()
        pairing = Pairing(code=code, user_id=user_id, expires_ms=wall_ms + CODE_MILLISECONDS)
        self.restore((pairing,))
        return pairing

    def claim(self, code: str, pubkey: str, wall_ms: int) -> Pairing | ClaimFault:
        """The pairing that this claim makes, or why it makes none; a refused claim changes nothing.

        C-TRU-4; a code is good for one (C-TRU-5).
        """
        outcome = self.examine(code, pubkey, wall_ms)
        if isinstance(outcome, Pairing):
            self.restore((outcome,))
        return outcome

    def examine(self, code: str, pubkey: str, wall_ms: int) -> Pairing | ClaimFault:
        """What a claim would come to; nothing changes."""
        pairing = self._codes.get(code)
        if pairing is None:
            return ClaimFault.INVALID_CODE
        if pairing.pubkey is not None:
            return ClaimFault.ALREADY_CLAIMED
        if wall_ms >= pairing.expires_ms:
            return ClaimFault.EXPIRED
        if not _is_key(pubkey):
            return ClaimFault.INVALID_KEY
        return msgspec.structs.replace(pairing, pubkey=pubkey, paired_ms=wall_ms)

    def restore(self, pairings: Iterable[Pairing]) -> None:
        """These pairings stand in the book, as they were stored (C-DUR-5)."""
        for pairing in pairings:
            self._codes[pairing.code] = pairing
            if pairing.pubkey is None:
                self._open[pairing.code] = None
            else:
                self._open.pop(pairing.code, None)
                self._users.setdefault(pairing.user_id, {})[pairing.pubkey.lower()] = pairing

    def is_paired(self, user_id: str, key: str) -> bool:
        """Whether this user trusts the worker with this key (lower case)."""
        return key in self._users.get(user_id, ())

    def keys(self, user_id: str) -> Set[str]:
        """The keys, in lower case, of the workers that this user trusts."""
        return self._users.get(user_id, {}).keys()

    def providers(self, user_id: str) -> tuple[Pairing, ...]:
        """The pairings of this user, one for each worker, in the order in which they were first made.

        C-TRU-10; each has the time of its claim (C-TRU-12).
        """
        return tuple(self._users.get(user_id, {}).values())

    def __len__(self) -> int:
        return len(self._codes)

    def latest(self, count: int) -> list[Pairing]:
        """The codes made last, newest first."""
        return [self._codes[code] for code in islice(reversed(self._codes), count)]

    @property
    def _is_full(self) -> bool:
        return len(self._open) >= self._max_codes or len(self._codes) >= self._max_pairings

    def _forget_expired_at(self, wall_ms: int) -> None:
        """Forget the open codes that had expired by then. The first to expire was made first."""
        while self._open:
            code = next(iter(self._open))
            if self._codes[code].expires_ms > wall_ms:
                return
            del self._open[code], self._codes[code]


def _is_key(pubkey: str) -> bool:
    return len(pubkey) == _KEY_DIGITS and all(digit in "0123456789abcdefABCDEF" for digit in pubkey)
