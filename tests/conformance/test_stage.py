"""The scripted coordinator: what it does by itself, what it waits for, and what it makes of answers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from dispatch_conformance.conduct import Session, acknowledgement, refusal
from dispatch_conformance.jobs import Assignment, Kind
from dispatch_conformance.link import FREE_FRAMES
from dispatch_conformance.missing import NotConnected, NotRegistered, WorkerLost
from dispatch_conformance.stage import SETTLE_SECONDS, Stage
from dispatch_protocol.canonical import Json, JsonValue
from dispatch_protocol.recording import Http
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

KEY = "ab" * 32
REGISTER = {
    "type": "register",
    "provider_pubkey": KEY,
    "provider_type": "SEEKER",
    "capabilities": ["TASK"],
}
TASK: JsonValue = {"task_type": "summarize", "input": "x"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("test.stage", seed=1) as stage:
        yield stage


class Worker:
    """A worker by hand."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **members: Any) -> None:
        await self.socket.send(json.dumps(members))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            message: dict[str, Any] = json.loads(await self.socket.recv())
            return message

    async def register(self) -> dict[str, Any]:
        await self.send(**REGISTER)
        return await self.receive()


@pytest.fixture
async def worker(stage: Stage) -> AsyncIterator[Worker]:
    async with connect(stage.ws_url, proxy=None) as socket:
        yield Worker(socket)


async def test_a_registration_is_acknowledged_with_a_uuid(stage: Stage, worker: Worker) -> None:
    ack = await worker.register()
    session = await stage.registered()
    assert ack == {"type": "register_ack", "status": "ok", "worker_id": session.worker_id}
    assert (session.pubkey, session.provider_type, session.capabilities) == (KEY, "SEEKER", ("TASK",))


async def test_the_same_seed_gives_the_same_names() -> None:
    first, second, other = Stage("a", seed=1), Stage("a", seed=1), Stage("a", seed=2)
    names = [first.pairing_code, first.new_id()]
    assert names == [second.pairing_code, second.new_id()]
    assert names != [other.pairing_code, other.new_id()]


async def test_a_registration_with_faulty_members_is_read_leniently(stage: Stage, worker: Worker) -> None:
    await worker.send(type="register", provider_pubkey=7, provider_type="TOASTER", capabilities=["TASK", 1])
    session = await stage.registered()
    assert (session.pubkey, session.provider_type, session.capabilities) == ("", None, ("TASK",))


async def test_heartbeats_are_answered_and_counted(stage: Stage, worker: Worker) -> None:
    await worker.register()
    await worker.send(type="heartbeat", provider_pubkey=KEY)
    assert await worker.receive() == {"type": "heartbeat_ack", "status": "ok"}
    assert len((await stage.registered()).heartbeats) == 1


async def test_a_job_waits_until_the_worker_has_settled(stage: Stage, worker: Worker) -> None:
    await worker.register()
    session = await stage.registered()
    assignment = await stage.assign("TASK", TASK)
    assert session.acked_at is not None
    assert assignment.sent_at >= session.acked_at + SETTLE_SECONDS
    message = await worker.receive()
    assert list(message) == [
        "type",
        "job_id",
        "job_type",
        "payload",
        "policy",
        "privacy_class",
        "user_id",
    ]
    assert (message["job_id"], message["payload"], message["policy"]) == (assignment.job_id, TASK, "CHEAP")


async def test_a_job_waits_for_the_claim_where_a_code_was_given_out(stage: Stage, worker: Worker) -> None:
    stage.expects_claim = True
    await worker.register()
    assigning = asyncio.create_task(stage.assign("TASK", TASK))
    await asyncio.sleep(SETTLE_SECONDS + 0.1)
    assert not assigning.done()
    async with httpx2.AsyncClient(trust_env=False) as client:
        body = {"pairing_code": stage.pairing_code, "provider_pubkey": KEY}
        answer = await client.post(f"{stage.url}/v1/trust/claim/", json=body)
    assert answer.status_code == 200
    assert list(answer.json()) == ["user_id", "paired_at"]
    assert stage.claims[0].members == body
    assert (await assigning).sent_at >= stage.claims[0].t + SETTLE_SECONDS


async def test_claims_that_are_wrong_are_refused_as_the_network_does(stage: Stage) -> None:
    async with httpx2.AsyncClient(base_url=stage.url, trust_env=False) as client:
        wrong = await client.post("/v1/trust/claim", json={"pairing_code": "x", "provider_pubkey": KEY})
        empty = await client.post("/v1/trust/claim", content=b"not json")
        other = await client.get("/v1/other")
        health = await client.get("/v1/health")
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_code"})
    assert (empty.status_code, empty.json()["error"][:7]) == (400, "Missing")
    assert (other.status_code, "error" in other.json()) == (404, True)
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    exchanges = [event for event in stage.transcript.events if isinstance(event, Http)]
    assert [event.status for event in exchanges] == [400, 400, 404, 200]


async def test_claims_are_kept_as_long_as_the_transcript_has_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch_conformance.transcript.MAX_BYTES", 1_000)
    async with httpx2.AsyncClient(base_url=stage.url, trust_env=False) as client:
        for _ in range(5):
            assert (await client.post("/v1/trust/claim", content=b"x" * 600)).status_code == 400
    assert len(stage.claims) == 1


async def test_an_answer_holds_what_was_sent_exactly(stage: Stage, worker: Worker) -> None:
    await worker.register()
    assignment = await stage.assign("TASK", TASK)
    await worker.receive()
    text = (
        f'{{"type":"job_complete","job_id":"{assignment.job_id}", "output": {{"b": 1.0, "a": 1}},'
        '"output_hash":"h","receipt":{"x": 1},"receipt_signature":"s"}'
    )
    await worker.socket.send(text)
    answer = await assignment.answer()
    assert (answer.kind, answer.output_hash, answer.signature) == (Kind.COMPLETE, "h", "s")
    assert answer.output is not None
    assert (answer.output.text, answer.output.canonical) == ('{"b": 1.0, "a": 1}', '{"b":1,"a":1}')
    assert answer.receipt == Json.of({"x": 1})
    assert [stage.transcript.events[mark.event].t for mark in answer.marks] == sorted(
        stage.transcript.events[mark.event].t for mark in answer.marks
    )
    assert (await assignment.receipt())[1] == "s"


async def test_a_receipt_may_come_apart(stage: Stage, worker: Worker) -> None:
    await worker.register()
    assignment = await stage.assign("TASK", TASK)
    await worker.send(type="job_complete", job_id=assignment.job_id, output=1, output_hash="h")
    waiting = asyncio.create_task(assignment.receipt())
    await worker.send(type="receipt_submit", receipt={"job_id": assignment.job_id}, signature="s")
    receipt, signature = await waiting
    assert (receipt, signature) == (Json.of({"job_id": assignment.job_id}), "s")


@pytest.mark.parametrize(
    ("members", "refused"),
    [
        ({"type": "job_reject", "reason": "no"}, True),
        ({"type": "job_complete", "output": {"error": "no"}}, True),
        ({"type": "job_complete", "output": {"error": 1}}, False),
        ({"type": "job_complete", "output": []}, False),
    ],
)
async def test_what_declines_a_job(
    stage: Stage, worker: Worker, members: dict[str, Any], refused: bool
) -> None:
    await worker.register()
    assignment = await stage.assign("TASK", TASK)
    await worker.send(**members, job_id=assignment.job_id)
    answer = await assignment.answer()
    assert (answer.answered, answer.refused) == (True, refused)


async def test_a_hundred_answers_to_a_job_are_kept(stage: Stage, worker: Worker) -> None:
    await worker.register()
    assignment = await stage.assign("TASK", TASK)
    for _ in range(120):
        await worker.send(type="job_reject", job_id=assignment.job_id, reason="")
    await worker.send(type="heartbeat", provider_pubkey=KEY)
    while (await worker.receive())["type"] != "heartbeat_ack":
        pass
    assert len(assignment.answers) == 100


async def test_answers_to_other_jobs_are_not_taken(stage: Stage, worker: Worker) -> None:
    await worker.register()
    assignment = await stage.assign("TASK", TASK)
    await worker.send(type="job_reject", job_id="another", reason="")
    await worker.send(type="job_reject", job_id=None, reason="")
    await worker.socket.send("not json")
    await worker.socket.send("null")
    answer = await assignment.answer(0.3)
    assert (answer.kind, answer.answered) == (Kind.NOTHING, False)
    assert "no answer" in answer.reason


async def test_a_wait_ends_when_the_connection_does(stage: Stage, worker: Worker) -> None:
    await worker.register()
    assignment = await stage.assign("TASK", TASK)
    await worker.socket.close(1001)
    answer = await assignment.answer()
    assert answer.kind is Kind.NOTHING
    assert "1001" in answer.reason
    session = stage.sessions[0]
    with pytest.raises(WorkerLost):
        await stage.assign("TASK", TASK, session=session)


async def test_acks_can_be_scripted(stage: Stage, worker: Worker) -> None:
    def twice(session: Session) -> tuple[str, str]:
        return acknowledgement(session), acknowledgement(session)

    stage.conduct.acks = twice
    stage.conduct.ack_delay = 0.2
    first = await worker.register()
    assert first == await worker.receive()
    session = await stage.registered()
    assert session.acked_at is not None
    assert session.acked_at >= session.at + 0.2


async def test_a_refused_registration_is_none(stage: Stage, worker: Worker) -> None:
    stage.conduct.acks = lambda _session: (refusal("no"),)
    assert (await worker.register())["status"] == "error"
    with pytest.raises(NotRegistered):
        await stage.registered(0.2)


async def test_a_job_can_leave_in_the_acks_own_segment(stage: Stage, worker: Worker) -> None:
    prepared: list[Assignment] = [stage.prepare("TASK", TASK)]
    stage.conduct.with_acks = lambda _session: prepared
    await worker.register()
    assert (await worker.receive())["job_id"] == prepared[0].job_id
    assert prepared[0].index >= 0


async def test_terms_of_a_job_can_be_chosen(stage: Stage, worker: Worker) -> None:
    await worker.register()
    exact = Json.read('{"prompt":"x",  "max_tokens":1.0}')
    assignment = await stage.assign(
        "LLM_INFER",
        exact,
        policy="CHEAP",
        privacy_class="PRIVATE",
        user_id="u",
        job_id="demo-1",
        more={"extra": [1]},
    )
    assert exact.text in assignment.text
    message = await worker.receive()
    assert [message[name] for name in ("job_id", "policy", "privacy_class", "user_id", "extra")] == [
        "demo-1",
        "CHEAP",
        "PRIVATE",
        "u",
        [1],
    ]


async def test_nobody_connects(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch_conformance.stage.CONNECT_SECONDS", 0.1)
    with pytest.raises(NotConnected):
        await stage.registered(0.1)


async def test_somebody_connects_and_says_nothing(stage: Stage, worker: Worker) -> None:
    assert worker.socket
    with pytest.raises(NotRegistered):
        await stage.registered(0.2)


async def test_a_second_registration_is_awaited_apart(stage: Stage, worker: Worker) -> None:
    await worker.register()
    first = await stage.registered()
    async with connect(stage.ws_url, proxy=None) as socket:
        await Worker(socket).register()
        second = await stage.registered(after=first)
        assert second is not first
        assert stage.session is second


@pytest.mark.parametrize("message", [REGISTER, {"type": "heartbeat", "provider_pubkey": KEY}])
async def test_answers_entitle_to_no_more_of_what_they_answer(
    stage: Stage, worker: Worker, message: dict[str, Any]
) -> None:
    await worker.register()
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(60):
            for _ in range(20 * FREE_FRAMES):
                await worker.send(**message)
    assert [oddity.kind for oddity in stage.transcript.oddities] == ["flood"]
    assert stage.wire.links[0].frames_in == FREE_FRAMES + 1


async def test_a_worker_that_is_gone_in_the_middle_of_its_frames_leaves_no_warnings(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(stage.ws_url, proxy=None) as socket:
        await Worker(socket).register()
        link = (await stage.registered()).link
        link.abort()
        with link.together():
            for _ in range(20):
                link.answer(acknowledgement(stage.sessions[0]))
        for _ in range(20):
            link.answer(acknowledgement(stage.sessions[0]))
        await asyncio.sleep(0)
    assert not caplog.records


async def test_registrations_beyond_its_bound_are_left_without_an_answer(
    stage: Stage, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dispatch_conformance.scripted.MOST_SESSIONS", 2)
    await worker.register()
    await worker.register()
    await worker.send(**REGISTER)
    await worker.send(type="heartbeat", provider_pubkey=KEY)
    assert (await worker.receive())["type"] == "heartbeat_ack"
    assert len(stage.sessions) == 2
