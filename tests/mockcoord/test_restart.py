"""A coordinator that ends, in order or not, and the one that goes on with its database."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.canonical import Json

from tests.mockcoord.client import TASK, client, settings, worker
from tests.mockcoord.driver import identity


async def test_jobs_and_pairings_outlive_a_restart(tmp_path: Path) -> None:
    """C-DUR-1 to C-DUR-5."""
    on_disk = settings(db=str(tmp_path / "dispatch.db"))
    async with MockCoordinator(on_disk) as running, client(running) as http, worker(running) as one:
        done = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        await one.work()
        before = (await http.get(f"/v1/jobs/{done}")).text
        code = (await http.post("/v1/trust/create", json={"user_id": "user"})).json()["pairing_code"]
        claim = {"pairing_code": code, "provider_pubkey": one.identity.pubkey_hex}
        assert (await http.post("/v1/trust/claim", json=claim)).status_code == 200
        held = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        assignment = await one.hear()
        waiting = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
        pairings = (await http.get("/v1/trust/list?user_id=user")).text
        await running.__aexit__(None, None, None)
    async with MockCoordinator(on_disk) as running, client(running) as http, worker(running) as one:
        assert (await one.hear())["job_id"] == waiting
        await one.say(one.completion(assignment))
        assert (await one.hear())["code"] == "JOB_NOT_ASSIGNED"
        assert (await http.get(f"/v1/jobs/{done}")).text == before
        assert (await http.get(f"/v1/jobs/{held}")).json()["result"] == {"error": "worker_disconnected"}
        assert (await http.get("/v1/trust/list?user_id=user")).text == pairings
        again = await http.post("/v1/trust/claim", json=claim)
        assert again.json() == {"error": "already_claimed"}


async def test_nothing_that_was_answered_201_is_lost_to_a_kill(tmp_path: Path) -> None:
    """C-DUR-1, C-DUR-3: killed outright, with a job in flight, one done and one waiting."""
    path = str(tmp_path / "dispatch.db")
    command = [sys.executable, "-m", "dispatch_mockcoord", "--port", "0", "--ready-json", "--settle-ms", "0"]
    process = subprocess.Popen([*command, "--db", path], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        where = Json.read(process.stdout.readline()).value
        assert isinstance(where, dict)
        there = MockCoordinator(settings(port=where["port"]))
        async with client(there) as http, worker(there) as one:
            done = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
            await one.work()
            held = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
            waiting = (await http.post("/v1/jobs/commit/fast", json=TASK)).json()["job_id"]
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    finally:
        process.kill()
        process.communicate()
    async with MockCoordinator(settings(db=path)) as running, client(running) as http:
        answers = {job_id: (await http.get(f"/v1/jobs/{job_id}")).json() for job_id in (done, held, waiting)}
    assert answers[done]["receipt"]["verified"] is True
    assert answers[done]["receipt"]["provider_pubkey"] == identity(1).pubkey_hex
    assert answers[held]["result"] == {"error": "worker_disconnected"}
    assert answers[waiting]["status"] == "pending"
