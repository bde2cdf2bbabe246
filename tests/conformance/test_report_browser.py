"""The page in Chromium, from the file system: filters, unfolding, keys, width, themes, paper, hostility."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from dispatch_conformance.report.html.page import page as html
from dispatch_conformance.report.plain import visible

from tests.browser import Seen, chromium, needs_browser, visit
from tests.conformance.pages import MARKUP, hostile, mixed

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [needs_browser, pytest.mark.asyncio(loop_scope="module")]

PHONE: dict[str, Any] = {"viewport": {"width": 400, "height": 800}}
SHOWN = "[...document.querySelectorAll('article')].filter((a) => !a.hidden).map((a) => a.id)"
CHOSEN = "document.activeElement.closest('article')?.id ?? ''"
HASH = "location.hash"
DRAWN = "(e) => e.checkVisibility({ contentVisibilityAuto: true }) && e.getBoundingClientRect().height > 5"
HANDLERS = """
    [...document.querySelectorAll("*")]
        .flatMap((element) => element.getAttributeNames())
        .filter((name) => name.startsWith("on"))
"""


class Opener:
    """Opens pages that were written to a folder, in one browser."""

    def __init__(self, browser: "Browser", folder: Path) -> None:
        self.browser = browser
        self.urls = {}
        for name, report in (("mixed", mixed()), ("hostile", hostile()), ("long", hostile("x" * 1_000_000))):
            file = folder / f"{name}.html"
            file.write_text(html(report), encoding="utf-8")
            self.urls[name] = file.as_uri()

    def __call__(
        self, name: str = "mixed", at: str = "", **options: Any
    ) -> AbstractAsyncContextManager[tuple["Page", Seen]]:
        return visit(self.browser, self.urls[name] + at, **options)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Opener]:
    async with chromium() as browser:
        yield Opener(browser, tmp_path_factory.mktemp("pages"))


async def shown(page: "Page") -> list[str]:
    found: list[str] = await page.evaluate(SHOWN)
    return found


@pytest.mark.parametrize("name", ["mixed", "hostile", "long"])
async def test_the_page_asks_for_nothing_and_says_nothing(opened: Opener, name: str) -> None:
    async with opened(name, offline=True) as (page, seen):
        await page.keyboard.press("u")
        await page.wait_for_load_state("networkidle")
        assert seen.requests == [opened.urls[name]]
        assert seen.quiet, seen


async def test_filters_show_what_fits_and_the_address_remembers_them(opened: Opener) -> None:
    async with opened() as (page, seen):
        every = await shown(page)
        assert len(every) == 10
        await page.get_by_role("checkbox", name="fail").check()
        assert await shown(page) == ["W-OUT-3"]
        await page.get_by_role("checkbox", name="pass").check()
        await page.get_by_role("checkbox", name="MUST").check()
        await page.get_by_role("combobox", name="Area").select_option("W-OUT")
        assert await shown(page) == ["W-OUT-3", "W-OUT-4", "W-OUT-5", "W-OUT-6"]
        assert await page.evaluate(HASH) == "#verdict=fail&verdict=pass&level=MUST&area=W-OUT"
        assert await page.locator("#area-W-REG").is_hidden()
        assert await page.locator("#shown").inner_text() == "4 of 10 clauses"
        await page.get_by_role("searchbox").fill("surrogate CUT")
        assert await shown(page) == ["W-OUT-5"]
        await page.reload()
        assert await shown(page) == ["W-OUT-5"]
        assert await page.get_by_role("checkbox", name="fail").is_checked()
        await page.get_by_role("searchbox").fill("no such words")
        assert await page.get_by_text("No clause fits this filter.").is_visible()
        await page.get_by_role("button", name="Show all").click()
        assert (await shown(page), await page.evaluate(HASH)) == (every, "")
        assert seen.quiet, seen


@pytest.mark.parametrize(
    "at", ["#%ff%00=<x>&verdict=nonsense&area=W-NO&at=keys", "#tools", "#W-NO-1", "#at=%"]
)
async def test_a_strange_address_shows_everything(opened: Opener, at: str) -> None:
    async with opened(at=at) as (page, seen):
        assert len(await shown(page)) == 10
        assert seen.quiet, seen


async def test_a_clause_and_its_frames_unfold(opened: Opener) -> None:
    async with opened() as (page, seen):
        entry = page.locator("#W-OUT-3")
        mark = entry.locator("mark").first
        assert await mark.is_hidden()
        await entry.locator("summary").first.click()
        assert await mark.is_visible()
        frame = entry.locator(".frame").first
        assert await frame.locator("pre").is_hidden()
        await frame.locator("summary").click()
        assert '"caf\\u00e9"' in await frame.locator("pre").inner_text()
        await page.get_by_role("button", name="Unfold all").click()
        assert await page.locator("article > details:not([open])").count() == 0
        await page.get_by_role("button", name="Fold all").click()
        assert await page.locator("article > details[open]").count() == 0
        assert seen.quiet, seen


async def test_a_link_leads_to_its_clause_even_where_a_filter_hides_it(opened: Opener) -> None:
    async with opened(at="#verdict=pass") as (page, seen):
        await page.locator("#mend").get_by_role("link", name="W-OUT-3").click()
        await page.locator("#W-OUT-3 .told").first.wait_for()
        assert (await page.evaluate(CHOSEN), await page.evaluate(HASH)) == ("W-OUT-3", "#at=W-OUT-3")
        await page.reload()
        assert await page.evaluate(CHOSEN) == "W-OUT-3"
        top = await page.evaluate("document.getElementById('W-OUT-3').getBoundingClientRect().top")
        tools = await page.evaluate("document.getElementById('tools').getBoundingClientRect().bottom")
        assert top >= tools - 1
        assert seen.quiet, seen


async def test_everything_can_be_done_by_keyboard(opened: Opener) -> None:
    async with opened() as (page, seen):
        ids = await shown(page)
        press = page.keyboard.press

        async def chosen() -> str:
            found: str = await page.evaluate(CHOSEN)
            return found

        await press("j")
        assert await chosen() == ids[0]
        await press("ArrowDown")
        await press("j")
        assert await chosen() == ids[2]
        await press("k")
        await press("ArrowUp")
        await press("k")
        assert await chosen() == ids[0]
        await press("n")
        assert await chosen() == "W-OUT-3"
        await press("Enter")
        assert await page.locator("#W-OUT-3 > details").get_attribute("open") is not None
        await press("n")
        assert await chosen() == "W-RCP-8"
        await press("N")
        assert await chosen() == "W-OUT-3"
        await press("/")
        await page.keyboard.type("jk?/n")
        assert await page.get_by_role("searchbox").input_value() == "jk?/n"
        assert await shown(page) == []
        await press("Escape")
        assert await shown(page) == ids
        await press("?")
        assert await page.get_by_role("dialog", name="Keys").is_visible()
        await press("j")
        await press("Escape")
        assert await page.get_by_role("dialog").count() == 0
        assert seen.quiet, seen


async def test_the_keyboard_finds_the_way_in_and_sees_where_it_is(opened: Opener) -> None:
    async with opened() as (page, seen):
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the clauses")
        box = await skip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.evaluate(CHOSEN) == "W-REG-1"
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await page.evaluate(outline) == "solid"
        for role in ("banner", "main", "contentinfo", "search"):
            assert await page.get_by_role(role).count() == 1, role
        assert seen.quiet, seen


@pytest.mark.parametrize("name", ["mixed", "hostile", "long"])
async def test_a_phone_scrolls_in_one_direction_only(opened: Opener, name: str) -> None:
    async with opened(name, **PHONE) as (page, seen):
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert await page.evaluate("document.documentElement.scrollWidth") == 400
        wide = "(e) => e.getBoundingClientRect().right > 401 && !e.closest('.bytes')"
        found = (
            f"[...document.querySelectorAll('body *')].filter({wide}).map((e) => e.outerHTML.slice(0, 90))"
        )
        assert await page.evaluate(found) == []
        assert seen.quiet, seen


async def test_light_and_dark_follow_the_system_and_the_switch(opened: Opener) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(251, 250, 248)", "rgb(21, 23, 26)"
    async with opened(color_scheme="light") as (page, _):
        assert await page.evaluate(ground) == light
    async with opened(color_scheme="dark") as (page, seen):
        assert await page.evaluate(ground) == dark
        button = page.get_by_role("button", name="Theme")
        for name, colour in (("dark", dark), ("light", light), ("as the system", dark), ("dark", dark)):
            await button.click()
            assert (await button.inner_text(), await page.evaluate(ground)) == (f"Theme: {name}", colour)
        await page.keyboard.press("t")
        await page.reload()
        assert await page.evaluate(ground) == light
        assert seen.quiet, seen


async def test_paper_shows_what_is_broken_unfolded_and_nothing_to_press(opened: Opener) -> None:
    async with opened(color_scheme="dark") as (page, seen):
        await page.emulate_media(media="print")
        for place in ("#W-OUT-3 .frame pre", "#W-OUT-3 .check .told", "#W-KEY-10 .told", "#W-JOB-1 .told"):
            assert await page.locator(place).first.evaluate(DRAWN), place
        assert not await page.locator("#W-OUT-4 .checks").evaluate(DRAWN)
        for button in await page.locator("button, input, select").all():
            assert await button.is_hidden()
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert (await page.pdf(format="A4")).startswith(b"%PDF")
        assert seen.quiet, seen


async def test_hostile_texts_do_nothing(opened: Opener) -> None:
    async with opened("hostile") as (page, seen):
        await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        for key in ("j", "n", "t", "Enter"):
            await page.keyboard.press(key)
        await page.get_by_role("searchbox").fill(MARKUP[0])
        assert await shown(page)
        assert await page.evaluate("window.hacked") is None
        assert await page.locator("script").count() == 1
        assert (
            await page.locator("img, iframe, svg svg, base, object, embed, [srcdoc], [autofocus]").count()
            == 0
        )
        assert await page.evaluate(HANDLERS) == []
        text = await page.evaluate("document.querySelector('#W-OUT-3').textContent")
        assert all(visible(part) in text for part in MARKUP)
        assert seen.requests == [opened.urls["hostile"]]
        assert seen.quiet, seen


async def test_a_markup_that_came_through_could_still_not_run(opened: Opener) -> None:
    async with opened() as (page, seen):
        await page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.hacked = 1";
                document.body.append(script);
                document.body.insertAdjacentHTML("beforeend", "<img src='x' onerror='window.hacked = 2'>");
            }"""
        )
        await page.wait_for_function("performance.now() > 0")
        assert await page.evaluate("window.hacked") is None
        assert all("Content Security Policy" in said for said in seen.console)
        assert len(seen.console) >= 2


async def test_commands_are_copied(opened: Opener) -> None:
    async with opened() as (page, seen):
        await page.locator("#W-OUT-3 > details > summary").click()
        button = page.locator("#W-OUT-3 .copy").first
        code = await page.locator("#W-OUT-3 .command code").first.inner_text()
        await button.click()
        await page.wait_for_function("(b) => b.textContent !== 'Copy'", arg=await button.element_handle())
        if await button.inner_text() == "Selected":
            assert await page.evaluate("getSelection().toString()") == code
        else:
            await page.keyboard.press("/")
            await page.keyboard.press("ControlOrMeta+v")
            assert await page.get_by_role("searchbox").input_value() == code
        assert seen.quiet, seen


async def test_without_a_script_the_page_can_be_read(opened: Opener) -> None:
    async with opened(java_script_enabled=False) as (page, seen):
        assert await page.locator("#tools, #theme, .copy").filter(visible=True).count() == 0
        await page.locator("#W-OUT-3 > details > summary").click()
        assert await page.locator("#W-OUT-3 mark").first.is_visible()
        assert seen.quiet, seen
