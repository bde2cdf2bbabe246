"""A browser for the tests of pages: Debian's Chromium, driven by playwright, each page watched.

    async with chromium() as browser, visit(browser, url) as (page, seen):
        ...
    assert seen.quiet

A test module that uses it is skipped as a whole where either is absent: `pytestmark = needs_browser`.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 15_000


def _missing() -> str:
    if find_spec("playwright") is None:
        return "playwright is not installed: pip install '.[dev]'"
    return "" if CHROMIUM else "there is no chromium on this machine"


needs_browser: Final = pytest.mark.skipif(bool(_missing()), reason=_missing())


@dataclass
class Seen:
    """What a page did that it was not asked for: messages, errors, dialogs; and all that it requested."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def quiet(self) -> bool:
        """Whether there was nothing but requests."""
        return not (self.console or self.errors or self.dialogs)


@asynccontextmanager
async def chromium() -> AsyncIterator["Browser"]:
    """A browser without a window and with a fresh profile; it is gone afterwards."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visit(browser: "Browser", url: str, **options: Any) -> AsyncIterator[tuple["Page", Seen]]:
    """A page at `url` in a context of its own; `options` are those of playwright's `new_context`."""
    context = await browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    page, seen = await context.new_page(), Seen()
    page.on("console", lambda message: seen.console.append(message.text))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))

    async def dismiss(dialog: Any) -> None:
        seen.dialogs.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", dismiss)
    try:
        await page.goto(url)
        yield page, seen
    finally:
        await context.close()
