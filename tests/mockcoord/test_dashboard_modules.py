"""Modules of the live page by themselves, in Chromium: what they keep is bounded, what they show is true."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from tests.browser import chromium, needs_browser, visit
from tests.mockcoord.client import settings
from tests.mockcoord.dashboards import coordinator, live

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [needs_browser, pytest.mark.asyncio(loop_scope="module")]

MODEL = """
const { Model } = await import("/_mock/static/model.js");
const model = new Model();
const job = (number, changes = {}) => ({
  id: `job-${number}`, created_at: new Date(1e12 + number).toISOString(), status: "pending", worker: null,
  completed_at: null, error: null, ...changes,
});
const worker = { connection: 1, pubkey: "AB", heartbeat_age: 3, state: "idle", job_id: null };
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page() -> AsyncIterator["Page"]:
    async with (
        coordinator(settings()) as running,
        chromium() as browser,
        visit(browser, f"{running.url}/dashboard") as (opened, _),
    ):
        await live(opened)
        yield opened


async def run(page: "Page", code: str, argument: object = None) -> Any:
    return await page.evaluate(f"async (given) => {{ {code} }}", argument)


async def test_jobs_are_bounded_and_stand_in_their_order(page: "Page") -> None:
    code = """
    for (let number = 0; number < 25000; number += 1) model.take("job", job(number * 2));
    model.takePage([job(49001), job(3)]);
    const order = model.jobs.map((one) => one.at);
    return [model.jobs.length, model.jobsById.size,
            order.every((at, place) => !place || order[place - 1] <= at),
            model.jobs.at(-1).id, model.jobsById.has("job-49001"), model.jobsById.has("job-3")];
    """
    length, known, *rest = await run(page, MODEL + code)
    assert 10_000 <= length == known <= 10_501
    assert rest == [True, "job-49998", True, False]


@pytest.mark.parametrize(("size", "number"), [(10, 50_000), (100_000, 300), (4_000, 10_000)])
async def test_events_are_bounded_in_number_and_size(page: "Page", size: int, number: int) -> None:
    code = """
    const [size, number] = given;
    const text = "x".repeat(size);
    const frame = (index) => ({ index, t: index, connection: 1, from: "worker", length: size, text });
    for (let index = 0; index < number; index += 1) model.take("frame", frame(index));
    return [model.events.length, model.characters, model.dropped, model.events.at(-1).index,
            model.events.reduce((sum, event) => sum + event.size, 0)];
    """
    kept, characters, dropped, last, counted = await run(page, MODEL + code, [size, number])
    assert kept <= 5_500
    assert characters == counted <= 6_600_000
    assert (kept + dropped, last) == (number, number - 1)


async def test_a_worker_is_busy_while_it_holds_a_job(page: "Page") -> None:
    code = """
    const seen = [];
    const note = () => seen.push([model.workers.get(1).state, model.workers.get(1).job_id]);
    model.take("worker", { what: "joined", ...worker });
    model.take("job", job(1, { status: "assigned", worker: "ab" })); note();
    model.take("job", job(2, { status: "assigned", worker: "other" })); note();
    model.take("job", job(1, { status: "completed", worker: "ab" })); note();
    model.take("worker", { what: "left", ...worker });
    return [seen, model.workers.size, model.byKey.size];
    """
    assert await run(page, MODEL + code) == [[["busy", "job-1"], ["busy", "job-1"], ["idle", None]], 0, 0]


async def test_what_was_missed_is_told_and_made_good(page: "Page") -> None:
    code = """
    model.take("job", job(1, { status: "assigned" }));
    model.take("job", job(2, { status: "completed", completed_at: "2026-01-01T00:00:00.000Z" }));
    model.take("missed", { count: 7, restarted: false });
    model.take("missed", { count: 0, restarted: true });
    const older = job(2, { status: "assigned" });
    const news = model.takePage([job(1, { status: "failed", error: "x" }), older, job(3)]);
    const missed = model.events.map((event) => [event.kind, event.count]);
    return [news, model.jobs.map((one) => one.status), missed];
    """
    expected = [2, ["failed", "completed", "pending"], [["missed", 7]]]
    assert await run(page, MODEL + code) == expected


async def test_a_receipt_that_was_missed_is_made_good(page: "Page") -> None:
    code = """
    const done = { status: "completed", completed_at: "2026-01-01T00:00:00.000Z" };
    model.take("job", job(1, { ...done, has_receipt: false }));
    const news = model.takePage([job(1, { ...done, has_receipt: true, verified: true })]);
    const none = model.takePage([job(1, { ...done, has_receipt: false })]);
    return [news, none, model.jobs[0].verified];
    """
    assert await run(page, MODEL + code) == [1, 0, True]


async def test_what_a_search_has_found_is_bounded_too(page: "Page") -> None:
    code = """
    const { Transcript } = await import("/_mock/static/transcript.js");
    const found = { app: { model }, held: null, found: [], upto: 0, fits: () => () => true };
    const frame = (index) => ({ index, t: index, connection: 1, from: "worker", length: 1, text: "x" });
    let most = 0;
    for (let index = 0; index < 20000; index += 1) {
      if (index === 0) model.take("missed", { count: 3 });
      model.take("frame", frame(index));
      if (index % 50) continue;
      const shown = Transcript.prototype.filter.call(found, model.events, found.fits());
      most = Math.max(most, shown.length - model.events.length);
    }
    return most;
    """
    assert await run(page, MODEL + code) == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"b":1,"a":[1.0,1e400,{}],"b":[]}',
            '{\n  "b": 1,\n  "a": [\n    1.0,\n    1e400,\n    {}\n  ],\n  "b": []\n}',
        ),
        ('{"a":"<b>\u202e\\u0007"}', '{\n  "a": "<b>\\u202e\\u0007"\n}'),
        ("no JSON \u0007", "no JSON \\u0007"),
        ("1 2", "1 2"),
        ('["a" "b"]', '["a" "b"]'),
        ("[NaN, 1]", "[NaN, 1]"),
        (" [true ,null ] ", "[\n  true,\n  null\n]"),
        ('{"open', '{"open'),
        ("[" * 3, "[\n  [\n    [\n      "),
        ("\ud800", "\\ud800"),
        ("", ""),
    ],
)
async def test_json_is_laid_out_as_it_was_sent(page: "Page", text: str, shown: str) -> None:
    code = 'const { laidOut } = await import("/_mock/static/json.js"); return laidOut(given).textContent;'
    if text == "\ud800":
        code = code.replace("given", "String.fromCharCode(0xd800)")
        text = ""
    assert await run(page, code, text) == shown


async def test_what_is_deep_or_long_is_laid_out_within_bounds(page: "Page") -> None:
    code = """
    const { laidOut, dump } = await import("/_mock/static/json.js");
    const deep = laidOut("[".repeat(50000) + "]".repeat(50000)).textContent.length;
    const long = laidOut(JSON.stringify("x".repeat(1e6))).textContent.length;
    return [deep, long, dump(new Uint8Array(1e6)).length];
    """
    deep, long, dumped = await run(page, code)
    assert deep < 5_000_000
    assert long < 61_000
    assert dumped < 80_000


async def test_bytes_are_shown_as_they_are(page: "Page") -> None:
    code = """
    const { dump, decoded } = await import("/_mock/static/json.js");
    return [dump(decoded("AAECf/9BQg==")), decoded("no base64!")];
    """
    line = f"000000  {'00 01 02 7f ff 41 42':47}  ·····AB"
    assert await run(page, code) == [line, None]
