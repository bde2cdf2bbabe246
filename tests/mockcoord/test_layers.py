"""Layers around the coordinator: they hold frames, bring routes, stand around requests, and are let go."""

from dispatch_mockcoord.core.effects import Send
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.switchboard import Switchboard
from dispatch_protocol.messages import HeartbeatAck
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope
from starlette.types import Send as AsgiSend

from tests.mockcoord.client import client, connected, settings


class _Deaf(Layer):
    """Swallows heartbeat acknowledgements, and whatever workers send after one."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def attach(self, switchboard: Switchboard) -> None:
        self.steps.append("attach")
        self._switchboard = switchboard
        switchboard.outgoing = self._outgoing
        switchboard.new_worker_id = lambda: "an id"

    def routes(self) -> list[BaseRoute]:
        return [Route("/v1/health", self._health), Route("/extra", self._health)]

    def middleware(self) -> list[Middleware]:
        return [Middleware(_Stamp)]

    def detach(self) -> None:
        self.steps.append("detach")

    def _outgoing(self, effect: Send) -> None:
        if isinstance(effect.message, HeartbeatAck):
            self._switchboard.emit(effect.connection, b"instead")
        else:
            self._switchboard.deliver(effect)

    async def _health(self, request: Request) -> Response:
        return PlainTextResponse("of the layer")


class _Stamp:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: AsgiSend) -> None:
        if scope["type"] == "http" and scope["path"] == "/stamped":
            await PlainTextResponse("stamped")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def test_a_layer_holds_frames_and_ids_and_requests() -> None:
    layer = _Deaf()
    async with MockCoordinator(settings(), layers=[layer]) as running:
        async with connected(running) as session:
            assert (await session.register())["worker_id"] == "an id"
            await session.say({"type": "heartbeat", "provider_pubkey": session.identity.pubkey_hex})
            assert await session.socket.recv() == b"instead"
        async with client(running) as asked:
            assert (await asked.get("/v1/health")).text == "of the layer"
            assert (await asked.get("/extra")).text == "of the layer"
            assert (await asked.get("/stamped")).text == "stamped"
            assert (await asked.get("/v1/demo/status")).json() == {"active": False}
        assert layer.steps == ["attach"]
    assert layer.steps == ["attach", "detach"]


async def test_a_layer_takes_what_workers_send() -> None:
    taken: list[str | bytes] = []

    class Listening(Layer):
        def attach(self, switchboard: Switchboard) -> None:
            def incoming(number: int, payload: str | bytes) -> None:
                taken.append(payload)
                if payload != "drop":
                    switchboard.accept(number, payload)

            switchboard.incoming = incoming

    async with MockCoordinator(settings(), layers=[Listening()]) as running, connected(running) as session:
        await session.register()
        await session.say("drop")
        assert (await session.beat())["type"] == "heartbeat_ack"
    assert taken[1] == "drop"
    assert len(taken) == 3
