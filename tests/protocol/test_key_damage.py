"""Damaged and inconsistent key files: told by place and clause, left as they are, and kept secret."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import KeyFileError
from dispatch_protocol.keys import (
    MAX_KEY_FILE_BYTES,
    Identity,
    load,
    load_or_create,
    serialize,
)
from hypothesis import given
from hypothesis import strategies as st

SEED = bytes(range(100, 132))
IDENTITY = Identity.from_seed(SEED)
seeds = st.binary(min_size=32, max_size=32)


def members(identity: Identity = IDENTITY) -> dict[str, Any]:
    """The parsed members of an identity's key file."""
    document: dict[str, Any] = json.loads(serialize(identity))
    return document


# damage


def changed(name: str, index: int, value: object) -> str:
    document = members()
    document[name][index] = value
    return json.dumps(document)


def other_half() -> str:
    document = members()
    document["secretKey"][40] ^= 1
    return json.dumps(document)


def other_seed() -> str:
    document = members()
    document["secretKey"][0] ^= 1
    return json.dumps(document)


DAMAGED: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "is empty", "W-KEY-3"),
    "blank": (" \n", "is empty", "W-KEY-3"),
    "cut off": (serialize(IDENTITY)[:-1], "is no JSON", "W-KEY-3"),
    "twice": (serialize(IDENTITY) * 2, "is no JSON", "W-KEY-3"),
    "hex": (SEED.hex(), "is no JSON", "W-KEY-3"),
    "byte order mark": (b"\xef\xbb\xbf" + serialize(IDENTITY).encode(), "is no JSON", "W-KEY-3"),
    "no UTF-8": (b'{"publicKey":"\xff"}', "is no JSON", "W-KEY-3"),
    "NUL": (b"\0" * 500, "is no JSON", "W-KEY-3"),
    "deep": ("[" * 60_000, "is no JSON", "W-KEY-3"),
    "null": ("null", "must be an object", "W-KEY-3"),
    "list": ("[1,2]", "must be an object", "W-KEY-3"),
    "number": ("1e400", "must be an object", "W-KEY-3"),
    "too long": (
        serialize(IDENTITY).ljust(MAX_KEY_FILE_BYTES + 1),
        "is longer than 65536 bytes",
        "W-KEY-3",
    ),
    "no publicKey": ('{"secretKey":[]}', "$.publicKey is missing", "W-KEY-3"),
    "no secretKey": (json.dumps(members() | {"secretKey": 1}), "$.secretKey must be a list", "W-KEY-4"),
    "hex publicKey": ('{"publicKey":"00"}', "$.publicKey must be a list of 32 numbers", "W-KEY-3"),
    "typed array": ('{"publicKey":{"0":1}}', "$.publicKey must be a list of 32 numbers", "W-KEY-3"),
    "short": (
        json.dumps(members() | {"publicKey": [1] * 31}),
        "$.publicKey must have 32 numbers, not 31",
        "W-KEY-3",
    ),
    "seed alone": (
        json.dumps(members() | {"secretKey": list(SEED)}),
        "$.secretKey must have 64 numbers, not 32",
        "W-KEY-4",
    ),
    "256": (changed("secretKey", 17, 256), "$.secretKey[17] must be an integer from 0 to 255", "W-KEY-4"),
    "negative": (changed("publicKey", 0, -1), "$.publicKey[0] must be an integer", "W-KEY-3"),
    "float": (changed("publicKey", 31, 7.5), "$.publicKey[31] must be an integer", "W-KEY-3"),
    "whole float": (changed("secretKey", 63, 7.0), "$.secretKey[63] must be an integer", "W-KEY-4"),
    "boolean": (changed("secretKey", 5, True), "$.secretKey[5] must be an integer", "W-KEY-4"),
    "null byte": (changed("secretKey", 5, None), "$.secretKey[5] must be an integer", "W-KEY-4"),
    "string": (changed("secretKey", 5, "7"), "$.secretKey[5] must be an integer", "W-KEY-4"),
    "nested": (changed("secretKey", 5, [7]), "$.secretKey[5] must be an integer", "W-KEY-4"),
    "halves": (other_half(), "$.secretKey[40] differs from publicKey", "W-KEY-5"),
    "another seed": (other_seed(), "$.publicKey is not the public key of the seed", "W-KEY-6"),
}


@pytest.mark.parametrize(("content", "fault", "clause_id"), DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("opening", [load, load_or_create])
def test_a_damaged_file_is_told_and_left_alone(
    tmp_path: Path, content: str | bytes, fault: str, clause_id: str, opening: Callable[[Path], object]
) -> None:
    path = tmp_path / "worker-key.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = path.read_bytes(), path.stat()
    with pytest.raises(KeyFileError) as caught:
        opening(path)
    message = str(caught.value)
    in_the_file = fault.startswith("$")
    assert message.startswith(f"key file {str(path)!r}{':' if in_the_file else ''} {fault}")
    assert f"(clause {clause_id}). It was left as it is: restore it from a backup, or move it away" in message
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before[0], before[1].st_mtime_ns)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize(
    ("clause_id", "subject"),
    [
        ("W-KEY-1", "must create its key file"),
        ("W-KEY-3", "a JSON object whose `publicKey` is a list of 32"),
        ("W-KEY-4", "`secretKey` of a key file must be a list of 64"),
        ("W-KEY-5", "second half of `secretKey` must equal `publicKey`"),
        ("W-KEY-6", "must be the ed25519 public key of the seed"),
        ("W-KEY-7", "must register under the `publicKey` of its key file"),
        ("W-KEY-10", "by its owner only"),
    ],
)
def test_the_clauses_named_say_what_the_messages_mean(clause_id: str, subject: str) -> None:
    assert subject in clause(clause_id).text


@given(seeds, st.integers(0, 95), st.integers(1, 255))
def test_no_changed_byte_goes_unseen(
    tmp_path_factory: pytest.TempPathFactory, seed: bytes, place: int, change: int
) -> None:
    document = members(Identity.from_seed(seed))
    name, index = ("publicKey", place) if place < 32 else ("secretKey", place - 32)
    document[name][index] ^= change
    path = tmp_path_factory.getbasetemp() / "changed.json"
    path.write_text(json.dumps(document))
    with pytest.raises(KeyFileError):
        load(path)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_nothing_but_key_file_errors_comes_of_any_content(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    with pytest.raises(KeyFileError):
        load_or_create(path)


def test_messages_show_nothing_of_the_key(tmp_path: Path) -> None:
    path = tmp_path / "worker-key.json"
    secret = dict.fromkeys(["publicKey", "secretKey"], ["swordfish"] * 64)
    for content in (
        json.dumps(secret),
        json.dumps(secret)[:-1],
        json.dumps(members() | {"secretKey": "swordfish"}),
    ):
        path.write_text(content)
        with pytest.raises(KeyFileError) as caught:
            load(path)
        assert "swordfish" not in str(caught.value)
