"""The key file, read and written a second time. Each step is a method, to be overridden."""

import json
import os
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey


class KeyFile:
    """Where a worker's identity comes from."""

    def seed_at(self, path: Path) -> bytes:
        """The seed of the key file at a path, which is created where there is none. Raises ValueError."""
        if self.is_there(path):
            return self.read_key(path)
        seed = os.urandom(32)
        self.make_folder(path)
        self.write_key(path, seed)
        return seed

    def is_there(self, path: Path) -> bool:
        return path.exists()

    def make_folder(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)

    def read_key(self, path: Path) -> bytes:
        try:
            stored = json.loads(path.read_bytes())
            secret, public = bytes(stored["secretKey"]), bytes(stored["publicKey"])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValueError(f"{path} is no key file") from None
        if len(secret) != 64 or secret[32:] != public or public != bytes(SigningKey(secret[:32]).verify_key):
            raise ValueError(f"{path} does not hold one key pair")
        return secret[:32]

    def key_content(self, seed: bytes) -> dict[str, Any]:
        public = bytes(SigningKey(seed).verify_key)
        return {"publicKey": list(public), "secretKey": list(seed + public)}

    def write_key(self, path: Path, seed: bytes) -> None:
        """Write the whole file beside its place, readable by its owner, then move it there."""
        draft = path.with_name(path.name + ".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, self.mode()), "w") as file:
            json.dump(self.key_content(seed), file)
        draft.replace(path)

    def mode(self) -> int:
        return 0o600

    def public_text(self, seed: bytes) -> str:
        """The public key as it is registered."""
        return bytes(SigningKey(seed).verify_key).hex()
