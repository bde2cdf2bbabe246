"""Writes joined: the same bytes in the same order, in fewer calls, and never later than this turn's end."""

import asyncio
from typing import Any

import pytest
from dispatch_mockcoord.joined import JoinedWrites
from dispatch_mockcoord.server import MockCoordinator

from tests.mockcoord.client import client


class Written:
    """A transport that notes what is done to it."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.is_over = False

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def write_eof(self) -> None:
        self.done.append("eof")

    def close(self) -> None:
        self.is_over = True
        self.done.append("closed")

    def abort(self) -> None:
        self.is_over = True
        self.done.append("aborted")

    def is_closing(self) -> bool:
        return self.is_over


@pytest.fixture
async def pair() -> tuple[Written, JoinedWrites]:
    under: Any = Written()
    return under, JoinedWrites(under, asyncio.get_running_loop())


async def test_two_writes_of_one_turn_are_one(pair: tuple[Written, JoinedWrites]) -> None:
    under, joined = pair
    for piece in (b"head", b"body", b"head", bytearray(b"body")):
        joined.write(piece)
    assert under.done == [b"headbody", b"headbody"]
    await asyncio.sleep(0)
    assert under.done == [b"headbody", b"headbody"]


async def test_one_write_alone_waits_for_the_end_of_the_turn(pair: tuple[Written, JoinedWrites]) -> None:
    under, joined = pair
    for number in (b"1", b"2"):
        joined.write(number)
        assert number not in under.done
        await asyncio.sleep(0)
    assert under.done == [b"1", b"2"]


@pytest.mark.parametrize(
    ("end", "done"),
    [("close", [b"head", "closed"]), ("abort", ["aborted"]), ("write_eof", [b"head", "eof"])],
)
async def test_what_is_held_goes_before_the_end(
    pair: tuple[Written, JoinedWrites], end: str, done: list[object]
) -> None:
    under, joined = pair
    joined.write(b"head")
    getattr(joined, end)()
    await asyncio.sleep(0)
    assert under.done == done
    assert joined.is_closing() is under.is_over


async def test_behind_the_end_nothing_is_sent(pair: tuple[Written, JoinedWrites]) -> None:
    under, joined = pair
    joined.write_eof()
    for piece in (b"head", b"body", b"head"):
        joined.write(piece)
    await asyncio.sleep(0)
    assert under.done == ["eof"]


async def test_a_connection_that_is_lost_meanwhile_is_not_written_to(
    pair: tuple[Written, JoinedWrites],
) -> None:
    under, joined = pair
    joined.write(b"head")
    under.is_over = True
    await asyncio.sleep(0)
    assert under.done == []


async def test_an_answer_is_one_call(running: MockCoordinator, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bytes] = []
    async with client(running) as http:
        await http.get("/v1/health")
        (connection,) = running._server.server_state.connections
        assert isinstance(connection.transport, JoinedWrites)
        honest = connection.transport.transport

        class Counting:
            def __getattr__(self, name: str) -> Any:
                return getattr(honest, name)

            def write(self, data: bytes) -> None:
                calls.append(data)
                honest.write(data)

        counting: Any = Counting()
        monkeypatch.setattr(connection.transport, "transport", counting)
        assert (await http.get("/v1/health")).status_code == 200
    assert len(calls) == 1
    assert calls[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert calls[0].endswith(b"}")
