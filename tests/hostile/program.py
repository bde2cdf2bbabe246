"""A program under attack: started from this environment, watched, its resident memory read, ended."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path


class Program:
    """A running child process whose output is read line by line and kept, bounded."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.lines.append(line.decode("utf-8", "replace").rstrip())
            del self.lines[:-500]

    async def line_with(self, text: str, timeout: float = 20) -> str:
        """The first line that holds `text`. Raises TimeoutError, showing what was printed."""
        try:
            async with asyncio.timeout(timeout):
                while True:
                    for line in self.lines:
                        if text in line:
                            return line
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise TimeoutError(f"no line with {text!r} in: {self.lines[-20:]}") from None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    def resident_bytes(self) -> int:
        """Resident memory now, from the kernel's books."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    async def end(self) -> None:
        """End it: SIGTERM, then SIGKILL after ten seconds."""
        if self.alive:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 10)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await self._reading


@asynccontextmanager
async def running(
    command: str, *arguments: str, environment: Mapping[str, str] = {}
) -> AsyncIterator[Program]:
    """A command installed beside this interpreter, ended on the way out."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / command),
        *arguments,
        env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=2**20,
    )
    program = Program(process)
    try:
        yield program
    finally:
        await program.end()
