"""Faults of frames, seen on the wire, each beside what a good worker makes of it."""

import json
from typing import Any

import pytest
from dispatch_mockcoord.faults.frame_kinds import FORMS, MEMBERS
from dispatch_protocol.errors import DispatchError
from dispatch_protocol.frames import read_frame
from dispatch_protocol.recording import Fault as Mark
from dispatch_protocol.recording import Frame
from dispatch_protocol.vocabulary import Role

from tests.hostile import wire
from tests.mockcoord.client import worker
from tests.mockcoord.faults.stand import COORDINATOR, registered, registering, stand, until


async def test_lose() -> None:
    """W-END-5. Lost acknowledgements of heartbeats are no reason for anything."""
    async with stand("lose:count=2") as under, registered(under) as session:
        for _ in range(3):
            session.beat()
        assert (await session.message())["type"] == "heartbeat_ack"
        await session.silence()
        assert [mark.detail for mark in under.marks] == ["lose:count=2 at heartbeat_ack"] * 2


@pytest.mark.parametrize("message", ["heartbeat_ack", "job_assign"])
async def test_delay(message: str) -> None:
    """W-ROB-12. It comes late, and what was sent after it comes before it."""
    async with stand(f"delay:message={message},seconds=20,count=1") as under, registered(under) as session:
        job_id = await under.commit()
        session.beat()
        other = "heartbeat_ack" if message == "job_assign" else "job_assign"
        assert (await session.message())["type"] == other
        await session.silence()
        under.advance(20)
        late = await session.message()
        assert late["type"] == message
        assert late.get("job_id", job_id) == job_id


async def test_duplicate() -> None:
    """W-JOB-4. The same frame, byte by byte, as often as wanted; one answer completes it."""
    async with stand("duplicate:times=2") as under, registered(under) as session:
        await under.commit()
        frames = [await session.frame() for _ in range(3)]
        assert len(set(frames)) == 1
        await session.silence()


async def test_duplicates_later() -> None:
    fault = "duplicate:times=2,seconds=10,message=heartbeat_ack"
    async with stand(fault) as under, registered(under) as session:
        session.beat()
        await session.message()
        for _ in range(2):
            under.advance(9)
            await session.silence()
            under.advance(1)
            assert (await session.message())["type"] == "heartbeat_ack"


async def test_a_worker_that_answers_a_duplicate_once_is_right() -> None:
    async with stand("duplicate") as under, worker(under.running) as session:
        job_id = await under.commit()
        assignment = await session.hear()
        assert await session.hear() == assignment
        await session.say(session.completion(assignment))
        assert (await session.beat())["type"] == "heartbeat_ack"
        assert (await under.status(job_id))["receipt"]["verified"] is True


@pytest.mark.parametrize("member", MEMBERS)
async def test_wrong_assign(member: str) -> None:
    """W-ROB-17, W-BAD. One member is wrong, all others are as they were."""
    payload = {"task_type": "summarize", "input": "1.0 and 1e400", "number": 1.5, "2": 1, "1": 2}
    async with stand("wrong_assign:member=" + member) as under, registered(under) as session:
        job_id = await under.commit(payload=payload)
        message = await session.message()
        right: dict[str, Any] = {
            "type": "job_assign",
            "job_id": job_id,
            "job_type": "TASK",
            "payload": payload,
            "policy": "FAST",
            "privacy_class": "PUBLIC",
            "user_id": "user",
        }
        assert {name for name in right if message[name] != right[name]} == {member}
        assert message.keys() == right.keys()
        if member == "job_type":
            assert message[member] == "LLM_INFER"
        else:
            assert type(message[member]) is not type(right[member])


async def test_a_worker_may_reject_a_job_of_the_wrong_type() -> None:
    async with stand("wrong_assign:count=1") as under, worker(under.running) as session:
        job_id = await under.commit(job_type="LLM_INFER", payload={"prompt": "hello"})
        assignment = await session.hear()
        assert assignment["job_type"] == "TASK"
        await session.say({"type": "job_reject", "job_id": job_id, "reason": "no task_type"})
        assert (await session.beat())["type"] == "heartbeat_ack"
        assert (await under.status(job_id))["status"] == "pending"


def is_message(text: str | bytes) -> bool:
    try:
        return isinstance(read_frame(text, Role.COORDINATOR).get("type"), object)
    except DispatchError:
        return False


@pytest.mark.parametrize("form", FORMS)
async def test_malformed(form: str) -> None:
    """W-ROB-3 to W-ROB-6. Something that is no message comes first, and then the message itself."""
    fault = f"malformed:form={form},message=heartbeat_ack"
    async with stand(fault) as under, registered(under) as session:
        session.beat()
        strange = await session.frame()
        assert (strange.opcode, strange.fin) == (wire.TEXT, True)
        if form == "untyped":
            assert not isinstance(strange.message["type"], str)
        else:
            assert not is_message(strange.payload.decode())
        assert (await session.message())["type"] == "heartbeat_ack"


async def test_malformed_in_place_of_the_message_and_at_random() -> None:
    """Every form comes, and nothing else does; the same seed brings the same."""
    runs = []
    for seed in (1, 1, 2):
        fault = "malformed:instead=1,message=heartbeat_ack"
        async with stand(fault, seed=seed, roles=COORDINATOR) as under, registered(under) as session:
            for _ in range(80):
                session.beat()
            runs.append([(await session.frame()).payload for _ in range(80)])
            await session.silence()
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert len(set(runs[0])) >= len(FORMS)


async def test_text_that_is_no_utf8() -> None:
    """RFC 6455 §8.1: the worker has to fail the connection."""
    async with stand("malformed:form=utf8,count=1") as under, registering(under) as session:
        strange = await session.frame()
        assert strange.opcode == wire.TEXT
        with pytest.raises(UnicodeDecodeError):
            strange.payload.decode()
        assert (await session.message())["type"] == "register_ack"
        recorded = [event for event in under.events if isinstance(event, Frame)]
        assert recorded[1].opcode == "text"
        assert recorded[1].payload == strange.payload


async def test_binary() -> None:
    """W-ROB-16. Random bytes in a binary frame come first."""
    async with stand("binary:bytes=1000,message=heartbeat_ack") as under, registered(under) as session:
        session.beat()
        strange = await session.frame()
        assert (strange.opcode, strange.fin, len(strange.payload)) == (wire.BINARY, True, 1000)
        assert (await session.message())["type"] == "heartbeat_ack"


async def test_binary_in_place_of_the_message() -> None:
    async with stand("binary:instead=1,message=heartbeat_ack") as under, registered(under) as session:
        session.beat()
        frame = await session.frame()
        assert (frame.opcode, frame.message["type"]) == (wire.BINARY, "heartbeat_ack")
        await session.silence()


@pytest.mark.parametrize(("pieces", "pings"), [(2, 0), (3, 1), (1000, 2)])
async def test_fragment(pieces: int, pings: int) -> None:
    """W-ROB-13, W-ROB-14. Fragments, cut within characters too, with pings between any two of them."""
    fault = f"fragment:pieces={pieces},pings={pings},message=job_assign"
    async with stand(fault) as under, registered(under) as session:
        job_id = await under.commit(user_id="größe 📦 " * 20)
        frames = [await session.frame() for _ in range(pieces + pings * (pieces - 1))]
        parts = [frame for frame in frames if frame.opcode != wire.PING]
        assert [frame.opcode for frame in parts] == [wire.TEXT] + [wire.CONTINUATION] * (pieces - 1)
        assert [frame.fin for frame in parts] == [False] * (pieces - 1) + [True]
        assert json.loads(b"".join(frame.payload for frame in parts))["job_id"] == job_id
        assert [frame.opcode for frame in frames[1 : 1 + pings]] == [wire.PING] * pings
        payloads = [frame.payload for frame in frames if frame.opcode == wire.PING]
        assert len(set(payloads)) == pings * (pieces - 1)
        recorded = [event for event in under.events if isinstance(event, Frame) and event.fragments > 1]
        assert [event.fragments for event in recorded] == [pieces]


async def test_a_fragmented_message_is_read_like_any_other() -> None:
    """By a client that shares no code with this one; it answers each ping."""
    async with stand("fragment") as under, worker(under.running) as session:
        job_id = await under.commit()
        await session.work()
        assert (await under.status(job_id))["receipt"]["verified"] is True


@pytest.mark.parametrize("size", [1_048_576, 3_000_000, 0])
async def test_giant(size: int) -> None:
    """W-ROB-18. The message with one more member, exactly so long; never cut."""
    async with stand(f"giant:bytes={size},message=job_assign") as under, registered(under) as session:
        job_id = await under.commit(user_id="größe 📦")
        frame = await session.frame()
        assert frame.message["job_id"] == job_id
        assert frame.message["user_id"] == "größe 📦"
        assert len(frame.payload) == size or (size == 0 and len(frame.payload) < 1000)


async def test_unknown_type() -> None:
    """W-ROB-1."""
    fault = "unknown_type:type=surprise_42,message=heartbeat_ack"
    async with stand(fault) as under, registered(under) as session:
        session.beat()
        assert (await session.message())["type"] == "surprise_42"
        assert (await session.message())["type"] == "heartbeat_ack"


async def test_faults_that_strike_together_act_in_their_order() -> None:
    faults = ("unknown_type", "lose", "giant:bytes=500", "fragment:pieces=2,pings=0")
    async with stand(*faults) as under, registering(under) as session:
        assert (await session.message())["type"] == "surprise"
        first, second = await session.frame(), await session.frame()
        assert len(first.payload) + len(second.payload) == 500
        assert (first.fin, second.fin) == (False, True)
        assert [mark.name for mark in under.marks] == ["unknown_type", "giant", "fragment"]


async def test_aims() -> None:
    """At one worker, one kind of job, one job; a `job` without a `message` means its assignment."""
    aims = ("type=a,worker=SEEKER", "type=b,job=LLM_INFER", "type=c,job=classify")
    faults = [f"unknown_type:{aim}" for aim in aims]
    async with stand(*faults, roles=COORDINATOR) as under, registered(under, 1) as session:
        session.beat()
        assert (await session.message())["type"] == "heartbeat_ack"
        for job_type, payload, expected in (
            ("LLM_INFER", {"prompt": "x"}, "b"),
            ("TASK", {"task_type": "classify", "input": "x"}, "c"),
            ("TASK", {"task_type": "summarize", "input": "x"}, "job_assign"),
        ):
            job_id = await under.commit(job_type=job_type, payload=payload)
            first = await session.message()
            assert first["type"] == expected
            if expected != "job_assign":
                await session.message()
            session.say({"type": "job_reject", "job_id": job_id, "reason": "no"})
        async with registering(under, 2, provider_type="SEEKER") as phone:
            assert (await phone.message())["type"] == "a"


async def test_every_mark_comes_before_what_it_does() -> None:
    async with stand("unknown_type:message=heartbeat_ack") as under, registered(under) as session:
        session.beat()
        await session.message()
        mark = next(index for index, event in enumerate(under.events) if isinstance(event, Mark))
        strange = next(
            index
            for index, event in enumerate(under.events)
            if isinstance(event, Frame) and "surprise" in (event.text or "")
        )
        assert mark < strange
        noted = under.faults.injected[0]
        assert (noted.name, noted.connection, noted.t) == ("unknown_type", 1, under.marks[0].t)
        assert under.faults.counts == {"unknown_type": 1}


async def test_added_removed_and_watched_while_it_runs() -> None:
    async with stand() as under, registered(under) as session:
        seen: list[str] = []
        under.faults.watchers.append(lambda noted: seen.append(noted.detail))
        under.faults.add("lose", count=5)
        session.beat()
        await until(lambda: bool(seen))
        under.faults.remove("lose")
        session.beat()
        assert (await session.message())["type"] == "heartbeat_ack"
        await session.silence()
        assert seen == ["lose:count=5 at heartbeat_ack"]
