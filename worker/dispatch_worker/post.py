"""One bounded HTTP request: POST a JSON text, read the answer. For the pairing claim and for Ollama.

No proxies and nothing else is taken from the environment, as for the WebSocket: the operator named these
addresses. Redirects are not followed, so that neither a prompt nor a pairing code goes to another host.
Compressed answers are refused: only what was counted is ever in memory. httpx2 is imported at the first call.
"""

import ssl
from typing import TYPE_CHECKING, Final, NamedTuple

from dispatch_protocol.errors import TransportError, shown

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS: Final = 10.0
"""How long a connection may take; what follows is bounded by whoever waits for it."""

_HEADERS: Final = {
    "content-type": "application/json",
    "accept": "application/json",
    "accept-encoding": "identity",
}


class Answer(NamedTuple):
    """What came back: the HTTP status, and the body's bytes, all of them."""

    status: int
    body: bytes


class Poster:
    """Posts to one URL, over connections that are kept. Nothing is opened before the first call."""

    def __init__(self, url: str, limit: int) -> None:
        self._url = url
        self._limit = limit
        self._client: httpx2.AsyncClient | None = None

    async def post(self, text: str) -> Answer:
        """Send a JSON text (without surrogates) and read the answer, at most `limit` bytes of it.

        Raises TransportError, in one escaped and bounded sentence, for everything that is no whole answer.
        """
        client = self._open()
        body = text.encode("utf-8")
        try:
            async with client.stream("POST", self._url, content=body, headers=_HEADERS) as response:
                return Answer(response.status_code, await self._body(response))
        except TransportError:
            raise
        except Exception as error:  # a fault that nobody foresaw costs one job, not the worker
            raise TransportError(shown(str(error) or type(error).__name__)) from None

    async def _body(self, response: "httpx2.Response") -> bytes:
        """The body as it was sent, counted while it arrives."""
        if response.headers.get("content-encoding", "").lower() not in ("", "identity"):
            raise TransportError("the answer is compressed")
        received = bytearray()
        async for piece in response.aiter_raw():
            received += piece
            if len(received) > self._limit:
                raise TransportError(f"the answer is longer than {self._limit} bytes")
        return bytes(received)

    async def close(self) -> None:
        """Close the connections that are kept."""
        if self._client is not None:
            await self._client.aclose()

    def _open(self) -> "httpx2.AsyncClient":
        import httpx2  # noqa: PLC0415  (a worker without a model server or a pairing never pays for it)

        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=_tls_context(self._url),
                timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
                trust_env=False,
                follow_redirects=False,
            )
        return self._client


def _tls_context(url: str) -> ssl.SSLContext:
    """The system's authorities for https; for http none, as reading them takes time and memory."""
    if url.startswith("https:"):
        return ssl.create_default_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
