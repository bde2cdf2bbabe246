"""The log of a running coordinator, in a file: what is shown, in both formats, and the summary."""

import json
from pathlib import Path
from typing import Any

import pytest
from dispatch_mockcoord.faults import Faults
from dispatch_mockcoord.log import Detail, Log
from dispatch_mockcoord.log.summary import Account
from dispatch_mockcoord.server import MockCoordinator
from dispatch_mockcoord.watch import Watch

from tests.mockcoord.client import TASK, client, connected, settings, worker

KEY = "4cb5abf6ad79fbf5"


async def logged(path: Path, *, watched: bool = True, **options: Any) -> str:
    """What is written while a worker does a job well, and one badly, and others misbehave."""
    with path.open("wb") as file:
        log = Log(file.fileno(), environment={}, **options)
        faults, watch = Faults(["delay:message=heartbeat_ack,seconds=0"], seed=1), Watch(settings().terms)
        faults.watchers.append(log.strike)
        watch.watchers.append(log.breach)
        layers = (log, faults, watch) if watched else (log, faults)
        running = MockCoordinator(settings(), layers=layers)
        async with running, client(running) as http:
            log.begin("first")
            async with worker(running) as one, connected(running) as stranger:
                assert one.identity.pubkey_hex.startswith(KEY)
                for output in (None, {"summary": "other", "word_count": 1}):
                    await http.post("/v1/jobs/commit/fast", json=TASK)
                    assignment = await one.hear()
                    message = one.completion(assignment)
                    await one.say({**message, "output": output} if output else message)
                    await one.beat()
                await stranger.say("nonsense")
                await stranger.hear()
                assert (await http.get("/v1/jobs/none")).status_code == 404
        log.conclude(watched=watched)
        log.close()
    return path.read_text()


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()[1:]]


async def test_one_line_an_event_and_a_summary(tmp_path: Path) -> None:
    text = await logged(tmp_path / "log")
    lines = text.splitlines()
    assert lines[0] == "first"
    for who, what in [
        (KEY, "registered"),
        (KEY, "assigned"),
        (KEY, "completed"),
        (KEY, "FAULT"),
        (KEY, "VIOLATION"),
        ("connection 2", "refused"),
        ("client", "refused"),
        (KEY, "left"),
    ]:
        assert any(line[14:].startswith(f"{who:16}  {what:10}  ") for line in lines), (who, what)
    assert not [line for line in lines if line[32:].startswith(("frame ", "request ")) and line[0] != " "]
    assert "  jobs        2: 2 completed" in lines
    assert "  receipts    1 of 2 verified" in lines
    assert "  faults      delay 2" in lines
    assert "\x1b" not in text


async def test_every_frame_with_v(tmp_path: Path) -> None:
    lines = (await logged(tmp_path / "log", detail=Detail.VERBOSE)).splitlines()
    frames = [line for line in lines if "  frame     " in line]
    assert any('gets  {"type":"job_assign"' in line for line in frames)
    assert any('sends {"type":"job_complete"' in line for line in frames)
    assert any("request     POST /v1/jobs/commit/fast" in line for line in lines)
    guilty = next(number for number, line in enumerate(lines) if "VIOLATION   W-" in line)
    assert "job_complete" in lines[guilty - 1], "the frame first, then what is wrong with it"


async def test_violations_and_the_summary_alone_with_q(tmp_path: Path) -> None:
    lines = (await logged(tmp_path / "log", detail=Detail.QUIET)).splitlines()
    heads = {line[32:44].strip() for line in lines[1:] if line[:1].isdigit()}
    assert heads == {"VIOLATION"}
    assert any(line.startswith("Ended after") for line in lines)


async def test_one_object_a_line_as_json(tmp_path: Path) -> None:
    seen = events(await logged(tmp_path / "log", as_json=True))
    assert all(list(one)[:2] == ["time", "event"] for one in seen)
    completed = [one for one in seen if one["event"] == "completed"]
    assert [one["receipt"] for one in completed] == ["verified", "unverified"]
    violations = [one for one in seen if one["event"] == "violation"]
    assert {"W-CAN-2", "W-FRM-2"} <= {one["clause"] for one in violations}
    firsts = [one for one in violations if "sentence" in one]
    assert len(firsts) == len({one["clause"] for one in violations})
    figures = seen[-1]["figures"]
    assert seen[-1]["event"] == "ended"
    assert figures["jobs"] == {"completed": 2}
    assert figures["workers"] == {"keys": 1, "registrations": 1}
    assert figures["receipts"] == {"received": 2, "verified": 1}
    assert {one["clause"] for one in figures["violations"]} == {one["clause"] for one in violations}
    assert figures["faults"] == {"delay": 2}


async def test_faults_are_shown_also_where_no_transcript_is_kept(tmp_path: Path) -> None:
    text = await logged(tmp_path / "log", watched=False)
    assert "FAULT" in text
    assert "VIOLATION" not in text
    assert "  violations  not looked for" in text


async def test_nothing_is_written_before_it_begins(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        log = Log(file.fileno(), environment={})
        log.reset()
        log.close()
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.parametrize("late", [False, True])
async def test_a_receipt_counts_once_whether_bundled_or_late(late: bool) -> None:
    account, steps = Account(), list[str]()
    running = MockCoordinator(settings())
    running.observe(lambda effect: steps.append(account.effect(effect)))
    async with running, client(running) as http, worker(running) as one:
        await http.post("/v1/jobs/commit/fast", json=TASK)
        message = one.completion(await one.hear())
        receipt, signature = message["receipt"], message["receipt_signature"]
        if late:
            del message["receipt"], message["receipt_signature"]
        await one.say(message)
        if late:
            await one.say({"type": "receipt_submit", "receipt": receipt, "signature": signature})
        await one.beat()
    figures = account.figures(1.0, watched=True)
    assert figures["jobs"] == {"completed": 1}
    assert figures["receipts"] == {"received": 1, "verified": 1}
    assert [step for step in steps if step] == ["assigned", "completed"] + ["receipt"] * late
