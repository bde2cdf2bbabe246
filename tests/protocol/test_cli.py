"""The command dispatch-protocol: exact bytes, verdicts as exit codes, messages for every misuse, pipes."""

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dispatch_protocol import cli
from dispatch_protocol.canonical import Json, hash_text, stringify
from dispatch_protocol.cli import main
from dispatch_protocol.keys import Identity, load_or_create
from dispatch_protocol.receipts import receipt_text, sign_receipt
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES

WORKER = Identity.from_seed(bytes(range(32)))
OTHER = Identity.from_seed(bytes(32))
OUTPUT = Json.of({"summary": "Dispatch…", "word_count": 1.0})
RECEIPT = receipt_text("job-1", WORKER.pubkey_hex, OUTPUT.hash, "2026-02-09T12:01:06.237Z")
SIGNATURE = sign_receipt(RECEIPT, WORKER)
COMMAND = [sys.executable, "-m", "dispatch_protocol.cli"]


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs the command in this process, with the bytes given as its input."""

    def ran(*arguments: str, given: str | bytes = b"") -> Ran:
        document = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document)))
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return ran


def answer(**changed: Any) -> str:
    stored = {**json.loads(RECEIPT), "signature": SIGNATURE, "verified": True}
    document = {"id": "job-1", "status": "completed", "result": OUTPUT.value, "receipt": stored}
    return json.dumps(document | {"created_at": "2026", "completed_at": "2026"} | changed, indent=2)


def frame(**changed: Any) -> str:
    members = {"type": "job_complete", "job_id": "job-1", "output": OUTPUT.value, "output_hash": OUTPUT.hash}
    members |= {"receipt": json.loads(RECEIPT), "receipt_signature": SIGNATURE}
    return json.dumps(members | changed)


def line_of(out: str, name: str) -> list[str]:
    (line,) = [line.split() for line in out.splitlines() if line.split()[2:3] == [name]]
    return line


def test_canonical_prints_the_exact_bytes_and_no_line_feed(run: Run) -> None:
    assert run("canonical", given='{"b": 1.0, "2": "\\u00e9/", "1": [1e21]} \n') == Ran(
        0, '{"1":[1e+21],"2":"é/","b":1}', ""
    )


def test_canonical_of_deep_and_lone(run: Run) -> None:
    deep = "[" * 10_000 + "]" * 10_000
    assert run("canonical", given=deep).out == deep
    assert run("canonical", given='"\\uD800"').out == '"\\ud800"'


def test_hash_is_of_the_canonical_text(run: Run) -> None:
    assert run("hash", given='{"a":\t1.0}') == Ran(0, hash_text('{"a":1}') + "\n", "")


def test_a_document_may_be_a_file(run: Run, tmp_path: Path) -> None:
    document = tmp_path / "document.json"
    document.write_text("[1.50]")
    assert run("canonical", str(document)).out == "[1.5]"
    assert run("canonical", "-", given="2.0").out == "2"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "the document is no JSON: expected a value at index 0"),
        ("{", "at index 1"),
        ("[1] x", "unexpected text behind the value at index 4"),
        (b"\xff", "invalid UTF-8 at index 0"),
        (b"\xef\xbb\xbf1", "expected a value at index 0"),
        ("[" * 10_001 + "]" * 10_001, "nested more than 10000 levels deep"),
        ("NaN", "is no JSON"),
    ],
)
def test_a_document_that_is_no_json_is_misuse(run: Run, given: str | bytes, told: str) -> None:
    for command in ("canonical", "hash", "verify"):
        code, out, err = run(command, given=given)
        assert (code, out) == (2, "")
        assert err.startswith("dispatch-protocol: ")
        assert told in err
        assert err.count("\n") == 1


def test_a_document_beyond_the_limit_is_misuse(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "MAX_DOCUMENT_BYTES", 10)
    assert run("canonical", given="1" * 10).code == 0
    assert run("canonical", given="1" * 11) == Ran(
        2, "", "dispatch-protocol: the document is longer than 10 bytes\n"
    )


@pytest.mark.parametrize("path", ["missing.json", ".", "a\0b", "\x1b[31m"])
def test_a_file_that_cannot_be_read_is_misuse(run: Run, path: str) -> None:
    code, out, err = run("canonical", path)
    assert (code, out) == (2, "")
    assert "cannot be read" in err
    assert err.removesuffix("\n").isprintable()


@pytest.mark.parametrize("document", [answer(), frame()])
def test_a_good_receipt_is_verified_and_what_was_trusted_is_said(run: Run, document: str) -> None:
    code, out, err = run("verify", given=document)
    assert (code, err) == (0, "")
    assert out.endswith("\nverified\n")
    assert "taken on trust from the document itself: job id, public key\n" in out
    assert "FAIL" not in out
    for name in ("receipt", "signature", "job_id", "provider_pubkey", "output_hash", "member_order"):
        assert line_of(out, name)[0] == "pass"


def test_what_the_reader_knows_is_not_taken_on_trust(run: Run) -> None:
    known = ("--pubkey", WORKER.pubkey_hex, "--job-id", "job-1")
    code, out, _ = run("verify", *known, given=answer())
    assert code == 0
    assert "trust" not in out
    assert "itself: public key\n" in run("verify", "--job-id", "job-1", given=frame()).out


@pytest.mark.parametrize(
    ("arguments", "document", "failed", "clause"),
    [
        (["--pubkey", OTHER.pubkey_hex], answer(), "provider_pubkey", "W-RCP-3"),
        (["--pubkey", OTHER.pubkey_hex], frame(), "signature", "W-SIG-2"),
        (["--job-id", "job-2"], answer(), "job_id", "W-RCP-2"),
        ([], answer(id="job-2"), "job_id", "W-RCP-2"),
        ([], answer(result={"summary": "other"}), "output_hash", "W-RCP-4"),
        ([], frame(output={"summary": "other"}), "output_hash", "W-RCP-4"),
        ([], answer(receipt=None, status="pending"), "receipt", "W-RCP-1"),
        ([], answer(receipt=[]), "receipt", "W-RCP-1"),
        ([], answer(receipt=json.loads(RECEIPT)), "signature", "W-SIG-1"),
        (
            [],
            answer(receipt={**json.loads(RECEIPT), "signature": 7, "verified": True}),
            "signature",
            "W-SIG-1",
        ),
        ([], frame(receipt_signature=SIGNATURE.rstrip("=")), "signature", "W-SIG-1"),
        ([], frame(receipt={**json.loads(RECEIPT), "verified": True}), "reserved_members", "W-RCP-12"),
        ([], frame(receipt={}), "provider_pubkey", "W-RCP-3"),
    ],
)
def test_a_bad_receipt_is_not_verified(
    run: Run, arguments: list[str], document: str, failed: str, clause: str
) -> None:
    code, out, err = run("verify", *arguments, given=document)
    assert (code, err) == (1, "")
    assert out.endswith("\nNOT verified\n")
    assert line_of(out, failed)[:2] == ["FAIL", clause]


def test_a_fault_of_form_is_told_and_changes_nothing(run: Run) -> None:
    text = stringify(dict(reversed(json.loads(RECEIPT).items())))
    document = frame(receipt=json.loads(text), receipt_signature=sign_receipt(text, WORKER))
    code, out, _ = run("verify", given=document)
    assert code == 0
    assert line_of(out, "member_order")[:2] == ["FAIL", "W-RCP-7"]


def test_a_wrong_declared_hash_is_told_apart(run: Run) -> None:
    code, out, _ = run("verify", given=frame(output_hash="0" * 64))
    assert code == 0
    assert line_of(out, "declared_hash")[:2] == ["FAIL", "W-CAN-2"]


@pytest.mark.parametrize(
    ("arguments", "document", "told"),
    [
        ([], "{}", "neither the answer of GET /v1/jobs/{id} nor a job_complete"),
        ([], "[1]", "neither"),
        ([], '{"error":"Job not found"}', "neither"),
        ([], '{"type":"heartbeat","provider_pubkey":"%s"}' % ("0" * 64), "no job_complete"),
        ([], '{"type":"novelty"}', "no job_complete"),
        ([], '{"type":"job_complete"}', "the frame breaks W-JOB-7 at $.job_id: missing"),
        ([], '{"type":"job_complete","job_id":7}', "at $.job_id"),
        ([], frame(output="x" * MAX_FRAME_BYTES), "longer than 1048576 bytes"),
        ([], answer(id=7), "$.id is no string"),
        (["--pubkey", "ab"], answer(), "64 hex digits"),
        (["--pubkey", WORKER.pubkey_hex + "\n"], answer(), "64 hex digits"),
    ],
)
def test_what_is_no_claim_is_misuse(run: Run, arguments: list[str], document: str, told: str) -> None:
    code, out, err = run("verify", *arguments, given=document)
    assert (code, out) == (2, "")
    assert told in err


def test_hostile_text_is_shown_escaped(run: Run) -> None:
    hostile = "\x1b[2J\u202e\n\0\x9b" * 1000
    stored = {"job_id": hostile, "provider_pubkey": hostile, hostile: 1, "signature": hostile}
    for document in (answer(id=hostile, receipt=stored), frame(job_id=hostile, receipt=stored)):
        code, out, _ = run("verify", given=document)
        assert code == 1
        assert out.isascii()
        assert out.replace("\n", "").isprintable()
        assert len(out) < 20_000


def test_keys_show_prints_the_public_key_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "data" / "worker-key.json"
    identity, _ = load_or_create(path)
    assert run("keys", "show", str(path)) == Ran(0, identity.pubkey_hex + "\n", "")
    path.chmod(0o644)
    code, out, err = run("keys", "show", str(path))
    assert (code, out) == (0, identity.pubkey_hex + "\n")
    assert "warning" in err
    assert "chmod 600" in err
    assert identity.seed.hex() not in out + err


def test_keys_show_of_a_damaged_file_is_misuse(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "worker-key.json"
    path.write_text('{"publicKey":[]}')
    code, out, err = run("keys", "show", str(path))
    assert (code, out) == (2, "")
    assert "$.publicKey" in err
    assert path.read_text() == '{"publicKey":[]}'
    assert run("keys", "show", str(tmp_path / "none")).code == 2


def test_clauses_are_listed_by_prefix(run: Run) -> None:
    whole = run("clauses")
    assert whole.code == 0
    assert len(whole.out.splitlines()) > 130
    some = run("clauses", "w-sig").out.splitlines()
    assert some
    assert all(line.startswith("W-SIG-") for line in some)
    assert set(some) < set(whole.out.splitlines())
    assert run("clauses", "W-NONE").code == 2


def test_version_and_misuse_of_arguments(run: Run) -> None:
    assert version("dispatch-reference") in run("--version").out
    for arguments in ([], ["nonsense"], ["keys"], ["verify", "--nonsense"], ["canonical", "a", "b"]):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert "usage:" in err


def test_it_works_in_a_pipe_byte_for_byte() -> None:
    document = '{"output": "é\u2028", "n": 1.0}'.encode()
    ran = subprocess.run([*COMMAND, "canonical"], input=document, capture_output=True, timeout=60, check=True)
    assert (ran.stdout, ran.stderr) == ('{"output":"é\u2028","n":1}'.encode(), b"")
    again = subprocess.run([*COMMAND, "hash"], input=ran.stdout, capture_output=True, timeout=60, check=True)
    assert again.stdout.decode().strip() == hash_text(ran.stdout.decode())


def test_a_reader_that_leaves_ends_it_quietly_and_not_as_verified() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    ran = subprocess.run(
        [*COMMAND, "verify"],
        input=answer().encode(),
        stdout=write_end,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(write_end)
    assert (ran.returncode, ran.stderr) == (2, b"")


def test_a_terminal_gets_a_line_feed() -> None:
    ours, theirs = pty.openpty()
    subprocess.run([*COMMAND, "canonical"], input=b"[ 1 ]", stdout=theirs, timeout=60, check=True)
    os.close(theirs)
    printed = os.read(ours, 100)
    os.close(ours)
    assert printed == b"[1]\r\n"


def test_a_shipped_answer_verifies() -> None:
    lines = (files("dispatch_conformance") / "recordings" / "desktop.jsonl").read_text("utf-8").split("\n")
    answers = [json.loads(line).get("response") or "" for line in lines if line]
    document = next(text for text in answers if '"receipt":{' in text)
    ran = subprocess.run(
        [*COMMAND, "verify"], input=document.encode(), capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
