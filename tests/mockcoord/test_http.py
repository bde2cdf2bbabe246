"""The HTTP interface over real sockets: statuses, texts, paths, methods, limits."""

import json
from typing import Any

import httpx2
import pytest
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.times import read_time

from tests.mockcoord.client import TASK, client, settings, worker

JSON = "application/json; charset=utf-8"
MISSING = "Missing required fields: job_type, payload, user_id"
INVALID_QUOTE = "Invalid job_type. Use LLM_INFER or TASK"


async def error_of(running: MockCoordinator, method: str, path: str, **options: Any) -> tuple[int, str]:
    async with client(running) as http:
        answer = await http.request(method, path, **options)
    assert answer.headers["content-type"] == JSON
    body = answer.json()
    assert isinstance(body["error"], str)
    return answer.status_code, body["error"]


@pytest.mark.parametrize("tier", ["fast", "cheap"])
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"job_type": None}, MISSING),
        ({"user_id": ""}, MISSING),
        ({"payload": 0}, MISSING),
        ({"payload": False, "job_type": "X"}, MISSING),
        ({"job_type": "X"}, "Invalid job_type"),
        ({"job_type": "task"}, "Invalid job_type"),
        ({"job_type": ["TASK"]}, "Invalid job_type"),
        ({"payload": "text"}, "Invalid payload: must be an object"),
        ({"payload": [1]}, "Invalid payload: must be an object"),
        ({"user_id": 5}, "Invalid user_id: must be a string"),
        ({"user_id": {}}, "Invalid user_id: must be a string"),
        ({"privacy_class": "private"}, "Invalid privacy_class. Use PUBLIC or PRIVATE"),
        ({"privacy_class": ""}, "Invalid privacy_class. Use PUBLIC or PRIVATE"),
        ({"privacy_class": False}, "Invalid privacy_class. Use PUBLIC or PRIVATE"),
    ],
)
async def test_bad_commits(running: MockCoordinator, tier: str, changes: dict[str, Any], error: str) -> None:
    """C-REST-4, C-REST-5, C-REST-7, C-REST-8."""
    body = {**TASK, **changes}
    assert await error_of(running, "POST", f"/v1/jobs/commit/{tier}", json=body) == (400, error)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "json"])
async def test_a_body_that_is_not_declared_as_json_is_none(
    running: MockCoordinator, content_type: str | None
) -> None:
    """C-REST-14."""
    headers = {} if content_type is None else {"content-type": content_type}
    path = "/v1/jobs/commit/fast"
    options: dict[str, Any] = {"content": json.dumps(TASK), "headers": headers}
    assert await error_of(running, "POST", path, **options) == (400, MISSING)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("Application/JSON", json.dumps(TASK).encode(), 201),
        ("application/json;charset=UTF-8", json.dumps(TASK).encode(), 201),
        ("application/json; charset=latin-1", json.dumps(TASK).encode(), 415),
        ("application/json", b"", 400),
        ("application/json", b"null", 400),
        ("application/json", b"[]", 400),
        ("application/json", b"{", 400),
        ("application/json", b"\xff", 400),
        ("application/json", b"\xef\xbb\xbf{}", 400),
        ("application/json", b"[" * 50_000, 400),
        ("application/json", b'{"job_type":NaN}', 400),
    ],
)
async def test_bodies(running: MockCoordinator, content_type: str, body: bytes, status: int) -> None:
    async with client(running) as http:
        headers = {"content-type": content_type}
        answer = await http.post("/v1/jobs/commit/cheap", content=body, headers=headers)
    assert answer.status_code == status
    assert ("error" in answer.json()) == (status >= 400)


async def test_the_policy_is_the_tier_s_and_null_is_public(running: MockCoordinator) -> None:
    """C-REST-3, C-REST-6."""
    async with client(running) as http, worker(running) as one:
        body = {**TASK, "policy": "CHEAP", "privacy_class": None, "job_id": "mine"}
        job_id = (await http.post("/v1/jobs/commit/fast", json=body)).json()["job_id"]
        assignment = await one.hear()
    assert (assignment["policy"], assignment["privacy_class"]) == ("FAST", "PUBLIC")
    assert assignment["job_id"] == job_id != "mine"


@pytest.mark.parametrize(
    ("query", "price", "endpoint", "policy"),
    [
        ("job_type=TASK", "$0.001", "cheap", "CHEAP"),
        ("job_type=TASK&policy=", "$0.001", "cheap", "CHEAP"),
        ("job_type=LLM_INFER&policy=AUTO", "$0.010", "fast", "FAST"),
        ("job_type=LLM_INFER&policy=CHEAP", "$0.005", "cheap", "CHEAP"),
        ("policy=FAST&job_type=TASK&other=1", "$0.003", "fast", "FAST"),
    ],
)
async def test_quotes(running: MockCoordinator, query: str, price: str, endpoint: str, policy: str) -> None:
    """C-QUO-1 to C-QUO-5."""
    async with client(running) as http:
        answer = await http.get(f"/v1/quote?{query}")
    expected = (
        f'{{"price":"{price}","endpoint":"/v1/jobs/commit/{endpoint}","policy_resolved":"{policy}",'
        '"network":"eip155:10143","expires_at":null}'
    )
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, expected, JSON)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", INVALID_QUOTE),
        ("job_type=task", INVALID_QUOTE),
        ("job_type=TASK&job_type=TASK", INVALID_QUOTE),
        ("job_type=X&policy=X", INVALID_QUOTE),
        ("job_type=TASK&policy=fast", "Invalid policy. Use FAST, CHEAP or AUTO"),
        ("job_type=TASK&policy=FAST&policy=FAST", "Invalid policy. Use FAST, CHEAP or AUTO"),
        ("&".join(["a=1"] * 100), "Invalid query string"),
    ],
)
async def test_bad_quotes(running: MockCoordinator, query: str, error: str) -> None:
    """C-QUO-6, C-QUO-7."""
    assert await error_of(running, "GET", f"/v1/quote?{query}") == (400, error)


async def test_paths_ignore_case_and_one_trailing_slash(running: MockCoordinator) -> None:
    """C-REST-15; a job's id keeps its case."""
    async with client(running) as http:
        assert (await http.get("/V1/HEALTH/")).status_code == 200
        job_id = (await http.post("/v1/Jobs/Commit/FAST/", json=TASK)).json()["job_id"]
        assert (await http.get(f"/V1/jobs/{job_id}/")).json()["id"] == job_id
        assert (await http.get(f"/v1/jobs/{job_id.upper()}")).status_code in (200, 404)
        assert (await http.get("/v1/health//")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/v1/jobs/nope", "/v1/jobs/%00", "/v1/jobs/%ff%2e", "/v1/jobs/commit", "/v1/jobs/é"]
)
async def test_unknown_jobs(running: MockCoordinator, path: str) -> None:
    """C-REST-13."""
    assert await error_of(running, "GET", path) == (404, "Job not found")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/jobs/", "/v1/jobs/a/b", "/v1/jobs/a%2fb/c", "/../etc"])
async def test_unknown_paths(running: MockCoordinator, path: str) -> None:
    """C-REST-18."""
    assert (await error_of(running, "GET", path))[0] == 404


async def test_methods(running: MockCoordinator) -> None:
    """C-REST-16, C-REST-17."""
    async with client(running) as http:
        whole, head = await http.get("/dashboard"), await http.head("/dashboard")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"] == "text/html; charset=utf-8"
        assert (await http.head("/v1/jobs/nope")).status_code == 404
        for path in ("/v1/health", "/v1/jobs/commit/fast", "/v1/jobs/any", "/v1/demo/start"):
            options = await http.options(path)
            assert (options.status_code, options.content) == (200, b"")
            assert "OPTIONS" in options.headers["allow"]
        refused = await http.delete("/v1/health")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert (await http.get("/v1/jobs/commit/fast")).status_code == 405
    assert (await error_of(running, "PUT", "/v1/trust/claim"))[0] == 405


async def test_no_cors_headers(running: MockCoordinator) -> None:
    """C-REST-20."""
    async with client(running) as http:
        answer = await http.get("/v1/health", headers={"origin": "https://example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "date" in answer.headers


async def test_health(running: MockCoordinator) -> None:
    """C-REST-1."""
    async with client(running) as http, worker(running):
        body = (await http.get("/v1/health")).json()
    assert list(body) == ["status", "workers_online", "network", "timestamp"]
    assert (body["status"], body["workers_online"], body["network"]) == ("ok", 1, "eip155:10143")
    assert read_time(body["timestamp"]) is not None


async def test_the_body_limit(running: MockCoordinator) -> None:
    """C-LIM-3, C-LIM-4: counted in bytes, declared or not; the connection lives on."""
    head, tail = json.dumps({**TASK, "pad": ""}).encode()[:-2], b'"}'
    exact = head + b"x" * (102_400 - len(head) - len(tail)) + tail
    headers = {"content-type": "application/json"}
    async with client(running) as http:
        for body, status in ((exact, 201), (exact + b" ", 413), (exact * 20, 413), (b"{}", 400)):
            answer = await http.post("/v1/jobs/commit/fast", content=body, headers=headers)
            assert answer.status_code == status

        async def chunks() -> Any:
            for _ in range(100):
                yield b" " * 5_000

        answer = await http.post("/v1/jobs/commit/fast", content=chunks(), headers=headers)
        assert (answer.status_code, list(answer.json())) == (413, ["error"])


async def test_pending_jobs_are_bounded() -> None:
    async with MockCoordinator(settings(max_pending_jobs=2)) as running, client(running) as http:
        codes = [(await http.post("/v1/jobs/commit/fast", json=TASK)).status_code for _ in range(3)]
    assert codes == [201, 201, 503]


async def test_a_fault_of_our_own_is_a_500_in_json(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with MockCoordinator(settings()) as running:
        monkeypatch.setattr(running.switchboard, "commit", None)
        found = await error_of(running, "POST", "/v1/jobs/commit/fast", json=TASK)
    assert found == (500, "Internal server error")
    assert "a request failed" in caplog.text


async def test_pairing(running: MockCoordinator) -> None:
    """C-TRU-1 to C-TRU-12."""
    async with client(running) as http:
        created = await http.post("/v1/trust/create", json={"user_id": "someone"})
        assert created.status_code == 201
        assert list(created.json()) == ["pairing_code", "expires_at"]
        code = created.json()["pairing_code"]
        claim = {"pairing_code": code, "provider_pubkey": "ab" * 32}
        claimed = await http.post("/v1/trust/claim", json=claim)
        assert (claimed.status_code, list(claimed.json())) == (200, ["user_id", "paired_at"])
        again = await http.post("/v1/trust/claim", json=claim)
        assert (again.status_code, again.json()) == (400, {"error": "already_claimed"})
        listed = (await http.get("/v1/trust/list", params={"user_id": claimed.json()["user_id"]})).json()
    paired_at = claimed.json()["paired_at"]
    assert listed == {"providers": [{"provider_pubkey": "ab" * 32, "paired_at": paired_at}]}
    assert len(code) == 6
    assert set(code) <= set("0123456789ABCDEF")


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("create", {}, "Missing user_id"),
        ("create", {"user_id": 0}, "Missing user_id"),
        ("create", {"user_id": 7}, "Invalid user_id: must be a string"),
        ("claim", {}, "Missing pairing_code or provider_pubkey"),
        ("claim", {"pairing_code": "A1B2C3"}, "Missing pairing_code or provider_pubkey"),
        (
            "claim",
            {"pairing_code": 1, "provider_pubkey": "x"},
            "Missing pairing_code or provider_pubkey: both must be strings",
        ),
        ("claim", {"pairing_code": "ZZZZZZ", "provider_pubkey": "00"}, "invalid_code"),
    ],
)
async def test_bad_pairings(running: MockCoordinator, path: str, body: object, error: str) -> None:
    assert await error_of(running, "POST", f"/v1/trust/{path}", json=body) == (400, error)


@pytest.mark.parametrize("query", ["", "?user_id=", "?user_id=a&user_id=b", "?user=a"])
async def test_a_list_without_a_user(running: MockCoordinator, query: str) -> None:
    """C-TRU-11."""
    assert await error_of(running, "GET", f"/v1/trust/list{query}") == (400, "Missing user_id query param")


async def test_demo_switch(running: MockCoordinator) -> None:
    """C-DEMO-1, C-DEMO-2."""
    async with client(running) as http:
        seen = []
        for action in ("stop", "start", "start", "stop", "stop"):
            answer = (await http.post(f"/v1/demo/{action}")).json()
            seen.append((answer, (await http.get("/v1/demo/status")).json()))
    started, stopped = ({"status": "started"}, {"active": True}), ({"status": "stopped"}, {"active": False})
    assert seen == [stopped, started, started, stopped, stopped]


async def test_the_dashboard_shows_what_happened_and_nothing_comes_alive(running: MockCoordinator) -> None:
    """C-REST-21."""
    async with client(running) as http, worker(running) as one:
        await http.post("/v1/jobs/commit/fast", json={**TASK, "user_id": "<script>alert(1)</script>"})
        job_id = await one.work()
        page = await http.get("/dashboard")
    assert page.status_code == 200
    assert job_id in page.text
    assert "<dt>Nodes registered</dt><dd>1</dd>" in page.text
    assert "<dt>Receipts verified</dt><dd>100 %</dd>" in page.text
    assert "<script" not in page.text


async def test_answers_carry_a_length(running: MockCoordinator) -> None:
    async with client(running) as http:
        answer = await http.get("/v1/health")
    assert isinstance(answer, httpx2.Response)
    assert int(answer.headers["content-length"]) == len(answer.content)
