"""The live page left open, through restarts, refusals and answers that come late: nothing old stays on it."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from dispatch_mockcoord.control import streams
from dispatch_mockcoord.dashboard.live import page_routes

from tests.browser import chromium, needs_browser, visit
from tests.mockcoord.client import connected, settings, worker
from tests.mockcoord.control.stage import stage
from tests.mockcoord.dashboards import coordinator, live
from tests.mockcoord.driver import identity

if TYPE_CHECKING:
    from playwright.async_api import Browser, Route

pytestmark = [needs_browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator["Browser"]:
    async with chromium() as opened:
        yield opened


async def test_nothing_of_an_earlier_run_stays(browser: "Browser") -> None:
    async with coordinator(settings()) as running:
        async with visit(browser, f"{running.url}/dashboard") as (page, _):
            await live(page)
            async with worker(running):
                await page.locator("#worker-list .row").first.click()
                await page.wait_for_selector(f"#worker:has-text('{identity(1).pubkey_hex}')")
                await page.click("#pause")
                await running.__aexit__(None, None, None)
            await page.wait_for_selector("#standing[data-state=lost]:has-text('is gone')")
            async with coordinator(settings(port=running.port)) as again, connected(again) as other:
                other.identity = identity(2)
                await other.register()
                await page.wait_for_selector("#standing[data-state=live]:has-text('started anew')")
                await page.wait_for_selector("#worker:has-text('no longer registered')")
                assert await page.locator("#pause").inner_text() == "Hold"
                assert await page.locator("#pause").get_attribute("aria-pressed") == "false"
                await page.wait_for_selector("#event-list .row:has-text('register_ack')")
        await running.__aenter__()


async def test_why_there_is_no_stream_is_told(browser: "Browser", monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        coordinator(settings()) as running,
        visit(browser, f"{running.url}/dashboard") as (page, _),
    ):
        await live(page)
        monkeypatch.setattr(streams, "MAX_STREAMS", 0)
        await page.evaluate("window.dispatchEvent(new Event('pagehide'))")
        await page.evaluate("window.dispatchEvent(new Event('pageshow'))")
        await page.wait_for_selector("#standing[data-state=lost]:has-text('Too many pages')")
        monkeypatch.undo()
        await page.wait_for_selector("#standing[data-state=live]")


async def test_a_token_that_is_another_one_is_told(browser: "Browser") -> None:
    pages = tuple(page_routes())
    async with stage(token="the-first-token", pages=pages) as where:
        running = where.running
        async with visit(browser, f"{running.url}/dashboard?token=the-first-token") as (page, _):
            await live(page)
            await running.__aexit__(None, None, None)
            async with stage(token="another-token", pages=pages, port=running.port):
                await page.wait_for_selector("#standing[data-state=lost]:has-text('/dashboard?token=')")
        await running.__aenter__()


async def test_a_page_without_faults_and_verdicts(browser: "Browser") -> None:
    async with (
        stage(bare=True, pages=tuple(page_routes())) as where,
        visit(browser, f"{where.running.url}/dashboard") as (page, seen),
    ):
        await live(page)
        await page.wait_for_selector("#figures:has-text('Faults struck')")
        await page.wait_for_selector("#foot:has-text('Fault seed none')")
        await page.keyboard.press("v")
        assert await page.evaluate("document.activeElement.id") == "violations-title"
        assert seen.errors == []


async def test_a_followed_job_is_told_whichever_comes_first(browser: "Browser") -> None:
    async with (
        coordinator(settings()) as running,
        visit(browser, f"{running.url}/dashboard") as (page, _),
    ):
        await live(page)

        async def late(route: "Route") -> None:
            answer = await route.fetch()
            await page.wait_for_selector("#job-list .row:has-text('pending')")
            await route.fulfill(response=answer)

        await page.route("**/v1/jobs/commit/*", late)
        await page.click("#submit-form .primary")
        await page.wait_for_selector("#submit-result:has-text('Job pending')")
