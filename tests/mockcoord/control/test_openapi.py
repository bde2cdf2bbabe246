"""The description: valid, whole, and true: every answer of the running server fits its schema."""

import re
from typing import Any

import jsonschema
import pytest
from dispatch_mockcoord.openapi import Description, document
from dispatch_mockcoord.paths import Resource
from dispatch_mockcoord.routes import Routes
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.schemas import message_schema
from openapi_spec_validator import validate

from tests.mockcoord.client import TASK, client, settings, worker
from tests.mockcoord.control.stage import Stage, stage

NOTICE = {"type": "payment_failed", "job_ids": ["a"], "error": "no funds"}


@pytest.mark.parametrize("with_control", [True, False])
def test_the_description_is_valid(with_control: bool) -> None:
    described = document(with_control=with_control)
    validate(described)
    assert any(path.startswith("/_mock") for path in described["paths"]) == with_control


def test_every_reference_leads_somewhere() -> None:
    text = str(document())
    for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert name in document()["components"]["schemas"], name


def test_the_messages_are_those_of_the_protocol() -> None:
    described = document()["components"]["schemas"]
    ours = message_schema()["$defs"]["Register"]
    assert str(described["Register"]) == str(ours).replace("#/$defs/", "#/components/schemas/")
    assert set(described["RecordingLine"]) >= {"oneOf", "title"}


async def test_what_is_served_is_described_and_nothing_else() -> None:
    async with stage() as where:
        control = where.control
        served = {route.path for route in Routes(where.running.switchboard).table()}
        face = control.around(where.running.switchboard)  # type: ignore[arg-type]
        served |= {route.path for route in face._own.routes if isinstance(route, Resource)}  # type: ignore[attr-defined]
    assert {*document()["paths"]} == served | {"/openapi.json"}


async def test_a_server_without_a_control_face_describes_none() -> None:
    running = MockCoordinator(settings(), layers=[Description(with_control=False)])
    async with running, client(running) as asked:
        answer = await asked.get("/OpenAPI.json/")
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert not [path for path in answer.json()["paths"] if path.startswith("/_mock")]
        assert (await asked.get("/_mock/state")).status_code == 404
        assert (await asked.post("/openapi.json")).status_code == 405


class Checked:
    """Requests whose answers are held against the description."""

    def __init__(self, where: Stage) -> None:
        self._where = where
        self._document = document()
        self.tried: set[tuple[str, str]] = set()

    async def ask(self, method: str, path: str, template: str, body: Any = None) -> Any:
        options = {} if body is None else {"json": body}
        async with self._where.client() as asked:
            answer = await asked.request(method, path, **options)
        described = self._document["paths"][template][method.lower()]
        self.tried.add((method, template))
        response = described["responses"][str(answer.status_code)]
        if "$ref" in response:
            response = self._document["components"]["responses"]["Error"]
        ((media_type, content),) = response["content"].items()
        assert answer.headers["content-type"].partition(";")[0] == media_type
        if media_type == "application/json":
            jsonschema.validate(
                answer.json(), {**content["schema"], "components": self._document["components"]}
            )
        return answer.json() if media_type == "application/json" else answer.text


async def test_every_answer_fits_its_schema() -> None:
    async with stage() as where, worker(where.running) as session:
        checked = Checked(where)
        ask = checked.ask
        await session.say("nonsense")
        await session.hear()
        job = (await ask("POST", "/v1/jobs/commit/fast", "/v1/jobs/commit/fast", TASK))["job_id"]
        await session.work()
        private = {**TASK, "user_id": "p", "privacy_class": "PRIVATE"}
        lost = (await ask("POST", "/v1/jobs/commit/cheap", "/v1/jobs/commit/cheap", private))["job_id"]
        for job_id in (job, lost, "none"):
            await ask("GET", f"/v1/jobs/{job_id}", "/v1/jobs/{job_id}")
            await ask("GET", f"/_mock/jobs/{job_id}", "/_mock/jobs/{job_id}")
        code = (await ask("POST", "/v1/trust/create", "/v1/trust/create", {"user_id": "u"}))["pairing_code"]
        claim = {"pairing_code": code, "provider_pubkey": "ab" * 32}
        for _ in range(2):
            await ask("POST", "/v1/trust/claim", "/v1/trust/claim", claim)
        await ask("GET", "/v1/trust/list?user_id=u", "/v1/trust/list")
        await ask("GET", "/v1/quote?job_type=TASK", "/v1/quote")
        for path in ("/v1/demo/start", "/v1/demo/stop"):
            await ask("POST", path, path)
        for fault in ("close:rate=0", "nothing"):
            await ask("POST", "/_mock/faults", "/_mock/faults", {"fault": fault})
        await ask("POST", "/_mock/faults", "/_mock/faults", {"fault": "delay:seconds=0"})
        for path in ("/_mock/clock", "/_mock/reset"):
            await ask("POST", path, path, {"seconds": 1} if path.endswith("clock") else {})
        await ask("POST", "/_mock/notices", "/_mock/notices", {"message": NOTICE})
        frames = "/_mock/workers/{connection}/frames"
        await ask("POST", "/_mock/workers/1/frames", frames, {"text": "x"})
        for path in sorted(document()["paths"]):
            if "get" in document()["paths"][path] and "{" not in path and path != "/_mock/events":
                await ask("GET", path if path != "/v1/quote" else f"{path}?job_type=x", path)
        for index in range(where.control.scene.keeper.count):
            await ask("GET", f"/_mock/transcript/{index}", "/_mock/transcript/{index}")
        await ask("DELETE", "/_mock/faults/close", "/_mock/faults/{name}")
        await ask("DELETE", "/_mock/faults", "/_mock/faults")
        every = {
            (method.upper(), path) for path, methods in document()["paths"].items() for method in methods
        }
        assert every - checked.tried == {("GET", "/_mock/events")}
