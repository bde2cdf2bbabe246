"""The stand-in for Ollama: its interface, exact requests, and its moods."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from dispatch_conformance import ollama as moods
from dispatch_conformance.ollama import Mood, Ollama


@pytest.fixture
async def ollama() -> AsyncIterator[Ollama]:
    async with Ollama() as running:
        yield running


@pytest.fixture
async def client(ollama: Ollama) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=ollama.url, trust_env=False, timeout=20) as client:
        yield client


def lines(answer: httpx2.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_generate_without_streaming(ollama: Ollama, client: httpx2.AsyncClient) -> None:
    body = {"model": "m", "prompt": "hi", "stream": False, "options": {"num_predict": 64}}
    answer = await client.post("/api/generate", json=body)
    told = answer.json()
    assert (told["model"], told["response"], told["done"]) == ("m", "Echo: hi", True)
    assert ollama.asked[0].value == body
    assert ollama.asked[0].member("options", "num_predict") == 64
    assert ollama.generations[0].prompt == "hi"


async def test_generate_streams_unless_told_otherwise(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/generate", json={"prompt": "hello"})
    parts = lines(answer)
    assert answer.headers["content-type"] == moods.NDJSON
    assert "".join(part["response"] for part in parts) == "Echo: hello"
    assert [part["done"] for part in parts] == [False, False, True]


async def test_chat_answers_the_last_message(ollama: Ollama, client: httpx2.AsyncClient) -> None:
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]
    answer = await client.post("/api/chat", json={"messages": messages, "stream": False})
    assert answer.json()["message"] == {"role": "assistant", "content": "Echo: hi"}
    assert ollama.generations[0].prompt == "hi"


async def test_listings(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/")).text == "Ollama is running"
    assert (await client.get("/api/version")).json()["version"]
    assert (await client.get("/api/tags")).json()["models"][0]["name"] == "llama3.2:latest"
    assert (await client.get("/api/else")).status_code == 404


async def test_lone_surrogates_come_back_as_they_were_sent(client: httpx2.AsyncClient) -> None:
    body = b'{"prompt":"left \\ud83d alone","stream":false}'
    answer = await client.post("/api/generate", content=body)
    assert b"Echo: left \\ud83d alone" in answer.content


async def test_a_body_that_is_no_json_is_kept_and_refused(ollama: Ollama, client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/generate", content=b"not json")
    assert answer.status_code == 400
    assert (ollama.asked[0].body, ollama.asked[0].value) == (b"not json", None)


async def test_moods_that_answer(ollama: Ollama, client: httpx2.AsyncClient) -> None:
    ollama.mood = moods.FAILING
    assert (await client.post("/api/generate", json={"prompt": "x"})).status_code == 500
    ollama.mood = moods.ERROR_IN_200
    assert "error" in (await client.post("/api/generate", json={"prompt": "x"})).json()
    ollama.mood = moods.GARBAGE
    answer = await client.post("/api/generate", json={"prompt": "x"})
    assert answer.status_code == 200
    with pytest.raises(ValueError):  # noqa: PT011  any JSON error will do
        answer.json()
    ollama.mood = Mood(text="as told", model="other")
    told = (await client.post("/api/generate", json={"prompt": "x", "stream": False})).json()
    assert (told["response"], told["model"]) == ("as told", "other")


@pytest.mark.parametrize("mood", [moods.CUT_OFF, moods.DROPPED], ids=["cut off", "dropped"])
async def test_moods_that_break_off(ollama: Ollama, client: httpx2.AsyncClient, mood: Mood) -> None:
    ollama.mood = mood
    with pytest.raises(httpx2.TransportError):
        await client.post("/api/generate", json={"prompt": "x"})


async def test_a_silent_request_is_never_answered(ollama: Ollama, client: httpx2.AsyncClient) -> None:
    ollama.mood = moods.SILENT
    asking = asyncio.create_task(client.post("/api/generate", json={"prompt": "x"}))
    await ollama.changes.until(lambda: bool(ollama.asked), 20)
    await asyncio.sleep(0.1)
    assert not asking.done()
    asking.cancel()


async def test_it_refuses_connections_and_listens_again(ollama: Ollama) -> None:
    url = ollama.url
    await ollama.refuse()
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        with pytest.raises(httpx2.ConnectError):
            await client.get("/")
        await ollama.listen()
        assert ollama.url == url
        assert (await client.get("/")).status_code == 200


async def test_requests_beyond_its_bounds_are_answered_and_not_kept(
    ollama: Ollama, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moods, "MAX_KEPT", 1_000)
    for number in range(4):
        body = {"prompt": f"{number}" * 600, "stream": False}
        answer = await client.post("/api/generate", json=body)
        assert answer.json()["response"] == f"Echo: {body['prompt']}"
    assert [str(asked.prompt)[0] for asked in ollama.asked] == ["0", "1"]
