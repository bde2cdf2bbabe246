"""Which web pages of other origins may use the HTTP interface: those whose origins are named, else none.

The control face stands around this layer, and is open to no other origin whatever is named here.
"""

import re
from collections.abc import Iterable
from typing import Final

from dispatch_protocol.errors import UsageError, shown
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from dispatch_mockcoord.layers import Layer

ANY_ORIGIN: Final = "*"

_ORIGIN: Final = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")


class Cors(Layer):
    """The layer that lets pages of these origins use the interface; `*` is any. None may send credentials."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = tuple(origins)

    def around(self, application: ASGIApp) -> ASGIApp:
        """Answer preflights (WHATWG Fetch §4.8), and say in every answer who may read it."""
        return CORSMiddleware(
            application,
            allow_origins=self._origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("content-type",),
        )


def read_origin(text: str) -> str:
    """An origin as browsers write it, or `*`. Raises UsageError."""
    if text == ANY_ORIGIN or _ORIGIN.fullmatch(text):
        return text
    raise UsageError(f"no origin: {shown(text, 100)}; one is http://localhost:3000, say, or *")
