"""A coordinator with its control face and its live page, and workers beside it, for tests in a browser."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dispatch_mockcoord.clock import Timekeeper
from dispatch_mockcoord.control import Control
from dispatch_mockcoord.dashboard.live import page_routes
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.watch import Watch

from tests.browser import PATIENCE_MS

if TYPE_CHECKING:
    from playwright.async_api import Page

LIVE: Final = '#standing[data-state="live"]'
END_SECONDS: Final = 10.0


def coordinator(settings: Settings, *, seed: int = 1, has_time: bool = True) -> MockCoordinator:
    """A coordinator whose page shows all that there is to show."""
    faults, time = Faults(seed=seed), Timekeeper() if has_time else None
    watch = Watch(settings.terms)
    control = Control(faults=faults, time=time, watch=watch, pages=page_routes())
    layers = [control, faults, watch] if time is None else [control, faults, time, watch]
    return MockCoordinator(settings, clock=None if time is None else time.clock, layers=layers)


@asynccontextmanager
async def worker_process(
    url: str, folder: Path, module: str = "dispatch_worker", *options: str
) -> AsyncIterator[None]:
    """A worker, a process of its own, while the block runs; its key is made in `folder`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *options,
        env={"COORDINATOR_URL": url, "WORKER_KEY_PATH": str(folder / "key.json"), "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def live(page: "Page") -> None:
    """Wait until the page follows the coordinator."""
    await page.wait_for_selector(LIVE)
    await page.wait_for_selector("#figures dd")


async def until(page: "Page", expression: str) -> None:
    """Wait until this is true in the page. (Waiting inside of it needs `eval`, which its policy forbids.)"""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await page.evaluate(expression):
            await asyncio.sleep(0.03)


async def texts(page: "Page", selector: str) -> list[str]:
    """The texts of the visible elements of this selector."""
    found: list[str] = await page.locator(f"{selector}:visible").all_inner_texts()
    return found


async def fill(page: "Page", form: str, values: Iterable[tuple[str, Any]]) -> None:
    """Fill in a form's fields, by their names."""
    for name, value in values:
        field = page.locator(f"{form} [name={name}]")
        if await field.evaluate("(field) => field.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)
