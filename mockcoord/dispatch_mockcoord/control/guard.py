"""Who may look and who may change: decided from the head of a request alone, without I/O.

A web page on another origin can have a browser send requests here. It gives itself away by `Origin` and
`Sec-Fetch-Site`; one that has its own name resolve to this machine (DNS rebinding) by `Host`. A form cannot
send `application/json`.
"""

import re
from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any, Final

from dispatch_protocol.errors import UsageError
from dispatch_protocol.rest import RestFault
from starlette.datastructures import Headers
from starlette.requests import cookie_parser

_AUTHORITY: Final = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[^\s:@/?#\[\]]{1,255})(?::([0-9]{1,5}))?")
_OWN_SITES: Final = ("same-origin", "none")
_HTTP_PORT: Final = 80


class Guard:
    """The conditions of a server that is bound to `host`; `token`, if there is one, is asked of everybody."""

    def __init__(self, host: str, token: str | None = None) -> None:
        self._host = host.strip("[]").lower()
        self._token = token

    def fault(self, scope: Mapping[str, Any], *, is_page: bool = False) -> RestFault | None:
        """Why this request is refused: 403 for a foreign host or origin, 401 without the token; or None.

        A page may be visited from anywhere, for nobody but its reader sees it. Whoever shows the token in
        `Authorization` may call the server by any name, which no web page can do that does not know it.
        """
        headers = Headers(scope=scope)  # type: ignore[arg-type]
        knows = self._shows_token(headers)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not (knows or self._is_own(hosts[0], scope.get("server"))):
            return RestFault(403, "Foreign Host")
        if is_foreign(headers, hosts[0]) and not (is_page and _is_visit(scope, headers)):
            return RestFault(403, "Foreign Origin")
        if self._token is None or knows or self.fits(self._cookie(scope, headers)):
            return None
        return RestFault(401, "A token is required: Authorization: Bearer, or open /dashboard?token=…")

    def fits(self, text: str | None) -> bool:
        """Whether this is the token; how long that takes tells nothing about it."""
        return self._token is not None and text is not None and compare_digest(_raw(text), _raw(self._token))

    def cookie_name(self, scope: Mapping[str, Any]) -> str:
        """The name of the cookie that holds the token: one for each port, which browsers mix up."""
        return f"dispatch_control_{_port(scope.get('server'))}"

    def _shows_token(self, headers: Headers) -> bool:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.fits(credentials.strip())

    def _cookie(self, scope: Mapping[str, Any], headers: Headers) -> str | None:
        return cookie_parser("; ".join(headers.getlist("cookie"))).get(self.cookie_name(scope))

    def _is_own(self, authority: str, server: tuple[str, int] | None) -> bool:
        """Whether this Host is this server: by a name of this machine alone, or by its own address."""
        match = _AUTHORITY.fullmatch(authority)
        if match is None or int(match[2] or _HTTP_PORT) != _port(server):
            return False
        name = match[1].strip("[]").lower()
        return name == "localhost" or name in (self._host, server and server[0]) or is_loopback(name)


def read_token(text: str) -> str:
    """A token as given at the command line. Raises UsageError for one that no header could carry."""
    if 8 <= len(text) <= 256 and text.isascii() and text.isprintable() and " " not in text:
        return text
    raise UsageError("a control token has 8 to 256 printable ASCII characters, and no blank")


def is_loopback(host: str) -> bool:
    """Whether this is a name or an address by which a machine speaks to itself alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that another origin than this one had it send the request."""
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    return any(origin.lower() != f"http://{host.lower()}" for origin in origins) or any(
        site.lower() not in _OWN_SITES for site in sites
    )


def _is_visit(scope: Mapping[str, Any], headers: Headers) -> bool:
    """Whether somebody follows a link to here: a page of its own, not a part of another."""
    is_reading = scope["method"] in ("GET", "HEAD") and "origin" not in headers
    return (
        is_reading
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _port(server: tuple[str, int] | None) -> int:
    return server[1] if server is not None else 0


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
