"""The attack on a coordinator: many hostile peers at once, one honest worker and its client among them."""

import asyncio
import contextlib
import json
import time
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from dispatch_protocol.tasks import summarize

from tests.hostile import framing, wire
from tests.hostile.ledger import Ledger
from tests.hostile.plan import Item, plan
from tests.hostile.program import Program, running
from tests.hostile.requests import REQUESTS
from tests.hostile.texts import GENERATORS, Scene

_KEY = "ab" * 32
_PATIENCE = 30.0
_MAY_STAY_SILENT = {"malformed", "bad_upgrade", "cut_body", "odd_method"}

SCENE = Scene(
    samples=[
        {
            "type": "register",
            "provider_pubkey": _KEY,
            "provider_type": "DESKTOP",
            "capabilities": ["LLM_INFER"],
        },
        {
            "type": "heartbeat",
            "provider_pubkey": _KEY,
            "metrics": {"cpu_pct": 1, "mem_pct": 2, "active_jobs": 0},
        },
        {
            "type": "job_complete",
            "job_id": "j",
            "output": {"a": [1]},
            "output_hash": "00" * 32,
            "receipt": {
                "job_id": "j",
                "provider_pubkey": _KEY,
                "output_hash": "00" * 32,
                "payment_ref": None,
            },
            "receipt_signature": "AA==",
        },
        {"type": "job_reject", "job_id": "j", "reason": "no"},
        {"type": "receipt_submit", "receipt": {"job_id": "j"}, "signature": "AA=="},
    ],
    types=["register", "heartbeat", "job_complete", "job_reject", "receipt_submit"],
)

LANES = {
    "frame": [*GENERATORS, *framing.ODD],
    "break": list(framing.BREAKING),
    "http": list(REQUESTS),
}


class HostilePeer:
    """One hostile client: keeps a WebSocket open as long as it may, and breaks it when told."""

    def __init__(self, port: int, ledger: Ledger, random: Random) -> None:
        self._port = port
        self._ledger = ledger
        self._random = random
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._pong = asyncio.Event()

    async def send(self, item: Item) -> None:
        """Carry one item out, and see that what must live on lives on."""
        random = Random(item.seed)
        if item.lane == "http":
            await self._request(item.generator, REQUESTS[item.generator](random))
        elif item.lane == "break":
            await self._break(framing.BREAKING[item.generator](random, SCENE, True), item.generator)
        else:
            if item.generator in framing.ODD:
                data = framing.ODD[item.generator](random, SCENE, True)
            else:
                text = GENERATORS[item.generator](random, SCENE).encode("utf-8", "replace")
                data = wire.frame(wire.TEXT, text, masked=True)
            await self._write(data)
            if random.random() < 0.1:
                await self._expect_pong(item.generator)
        self._ledger.sent += 1

    async def close(self) -> None:
        """Drop the connection, abruptly."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    async def _write(self, data: bytes) -> None:
        try:
            writer = await self._connection()
            writer.write(data)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.close()

    async def _connection(self) -> asyncio.StreamWriter:
        if self._writer is not None and self._reading is not None and not self._reading.done():
            return self._writer
        await self.close()
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._ledger.reopened += 1
        self._writer.write(wire.handshake(f"127.0.0.1:{self._port}"))
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
        self._reading = asyncio.create_task(self._read(wire.Frames(reader)))
        if self._random.random() < 0.5:
            register = SCENE.samples[0] | {"provider_pubkey": self._random.randbytes(32).hex()}
            self._writer.write(wire.frame(wire.TEXT, json.dumps(register).encode(), masked=True))
        return self._writer

    async def _read(self, frames: wire.Frames) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                opcode, _ = await frames.next_frame()
                if opcode == wire.PONG:
                    self._pong.set()
                elif opcode == wire.CLOSE:
                    return

    async def _expect_pong(self, generator: str) -> None:
        """A connection that got nothing but odd frames answers a ping, or was closed for silence."""
        self._pong.clear()
        await self._write(wire.frame(wire.PING, b"alive?", masked=True))
        reading = self._reading
        if reading is None:
            return
        waiting = asyncio.create_task(self._pong.wait())
        await asyncio.wait({waiting, reading}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            if not reading.done():
                self._ledger.fault(f"no pong after {generator}")

    async def _break(self, data: bytes, generator: str) -> None:
        await self._write(data)
        reading = self._reading
        if reading is not None and generator != "cut_off":
            await asyncio.wait({reading}, timeout=_PATIENCE)
            if not reading.done():
                self._ledger.fault(f"the connection lived on after {generator}")
        await self.close()

    async def _request(self, generator: str, data: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(data)
            if generator in _MAY_STAY_SILENT:
                writer.write_eof()
            head = await asyncio.wait_for(reader.readuntil(b"\r\n"), _PATIENCE)
            status = int(head.split()[1])
            if status >= 500 and status != 503:
                self._ledger.fault(f"{generator}: {head!r}")
        except (ConnectionError, asyncio.IncompleteReadError):
            if generator not in _MAY_STAY_SILENT and generator != "body_too_long":
                self._ledger.fault(f"{generator}: no answer")
        except TimeoutError:
            self._ledger.fault(f"{generator}: no answer in {_PATIENCE:.0f} s")
        finally:
            writer.transport.abort()


async def _honest_jobs(client: httpx2.AsyncClient, ledger: Ledger, ended: asyncio.Event) -> None:
    """PRIVATE jobs for the honest worker, one after the other: each must come back right and verified."""
    number = 0
    while not ended.is_set():
        number += 1
        text = f"honest job {number} " * (number % 30 + 1)
        payload = {"task_type": "summarize", "input": text}
        body = {"job_type": "TASK", "user_id": "honest", "payload": payload, "privacy_class": "PRIVATE"}
        answer = await client.post("/v1/jobs/commit/cheap", json=body)
        if answer.status_code == 201:
            job = await _finished(client, answer.json()["job_id"])
            if (
                job["status"] != "completed"
                or job["result"] != summarize(text)
                or not job["receipt"]["verified"]
            ):
                ledger.fault(f"honest job: {json.dumps(job)[:300]}")
            else:
                ledger.honest += 1
        elif answer.status_code not in (422, 503):
            ledger.fault(f"honest commit: {answer.status_code} {answer.text[:200]}")
        await asyncio.sleep(0.02)


async def _finished(client: httpx2.AsyncClient, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        job: dict[str, Any] = (await client.get(f"/v1/jobs/{job_id}")).json()
        if job["status"] in ("completed", "failed") or time.monotonic() > deadline:
            return job
        await asyncio.sleep(0.02)


async def _paired_worker(
    client: httpx2.AsyncClient, url: str, key_path: str
) -> contextlib.AbstractAsyncContextManager[Program]:
    code = (await client.post("/v1/trust/create", json={"user_id": "honest"})).json()["pairing_code"]
    return running(
        "dispatch-worker",
        "--capabilities",
        "TASK",
        environment={"COORDINATOR_URL": url, "WORKER_KEY_PATH": key_path, "TRUST_PAIRING_CODE": code},
    )


async def attack(count: int, seed: int, peers: int = 12) -> tuple[Ledger, list[Item]]:
    """Send `count` hostile items from `peers` peers at once; honest jobs go through all the while."""
    items = plan(count, seed, LANES)
    ledger = Ledger()
    ended = asyncio.Event()
    with TemporaryDirectory() as folder:
        async with running("dispatch-mockcoord", "--port", "0", "--ready-json") as coordinator:
            port = int(json.loads(await coordinator.line_with('"port"'))["port"])
            url = f"http://127.0.0.1:{port}"
            async with httpx2.AsyncClient(base_url=url, timeout=_PATIENCE) as client:
                async with await _paired_worker(client, url, f"{folder}/key.json") as worker:
                    await worker.line_with("Trust paired")
                    honest = asyncio.create_task(_honest_jobs(client, ledger, ended))
                    while ledger.honest < 20 and not honest.done():
                        await asyncio.sleep(0.05)
                    ledger.memory_start = coordinator.resident_bytes()
                    await _flood(port, items, peers, ledger, coordinator)
                    ended.set()
                    await honest
                    if not worker.alive:
                        ledger.fault(f"the honest worker ended: {worker.lines[-3:]}")
                if not coordinator.alive:
                    ledger.fault(f"the coordinator ended: {coordinator.lines[-10:]}")
                elif (await client.get("/v1/health")).status_code != 200:
                    ledger.fault("no health after the attack")
    return ledger, items


async def _flood(port: int, items: list[Item], peers: int, ledger: Ledger, coordinator: Program) -> None:
    queue = iter(items)

    async def one_peer(number: int) -> None:
        peer = HostilePeer(port, ledger, Random(number))
        for item in queue:
            if not coordinator.alive:
                return
            await peer.send(item)
            if ledger.sent % 100 == 0:
                ledger.sample(coordinator.resident_bytes())
        await peer.close()

    await asyncio.gather(*(one_peer(number) for number in range(peers)))
    if coordinator.alive:
        ledger.sample(coordinator.resident_bytes())
