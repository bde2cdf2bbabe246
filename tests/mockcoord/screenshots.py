"""Makes the pictures of the dashboard under `docs/screenshots`: `python -m tests.mockcoord.screenshots`."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dispatch_mockcoord.core.terms import Terms
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings

from tests.browser import chromium, visit
from tests.mockcoord.client import client
from tests.mockcoord.dashboards import coordinator, live, until, worker_process

if TYPE_CHECKING:
    from playwright.async_api import Page

ROOT: Final = Path(__file__).parents[2]
TARGET: Final = ROOT / "docs" / "screenshots"
WORKERS: Final = (
    ("dispatch_worker",),
    ("dispatch_worker", "--provider-type", "SEEKER"),
    ("tests.mutants", "--defect=hash-spaced", "--defect=time-in-seconds"),
)
INPUTS: Final = (
    ("summarize", "Dispatch sends small jobs to whoever has a machine to spare, and gets a receipt."),
    ("classify", "I love how quickly this came back, what an excellent answer."),
    ("extract_json", 'The sensor reported {"celsius": 21.5, "humid": false} at noon.'),
)


class Shot(NamedTuple):
    """One picture: its name, what is clicked before and what is at the top (selectors), browser's options."""

    name: str
    clicks: tuple[str, ...]
    top: str
    options: Mapping[str, Any]


SHOTS: Final = (
    Shot(
        "dashboard-light",
        ("#job-list .row:has-text('✓') >> nth=0", "#violation-list summary >> nth=0"),
        "body",
        {"viewport": {"width": 1440, "height": 1100}, "color_scheme": "light"},
    ),
    Shot(
        "dashboard-dark",
        (
            "#violation-list summary >> nth=0",
            "#violation-list .unfold >> nth=0",
            "[aria-label='Options of delay']",
        ),
        "#transcript",
        {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    ),
    Shot(
        "dashboard-phone", (), "body", {"viewport": {"width": 400, "height": 1000}, "color_scheme": "light"}
    ),
)


@asynccontextmanager
async def busy() -> AsyncIterator[MockCoordinator]:
    """A coordinator at which something has happened: jobs, faults, a worker that breaks clauses."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(coordinator(Settings(terms=Terms(settle_seconds=0.1))))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for number, (module, *options) in enumerate(WORKERS):
            own = folder / str(number)
            own.mkdir()
            await stack.enter_async_context(worker_process(running.url, own, module, *options))
        while len(running.coordinator.registry.ready()) < len(WORKERS):
            await asyncio.sleep(0.05)
        http = await stack.enter_async_context(client(running))
        await http.post("/_mock/faults", json={"name": "delay", "options": {"seconds": 0.2, "rate": 0.3}})
        await http.post("/v1/trust/create", json={"user_id": "user_abc123"})
        for number in range(60):
            kind, text = INPUTS[number % len(INPUTS)]
            payload = {"task_type": kind, "input": text}
            job = {"job_type": "TASK", "user_id": f"user_{number % 7}", "payload": payload}
            await http.post(f"/v1/jobs/commit/{'fast' if number % 2 else 'cheap'}", json=job)
            await asyncio.sleep(0.03)
        yield running


async def photograph(page: "Page", shot: Shot) -> None:
    """Take one picture of a page."""
    await live(page)
    await until(page, "document.querySelectorAll('#job-list .row:not([hidden])').length > 9")
    for selector in shot.clicks:
        await page.locator(selector).click()
    await page.wait_for_timeout(1500)
    await page.locator(shot.top).evaluate("(top) => top.scrollIntoView({ block: 'start' })")
    await page.evaluate("document.activeElement.blur()")
    file = TARGET / f"{shot.name}.png"
    await page.screenshot(path=file)
    print(f"{file.relative_to(ROOT)} {file.stat().st_size} bytes")


async def main() -> None:
    """Make all of them."""
    async with busy() as running, chromium() as browser:
        for shot in SHOTS:
            async with visit(browser, f"{running.url}/dashboard", **shot.options) as (page, _):
                await photograph(page, shot)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
