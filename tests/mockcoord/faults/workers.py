"""Two workers that share no code, as processes."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
WORKERS = {
    "reference": [sys.executable, "-m", "dispatch_worker"],
    "independent": [sys.executable, "-m", "tests.mutants"],
}


@asynccontextmanager
async def process(command: list[str], url: str, folder: Path, **variables: str) -> AsyncIterator[None]:
    """A worker as a process, gone afterwards."""
    told = {"COORDINATOR_URL": url, "OLLAMA_BASE_URL": url, "WORKER_KEY_PATH": str(folder / "key.json")}
    running = await asyncio.create_subprocess_exec(
        *command, env=os.environ | told | variables, cwd=ROOT, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        yield
    finally:
        running.kill()
        await running.wait()
