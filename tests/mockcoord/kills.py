"""A coordinator with a database, killed again and again under load: what everybody saw must stay true.

    python -m tests.mockcoord.kills --kills 200 --seed 1

Honest clients and workers note what they were told. After every restart jobs whose commit was answered are
asked for, in the end all of them: each has to be there, with a status that fits, and unchanged where it was
finished.
"""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import websockets
from dispatch_protocol.canonical import Json

from tests.mockcoord.client import TASK, Worker
from tests.mockcoord.driver import identity
from tests.mockcoord.witness import Witness

COMMAND = [sys.executable, "-m", "dispatch_mockcoord", "--ready-json"]
OPTIONS = ["--settle-ms", "0", "--claim-failures", "0"]
WORKERS, CLIENTS = 3, 3
PRIVATE_USER = "kept-to-itself"
LOST = (OSError, httpx2.TransportError, websockets.exceptions.WebSocketException, TimeoutError)


class Kills:
    """One run: a database, the processes that serve it one after the other, and those who talk to them."""

    def __init__(self, database: Path, seed: int) -> None:
        self.random = Random(seed)
        self.witness = Witness()
        self.port = 0
        self.database = database
        self.process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def run(self, kills: int) -> Witness:
        """Kill it so many times, then let everything come to its end."""
        await self.start()
        clients = [asyncio.create_task(self.client()) for _ in range(CLIENTS)]
        people = [asyncio.create_task(self.worker(number)) for number in range(1, WORKERS + 1)]
        people += [asyncio.create_task(self.pairing()), *clients]
        try:
            for number in range(kills):
                await self.kill_somewhen(is_early=number % 4 == 3)
                await self.start()
                await self.examine(sample=20)
                contradictions(people)
            for client in clients:
                client.cancel()
            async with asyncio.timeout(60):
                while set(self.witness.jobs) != set(self.witness.finished):
                    await asyncio.sleep(0.1)
                    await self.examine(sample=0)
                    contradictions(people)
            await self.examine()
        finally:
            for task in people:
                task.cancel()
            await asyncio.gather(*people, return_exceptions=True)
            self.kill()
        return self.witness

    async def start(self) -> None:
        self.spawn()
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            line = await asyncio.to_thread(self.process.stdout.readline)
        where = Json.read(line).value
        assert isinstance(where, dict)
        self.port = int(str(where["port"]))

    def spawn(self) -> None:
        command = [*COMMAND, *OPTIONS, "--port", str(self.port), "--db", str(self.database)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def kill(self) -> None:
        """End the process as the kernel does: at once, wherever it is."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate()

    async def kill_somewhen(self, is_early: bool) -> None:
        """Kill it under load; an early one is followed by another, which comes while the next one starts."""
        await asyncio.sleep(self.random.uniform(0.02, 0.4))
        self.kill()
        if is_early:
            self.spawn()
            await asyncio.sleep(self.random.uniform(0.05, 0.5))
            self.kill()
        self.witness.restarted()

    async def client(self) -> None:
        """Commit jobs, and look at some of them."""
        random = Random(self.random.random())
        while True:
            try:
                async with httpx2.AsyncClient(base_url=f"http://{self.address}", timeout=5) as http:
                    while True:
                        await self.commit(http, random)
                        if self.witness.jobs:
                            await self.look(http, random.choice(list(self.witness.jobs)))
                        await asyncio.sleep(random.uniform(0, 0.02))
            except LOST:
                await asyncio.sleep(0.02)

    async def commit(self, http: httpx2.AsyncClient, random: Random) -> None:
        is_private = random.random() < 0.2
        changes = {"privacy_class": "PRIVATE", "user_id": PRIVATE_USER} if is_private else {}
        answer = await http.post(
            f"/v1/jobs/commit/{random.choice(['fast', 'cheap'])}", json={**TASK, **changes}
        )
        assert answer.status_code in (201, 422), answer.text
        self.witness.committed(answer.json()["job_id"], is_private, answer.status_code)

    async def look(self, http: httpx2.AsyncClient, job_id: str) -> None:
        answer = await http.get(f"/v1/jobs/{job_id}")
        assert answer.status_code == 200, f"{job_id} was answered, and is gone: {answer.text}"
        self.witness.seen(job_id, answer.json())

    async def worker(self, number: int) -> None:
        """Take jobs and answer them, this way or that; also those of a connection that is gone."""
        random = Random(self.random.random())
        owed: dict[str, Any] | None = None
        while True:
            try:
                async with websockets.connect(f"ws://{self.address}", open_timeout=5) as socket:
                    one = Worker(socket, number)
                    assert (await one.register())["status"] == "ok"
                    if owed is not None and random.random() < 0.7:
                        await one.say(one.completion(owed))
                        self.witness.owes_refusal(number)
                    owed = None
                    while True:
                        message = await one.hear()
                        if message["type"] == "job_assign":
                            owed = message
                            self.witness.assigned(message["job_id"], number)
                            await asyncio.sleep(random.choice([0, 0, 0.01, 0.05]))
                            await self.answer(one, message, number, random)
                            owed = message if random.random() < 0.3 else None
                        else:
                            self.witness.refused(number, message)
            except LOST:
                self.witness.left(number)
                await asyncio.sleep(0.02)

    async def answer(self, one: Worker, assignment: dict[str, Any], number: int, random: Random) -> None:
        """Worker 1 rejects nothing: every job has somebody who takes it."""
        job_id = assignment["job_id"]
        whole = one.completion(assignment)
        self.witness.answers(job_id, whole)
        kind = random.random()
        if kind < 0.1 and number != 1:
            self.witness.rejects(job_id)
            await one.say({"type": "job_reject", "job_id": job_id, "reason": "no"})
        elif kind < 0.3:
            receipt, signature = whole.pop("receipt"), whole.pop("receipt_signature")
            await one.say(whole)
            await one.say({"type": "receipt_submit", "receipt": receipt, "signature": signature})
        else:
            await one.say(whole)

    async def pairing(self) -> None:
        """Pair keys with the user of the PRIVATE jobs, worker 1 first; claims are good once, for ever."""
        number = 1
        while True:
            try:
                async with httpx2.AsyncClient(base_url=f"http://{self.address}", timeout=5) as http:
                    answer = await http.post("/v1/trust/create", json={"user_id": PRIVATE_USER})
                    key = identity(number).pubkey_hex
                    claim = {"pairing_code": answer.json()["pairing_code"], "provider_pubkey": key}
                    if (await http.post("/v1/trust/claim", json=claim)).status_code == 200:
                        self.witness.paired(claim)
                        number = WORKERS + 1 if number == 1 else number + 1
                    again = self.random.choice(self.witness.claims or [claim])
                    answer = await http.post("/v1/trust/claim", json=again)
                    assert answer.json() == {"error": "already_claimed"}, answer.text
            except LOST:
                pass
            await asyncio.sleep(0.1)

    async def examine(self, sample: int | None = None) -> None:
        """Look at the jobs, those that are not finished and so many others, or all; and at the pairings."""
        chosen = set(self.witness.jobs)
        if sample is not None:
            finished = sorted(self.witness.finished)
            chosen -= set(finished)
            chosen |= set(self.random.sample(finished, min(sample, len(finished))))
        claimed = {claim["provider_pubkey"] for claim in self.witness.claims}
        async with httpx2.AsyncClient(base_url=f"http://{self.address}", timeout=10) as http:
            for job_id in sorted(chosen):
                await self.look(http, job_id)
            listed = (await http.get(f"/v1/trust/list?user_id={PRIVATE_USER}")).json()["providers"]
        assert claimed <= {provider["provider_pubkey"] for provider in listed}


def contradictions(people: list[asyncio.Task[None]]) -> None:
    """Raise what ended any of these: they go on for ever unless something contradicts what they know."""
    for task in people:
        if task.done() and not task.cancelled():
            task.result()


async def run(kills: int, seed: int) -> Witness:
    """A run in a folder of its own; gives what was witnessed, or raises AssertionError."""
    with tempfile.TemporaryDirectory() as folder:
        return await Kills(Path(folder) / "dispatch.db", seed).run(kills)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    witness = asyncio.run(run(options.kills, options.seed))
    print(f"{options.kills} kills (seed {options.seed}): {witness.summary()}")


if __name__ == "__main__":
    main()
