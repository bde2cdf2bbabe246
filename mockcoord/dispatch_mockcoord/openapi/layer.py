"""The layer that answers `/openapi.json`, outside of what the transcript shows."""

from dispatch_protocol.canonical import stringify
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dispatch_mockcoord.app import HANDLERS
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.openapi.document import PATH, document
from dispatch_mockcoord.paths import Resource
from dispatch_mockcoord.routes import JsonText


class Description(Layer):
    """The description of a server with or without the control face."""

    def __init__(self, *, with_control: bool) -> None:
        self._with_control = with_control
        self._text: str | None = None

    def around(self, application: ASGIApp) -> ASGIApp:
        """Answer this one path, and hand on everything else."""
        own = Starlette(routes=[Resource(PATH, self._show)], exception_handlers=HANDLERS)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            is_own = scope["type"] == "http" and scope["path"].lower().removesuffix("/") == PATH
            await (own if is_own else application)(scope, receive, send)

        return answer

    async def _show(self, request: Request) -> Response:
        if self._text is None:
            self._text = stringify(document(with_control=self._with_control))
        return JsonText(self._text)
