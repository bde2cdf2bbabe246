"""A web page of another origin, in Chromium, tries all that a page can: it reads and changes nothing here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template

from dispatch_mockcoord.server import MockCoordinator

from tests.browser import chromium, needs_browser, visit
from tests.mockcoord.client import client, settings, worker
from tests.mockcoord.dashboards import coordinator, until

pytestmark = needs_browser

ATTACK = Template(Path(__file__).with_name("foreign_page.html").read_text(encoding="utf-8"))
"""A page that tries all of it against `$url`, and then holds in `result` what it got hold of."""


@asynccontextmanager
async def elsewhere(page: str) -> AsyncIterator[str]:
    """A page served on another port, which is another origin; gives its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = page.encode()
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close"
        writer.write(f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def stands(running: MockCoordinator) -> list[object]:
    """All that an attack could have changed."""
    async with client(running) as http:
        state = (await http.get("/_mock/state")).json()
        return [
            state["run"],
            state["clock"]["ahead"],
            state["faults"]["active"],
            state["violations"]["total"],
        ]


async def test_a_page_of_another_origin_reads_and_changes_nothing() -> None:
    async with coordinator(settings()) as running, worker(running) as one:
        before = await stands(running)
        # Whoever attacks has the reader's own browser: one that has the dashboard open, too.
        async with (
            elsewhere(ATTACK.substitute(url=running.url)) as address,
            chromium() as browser,
            visit(browser, f"{running.url}/dashboard") as (own, _),
        ):
            page = await own.context.new_page()
            await page.goto(address)
            await until(page, "globalThis.result !== undefined")
            assert await page.evaluate("globalThis.result") == []
        assert await stands(running) == before
        assert (await one.beat())["type"] == "heartbeat_ack"  # and no frame of the attacker's before it
