"""Identities and their files: exchange with other programs, creation, races, damage, secrecy."""

import base64
import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from dispatch_protocol.clauses import clause
from dispatch_protocol.errors import KeyFileError, UsageError
from dispatch_protocol.keys import (
    MAX_KEY_FILE_BYTES,
    Identity,
    load,
    load_or_create,
    permissions_fault,
    serialize,
)
from hypothesis import given
from hypothesis import strategies as st

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not here")
RECEIPTS = json.loads((files("dispatch_protocol") / "vectors" / "receipts.json").read_text("utf-8"))["cases"]
SEED = bytes(range(100, 132))
IDENTITY = Identity.from_seed(SEED)
seeds = st.binary(min_size=32, max_size=32)


@pytest.fixture(params=["links", "no links"])
def _file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The creation of key files with hard links, and as on a file system that has none."""

    def refuse(source: str, target: str) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), source, None, target)

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def _no_umask() -> Iterator[None]:
    """An umask that takes nothing away: what is private must be so by its own mode."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def members(identity: Identity = IDENTITY) -> dict[str, Any]:
    return {
        "publicKey": list(identity.public_key),
        "secretKey": list(identity.seed + identity.public_key),
    }


# identities


@pytest.mark.parametrize(
    ("seed", "public_key", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
            "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
    ids=["TEST 1", "TEST 2"],
)
def test_rfc8032_section_7_1(seed: str, public_key: str, message: str, signature: str) -> None:
    identity = Identity.from_seed(bytes.fromhex(seed))
    assert identity.public_key.hex() == identity.pubkey_hex == public_key
    assert identity.sign(bytes.fromhex(message)).hex() == signature


def test_every_accepted_receipt_of_the_vectors_is_signed_alike() -> None:
    accepted = [case for case in RECEIPTS if case["accept"] and "signer_seed_hex" not in case]
    assert len(accepted) == 19
    for case in accepted:
        identity = Identity.from_seed(bytes.fromhex(case["seed_hex"]))
        assert identity.pubkey_hex == case["public_key_hex"]
        assert (identity.seed + identity.public_key).hex() == case["secret_key_64_hex"]
        signature = identity.sign(bytes.fromhex(case["canonical_utf8_hex"]))
        assert base64.b64encode(signature).decode() == case["signature_base64"], case["id"]


def test_generated_identities_differ() -> None:
    assert len({Identity.generate().pubkey_hex for _ in range(100)}) == 100


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(length: int) -> None:
    with pytest.raises(UsageError, match=f"not {length}"):
        Identity.from_seed(bytes(length))


def test_an_identity_cannot_change_and_hides_its_seed() -> None:
    identity = Identity.from_seed(SEED)
    assert {identity, IDENTITY} == {IDENTITY}
    assert repr(identity) == str(identity) == f"Identity({identity.pubkey_hex})"
    with pytest.raises(AttributeError):
        identity.seed = bytes(32)  # type: ignore[misc]


# the text of the file


def test_text_is_one_line_as_the_desktop_worker_writes_it() -> None:
    assert serialize(IDENTITY) == json.dumps(members(), separators=(",", ":"))


@given(seeds)
def test_every_identity_survives_its_file(tmp_path_factory: pytest.TempPathFactory, seed: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "survives.json"
    path.write_text(serialize(Identity.from_seed(seed)))
    assert load(path).seed == seed


FOREIGN_TEXTS = {
    "indented": json.dumps(members(), indent=2) + "\n",
    "one line": json.dumps(members()),
    "other order": json.dumps(dict(reversed(members().items()))),
    "more members": json.dumps({"version": 1, "note": "\ud800", **members(), "x": [{}, None, 1.5]}),
    "the last of two": '{"publicKey":"x",' + json.dumps(members())[1:],
    "largest": json.dumps(members()).ljust(MAX_KEY_FILE_BYTES),
}


@pytest.mark.parametrize("text", FOREIGN_TEXTS.values(), ids=FOREIGN_TEXTS)
def test_files_of_other_programs_load_and_stay_as_they_are(tmp_path: Path, text: str) -> None:
    path = tmp_path / "worker-key.json"
    path.write_text(text)
    path.chmod(0o644)
    assert load(path) == IDENTITY
    assert load_or_create(str(path)) == (IDENTITY, False)
    assert path.read_text() == text
    assert mode(path) == 0o644


PKCS8 = "302e020100300506032b657004220420"
NODE_WRITES = """
const crypto = require("crypto"), fs = require("fs");
const { privateKey, publicKey } = crypto.generateKeyPairSync("ed25519");
const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
const file = { publicKey: Array.from(key), secretKey: [...seed, ...key] };
fs.writeFileSync(process.argv[1], JSON.stringify(file, null, Number(process.argv[2])));
console.log(key.toString("hex"), crypto.sign(null, "message", privateKey).toString("hex"));
"""
NODE_READS = f"""
const crypto = require("crypto"), fs = require("fs");
const file = JSON.parse(fs.readFileSync(process.argv[1], "utf-8"));
const key = Uint8Array.from(file.publicKey), secret = Uint8Array.from(file.secretKey);
const der = Buffer.concat([Buffer.from("{PKCS8}", "hex"), secret.subarray(0, 32)]);
const privateKey = crypto.createPrivateKey({{ key: der, format: "der", type: "pkcs8" }});
console.log(Buffer.from(key).toString("hex"), crypto.sign(null, "message", privateKey).toString("hex"));
"""


def by_node(program: str, *arguments: object) -> list[str]:
    assert NODE is not None
    command = [NODE, "-e", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()


@needs_node
@pytest.mark.parametrize("indentation", [0, 2])
def test_a_file_that_javascript_wrote(tmp_path: Path, indentation: int) -> None:
    path = tmp_path / "worker-key.json"
    pubkey_hex, signature = by_node(NODE_WRITES, path, indentation)
    identity = load(path)
    assert identity.pubkey_hex == pubkey_hex
    assert identity.sign(b"message").hex() == signature


@needs_node
def test_a_file_that_javascript_reads(tmp_path: Path) -> None:
    path = tmp_path / "worker-key.json"
    identity, _created = load_or_create(path)
    assert by_node(NODE_READS, path) == [identity.pubkey_hex, identity.sign(b"message").hex()]


# creation


@pytest.mark.usefixtures("_file_system", "_no_umask")
def test_creation_with_its_folders_for_the_owner_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "data" / "keys" / "worker-key.json"
    identity, created = load_or_create(path)
    assert created
    assert load_or_create(path) == (identity, False)
    assert path.read_text() == serialize(identity)
    assert [mode(step) for step in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]
    assert mode(tmp_path) == 0o755
    assert os.listdir(path.parent) == [path.name]
    assert path.stat().st_nlink == 1
    assert permissions_fault(path) is None


def test_creation_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    identity, created = load_or_create("key.json")
    assert created
    assert load(tmp_path / "key.json") == identity
    assert load_or_create("new/../key2.json")[1]
    assert load_or_create("./data/worker-key.json")[1]


def test_creation_through_links_to_folders(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    identity, created = load_or_create(tmp_path / "link" / "sub" / "key.json")
    assert created
    assert load(tmp_path / "real" / "sub" / "key.json") == identity


@pytest.mark.usefixtures("_file_system")
def test_who_comes_second_loads_the_key_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process puts its file in place after this one has looked, and before it writes."""
    path = tmp_path / "worker-key.json"
    look = os.path.lexists

    def look_too_early(name: str) -> bool:
        there = look(name)
        path.write_text(serialize(IDENTITY))
        return there

    monkeypatch.setattr(os.path, "lexists", look_too_early)
    assert load_or_create(path) == (IDENTITY, False)
    assert path.read_text() == serialize(IDENTITY)
    assert os.listdir(tmp_path) == [path.name]


def empty_file(path: Path) -> None:
    path.touch()


def dangling_link(path: Path) -> None:
    path.symlink_to("elsewhere.json")


@pytest.mark.usefixtures("_file_system")
@pytest.mark.parametrize(
    ("appear", "fault"),
    [(empty_file, "is empty"), (dangling_link, "is a symbolic link to a file that is not")],
)
def test_what_appears_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, appear: Callable[[Path], None], fault: str
) -> None:
    path = tmp_path / "worker-key.json"
    generate = Identity.generate

    def meanwhile() -> Identity:
        appear(path)
        return generate()

    monkeypatch.setattr(Identity, "generate", meanwhile)
    with pytest.raises(KeyFileError, match=fault):
        load_or_create(path)
    assert os.listdir(tmp_path) == [path.name]
    assert path.lstat().st_size == (len("elsewhere.json") if path.is_symlink() else 0)


RACER = """
import os, sys
from dispatch_protocol.keys import load_or_create

if sys.argv[1] == "no links":
    def refuse(*names):
        raise PermissionError(1, "Operation not permitted")
    os.link = refuse
for line in iter(sys.stdin.readline, ""):
    identity, created = load_or_create(line.rstrip())
    print(identity.pubkey_hex, int(created), flush=True)
"""


@pytest.mark.parametrize("file_system", ["links", "no links"])
def test_processes_that_start_at_once_share_one_key(tmp_path: Path, file_system: str) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, file_system],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        for number in range(25):
            path = tmp_path / f"folder-{number}" / "data" / "worker-key.json"
            answers = race(racers, path)
            assert {pubkey for pubkey, _created in answers} == {load(path).pubkey_hex}
            assert sorted(created for _pubkey, created in answers) == ["0", "0", "0", "1"]
            assert os.listdir(path.parent) == [path.name]
    finally:
        for racer in racers:
            racer.communicate(timeout=30)
    assert [racer.returncode for racer in racers] == [0] * 4


def race(racers: "list[subprocess.Popen[str]]", path: Path) -> list[list[str]]:
    """Sends all of them the path, then collects their answers: public key, whether created."""
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(f"{path}\n")
        racer.stdin.flush()
    return [racer.stdout.readline().split() for racer in racers if racer.stdout is not None]


@pytest.mark.usefixtures("_file_system")
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="cannot be created: No space left on device"):
        load_or_create(tmp_path / "worker-key.json")
    assert os.listdir(tmp_path) == []


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
    "empty": ("", "$ is empty", "W-KEY-3"),
    "blank": (" \n", "$ is empty", "W-KEY-3"),
    "cut off": (serialize(IDENTITY)[:-1], "$ is no JSON", "W-KEY-3"),
    "twice": (serialize(IDENTITY) * 2, "$ is no JSON", "W-KEY-3"),
    "hex": (SEED.hex(), "$ is no JSON", "W-KEY-3"),
    "byte order mark": (b"\xef\xbb\xbf" + serialize(IDENTITY).encode(), "$ is no JSON", "W-KEY-3"),
    "no UTF-8": (b'{"publicKey":"\xff"}', "$ is no JSON", "W-KEY-3"),
    "NUL": (b"\0" * 500, "$ is no JSON", "W-KEY-3"),
    "deep": ("[" * 60_000, "$ is no JSON", "W-KEY-3"),
    "null": ("null", "$ must be an object", "W-KEY-3"),
    "list": ("[1,2]", "$ must be an object", "W-KEY-3"),
    "number": ("1e400", "$ must be an object", "W-KEY-3"),
    "too long": (
        serialize(IDENTITY).ljust(MAX_KEY_FILE_BYTES + 1),
        "$ is longer than 65536 bytes",
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
    assert message.startswith(f"key file {str(path)!r}: {fault}")
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


# places where no file is, or none can be


def test_a_missing_file_is_not_made_by_load(tmp_path: Path) -> None:
    with pytest.raises(
        KeyFileError, match=r"\$ cannot be read: No such file or directory \(clause W-KEY-7\)"
    ):
        load(tmp_path / "data" / "key.json")
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("_file_system")
def test_a_dangling_link_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "worker-key.json"
    path.symlink_to("elsewhere.json")
    for opening in (load, load_or_create):
        with pytest.raises(KeyFileError, match="is a symbolic link to a file that is not there"):
            opening(path)
    assert os.listdir(tmp_path) == [path.name]


def test_a_link_to_a_key_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text(serialize(IDENTITY))
    path = tmp_path / "worker-key.json"
    path.symlink_to("real.json")
    assert load_or_create(path) == (IDENTITY, False)


def no_folder(path: Path) -> None:
    path.mkdir()


def no_pipe(path: Path) -> None:
    os.mkfifo(path)


def no_loop(path: Path) -> None:
    path.symlink_to(path.name)


def no_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("obstacle", [no_folder, no_pipe, no_loop, no_device])
def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, obstacle: Callable[[Path], None]) -> None:
    path = tmp_path / "worker-key.json"
    obstacle(path)
    with pytest.raises(KeyFileError, match=r"clause W-KEY-7\)\. Check the path"):
        load_or_create(path)


def test_an_unreadable_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "worker-key.json"
    path.write_text(serialize(IDENTITY))

    def refuse(*_arguments: object, **_more: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(KeyFileError, match="cannot be read: Permission denied"):
        load_or_create(path)


@pytest.mark.parametrize(
    "name",
    [
        "file/key.json",
        "link/key.json",
        "x" * 300,
        "/".join(["x" * 250] * 17),
        "nul\0key.json",
        "",
        "\ud800/\0",
    ],
    ids=[
        "in a file",
        "in a dangling folder",
        "long name",
        "long path",
        "NUL",
        "the folder itself",
        "surrogate",
    ],
)
def test_a_path_where_nothing_can_be_made(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(KeyFileError) as caught:
        load_or_create(tmp_path / name)
    assert re.search(
        r"\$ (cannot be created: .+|is no regular file|cannot be read: .+) \(clause", str(caught.value)
    )


def test_a_path_is_shown_escaped(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError) as caught:
        load(tmp_path / "key\x1b[2J\n.json")
    assert str(caught.value).isprintable()


# permissions


@pytest.mark.parametrize("bits", [0o600, 0o400, 0o700, 0o620, 0o602])
def test_permissions_that_keep_readers_out(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "worker-key.json"
    path.touch()
    path.chmod(bits)
    assert permissions_fault(path) is None


@pytest.mark.parametrize("bits", [0o644, 0o640, 0o604, 0o666, 0o440])
def test_permissions_that_let_others_read(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "worker-key.json"
    path.write_text(serialize(IDENTITY))
    path.chmod(bits)
    fault = permissions_fault(path)
    assert fault is not None
    assert f"mode 0{bits:o} " in fault
    assert "clause W-KEY-10" in fault
    assert load(path) == IDENTITY


@pytest.mark.parametrize("name", ["missing.json", "nul\0.json"])
def test_permissions_of_nothing_are_no_fault(tmp_path: Path, name: str) -> None:
    assert permissions_fault(tmp_path / name) is None
