"""What a frame becomes under faults: steps for whoever holds the sockets, without doing any of them."""

from typing import TypeAlias

import msgspec


class Post(msgspec.Struct, frozen=True):
    """A message goes out, `wait` seconds from now: `str` as text, `bytes` as binary.

    `cuts` are the places, in bytes, at which it is cut into fragments, with so many `pings` between any two.
    `is_genuine`: it is the coordinator's own, whatever became of it. `is_text`: bytes go out as text, which
    is not UTF-8 then.
    """

    payload: str | bytes
    wait: float = 0.0
    cuts: tuple[int, ...] = ()
    pings: int = 0
    is_genuine: bool = True
    is_text: bool = False


class Shut(msgspec.Struct, frozen=True):
    """The connection is closed after `wait` seconds; 1005: without a code; 1006: torn, without a frame."""

    code: int
    wait: float = 0.0


class Deafen(msgspec.Struct, frozen=True):
    """After `wait` seconds nothing is read from the connection for so many."""

    seconds: float
    wait: float = 0.0


class Freeze(msgspec.Struct, frozen=True):
    """Nothing is read, sent or closed any more; after so long the socket is torn."""

    seconds: float


Step: TypeAlias = Post | Shut | Deafen | Freeze
"""One thing to be done on a connection."""
