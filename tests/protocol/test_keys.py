"""Identities, and the exchange of their files with other programs."""

import base64
import json
import shutil
import stat
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from dispatch_protocol.errors import UsageError
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


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def members(identity: Identity = IDENTITY) -> dict[str, Any]:
    """The parsed members of an identity's key file."""
    document: dict[str, Any] = json.loads(serialize(identity))
    return document


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
    public_key = list(IDENTITY.public_key)
    document = {"publicKey": public_key, "secretKey": [*SEED, *public_key]}
    assert serialize(IDENTITY) == json.dumps(document, separators=(",", ":"))


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
