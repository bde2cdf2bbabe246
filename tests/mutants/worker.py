"""The conforming worker: a connection and its messages. What it computes stands in the modules it joins.

A defect or a variant is a subclass that overrides one step; each step is therefore a method of its own.
"""

import asyncio
import random
import signal
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.mutants import ecmascript
from tests.mutants.jobs import Jobs, Message
from tests.mutants.keyfile import KeyFile
from tests.mutants.pairing import Pairing
from tests.mutants.settings import Settings


class Worker(Jobs, Pairing, KeyFile):
    """One worker process, from its key file to its exit status."""

    ack_seconds = 10.0
    beat_seconds = 10.0
    silence_seconds = 35.0
    grace_seconds = 8.0
    longest_pause = 30.0
    capabilities: Any = ("LLM_INFER", "TASK")
    provider_type = "DESKTOP"

    def __init__(self, settings: Settings) -> None:
        """Settings are kept; the key is read in `run`."""
        super().__init__()
        self.settings = settings
        self.socket: ClientConnection | None = None
        self.status: int | None = None
        self.registered = False
        self.claimed = False
        self.background: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ life

    async def run(self) -> int:
        """Live until something ends the worker; the exit status."""
        self.seed = self.seed_at(self.settings.key_path)
        self.pubkey = self.public_text(self.seed)
        self.say(f"Public key: {self.pubkey[:16]}...")
        loop, life = asyncio.get_running_loop(), asyncio.current_task()
        assert life is not None
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.on_signal, life)
        try:
            return await self.connect_again_and_again()
        except asyncio.CancelledError:
            return 0

    async def connect_again_and_again(self) -> int:
        failures = 0
        while self.status is None:
            try:
                await self.live()
            except (OSError, WebSocketException) as error:
                self.say(f"WS error: {error}")
            failures = 1 if self.registered else failures + 1
            if self.status is None:
                await asyncio.sleep(self.pause(failures))
        return self.status

    def pause(self, failures: int) -> float:
        """Seconds between two attempts."""
        return min(2.0 ** (failures - 1), self.longest_pause) * random.uniform(0.8, 1.0)

    async def live(self) -> None:
        """One connection, from its opening to its end."""
        self.registered = False
        self.say(f"Connecting to {self.settings.socket}")
        self.socket = await self.open_socket()
        try:
            await self.introduce()
            await self.listen()
        finally:
            for task in self.background:
                task.cancel()
            self.forget_jobs()
            await self.socket.close()

    def forget_jobs(self) -> None:
        """Nothing is owed on a connection that has ended."""
        for task in self.jobs.values():
            task.cancel()
        self.jobs.clear()

    async def open_socket(self) -> ClientConnection:
        return await connect(
            self.settings.socket,
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_size=2**21,
            proxy=None,
        )

    async def listen(self) -> None:
        """Take frames until the connection, or the worker, has ended."""
        assert self.socket is not None
        while self.status is None:
            patience = self.silence_seconds if self.registered else self.ack_seconds
            try:
                async with asyncio.timeout(patience):
                    frame = await self.receive(self.socket)
            except TimeoutError:
                return
            except ConnectionClosed as closed:
                self.on_closed(closed.rcvd.code if closed.rcvd else 1006)
                return
            await self.on_frame(frame)

    async def receive(self, socket: ClientConnection) -> str | bytes:
        return await socket.recv()

    def on_closed(self, code: int) -> None:
        self.say("Disconnected")
        if self.leaving:
            self.status = 0
        elif code == 4001:
            self.on_replaced()

    def on_replaced(self) -> None:
        self.say("Replaced by another connection under the same key")
        self.status = 1

    def on_signal(self, life: "asyncio.Task[Any]") -> None:
        """SIGTERM and SIGINT ask for the same; asking twice changes nothing."""
        if not self.leaving:
            self.leaving = True
            self.farewell = asyncio.create_task(self.say_goodbye(life))

    async def say_goodbye(self, life: "asyncio.Task[Any]") -> None:
        """Finish the running jobs, close, end."""
        if self.socket is not None:
            if self.jobs:
                await asyncio.wait(self.jobs.values(), timeout=self.grace_seconds)
            for job_id in list(self.jobs):
                await self.reject(job_id, "the worker is stopping")
            await self.close_socket(self.socket)
        self.status = 0
        life.cancel()

    async def close_socket(self, socket: ClientConnection) -> None:
        await socket.close(1000)

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside the frames, for as long as the connection lives."""
        task = asyncio.create_task(coroutine)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    # ------------------------------------------------------------------ sending

    async def send(self, message: Message) -> None:
        """Send a message, if there still is a connection."""
        if self.socket is not None:
            try:
                await self.transmit(self.socket, self.encoded(message))
            except ConnectionClosed:
                return

    def encoded(self, message: Message) -> str:
        return ecmascript.write(message)

    async def transmit(self, socket: ClientConnection, text: str) -> None:
        await socket.send(text)

    async def introduce(self) -> None:
        await self.send(self.registration())

    def registration(self) -> Message:
        return {
            "type": "register",
            "provider_pubkey": self.pubkey,
            "provider_type": self.provider_type,
            "capabilities": self.capabilities,
        }

    async def beat(self) -> None:
        """Heartbeats on a fixed schedule from now on."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self.first_beat_seconds()
        while True:
            await asyncio.sleep(due - loop.time())
            if self.may_beat():
                await self.send(self.heartbeat())
            due = max(due + self.beat_seconds, loop.time())

    def first_beat_seconds(self) -> float:
        return self.beat_seconds

    def may_beat(self) -> bool:
        return True

    def heartbeat(self) -> Message:
        return {"type": "heartbeat", "provider_pubkey": self.pubkey}

    # ------------------------------------------------------------------ receiving

    async def on_frame(self, frame: str | bytes) -> None:
        message = self.decoded(frame)
        if not isinstance(message, dict):
            return
        match message.get("type"):
            case "register_ack":
                await self.on_register_ack(message)
            case "job_assign":
                await self.on_job_assign(message)
            case _:
                await self.on_other(message)

    def decoded(self, frame: str | bytes) -> Any:
        """The value in a frame; None where there is none."""
        if isinstance(frame, bytes):
            return None
        try:
            return ecmascript.read(frame)
        except (ValueError, RecursionError):
            return None

    async def on_other(self, message: Message) -> None:
        """Everything that asks for nothing."""

    async def on_register_ack(self, message: Message) -> None:
        if self.registered:
            return
        if message.get("status") == "ok" and isinstance(message.get("worker_id"), str):
            self.say(f"Registered as {message['worker_id']}")
            self.registered = True
            self.on_registered()
        else:
            self.on_refused(str(message.get("error", "no reason given")))

    def on_registered(self) -> None:
        self.start(self.beat())
        if self.settings.pairing_code and not self.claimed:
            self.claimed = True
            self.start(self.claim())

    def on_refused(self, why: str) -> None:
        self.say(f"Registration failed: {why}")
        self.status = 1
