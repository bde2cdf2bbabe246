"""What the control face shows: the answers of its GET routes."""

from collections.abc import Sequence
from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.recording import write_line
from dispatch_protocol.rest import RestFault
from dispatch_protocol.vocabulary import JobStatus
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from dispatch_mockcoord.control.downloads import Downloads
from dispatch_mockcoord.control.happenings import KINDS
from dispatch_mockcoord.control.requests import path_number, read_number, read_text
from dispatch_mockcoord.control.scene import Scene
from dispatch_mockcoord.control.state import state_of
from dispatch_mockcoord.control.streams import EventStream
from dispatch_mockcoord.control.views import (
    answer,
    breach_line,
    clause_lines,
    job_line,
    job_whole,
    pairing_line,
    worker_line,
)
from dispatch_mockcoord.paths import Resource
from dispatch_mockcoord.routes import JsonText

MAX_JOBS: Final = 500
MAX_WORKERS: Final = 1_000
"""The longest pages."""

MAX_PAIRINGS: Final = 500
MAX_FINDINGS: Final = 200
"""How many of the newest are shown."""

_LARGEST: Final = 2**53 - 1
STATUSES: Final = frozenset({"pending", "assigned", "completed", "failed"})


class Readings:
    """The answers about one run of the coordinator."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._board = scene.board
        self._downloads = Downloads()

    def table(self) -> Sequence[BaseRoute]:
        """The routes."""
        return [
            Resource("/_mock/state", self._state),
            Resource("/_mock/jobs", self._jobs),
            Resource("/_mock/jobs/{job_id}", self._job),
            Resource("/_mock/workers", self._workers),
            Resource("/_mock/pairings", self._pairings),
            Resource("/_mock/violations", self._violations),
            Resource("/_mock/events", self._events),
            Resource("/_mock/transcript", self._transcript),
            Resource("/_mock/transcript/{index}", self._event),
        ]

    async def _state(self, request: Request) -> Response:
        return answer(state_of(self._scene))

    async def _jobs(self, request: Request) -> Response:
        limit = read_number(request, "limit", 50, MAX_JOBS)
        before = read_number(request, "before", 0, _LARGEST) or None
        status, text = read_text(request, "status"), read_text(request, "text")
        if status is not None and status not in STATUSES:
            raise RestFault(400, f"One of {', '.join(sorted(STATUSES))}", {"place": "?status"})
        wanted = None if status is None else JobStatus(status)
        page = self._board.store.page(limit, before=before, status=wanted, text=text or "")
        return answer({"jobs": [job_line(job) for job in page.jobs], "next": page.before})

    async def _job(self, request: Request) -> Response:
        job = self._board.store.job(request.path_params["job_id"])
        if job is None:
            raise RestFault(404, "Job not found")
        return answer(job_whole(job))

    async def _workers(self, request: Request) -> Response:
        limit = read_number(request, "limit", 500, MAX_WORKERS)
        after = read_number(request, "after", 0, _LARGEST)
        registry, now = self._board.coordinator.registry, self._board.clock.moment().now
        numbers = sorted(number for number in registry.workers if number > after)
        shown_ones = [worker_line(registry.workers[number], now) for number in numbers[:limit]]
        following = numbers[limit - 1] if len(numbers) > limit else None
        return answer({"workers": list(shown_ones), "connections": len(self._board.lines), "next": following})

    async def _pairings(self, request: Request) -> Response:
        trust, wall_ms = self._board.coordinator.trust, self._board.clock.moment().wall_ms
        listed: list[JsonValue] = [pairing_line(one, wall_ms) for one in trust.latest(MAX_PAIRINGS)]
        return answer({"pairings": listed, "total": len(trust)})

    async def _violations(self, request: Request) -> Response:
        watch = self._scene.watch
        if watch is None:
            return answer({"watching": False, "total": 0, "clauses": [], "latest": []})
        latest: list[JsonValue] = [
            breach_line(breach, finding.event_index)
            for finding, breach in list(zip(watch.findings, watch.breaches, strict=True))[
                : -MAX_FINDINGS - 1 : -1
            ]
        ]
        total, laws = sum(watch.counts.values()), clause_lines(watch.counts)
        return answer({"watching": True, "total": total, "clauses": laws, "latest": latest})

    async def _events(self, request: Request) -> Response:
        streams, journal = self._scene.streams, self._scene.journal
        kinds = read_text(request, "kinds")
        unknown = set() if kinds is None else set(kinds.split(",")) - KINDS
        if unknown:
            raise RestFault(400, f"Any of {', '.join(sorted(KINDS))}", {"place": "?kinds"})
        since = request.headers.get("last-event-id") or read_text(request, "since")
        after, restarted = (journal.count, False) if since is None else journal.place(since)
        if streams.is_full:
            raise RestFault(503, "Too many event streams")
        chosen = None if kinds is None else frozenset(kinds.split(","))
        return EventStream(streams, after, kinds=chosen, restarted=restarted)

    async def _transcript(self, request: Request) -> Response:
        faults = self._scene.faults
        seed = faults.seed if faults is not None and faults.counts else None
        return self._downloads.of(self._scene.keeper.transcript(seed), request)

    async def _event(self, request: Request) -> Response:
        index = path_number(request, "index")
        event = self._scene.keeper.at(index)
        if event is None:
            raise RestFault(404, f"Event {index} is not kept")
        return JsonText(write_line(event))
