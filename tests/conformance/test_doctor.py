"""The doctor tells the ways of not being tested apart, by what it sees of workers that fail in each."""

import contextlib
import socket
import sys
from pathlib import Path

import pytest
from dispatch_conformance.cli import main
from dispatch_conformance.commands.doctor import told
from dispatch_conformance.doctor.evidence import Evidence, Patience
from dispatch_conformance.doctor.observe import observe
from dispatch_conformance.doctor.reason import Reason
from dispatch_conformance.doctor.reasons import reason_of

from tests.conformance.ailing_workers import SOURCES, command

QUICK = Patience(connect=12.0, register=3.0, late=1.0, settle=1.5, stay=0.7, answer=3.0, other=10.0)
BRIEF = Patience(connect=2.0, register=2.0, late=0.0, settle=1.5, stay=0.5, answer=3.0, other=5.0)
HASTY = Patience(connect=1.5, register=1.5, late=8.0, settle=1.5, stay=0.5, answer=3.0, other=1.5)

EXPECTED = {
    "ends": ("ends at once", "exit status 7"),
    "crashes": ("crash", "exit status 1"),
    "killed": ("killed", "SIGSEGV"),
    "usage": ("wants arguments", "exit status 2"),
    "variable": ("wants a variable", "WALLET_SEED_PATH"),
    "elsewhere": ("another address", "127.0.0.1:19"),
    "printed_variable": ("another variable", "MY_HUB_ADDRESS"),
    "tls": ("TLS", "http://"),
    "http_only": ("HTTP only", "GET /v1/jobs"),
    "other_protocol": ("not HTTP", "10 0c 4d 51 54 54"),
    "says_nothing": ("says nothing", "sends nothing"),
    "no_nonce": ("bad handshake", "Sec-WebSocket-Key"),
    "old_version": ("bad handshake", "Sec-WebSocket-Version"),
    "subprotocol": ("wants a subprotocol", "dispatch.v2"),
    "connects_and_leaves": ("connects and leaves", "without a register"),
    "waits": ("no register", "sends no register"),
    "hello": ("something else first", "hello"),
    "not_json": ("something else first", "REGISTER d75a"),
    "binary": ("binary", "binary frame"),
    "bad_key": ("bad register", "malformed"),
    "other_shape": ("bad register", "malformed"),
    "leaves": ("leaves when registered", "register_ack"),
    "no_answer": ("no answer", "first job"),
    "healthy": ("healthy", "nothing is wrong"),
}
BRIEFLY = {
    "other_variable": ("another variable", "BACKEND_URL"),
    "sleeps": ("never connects", "neither to the address"),
}
HASTILY = {
    "slow_start": ("slow", "to connect"),
    "slow_register": ("slow", "to register"),
}


async def seen_and_reason(line: str, patience: Patience, *ports: int) -> tuple[Evidence, Reason]:
    seen = await observe(line, patience, ports)
    return seen, reason_of(seen)


@pytest.mark.parametrize("name", [*EXPECTED, *BRIEFLY, *HASTILY])
async def test_every_way_has_its_reason(name: str, tmp_path: Path) -> None:
    patience = BRIEF if name in BRIEFLY else HASTY if name in HASTILY else QUICK
    seen, reason = await seen_and_reason(command(tmp_path, name), patience)
    report = "\n".join(told(seen, reason))
    expected, words = (EXPECTED | BRIEFLY | HASTILY)[name]
    assert reason.name == expected, report
    assert words in reason.sentence, report
    assert reason.advice
    assert reason.healthy == (name == "healthy")
    assert "\x1b" not in report
    assert "\x07" not in report


def test_every_ailing_worker_is_tried() -> None:
    assert {*EXPECTED, *BRIEFLY, *HASTILY, "default_port"} == SOURCES.keys()


async def test_a_malformed_register_names_the_clause(tmp_path: Path) -> None:
    _, reason = await seen_and_reason(command(tmp_path, "bad_key"), QUICK)
    (said,) = (line for line in reason.advice if line.startswith("W-REG-3:"))
    assert said.startswith("W-REG-3: `provider_pubkey`: expected 64 hexadecimal digits; got {")
    assert reason.advice[-1].startswith("dispatch-conformance explain W-REG-")


async def test_the_default_port_is_watched(tmp_path: Path) -> None:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _, reason = await seen_and_reason(command(tmp_path, "default_port", str(port)), QUICK, port)
    assert reason.name == "default port"
    assert str(port) in reason.sentence


async def test_a_default_port_in_use_is_said_to_be(tmp_path: Path) -> None:
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        seen, reason = await seen_and_reason(command(tmp_path, "ends"), QUICK, port)
    assert seen.taken == (port,)
    assert f"port {port} is in use" in "\n".join(told(seen, reason))


async def test_what_cannot_be_started_is_told_apart(tmp_path: Path) -> None:
    plain = tmp_path / "plain.py"
    plain.write_text("print('x')\n")
    bare = tmp_path / "bare"
    bare.write_bytes(b"\x00\x01\x02 no program\n")
    bare.chmod(0o755)
    lost = tmp_path / "lost"
    lost.write_text("#!/no/such/interpreter\n")
    lost.chmod(0o755)
    found = {
        word: (await seen_and_reason(word, QUICK))[1].name
        for word in (
            "no-such-program-here",
            "/no/such/worker",
            str(plain),
            str(tmp_path),
            str(bare),
            str(lost),
        )
    }
    assert list(found.values()) == [
        "not found",
        "not found",
        "not executable",
        "not a program",
        "not a program",
        "no interpreter",
    ]


def test_the_command_prints_reason_sights_and_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--worker", command(tmp_path, "connects_and_leaves")]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("connects and leaves: the worker connects and leaves without a register")
    assert "\nseen\n  it was told COORDINATOR_URL=http://127.0.0.1:" in printed
    assert "\nnext\n  send register as the first frame" in printed


def test_a_healthy_worker_is_0_and_misuse_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--worker", f"{sys.executable} -m dispatch_worker"]) == 0
    assert capsys.readouterr().out.startswith("healthy: nothing is wrong")
    assert main(["doctor", "--worker", "'unclosed"]) == 2
