"""The thirteen messages: their members as the network has them, and the clauses that their faults break."""

from typing import Any, get_type_hints

import msgspec
import pytest
from dispatch_protocol.canonical import Json
from dispatch_protocol.clauses import clause
from dispatch_protocol.messages import (
    MESSAGES,
    CoordinatorMessage,
    Message,
    Metrics,
    PublicKeyHex,
    UnknownType,
    WorkerMessage,
)
from dispatch_protocol.vocabulary import Role

MEMBERS = {
    "register": "provider_pubkey provider_type capabilities pricing_hint?",
    "heartbeat": "provider_pubkey metrics?",
    "job_complete": "job_id output output_hash receipt? receipt_signature?",
    "job_reject": "job_id reason",
    "receipt_submit": "receipt signature",
    "register_ack": "status worker_id? error?",
    "heartbeat_ack": "status",
    "job_assign": "job_id job_type payload policy privacy_class user_id",
    "error": "code message",
    "payment_posted": "job_ids tx_hash amount token? network explorer_url",
    "payment_failed": "job_ids error token?",
    "feedback_posted": "job_id tx_hash network explorer_url",
    "feedback_failed": "job_id error",
}
"""Every message and its members in the network's documentation, `?` for optional ones."""

KINDS = [kind for table in MESSAGES.values() for kind in table.values()]


def tag_of(kind: type[Message]) -> str:
    return str(kind.__struct_config__.tag)


def test_there_are_thirteen_each_under_its_type_and_sender() -> None:
    assert len(KINDS) == 13
    for role, table in MESSAGES.items():
        for name, kind in table.items():
            assert (tag_of(kind), kind.sender) == (name, role)
    assert set(MESSAGES[Role.WORKER].values()) == set(WorkerMessage.__args__)
    assert set(MESSAGES[Role.COORDINATOR].values()) == set(CoordinatorMessage.__args__)


@pytest.mark.parametrize("kind", KINDS, ids=tag_of)
def test_the_members_are_those_of_the_network(kind: type[Message]) -> None:
    fields = msgspec.structs.fields(kind)
    spelled = " ".join(f"{field.encode_name}{'' if field.required else '?'}" for field in fields)
    assert spelled == MEMBERS[tag_of(kind)]


@pytest.mark.parametrize("kind", KINDS, ids=tag_of)
def test_faults_are_charged_to_clauses_that_bind_the_sender(kind: type[Message]) -> None:
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    assert "" in kind.clauses
    for member, clause_id in kind.clauses.items():
        assert member == "" or member in names
        assert clause(clause_id).role is kind.sender
    for member in kind.clauses.keys() - {"", "job_id"}:
        assert f"`{member}`" in clause(kind.clauses[member]).text or member == "receipt"


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        ("0123456789abcdef" * 4, True),
        ("0123456789ABCDEF" * 4, True),
        ("0" * 64 + "\n", False),
        ("\n" + "0" * 64, False),
        ("0" * 63, False),
        ("0" * 65, False),
        ("0x" + "0" * 62, False),
        ("\uff10" * 64, False),
        ("0" * 63 + "g", False),
        (7, False),
        (None, False),
    ],
)
def test_a_public_key_is_64_hex_digits(key: Any, fits: bool) -> None:
    if fits:
        assert msgspec.convert(key, PublicKeyHex) == key
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(key, PublicKeyHex)


def test_messages_are_values() -> None:
    kinds: list[type[msgspec.Struct]] = [*KINDS, Metrics, UnknownType]
    for kind in kinds:
        assert kind.__struct_config__.frozen
    left, right = Json.read('{"a":1.0}'), Json.read(' {"a" : 1}')
    assert left == right


def test_signed_and_hashed_members_keep_their_text() -> None:
    exact = {
        (tag_of(kind), name)
        for kind in KINDS
        for name, hint in get_type_hints(kind).items()
        if hint in (Json, Json | None)
    }
    assert exact == {
        ("job_complete", "output"),
        ("job_complete", "receipt"),
        ("receipt_submit", "receipt"),
        ("job_assign", "payload"),
    }
