"""No page of another origin, no name that was rebound and no form can read or change anything."""

import pytest
from dispatch_mockcoord.control.guard import Guard, is_loopback, read_token
from dispatch_mockcoord.paths import Resource
from dispatch_protocol.errors import UsageError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tests.mockcoord.client import TASK
from tests.mockcoord.control.stage import Stage, stage

READ = [
    "state", "jobs", "jobs/x", "workers", "pairings", "violations", "faults", "transcript", "transcript/0",
    "events", "nothing", "",
]  # fmt: skip
CHANGES = [
    ("POST", "workers/1/frames"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("DELETE", "faults/close"),
    ("POST", "clock"),
    ("POST", "notices"),
    ("POST", "reset"),
]
FOREIGN = [
    "Origin: http://evil.example",
    "Origin: null",
    "Origin: http://127.0.0.1:1",
    "Origin: https://127.0.0.1:{port}",
    "Origin: http://localhost:{port}",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
    "Sec-Fetch-Site: anything",
]
HOSTS = [
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example:{port}",
    "localhost:1",
    "localhost",
    "127.0.0.1",
    "127.1:{port}",
    "[::2]:{port}",
    "evil@127.0.0.1:{port}",
    "localhost:{port}:{port}",
    "",
]
JSON = "Content-Type: application/json"


def on(where: Stage, text: str) -> str:
    return text.format(port=where.running.port)


async def test_a_page_of_another_origin_gets_nothing() -> None:
    async with stage() as where:
        for header in FOREIGN:
            for path in READ:
                answer = await where.raw("GET", f"/_mock/{path}", where.host, on(where, header))
                assert (answer.status, answer.value) == (403, {"error": "Foreign Origin"}), (header, path)
                assert "access-control-allow-origin" not in answer.headers
            for method, path in CHANGES:
                answer = await where.raw(
                    method, f"/_mock/{path}", where.host, on(where, header), JSON, body=b"{}"
                )
                assert answer.status == 403, (header, method, path)


async def test_a_name_that_was_rebound_gets_nothing() -> None:
    async with stage() as where:
        for host in HOSTS:
            for path in READ:
                answer = await where.raw("GET", f"/_mock/{path}", on(where, f"Host: {host}"))
                assert answer.status == 403, (host, path)
            for method, path in CHANGES:
                answer = await where.raw(
                    method, f"/_mock/{path}", on(where, f"Host: {host}"), JSON, body=b"{}"
                )
                assert answer.status == 403, (host, method, path)
        twice = await where.raw("GET", "/_mock/state", where.host, "Host: evil.example")
        assert twice.status in (400, 403)


async def test_own_names_are_served() -> None:
    async with stage() as where:
        for host in ("127.0.0.1", "localhost", "LOCALHOST", "127.8.9.1", "[::1]"):
            authority = f"{host}:{where.running.port}"
            answer = await where.raw(
                "GET", "/_mock/state", f"Host: {authority}", f"Origin: http://{authority}"
            )
            assert answer.status == 200, host
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "declared",
    ["Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded", "X-None: 1"],
)
async def test_a_form_changes_nothing(declared: str) -> None:
    async with stage() as where:
        for method, path in CHANGES:
            if method == "POST" and path != "workers/1/frames":
                answer = await where.raw(
                    method, f"/_mock/{path}", where.host, declared, body=b'{"seconds":9}'
                )
                assert answer.status == 415, path
        assert where.time is not None
        assert where.time.clock.ahead == 0


async def test_however_its_path_is_spelled_it_is_guarded() -> None:
    async with stage() as where:
        for path in ("/_MOCK/STATE", "/%5fmock/state", "/_mock%2fstate", "/_mock/state/"):
            assert (await where.raw("GET", path, where.host)).status == 200, path
            assert (await where.raw("GET", path, where.host, "Origin: null")).status == 403, path


async def test_preflights_allow_nothing() -> None:
    async with stage() as where:
        for path in READ:
            answer = await where.raw("OPTIONS", f"/_mock/{path}", where.host, "Origin: http://evil.example")
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_token_is_asked_of_everybody() -> None:
    async with stage(token="a-good-token") as where:
        for path in READ:
            answer = await where.raw("GET", f"/_mock/{path}", where.host)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "bearer")
        for method, path in CHANGES:
            answer = await where.raw(method, f"/_mock/{path}", where.host, JSON, body=b"{}")
            assert answer.status == 401
        for shown in ("Bearer a-good-tokeN", "Bearer", "Basic a-good-token", "Bearer \u00e9", ""):
            assert (
                await where.raw("GET", "/_mock/state", where.host, f"Authorization: {shown}")
            ).status == 401
        good = "Authorization: Bearer a-good-token"
        assert (await where.raw("GET", "/_mock/state", where.host, good)).status == 200
        assert (await where.raw("GET", "/_mock/state", "Host: mockcoord:80", good)).status == 200
        foreign = await where.raw("GET", "/_mock/state", where.host, good, "Origin: http://evil.example")
        assert foreign.status == 403


async def test_the_page_brings_the_token_as_a_cookie() -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse("the page")

    pages = (Resource("/dashboard", page),)
    async with stage(token="a-good-token", pages=pages) as where:
        assert (await where.raw("GET", "/dashboard", where.host)).status == 401
        assert (await where.raw("GET", "/dashboard?token=another", where.host)).status == 401
        entered = await where.raw("GET", "/dashboard?token=a-good-token", where.host)
        assert (entered.status, entered.headers["location"]) == (303, "/dashboard")
        cookie, *marks = entered.headers["set-cookie"].split("; ")
        assert {"httponly", "samesite=strict"} <= set(marks)
        assert (await where.raw("GET", "/dashboard", where.host, f"Cookie: {cookie}")).body == b"the page"
        assert (await where.raw("GET", "/_mock/state", where.host, f"Cookie: {cookie}")).status == 200
        evil = await where.raw(
            "GET", "/_mock/state", where.host, f"Cookie: {cookie}", "Origin: http://a.example"
        )
        assert evil.status == 403


async def test_a_link_leads_to_the_page_and_to_nothing_else() -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse("the page")

    visit = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
    frame = (*visit[:2], "Sec-Fetch-Dest: iframe")
    async with stage(pages=(Resource("/dashboard", page),)) as where:
        assert (await where.raw("GET", "/dashboard", where.host, *visit)).status == 200
        assert (await where.raw("GET", "/dashboard", where.host, *frame)).status == 403
        assert (await where.raw("GET", "/dashboard", "Host: evil.example", *visit)).status == 403
        assert (await where.raw("GET", "/_mock/state", where.host, *visit)).status == 403


async def test_off_loopback_there_is_a_token_in_any_case() -> None:
    async with stage(host="0.0.0.0") as where:
        assert where.control.token is not None
        assert len(where.control.token) >= 32
        assert (await where.raw("GET", "/_mock/state", where.host)).status == 401
        shown = f"Authorization: Bearer {where.control.token}"
        assert (await where.raw("GET", "/_mock/state", where.host, shown)).status == 200


async def test_the_interface_is_none_of_its_business() -> None:
    async with stage(token="a-good-token") as where:
        answer = await where.raw("GET", "/v1/health", "Host: anything", "Origin: http://evil.example")
        assert answer.status == 200
        committed = await where.raw(
            "POST", "/v1/jobs/commit/fast", "Host: x", JSON, body=str(TASK).replace("'", '"').encode()
        )
        assert committed.status == 201


def test_addresses_by_which_a_machine_speaks_to_itself() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.255.0.9", "::1", "[::1]")))
    assert not any(
        map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.example", "", "127.0.0.1.example"))
    )


def test_tokens_that_no_header_carries_are_refused() -> None:
    assert read_token("a-good-token") == "a-good-token"
    for text in ("", "short", "with a blank in it", "caf\u00e9-caf\u00e9", "line\nfeed-line", "x" * 257):
        with pytest.raises(UsageError):
            read_token(text)


def test_a_guard_without_a_token_takes_none() -> None:
    assert not Guard("127.0.0.1").fits(None)
    assert not Guard("127.0.0.1").fits("")
    assert not Guard("127.0.0.1", "a-good-token").fits("a-good-toke\ud800")
