"""The handle: what it keeps, checks and turns, and how it starts anew."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import websockets
from dispatch_mockcoord.settings import Settings
from dispatch_mockcoord.testing import (
    ClausesBroken,
    CoordinatorHandle,
    JobFailed,
    mock_coordinator,
)
from dispatch_protocol.errors import UsageError
from dispatch_protocol.recording import Frame, Http, Opened, read_lines
from dispatch_protocol.rules import Rules
from dispatch_protocol.vocabulary import Role

from tests.mockcoord.blocking import registered


@pytest.fixture
def running() -> Iterator[CoordinatorHandle]:
    """New workers get jobs at once: these tests wait for nothing."""
    with mock_coordinator(settle_seconds=0) as handle:
        yield handle


def test_the_transcript_can_be_saved(running: CoordinatorHandle, tmp_path: Path) -> None:
    with registered(running.ws_url):
        pass
    running.transcript.save(tmp_path / "session.jsonl")
    events = read_lines((tmp_path / "session.jsonl").read_text("utf-8").splitlines()).events
    assert isinstance(events[0], Opened)
    assert [event.sender for event in events if isinstance(event, Frame)] == [Role.WORKER, Role.COORDINATOR]


def test_a_reset_leaves_nothing_but_the_address(running: CoordinatorHandle) -> None:
    url = running.url
    with registered(running.ws_url) as worker:
        running.pair("alice", worker.pubkey)
        running.submit("classify", "good")
        worker.hear()
        running.faults.add("close", code=1012, message="job_assign")
        running.clock.advance(10)
        worker.say("nonsense")
        assert worker.hear()["type"] == "error"
        assert running.violations != ()
        running.reset()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            worker.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    assert running.url == url
    assert (running.workers, running.jobs, running.receipts, running.violations) == ((), (), (), ())
    assert (running.faults.active, running.clock.ahead, running.transcript.events) == ((), 0.0, ())
    with registered(running.ws_url) as worker, pytest.raises(JobFailed, match="paired with user 'alice'"):
        running.run("classify", "good", user_id="alice", privacy_class="PRIVATE")


def test_what_is_submitted_stands_in_the_transcript_as_a_client_s_request(running: CoordinatorHandle) -> None:
    job_id = running.submit("classify", "good")
    with pytest.raises(JobFailed):
        running.run("LLM_INFER", "hello", privacy_class="PRIVATE")
    code = running.pairing_code("alice")
    events = running.transcript.events
    asked = [(event.path, event.status) for event in events if isinstance(event, Http)]
    assert asked == [
        ("/v1/jobs/commit/cheap", 201),
        ("/v1/jobs/commit/fast", 422),
        ("/v1/trust/create", 201),
    ]
    rules = Rules()
    assert [finding for event in events for finding in rules.feed(event)] == []
    assert {"C-REST-2", "C-TRU-1"} <= rules.judged.keys()
    told = " ".join(running.transcript.lines())
    assert job_id in told
    assert code in told


def test_a_reset_keeps_what_the_setup_says() -> None:
    with mock_coordinator(faults=["close:code=1012,count=1"], seed=7, allow="W-FRM") as running:
        running.faults.clear()
        running.reset()
        assert [fault.name for fault in running.faults.active] == ["close"]
        assert running.faults.seed == 7
        with registered(running.ws_url) as worker:
            worker.say("nonsense")
            worker.hear()
        assert running.violations == ()


def test_a_broken_must_ends_the_block_and_says_how_to_mend_it() -> None:
    handle = mock_coordinator(settle_seconds=0)
    handle.start()
    with registered(handle.ws_url) as worker:
        job_id = handle.submit("summarize", "some text")
        worker.complete(output_hash="0" * 64)
        handle.wait_for_job(job_id)
    (breach, *_) = handle.violations
    assert (breach.clause, breach.level, breach.worker) == ("W-CAN-2", "MUST", worker.pubkey)
    with pytest.raises(ClausesBroken) as broken:
        handle.__exit__(None, None, None)
    text = str(broken.value)
    for part in (
        "The worker broke",
        f"W-CAN-2 (MUST) at {breach.t:.3f} s connection 1, worker {worker.pubkey[:16]}",
        breach.sentence,
        f"got       {'0' * 64}",
        "where     $.output_hash of",
        '"type":"job_complete"',
        "mend      ",
    ):
        assert part in text


def test_what_is_allowed_is_overlooked() -> None:
    with mock_coordinator(allow=["W-FRM-2"]) as running, registered(running.ws_url) as worker:
        worker.say("nonsense")
        assert worker.hear()["code"] == "PARSE_ERROR"
        worker.say("{}")
        assert worker.hear()["code"] == "INVALID_MSG"
        assert [breach.clause for breach in running.violations] == ["W-FRM-4"]
        with pytest.raises(UsageError, match="there is no clause W-FRMX"):
            running.allow("W-FRMX")
        running.allow("W-FRM")
        assert running.violations == ()


def test_a_claim_is_charged_to_the_only_worker(running: CoordinatorHandle) -> None:
    """What binds DESKTOP alone binds it over HTTP too, where no connection says who asks."""
    with registered(running.ws_url) as worker:
        code = running.pairing_code("alice")
        body = {"pairing_code": f" {code} ", "provider_pubkey": worker.pubkey}
        data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        with pytest.raises(HTTPError, match="400"):
            urlopen(Request(f"{running.url}/v1/trust/claim", data, headers))
        (breach,) = running.violations
        assert (breach.clause, breach.level, breach.worker) == ("W-PAIR-2", "MUST", worker.pubkey)
        assert "POST /v1/trust/claim" in breach.event
        running.allow("W-PAIR-2")


def test_the_check_can_be_left_out_or_asked_for() -> None:
    with mock_coordinator(check=False) as running, registered(running.ws_url) as worker:
        running.check()
        worker.say("nonsense")  # not heard yet when the check begins
        with pytest.raises(ClausesBroken, match="W-FRM-2"):
            running.check()


def test_an_error_in_the_block_is_not_hidden() -> None:
    def fail_with(running: CoordinatorHandle) -> None:
        with registered(running.ws_url) as worker:
            worker.say("nonsense")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), mock_coordinator() as running:
        fail_with(running)


def test_options_are_those_of_the_settings_and_the_terms() -> None:
    given = Settings(network="solana")
    with mock_coordinator(settings=given, max_connections=1, worker_seconds=3) as running:
        settings = running.desk.setup.settings
        assert (settings.network, settings.max_connections) == ("solana", 1)
        assert settings.terms.worker_seconds == 3
    with pytest.raises(UsageError, match="no option setle_seconds; did you mean settle_seconds"):
        mock_coordinator(setle_seconds=0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"settle_seconds": "1"}, "settle_seconds cannot be 1: Expected `float`, got `str`"),
        ({"settle_seconds": -0.5}, "settle_seconds cannot be -0.5: no number from 0 on"),
        ({"worker_seconds": float("nan")}, "worker_seconds cannot be nan: no number from 0 on"),
        ({"max_connections": True}, "max_connections cannot be True: Expected `int`, got `bool`"),
        ({"host": b"\x1b" * 1000}, "host cannot be .{,200}: Expected `str`, got `bytes`"),
        ({"allow": "W-HTB"}, "there is no clause W-HTB; did you mean W-HBT"),
    ],
)
def test_an_option_of_the_wrong_kind_is_named_at_once(options: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        mock_coordinator(**options)


def test_a_path_is_taken_for_the_database_and_a_whole_number_for_seconds(tmp_path: Path) -> None:
    with mock_coordinator(db=tmp_path / "jobs.db", settle_seconds=0) as running:
        running.submit("classify", "good")
    assert (tmp_path / "jobs.db").exists()


def test_a_thread_that_cannot_begin_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("too many open files")

    monkeypatch.setattr("dispatch_mockcoord.testing.thread._loop_factory", fail)
    running = mock_coordinator()
    with pytest.raises(OSError, match="too many"):
        running.start()
    assert not running.is_running


def test_time_passes_at_once_and_nobody_is_charged() -> None:
    with mock_coordinator(settle_seconds=0) as running, registered(running.ws_url) as worker:
        running.clock.advance(300)
        assert running.clock.ahead == 300
        assert [view.pubkey for view in running.workers] == [worker.pubkey]
        running.clock.mute(worker.pubkey)
        running.clock.advance(40)
        with pytest.raises(websockets.ConnectionClosed):
            worker.hear()
        assert running.violations == ()


def test_faults_are_turned_while_it_runs(running: CoordinatorHandle) -> None:
    with registered(running.ws_url) as worker:
        running.faults.add("close:code=1012", message="job_assign", count=1)
        assert [fault.name for fault in running.faults.active] == ["close"]
        running.submit("classify", "good")
        assert worker.hear()["type"] == "job_assign"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            worker.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert running.faults.counts == {"close": 1}
        assert [struck.name for struck in running.faults.injected] == ["close"]
        assert running.transcript.header.seed == running.faults.seed
        running.faults.remove("close")
        assert running.faults.active == ()
        with pytest.raises(UsageError, match="clsoe"):
            running.faults.add("clsoe")


def test_what_a_fault_holds_back_comes_when_the_clock_gets_there(running: CoordinatorHandle) -> None:
    with registered(running.ws_url) as worker:
        running.faults.add("delay", message="job_assign", seconds=20)
        job_id = running.submit("summarize", "text")
        running.clock.advance(21)
        worker.complete()
        assert running.wait_for_job(job_id).verified
