"""How a scripted coordinator behaves: faithfully by default, otherwise as a scenario says.

A Session is one registration of a worker as the coordinator sees it; a Conduct is what the coordinator does
by itself. Source: SPEC.md, "Registration", "Heartbeats" and "Pairing".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dispatch_protocol.canonical import JsonValue, stringify
from dispatch_protocol.parsing import Member
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.http11 import Reply, Request
from dispatch_conformance.jobs import Assignment
from dispatch_conformance.link import Link
from dispatch_conformance.transcript import Mark


@dataclass(slots=True, eq=False)
class Session:
    """A registration on one link, read leniently: faulty members of `register` are empty here.

    `members` is the register frame as parsed; times are seconds of the transcript. `acked_at` is None until
    a register_ack `ok` was sent; `heartbeats` are the times of those received on the link. `hidden` are
    capabilities that nobody is to make use of, unless there are no others.
    """

    link: Link
    members: Mapping[str, Member]
    index: int
    at: float
    mark: Mark
    worker_id: str
    acked_at: float | None = None
    heartbeats: list[float] = field(default_factory=list)
    hidden: frozenset[str] = frozenset()

    @property
    def pubkey(self) -> str:
        """The key as registered, "" if it was no string."""
        value = self._value("provider_pubkey")
        return value if isinstance(value, str) else ""

    @property
    def provider_type(self) -> ProviderType | None:
        """The provider type, None if it was none."""
        value = self._value("provider_type")
        return ProviderType(value) if value in tuple(ProviderType) else None

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The capabilities to be made use of."""
        return tuple(entry for entry in self.declared if entry not in self.hidden) or self.declared

    @property
    def declared(self) -> tuple[str, ...]:
        """Every string among the capabilities."""
        value = self._value("capabilities")
        return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()

    @property
    def live(self) -> bool:
        """Whether it was acknowledged and its link is open."""
        return self.acked_at is not None and self.link.open

    def _value(self, name: str) -> JsonValue:
        member = self.members.get(name)
        return member.value if member is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A request to /v1/trust/claim: when, with which body, and the members of the body if it is an object."""

    t: float
    mark: Mark
    method: str
    content_type: str
    body: bytes
    members: Mapping[str, JsonValue] | None


def acknowledgement(session: Session) -> str:
    """The register_ack `ok` of a faithful coordinator."""
    return stringify({"type": "register_ack", "status": "ok", "worker_id": session.worker_id})


def refusal(error: str) -> str:
    """A register_ack with the status `error`."""
    return stringify({"type": "register_ack", "status": "error", "error": error})


HEARTBEAT_ACK = stringify({"type": "heartbeat_ack", "status": "ok"})
"""The answer to a heartbeat."""


@dataclass(slots=True, kw_only=True)
class Conduct:
    """What the coordinator does by itself; the defaults are faithful.

    `acks`: the frames that answer a registration, sent in one segment after `ack_delay` seconds; a session
    counts as acknowledged if one of them has the status `ok`. `with_acks`: assignments (from
    `Stage.prepare`) that follow them in the same segment.
    `claim`: the answer to a pairing claim, instead of 200 for the right code and 400 for another. `rest`: an
    answer for any other HTTP request, or None for the faithful one. `look`: sees every worker's frame first;
    what it returns true for is not answered.
    """

    acks: Callable[[Session], Sequence[str]] = lambda session: (acknowledgement(session),)
    ack_delay: float = 0.0
    with_acks: Callable[[Session], Sequence[Assignment]] = lambda _session: ()
    claim: Reply | None = None
    rest: Callable[[Request], Reply | None] = lambda _request: None
    look: Callable[[Link, Frame], bool] = lambda _link, _frame: False
