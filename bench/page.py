"""A page in Chromium under measurement: how long its updates take, and how much memory it holds.

An update is one callback of `requestAnimationFrame`, from its beginning until what it changed is laid out.
The browser's own list of long tasks (50 ms and more) stands beside, for what happens outside of updates.
Memory is the JavaScript heap after a collection, and what the page's process holds for itself alone, as Linux
tells it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

LIVE: Final = '#standing[data-state="live"]'
_ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc")
_MEASURE: Final = """
globalThis.updates = [];
globalThis.longTasks = [];
const ask = globalThis.requestAnimationFrame;
globalThis.requestAnimationFrame = (callback) =>
  ask((time) => {
    const begun = performance.now();
    callback(time);
    void document.body.offsetHeight;
    globalThis.updates.push(performance.now() - begun);
  });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) globalThis.longTasks.push(entry.duration);
}).observe({ type: "longtask", buffered: true });
"""
_TAKE = "() => [globalThis.updates.splice(0), globalThis.longTasks.splice(0)]"


class Updates(NamedTuple):
    """The updates since the last time, and the long tasks; milliseconds each."""

    updates: list[float]
    long_tasks: list[float]


class Memory(NamedTuple):
    """Megabytes: the heap of its scripts, and all that its process holds for itself."""

    heap: float
    private: float


class MeasuredPage:
    """A dashboard that is open."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self.page = page
        self._browser: CDPSession = browser.new_browser_cdp_session()
        self._own: CDPSession = page.context.new_cdp_session(page)

    def updates(self) -> Updates:
        """What was measured since the last time."""
        updates, long_tasks = self.page.evaluate(_TAKE)
        return Updates(updates, long_tasks)

    def memory(self) -> Memory:
        """What it holds now, after a collection."""
        self._own.send("HeapProfiler.collectGarbage")
        metrics: list[dict[str, Any]] = self._metrics()
        heap = next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")
        return Memory(heap / 1e6, max(map(_private, self._renderers())) / 1e6)

    def _metrics(self) -> list[dict[str, Any]]:
        self._own.send("Performance.enable")
        metrics: list[dict[str, Any]] = self._own.send("Performance.getMetrics")["metrics"]
        return metrics

    def _renderers(self) -> list[int]:
        told = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return [process["id"] for process in told if process["type"] == "renderer"]


@contextmanager
def dashboard(port: int) -> Iterator[MeasuredPage]:
    """The dashboard of the coordinator on this port, following it. Raises RuntimeError without a browser."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.add_init_script(_MEASURE)
        page.goto(f"http://127.0.0.1:{port}/dashboard")
        page.wait_for_selector(LIVE)
        try:
            yield MeasuredPage(browser, page)
        finally:
            browser.close()


def _private(pid: int) -> int:
    """The bytes that a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))
