"""A worker's identity: its ed25519 key pair, and the file that keeps it from one start to the next.

The file holds one JSON object, `{"publicKey": [32 bytes], "secretKey": [64 bytes]}`, each byte a number from
0 to 255; the secret key is the seed and then the public key again. Programs may indent it and add members of
their own. It is written whole or not at all, for its owner's eyes only, and whatever stands in its place is
never overwritten.

Source: SPEC.md, "Key file" (clauses W-KEY); RFC 8032 §5.1.5 and §5.1.6.
"""

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from nacl import bindings

from dispatch_protocol.errors import JsonSyntaxError, KeyFileError, UsageError
from dispatch_protocol.parsing import JsonValue, parse
from dispatch_protocol.private import create_private

__all__ = ["MAX_KEY_FILE_BYTES", "Identity", "load", "load_or_create", "permissions_fault", "serialize"]

FilePath: TypeAlias = "str | os.PathLike[str]"

MAX_KEY_FILE_BYTES: Final = 65_536
"""The longest key file that is read, in bytes; an indented one has about 1,000."""

_SEED_BYTES: Final = bindings.crypto_sign_SEEDBYTES
_PUBLIC_BYTES: Final = bindings.crypto_sign_PUBLICKEYBYTES
_SECRET_BYTES: Final = bindings.crypto_sign_SECRETKEYBYTES
_SIGNATURE_BYTES: Final = bindings.crypto_sign_BYTES

_CREATED: Final = "W-KEY-1"
_PUBLIC_FORM: Final = "W-KEY-3"
_PRIVATE_FORM: Final = "W-KEY-4"
_SAME_HALVES: Final = "W-KEY-5"
_SEED_FITS: Final = "W-KEY-6"
_LOADED: Final = "W-KEY-7"
_OWNER_ONLY: Final = "W-KEY-10"

_RESTORE: Final = "It was left as it is: restore it from a backup, or move it away to begin a new identity."
_CHECK_PATH: Final = "Check the path and its permissions."


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """A key pair. Made by `generate`, `from_seed` or `load`; the public key always belongs to the seed.

    `seed` is the 32-byte secret and never shows in the `repr`; `public_key` has 32 bytes.
    """

    seed: bytes
    public_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        if len(self.seed) != _SEED_BYTES:
            raise UsageError(f"a seed has {_SEED_BYTES} bytes, not {len(self.seed)}")
        public_key, _secret_key = bindings.crypto_sign_seed_keypair(self.seed)
        object.__setattr__(self, "public_key", public_key)

    @classmethod
    def generate(cls) -> "Identity":
        """A new identity, from the operating system's randomness."""
        return cls(secrets.token_bytes(_SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "Identity":
        """The identity of a seed of 32 bytes. Raises UsageError for another length."""
        return cls(seed)

    @property
    def pubkey_hex(self) -> str:
        """The public key as 64 lowercase hex digits: the worker's name on the network."""
        return self.public_key.hex()

    def sign(self, message: bytes) -> bytes:
        """The detached signature of a message: 64 bytes, the same every time (RFC 8032 §5.1.6)."""
        return bindings.crypto_sign(message, self.seed + self.public_key)[:_SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"Identity({self.pubkey_hex})"


def serialize(identity: Identity) -> str:
    """The text of a key file, one line without a line feed, as the deployed desktop worker writes it."""
    secret_key = identity.seed + identity.public_key
    public, secret = (",".join(map(str, key)) for key in (identity.public_key, secret_key))
    return f'{{"publicKey":[{public}],"secretKey":[{secret}]}}'


def load(path: FilePath) -> Identity:
    """The identity that a key file holds.

    Raises KeyFileError for a file that is missing, unreadable, damaged or inconsistent; the message names the
    file, the place in it, the clause and what to do, and shows nothing of the key. Changes nothing.
    """
    target = Path(path)
    content = _read(target)
    try:
        document = parse(content)
    except JsonSyntaxError as error:
        detail = f"is no JSON: {error}" if content.strip() else "is empty"
        raise _fault(target, detail, _PUBLIC_FORM) from None
    if not isinstance(document, dict):
        raise _fault(target, "must be an object", _PUBLIC_FORM)
    public_key = _key_bytes(target, document, "publicKey", _PUBLIC_BYTES, _PUBLIC_FORM)
    secret_key = _key_bytes(target, document, "secretKey", _SECRET_BYTES, _PRIVATE_FORM)
    seed, second_half = secret_key[:_SEED_BYTES], secret_key[_SEED_BYTES:]
    if second_half != public_key:
        index = _SEED_BYTES + next(i for i in range(_PUBLIC_BYTES) if second_half[i] != public_key[i])
        raise _fault(target, "differs from publicKey", _SAME_HALVES, place=f"$.secretKey[{index}]")
    identity = Identity.from_seed(seed)
    if identity.public_key != public_key:
        raise _fault(
            target, "is not the public key of the seed in secretKey", _SEED_FITS, place="$.publicKey"
        )
    return identity


def load_or_create(path: FilePath) -> tuple[Identity, bool]:
    """The identity that a key file holds, and whether this call created the file.

    Where nothing has that name, folders (mode 0700) and file (0600) are made. Of several processes that
    start at once, one creates the file and all return its identity. Whatever else stands there (a damaged
    file, an empty one, a dangling link) stays as it is. Raises KeyFileError like `load`, and where the file
    cannot be made.
    """
    target = Path(path)
    if not os.path.lexists(target):
        identity = Identity.generate()
        if _create(target, serialize(identity)):
            return identity, True
    return load(target), False


def permissions_fault(path: FilePath) -> str | None:
    """One sentence on a key file that others than its owner may read; None if there is no such fault.

    Only advice: such a file loads all the same. None, too, where the file cannot be looked at.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return None
    if not mode & (stat.S_IRGRP | stat.S_IROTH):
        return None
    which = f"key file {os.fspath(path)!r}: mode {stat.S_IMODE(mode):04o}"
    return f"{which} lets others than its owner read it (clause {_OWNER_ONLY}). Change it: chmod 600"


def _fault(path: Path, detail: str, clause: str, *, place: str = "", advice: str = _RESTORE) -> KeyFileError:
    """The fault of a file, or of one place in it."""
    where = f": {place}" if place else ""
    return KeyFileError(f"key file {str(path)!r}{where} {detail} (clause {clause}). {advice}")


def _read(path: Path) -> bytes:
    """The file's bytes, at most MAX_KEY_FILE_BYTES of them."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _fault(path, "is no regular file", _LOADED, advice=_CHECK_PATH)
            content = file.read(MAX_KEY_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        detail = _reason(error)
        if isinstance(error, FileNotFoundError) and path.is_symlink():
            detail = "it is a symbolic link to a file that is not there"
        raise _fault(path, f"cannot be read: {detail}", _LOADED, advice=_CHECK_PATH) from error
    if len(content) > MAX_KEY_FILE_BYTES:
        raise _fault(path, f"is longer than {MAX_KEY_FILE_BYTES} bytes", _PUBLIC_FORM)
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Opens without waiting: a named pipe would keep its reader until somebody writes."""
    return os.open(path, flags | os.O_NONBLOCK)


def _key_bytes(path: Path, document: dict[str, JsonValue], name: str, length: int, clause: str) -> bytes:
    """The bytes of one member. The message of a fault tells what is wrong, never the value: it is secret."""
    place = f"$.{name}"
    if name not in document:
        raise _fault(path, "is missing", clause, place=place)
    values = document[name]
    if not isinstance(values, list):
        raise _fault(path, f"must be a list of {length} numbers", clause, place=place)
    if len(values) != length:
        raise _fault(path, f"must have {length} numbers, not {len(values)}", clause, place=place)
    for index, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 255:
            raise _fault(path, "must be an integer from 0 to 255", clause, place=f"{place}[{index}]")
    return bytes(values)  # type: ignore[arg-type]


def _create(path: Path, text: str) -> bool:
    """Puts a key file in its place, unless anything stands there; tells which. Raises KeyFileError."""
    try:
        return create_private(path, text)
    except (OSError, ValueError) as error:
        raise _fault(path, f"cannot be created: {_reason(error)}", _CREATED, advice=_CHECK_PATH) from error


def _reason(error: OSError | ValueError) -> str:
    """What the operating system says, without the path that the message names already."""
    return error.strerror or "unknown error" if isinstance(error, OSError) else str(error)
