"""Why no worker came to a door that waited for one, as far as those who did come show it."""

from collections.abc import Sequence
from typing import Final

from dispatch_protocol.errors import shown

from dispatch_conformance.visits import Kind, Visit

_TELLING: Final = (Kind.TLS_FAILED, Kind.TLS, Kind.WEBSOCKET, Kind.HTTP, Kind.OTHER, Kind.SILENT)
"""What says most comes first."""


def absence(visits: Sequence[Visit], url: str, seconds: float) -> str:
    """The reason, in a sentence without a full stop; `seconds` is how long was waited."""
    for kind in _TELLING:
        for visit in visits:
            if visit.kind is kind:
                return f"nobody came to {url} as a worker does within {seconds:.0f} s: {_of(visit, url)}"
    return (
        f"nobody connected to {url} within {seconds:.0f} s: is the worker told this very address and port, "
        "and can it reach this machine (firewall, another network, a container's own loopback)?"
    )


def _of(visit: Visit, url: str) -> str:
    """What one visit shows."""
    request = shown(visit.request, 120)
    said = {
        Kind.TLS: "spoke TLS, and this address has none: tell the worker http:// (or ws://), or start the "
        "suite with --tls-cert and --tls-key",
        Kind.TLS_FAILED: f"failed at TLS ({shown(visit.failure, 100)}): does the worker trust the "
        "certificate, and does that name the host of the address?",
        Kind.WEBSOCKET: f"asked for a WebSocket ({request}) and did not get it",
        Kind.HTTP: f"made HTTP requests ({request}), and none for a WebSocket",
        Kind.OTHER: f"spoke something else: {bytes(visit.head[:40]).hex(' ')}",
        Kind.SILENT: "connected and sent nothing",
    }
    if visit.kind is Kind.TLS_FAILED and "HTTP" in visit.failure.upper():
        said[Kind.TLS_FAILED] = f"spoke plain HTTP, and this address is TLS: tell the worker {url}"
    where = f" from {shown(visit.peer, 60)}" if visit.peer else ""
    return f"a client{where} {said[visit.kind]}"
