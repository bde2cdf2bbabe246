"""Where a doctor watches a worker: its coordinator behind a door, and doors where it may go instead.

The doors stand at the default ports and, where they are asked for, at an address of its own for each of
several variables.
"""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dispatch_protocol.errors import UsageError

from dispatch_conformance.doctor.evidence import Astray, Patience
from dispatch_conformance.door import Door
from dispatch_conformance.launch import WorkerProcess, launch
from dispatch_conformance.ollama import Ollama
from dispatch_conformance.outfit import Outfit
from dispatch_conformance.stage import Stage


@dataclass(slots=True)
class Bedside:
    """A worker under observation: its coordinator behind a door, and the doors where it may go instead."""

    command: str
    patience: Patience
    stage: Stage
    door: Door
    ollama: Ollama
    folder: Path
    elsewhere: dict[str, Door] = field(default_factory=dict)
    defaults: dict[int, Door] = field(default_factory=dict)
    taken: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        """The address that the worker is told."""
        return f"http://127.0.0.1:{self.door.port}"

    @property
    def astray(self) -> tuple[Astray, ...]:
        """Everything that came to another place than the address."""
        named = ((door.port, name, door) for name, door in self.elsewhere.items())
        default = ((port, "", door) for port, door in self.defaults.items())
        return tuple(
            Astray(port, name, visit) for port, name, door in (*named, *default) for visit in door.visits
        )

    async def start(self) -> WorkerProcess:
        """Start the worker; what it does wakes those who wait at the stage. Raises UsageError."""
        told = {
            name: f"{'ws' if 'WS' in name or 'WEBSOCKET' in name else 'http'}://127.0.0.1:{door.port}"
            for name, door in self.elsewhere.items()
        }
        outfit = Outfit(
            url=self.url,
            ws_url=self.url.replace("http", "ws", 1),
            ollama_url=self.ollama.url,
            key_path=str(self.folder / "worker-key.json"),
            variables=told,
        )
        worker = await launch(self.command, outfit)
        worker.on_exit = self.stage.transcript.changes.notify
        self.stage.process = worker
        return worker


@contextlib.asynccontextmanager
async def bedside_for(
    command: str, patience: Patience, ports: Iterable[int], names: tuple[str, ...]
) -> AsyncIterator[Bedside]:
    """Everything that listens, and a folder for the key; all of it gone afterwards."""
    async with contextlib.AsyncExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="dispatch-doctor-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        door = await _open(stack, 0)
        ollama = await stack.enter_async_context(Ollama())
        stage = await stack.enter_async_context(Stage("doctor", door=door))
        bedside = Bedside(command, patience, stage, door, ollama, Path(folder))
        bedside.elsewhere = {name: await _open(stack, 0) for name in names}
        for port in ports:
            try:
                bedside.defaults[port] = await _open(stack, port)
            except UsageError:
                bedside.taken += (port,)
        for listening in (door, *bedside.elsewhere.values(), *bedside.defaults.values()):
            listening.changes = stage.transcript.changes  # whatever comes anywhere wakes who waits
        yield bedside


async def _open(stack: contextlib.AsyncExitStack, port: int) -> Door:
    door = Door()
    await door.open("127.0.0.1", port)
    stack.push_async_callback(door.close)
    return door
