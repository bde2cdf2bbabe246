"""The null worker: the frames of a worker, and nothing else: `python -m bench.null_worker URL`.

The baseline of the worker's figures: the same library and event loop, answers of the same length, but nothing
is checked, signed, timed or printed. It has one output, which it hashes and signs once.
"""

import json
import sys

import uvloop
from websockets.asyncio.client import connect

from bench.feeder import TEXT
from bench.load_workers import completion, identity, registration

_UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def _main(url: str) -> None:
    worker = identity(0)
    before, _, behind = completion(_UNKNOWN, TEXT, worker).partition(_UNKNOWN)
    async with connect(url, compression=None, ping_interval=None) as connection:
        await connection.send(registration(worker.pubkey_hex))
        async for frame in connection:
            message = json.loads(frame)
            if message["type"] == "job_assign":
                await connection.send(before + message["job_id"] + behind)


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1]))
