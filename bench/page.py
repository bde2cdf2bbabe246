"""A page in Chromium under measurement: how long its tasks take, and how much memory it holds.

A task is what the page's main thread does in one go: an update with its layout and its painting, an event, a
timer. The browser's own trace tells the processor time of each, which bears a busy machine, and how
long it took by the clock. Memory is the JavaScript heap after a collection, and what the page's process holds
for itself alone, as Linux tells it.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

LIVE: Final = '#standing[data-state="live"]'
_ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--js-flags=--expose-gc")
_TASK: Final = "ThreadControllerImpl::RunTask"


class Task(NamedTuple):
    """One task of the page's main thread: milliseconds of processor time, and by the clock."""

    cpu: float
    clock: float


class Memory(NamedTuple):
    """Megabytes: the heap of its scripts, and all that its process holds for itself."""

    heap: float
    private: float


class MeasuredPage:
    """A dashboard that is open."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self.page = page
        self._chromium = browser
        self._browser: CDPSession = browser.new_browser_cdp_session()
        self._own: CDPSession = page.context.new_cdp_session(page)

    @contextmanager
    def traced(self) -> Iterator[list[Task]]:
        """The tasks while the block runs: in the list when it is over."""
        tasks: list[Task] = []
        self._chromium.start_tracing(page=self.page, categories=["-*", "toplevel"])
        yield tasks
        events = json.loads(self._chromium.stop_tracing())["traceEvents"]
        names = (event for event in events if event["name"] == "thread_name")
        mains = {event["pid"] for event in names if event["args"]["name"] == "CrRendererMain"}
        tasks += [
            Task(event.get("tdur", 0) / 1000, event["dur"] / 1000)
            for event in events
            if event["name"] == _TASK and event["ph"] == "X" and event["pid"] == event["tid"] in mains
        ]

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
