"""The application: its routes and those of layers on top, bodies that do not come whole, the transcript."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
import websockets
from dispatch_mockcoord.alarm import Clock
from dispatch_mockcoord.app import application
from dispatch_mockcoord.memory_store import MemoryStore
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_protocol.recording import Http, Opened, TranscriptEvent
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.mockcoord.client import client, settings

COMMIT = b'{"job_type":"TASK","user_id":"u","payload":{"task_type":"summarize","input":"x"}}'


async def own(request: Request) -> Response:
    return PlainTextResponse("the layer's own")


async def refused(request: Request) -> Response:
    raise HTTPException(403, "Not From Here", headers={"x-why": "loopback only"})


async def broken(request: Request) -> Response:
    raise ZeroDivisionError


async def stream(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"data: {}\n\n"

    return StreamingResponse(pieces(), media_type="text/event-stream")


async def picture(request: Request) -> Response:
    return Response(b"\x89PNG", media_type="image/png")


EXTRA = [
    Route("/_mock/refused", refused),
    Route("/_mock/broken", broken),
    Route("/_mock/stream", stream),
    Route("/_mock/picture", picture),
    Route("/v1/health", own),
]


class Outage:
    """A layer that answers one path itself, whatever the routes say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_struck = scope["type"] == "http" and scope["path"] == "/v1/quote"
        await (Response(status_code=503) if is_struck else self.app)(scope, receive, send)


@pytest.fixture
def events() -> list[TranscriptEvent]:
    return []


@pytest.fixture
async def layered(events: list[TranscriptEvent]) -> AsyncIterator[httpx2.AsyncClient]:
    """The application with a layer on top, asked without a socket; `events` has its transcript."""
    switchboard = Switchboard(settings(), MemoryStore(), Clock())
    switchboard.taps.append(events.append)
    app = application(switchboard, EXTRA, [Middleware(Outage)])
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://here") as http:
        yield http
    switchboard.store.close()


async def test_a_layers_routes_come_first_and_fail_in_json(
    layered: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """C-REST-18, for whatever is mounted."""
    assert (await layered.get("/v1/health")).text == "the layer's own"
    assert (await layered.get("/v1/demo/status")).json() == {"active": False}
    answer = await layered.get("/_mock/refused")
    assert (answer.status_code, answer.json()) == (403, {"error": "Not from here"})
    assert answer.headers["x-why"] == "loopback only"
    answer = await layered.get("/_mock/broken")
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal server error"})
    assert "ZeroDivisionError" in caplog.text
    assert (await layered.post("/_mock/picture")).json() == {"error": "Method not allowed"}


async def test_the_transcript_shows_what_leaves_the_layers(
    layered: httpx2.AsyncClient, events: list[TranscriptEvent]
) -> None:
    for path in ("/v1/quote", "/_mock/broken", "/_mock/stream", "/_mock/picture", "/nowhere?a=1"):
        await layered.get(path)
    await layered.head("/v1/demo/status")
    await layered.post("/v1/demo/stop", content=b"\xff", headers={"content-type": "application/json"})
    shown = [event for event in events if isinstance(event, Http)]
    assert len(shown) == len(events)
    assert [(event.path, event.status, event.response) for event in shown] == [
        ("/v1/quote", 503, ""),
        ("/_mock/broken", 500, '{"error":"Internal server error"}'),
        ("/_mock/stream", 200, None),
        ("/_mock/picture", 200, None),
        ("/nowhere?a=1", 404, '{"error":"Not found"}'),
        ("/v1/demo/status", 200, None),
        ("/v1/demo/stop", 200, '{"status":"stopped"}'),
    ]
    assert [event.response_base64 for event in shown] == [None, None, None, "iVBORw==", None, None, None]
    assert (shown[-1].request, shown[-1].request_base64) == (None, "/w==")
    assert (shown[3].content_type, shown[-1].request_type) == ("image/png", "application/json")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/V1/demo/STATUS/", 200),
        ("/v1/demo/status//", 404),
        ("/v1/demo/status%0a", 404),
        ("/v1/demo/status/%0a", 404),
        ("/v1/demo/%c5%bftatus", 404),
        ("/v1/demo/status%2f", 200),
        ("/v1/demo/statusx", 404),
        ("/x/v1/demo/status", 404),
    ],
)
async def test_paths_match_whole(running: MockCoordinator, path: str, status: int) -> None:
    """C-REST-15: no line feed at the end, and no letter but those of ASCII in another case."""
    async with client(running) as http:
        assert (await http.get(path)).status_code == status


@pytest.mark.parametrize("path", ["/%0a", "/%0ax", "/a/%0a/b", "//"])
async def test_a_websocket_may_ask_for_any_path(running: MockCoordinator, path: str) -> None:
    """C-CON-2."""
    events: list[TranscriptEvent] = []
    running.tap(events.append)
    async with websockets.connect(running.ws_url + path) as peer:
        await peer.send("null")
        assert "INVALID_MSG" in str(await peer.recv())
    assert isinstance(events[0], Opened)


HEAD = b" HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"


async def raw_exchange(running: MockCoordinator, head: bytes, body: bytes = b"") -> bytes:
    """The first head that comes back for this one; behind it goes the body, and the connection ends."""
    reader, writer = await asyncio.open_connection(running.settings.host, running.port)
    writer.write(head)
    try:
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.write(body)
    finally:
        writer.close()
        await writer.wait_closed()
    return answer


@pytest.mark.parametrize("length", [b"Content-Length: 1000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
async def test_a_body_that_ends_early_is_no_body(running: MockCoordinator, length: bytes) -> None:
    """What is there already may be a whole commit: it counts for nothing, and nobody has the answer."""
    events: list[TranscriptEvent] = []
    running.tap(events.append)
    body = b"%x\r\n%b\r\n" % (len(COMMIT), COMMIT) if b"chunked" in length else COMMIT
    answer = await raw_exchange(running, b"POST /v1/jobs/commit/fast" + HEAD + length, body)
    assert answer.startswith(b"HTTP/1.1 100 ")
    while running._server.server_state.tasks:
        await asyncio.sleep(0.01)
    assert running.coordinator.dispatcher.pending_count == 0
    assert events == []


@pytest.mark.parametrize("path", [b"/v1/jobs/commit/fast", b"/v1/demo/start"])
async def test_a_body_declared_too_long_is_refused_before_it_is_sent(
    running: MockCoordinator, path: bytes
) -> None:
    """C-LIM-3; RFC 9110 §10.1.1."""
    head = b"POST " + path + HEAD + b"Content-Length: "
    assert (await raw_exchange(running, head + b"102401\r\n\r\n")).startswith(b"HTTP/1.1 413 ")
    assert (await raw_exchange(running, head + b"102400\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
