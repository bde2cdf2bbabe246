"""The HTTP interface: requests to answers. Source: SPEC.md, "HTTP interface".

A request at fault raises RestFault, which the application answers.
"""

from functools import partial
from math import ceil
from typing import Final

from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.rest import (
    CONTENT_TYPE,
    Health,
    JobAnswer,
    RestFault,
    committed_text,
    paired_text,
    pairing_code_text,
    providers_text,
    read_commit,
    read_quote,
    read_trust_claim,
    read_trust_create,
    read_trust_list,
)
from dispatch_protocol.times import iso_time
from dispatch_protocol.vocabulary import JobStatus, Policy
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.dashboard.plain import dashboard_page
from dispatch_mockcoord.guessing import Guessing
from dispatch_mockcoord.paths import Resource
from dispatch_mockcoord.switchboard import Switchboard

MAX_USER_ID: Final = 1024
"""How many characters the id of a user who asks for a pairing code may have: it is kept for long."""

BODY_TOO_LARGE: Final = "Request body too large"


class JsonText(Response):
    """An answer whose body is canonical text already."""

    media_type = CONTENT_TYPE


class Routes:
    """The answers of one coordinator."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._guessing = Guessing(switchboard.settings.claim_failures)

    def table(self) -> list[Resource]:
        """The paths of the interface, those first that are asked for most."""
        return [
            Resource("/v1/jobs/{job_id}", self._job),
            Resource("/v1/jobs/commit/fast", partial(self._commit, Policy.FAST), methods=["POST"]),
            Resource("/v1/jobs/commit/cheap", partial(self._commit, Policy.CHEAP), methods=["POST"]),
            Resource("/v1/quote", self._quote),
            Resource("/v1/health", self._health),
            Resource("/v1/trust/create", self._trust_create, methods=["POST"]),
            Resource("/v1/trust/claim", self._trust_claim, methods=["POST"]),
            Resource("/v1/trust/list", self._trust_list),
            Resource("/v1/demo/start", partial(self._switch_demo, True), methods=["POST"]),
            Resource("/v1/demo/stop", partial(self._switch_demo, False), methods=["POST"]),
            Resource("/v1/demo/status", self._demo_status),
            Resource("/dashboard", self._dashboard),
        ]

    async def _job(self, request: Request) -> Response:
        job = self._switchboard.store.job(request.path_params["job_id"])
        if job is None:
            raise RestFault(404, "Job not found")
        return JsonText(job_answer(job).text())

    async def _commit(self, policy: Policy, request: Request) -> Response:
        body = await self._body(request)
        job = self._switchboard.commit(read_commit(body, _content_type(request), policy))
        if job.error is not None:
            raise RestFault(422, job.error.value, {"job_id": job.id})
        return JsonText(committed_text(job.id), 201)

    async def _quote(self, request: Request) -> Response:
        quote = read_quote(_query(request), self._switchboard.settings.chain)
        return JsonText(stringify(quote.body()))

    async def _health(self, request: Request) -> Response:
        health = Health(
            workers_online=len(self._switchboard.coordinator.registry.workers),
            network=self._switchboard.settings.chain,
            timestamp=iso_time(self._switchboard.clock.moment().wall_ms),
        )
        return JsonText(health.text())

    async def _trust_create(self, request: Request) -> Response:
        body = await self._body(request)
        user_id = read_trust_create(body, _content_type(request))
        if len(user_id) > MAX_USER_ID:
            raise RestFault(413, "Invalid user_id: too long")
        pairing = self._switchboard.create_code(user_id)
        return JsonText(pairing_code_text(pairing.code, iso_time(pairing.expires_ms)), 201)

    async def _trust_claim(self, request: Request) -> Response:
        body = await self._body(request)
        claim = read_trust_claim(body, _content_type(request))
        host = request.client.host if request.client is not None else ""
        now = self._switchboard.clock.moment().now
        wait = self._guessing.wait(host, now)
        if wait > 0:
            refusal = RestFault(429, "Too many failed claims")
            return JsonText(refusal.text(), refusal.status, headers={"retry-after": str(ceil(wait))})
        try:
            pairing = self._switchboard.claim_code(claim)
        except RestFault as fault:
            if fault.status == 400:
                self._guessing.failed(host, now)
            raise
        return JsonText(paired_text(pairing.user_id, iso_time(pairing.paired_ms)))

    async def _trust_list(self, request: Request) -> Response:
        pairings = self._switchboard.coordinator.trust.providers(read_trust_list(_query(request)))
        listed = [(pairing.pubkey or "", iso_time(pairing.paired_ms)) for pairing in pairings]
        return JsonText(providers_text(listed))

    async def _switch_demo(self, wanted: bool, request: Request) -> Response:
        await self._body(request)
        self._switchboard.demonstrate(wanted)
        return JsonText(stringify({"status": "started" if wanted else "stopped"}))

    async def _demo_status(self, request: Request) -> Response:
        return JsonText(stringify({"active": self._switchboard.demo.is_active}))

    async def _dashboard(self, request: Request) -> Response:
        return HTMLResponse(dashboard_page(self._switchboard))

    async def _body(self, request: Request) -> bytes:
        """The request's body. Raises RestFault where it is longer than the limit, or ends early."""
        limit = self._switchboard.settings.max_body_bytes
        declared = request.headers.get("content-length", "")
        # Nothing is closed: a close would destroy the answer. The server throws away what still comes.
        if declared.isdecimal() and int(declared) > limit:
            raise RestFault(413, BODY_TOO_LARGE)
        body, is_whole = b"", False
        while not is_whole:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise RestFault(400, "Request body incomplete")
            body += message.get("body", b"")
            if len(body) > limit:
                raise RestFault(413, BODY_TOO_LARGE)
            is_whole = not message.get("more_body", False)
        return body


def job_answer(job: Job) -> JobAnswer:
    """The job as a client sees it: a result once it is finished, a receipt once it is completed.

    C-JOB-17, C-REST-10 to C-REST-12.
    """
    is_completed = job.status is JobStatus.COMPLETED
    result = job.output if is_completed else Json.of({"error": job.error.value}) if job.error else None
    return JobAnswer(
        id=job.id,
        status=job.status,
        result=result,
        receipt=job.receipt if is_completed else None,
        signature=job.signature,
        verified=job.verified,
        created_at=iso_time(job.created_ms),
        completed_at=None if job.completed_ms is None else iso_time(job.completed_ms),
    )


def _content_type(request: Request) -> str | None:
    return request.headers.get("content-type")


def _query(request: Request) -> str:
    return str(request.scope["query_string"], "latin-1")
