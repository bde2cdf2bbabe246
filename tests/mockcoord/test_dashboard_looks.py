"""How the live page looks: narrow, without colours of its own; its figures in line, its controls in sight."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.browser import chromium, needs_browser, visit
from tests.mockcoord.client import TASK, client, settings, worker
from tests.mockcoord.dashboards import coordinator, live

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [needs_browser, pytest.mark.asyncio(loop_scope="module")]

CUT = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)"
TOPS = "(all) => all.map((one) => one.getBoundingClientRect()).map(({ top, x }) => [Math.round(top), x])"
CONTRAST = """(all) => {
  const light = (text) => {
    const [red, green, blue] = text.match(/[0-9.]+/g).map((part) => part / 255);
    const line = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * line(red) + 0.7152 * line(green) + 0.0722 * line(blue) + 0.05;
  };
  const ratio = (one, other) => Math.max(light(one) / light(other), light(other) / light(one));
  const styles = all.map((one) => [getComputedStyle(one), getComputedStyle(one, "::placeholder")]);
  return styles.flatMap(([own, held]) => [
    ratio(own.borderTopColor, own.backgroundColor), ratio(held.color, own.backgroundColor) / 1.5,
  ]);
}"""
"""WCAG 2.1: of an edge 3 to 1 (1.4.11), of a text 4.5 to 1 (1.4.3), here as 3 to 1 too."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator["Browser"]:
    async with chromium() as opened:
        yield opened


@pytest.mark.parametrize("width", [320, 400, 768, 1280])
async def test_it_fits_at_every_width(browser: "Browser", width: int) -> None:
    async with coordinator(settings()) as running, client(running) as http, worker(running) as one:
        await http.post("/v1/jobs/commit/cheap", json=TASK)
        await one.work()
        view = {"width": width, "height": 800}
        async with visit(browser, f"{running.url}/dashboard", viewport=view) as (page, _):
            await live(page)
            await page.locator("#job-list .row").first.click()
            await page.wait_for_selector("#job:has-text('Receipt: verified')")
            assert await page.evaluate("document.documentElement.scrollWidth") == width
            tops = dict.fromkeys(top for top, _ in await page.locator("#figures dd").evaluate_all(TOPS))
            per_line = {320: 2, 400: 4, 768: 4, 1280: 8}[width]
            assert len(tops) == 8 // per_line
            verdict = page.locator("#job-list .row:visible > :last-child")
            assert await verdict.evaluate_all(CUT) == []
            assert await page.locator("#figures dd").evaluate_all(CUT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_controls_and_their_hints_are_to_be_seen(browser: "Browser", scheme: str) -> None:
    async with (
        coordinator(settings()) as running,
        visit(browser, f"{running.url}/dashboard", color_scheme=scheme) as (page, _),
    ):
        await live(page)
        fields = page.locator("input:not([type=checkbox]):visible, select:visible, textarea:visible")
        assert await fields.count() > 9
        assert min(await fields.evaluate_all(CONTRAST)) >= 3


async def test_a_switch_is_on_or_off_without_colours_of_the_page(browser: "Browser") -> None:
    async with (
        coordinator(settings()) as running,
        visit(browser, f"{running.url}/dashboard", forced_colors="active") as (page, _),
    ):
        await live(page)
        look = """(box) => [getComputedStyle(box), getComputedStyle(box, "::after")]
            .map((style) => style.backgroundColor)"""
        box = page.locator(".fault:has(#fault-close) input").first
        off = await box.evaluate(look)
        await page.click("label.switch:has-text('close')")
        await page.wait_for_selector("#fault-note:has-text('close is on')")
        on = await box.evaluate(look)
        assert off[0] != off[1]
        assert on[0] != on[1]
        assert on[0] != off[0]
