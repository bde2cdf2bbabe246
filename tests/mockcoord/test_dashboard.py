"""The live dashboard as files: what is served, under which policy, and what none of its parts may hold."""

import re
from collections.abc import AsyncIterator
from importlib.resources import files

import httpx2
import pytest
from dispatch_mockcoord.dashboard.live import POLICY
from dispatch_mockcoord.server import MockCoordinator

from tests.mockcoord.client import client, settings
from tests.mockcoord.dashboards import coordinator

STATIC = files("dispatch_mockcoord.dashboard").joinpath("static")
PARTS = {part.name: part.read_text(encoding="utf-8") for part in STATIC.iterdir() if part.is_file()}
SCRIPTS = {name: text for name, text in PARTS.items() if name.endswith(".js")}
PAGE = PARTS["page.html"]
WAYS_TO_LIFE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createContextualFragment"
    r"|DOMParser|srcdoc|setTimeout\(\s*[\"'`]|javascript:|\bimport\("
)
"""How a text could become a part of a page, or a script."""


@pytest.fixture
async def served() -> AsyncIterator[tuple[MockCoordinator, httpx2.AsyncClient]]:
    async with coordinator(settings()) as running, client(running) as http:
        yield running, http


async def test_every_part_is_served_under_the_policy(
    served: tuple[MockCoordinator, httpx2.AsyncClient],
) -> None:
    types = {"css": "text/css", "html": "text/html", "js": "text/javascript"}
    for name, text in {**PARTS, "": PAGE}.items():
        answer = await served[1].get(f"/_mock/static/{name}" if name else "/dashboard")
        assert (answer.status_code, answer.text) == (200, text)
        assert answer.headers["content-type"] == f"{types[name.rpartition('.')[2] or 'html']}; charset=utf-8"
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_parts_that_did_not_change_are_not_sent_again(
    served: tuple[MockCoordinator, httpx2.AsyncClient],
) -> None:
    http = served[1]
    tag = (await http.get("/_mock/static/main.js")).headers["etag"]
    again = await http.get("/_mock/static/main.js", headers={"if-none-match": tag})
    other = await http.get("/_mock/static/main.js", headers={"if-none-match": '"other"'})
    assert [(answer.status_code, bool(answer.content)) for answer in (again, other)] == [
        (304, False),
        (200, True),
    ]


@pytest.mark.parametrize(
    "name",
    ["", "nope.js", "__init__.py", "..%2Flive.py", "../live.py", "%2e%2e/live.py", "main.js%00", "MAIN.JS"],
)
async def test_nothing_else_is_served(served: tuple[MockCoordinator, httpx2.AsyncClient], name: str) -> None:
    answer = await served[1].get(f"/_mock/static/{name}")
    assert answer.status_code == 404
    assert "error" in answer.json()


async def test_without_a_control_face_the_page_has_no_script() -> None:
    async with MockCoordinator(settings()) as running, client(running) as http:
        page, part = await http.get("/dashboard"), await http.get("/_mock/static/main.js")
    assert (page.status_code, part.status_code) == (200, 404)
    assert "<script" not in page.text


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_no_script_has_a_way_to_bring_a_text_to_life(name: str) -> None:
    code = re.sub(r"^\s*//.*$", "", SCRIPTS[name], flags=re.MULTILINE)
    assert WAYS_TO_LIFE.search(code) is None


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_what_a_script_imports_is_there_and_exported(name: str) -> None:
    found = re.findall(r'^import \{([^}]*)\} from "\./([\w.]+)";$', SCRIPTS[name], re.MULTILINE)
    assert len(found) == len(re.findall(r"^import\b", SCRIPTS[name], re.MULTILINE))
    for names, source in found:
        for wanted in filter(None, map(str.strip, names.split(","))):
            pattern = rf"^export (?:async )?(?:function|class|const) {wanted}\b"
            assert re.search(pattern, SCRIPTS[source], re.MULTILINE), f"{wanted} of {source}"


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_finds_its_elements_on_the_page(name: str) -> None:
    ids = set(re.findall(r'\bone\("([\w-]+)"\)', SCRIPTS[name]))
    assert ids <= set(re.findall(r'\bid="([\w-]+)"', PAGE))


def test_the_page_holds_no_script_style_or_handler() -> None:
    assert re.findall(r"<script[^>]*>", PAGE) == ['<script type="module" src="/_mock/static/main.js">']
    assert not re.search(r"<style|\sstyle=|\son\w+=", PAGE)
    assert "http" not in PAGE.replace('value="http"', "").replace(">HTTP<", "")
