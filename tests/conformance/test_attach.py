"""A worker that somebody starts elsewhere: on another loopback address, over TLS, once or again and again."""

import json
import os
import pty
import signal
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from dispatch_conformance.cli import main

from tests.conformance.attached import Attached, certificate
from tests.mutants_js import family

pytestmark = pytest.mark.skipif(bool(family.absent()), reason=f"not installed: {', '.join(family.absent())}")

SHARED = ("--only", "registration.first", "--only", "tasks.summarize", "--only", "jobs.i")
FRESH = ("--only", "robustness.before_ack")


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    family.install()


def verdicts(folder: Path) -> dict[str, str]:
    loaded: dict[str, Any] = json.loads((folder / "report" / "results.json").read_text("utf-8"))
    return {check["id"]: check["verdict"] for check in loaded["checks"]}


def asked(run: Attached) -> list[str]:
    return [line for line in run.told.all if "restart the worker now" in line]


def test_a_worker_that_reconnects_is_never_restarted(tmp_path: Path) -> None:
    with Attached(tmp_path, *SHARED, *FRESH, "--only", "keys", "--only", "llm.prompts") as run:
        worker = run.worker(run.url())
        code, printed = run.end()
    assert code == 0, printed
    assert not asked(run)
    assert worker.registrations == 3  # one for what any registered worker does for, and one for each of two
    found = verdicts(tmp_path)
    assert found["registration.works"] == found["jobs.ids"] == found["tasks.summary_long"] == "pass"
    assert found["jobs.in_ack_segment"] == found["robustness.early_not_json"] == "pass"
    assert found["keys.created"] == found["llm.prompt"] == "not_testable"
    assert found["transcript.W-REG-1"] == "pass"
    assert "the process is not under the suite's control" in printed
    assert "see --expect llm" in printed


def test_a_model_that_is_not_the_suites_is_asked_nothing(tmp_path: Path) -> None:
    with Attached(tmp_path, "--only", "faulty") as run:
        run.worker(run.url())
        code, printed = run.end()
    assert code == 0, printed
    (transcript,) = (tmp_path / "report" / "transcripts").iterdir()
    text = transcript.read_text("utf-8").replace("\\", "")
    assert '"job_type":"TASK"' in text
    assert '"job_type":"LLM_INFER"' not in text


def test_over_tls_with_a_pairing_code_and_the_suite_as_its_model(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    chosen = (
        "--only",
        "pairing",
        "--only",
        "llm.prompts",
        "--only",
        "llm.failures",
        "--only",
        "registration",
    )
    options = (
        "--tls-cert",
        str(cert),
        "--tls-key",
        str(key),
        "--expect",
        "pairing,llm",
        "--profile",
        "quick",
    )
    with Attached(tmp_path, *chosen, *options) as run:
        url = run.url()
        assert url.startswith("https://127.0.0.2:")
        assert run.told.until("OLLAMA_BASE_URL").endswith(url)
        code_told = run.told.until("TRUST_PAIRING_CODE=").partition("=")[2]
        run.worker(url, TRUST_PAIRING_CODE=code_told, NODE_EXTRA_CA_CERTS=str(cert))
        code, printed = run.end()
    assert code == 0, printed
    found = verdicts(tmp_path)
    assert found["pairing.claimed"] == found["pairing.code"] == found["pairing.private"] == "pass"
    assert found["llm.prompt"] == found["llm.text"] == found["llm.http_error"] == "pass"
    assert found["llm.own_model"] == found["llm.absent"] == found["pairing.refused"] == "not_testable"
    assert found["registration.no_claim"] == "not_testable"


def test_a_worker_that_does_not_reconnect_is_restarted_where_it_must_be(tmp_path: Path) -> None:
    with Attached(tmp_path, *SHARED, *FRESH, "--wait", "30") as run:
        url = run.url()
        run.worker(url, fleeting=True)
        for _ in range(2):
            run.told.until("restart the worker now")
            run.worker(url, fleeting=True)
        code, printed = run.end()
    assert code == 0, printed
    assert [worker.registrations for worker in run.workers] == [1, 1, 1]
    found = verdicts(tmp_path)
    assert found["jobs.in_ack_segment"] == found["robustness.early_not_json"] == "pass"


def test_nobody_is_asked_again_who_did_not_restart_the_worker(tmp_path: Path) -> None:
    with Attached(tmp_path, *SHARED, *FRESH, "--wait", "2") as run:
        run.worker(run.url(), fleeting=True)
        code, printed = run.end()
    assert code == 0, printed
    assert len(asked(run)) == 1
    assert "Enter" not in asked(run)[0]  # there is no terminal
    assert "nobody restarted the worker" in printed
    found = verdicts(tmp_path)
    assert found["jobs.in_ack_segment"] == found["robustness.early_not_json"] == "not_testable"


def test_enter_leaves_out_what_needs_a_restart(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with Attached(tmp_path, *SHARED, "--wait", "80", stdin=theirs, stderr=theirs) as run:
        os.close(theirs)
        seen = b""
        while b"TRUST_PAIRING_CODE" not in seen:
            seen += os.read(ours, 4096)
        url = seen.decode().partition("COORDINATOR_URL=")[2].split()[0]
        run.worker(url, fleeting=True)
        while b"or press Enter to leave 1 check out" not in seen:
            seen += os.read(ours, 4096)
        os.write(ours, b"\n")
        code, printed = run.end()
        os.close(ours)
    assert code == 0, printed
    assert "it was left out" in printed
    assert verdicts(tmp_path)["jobs.in_ack_segment"] == "not_testable"


def test_a_broken_worker_fails_what_it_breaks_and_a_dead_one_is_restarted(tmp_path: Path) -> None:
    chosen = ("--only", "hashes", "--only", "robustness.frames", "--only", "robustness.transport")
    with Attached(tmp_path, *chosen, "--wait", "30") as run:
        url = run.url()
        run.worker(url, defect="dies-of-null")
        run.told.until("restart the worker now")
        run.worker(url, defect="hash-sorted")  # not the same defect: what dies once need not die again
        code, printed = run.end()
    assert code == 1, printed
    found = verdicts(tmp_path)
    assert found["robustness.null"] == "fail"
    assert found["hashes.order"] == found["robustness.ping"] == "pass"
    again = next(line for line in printed.splitlines() if "robustness.frames --seed 1" in line)
    assert "dispatch-conformance run --attach --listen 127.0.0.2:0 --wait 30 --only" in again
    assert "in the folder of this page" not in (tmp_path / "report" / "report.html").read_text("utf-8")


def test_two_workers_at_once_are_not_mixed(tmp_path: Path) -> None:
    with Attached(tmp_path, *SHARED, *FRESH, "--only", "tasks") as run:
        url = run.url()
        first = run.worker(url)
        first.lines.until("Registered as")
        second = run.worker(url, name="another")
        code, printed = run.end()
    assert code == 0, printed
    assert second.registrations == 0
    assert any("a second worker came: it is turned away" in line for line in run.told.all)
    key = next(line for line in first.lines.all if "Public key" in line).split()[-1].rstrip(".")
    assert f"worker {key}" in printed


def test_any_path_will_do(tmp_path: Path) -> None:
    with Attached(tmp_path, "--only", "jobs.ids") as run:
        run.worker(f"{run.url()}/some/path")
        code, printed = run.end()
    assert code == 0, printed
    assert verdicts(tmp_path)["jobs.ids"] == "pass"


def test_nobody_comes(tmp_path: Path) -> None:
    with Attached(tmp_path, "--only", "jobs", "--wait", "1") as run:
        code, printed = run.end()
    assert code == 3
    assert "nobody connected to http://127.0.0.2:" in printed.splitlines()[-2]


def test_a_worker_at_another_port_has_not_come(tmp_path: Path) -> None:
    with socket.socket() as closed, Attached(tmp_path, "--only", "jobs", "--wait", "2") as run:
        closed.bind(("127.0.0.2", 0))
        run.url()
        run.worker(f"http://127.0.0.2:{closed.getsockname()[1]}")
        code, printed = run.end()
    assert code == 3
    assert "is the worker told this very address and port" in printed


@pytest.mark.parametrize(
    ("secured", "scheme", "words"),
    [
        (False, "https", "spoke TLS, and this address has none"),
        (True, "http", "spoke plain HTTP, and this address is TLS"),
        (True, "https", "does the worker trust the certificate"),
    ],
)
def test_tls_that_does_not_come_about_is_told(tmp_path: Path, secured: bool, scheme: str, words: str) -> None:
    cert, key = certificate(tmp_path)
    tls = ("--tls-cert", str(cert), "--tls-key", str(key)) if secured else ()
    with Attached(tmp_path, "--only", "jobs", "--wait", "3", *tls) as run:
        run.worker(f"{scheme}://{run.url().partition('://')[2]}")
        code, printed = run.end()
    assert code == 3, printed
    assert words in printed


def test_requests_alone_are_no_worker(tmp_path: Path) -> None:
    with Attached(tmp_path, "--only", "jobs", "--wait", "2") as run:
        with pytest.raises(OSError, match=r"404|reset|closed"):
            urllib.request.urlopen(f"{run.url()}/wake%1b/up", timeout=20)
        code, printed = run.end()
    assert code == 3, printed
    assert "made HTTP requests (GET /wake%1b/up), and none for a WebSocket" in printed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "either --worker COMMAND or --attach"),
        (["--attach", "--worker", "x"], "not both"),
        (["--worker", "x", "--listen", ":0"], "--listen is for --attach"),
        (["--attach", "--listen", "h:99999"], "HOST:PORT is needed"),
        (["--attach", "--listen", "203.0.113.7:0"], "cannot listen on 203.0.113.7:0: Cannot assign"),
        (["--attach", "--listen", "203.0.113.7:0"], "; --listen HOST:PORT names another address\n"),
        (["--attach", "--listen", ""], "HOST:PORT is needed"),
        (["--attach", "--listen", "a..b:0"], "cannot listen on a..b:0: there is no such host"),
        (["--attach", "--advertise-url", ""], "an address as http://"),
        (["--attach", "--expect", ""], "pairing and llm can be expected"),
        (["--attach", "--advertise-url", "192.168.1.5"], "an address as http://"),
        (["--attach", "--expect", "pairing,lmm"], "--expect lmm"),
        (["--attach", "--tls-key", "k"], "belongs to a --tls-cert"),
        (["--attach", "--tls-cert", "/no/such/file"], "no certificate and key"),
        (["--attach", "--repeat-failures", "2"], "every repetition is a fresh worker"),
        (["--attach", "--exclude", "jobs", "--only", "keys"], "nothing of this can be examined on a worker"),
    ],
)
def test_misuse(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--only", "jobs", *options]) == 2
    assert words in capsys.readouterr().err


def test_the_address_told_may_be_another_one(tmp_path: Path) -> None:
    url = "wss://box.example/behind"
    with Attached(tmp_path, "--only", "llm", "--wait", "1", "--expect", "llm", "--advertise-url", url) as run:
        assert run.url() == url
        assert run.told.until("OLLAMA_BASE_URL").endswith("=https://box.example/behind")
        assert run.end()[0] == 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_waiting_ends_when_it_is_told_to(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with Attached(tmp_path, "--only", "jobs") as run:
        worker = run.worker(run.url())
        worker.lines.until("Registered as")
        run.process.send_signal(number)
        assert run.end()[0] == code


def test_a_dry_run_names_what_is_not_testable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--attach", "--only", "pairing", "--only", "jobs.ids", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "pairing.claim: not testable here: no pairing code was given out" in printed
    assert "jobs.ids: jobs.ids; about" in printed
