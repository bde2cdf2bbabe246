"""A coordinator leaves nothing behind, however it ends."""

import asyncio
import socket
from pathlib import Path

import pytest
from dispatch_mockcoord.file_store import FileStore
from dispatch_mockcoord.server import MockCoordinator

from tests.mockcoord.client import settings
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
