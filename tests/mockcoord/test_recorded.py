"""The exchanges recorded from the deployed network, played again: the same answers, text by text.

What differs from run to run (ids, keys, codes, times, signatures) is replaced by its kind before the texts
are compared; so is the form of a time, the one thing that is decided otherwise here.
"""

import re
from importlib.resources import files

import httpx2
import pytest
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.canonical import Json
from dispatch_protocol.recording import Frame, Http, Opened, TranscriptEvent, read_lines
from dispatch_protocol.vocabulary import Role

from tests.mockcoord.client import Worker, client, connected

KINDS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{3}Z)?"), "<time>"),
    (re.compile(r'"signature":"[^"]{88}"'), '"signature":"<signature>"'),
    (re.compile(r'"provider_pubkey":"[0-9a-f]{64}"'), '"provider_pubkey":"<key>"'),
    (re.compile(r'"pairing_code":"[0-9A-F]{6}"'), '"pairing_code":"<code>"'),
)


def normalized(text: str) -> str:
    for pattern, kind in KINDS:
        text = pattern.sub(kind, text)
    return text


class Replay:
    """One recording against one coordinator; counts the answers and frames that were compared."""

    def __init__(self, http: httpx2.AsyncClient, worker: Worker) -> None:
        self.http = http
        self.worker = worker
        self.names: dict[str, str] = {}
        self.expected: list[str] = []
        self.compared = 0

    def translated(self, text: str) -> str:
        """A recorded text with this run's ids, codes and key in it."""
        for recorded, ours in self.names.items():
            text = text.replace(recorded, ours)
        return text

    async def play(self, event: TranscriptEvent) -> None:
        if isinstance(event, Http):
            await self.ask(event)
            await self.hear()
        elif isinstance(event, Frame) and event.sender is Role.COORDINATOR:
            self.expected.append(str(event.payload))
        elif isinstance(event, Frame):
            await self.hear()
            await self.say(str(event.payload))

    async def ask(self, event: Http) -> None:
        assert event.response is not None
        answer = await self.http.request(
            event.method,
            self.translated(event.path),
            content=None if event.request is None else self.translated(event.request).encode(),
            headers={} if event.request is None else {"content-type": "application/json"},
        )
        self.compared += 1
        assert normalized(answer.text) == normalized(event.response), event.path
        assert answer.status_code == event.status
        assert answer.headers["content-type"] == event.content_type
        for name in ("job_id", "pairing_code"):
            recorded, ours = Json.read(event.response).value, answer.json()
            if isinstance(recorded, dict) and name in recorded:
                self.names[str(recorded[name])] = ours[name]

    async def say(self, frame: str) -> None:
        message = Json.read(frame).value
        assert isinstance(message, dict)
        if message["type"] == "register":
            self.names[str(message["provider_pubkey"])] = self.worker.identity.pubkey_hex
        if message["type"] == "job_complete":
            assignment = {"job_id": self.translated(str(message["job_id"]))}
            await self.worker.say(self.worker.completion(assignment, message["output"]))
            assert (await self.worker.beat())["type"] == "heartbeat_ack"
        else:
            await self.worker.say(self.translated(frame))

    async def hear(self) -> None:
        while self.expected:
            frame = self.expected.pop(0)
            self.compared += 1
            heard = Json.of(await self.worker.hear()).text
            assert normalized(heard) == normalized(Json.read(frame).canonical)


@pytest.mark.parametrize("name", ["desktop", "seeker"])
async def test_the_recorded_answers_are_ours(running: MockCoordinator, name: str) -> None:
    lines = (files("dispatch_conformance") / "recordings" / f"{name}.jsonl").read_text("utf-8").splitlines()
    recording = read_lines(lines)
    assert len([event for event in recording.events if isinstance(event, Opened)]) == 1
    async with client(running) as http, connected(running) as worker:
        replay = Replay(http, worker)
        for event in recording.events:
            await replay.play(event)
        await replay.hear()
    assert replay.compared > 60
