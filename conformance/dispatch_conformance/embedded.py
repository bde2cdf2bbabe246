"""The real mock coordinator, embedded, instead of a scripted stage: whole paths from a client to a receipt.

    async with Embedded("private.paired") as coordinator:
        ...                                              # a worker is started with coordinator.url
        await coordinator.registered()
        code = await coordinator.pairing_code("user_1")
        job_id = await coordinator.commit("TASK", {…}, user_id="user_1", privacy_class="PRIVATE")
        view = await coordinator.finished(job_id)        # the members of GET /v1/jobs/{id}

Everything that passes is in its transcript, as on a stage, and the same passive rules judge it.
"""

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, Self

from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_protocol.canonical import JsonValue, parse, stringify
from dispatch_protocol.codec import decode
from dispatch_protocol.errors import JsonSyntaxError, UsageError, Violation
from dispatch_protocol.messages import Register, RegisterAck
from dispatch_protocol.recording import Frame, TranscriptEvent

from dispatch_conformance.launch import WorkerProcess
from dispatch_conformance.lifeline import has_ended, unregistered
from dispatch_conformance.stage import CONNECT_SECONDS, REGISTER_SECONDS, USER
from dispatch_conformance.transcript import Room, Transcript

POLL_SECONDS: Final = 0.05
"""How often a job is asked after."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer to a client: its status, and its body as JSON (None if it is none)."""

    status: int
    value: JsonValue

    def member(self, name: str) -> JsonValue:
        """A member of the body; None where there is none."""
        return self.value.get(name) if isinstance(self.value, dict) else None


class Embedded:
    """A mock coordinator on a free port with a client at hand. `process` and `expects_claim` as on a stage.

    `registrations` are the `register` messages that were acknowledged, oldest first.
    """

    def __init__(
        self, name: str, *, scale: float = 1.0, settings: Settings | None = None, room: Room | None = None
    ) -> None:
        self.transcript = Transcript(name, room=room)
        self.process: WorkerProcess | None = None
        self.expects_claim = False
        self.registrations: list[Register] = []
        self._running = MockCoordinator(settings)
        self._asked: dict[int, Register] = {}
        self._scale = scale
        self._stack = AsyncExitStack()
        self._client: Any = None

    async def __aenter__(self) -> Self:
        import httpx2  # noqa: PLC0415  only whole paths need a client, and it is slow to import

        self._running.tap(self._see)
        await self._stack.enter_async_context(self._running)
        client = httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=30)
        self._client = await self._stack.enter_async_context(client)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        """The coordinator's address."""
        return self._running.url

    @property
    def ws_url(self) -> str:
        """The same as `ws://`."""
        return self._running.ws_url

    async def registered(self, count: int = 1) -> Register:
        """The newest registration once so many were acknowledged. Raises Missing if they never are."""
        changes = self.transcript.changes
        await changes.until(
            lambda: self.transcript.connected or has_ended(self.process), CONNECT_SECONDS * self._scale
        )
        seconds = REGISTER_SECONDS * self._scale
        await changes.until(lambda: len(self.registrations) >= count or has_ended(self.process), seconds)
        if len(self.registrations) >= count:
            return self.registrations[-1]
        raise unregistered(self.transcript, self.process, was_there=bool(self.registrations))

    async def request(self, method: str, path: str, body: JsonValue = None) -> HttpAnswer:
        """One request as a client makes it; a body that is not None is sent as JSON."""
        content = None if body is None else stringify(body).encode("utf-8")
        headers = {"content-type": "application/json"} if content is not None else {}
        answer = await self._client.request(method, path, content=content, headers=headers)
        try:
            return HttpAnswer(answer.status_code, parse(answer.content))
        except JsonSyntaxError:
            return HttpAnswer(answer.status_code, None)

    async def pairing_code(self, user_id: str = USER) -> str:
        """A fresh pairing code for a user."""
        answer = await self.request("POST", "/v1/trust/create", {"user_id": user_id})
        code = answer.member("pairing_code")
        if not isinstance(code, str):
            raise UsageError(f"the mock coordinator gives no pairing code: {answer}")
        return code

    async def commit(
        self,
        job_type: str,
        payload: JsonValue,
        *,
        tier: str = "cheap",
        user_id: str = USER,
        privacy_class: str = "PUBLIC",
    ) -> HttpAnswer:
        """Commit a job; its id is the member `job_id` of a 201 (and of a 422)."""
        members: dict[str, JsonValue] = {"job_type": job_type, "user_id": user_id, "payload": payload}
        members["privacy_class"] = privacy_class
        return await self.request("POST", f"/v1/jobs/commit/{tier}", members)

    async def finished(self, job_id: str, seconds: float = 60.0) -> HttpAnswer:
        """`GET /v1/jobs/{id}` once the job is completed or failed, or as it stands after so many seconds."""
        deadline = time.monotonic() + seconds * self._scale
        while True:
            answer = await self.request("GET", f"/v1/jobs/{job_id}")
            if answer.member("status") in {"completed", "failed"} or time.monotonic() > deadline:
                return answer
            await self.transcript.changes.until(lambda: False, POLL_SECONDS)

    def _see(self, event: TranscriptEvent) -> None:
        if isinstance(event, Frame):
            self._see_frame(event)
        self.transcript.add(event)

    def _see_frame(self, event: Frame) -> None:
        try:
            message = decode(event.payload, event.sender)
        except Violation:
            return
        if isinstance(message, Register):
            self._asked[event.connection] = message
        elif isinstance(message, RegisterAck) and message.status == "ok" and event.connection in self._asked:
            self.registrations.append(self._asked.pop(event.connection))
