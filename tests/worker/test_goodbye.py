"""A worker that is asked to stop while something holds it up that nobody can cancel."""

from pathlib import Path

from tests.worker.scene import started

NAME_SERVER_IS_SILENT = """
import socket, sys, time
from dispatch_worker import cli
socket.getaddrinfo = lambda *_arguments, **_options: time.sleep(60)
cli._loop_factory = lambda: None  # asyncio's own loop looks names up through the function above
sys.exit(cli.main())
"""


async def test_w_end_2_a_name_that_is_being_looked_up_does_not_keep_it(tmp_path: Path) -> None:
    variables = {"COORDINATOR_URL": "http://coordinator.test:4010"}
    async with started(tmp_path, ("-c", NAME_SERVER_IS_SILENT), variables) as worker:
        await worker.line("Connecting to ")
        worker.terminate()
        assert await worker.exit() == 0
