"""Pairings that fail: whatever becomes of its claim, a worker goes on working (W-PAIR-6, W-PAIR-7)."""

import asyncio
from pathlib import Path

import pytest
from dispatch_mockcoord.core.effects import Effect, JobChanged
from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_protocol.recording import Http
from dispatch_protocol.rules import Finding, Rules
from dispatch_protocol.vocabulary import JobStatus

from tests.mockcoord.client import TASK, client
from tests.mockcoord.faults.workers import WORKERS, process

CLAIM = "path=/v1/trust/claim"
FAULTS = {
    "refuse_claim:error=expired": 400,
    f"http_429:{CLAIM},retry_after=1": 429,
    f"http_500:{CLAIM},done=1": 500,
    f"http_503:{CLAIM}": 503,
    f"http_cut:{CLAIM},bytes=7": 200,
    f"http_torn:{CLAIM}": 0,
    f"http_slow:{CLAIM},seconds=3600": 0,
}


@pytest.mark.parametrize(
    ("name", "fault"),
    [*(("reference", fault) for fault in FAULTS), *(("independent", fault) for fault in list(FAULTS)[::2])],
)
async def test_a_worker_whose_claim_fails_goes_on_working(name: str, fault: str, tmp_path: Path) -> None:
    faults = Faults([fault], seed=1)
    findings: list[Finding] = []
    answers: list[int] = []
    done = asyncio.Event()

    def observe(effect: Effect) -> None:
        if isinstance(effect, JobChanged) and effect.job.status is JobStatus.COMPLETED:
            assert effect.job.verified
            done.set()

    running = MockCoordinator(Settings(terms=Terms()), layers=[faults])
    rules = Rules()
    running.tap(lambda event: findings.extend(rules.feed(event)))
    running.tap(lambda event: answers.append(event.status) if isinstance(event, Http) else None)
    running.observe(observe)
    async with running, client(running) as http:
        created = await http.post("/v1/trust/create", json={"user_id": "user"})
        code = str(created.json()["pairing_code"])
        async with process(WORKERS[name], running.url, tmp_path, TRUST_PAIRING_CODE=code):
            async with asyncio.timeout(30):
                while not faults.injected:
                    await asyncio.sleep(0.01)
                await http.post("/v1/jobs/commit/fast", json=TASK)
                await done.wait()
        ended = running.switchboard.elapsed()
    assert findings + list(rules.finish(ended)) == []
    assert sorted(answers) == sorted([201, 201, FAULTS[fault]])
