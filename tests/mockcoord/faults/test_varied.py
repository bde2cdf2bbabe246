"""Legal variety at work: two workers that share no code take every form of it, and break no clause."""

import asyncio
from pathlib import Path
from random import Random
from secrets import randbelow, token_hex
from typing import Any

import httpx2
import pytest
from dispatch_mockcoord.core.effects import Effect, Send, WorkerJoined
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.faults.varied import Variety
from dispatch_mockcoord.layers import Layer
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_protocol.canonical import Json
from dispatch_protocol.messages import HeartbeatAck
from dispatch_protocol.recording import Frame, Http, TranscriptEvent
from dispatch_protocol.rules import Finding, Rules
from dispatch_protocol.vocabulary import Role
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.mockcoord.client import TASK, client, worker
from tests.mockcoord.faults.workers import WORKERS, process

WAIT = 60.0


class Model(Layer):
    """What answers the workers' prompts, on the coordinator's own port."""

    def routes(self) -> list[Route]:
        return [Route("/api/generate", self._generate, methods=["POST"])]

    async def _generate(self, request: Request) -> Response:
        asked = await request.json()
        assert asked["options"] == {"num_predict": 100}
        return JSONResponse({"model": asked["model"], "response": f"Echo: {asked['prompt']}"})


def jobs(random: Random) -> list[dict[str, Any]]:
    """Fifty jobs of every kind, with everything in their texts that a text may hold."""
    words = (
        "great",
        "a\tb",
        'say "no"',
        "\\",
        "größe",
        "\U0001f4e6",
        "\u2028",
        '{"k": [1.0, {"b": 2}]}',
        "\x7f",
    )
    made = []
    for number in range(50):
        text = " ".join(random.choices(words, k=random.randint(1, 40)))
        payload: dict[str, Any] = {
            "task_type": random.choice(("summarize", "classify", "extract_json")),
            "input": text,
            "extra": [number, number * 1.5, -0.0, {"2": None, "1": True}],
        }
        if number % 5 == 0:
            payload = {"prompt": text, "max_tokens": 100}
        made.append(
            {
                "job_type": "LLM_INFER" if "prompt" in payload else "TASK",
                "user_id": f"user {number}/\U0001f4e6",
                "payload": payload,
            }
        )
    return made


async def finished(http: httpx2.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    """The job as a client sees it at the end."""
    committed = (await http.post("/v1/jobs/commit/fast", json=job)).json()
    async with asyncio.timeout(WAIT):
        while True:
            seen: dict[str, Any] = (await http.get(f"/v1/jobs/{committed['job_id']}")).json()
            if seen["status"] in ("completed", "failed"):
                return seen
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("name", WORKERS)
async def test_fifty_jobs_with_every_receipt_verified(name: str, tmp_path: Path) -> None:
    findings: list[Finding] = []
    joined = asyncio.Event()
    fragments: set[int] = set()

    def observe(effect: Effect) -> None:
        if isinstance(effect, WorkerJoined):
            joined.set()

    running = MockCoordinator(Settings(terms=Terms()), layers=[Variety(7), Model()])
    rules = Rules()
    running.tap(lambda event: findings.extend(rules.feed(event)))
    running.tap(lambda event: fragments.add(event.fragments) if isinstance(event, Frame) else None)
    running.observe(observe)
    async with running, client(running) as http, process(WORKERS[name], running.url, tmp_path):
        await asyncio.wait_for(joined.wait(), WAIT)
        seen = await asyncio.gather(*(finished(http, job) for job in jobs(Random(1))))
        ended = running.switchboard.elapsed()
    findings += rules.finish(ended)
    assert [job["status"] for job in seen] == ["completed"] * 50
    assert [job["receipt"]["verified"] for job in seen] == [True] * 50
    assert findings == []
    assert rules.judged["C-JOB-21"] == 50
    assert fragments == {1, 2, 4}


class Noise(Layer):
    """Answers something else every time."""

    def routes(self) -> list[Route]:
        return [Route("/noise", self._answer)]

    async def _answer(self, request: Request) -> Response:
        return JSONResponse({"noise": token_hex(randbelow(20))})


async def transcript(seed: int) -> tuple[list[str], list[str]]:
    """What one session sends: the acknowledgements of heartbeats, and the answers to one request.

    Among them there are others, which hold something else in every session.
    """
    events: list[TranscriptEvent] = []
    layers = [Noise(), Variety(seed)]
    running = MockCoordinator(Settings(terms=Terms(settle_seconds=0)), layers=layers)
    running.tap(events.append)
    async with running, client(running) as http, worker(running) as one:
        for _ in range(10):
            await one.say({"type": token_hex(randbelow(20))})
            assert (await one.hear())["code"] == "UNKNOWN_MSG"
            assert (await one.beat())["type"] == "heartbeat_ack"
            assert (await http.get("/noise")).status_code == 200
            assert (await http.get("/v1/demo/status")).json()["active"] is False
    sent = [
        event.text or "" for event in events if isinstance(event, Frame) and event.sender is Role.COORDINATOR
    ]
    answers = [event.response or "" for event in events if isinstance(event, Http)]
    assert (len(sent), len(answers)) == (21, 20)
    return sent[2::2], answers[1::2]


async def test_the_same_seed_gives_the_same_forms() -> None:
    (first, answers), again, other = await transcript(1), await transcript(1), await transcript(2)
    assert (first, answers) == again != other
    assert len(set(first)) > 5
    assert len(set(answers)) > 5


async def test_a_job_keeps_its_distance_from_a_late_acknowledgement() -> None:
    """Whatever is drawn, the assignment comes 250 ms after the frame before it, not after the core's."""
    for seed in range(4):
        running = MockCoordinator(Settings(terms=Terms()), layers=[Variety(seed)])
        findings: list[Finding] = []
        rules = Rules(roles=frozenset({Role.COORDINATOR}))
        running.tap(lambda event, findings=findings, rules=rules: findings.extend(rules.feed(event)))  # type: ignore[misc]
        async with running, client(running) as http:
            await http.post("/v1/jobs/commit/fast", json=TASK)
            async with worker(running) as one:
                assert (await one.hear())["type"] == "job_assign"
        assert findings == []
        assert rules.judged["C-JOB-21"] == 1


async def test_what_is_held_back_for_one_that_is_gone_is_dropped() -> None:
    async with MockCoordinator(Settings(terms=Terms(settle_seconds=0)), layers=[Variety(3)]) as running:
        for _ in range(5):
            async with worker(running) as one:
                for _ in range(20):
                    await one.say({"type": "heartbeat", "provider_pubkey": one.identity.pubkey_hex})
        async with worker(running, number=2) as one, client(running) as http:
            await http.post("/v1/jobs/commit/cheap", json=TASK)
            await one.work()


async def test_pages_and_empty_answers_are_let_pass() -> None:
    async with MockCoordinator(Settings(), layers=[Variety(3)]) as running, client(running) as http:
        page = await http.get("/dashboard")
        assert page.text.rstrip().endswith("</html>")
        assert (await http.request("HEAD", "/v1/health")).content == b""
        assert (await http.request("OPTIONS", "/v1/health")).status_code == 200
        refused = await http.get("/v1/jobs/none")
        assert (refused.status_code, refused.json()["error"]) == (404, "Job not found")
        assert Json.read(refused.content).text == refused.text.strip()


async def test_what_is_held_back_can_be_sent_at_once_in_its_order() -> None:
    variety = Variety(5)
    sent: list[str] = []
    async with MockCoordinator(Settings(), layers=[variety]) as running, worker(running) as one:
        variety.flush(1)
        before = len(sent)
        running.tap(lambda event: sent.append(getattr(event, "text", None) or ""))
        for _ in range(20):
            variety.deliver(Send(1, HeartbeatAck(status="ok")))
        held = 20 - (len(sent) - before)
        variety.flush(1)
        assert held > 0
        assert len(sent) - before == 20
        assert [(await one.hear())["type"] for _ in range(20)] == ["heartbeat_ack"] * 20
        variety.flush(99)


async def test_variety_stands_beside_faults_and_behind_them() -> None:
    faults = Faults(["duplicate:message=heartbeat_ack,count=3"], seed=4, variety=True)
    assert faults.variety
    async with MockCoordinator(Settings(), layers=[faults]) as running, client(running) as http:
        async with worker(running) as one:
            for _ in range(6):
                assert (await one.beat())["type"] == "heartbeat_ack"
            assert [(await one.hear())["type"] for _ in range(3)] == ["heartbeat_ack"] * 3
        bodies = {(await http.get("/v1/demo/status")).content for _ in range(5)}
    assert len(bodies) > 1
    assert faults.counts == {"duplicate": 3}


async def test_what_a_fault_strikes_overtakes_nothing_that_is_held_back() -> None:
    faults = Faults(["duplicate:message=error"], seed=4, variety=True)
    async with MockCoordinator(Settings(), layers=[faults]) as running, worker(running) as one:
        for _ in range(10):
            await one.say({"type": "heartbeat", "provider_pubkey": one.identity.pubkey_hex})
            await one.say({"type": "nothing"})
        answers = [(await one.hear())["type"] for _ in range(30)]
    assert answers == ["heartbeat_ack", "error", "error"] * 10
