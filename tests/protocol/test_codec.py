"""Frames to messages and back: every fault by place, clause and code; round trips; nothing else escapes."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from dispatch_protocol.canonical import stringify
from dispatch_protocol.clauses import clause
from dispatch_protocol.codec import decode_from_coordinator, decode_from_worker, encode
from dispatch_protocol.errors import Violation
from dispatch_protocol.messages import (
    Heartbeat,
    HeartbeatAck,
    JobComplete,
    Message,
    Metrics,
    UnknownType,
)
from dispatch_protocol.parsing import MAX_DEPTH, parse
from dispatch_protocol.vocabulary import MAX_FRAME_BYTES, Role, WireCode
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.message_strategies import MESSAGES, any_message, misfits, shuffled
from tests.protocol.strategies import any_text, json_texts, json_values, mutated, mutated_texts

KEY = "ab" * 32
DECODERS: dict[Role, Callable[[str | bytes], Message | UnknownType]] = {
    Role.WORKER: decode_from_worker,
    Role.COORDINATOR: decode_from_coordinator,
}


def violation_of(frame: str | bytes, role: Role) -> Violation | None:
    try:
        DECODERS[role](frame)
    except Violation as violation:
        return violation
    return None


def register(**changed: Any) -> dict[str, Any]:
    return {
        "type": "register",
        "provider_pubkey": KEY,
        "provider_type": "DESKTOP",
        "capabilities": ["LLM_INFER", "TASK"],
    } | changed


def complete(**changed: Any) -> dict[str, Any]:
    return {"type": "job_complete", "job_id": "j", "output": {}, "output_hash": "0" * 64} | changed


def assign(**changed: Any) -> dict[str, Any]:
    members = {"type": "job_assign", "job_id": "j", "job_type": "TASK", "payload": {}, "policy": "CHEAP"}
    return members | {"privacy_class": "PUBLIC", "user_id": "u"} | changed


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}


def heartbeat(**metrics: Any) -> dict[str, Any]:
    return {"type": "heartbeat", "provider_pubkey": KEY, "metrics": metrics}


def submit(receipt: Any) -> dict[str, Any]:
    return {"type": "receipt_submit", "receipt": receipt, "signature": "s"}


def paid(**changed: Any) -> dict[str, Any]:
    members = {"type": "payment_posted", "job_ids": ["j"], "tx_hash": "t", "amount": "0.001"}
    return members | {"network": "monad-testnet", "explorer_url": "u"} | changed


WORKER_FAULTS: list[tuple[dict[str, Any], str, str, str | None]] = [
    ({}, "W-FRM-4", "$.type", None),
    ({"type": None}, "W-FRM-4", "$.type", None),
    ({"type": 7}, "W-FRM-4", "$.type", None),
    (without(register(), "provider_pubkey"), "W-REG-3", "$.provider_pubkey", None),
    (register(provider_pubkey=None), "W-REG-3", "$.provider_pubkey", None),
    (register(provider_pubkey=KEY + "\n"), "W-REG-3", "$.provider_pubkey", None),
    (register(provider_pubkey=KEY[:-1]), "W-REG-3", "$.provider_pubkey", None),
    (register(provider_pubkey="\ud800"), "W-REG-3", "$.provider_pubkey", None),
    (register(provider_pubkey=[KEY]), "W-REG-3", "$.provider_pubkey", None),
    (register(provider_type="desktop"), "W-REG-5", "$.provider_type", None),
    (register(provider_type="\ud800"), "W-REG-5", "$.provider_type", None),
    (register(provider_type=None), "W-REG-5", "$.provider_type", None),
    (without(register(), "capabilities"), "W-REG-6", "$.capabilities", None),
    (register(capabilities=[]), "W-REG-6", "$.capabilities", None),
    (register(capabilities="TASK"), "W-REG-6", "$.capabilities", None),
    (register(capabilities=["TASK", "task"]), "W-REG-6", "$.capabilities[1]", None),
    (register(capabilities=["\udfff"]), "W-REG-6", "$.capabilities[0]", None),
    (register(capabilities=[None]), "W-REG-6", "$.capabilities[0]", None),
    (register(pricing_hint=0.01), "W-REG-7", "$.pricing_hint", None),
    ({"type": "heartbeat"}, "W-HBT-2", "$.provider_pubkey", None),
    ({"type": "heartbeat", "provider_pubkey": "x"}, "W-HBT-2", "$.provider_pubkey", None),
    ({"type": "heartbeat", "provider_pubkey": KEY, "metrics": 7}, "W-HBT-3", "$.metrics", None),
    ({"type": "heartbeat", "provider_pubkey": KEY, "metrics": []}, "W-HBT-3", "$.metrics", None),
    (heartbeat(cpu_pct="7"), "W-HBT-3", "$.metrics.cpu_pct", None),
    (heartbeat(mem_pct=True), "W-HBT-3", "$.metrics.mem_pct", None),
    (heartbeat(active_jobs=float("inf")), "W-HBT-3", "$.metrics.active_jobs", None),
    (without(complete(), "job_id"), "W-JOB-7", "$.job_id", None),
    (complete(job_id=None), "W-JOB-7", "$.job_id", None),
    (complete(job_id=7), "W-JOB-7", "$.job_id", None),
    (without(complete(), "output"), "W-JOB-8", "$.output", "j"),
    (without(complete(), "output_hash"), "W-CAN-1", "$.output_hash", "j"),
    (complete(output_hash=None), "W-CAN-1", "$.output_hash", "j"),
    (complete(receipt_signature=7), "W-SIG-1", "$.receipt_signature", "j"),
    ({"type": "job_reject", "job_id": "j"}, "W-JOB-9", "$.reason", "j"),
    ({"type": "job_reject", "job_id": "j", "reason": 7}, "W-JOB-9", "$.reason", "j"),
    ({"type": "job_reject", "reason": "r"}, "W-JOB-7", "$.job_id", None),
    ({"type": "receipt_submit", "signature": "s"}, "W-RCP-1", "$.receipt", None),
    ({"type": "receipt_submit", "receipt": {"job_id": "j"}}, "W-SIG-1", "$.signature", None),
    (submit(None), "W-RCP-1", "$.receipt", None),
    (submit([]), "W-RCP-1", "$.receipt", None),
    (submit({}), "W-RCP-1", "$.receipt.job_id", None),
    (submit({"job_id": 7}), "W-RCP-1", "$.receipt.job_id", None),
]

COORDINATOR_FAULTS: list[tuple[dict[str, Any], str, str, str | None]] = [
    ({}, "C-FRM-4", "$.type", None),
    ({"type": "register_ack"}, "C-REG-1", "$.status", None),
    ({"type": "register_ack", "status": "OK"}, "C-REG-1", "$.status", None),
    ({"type": "register_ack", "status": "\ud800"}, "C-REG-1", "$.status", None),
    ({"type": "register_ack", "status": "ok", "worker_id": 7}, "C-REG-2", "$.worker_id", None),
    ({"type": "register_ack", "status": "error", "error": {}}, "C-REG-5", "$.error", None),
    ({"type": "heartbeat_ack", "status": "error"}, "C-HBT-1", "$.status", None),
    (without(assign(), "payload"), "C-JOB-1", "$.payload", "j"),
    (assign(job_type=None), "C-JOB-1", "$.job_type", "j"),
    (assign(job_id={}), "C-JOB-1", "$.job_id", None),
    (assign(policy="AUTO"), "C-JOB-3", "$.policy", "j"),
    (assign(privacy_class="private"), "C-JOB-4", "$.privacy_class", "j"),
    (assign(user_id=None), "C-JOB-1", "$.user_id", "j"),
    ({"type": "error", "code": "PARSE_ERROR"}, "C-ERR-1", "$.message", None),
    (paid(job_ids="j"), "C-PAY-1", "$.job_ids", None),
    (paid(job_ids=[7]), "C-PAY-1", "$.job_ids[0]", None),
    (paid(amount=0.001), "C-PAY-1", "$.amount", None),
    (paid(token="bolt"), "C-PAY-5", "$.token", None),
    (paid(network="mainnet"), "C-PAY-1", "$.network", None),
    ({"type": "payment_failed", "job_ids": []}, "C-PAY-2", "$.error", None),
    ({"type": "feedback_posted", "job_id": "j"}, "C-PAY-3", "$.tx_hash", "j"),
    ({"type": "feedback_failed", "job_id": "j"}, "C-PAY-4", "$.error", "j"),
]

FAULTS = [(Role.WORKER, *fault) for fault in WORKER_FAULTS]
FAULTS += [(Role.COORDINATOR, *fault) for fault in COORDINATOR_FAULTS]


@pytest.mark.parametrize(("role", "members", "clause_id", "place", "job_id"), FAULTS)
def test_a_fault_by_place_clause_and_code(
    role: Role, members: dict[str, Any], clause_id: str, place: str, job_id: str | None
) -> None:
    found = violation_of(json.dumps(members).replace("Infinity", "1e999"), role)
    assert found is not None
    assert (found.clause, found.place, found.code, found.job_id) == (
        clause_id,
        place,
        WireCode.INVALID_MSG,
        job_id,
    )
    assert clause(clause_id).role is role
    assert found.detail.isprintable()


@pytest.mark.parametrize(
    ("role", "members"),
    [
        (Role.WORKER, register()),
        (Role.WORKER, register(pricing_hint=None, unknown={"deep": [1]})),
        (Role.WORKER, register(capabilities=["TASK", "TASK"])),
        (Role.WORKER, heartbeat()),
        (Role.WORKER, heartbeat(cpu_pct=None, mem_pct=7, extra="x")),
        (Role.WORKER, heartbeat(**{"\ud800": 1, "mem_pct": 1.5})),
        (Role.WORKER, complete(receipt=None, receipt_signature=None)),
        (Role.WORKER, complete(output=None)),
        (Role.WORKER, complete(receipt=7)),
        (Role.WORKER, submit({"job_id": "j"})),
        (Role.COORDINATOR, assign(job_type="NOVEL", payload=None)),
        (Role.COORDINATOR, assign(type_="x", receipt=[])),
        (Role.COORDINATOR, {"type": "register_ack", "status": "ok"}),
        (Role.COORDINATOR, paid(token=None)),
    ],
)
def test_legal_variety_is_accepted(role: Role, members: dict[str, Any]) -> None:
    assert violation_of(json.dumps(members), role) is None


@pytest.mark.parametrize("role", Role)
def test_an_unknown_type_is_an_outcome_of_its_own(role: Role) -> None:
    for name in (
        "novelty",
        "",
        "Register",
        "\x1b",
        "\ud800",
        "job_assign" if role == "worker" else "register",
    ):
        assert DECODERS[role](json.dumps({"type": name, "job_id": 7})) == UnknownType(name)
    assert DECODERS[role]('{"type":"heartbeat","type":"novelty"}') == UnknownType("novelty")


def test_exact_texts_are_kept() -> None:
    frame = (
        '{ "type":"job_complete","job_id":"j", "output": {"b": 1.0,\n"1":2} ,"output_hash":"h","receipt":[ ]}'
    )
    message = decode_from_worker(frame)
    assert isinstance(message, JobComplete)
    assert message.output.text == '{"b": 1.0,\n"1":2}'
    assert message.output.canonical == '{"1":2,"b":1}'
    assert message.receipt is not None
    assert message.receipt.text == "[ ]"
    assert '"output":{"b": 1.0,\n"1":2},' in encode(message)


def test_null_is_an_output_and_no_receipt() -> None:
    message = decode_from_worker(json.dumps(complete(output=None, receipt=None)))
    assert isinstance(message, JobComplete)
    assert (message.output.text, message.receipt) == ("null", None)


def test_the_deepest_output_passes_and_a_deeper_one_does_not() -> None:
    frame = json.dumps(complete(output="@"))
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    message = decode_from_worker(frame.replace('"@"', deep))
    assert isinstance(message, JobComplete)
    assert message.output.canonical == deep
    found = violation_of(frame.replace('"@"', f"[{deep}]"), Role.WORKER)
    assert found is not None
    assert (found.clause, found.code) == ("W-FRM-2", WireCode.PARSE_ERROR)


def test_the_limit_on_frames_can_be_set() -> None:
    frame = json.dumps(register())
    decode_from_worker(frame, limit=len(frame))
    with pytest.raises(Violation, match="longer than"):
        decode_from_worker(frame, limit=len(frame) - 1)
    with pytest.raises(Violation, match="longer than"):
        decode_from_coordinator(frame, limit=len(frame) - 1)


def test_hostile_text_in_a_fault_is_bounded_and_escaped() -> None:
    hostile = "\x1b[2J`\u202e - at `$.fake`\n" * 8_000
    found = violation_of(json.dumps(register(provider_type=hostile, job_id=hostile)), Role.WORKER)
    assert found is not None
    assert found.place == "$.provider_type"
    assert found.detail.isascii()
    assert found.detail.isprintable()
    assert len(found.detail) < 2_100
    assert found.job_id == hostile


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_survives_the_way_there_and_back(name: str) -> None:
    @given(MESSAGES[name])
    def there_and_back(message: Message) -> None:
        frame = encode(message)
        assert json.loads(frame)["type"] == name
        assert DECODERS[type(message).sender](frame) == message
        assert encode(DECODERS[type(message).sender](frame)) == frame  # type: ignore[arg-type]

    there_and_back()


@given(any_message)
def test_members_stand_in_the_order_of_their_definition(message: Message) -> None:
    frame = json.loads(encode(message))
    names = ["type", *message.__struct_encode_fields__]
    assert list(frame) == [name for name in names if name in frame]


def test_an_infinite_metric_never_leaves_as_a_number() -> None:
    frame = encode(Heartbeat(provider_pubkey=KEY, metrics=Metrics(cpu_pct=float("inf"))))
    assert '"cpu_pct":null' in frame


@settings(max_examples=600)
@given(any_text | st.binary() | mutated_texts | json_texts | shuffled | misfits, st.sampled_from(Role))
def test_nothing_but_a_violation_escapes(frame: str | bytes, role: Role) -> None:
    found = violation_of(frame, role)
    if found is None:
        message = DECODERS[role](frame)
        assert isinstance(message, UnknownType) or DECODERS[role](encode(message)) == message
        return
    assert found.place.startswith("$")
    assert clause(found.clause).role is role
    assert found.code in (WireCode.PARSE_ERROR, WireCode.INVALID_MSG)
    assert str(found).isprintable()
    assert len(str(found)) < 3_000


@given(
    st.dictionaries(st.sampled_from(["type", "job_id", "receipt", "capabilities", "metrics"]), json_values)
)
def test_nothing_but_a_violation_escapes_from_known_types(members: dict[str, Any]) -> None:
    for name in MESSAGES:
        frame = stringify({**members, "type": name})
        for role in Role:
            found = violation_of(frame, role)
            assert found is None or found.code is WireCode.INVALID_MSG


def test_frames_of_every_length_near_the_limit() -> None:
    padding = MAX_FRAME_BYTES - len(json.dumps(register(extra="")))
    for length, fits in ((padding, True), (padding + 1, False)):
        found = violation_of(json.dumps(register(extra="x" * length)), Role.WORKER)
        assert (found is None) is fits
    assert violation_of("[" * MAX_FRAME_BYTES, Role.WORKER) is not None
    assert violation_of('{"type":' + '"' * (MAX_FRAME_BYTES - 8), Role.COORDINATOR) is not None


def test_chance_is_repeatable() -> None:
    text = encode(HeartbeatAck(status="ok"))
    assert mutated(text, random.Random(1)) == mutated(text, random.Random(1))
    assert parse(text) == {"type": "heartbeat_ack", "status": "ok"}
