"""Faults of connections, seen on the wire: registrations, closes, sockets left alone, demo mode."""

from contextlib import AsyncExitStack
from functools import partial

import pytest
from dispatch_mockcoord.core.terms import Terms
from dispatch_protocol.canonical import stringify
from dispatch_protocol.recording import Closed, Frame
from dispatch_protocol.vocabulary import Role

from tests.hostile import wire
from tests.mockcoord.client import Worker, worker
from tests.mockcoord.faults.stand import COORDINATOR, Plain, Stand, plain, registered, stand, until


def workers(under: Stand) -> int:
    return len(under.running.coordinator.registry.workers)


def completion(session: Plain, assignment: dict[str, object]) -> dict[str, object]:
    """The answer of the tests' worker, for a socket of one's own."""
    return Worker(None, 1).completion(assignment)  # type: ignore[arg-type]


async def test_refuse_register() -> None:
    """W-REG-11. The refusal is an acknowledgement with its reason, and nobody is registered."""
    async with stand('refuse_register:count=1,error="no, not now"') as under:
        async with plain(under) as session:
            session.register()
            expected = {"type": "register_ack", "status": "error", "error": "no, not now"}
            assert await session.message() == expected
            assert workers(under) == 0
        async with registered(under):
            assert workers(under) == 1
        assert [(mark.name, mark.connection) for mark in under.marks] == [("refuse_register", 1)]


@pytest.mark.parametrize(("code", "expected"), [(1006, 1006), (1012, 1012), (1005, 1005)])
async def test_drop_register(code: int, expected: int) -> None:
    """W-END-4. The connection ends before any acknowledgement, torn by default."""
    fault = "drop_register" if code == 1006 else f"drop_register:code={code}"
    async with stand(fault) as under, plain(under) as session:
        session.register()
        assert await session.end() == expected
        await until(lambda: any(isinstance(event, Closed) for event in under.events))
        ended = next(event for event in under.events if isinstance(event, Closed))
        assert (ended.code, ended.by) == (expected, Role.COORDINATOR)
        frames = [event for event in under.events if isinstance(event, Frame)]
        assert {frame.sender for frame in frames} == {Role.WORKER}
        assert workers(under) == 0


async def test_faults_of_registration_aim_at_workers() -> None:
    async with stand("refuse_register:worker=SEEKER", "drop_register:worker=ffff") as under:
        async with registered(under):
            pass
        async with plain(under, 2) as session:
            session.register(provider_type="SEEKER")
            assert (await session.message())["status"] == "error"


async def test_what_is_no_register_is_left_to_the_coordinator() -> None:
    async with stand("refuse_register", roles=COORDINATOR) as under, plain(under) as session:
        session.send(wire.TEXT, b'{"type":"register"}')
        assert "provider_pubkey" in (await session.message())["error"]
        session.beat()
        assert (await session.message())["code"] == "NOT_REGISTERED"
        session.send(wire.BINARY, b"\xff")
        assert (await session.message())["code"] == "INVALID_MSG"
        assert under.marks == []


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1013, 3000, 4001, 4999, 0, 999, 1004, 1015, 5000, 65535])
async def test_close_mid_job_with_any_code(code: int) -> None:
    """W-END-4. Behind the assignment comes a close frame, even with a code that RFC 6455 forbids."""
    async with stand(f"close:code={code}") as under, registered(under) as session:
        job_id = await under.commit()
        assert (await session.message())["job_id"] == job_id
        assert await session.end() == code
        await until(lambda: workers(under) == 0)
        assert (await under.status(job_id))["result"] == {"error": "worker_disconnected"}
        ended = next(event for event in under.events if isinstance(event, Closed))
        assert (ended.code, ended.by) == (code, Role.COORDINATOR)


@pytest.mark.parametrize("code", [1005, 1006])
async def test_close_without_a_code_or_without_a_frame(code: int) -> None:
    """The assignment still arrives, and then the close frame without a code, or the end."""
    async with stand(f"close:code={code}") as under, registered(under) as session:
        await under.commit()
        assert (await session.message())["type"] == "job_assign"
        assert await session.end() == code
        await until(lambda: workers(under) == 0)
        ended = next(event for event in under.events if isinstance(event, Closed))
        assert (ended.code, ended.by) == (code, Role.COORDINATOR)


async def test_close_behind_any_message_and_later() -> None:
    fault = "close:message=heartbeat_ack,seconds=20,code=1012"
    async with stand(fault) as under, registered(under) as session:
        session.beat()
        assert (await session.message())["type"] == "heartbeat_ack"
        await session.silence()
        under.advance(20)
        assert await session.end() == 1012


async def test_half_open() -> None:
    """W-END-5. Nothing is sent, read or closed, and a ping stays unanswered; then the socket is torn."""
    async with stand("half_open:seconds=20") as under, registered(under) as session:
        session.beat()
        await until(lambda: bool(under.marks))
        session.send(wire.PING, b"anybody?")
        session.beat()
        await session.silence()
        under.running.switchboard.hang_up(1, 1001, "ignored")
        beats = [event for event in under.events if isinstance(event, Frame) and event.sender is Role.WORKER]
        assert len(beats) == 2, "the register and the first heartbeat"
        under.advance(20)
        assert await session.end() == 1006
        await until(lambda: workers(under) == 0)


async def test_half_open_instead_of_an_assignment() -> None:
    async with stand("half_open:message=job_assign,seconds=30") as under, registered(under) as session:
        await under.commit()
        await session.silence()
        session.send(wire.CLOSE, b"\x03\xe8")
        await session.silence()


async def test_a_half_open_socket_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The coordinator tears it: it would wait for longer than the test may take."""
    monkeypatch.setattr("dispatch_mockcoord.server.STOP_SECONDS", 3600)
    async with AsyncExitStack() as outlasting:
        async with stand("half_open:seconds=3600") as under:
            session = await outlasting.enter_async_context(registered(under))
            session.beat()
            await until(lambda: bool(under.marks))
        assert await session.end() == 1006


async def test_slow_reader() -> None:
    """W-JOB-1. The answer, a ping and a heartbeat lie unread for a while; nothing of them is lost."""
    async with stand("slow_reader:seconds=20,count=1") as under, registered(under) as session:
        job_id = await under.commit()
        assignment = await session.message()
        session.say(completion(session, assignment))
        session.send(wire.PING, b"later")
        session.beat()
        await session.silence()
        assert (await under.status(job_id))["status"] == "assigned"
        under.advance(20)
        pong, ack = await session.frame(), await session.frame()
        assert {pong.opcode, ack.opcode} == {wire.PONG, wire.TEXT}
        assert (await under.status(job_id))["receipt"]["verified"] is True


async def test_slow_readers_end_with_the_last_of_them() -> None:
    faults = ("slow_reader:seconds=5", "slow_reader:seconds=20")
    async with stand(*faults) as under, registered(under) as session:
        await under.commit()
        await session.message()
        session.beat()
        under.advance(19)
        await session.silence()
        under.advance(1)
        assert (await session.message())["type"] == "heartbeat_ack"


async def test_a_closed_connection_is_read_again() -> None:
    """A slow reader that closes takes the close frame that answers it."""
    async with stand("slow_reader:seconds=3600", "close:code=1001") as under, registered(under) as session:
        await under.commit()
        await session.message()
        assert await session.end() == 1001
        await until(lambda: any(isinstance(event, Closed) for event in under.events))


async def test_demo_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small jobs that no client asked for, the same ones for the same seed; they excuse nothing."""
    monkeypatch.setattr("dispatch_mockcoord.demo.PAUSE_SECONDS", (0.001, 0.02))
    runs = []
    for seed in (5, 5, 6):
        async with stand("demo_traffic", seed=seed) as under, worker(under.running) as session:
            inputs = []
            for _ in range(6):
                assignment = await session.hear()
                assert assignment["user_id"] == "demo-coordinator"
                inputs.append(assignment["payload"]["input"])
                await session.say(session.completion(assignment))
            runs.append(inputs)
            assert [(mark.connection, mark.legal) for mark in under.marks] == [(None, True)]
            under.faults.remove("demo_traffic")
            assert not under.running.switchboard.demo.is_active
            under.faults.add("demo_traffic")
            assert under.running.switchboard.demo.is_active
            under.faults.clear()
            assert not under.running.switchboard.demo.is_active
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


async def test_a_late_acknowledgement_lets_nothing_overtake_it() -> None:
    """W-REG-10, C-REG-13. What is behind it waits, and keeps its distance from it."""
    terms = Terms(settle_seconds=20)
    fault = "delay:message=register_ack,seconds=5"
    async with stand(fault, terms=terms) as under, plain(under) as session:
        session.register()
        await until(partial(workers, under))
        under.advance(4)
        await session.silence()
        under.advance(1)
        assert (await session.message())["type"] == "register_ack"
        job_id = await under.commit()
        under.advance(19)
        await session.silence()
        under.advance(1)
        assert (await session.message())["job_id"] == job_id


async def test_behind_a_lost_acknowledgement_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it kept: what there is no room for would be sent at once."""
    monkeypatch.setattr("dispatch_mockcoord.agenda.MAX_WAITING", 2)
    async with stand("lose:message=register_ack", roles=COORDINATOR) as under, plain(under) as session:
        session.register()
        await until(partial(workers, under))
        for _ in range(4):
            session.send(wire.TEXT, stringify({"type": "nothing"}).encode())
        await under.commit()
        await session.silence()
