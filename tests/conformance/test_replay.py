"""Replaying recordings: every recorded job is held to what clauses fix, and to no more."""

from pathlib import Path

import pytest
from dispatch_conformance import replay
from dispatch_conformance.clock import ControlClock
from dispatch_conformance.engine import run_scenario
from dispatch_conformance.exchanges import Exchange, exchanges, shipped
from dispatch_conformance.replay import recorded
from dispatch_conformance.settings import Settings
from dispatch_conformance.verdicts import Verdict
from dispatch_protocol.canonical import Json
from dispatch_protocol.recording import Recording, frame_event, header
from dispatch_protocol.vocabulary import Role

from tests.conformance.small_workers import command
from tests.conformance.test_cli import GOOD


def test_the_shipped_recordings_hold_jobs_of_every_kind() -> None:
    kinds = {(exchange.recording, exchange.assigned.job_type) for exchange in shipped()}
    assert kinds == {("desktop", "TASK"), ("desktop", "LLM_INFER"), ("seeker", "TASK")}
    assert len(shipped()) == 26
    assert any(exchange.assigned.privacy_class == "PRIVATE" for exchange in shipped())
    assert sum('"error"' in exchange.output.text for exchange in shipped()) >= 4


def test_an_assignment_that_was_never_completed_is_left_out() -> None:
    text = '{"type":"job_assign","job_id":"a","job_type":"TASK","payload":{},"policy":"CHEAP",'
    text += '"privacy_class":"PUBLIC","user_id":"u"}'
    top = header("s", "p", "2026-11-22")
    events = (
        frame_event(0.0, 1, Role.COORDINATOR, text),
        frame_event(0.1, 1, Role.WORKER, "not json"),
        frame_event(0.2, 1, Role.WORKER, '{"type":"job_reject","job_id":"a","reason":""}'),
    )
    assert list(exchanges("r", Recording(top, events))) == []


async def test_a_conforming_worker_answers_as_recorded() -> None:
    async with ControlClock() as clock:
        run = await run_scenario(recorded, Settings(command=GOOD), clock)
    assert not run.error
    judged = {entry.check: entry for entry in run.observations if entry.check.startswith("replay.")}
    assert set(judged) == set(recorded.check_ids())
    assert {entry.verdict for entry in run.observations} == {Verdict.PASS}


async def test_a_wrong_output_breaks_the_clause_of_its_kind_and_not_its_hash(tmp_path: Path) -> None:
    async with ControlClock() as clock:
        run = await run_scenario(recorded, Settings(command=command(tmp_path, "summarize_short")), clock)
    failed = {entry.check for entry in run.observations if entry.verdict is Verdict.FAIL}
    assert {"replay.summary_long", "replay.classify_members", "replay.extract_json_members"} <= failed
    assert "replay.summary_short" not in failed
    faulty = next(entry for entry in run.observations if entry.check == "replay.faulty_class")
    assert faulty.verdict is Verdict.FAIL


async def test_a_capability_that_was_not_declared_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm = next(exchange for exchange in shipped() if exchange.assigned.job_type == "LLM_INFER")
    monkeypatch.setattr(replay, "shipped", lambda: (llm,))
    async with ControlClock() as clock:
        run = await run_scenario(recorded, Settings(command=command(tmp_path, "echo")), clock)
    verdicts = {entry.check: entry.verdict for entry in run.observations}
    assert verdicts["replay.llm_text"] is Verdict.NOT_APPLICABLE
    assert "replay.llm_text" in recorded.check_ids()


def test_an_exchange_keeps_the_output_as_it_was_recorded() -> None:
    exchange = next(exchange for exchange in shipped() if "1e+21" in exchange.output.text)
    assert isinstance(exchange, Exchange)
    assert exchange.output == Json.read(exchange.output.text)
