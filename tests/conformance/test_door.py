"""A door: what it notes of visitors, where it leads them, and a connection that is handed on behind it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest
from dispatch_conformance.attach.absence import absence
from dispatch_conformance.attach.attachment import Attachment, advertised, expected, listening
from dispatch_conformance.attach.plan import objection, ordered
from dispatch_conformance.attach.stage import AttachedStage
from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.door import MOST_GUESTS, Door
from dispatch_conformance.passive import PassiveJudge
from dispatch_conformance.transcript import Zero
from dispatch_conformance.verdicts import Verdict
from dispatch_conformance.visits import HEAD_BYTES, Kind, Visit
from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import Frame
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
REGISTER = {
    "type": "register",
    "provider_pubkey": KEY,
    "provider_type": "SEEKER",
    "capabilities": ["LLM_INFER", "TASK"],
}
HEARTBEAT = json.dumps({"type": "heartbeat", "provider_pubkey": KEY})


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door(zero=Zero.now())
    await door.open("127.0.0.1")
    yield door
    await door.close()


@contextlib.asynccontextmanager
async def at(door: Door, name: str) -> AsyncIterator[AttachedStage]:
    async with AttachedStage(name, door=door) as stage:
        stage.wire.invite()
        yield stage


@pytest.mark.parametrize(
    ("head", "kind", "request_line"),
    [
        (b"", Kind.SILENT, ""),
        (b"\x16\x03\x01\x02\x00\x01", Kind.TLS, ""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Kind.HTTP, "GET /"),
        (b"GET /a?b HTTP/1.1\r\nupgrade:  WebSocket\r\n\r\n", Kind.WEBSOCKET, "GET /a?b"),
        (b"POST / HTTP/1.1\r\n\r\nUpgrade: websocket\r\n", Kind.HTTP, "POST /"),
        (b"\x10\x0cMQTT", Kind.OTHER, ""),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\n", Kind.OTHER, ""),
        (b"\xff" * HEAD_BYTES, Kind.OTHER, ""),
    ],
)
def test_what_comes_first_tells_what_a_visit_is(head: bytes, kind: Kind, request_line: str) -> None:
    visit = Visit(head=bytearray(head))
    assert (visit.kind, visit.request) == (kind, request_line)


def test_the_most_telling_visit_explains_an_absence() -> None:
    silent, secure = Visit(), Visit(peer="192.0.2.1\x1b[2J", head=bytearray(b"\x16\x03\x01"))
    told = absence([silent, secure], "http://h:1", 5)
    assert "192.0.2.1\\x1b[2J spoke TLS" in told
    assert absence([silent], "http://h:1", 5).endswith("connected and sent nothing")
    assert "nobody connected to http://h:1 within 5 s" in absence([], "http://h:1", 5)


async def test_who_comes_before_the_door_leads_anywhere_waits(door: Door) -> None:
    coming = asyncio.ensure_future(connect(f"ws://127.0.0.1:{door.port}/p", proxy=None))
    await door.changes.until(lambda: door.visits and door.visits[0].head, 20)
    assert not coming.done()
    async with at(door, "test.late") as stage, await coming as socket:
        await socket.send(json.dumps(REGISTER))
        assert json.loads(await socket.recv())["status"] == "ok"
        assert stage.wire.links[0].path == "/p"
    assert [visit.kind for visit in door.visits] == [Kind.WEBSOCKET]


async def test_only_so_many_wait(door: Door) -> None:
    writers = [(await asyncio.open_connection("127.0.0.1", door.port))[1] for _ in range(MOST_GUESTS)]
    await door.changes.until(lambda: len(door.guests) == MOST_GUESTS, 20)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    for entry in (*writers, writer):
        entry.close()
    assert len(door.visits) == MOST_GUESTS


async def test_who_waits_is_read_no_further_than_a_bound(door: Door) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(b"x" * 64_000_000)
    with pytest.raises(TimeoutError):  # nothing takes it but the system's own buffers
        await asyncio.wait_for(writer.drain(), 1)
    (visit,) = door.visits
    assert len(visit.head) == HEAD_BYTES
    writer.transport.abort()


async def test_a_connection_is_handed_on_with_what_belongs_to_it(door: Door) -> None:
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(at(door, "test.first"))
        socket = await stack.enter_async_context(connect(f"ws://127.0.0.1:{door.port}", proxy=None))
        await socket.send(json.dumps(REGISTER))
        session = await first.registered()
        await socket.send(HEARTBEAT)
        assignment = await first.assign("TASK", {"task_type": "summarize", "input": "x"}, session=session)
        assert not first.settled
        answer = {"type": "job_reject", "job_id": assignment.job_id, "reason": "no"}
        await socket.send(json.dumps(answer))
        await assignment.answer()
        assert first.settled

        first.wire.release(session.link)
        second = await stack.enter_async_context(at(door, "test.second"))
        judge = PassiveJudge(second.transcript, "test.second", frozenset({"W-HBT-7"}))
        moved = second.adopt(session, first)
        await socket.send(HEARTBEAT)
        await second.until(lambda: len(moved.heartbeats) == 2, 20)
        assert second.session is moved
        texts = [event.text or "" for event in second.transcript.events if isinstance(event, Frame)]
        kinds = [json.loads(text)["type"] for text in texts]
        assert kinds == ["register", "register_ack", *["heartbeat", "heartbeat_ack"] * 2]
        assert second.transcript.events[moved.index] == first.transcript.events[session.index]
        assert not [entry for entry in judge.finish(lambda _a, _b: 0.0) if entry.verdict is Verdict.FAIL]


async def test_capabilities_are_hidden_where_there_are_others(door: Door) -> None:
    async with at(door, "test.hidden") as stage:
        stage.hides = frozenset({"LLM_INFER"})
        async with connect(f"ws://127.0.0.1:{door.port}", proxy=None) as socket:
            await socket.send(json.dumps(REGISTER))
            session = await stage.registered()
        assert session.capabilities == ("TASK",)
        assert session.declared == ("LLM_INFER", "TASK")
        stage.hides = frozenset({"LLM_INFER"})
        async with connect(f"ws://127.0.0.1:{door.port}", proxy=None) as socket:
            await socket.send(json.dumps(REGISTER | {"capabilities": ["LLM_INFER"]}))
            session = await stage.registered(after=session)
        assert session.capabilities == ("LLM_INFER",)


async def test_one_websocket_at_a_time_where_a_crowd_is_minded(door: Door) -> None:
    crowds: list[str] = []
    url = f"ws://127.0.0.1:{door.port}"
    async with at(door, "test.crowd") as stage:
        stage.wire.on_crowd = lambda: crowds.append("one more")
        async with connect(url, proxy=None):
            with pytest.raises(InvalidStatus, match="503"):
                await connect(url, proxy=None)
        assert crowds == ["one more"]
        await stage.until(lambda: not stage.wire.links[0].open, 20)
        async with connect(url, proxy=None):
            assert crowds == ["one more"]


async def test_who_is_not_admitted_is_told_to_try_again(door: Door) -> None:
    async with at(door, "test.stranger") as stage:
        stage.admits = lambda _session: False
        async with connect(f"ws://127.0.0.1:{door.port}", proxy=None) as socket:
            await socket.send(json.dumps(REGISTER))
            await socket.wait_closed()
            assert socket.close_code == 1013
        assert stage.sessions == []


def test_the_order_needs_the_fewest_registrations() -> None:
    attachment = Attachment(expect=frozenset({"pairing", "llm"}))
    names = [entry.name for entry in ordered(all_scenarios(), attachment) if not objection(entry, attachment)]
    assert names[:2] == ["pairing.claim", "registration.first"]
    assert names[-3:] == ["jobs.in_ack_segment", "robustness.before_ack", "registration.late_ack"]
    assert names.index("tasks.summarize") < names.index("fuzz.sequences") < names.index("robustness.frames")
    assert "llm.failures" in names
    assert "keys.created" not in names


def test_what_is_told_in_options_is_understood() -> None:
    assert listening("0.0.0.0:4040") == ("0.0.0.0", 4040)
    assert listening(":0") == ("0.0.0.0", 0)
    assert listening("[::1]:80") == ("::1", 80)
    assert listening("[::1]") == ("::1", 4010)
    assert listening("box") == ("box", 4010)
    assert advertised("https://box.example:1/") == "https://box.example:1"
    assert expected("llm, pairing") == {"llm", "pairing"}
    assert Attachment(host="::1").url(5) == "http://[::1]:5"
    for text in ("", "h:", "h:99999", "h:-1"):
        with pytest.raises(UsageError, match="HOST:PORT is needed"):
            listening(text)
    for text in ("::1", "::1:80", "[::1", "::1]:80", "[box]:80"):
        with pytest.raises(UsageError, match=r"stands in brackets, as in \[::1\]:4010"):
            listening(text)
    for text in ("ftp://h", "http://", "http://h:x", "http://h\n"):
        with pytest.raises(UsageError):
            advertised(text)
