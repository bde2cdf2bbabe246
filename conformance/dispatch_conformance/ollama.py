"""A stand-in for Ollama: its HTTP interface, a model that repeats the prompt, and every way of failing.

`/api/generate`, `/api/chat`, `/api/tags`, `/api/version` and `/` answer as Ollama's do; generating streams
NDJSON unless the request says `"stream": false`, and the text is `Echo: <prompt>`. Each request is kept
exactly. `mood` scripts what the next ones get.

Source: Ollama's API documentation; SPEC.md, "LLM_INFER".
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Self

from dispatch_protocol.canonical import JsonValue, parse, stringify
from dispatch_protocol.errors import JsonSyntaxError

from dispatch_conformance.http11 import HttpServer, Reply, Request
from dispatch_conformance.transcript import Changes

NDJSON = "application/x-ndjson"
"""The content type of a streamed answer."""

DEFAULT_MODEL = "llama3.2"
"""The model that `/api/tags` lists, and the one named in answers whose request names none."""

_CREATED = "2026-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, exactly: `value` is its body as JSON, None if it is none. `t` is the loop's time."""

    t: float
    path: str
    body: bytes
    value: JsonValue

    def member(self, *names: str) -> JsonValue:
        """The value under these names, one inside the other; None where there is none."""
        value = self.value
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    @property
    def prompt(self) -> JsonValue:
        """The prompt of a generate request, or the content of the last message of a chat."""
        if self.path.endswith("/chat"):
            messages = self.member("messages")
            last = messages[-1] if isinstance(messages, list) and messages else None
            return last.get("content") if isinstance(last, dict) else None
        return self.member("prompt")


@dataclass(slots=True)
class Mood:
    """How generating goes. `delay` is seconds before the answer; `text` replaces the echo.

    `model` replaces the model's name in the answer. `reply` is sent instead of any of that.
    """

    delay: float = 0.0
    text: str | None = None
    model: str | None = None
    reply: Reply | None = None


FAILING = Mood(reply=Reply(status=500, body=b'{"error":"llama runner process has terminated"}'))
"""An HTTP error."""

ERROR_IN_200 = Mood(reply=Reply(status=200, body=b'{"error":"model \\"llama3.2\\" not found"}'))
"""Status 200 with an error object."""

GARBAGE = Mood(reply=Reply(status=200, body=b"<html>proxy error</html>", content_type="text/html"))
"""Status 200 with something that is no JSON."""

CUT_OFF = Mood(reply=Reply(status=200, body=b'{"model":"llama3.2","response":"Echo: half', fate="cut"))
"""An answer that breaks off."""

DROPPED = Mood(reply=Reply(fate="drop"))
"""A connection that closes without an answer."""

SILENT = Mood(reply=Reply(fate="silent"))
"""A request that is never answered."""


MAX_ASKED: Final = 10_000
"""How many requests are kept."""

MAX_KEPT: Final = 32 * 1024 * 1024
"""How many bytes of their bodies are kept, and one body more."""


@dataclass(slots=True)
class Ollama:
    """The stand-in on a port of its own. `refuse()` closes the port, so that connecting fails.

    `asked` are the requests that came, oldest first, as far as they are kept.
    """

    mood: Mood = field(default_factory=Mood)
    asked: list[Asked] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    _server: HttpServer | None = None
    _port: int = 0
    _kept: int = 0

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.refuse()

    async def listen(self) -> None:
        """Listen (again on the same port, after `refuse`)."""
        self._server = HttpServer(self.answer)
        await self._server.start(self._port)
        self._port = self._server.port

    async def refuse(self) -> None:
        """Stop listening; requests in progress are cut off. Idempotent."""
        if self._server is not None:
            await self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """What OLLAMA_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def generations(self) -> list[Asked]:
        """The requests that asked for text."""
        return [asked for asked in self.asked if asked.path in {"/api/generate", "/api/chat"}]

    async def answer(self, request: Request) -> Reply:
        """What a request gets, on this port or wherever else it arrived."""
        path = "/" + request.path.strip("/")
        value = _read(request.body)
        asked = Asked(t=asyncio.get_running_loop().time(), path=path, body=request.body, value=value)
        if len(self.asked) < MAX_ASKED and self._kept < MAX_KEPT:
            self._kept += len(request.body)
            self.asked.append(asked)
            self.changes.notify()
        if request.method == "POST" and path in {"/api/generate", "/api/chat"}:
            return self._generate(path, asked)
        if request.method in {"GET", "HEAD"}:
            return _listing(path)
        return _json(404, {"error": "not found"})

    def _generate(self, path: str, asked: Asked) -> Reply:
        mood = self.mood
        if mood.reply is not None:
            return mood.reply
        if not isinstance(asked.value, dict):
            return _json(400, {"error": "missing request body"})
        prompt = asked.prompt
        text = mood.text if mood.text is not None else f"Echo: {prompt if isinstance(prompt, str) else ''}"
        named = asked.member("model")
        model = mood.model or (named if isinstance(named, str) and named else DEFAULT_MODEL)
        if asked.member("stream") is False:
            return _json(200, _part(path, model, text, done=True), delay=mood.delay)
        half = len(text) // 2
        parts = [(text[:half], False), (text[half:], False), ("", True)]
        lines = [stringify(_part(path, model, part, done=done)).encode() + b"\n" for part, done in parts]
        pieces = tuple((0.0, line) for line in lines)
        return Reply(content_type=NDJSON, pieces=pieces, delay=mood.delay)


def _part(path: str, model: str, text: str, *, done: bool) -> dict[str, JsonValue]:
    """One answer, or one line of a streamed one."""
    part: dict[str, JsonValue] = {"model": model, "created_at": _CREATED}
    if path.endswith("/chat"):
        part["message"] = {"role": "assistant", "content": text}
    else:
        part["response"] = text
    part["done"] = done
    if done:
        part |= {"done_reason": "stop", "total_duration": 1_000_000, "eval_count": 1}
    return part


def _listing(path: str) -> Reply:
    model: JsonValue = {"name": f"{DEFAULT_MODEL}:latest", "model": f"{DEFAULT_MODEL}:latest", "size": 1}
    match path:
        case "/api/tags":
            return _json(200, {"models": [model]})
        case "/api/version":
            return _json(200, {"version": "0.5.0"})
        case "/":
            return Reply(body=b"Ollama is running", content_type="text/plain; charset=utf-8")
        case _:
            return _json(404, {"error": "not found"})


def _json(status: int, value: JsonValue, *, delay: float = 0.0) -> Reply:
    return Reply(status=status, body=stringify(value).encode("utf-8"), delay=delay)


def _read(body: bytes) -> JsonValue:
    try:
        return parse(body)
    except JsonSyntaxError:
        return None
