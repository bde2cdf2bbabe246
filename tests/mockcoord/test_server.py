"""A coordinator leaves nothing behind, however it ends."""

import asyncio
import socket
from pathlib import Path

import pytest
from dispatch_mockcoord.file_store import FileStore
from dispatch_mockcoord.server import MockCoordinator

from tests.mockcoord.client import settings, worker
from tests.mockcoord.test_websocket import HANDSHAKE


@pytest.mark.parametrize("patience", [0.0, 0.1])
async def test_whoever_is_cancelled_while_it_ends_leaves_no_store_and_no_port(
    tmp_path: Path, patience: float
) -> None:
    """A peer that does not let go keeps the coordinator from ending; nobody has to wait for that."""
    path, started = str(tmp_path / "dispatch.db"), asyncio.Event()
    ending = MockCoordinator(settings(db=path))
    with socket.socket() as stubborn:

        async def run() -> None:
            async with ending:
                stubborn.connect(("127.0.0.1", ending.port))
                stubborn.sendall(HANDSHAKE)
                while not ending.switchboard.lines:
                    await asyncio.sleep(0.01)
                started.set()

        running = asyncio.create_task(run())
        await started.wait()
        await asyncio.sleep(patience)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    FileStore(path).close()
    async with MockCoordinator(settings(db=path, port=ending.port)) as again:
        assert again.switchboard.wake_at is None
    assert ending.switchboard._alarm._handle is None


async def test_no_alarm_rings_after_the_end() -> None:
    """A worker that leaves then is an input like any other."""
    async with MockCoordinator(settings()) as ending, worker(ending), worker(ending, 2):
        assert ending.switchboard._alarm._handle is not None
        await ending.__aexit__(None, None, None)
        assert ending.coordinator.registry.workers == {}
        assert ending.switchboard._alarm._handle is None
