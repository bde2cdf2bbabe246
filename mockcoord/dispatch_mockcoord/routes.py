"""The HTTP interface: requests to answers. Source: SPEC.md, "HTTP interface".

Nothing here touches a socket: a request comes in whole, an answer goes out whole.
"""

from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

import msgspec
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

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.dashboard import dashboard_page
from dispatch_mockcoord.switchboard import Switchboard

JOB_PREFIX: Final = "/v1/jobs/"
"""Behind it stands a job's id, in the case in which it was given."""


class Request(msgspec.Struct, frozen=True):
    """A request as it came: the path percent-encoded and in its own case, the query without its mark."""

    method: str
    path: str
    query: str
    content_type: str | None
    body: bytes


class Answer(NamedTuple):
    """What is sent back: the body, its type, and headers beyond that."""

    status: int
    body: str
    content_type: str = CONTENT_TYPE
    headers: tuple[tuple[str, str], ...] = ()


class Routes:
    """The answers of one coordinator."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard
        self._table: Final[dict[str, dict[str, Callable[[Request], Answer]]]] = {
            "/v1/health": {"GET": self._health},
            "/v1/quote": {"GET": self._quote},
            "/v1/jobs/commit/fast": {"POST": lambda request: self._commit(request, Policy.FAST)},
            "/v1/jobs/commit/cheap": {"POST": lambda request: self._commit(request, Policy.CHEAP)},
            "/v1/trust/create": {"POST": self._trust_create},
            "/v1/trust/claim": {"POST": self._trust_claim},
            "/v1/trust/list": {"GET": self._trust_list},
            "/v1/demo/start": {"POST": self._demo_start},
            "/v1/demo/stop": {"POST": self._demo_stop},
            "/v1/demo/status": {"GET": self._demo_status},
            "/dashboard": {"GET": self._dashboard},
        }
        self._job_methods: dict[str, Callable[[Request], Answer]] = {"GET": self._job}

    def answer(self, request: Request) -> Answer:
        """The answer to a request, whatever it holds."""
        try:
            return self._routed(request)
        except RestFault as fault:
            return Answer(fault.status, fault.text())

    def _routed(self, request: Request) -> Answer:
        path = request.path[:-1] if request.path.endswith("/") else request.path
        methods = self._table.get(path.lower(), self._job_methods if _names_job(path) else None)
        if methods is None:
            raise RestFault(404, "Not found")
        allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
        if request.method == "OPTIONS":
            return Answer(200, "", headers=(("allow", allowed),))
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            return Answer(405, stringify({"error": "Method not allowed"}), headers=(("allow", allowed),))
        return handler(request)

    def _health(self, request: Request) -> Answer:
        health = Health(
            workers_online=len(self._switchboard.coordinator.registry.workers),
            network=self._switchboard.settings.chain,
            timestamp=iso_time(self._switchboard.clock.moment().wall_ms),
        )
        return Answer(200, health.text())

    def _quote(self, request: Request) -> Answer:
        return Answer(200, stringify(read_quote(request.query, self._switchboard.settings.chain).body()))

    def _commit(self, request: Request, policy: Policy) -> Answer:
        job = self._switchboard.commit(read_commit(request.body, request.content_type, policy))
        if job.error is not None:
            raise RestFault(422, job.error.value, {"job_id": job.id})
        return Answer(201, committed_text(job.id))

    def _job(self, request: Request) -> Answer:
        path = request.path[:-1] if request.path.endswith("/") else request.path
        job = self._switchboard.store.job(unquote(path[len(JOB_PREFIX) :]))
        if job is None:
            raise RestFault(404, "Job not found")
        return Answer(200, job_answer(job).text())

    def _trust_create(self, request: Request) -> Answer:
        pairing = self._switchboard.create_code(read_trust_create(request.body, request.content_type))
        return Answer(201, pairing_code_text(pairing.code, iso_time(pairing.expires_ms)))

    def _trust_claim(self, request: Request) -> Answer:
        pairing = self._switchboard.claim_code(read_trust_claim(request.body, request.content_type))
        return Answer(200, paired_text(pairing.user_id, iso_time(pairing.paired_ms)))

    def _trust_list(self, request: Request) -> Answer:
        pairings = self._switchboard.coordinator.trust.providers(read_trust_list(request.query))
        listed = [(pairing.pubkey or "", iso_time(pairing.paired_ms)) for pairing in pairings]
        return Answer(200, providers_text(listed))

    def _demo_start(self, request: Request) -> Answer:
        self._switchboard.demonstrate(True)
        return Answer(200, stringify({"status": "started"}))

    def _demo_stop(self, request: Request) -> Answer:
        self._switchboard.demonstrate(False)
        return Answer(200, stringify({"status": "stopped"}))

    def _demo_status(self, request: Request) -> Answer:
        return Answer(200, stringify({"active": self._switchboard.demo.is_active}))

    def _dashboard(self, request: Request) -> Answer:
        return Answer(200, dashboard_page(self._switchboard), "text/html; charset=utf-8")


def job_answer(job: Job) -> JobAnswer:
    """The job as a client sees it: a result once it is finished, a receipt once it is completed."""
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


def _names_job(path: str) -> bool:
    head, job_id = path[: len(JOB_PREFIX)].lower(), path[len(JOB_PREFIX) :]
    return head == JOB_PREFIX and job_id != "" and "/" not in job_id
