"""The null coordinator: the frames and requests of a coordinator, and nothing else.

The baseline of the coordinator's figures. It stands on the same server (uvicorn with httptools, websockets
and uvloop, and Starlette) and exchanges the same bytes, but checks nothing and stores nothing: no schema, no
hash, no signature, no deadline, no transcript. Jobs queue for workers in one deque. Prints one line of JSON
when it listens, as `dispatch-mockcoord --ready-json` does.
"""

import json
import resource
import socket
import uuid
from collections import deque
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

_JSON = "application/json; charset=utf-8"
_idle: deque[WebSocket] = deque()
_waiting: deque[str] = deque()
_frames: dict[str, str] = {}
_answers: dict[str, str] = {}


async def commit(request: Request) -> Response:
    """A job: an id for it, and a worker as soon as there is one."""
    body = json.loads(await request.body())
    job_id = str(uuid.uuid4())
    _frames[job_id] = _dumps(
        {
            "type": "job_assign",
            "job_id": job_id,
            "job_type": body["job_type"],
            "payload": body["payload"],
            "policy": "CHEAP",
            "privacy_class": "PUBLIC",
            "user_id": body["user_id"],
        }
    )
    _answers[job_id] = _answer(job_id, "assigned")
    _waiting.append(job_id)
    await _serve_waiting()
    return Response(_dumps({"job_id": job_id}), 201, media_type=_JSON)


async def poll(request: Request) -> Response:
    """The job as it stands."""
    return Response(_answers[request.path_params["job_id"]], media_type=_JSON)


async def health(request: Request) -> Response:
    """A sign of life."""
    return Response(_dumps({"status": "ok"}), media_type=_JSON)


async def converse(websocket: WebSocket) -> None:
    """A worker, from its upgrade to its end."""
    await websocket.accept()
    try:
        while True:
            message = json.loads(await websocket.receive_text())
            if message["type"] == "register":
                await websocket.send_text('{"type":"register_ack","status":"ok","worker_id":"worker"}')
            elif message["type"] == "heartbeat":
                await websocket.send_text('{"type":"heartbeat_ack","status":"ok"}')
                continue
            else:
                _complete(message)
            _idle.append(websocket)
            await _serve_waiting()
    except WebSocketDisconnect:
        if websocket in _idle:
            _idle.remove(websocket)


def _complete(message: dict[str, Any]) -> None:
    job_id = str(message["job_id"])
    receipt = {**message["receipt"], "signature": message["receipt_signature"], "verified": True}
    _answers[job_id] = _answer(job_id, "completed", message["output"], receipt, _TIME)
    if len(_answers) > _KEPT:
        del _answers[next(iter(_answers))]


def _answer(
    job_id: str, status: str, result: object = None, receipt: object = None, at: object = None
) -> str:
    answer = {"id": job_id, "status": status, "result": result, "receipt": receipt}
    return _dumps({**answer, "created_at": _TIME, "completed_at": at})


async def _serve_waiting() -> None:
    while _waiting and _idle:
        await _idle.popleft().send_text(_frames.pop(_waiting.popleft()))


async def _main() -> None:
    config = uvicorn.Config(
        Starlette(
            routes=[
                Route("/v1/jobs/{job_id}", poll),
                Route("/v1/jobs/commit/cheap", commit, methods=["POST"]),
                Route("/v1/health", health),
                WebSocketRoute("/", converse),
            ]
        ),
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
    )
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    await uvicorn.Server(config).serve(sockets=[listening])


_KEPT = 20_000
_TIME = "2026-02-09T12:01:06.237Z"
_dumps = json.JSONEncoder(separators=(",", ":")).encode


if __name__ == "__main__":
    _, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))
    uvloop.run(_main())
