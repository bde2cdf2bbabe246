"""The key file: where it is, what it holds, that it persists. Source: W-KEY, W-ID."""

import json
import os
import stat
from pathlib import Path
from typing import Final

from dispatch_protocol.canonical import JsonValue, parse
from dispatch_protocol.errors import JsonSyntaxError
from nacl.signing import SigningKey

from dispatch_conformance.conduct import Session
from dispatch_conformance.scenario import Context, scenario

SEED: Final = bytes(range(100, 132))
"""The seed of the key file that the suite writes; of no use to anybody."""

MAX_BYTES: Final = 65_536
"""How much of a key file is read; a well-formed one is a hundredth of that."""


@scenario(
    "keys.created",
    {
        "created": "W-KEY-1",
        "folder": "W-KEY-2",
        "public_key": "W-KEY-3",
        "secret_key": "W-KEY-4",
        "halves": "W-KEY-5",
        "pair": "W-KEY-6",
        "registered": "W-KEY-7",
        "persists": "W-KEY-8",
        "mode": "W-KEY-10",
        "different": "W-ID-1",
    },
    control=True,
    seconds=2.0,
)
async def created(context: Context) -> None:
    """Two workers in folders of which one does not exist; then the first once more."""
    there = context.folder / "there" / "worker-key.json"
    there.parent.mkdir()
    await context.start(key_path=there)
    session = await context.stage.registered()
    judge_file(context, there, session)
    other = await start_without_folder(context, there)
    if other is not None:
        context.check("different").expect(
            other.pubkey != session.pubkey,
            "two workers with key files of their own have the same key",
            expected="two keys",
            actual=session.pubkey,
            evidence=(session, other),
        )
    await context.workers[0].stop(3.0)
    stage = await context.new_stage()
    again = await context.worker(stage, key_path=there)
    message = "after a restart with the same key file, the worker registers under another key"
    context.check("persists").equal(session.pubkey, again.pubkey, message, (session, again))


async def start_without_folder(context: Context, there: Path) -> Session | None:
    """A second worker whose key file lies two folders deep in what is not there yet."""
    away = context.folder / "not" / "there" / "worker-key.json"
    stage = await context.new_stage()
    worker = await context.start(stage, key_path=away, key_folder=False)
    await stage.until(lambda: stage.session or not worker.running, 15.0)
    if mode_of(there) is None:
        context.check("folder").not_testable(
            "the worker creates no key file, not even where there is a folder"
        )
        return stage.session
    if not worker.running:
        actual = f"the worker ended ({worker.ending()})"
    else:
        actual = "the folder is there" if away.parent.is_dir() else "there is no folder"
    context.check("folder").expect(
        away.parent.is_dir() and stage.session is not None,
        "the worker does not create the folder of its key file",
        expected="a registration, and the folder",
        actual=actual,
        evidence=stage.session or (),
    )
    return stage.session


def judge_file(context: Context, path: Path, session: Session) -> None:
    """The file that a worker has created."""
    mode = mode_of(path)
    if not context.check("created").expect(
        mode is not None,
        "there is no key file at WORKER_KEY_PATH after the worker has registered",
        expected="a file",
        actual="no file",
        evidence=session,
    ):
        for name in ("public_key", "secret_key", "halves", "pair", "registered", "mode"):
            context.check(name).not_testable("there is no key file")
        return
    if mode is not None:
        context.check("mode").expect(
            mode & 0o077 == 0,
            "others than its owner may read or write the key file",
            expected="mode 0600",
            actual=f"mode {mode:04o}",
        )
    content = content_of(path)
    if content is not None:
        judge_content(context, content, session)
        return
    for name in ("public_key", "secret_key", "halves", "pair", "registered"):
        context.check(name).not_testable("the suite may not read the key file")


def judge_content(context: Context, content: bytes, session: Session) -> None:
    """publicKey, secretKey, and how they belong together."""
    try:
        value = parse(content)
    except JsonSyntaxError:
        value = None
    members: dict[str, JsonValue] = value if isinstance(value, dict) else {}
    public, secret = octets(members.get("publicKey")), octets(members.get("secretKey"))
    context.check("public_key").expect(
        public is not None and len(public) == 32,
        "the key file's `publicKey` is not a list of 32 integers from 0 to 255",
        expected="an object with a list of 32 byte values under `publicKey`",
        actual=kind_of(value, "publicKey"),
    )
    context.check("secret_key").expect(
        secret is not None and len(secret) == 64,
        "the key file's `secretKey` is not a list of 64 integers from 0 to 255",
        expected="a list of 64 byte values, the seed and then the public key",
        actual=kind_of(value, "secretKey"),
    )
    if public is None or secret is None or len(public) != 32 or len(secret) != 64:
        for name in ("halves", "pair"):
            context.check(name).not_testable("the key file does not hold two keys")
    else:
        message = "the second half of `secretKey` is not `publicKey`"
        context.check("halves").equal(public.hex(), secret[32:].hex(), message)
        message = "`publicKey` is not the public key of the seed in `secretKey`"
        context.check("pair").equal(bytes(SigningKey(secret[:32]).verify_key).hex(), public.hex(), message)
    if public is None or len(public) != 32:
        context.check("registered").not_testable("the key file has no public key")
    else:
        message = "the worker registers under another key than that of its key file"
        context.check("registered").equal(public.hex(), session.pubkey.lower(), message, session)


@scenario("keys.foreign", {"foreign": "W-KEY-7", "unchanged": "W-KEY-9"}, control=True)
async def foreign(context: Context) -> None:
    """A key file that another implementation wrote, indented and with a line feed at its end."""
    path = context.key_path
    path.parent.mkdir(parents=True)
    public = bytes(SigningKey(SEED).verify_key)
    pair = {"publicKey": list(public), "secretKey": list(SEED + public)}
    path.write_text(json.dumps(pair, indent=2) + "\n", "utf-8")
    session = await context.worker()
    message = "the worker does not register under the key of a file that another implementation wrote"
    context.check("foreign").equal(public.hex(), session.pubkey.lower(), message, session)
    try:
        value = parse(content_of(path) or b"")
    except JsonSyntaxError:
        value = None
    kept = {name: value.get(name) for name in pair} if isinstance(value, dict) else None
    context.check("unchanged").expect(
        kept == pair,
        "the worker has changed the key pair in its key file",
        expected="the same `publicKey` and `secretKey`",
        actual="another key pair" if kept else "no key file any more",
        evidence=session,
    )


@scenario("keys.damaged", {"damaged": "W-KEY-11"}, control=True)
async def damaged(context: Context) -> None:
    """Half a key file: whatever the worker does, the file is still there afterwards."""
    path = context.key_path
    path.parent.mkdir(parents=True)
    content = b'{"publicKey":[1,2,3],"secretKey":[1,2'
    path.write_bytes(content)
    stage = context.stage
    worker = await context.start()
    await stage.until(lambda: stage.session or not worker.running, 10.0)
    left = content_of(path)
    context.check("damaged").expect(
        left == content,
        "the worker overwrites a file at WORKER_KEY_PATH that is no key file",
        expected="the file as it was",
        actual="no file any more" if left is None else "another content",
        evidence=stage.session or (),
    )


def mode_of(path: Path) -> int | None:
    """The permissions of a file; None where there is none, or nothing that is a file."""
    try:
        found = path.stat().st_mode
    except OSError:
        return None
    return stat.S_IMODE(found) if stat.S_ISREG(found) else None


def content_of(path: Path) -> bytes | None:
    """What a file holds, up to MAX_BYTES; None where there is none to be read.

    What stands there is the worker's: a FIFO would be waited for, and /dev/zero has no end.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            return file.read(MAX_BYTES) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except OSError:
        return None


def octets(value: JsonValue) -> bytes | None:
    """The bytes in a list of byte values; None for anything else."""
    if not isinstance(value, list):
        return None
    numbers = [
        entry
        for entry in value
        if isinstance(entry, int) and not isinstance(entry, bool) and 0 <= entry < 256
    ]
    return bytes(numbers) if len(numbers) == len(value) else None


def kind_of(value: JsonValue, member: str) -> str:
    """What stands under a name, without showing a secret."""
    if not isinstance(value, dict):
        return "the file is no JSON object"
    if member not in value:
        return f"the members {', '.join(value) or '(none)'}"
    found = value[member]
    return f"a list of {len(found)} entries" if isinstance(found, list) else f"a {type(found).__name__}"
