"""The live dashboard: the routes that serve its static parts, as they stand, and the policy it is bound to.

Nothing of it is made here: what the page shows it asks of the control face. Its policy lets it load its own
scripts and its own style, and speak to its own origin; no text can become a script or a part of the page.
"""

from collections.abc import Sequence
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dispatch_mockcoord.paths import Resource

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""What the page may load, send and be a part of. Source: Content Security Policy Level 3."""

_HEADERS: Final = {
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_PAGE: Final = "page.html"
_TYPES: Final = {"css": "text/css", "html": "text/html", "js": "text/javascript"}


def page_routes() -> Sequence[BaseRoute]:
    """`/dashboard`, and the parts that the page names, under `/_mock/static/`. To be put behind a guard."""
    return [
        Resource("/dashboard", partial(_answer, _PAGE)),
        Resource("/_mock/static/{name}", _part),
    ]


async def _part(request: Request) -> Response:
    """A part of the page. Raises HTTPException (404) for any other name."""
    return await _answer(request.path_params["name"], request)


async def _answer(name: str, request: Request) -> Response:
    parts = _parts()
    if name not in parts:
        raise HTTPException(404, "Not found")
    body, tag = parts[name]
    headers = {**_HEADERS, "etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    media_type = _TYPES[name.rpartition(".")[2]]
    return Response(body, headers=headers, media_type=f"{media_type}; charset=utf-8")


@cache
def _parts() -> dict[str, tuple[bytes, str]]:
    """Every static part by its name, with its entity tag; read once."""
    folder = files("dispatch_mockcoord.dashboard").joinpath("static")
    bodies = {part.name: part.read_bytes() for part in folder.iterdir() if part.name.endswith(tuple(_TYPES))}
    return {name: (body, f'"{sha256(body).hexdigest()[:32]}"') for name, body in bodies.items()}
