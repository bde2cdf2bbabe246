"""A scenario's coordinator behind a door: it can take over a connection, and be the model's server as well.

What belongs to a connection moves with it from transcript to transcript: its opening, its registration, its
heartbeats. The transcripts of a run have one clock, so that the passive rules see nothing but a connection
that has been there for some time.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec
from dispatch_protocol.errors import JsonSyntaxError, TransportError
from dispatch_protocol.parsing import parse_members
from dispatch_protocol.recording import Frame, Opened, TranscriptEvent

from dispatch_conformance.conduct import Session
from dispatch_conformance.http11 import Handler, Reply, Request
from dispatch_conformance.scenarios.probe import has_receipt
from dispatch_conformance.stage import Stage

MOVING: Final = frozenset({"register", "register_ack", "heartbeat", "heartbeat_ack"})
"""The messages that belong to a connection, and not to what a scenario did on it."""

TRY_AGAIN: Final = 1013
"""The close code for a worker that is not the one examined (RFC 6455's registry: try again later)."""


class AttachedStage(Stage):
    """A stage behind a door. `model` answers what is asked of a model's server, under /api.

    `admits` says whether a worker that registers is the one examined; another one is turned away. `hides` are
    capabilities that scenarios make no use of where the worker declared others as well.
    """

    model: Handler | None = None
    hides: frozenset[str] = frozenset()
    admits: Callable[[Session], bool] = staticmethod(lambda _session: True)

    @property
    def settled(self) -> bool:
        """Whether nothing that was asked of the worker on its present connection is still to come."""
        sent = [entry for entry in self.assignments.values() if entry.sent]
        return all(entry.answers and has_receipt(entry) for entry in sent)

    def adopt(self, session: Session, giver: Stage) -> Session:
        """Take a registered worker over, with what moves with its connection. Its link was released there."""
        link, events = session.link, giver.transcript.events
        mine = [
            place
            for place, event in enumerate(events)
            if moves(event) and getattr(event, "connection", None) == link.number
        ]
        self.wire.take(link)
        index = 0
        for place in mine:
            added = self.transcript.add(msgspec.structs.replace(events[place], connection=link.number))
            index = added if place == session.index else index
        moved = replace(session, index=index, mark=self.transcript.mark(index))
        self.sessions.append(moved)
        return moved

    def part(self) -> None:
        """Close every connection with 1001: the worker may come back."""
        for link in self.wire.links:
            try:
                link.close(1001, "the next examination needs a new registration")
            except TransportError:
                link.abort()

    async def _http(self, request: Request) -> Reply:
        if self.model is not None and request.path.lower().startswith("/api/"):
            return await self.model(request)
        return await super()._http(request)

    def _acknowledge(self, session: Session) -> None:
        session.hidden = self.hides
        if self.admits(session):
            super()._acknowledge(session)
            return
        self.sessions.remove(session)
        if session.link.open:
            session.link.close(TRY_AGAIN, "another worker is being examined")


def moves(event: TranscriptEvent) -> bool:
    """Whether an event belongs to the connection itself."""
    if isinstance(event, Opened):
        return True
    if not isinstance(event, Frame) or event.text is None or event.opcode != "text":
        return False
    try:
        kind = (parse_members(event.text) or {}).get("type")
    except JsonSyntaxError:
        return False
    return kind is not None and isinstance(kind.value, str) and kind.value in MOVING
