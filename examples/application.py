"""A small application: it has texts summarized by whoever has a machine to spare."""

import asyncio
from typing import Any

import httpx2

POLL_SECONDS = 0.05
ATTEMPTS = 20


class NoTrustedWorkerError(Exception):
    """A private text stays here: no machine that its user trusts is there."""


async def summarize(url: str, text: str, *, user_id: str, private: bool = False) -> str:
    """The summary of a text. Raises NoTrustedWorkerError, and RuntimeError where nobody takes the job."""
    job: dict[str, Any] = {"job_type": "TASK", "user_id": user_id}
    job["payload"] = {"task_type": "summarize", "input": text}
    job["privacy_class"] = "PRIVATE" if private else "PUBLIC"
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        committed = await ask(client, "POST", "/v1/jobs/commit/cheap", json=job)
        if committed.status_code == 422:
            raise NoTrustedWorkerError
        job_id = committed.raise_for_status().json()["job_id"]
        while True:
            answer = (await ask(client, "GET", f"/v1/jobs/{job_id}")).raise_for_status().json()
            if answer["status"] == "completed":
                return str(answer["result"]["summary"])
            if answer["status"] == "failed":
                raise RuntimeError(answer["result"]["error"])
            await asyncio.sleep(POLL_SECONDS)


async def ask(client: httpx2.AsyncClient, method: str, path: str, **options: Any) -> httpx2.Response:
    """The answer to a request, asked again where the coordinator is busy, or its answer to a GET was lost."""
    for _ in range(ATTEMPTS):
        try:
            answer = await client.request(method, path, **options)
        except httpx2.TransportError:
            if method != "GET":
                raise
            continue
        if answer.status_code not in (429, 503):
            return answer
        await asyncio.sleep(float(answer.headers.get("retry-after", POLL_SECONDS)))
    return answer
