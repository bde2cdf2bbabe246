"""The errors of the whole project, one small tree.

```
DispatchError
├── UsageError          this side was used wrongly: arguments, files, settings
│   ├── KeyFileError    a key file that cannot be read, or does not hold one key pair
│   ├── JsonSyntaxError a text that is not JSON, or nested too deeply
│   └── StoreError      a database in use, damaged, another program's or of another version (mock coordinator)
├── Violation           the peer broke a clause; says which, where, and the wire code that answers it
├── RestFault           a client's request that is refused: the status and the error that answer it (rest)
└── TransportError      the connection failed underneath; nobody broke a clause
```
"""

from reprlib import Repr
from typing import Final

from dispatch_protocol.vocabulary import WireCode

_SHOWN: Final = 200


class _Outline(Repr):
    """The outline of any value, a number too long to be written in decimal among them."""

    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:
            return f"a number of {x.bit_length()} bits"


_outline: Final = _Outline()
_outline.maxlevel, _outline.maxstring = 3, _SHOWN


class DispatchError(Exception):
    """The root: everything this project raises on purpose is one of these."""


class UsageError(DispatchError):
    """This side was used wrongly; the message says what to do instead."""


class KeyFileError(UsageError):
    """A key file that is damaged, inconsistent or unreadable. It is never overwritten."""


class JsonSyntaxError(UsageError):
    """A text that ECMAScript's JSON.parse refuses, or one nested beyond the limit.

    `position` is the index of the offending character in the text given (0-based, code points; bytes where
    the text was no UTF-8).
    """

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} at character {position}")
        self.reason = reason
        self.position = position


class TransportError(DispatchError):
    """The connection could not be made, or broke underneath the protocol."""


class Violation(DispatchError):
    """The peer broke a clause.

    `clause` is the clause's id, `place` the JSON path of the fault (`$` is the whole frame), `code` the wire
    code with which a coordinator answers it, and `detail` one sentence in which the peer's own text stands
    escaped and bounded. `job_id` is the job that the frame names, where it names one legibly.
    """

    def __init__(
        self, clause: str, place: str, code: WireCode, detail: str, job_id: str | None = None
    ) -> None:
        super().__init__(f"{detail} (at {place}, clause {clause})")
        self.clause = clause
        self.place = place
        self.code = code
        self.detail = detail
        self.job_id = job_id


def shown(value: object, limit: int = _SHOWN) -> str:
    """Text from outside, made fit for one line of a message: escaped to ASCII, `limit` characters at most.

    Accepts any value; what is no string is shown by the outline of its `repr`, a few members and levels of
    it. Never raises on hostile text or values.
    """
    text = value if isinstance(value, str) else _outline.repr(value)
    cut = text[:limit]
    escaped = cut.encode("unicode_escape", "surrogatepass").decode("ascii")
    return escaped if len(cut) == len(text) else f"{escaped}... ({len(text)} characters)"
