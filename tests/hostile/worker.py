"""The attack on workers: a hostile coordinator and model server in one, honest assignments in between."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from random import Random
from tempfile import TemporaryDirectory

from dispatch_protocol.codec import decode_from_worker
from dispatch_protocol.messages import JobComplete
from dispatch_protocol.receipts import verify_receipt
from dispatch_protocol.tasks import summarize

from tests.hostile import framing, wire
from tests.hostile.answers import ANSWERS
from tests.hostile.ledger import Ledger
from tests.hostile.plan import Item, plan
from tests.hostile.program import Program, running
from tests.hostile.texts import GENERATORS, Scene

_PATIENCE = 30.0
_HONEST_EVERY = 10
_MODEL_ITEM = "hostile-answer"

SCENE = Scene(
    samples=[
        {"type": "heartbeat_ack", "status": "ok"},
        {
            "type": "job_assign",
            "job_id": "j",
            "job_type": "TASK",
            "policy": "CHEAP",
            "privacy_class": "PUBLIC",
            "payload": {"task_type": "classify", "input": "good"},
            "user_id": "u",
        },
        {"type": "error", "code": "INVALID_MSG", "message": "no"},
        {
            "type": "payment_posted",
            "job_ids": ["j"],
            "tx_hash": "0xabcdef0123456789",
            "amount": "0.001",
            "token": "BOLT",
            "network": "monad-testnet",
            "explorer_url": "http://x",
        },
        {"type": "payment_failed", "job_ids": ["j"], "error": "no"},
        {
            "type": "feedback_posted",
            "job_id": "j",
            "tx_hash": "0x",
            "network": "monad-testnet",
            "explorer_url": "x",
        },
        {"type": "feedback_failed", "job_id": "j", "error": "no"},
    ],
    types=["heartbeat_ack", "job_assign", "error", "payment_posted", "payment_failed", "feedback_posted"],
)

LANES = {
    "frame": [*GENERATORS, *framing.ODD],
    "break": list(framing.BREAKING),
    "http": list(ANSWERS),
}


class HostileCoordinator:
    """One server for every worker under attack: WebSocket and the model's HTTP on one port."""

    def __init__(self, items: Iterator[Item], ledger: Ledger) -> None:
        self._items = items
        self._ledger = ledger
        self._numbers = iter(range(1, 10**9))
        self.exhausted = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One TCP connection, whatever it brings."""
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
            if b"upgrade: websocket" in head.lower():
                await self._attack(head, reader, writer)
            else:
                await self._model(head, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            writer.transport.abort()

    async def _model(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a generate request with the bytes that its prompt names."""
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        prompt = json.loads(await reader.readexactly(length)).get("prompt", "")
        if prompt.startswith(_MODEL_ITEM):
            _, name, seed = prompt.split("/")
            writer.write(ANSWERS[name](Random(int(seed))))
            await writer.drain()

    async def _attack(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = next(
            line[18:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
        )
        accept = wire.accept_token(key).decode()
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        self._ledger.reopened += 1
        peer = _WorkerPeer(wire.Frames(reader), writer)
        await peer.registered()
        for item in self._items:
            self._ledger.sent += 1
            if not await self._one(item, peer):
                return
            if self._ledger.sent % _HONEST_EVERY == 0:
                await self._honest(peer, item)
        self.exhausted.set()
        await self._honest(peer, None)
        await peer.ended()

    async def _one(self, item: Item, peer: "_WorkerPeer") -> bool:
        """Carry one item out; whether the connection must live on."""
        random = Random(item.seed)
        if item.lane == "break":
            peer.writer.write(framing.BREAKING[item.generator](random, SCENE, False))
            await peer.writer.drain()
            if item.generator == "cut_off":
                return False
            if not await peer.ended():
                self._ledger.fault(f"the connection lived on after {item.generator}")
            return False
        if item.lane == "http":
            prompt = f"{_MODEL_ITEM}/{item.generator}/{item.seed}"
            peer.assign(f"llm-{item.seed}", "LLM_INFER", {"prompt": prompt})
        elif item.generator in framing.ODD:
            peer.writer.write(framing.ODD[item.generator](random, SCENE, False))
        else:
            text = GENERATORS[item.generator](random, SCENE).encode("utf-8", "replace")
            peer.writer.write(wire.frame(wire.TEXT, text, masked=False))
        await peer.writer.drain()
        return True

    async def _honest(self, peer: "_WorkerPeer", after: Item | None) -> None:
        """An honest assignment must come back right, whatever came before it."""
        number = next(self._numbers)
        text = f"honest job {number} " * (number % 30 + 1)
        answer = await peer.answer(f"honest-{number}", {"task_type": "summarize", "input": text})
        if answer is None:
            self._ledger.fault(f"no honest answer after {after.generator if after else 'the end'}")
        elif (
            answer.output.value != summarize(text)
            or not verify_receipt(
                answer.receipt,
                answer.receipt_signature,
                job_id=answer.job_id,
                pubkey=peer.pubkey,
                output_hash=answer.output.hash,
            ).verified
        ):
            self._ledger.fault(f"a wrong honest answer: {str(answer)[:300]}")
        else:
            self._ledger.honest += 1


class _WorkerPeer:
    """The worker's end of one connection, as the hostile coordinator sees it."""

    def __init__(self, frames: wire.Frames, writer: asyncio.StreamWriter) -> None:
        self._frames = frames
        self.writer = writer
        self.pubkey = ""

    async def registered(self) -> None:
        """Wait for `register`, and acknowledge it."""
        _, payload = await asyncio.wait_for(self._frames.next_frame(), _PATIENCE)
        self.pubkey = json.loads(payload)["provider_pubkey"]
        self._send({"type": "register_ack", "status": "ok", "worker_id": "w"})

    def assign(self, job_id: str, job_type: str, payload: object) -> None:
        """Assign a job, honestly."""
        frame = {"type": "job_assign", "job_id": job_id, "job_type": job_type, "payload": payload}
        self._send(frame | {"policy": "CHEAP", "privacy_class": "PUBLIC", "user_id": "u"})

    async def answer(self, job_id: str, payload: object) -> JobComplete | None:
        """The completion of an honest task; None where it does not come in time."""
        self.assign(job_id, "TASK", payload)
        await self.writer.drain()
        with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            async with asyncio.timeout(_PATIENCE):
                while True:
                    opcode, frame = await self._frames.next_frame()
                    if opcode == wire.TEXT and job_id.encode() in frame:
                        message = decode_from_worker(frame.decode())
                        if isinstance(message, JobComplete) and message.job_id == job_id:
                            return message
        return None

    async def ended(self) -> bool:
        """Whether the worker ends the connection in time."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while True:
                    opcode, _ = await self._frames.next_frame()
                    if opcode == wire.CLOSE:
                        return True
        except TimeoutError:
            return False
        except (ConnectionError, asyncio.IncompleteReadError):
            return True

    def _send(self, message: object) -> None:
        self.writer.write(wire.frame(wire.TEXT, json.dumps(message).encode(), masked=False))


async def attack(count: int, seed: int, workers: int = 4) -> tuple[Ledger, list[Item]]:
    """Send `count` hostile items to `workers` workers at once; every tenth is followed by an honest job."""
    items = plan(count, seed, LANES)
    ledger = Ledger()
    coordinator = HostileCoordinator(iter(items), ledger)
    server = await asyncio.start_server(coordinator.serve, "127.0.0.1", 0, limit=2**22)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with TemporaryDirectory() as folder:
        async with contextlib.AsyncExitStack() as stack:
            programs = [
                await stack.enter_async_context(
                    running(
                        "dispatch-worker",
                        "--longest-wait",
                        "0.05",
                        environment={
                            "COORDINATOR_URL": url,
                            "OLLAMA_BASE_URL": url,
                            "WORKER_KEY_PATH": f"{folder}/key-{number}.json",
                            "TRUST_PAIRING_CODE": "",
                        },
                    )
                )
                for number in range(workers)
            ]
            for program in programs:
                await program.line_with("Registered as")
            await _watch(programs, coordinator, ledger)
        server.close()
    return ledger, items


async def _watch(programs: list[Program], coordinator: HostileCoordinator, ledger: Ledger) -> None:
    """Sample memory until all items are sent; the worker that grew most counts."""
    start = [program.resident_bytes() for program in programs]
    ledger.memory_start = ledger.memory_peak = max(start)
    while not coordinator.exhausted.is_set() and all(program.alive for program in programs):
        grown = max(program.resident_bytes() - base for program, base in zip(programs, start, strict=True))
        ledger.sample(ledger.memory_start + grown)
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    for program in programs:
        if not program.alive:
            ledger.fault(f"a worker ended with {program.process.returncode}: {program.lines[-5:]}")
