"""Layers: what stands around the coordinator and is not known to it, such as faults or a control face.

A layer takes hold of a switchboard before the first connection: it may tap, observe, and stand in the way of
frames (`Switchboard.outgoing`, `.incoming`). It may bring routes of its own, which are asked before those of
the interface, middleware, which stands around all of them, and something around the application as a whole,
which the transcript does not see.
"""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from dispatch_mockcoord.switchboard import Switchboard


class Layer:
    """One layer. Every step has a default that changes nothing."""

    def attach(self, switchboard: Switchboard) -> None:
        """The coordinator is about to serve; called once for every start, in its loop."""

    def routes(self) -> Sequence[BaseRoute]:
        """What this layer answers by itself; asked for after `attach`."""
        return ()

    def middleware(self) -> Sequence[Middleware]:
        """What this layer puts around every request; asked for after `attach`. The first is outermost."""
        return ()

    def around(self, application: ASGIApp) -> ASGIApp:
        """The application with this layer around it, outside of all that the transcript shows."""
        return application

    def closing(self) -> None:
        """The coordinator takes no further connection, and is about to close those that it has."""

    def detach(self) -> None:
        """The coordinator has ended: let go of whatever was held."""
