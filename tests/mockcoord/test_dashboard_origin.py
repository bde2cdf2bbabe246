"""A web page of another origin, in Chromium, tries all that a page can: it reads and changes nothing here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from string import Template

import pytest
from dispatch_mockcoord.server import MockCoordinator

from tests.browser import chromium, needs_browser, visit
from tests.mockcoord.client import client, settings, worker
from tests.mockcoord.dashboards import coordinator, until

pytestmark = needs_browser

ATTACK = Template("""<!doctype html><meta charset="utf-8"><title>running</title>
<iframe name="target"></iframe>
<script>
const at = "$url";
const read = [];
const patience = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 3000, null))]);

async function get(path, options = {}) {
  const answer = await fetch(at + path, { credentials: "include", ...options });
  const text = await answer.text();
  if (text) read.push(path + " " + text.slice(0, 80));
}

const bodies = [
  ["/_mock/faults", { name: "close" }],
  ["/_mock/reset", {}],
  ["/_mock/clock", { seconds: 60 }],
  ["/_mock/workers/1/frames", { text: "{}" }],
  ["/_mock/notices", { message: { type: "payment_failed", job_ids: [], error: "stolen" } }],
];

function load(name, path) {
  return new Promise((done) => {
    const element = document.createElement(name);
    element.onload = () => { read.push(name + " " + path); done(); };
    element.onerror = done;
    if (name === "link") Object.assign(element, { rel: "stylesheet", href: at + path });
    else if (name === "script") Object.assign(element, { src: at + path });
    else element.src = at + path;
    document.body.append(element);
  });
}

function listen() {
  return new Promise((done) => {
    const source = new EventSource(at + "/_mock/events?since=0", { withCredentials: true });
    source.onopen = source.onmessage = () => { read.push("events"); done(); };
    source.onerror = () => { source.close(); done(); };
    for (const kind of ["hello", "frame"]) source.addEventListener(kind, source.onmessage);
  });
}

function post(path, body, type) {
  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action: at + path, enctype: type, target: "target" });
  const field = document.createElement("input");
  const text = JSON.stringify(body);
  field.name = text.slice(0, -1) + (text === "{}" ? '"x":"' : ',"x":"');
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  form.submit();
  return new Promise((done) => setTimeout(done, 60));
}

async function attack() {
  const tries = [];
  const paths = ["/_mock/state", "/_mock/jobs", "/_mock/transcript", "/_mock/transcript/0", "/_mock/static/main.js", "/dashboard"];
  for (const path of paths) for (const mode of ["cors", "no-cors"]) tries.push(get(path, { mode }));
  for (const [path, body] of bodies) {
    const text = JSON.stringify(body);
    tries.push(get(path, { method: "POST", body: text, headers: { "content-type": "application/json" } }));
    tries.push(get(path, { method: "POST", body: text, mode: "no-cors", headers: { "content-type": "text/plain" } }));
    navigator.sendBeacon(at + path, new Blob([text], { type: "text/plain" }));
  }
  tries.push(get("/_mock/faults", { method: "DELETE" }), listen());
  for (const path of ["/_mock/state", "/_mock/events"]) for (const name of ["img", "script", "link"]) tries.push(load(name, path));
  for (const name of ["script", "link"]) tries.push(load(name, "/_mock/static/" + (name === "link" ? "style.css" : "main.js")));
  await Promise.all(tries.map((attempt) => patience(attempt.catch(() => null))));
  for (const [path, body] of bodies) for (const type of ["text/plain", "application/x-www-form-urlencoded"]) await post(path, body, type);
  const frame = document.querySelector("iframe");
  frame.src = at + "/dashboard";
  await new Promise((done) => setTimeout(done, 400));
  try { read.push("frame " + frame.contentDocument.body.innerText); } catch { /* as it should be */ }
  const shown = open(at + "/dashboard");
  await new Promise((done) => setTimeout(done, 300));
  try { if (shown) read.push("window " + shown.document.title); } catch { /* as it should be */ }
  globalThis.result = read;
}
attack();
</script>
""")


@asynccontextmanager
async def elsewhere(page: str) -> AsyncIterator[str]:
    """A page served on another port, which is another origin; gives its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = page.encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
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
        async with elsewhere(ATTACK.substitute(url=running.url)) as address, chromium() as browser:
            # Whoever attacks has the reader's own browser: one that has visited the dashboard, too.
            async with visit(browser, f"{running.url}/dashboard") as (own, _):
                page = await own.context.new_page()
                await page.goto(address)
                await until(page, "globalThis.result !== undefined")
                assert await page.evaluate("globalThis.result") == []
        assert await stands(running) == before
        assert (await one.beat())["type"] == "heartbeat_ack"  # and no frame of the attacker's before it
