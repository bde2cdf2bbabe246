"""The worker as a process, against a coordinator in this one: what an operator and a coordinator see."""

import asyncio
import signal
import stat
from pathlib import Path

import pytest
from dispatch_protocol.keys import load
from dispatch_protocol.vocabulary import CLOSE_REPLACED, MAX_FRAME_BYTES

from tests.worker.driver import ACK, assignment, frame
from tests.worker.listening import answer, late, listening
from tests.worker.scene import coordinating, working


async def test_the_guides_first_run(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url) as worker:
        visit = await coordinator.visit()
        register = await visit.register()
        await worker.line("Registered as")
        await visit.send(assignment())
        assert (await visit.receive())["output"] == {"summary": "one two", "word_count": 2}
        done = await worker.line("Job j-1 completed in ")
        worker.terminate()
        assert await visit.closing() == 1000
        assert await worker.exit() == 0
    key_file = tmp_path / "data" / "worker-key.json"
    assert register["provider_pubkey"] == load(key_file).pubkey_hex
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert done.endswith("ms")
    assert [line for line in worker.printed if line != done] == [
        f"[Desktop Worker] Public key: {register['provider_pubkey'][:16]}...",
        f"[Desktop Worker] Connecting to ws://127.0.0.1:{coordinator.port}",
        "[Desktop Worker] Registered as w-1",
        "[Desktop Worker] Executing TASK job j-1",
        "[Desktop Worker] Disconnected",
    ]


async def test_a_job_in_the_acknowledgements_own_segment_is_done(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url + "/"):
        visit = await coordinator.visit()
        await visit.receive()
        await asyncio.gather(visit.send(ACK), visit.send(assignment()))
        assert (await visit.receive())["type"] == "job_complete"


async def test_a_refused_registration_ends_with_1(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url) as worker:
        visit = await coordinator.visit()
        await visit.receive()
        await visit.send(frame("register_ack", status="error", error="no room"))
        assert await visit.closing() == 1000
        assert await worker.exit() == 1
    assert worker.printed[-1] == "[Desktop Worker] Registration failed: no room"


async def test_a_replaced_worker_ends_with_1(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url) as worker:
        visit = await coordinator.visit()
        await visit.register()
        await visit.socket.close(CLOSE_REPLACED, "replaced")
        assert await worker.exit() == 1
    assert worker.printed[-1].startswith("[Desktop Worker] Replaced: ")


async def test_a_cut_connection_is_made_again_under_the_same_key(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url) as worker:
        visit = await coordinator.visit()
        register = await visit.register()
        await worker.line("Registered as")
        visit.socket.transport.abort()
        again = await coordinator.visit()
        assert await again.register() == register
        await again.send(assignment())
        assert (await again.receive())["job_id"] == "j-1"
        worker.terminate(signal.SIGINT)
        assert await again.closing() == 1000
        assert await worker.exit() == 0


async def test_a_coordinator_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    async with coordinating() as coordinator:
        port = coordinator.port
    async with working(tmp_path, "--coordinator-url", f"ws://127.0.0.1:{port}/") as worker:
        await worker.line("WS error: ")
        async with coordinating(port) as coordinator:
            await (await coordinator.visit()).register()
            await worker.line("Registered as")
            worker.terminate()
            assert await worker.exit() == 0


async def test_without_reconnection_an_absent_coordinator_ends_it(tmp_path: Path) -> None:
    async with working(tmp_path, "--no-reconnect", COORDINATOR_URL="http://127.0.0.1:1") as worker:
        assert await worker.exit() == 1
    assert worker.printed[-1].startswith("[Desktop Worker] WS error: ")


async def test_w_con_4_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with listening(answer(302, b"", Location="ws://127.0.0.1:1/")) as server:
        redirected = working(tmp_path, "--no-reconnect", COORDINATOR_URL=server.url)
        async with redirected as worker:
            assert await worker.exit() == 1
    assert "302" in worker.printed[-1]


async def test_w_pair_a_code_is_claimed_beside_the_work(tmp_path: Path) -> None:
    async with coordinating() as coordinator:
        coordinator.script = late(0.5, coordinator.script)
        variables = {"COORDINATOR_URL": coordinator.url + "/", "TRUST_PAIRING_CODE": "a3F2B1"}
        async with working(tmp_path, **variables) as worker:
            visit = await coordinator.visit()
            register = await visit.register()
            await visit.send(assignment())
            assert (await visit.receive())["type"] == "job_complete"
            await worker.line("Trust paired with user: user_abc123")
    (claim,) = coordinator.claims
    assert claim.line == "POST /v1/trust/claim HTTP/1.1"
    assert claim.json == {"pairing_code": "a3F2B1", "provider_pubkey": register["provider_pubkey"]}


async def test_w_pair_6_a_refused_claim_is_survived(tmp_path: Path) -> None:
    async with coordinating() as coordinator:
        coordinator.script = answer(400, {"error": "expired"})
        async with working(tmp_path, "--pairing-code", "X", COORDINATOR_URL=coordinator.url) as worker:
            visit = await coordinator.visit()
            await visit.register()
            await worker.line("Trust claim failed: expired")
            await visit.send(assignment())
            assert (await visit.receive())["type"] == "job_complete"


async def test_w_llm_ollama_answers_and_tasks_pass_it(tmp_path: Path) -> None:
    ollama = late(0.3, answer(200, {"model": "m:1", "response": "Because.", "done": True}))
    async with coordinating() as coordinator, listening(ollama) as server:
        variables = {"COORDINATOR_URL": coordinator.url, "OLLAMA_BASE_URL": server.url + "/"}
        async with working(tmp_path, OLLAMA_MODEL="m", **variables):
            visit = await coordinator.visit()
            await visit.register()
            await visit.send(assignment("slow", "LLM_INFER"))
            await visit.send(assignment("quick"))
            assert (await visit.receive())["job_id"] == "quick"
            slow = await visit.receive()
            assert slow["output"] == {"text": "Because.", "model": "m:1"}
        (request,) = server.requests
    assert request.json["model"] == "m"


async def test_w_llm_8_without_ollama_a_job_is_given_back(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url):
        visit = await coordinator.visit()
        await visit.register()
        await visit.send(assignment(job_type="LLM_INFER"))
        reject = await visit.receive()
        assert reject["type"] == "job_reject"
        assert reject["reason"].startswith("Ollama gave no answer: ")


async def test_the_stub_answers_only_when_asked_for(tmp_path: Path) -> None:
    async with coordinating() as coordinator:
        stubbed = working(tmp_path, "--llm", "stub", COORDINATOR_URL=coordinator.url)
        async with stubbed:
            visit = await coordinator.visit()
            await visit.register()
            await visit.send(assignment(job_type="LLM_INFER"))
            output = (await visit.receive())["output"]
    assert output["model"] == "stub-v1"
    assert output["stub"] is True


async def test_w_end_3_a_running_job_is_answered_before_the_goodbye(tmp_path: Path) -> None:
    ollama = late(0.5, answer(200, {"model": "m", "response": "Because."}))
    async with coordinating() as coordinator, listening(ollama) as server:
        variables = {"COORDINATOR_URL": coordinator.url, "OLLAMA_BASE_URL": server.url}
        async with working(tmp_path, **variables) as worker:
            visit = await coordinator.visit()
            await visit.register()
            await visit.send(assignment(job_type="LLM_INFER"))
            await asyncio.wait_for(server.arrived.wait(), 20)
            worker.terminate()
            assert (await visit.receive())["type"] == "job_complete"
            assert await visit.closing() == 1000
            assert await worker.exit() == 0


async def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    ollama = late(60, answer(200, {"response": "late"}))
    async with coordinating() as coordinator, listening(ollama) as server:
        variables = {"COORDINATOR_URL": coordinator.url, "OLLAMA_BASE_URL": server.url}
        async with working(tmp_path, **variables) as worker:
            visit = await coordinator.visit()
            await visit.register()
            for job_id in ("running", "waiting"):
                await visit.send(assignment(job_id, "LLM_INFER"))
            await asyncio.wait_for(server.arrived.wait(), 20)
            worker.terminate()
            assert (await visit.receive())["job_id"] == "waiting"
            worker.terminate()
            assert (await visit.receive())["job_id"] == "running"
            assert await visit.closing() == 1000
            assert await worker.exit() == 0


async def test_w_rob_hostile_frames_are_survived_and_not_answered(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url) as worker:
        visit = await coordinator.visit()
        await visit.register()
        for text in ("null", "[]", "{", '{"type":"shrug"}', "[" * 10_000 + "]" * 10_000, b"\xff\x00"):
            await visit.send(text)
        await visit.send(f'{{"type":"{"x" * (MAX_FRAME_BYTES - 11)}"}}')
        await visit.socket.send(["{", '"type"', ':"job_assign",', assignment("pieces")[22:]])
        assert (await visit.receive())["job_id"] == "pieces"
        pong = await visit.socket.ping(b"are you there?")
        await asyncio.wait_for(pong, 20)
        await visit.send("x" * (MAX_FRAME_BYTES + 1))
        assert await visit.closing() == 1009
        await (await coordinator.visit()).register()
        worker.terminate()
        assert await worker.exit() == 0
    assert all(line.isprintable() and len(line) < 500 for line in worker.printed)


async def test_a_flood_of_jobs_to_a_slow_reader_keeps_its_order(tmp_path: Path) -> None:
    async with coordinating() as coordinator, working(tmp_path, COORDINATOR_URL=coordinator.url):
        visit = await coordinator.visit()
        await visit.register()
        names = [f"j-{number}" for number in range(2000)]
        sending = asyncio.gather(*(visit.send(assignment(name)) for name in names))
        await asyncio.sleep(0.3)
        assert [(await visit.receive())["job_id"] for _ in names] == names
        await sending


@pytest.mark.parametrize("content", ["", "{}", '{"publicKey":[1],"secretKey":[2]}'])
async def test_w_key_11_a_damaged_key_file_ends_with_2_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(content)
    async with working(tmp_path, WORKER_KEY_PATH=str(path)) as worker:
        assert await worker.exit() == 2
    assert path.read_text() == content
    assert str(path) in worker.printed[-1]
    assert worker.printed[-1].startswith("dispatch-worker: key file ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--coordinator-url", "localhost:4010"],
        ["--concurrency", "many"],
        ["--unknown"],
        ["--coord", "http://x"],
    ],
)
async def test_misuse_ends_with_2(tmp_path: Path, arguments: list[str]) -> None:
    async with working(tmp_path, *arguments) as worker:
        assert await worker.exit() == 2
    assert "dispatch-worker: " in worker.printed[-1]
    assert list(tmp_path.iterdir()) == []


async def test_a_phone_says_so(tmp_path: Path) -> None:
    async with coordinating() as coordinator:
        arguments = ("--provider-type", "SEEKER")
        async with working(tmp_path, *arguments, COORDINATOR_URL=coordinator.url) as worker:
            register = await (await coordinator.visit()).register()
            await worker.line("[Seeker Worker] Registered as w-1")
    assert (register["provider_type"], register["capabilities"]) == ("SEEKER", ["TASK"])


async def test_the_version(tmp_path: Path) -> None:
    async with working(tmp_path, "--version") as worker:
        assert await worker.exit() == 0
    assert worker.printed[-1].startswith("dispatch-worker ")
