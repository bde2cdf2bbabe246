"""The live dashboard in Chromium, with workers beside it: what it shows, what it does, how it is used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from dispatch_mockcoord.server import MockCoordinator
from dispatch_protocol.clauses import clause

from tests.browser import Seen, chromium, needs_browser, visit
from tests.mockcoord.client import TASK, client, settings, worker
from tests.mockcoord.dashboards import coordinator, fill, live, texts, until, worker_process

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [needs_browser, pytest.mark.asyncio(loop_scope="module")]

PHONE: dict[str, Any] = {"viewport": {"width": 400, "height": 800}}
ROWS = "document.querySelectorAll('{} .row:not([hidden])').length"
CHOSEN = (
    "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText ?? ''"
)
FOCUS = "document.activeElement.id"
STRAY = "document.querySelectorAll('main :is(img, script, iframe, a, svg, form[action])').length"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator["Browser"]:
    async with chromium() as opened:
        yield opened


@asynccontextmanager
async def dashboard(
    browser: "Browser", running: MockCoordinator, **options: Any
) -> AsyncIterator[tuple["Page", Seen]]:
    """The page of this coordinator, following it; it must stay silent."""
    async with visit(browser, f"{running.url}/dashboard", **options) as (page, seen):
        await live(page)
        yield page, seen
    assert seen.quiet, (seen.console, seen.errors, seen.dialogs)
    assert all(url.startswith((running.url, "data:")) for url in seen.requests)


async def test_a_job_from_the_form_comes_back_verified(browser: "Browser", tmp_path: Path) -> None:
    async with (
        coordinator(settings()) as running,
        dashboard(browser, running) as (page, _),
        worker_process(running.url, tmp_path),
    ):
        await until(page, f"{ROWS.format('#worker-list')} === 1")
        form = [
            ("kind", "classify"),
            ("input", "I love this"),
            ("policy", "fast"),
            ("user", "user_of_the_form"),
        ]
        await fill(page, "#submit-form", form)
        await page.click("#submit-form .primary")
        await page.wait_for_selector("#submit-result:has-text('✓ verified')")
        await page.wait_for_selector("#job:has-text('Receipt: verified')")
        assert await texts(page, "#job .checks [role=img]") == ["✓"] * 14
        assert '"positive"' in (await texts(page, "#job"))[0]
        row = (await texts(page, "#job-list .row"))[0]
        assert all(word in row for word in ("completed", "classify", "FAST", "✓ verified"))
        await page.click("#job button:has-text('Its frames')")
        await page.wait_for_selector("#event-list .row:has-text('job_complete')")
        await until(page, f"{ROWS.format('#event-list')} >= 2")
        await page.wait_for_selector("#figures:has-text('100 %')")


async def test_a_refused_job_is_told(browser: "Browser") -> None:
    async with coordinator(settings()) as running, dashboard(browser, running) as (page, seen):
        await fill(page, "#submit-form", [("privacy", "PRIVATE")])
        await page.click("#submit-form .primary")
        await page.wait_for_selector("#submit-result.bad:has-text('422: no_trusted_worker')")
        # The browser itself tells the console of an answer of 422.
        assert [line for line in seen.console if "422" not in line] == []
        seen.console.clear()


async def test_a_fault_switched_on_shows_on_the_wire_and_in_the_transcript(browser: "Browser") -> None:
    async with (
        coordinator(settings()) as running,
        dashboard(browser, running) as (page, _),
        worker(running) as one,
    ):
        await page.fill("#fault-search", "duplicate")
        await page.click("[aria-label='Options of duplicate']")
        await page.fill("#option-duplicate-message", "heartbeat_ack")
        await page.click("label.switch:has-text('duplicate')")
        await page.wait_for_selector("#fault-note:has-text('duplicate is on')")
        assert (await one.beat())["type"] == (await one.hear())["type"] == "heartbeat_ack"
        await page.wait_for_selector("#event-list .row.struck:has-text('duplicate')")
        await page.wait_for_selector(".fault:has-text('duplicate') .struck:has-text('struck 1')")
        await page.click("label.switch:has-text('duplicate')")
        await page.wait_for_selector("#fault-note:has-text('duplicate is off')")
        await one.beat()
        await one.say("null")
        assert (await one.hear())["type"] == "error"


async def test_an_option_that_is_not_allowed_is_told(browser: "Browser") -> None:
    async with coordinator(settings()) as running, dashboard(browser, running) as (page, seen):
        await page.click("[aria-label='Options of delay']")
        await page.fill("#option-delay-rate", "7")
        await page.click("label.switch:has-text('delay')")
        await page.wait_for_selector("#fault-note.bad:has-text('rate')")
        await until(page, "!document.querySelector('.fault:has(#fault-delay) input').checked")
        seen.console.clear()


async def test_a_violating_worker_appears_by_clause(browser: "Browser", tmp_path: Path) -> None:
    async with (
        coordinator(settings()) as running,
        dashboard(browser, running) as (page, _),
        worker_process(running.url, tmp_path, "tests.mutants", "--defect=hash-spaced"),
    ):
        await until(page, f"{ROWS.format('#worker-list')} === 1")
        await page.click("#submit-form .primary")
        entry = page.locator("#clause-W-CAN-2")
        await entry.locator("summary").click()
        assert clause("W-CAN-2").text.replace("`", "") in await entry.inner_text()
        await page.wait_for_selector("#submit-result:has-text('✗ not verified')")
        await page.wait_for_selector("#job .checks li:has-text('output hash'):has-text('✗')")
        await entry.locator("button").first.click()
        await page.wait_for_selector("#event:has-text('job_complete') pre:has-text('output_hash')")
        assert await page.locator("#event-list .row.broken[aria-selected=true]").count() == 1
        await page.click("#event button:has-text('Exact bytes')")
        assert "7b 22 74 79 70 65" in await page.locator("#event .bytes").inner_text()


HOSTILE = '<img src=x onerror="alert(1)">\u202e\u0007\x1b[31m<script>alert(2)</script>'


async def test_what_comes_from_outside_stays_inert_and_visible(browser: "Browser") -> None:
    async with coordinator(settings()) as running, client(running) as http, worker(running) as one:
        payload = {"task_type": HOSTILE, "input": HOSTILE, HOSTILE: [HOSTILE]}
        job = {"job_type": "TASK", "user_id": HOSTILE, "payload": payload}
        job_id = (await http.post("/v1/jobs/commit/cheap", json=job)).json()["job_id"]
        await one.say(
            {**one.completion(await one.hear(), {HOSTILE: HOSTILE}), HOSTILE: 1, "output_hash": HOSTILE}
        )
        await one.say({"type": HOSTILE})
        await one.say({"type": "job_reject", "job_id": HOSTILE, "reason": HOSTILE})
        await one.say(HOSTILE)
        await one.say(b"\xff\x00<script>")
        await http.get("/v1/jobs/%3Cimg%20src=x%20onerror=alert(3)%3E")
        await http.post("/v1/trust/create", json={"user_id": HOSTILE})
        async with dashboard(browser, running) as (page, _):
            await page.locator("#job-list .row").first.click()
            await page.wait_for_selector(f"#job:has-text('{job_id}') pre:has-text('onerror')")
            shown = await page.locator("#job .facts").inner_text()
            assert "\\u202e\\u0007\\u001b[31m" in shown
            await page.wait_for_selector("#pairing-list:has-text('onerror')")
            await page.locator("#violation-list summary").first.click()
            for row in await page.locator("#event-list .row:visible").all():
                await row.click()
                await page.wait_for_selector("#event h3")
            await page.fill("#event-search", HOSTILE.split(maxsplit=1)[0])
            assert await page.evaluate(STRAY) == 0
            whole = await page.evaluate("document.body.innerText")
            assert not {"\u202e", "\u0007", "\x1b"} & set(whole)


async def test_pairing_codes_are_made_and_claimed(browser: "Browser") -> None:
    async with (
        coordinator(settings()) as running,
        dashboard(browser, running) as (page, _),
        worker(running) as one,
    ):
        await page.locator("#worker-list .row").first.click()
        await page.click("#worker button:has-text('Pair it')")
        await page.click("#pairing-make button")
        await page.wait_for_selector("#pairing-note:has-text('good until')")
        await page.wait_for_selector("#pairing-list li:has-text('open')")
        await page.click("#pairing-claim button")
        await page.wait_for_selector("#pairing-list li:has-text('claimed')")
        await fill(page, "#submit-form", [("privacy", "PRIVATE")])
        await page.click("#submit-form .primary")
        await one.work()
        await page.wait_for_selector("#submit-result:has-text('✓ verified')")


async def test_the_session_can_be_steered(browser: "Browser") -> None:
    async with (
        coordinator(settings()) as running,
        dashboard(browser, running) as (page, _),
        worker(running) as one,
    ):
        await page.click("label.switch:has-text('Demo mode')")
        await page.wait_for_selector("#session-note:has-text('is on')")
        await page.fill("#clock input", "60")
        await page.click("#clock button")
        assert (await one.hear())["type"] == "job_assign"
        await page.wait_for_selector("#event-list .row:has-text('put ahead by 60 seconds')")
        await page.click("label.switch:has-text('Demo mode')")
        await page.wait_for_selector("#session-note:has-text('is off')")
        await page.locator("#worker-list .row").first.click()
        await page.fill("#worker textarea", '{"type":"any"}')
        await page.click("#worker form button:has-text('Send')")
        assert await one.hear() == {"type": "any"}
        async with page.expect_download() as coming:
            await page.click("#download")
        first = Path(await (await coming.value).path()).read_text(encoding="utf-8").partition("\n")[0]
        assert '"format":"dispatch-recording"' in first


async def test_it_connects_again_when_the_coordinator_comes_back(browser: "Browser") -> None:
    async with coordinator(settings()) as running, client(running) as http:
        port = running.port
        await http.post("/v1/jobs/commit/fast", json=TASK)
        async with visit(browser, f"{running.url}/dashboard") as (page, _):
            await live(page)
            await until(page, f"{ROWS.format('#job-list')} === 1")
            await running.__aexit__(None, None, None)
            await page.wait_for_selector("#standing[data-state=lost]:has-text('connecting again')")
            async with coordinator(settings(port=port)) as again, worker(again):
                await page.wait_for_selector("#standing[data-state=live]:has-text('started anew')")
                await until(page, f"{ROWS.format('#worker-list')} === 1 && {ROWS.format('#job-list')} === 0")
            await running.__aenter__()


async def test_by_keyboard(browser: "Browser") -> None:
    async with coordinator(settings()) as running, client(running) as http, worker(running) as one:
        ids = []
        for _ in range(3):
            await http.post("/v1/jobs/commit/fast", json=TASK)
            ids.append(await one.work())
        async with dashboard(browser, running) as (page, _):
            await until(page, f"{ROWS.format('#job-list')} === 3")
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.className") == "skip"
            await page.keyboard.press("j")
            assert ids[2] in await page.evaluate(CHOSEN)
            await page.keyboard.press("j")
            assert ids[1] in await page.evaluate(CHOSEN)
            await page.keyboard.press("Enter")
            await page.wait_for_selector(f"#job:has-text('{ids[1]}')")
            await page.keyboard.press("Escape")
            assert not await page.locator("#job").is_visible()
            await page.keyboard.press("k")
            assert ids[2] in await page.evaluate(CHOSEN)
            await page.keyboard.press("/")
            assert await page.evaluate(FOCUS) == "event-search"
            await page.keyboard.type("job_complete")
            await until(page, f"{ROWS.format('#event-list')} === 3")
            await page.keyboard.press("Escape")
            await until(page, f"{ROWS.format('#event-list')} > 3")
            await page.keyboard.press("Escape")
            await page.keyboard.press("3")
            assert await page.evaluate(FOCUS) == "event-list"
            await page.keyboard.press("Home")
            assert "connects" in await page.evaluate(CHOSEN)
            await page.keyboard.press("?")
            assert await page.locator("#keys").is_visible()
            await page.keyboard.press("Escape")
            await page.keyboard.press("t")
            assert await page.evaluate("document.documentElement.dataset.theme") == "dark"


async def test_a_phone_and_the_dark(browser: "Browser", tmp_path: Path) -> None:
    async with coordinator(settings()) as running, worker_process(running.url, tmp_path):
        grounds = []
        for scheme in ("light", "dark"):
            async with dashboard(browser, running, color_scheme=scheme, **PHONE) as (page, _):
                await until(page, f"{ROWS.format('#worker-list')} === 1")
                await page.click("#submit-form .primary")
                await page.wait_for_selector("#job:has-text('Receipt: verified')")
                await page.locator("#event-list .row").last.click()
                await page.locator("#worker-list .row").first.click()
                assert await page.evaluate("document.documentElement.scrollWidth") == 400
                grounds.append(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert len(set(grounds)) == 2


async def test_only_the_rows_in_sight_exist(browser: "Browser") -> None:
    async with (
        coordinator(settings()) as running,
        client(running) as http,
        dashboard(browser, running) as (page, _),
    ):
        for _ in range(300):
            await http.post("/v1/jobs/commit/fast", json=TASK)
        await page.wait_for_selector("#job-list .row[aria-setsize='300']")
        assert await page.locator("#job-list .row").count() < 40
        await page.locator("#job-list").focus()
        await page.keyboard.press("End")
        last = page.locator("#job-list .row[aria-selected=true]")
        assert await last.get_attribute("aria-posinset") == "300"
