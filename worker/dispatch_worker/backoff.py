"""How long to wait between attempts to connect. Source: SPEC.md, clause W-END-6."""

from typing import Final

FIRST_SECONDS: Final = 1.0
"""The first step."""

LONGEST_SECONDS: Final = 30.0
"""The last step, unless told otherwise."""

LASTING_SECONDS: Final = 10.0
"""A registration that lasted this long counts as a success: the steps begin again."""


class Backoff:
    """The steps 1, 2, 4, 8, 16, 30, 30 … seconds, each spread by chance.

    A wait lies between half of its step and the whole of it, so that workers which lost the same coordinator
    do not come back together. No step is longer than `longest`, in seconds.
    """

    def __init__(self, longest: float = LONGEST_SECONDS) -> None:
        self._longest = longest
        self._step = min(FIRST_SECONDS, longest)

    def wait(self, chance: float) -> float:
        """The seconds to wait now; `chance` is from 0 to 1. The next step is twice this one's."""
        step = self._step
        self._step = min(2 * step, self._longest)
        return step * (1 + chance) / 2

    def succeeded(self) -> None:
        """Begin again with the first step."""
        self._step = min(FIRST_SECONDS, self._longest)
