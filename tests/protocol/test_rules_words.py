"""What a finding says is for whoever writes a worker in any language: members by name, values as JSON."""

import json
from typing import Any

import pytest
from dispatch_protocol.vocabulary import Role

from tests.protocol.golden.script import PUBKEY, Script


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"metrics": {"cpu_pct": "12%"}}, "`metrics.cpu_pct`: expected a number or null, got a string"),
        ({"metrics": [1]}, "`metrics`: expected an object or null, got a list"),
        ({"provider_pubkey": True}, "`provider_pubkey`: expected a string, got a boolean"),
        ({"provider_pubkey": "0x"}, "`provider_pubkey`: expected 64 hexadecimal digits"),
        ({"provider_pubkey": ...}, "`provider_pubkey`: missing"),
    ],
)
def test_a_member_at_fault_is_named_with_what_it_should_be(message: dict[str, Any], words: str) -> None:
    heartbeat = {"type": "heartbeat", "provider_pubkey": PUBKEY} | message
    sent = {name: value for name, value in heartbeat.items() if value is not ...}
    found = Script("session").say(15.0, "worker", sent).judge(Role.WORKER)[0]

    assert words in [finding.message for finding in found]


@pytest.mark.parametrize(
    ("clause", "changes", "words", "actual"),
    [
        ("W-RCP-6", {"payment_ref": ...}, "`payment_ref` is missing, or neither", "nothing"),
        ("W-RCP-6", {"payment_ref": False}, "`payment_ref` is missing, or neither", "false"),
        ("W-RCP-9", {"completed_at": None}, "`completed_at` is no time", "null"),
        ("W-RCP-2", {"job_id": "other"}, "the receipt names another job", "other"),
        ("W-RCP-8", {"more": 1}, "members that do not belong to it", '"more":1'),
    ],
)
def test_a_receipt_at_fault_is_told_in_words(
    clause: str, changes: dict[str, Any], words: str, actual: str
) -> None:
    script = Script("session")
    message = json.loads(script.line("answer summarize")["text"])
    receipt = message["receipt"] | changes
    message["receipt"] = {name: value for name, value in receipt.items() if value is not ...}
    found = script.frame("answer summarize", json.dumps(message, separators=(",", ":"))).judge(Role.WORKER)[0]

    (finding,) = [entry for entry in found if entry.clause == clause]
    assert words in finding.message
    assert actual in finding.actual


def test_a_signature_that_is_not_there_is_nothing() -> None:
    script = Script("session")
    message = json.loads(script.line("answer summarize")["text"])
    del message["receipt_signature"]
    (finding,) = script.frame("answer summarize", json.dumps(message)).judge(Role.WORKER)[0]

    assert (finding.clause, finding.actual) == ("W-SIG-1", "nothing")
