"""Whether the worker that came to the address got a WebSocket there. Source: RFC 6455 §4."""

from dispatch_protocol.errors import shown

from dispatch_conformance.doctor.evidence import Evidence
from dispatch_conformance.doctor.reason import Reason, slow
from dispatch_conformance.visits import Kind, Visit


def shook_hands(seen: Evidence) -> Reason | None:
    """Whether there was a WebSocket."""
    if seen.opened is not None:
        return slow("connect", seen.opened, seen.patience.connect)
    kinds = {visit.kind: visit for visit in reversed(seen.visits)}
    if Kind.TLS in kinds:
        return Reason(
            name="TLS",
            sentence="the worker speaks TLS to an address that begins with http://",
            advice=("use ws:// for http:// and wss:// for https://, as the address says",),
        )
    if Kind.WEBSOCKET in kinds:
        return _refused(seen, kinds[Kind.WEBSOCKET])
    if Kind.HTTP in kinds:
        return Reason(
            name="HTTP only",
            sentence=f"the worker makes HTTP requests ({_request(kinds[Kind.HTTP])}) and never asks for a "
            "WebSocket",
            advice=("open a WebSocket (RFC 6455) at the address, on any path: jobs come on that alone",),
        )
    if Kind.OTHER in kinds:
        first = bytes(kinds[Kind.OTHER].head[:16]).hex(" ")
        return Reason(
            name="not HTTP",
            sentence=f"the worker speaks neither HTTP nor TLS; its first bytes are {first}",
            advice=("open a WebSocket, whose handshake is an HTTP/1.1 request (RFC 6455 §4.1)",),
        )
    return Reason(
        name="says nothing",
        sentence="the worker opens a TCP connection and sends nothing on it",
        advice=("send the WebSocket's opening handshake: the client speaks first (RFC 6455 §4.1)",),
    )


def _refused(seen: Evidence, visit: Visit) -> Reason:
    why = seen.refused[0] if seen.refused else "it is not complete"
    return Reason(
        name="bad handshake",
        sentence=f"the worker's opening handshake ({_request(visit)}) is refused: {shown(why, 200)}",
        advice=("use a WebSocket library, or compare the request's headers with RFC 6455 §4.1",),
    )


def _request(visit: Visit) -> str:
    return shown(visit.request, 100)
