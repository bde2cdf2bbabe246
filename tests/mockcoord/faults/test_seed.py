"""The same seed gives the same faults and forms: in another process, over sockets of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]

SESSION = """
import json, sys
from urllib.error import HTTPError
from urllib.request import urlopen
from dispatch_mockcoord.testing import mock_coordinator
from tests.mockcoord.blocking import registered

FAULTS = (
    *("malformed:rate=0.5", "fragment:rate=0.4", "unknown_type:rate=0.3", "binary:rate=0.2"),
    *("duplicate:rate=0.4,message=heartbeat_ack,in_a_row=2", "http_503:rate=0.4,in_a_row=2"),
    *("http_500:rate=0.2", "giant:rate=0.2,bytes=2000"),
)

def ask(path):
    try:
        with urlopen(mock.url + path) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()

def beat(worker):
    worker.say({"type": "heartbeat", "provider_pubkey": worker.pubkey})
    while True:
        frame = worker.socket.recv(10)
        yield repr(frame)
        try:
            value = json.loads(frame)
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("type") == "heartbeat_ack" and value.get("status") == "ok":
            return

heard, answers = [], []
with mock_coordinator(seed=int(sys.argv[1]), variety=True, check=False) as mock:
    with registered(mock.ws_url, 1) as one, registered(mock.ws_url, 2) as other:
        for fault in FAULTS:
            mock.faults.add(fault)
        for _ in range(10):
            answers += map(ask, ("/v1/demo/status", "/v1/quote?job_type=TASK", "/v1/jobs/none"))
            heard += [*beat(one), *beat(other)]
        strikes = [(strike.name, strike.connection, strike.detail) for strike in mock.faults.injected]
print(json.dumps({"strikes": strikes, "answers": answers, "heard": heard}))
"""


def sessions(*cases: tuple[int, int]) -> list[dict[str, Any]]:
    """What workers and clients see in sessions with these seeds, and seeds of Python's own hashes."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SESSION, str(seed)],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
            stdout=subprocess.PIPE,
        )
        for seed, hash_seed in cases
    ]
    told = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * len(cases)
    return [json.loads(text) for text in told]


def test_two_processes_see_the_same() -> None:
    first, again, other = sessions((7, 0), (7, 1), (8, 0))
    assert first == again
    assert len({name for name, *_ in first["strikes"]}) == 8
    assert all(first[part] != other[part] for part in first)
