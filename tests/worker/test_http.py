"""Ollama and the pairing claim over HTTP, against a server in the same process."""

import asyncio
from typing import Any

import pytest
from dispatch_protocol.tasks import LlmRequest
from dispatch_worker import pairing
from dispatch_worker.config import ollama_address
from dispatch_worker.effects import (
    Claim,
    ClaimBroken,
    ClaimOutcome,
    ClaimRefused,
    Generated,
    Inference,
    NotGenerated,
    Paired,
)
from dispatch_worker.llm import MAX_ANSWER_BYTES, STUB_TEXT, NoModel, Ollama, Stub
from dispatch_worker.pairing import claim

from tests.worker.listening import Script, answer, late, listening, raw

GOOD = {"model": "llama3.2:latest", "response": "Because.", "done": True, "context": [1, 2]}
WANTED = Claim("A3F2B1", "ab" * 32)


async def ask(script: Script, request: LlmRequest | None = None) -> Inference:
    """One answer of an Ollama that follows the script."""
    async with listening(script) as server:
        model = Ollama(ollama_address(server.url + "/"), "llama3.2")
        try:
            return await model.generate(request or LlmRequest("why?", 256))
        finally:
            await model.close()


async def test_w_llm_2_3_7_what_ollama_is_asked() -> None:
    async with listening(answer(200, GOOD)) as server:
        model = Ollama(ollama_address(server.url), "mistral")
        assert await model.generate(LlmRequest(' "é\ud800\u2028', 7.5)) == Generated(
            {"text": "Because.", "model": "llama3.2:latest"}
        )
        await model.close()
        (request,) = server.requests
    assert request.line == "POST /api/generate HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert request.body.decode() == (
        '{"model":"mistral","prompt":" \\"é\\ud800\u2028","stream":false,"options":{"num_predict":7.5}}'
    )


@pytest.mark.parametrize(
    ("body", "output"),
    [
        (GOOD, {"text": "Because.", "model": "llama3.2:latest"}),
        ({"response": "x", "model": 7}, {"text": "x", "model": "llama3.2"}),
        ({"response": ""}, {"text": "", "model": "llama3.2"}),
        (b'{"response":"a\\ud800 \xc3\xa9"}', {"text": "a\ud800 é", "model": "llama3.2"}),
    ],
)
async def test_w_llm_5_6_text_and_model_unchanged(body: object, output: dict[str, Any]) -> None:
    outcome = await ask(answer(200, body))
    assert outcome == Generated(output)
    assert list(output) == ["text", "model"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (answer(500, {"error": "out of\nmemory"}), r"Ollama answered 500: out of\nmemory"),
        (answer(404, b"<html>"), "Ollama answered 404"),
        (answer(200, {"error": "model not found"}), "Ollama answered 200: model not found"),
        (answer(200, GOOD | {"error": {"a": 1}}), "Ollama answered 200: {'a': 1}"),
        (answer(200, {"error": None}), "Ollama answered 200: None"),
        (answer(200, {"error": [[[[[1]]]]] * 99}), "Ollama answered 200: [[[[...]]], "),
        (answer(302, b"", Location="http://127.0.0.1:1/"), "Ollama answered 302"),
        (answer(200, {"response": 7}), "Ollama gave no text in its `response`"),
        (answer(200, {}), "Ollama gave no text in its `response`"),
        (answer(200, b"null"), "Ollama gave no text in its `response`"),
        (answer(200, b"[]"), "Ollama gave no text in its `response`"),
        (answer(200, b"\xff"), "Ollama gave an answer that is no JSON"),
        (answer(200, b"["), "Ollama gave an answer that is no JSON"),
        (answer(200, b"[" * 100_000), "Ollama gave an answer that is no JSON"),
        (answer(200, GOOD | {"done": False}), "Ollama gave a part of its answer only"),
        (answer(200, GOOD, Content_Encoding="gzip"), "Ollama gave no answer: the answer is compressed"),
        (raw(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"response":"cut'), "Ollama gave no answer: "),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), "Ollama gave no answer: "),
        (raw(b"\x00 nonsense"), "Ollama gave no answer: "),
        (raw(b""), "Ollama gave no answer: "),
        (answer(200, b"x" * (MAX_ANSWER_BYTES + 1)), "Ollama gave no answer: the answer is longer"),
    ],
)
async def test_w_llm_8_to_11_no_answer_of_a_model(script: Script, reason: str) -> None:
    outcome = await ask(script)
    assert isinstance(outcome, NotGenerated)
    assert outcome.reason.startswith(reason)
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 500


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
async def test_an_answer_that_says_it_is_not_compressed_is_read(coding: str) -> None:
    assert await ask(answer(200, GOOD, Content_Encoding=coding)) == Generated(
        {"text": "Because.", "model": "llama3.2:latest"}
    )


async def test_w_llm_8_nobody_listens() -> None:
    model = Ollama("http://127.0.0.1:1/api/generate", "m")
    outcome = await model.generate(LlmRequest("why?", 1))
    await model.close()
    assert isinstance(outcome, NotGenerated)
    assert outcome.reason.startswith("Ollama gave no answer: ")


async def test_a_proxy_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert isinstance(await ask(answer(200, GOOD)), Generated)


async def test_an_answer_can_be_waited_for_no_longer() -> None:
    async with listening(late(30, answer(200, GOOD))) as server:
        model = Ollama(ollama_address(server.url), "m")
        task = asyncio.create_task(model.generate(LlmRequest("why?", 1)))
        await server.arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await model.close()


async def test_the_stub_says_what_it_is() -> None:
    outcome = await Stub().generate(LlmRequest("why?", 1))
    assert outcome == Generated({"text": STUB_TEXT, "model": "stub-v1", "stub": True})


async def test_no_model_gives_every_job_back() -> None:
    outcome = await NoModel().generate(LlmRequest("why?", 1))
    assert outcome == NotGenerated("this worker runs without a language model")


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (answer(200, {"user_id": "u", "paired_at": "now"}), Paired("u")),
        (answer(400, {"error": "already_claimed"}), ClaimRefused("already_claimed")),
        (answer(200, {"error": "expired"}), ClaimRefused("expired")),
        (answer(400, {"error": 7}), ClaimRefused("HTTP 400")),
        (answer(503, {}), ClaimRefused("HTTP 503")),
        (answer(307, {}, Location="http://127.0.0.1:1/"), ClaimRefused("HTTP 307")),
        (answer(200, {"user_id": 7}), ClaimBroken("HTTP 200 without a user_id")),
        (answer(200, b"null"), ClaimBroken("HTTP 200 without a user_id")),
        (answer(500, b"<html>"), ClaimBroken("HTTP 500 with a body that is no JSON")),
        (answer(200, b"x" * 70_000), ClaimBroken("the answer is longer than 65536 bytes")),
        (raw(b""), ClaimBroken("Server disconnected")),
    ],
)
async def test_w_pair_6_7_what_a_claim_can_meet(script: Script, outcome: ClaimOutcome) -> None:
    async with listening(script) as server:
        found = await claim(f"{server.url}/v1/trust/claim", WANTED)
        (request,) = server.requests
    if isinstance(outcome, ClaimBroken):
        assert isinstance(found, ClaimBroken)
        assert found.message.startswith(outcome.message)
    else:
        assert found == outcome
    assert request.line == "POST /v1/trust/claim HTTP/1.1"
    assert request.json == {"pairing_code": "A3F2B1", "provider_pubkey": "ab" * 32}
    assert request.headers["content-type"] == "application/json"


async def test_w_pair_7_a_claim_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "CLAIM_SECONDS", 0.05)
    async with listening(late(30, answer(200, {"user_id": "u"}))) as server:
        assert isinstance(await claim(server.url, WANTED), ClaimBroken)
