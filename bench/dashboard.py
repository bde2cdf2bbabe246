"""The dashboard with 10,000 jobs and 200 workers: `python -m bench.dashboard [--rounds N] [--jobs N]`.

First what the control face and one open page cost the server, a job, beside the same server without either;
then how smooth the page is while those jobs run and when they stand behind it, and how much memory it holds.
"""

import argparse
import sys
import time
from contextlib import ExitStack, nullcontext
from typing import Final

from bench.crowd import Crowd
from bench.figures import Figure, report
from bench.page import MeasuredPage, Task, dashboard
from bench.processes import Server, mock_coordinator

WORKERS: Final = 200
CLIENTS: Final = 16
POLL_SECONDS: Final = 0.02
SETTLE_SECONDS: Final = 0.6
QUIET_SECONDS: Final = 2.0
"""How long a browser that was closed is given to be gone, before the next round is measured."""

AFTERMATH_SECONDS: Final = 4.0
"""How long a page may take to catch up when all is done."""

WARM_UP: Final = 1_000
SCROLLS: Final = 60
UPDATE_MS: Final = 100.0
MEGABYTES: Final = 200.0


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=10_000, help="behind the page, and in each round a third")
    options = parser.parse_args()
    cost = report(f"Server: {WORKERS} workers, {CLIENTS} clients", costs(options.rounds, options.jobs // 3))
    page = report(f"Page: {options.jobs:,} jobs, {WORKERS} workers", smoothness(options.jobs))
    return 0 if cost and page else 1


def costs(rounds: int, jobs: int) -> list[Figure]:
    """The server's processor time a job: without the control face, with it, and with one page open."""
    with ExitStack() as stack:
        bare = stack.enter_context(mock_coordinator("--no-control", watches=True))
        face = stack.enter_context(mock_coordinator(watches=True))
        looked_at = stack.enter_context(mock_coordinator(watches=True))
        for server in (bare, face, looked_at):
            _run(server, WARM_UP)
        found: dict[str, list[float]] = {"bare": [], "face": [], "page": []}
        for number in range(rounds):
            turns = [("bare", bare), ("face", face), ("page", looked_at)]
            for name, server in turns if number % 2 else reversed(turns):
                with dashboard(server.port) if name == "page" else nullcontext():
                    found[name].append(_run(server, jobs))
                time.sleep(QUIET_SECONDS)
    above = {
        name: [100 * (ours / base - 1) for ours, base in zip(found[name], found["bare"], strict=True)]
        for name in ("face", "page")
    }
    return [
        Figure("server CPU a job, --no-control", "ms", found["bare"]),
        Figure("  with the control face", "ms", found["face"]),
        Figure("  with one page open", "ms", found["page"]),
        Figure("growth with the control face", "%", above["face"], at_most=5.0),
        Figure("growth with one page open", "%", above["page"], at_most=25.0),
    ]


def smoothness(jobs: int) -> list[Figure]:
    """How long the page's tasks take, and what it holds."""
    with mock_coordinator(watches=True) as server, dashboard(server.port) as page:
        with page.traced() as running:
            cost = _run(server, jobs)
            time.sleep(AFTERMATH_SECONDS)
        with page.traced() as used:
            _use(page)
        memory = page.memory()
        known = int(page.page.locator("#job-list .row").first.get_attribute("aria-setsize") or 0)
    return [
        Figure("server CPU a job", "ms", [cost]),
        *_slowest("while the jobs run", running),
        *_slowest("scrolling, searching, unfolding", used),
        Figure("jobs known to the page", "", [known], at_least=min(jobs, 10_000)),
        Figure("JavaScript heap", "MB", [memory.heap], at_most=MEGABYTES),
        Figure("the page's process, private", "MB", [memory.private], at_most=MEGABYTES),
    ]


def _slowest(when: str, tasks: list[Task]) -> list[Figure]:
    return [
        Figure(f"tasks {when}", "", [len(tasks)]),
        Figure("  processor time of all", "s", [sum(task.cpu for task in tasks) / 1000]),
        Figure("  the most of one", "ms", [max(task.cpu for task in tasks)], at_most=UPDATE_MS),
        Figure("  longest by the clock", "ms", [max(task.clock for task in tasks)]),
    ]


def _run(server: Server, jobs: int) -> float:
    """Have so many jobs done; gives the server's processor time a job, in milliseconds."""
    half = {"port": server.port, "count": WORKERS // 2}
    workers = [{"role": "workers", "first": first, **half} for first in (0, WORKERS // 2)]
    clients = {"role": "clients", "port": server.port, "count": CLIENTS, "pause": POLL_SECONDS}
    with Crowd(workers), Crowd([clients]) as committing:
        time.sleep(SETTLE_SECONDS)
        cpu = server.cpu_seconds
        committing.tell(f"run {jobs}")
        done = sum(len(each["seconds"]) for each in committing.reports())
        return (server.cpu_seconds - cpu) * 1000 / done


def _use(measured: MeasuredPage) -> None:
    """Go through all of it: scroll both long lists, search them, unfold what is found."""
    page = measured.page
    for name in ("job", "event"):
        area = page.locator(f"#{name}-list")
        for step in range(SCROLLS):
            area.evaluate("(list, part) => (list.scrollTop = list.scrollHeight * part)", step / SCROLLS)
            page.wait_for_timeout(16)
        page.fill(f"#{name}-search", "summarize" if name == "job" else "job_complete")
        page.wait_for_timeout(600)
        area.locator(".row").first.click()
        page.wait_for_timeout(200)
        page.fill(f"#{name}-search", "")
        page.wait_for_timeout(600)


if __name__ == "__main__":
    sys.exit(main())
