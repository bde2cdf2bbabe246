"""Defects of the key file: W-KEY."""

import json
import os
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from tests.mutants.registry import defect
from tests.mutants.worker import Worker


class ReadsAnything(Worker):
    """Takes the first 32 values of secretKey, whatever stands beside them."""

    def read_key(self, path: Path) -> bytes:
        return bytes(json.loads(path.read_bytes())["secretKey"][:32])


@defect("key-elsewhere", "W-KEY-1", "keeps its key in memory only", "W-KEY-8")
class KeyElsewhere(Worker):
    def make_folder(self, path: Path) -> None:
        """Nothing."""

    def write_key(self, path: Path, seed: bytes) -> None:
        """Nothing."""


@defect("key-folder-missing", "W-KEY-2", "ends when the folder of its key file is missing")
class KeyFolderMissing(Worker):
    def make_folder(self, path: Path) -> None:
        if not path.parent.is_dir():
            raise ValueError(f"there is no folder {path.parent}")


@defect("key-file-in-hex", "W-KEY-3", "writes the public key in hex", "W-KEY-5", "W-KEY-6")
class KeyFileInHex(ReadsAnything):
    def key_content(self, seed: bytes) -> dict[str, Any]:
        content = super().key_content(seed)
        return content | {"publicKey": bytes(content["publicKey"]).hex()}


@defect("key-file-with-seed", "W-KEY-4", "writes the seed alone as secretKey", "W-KEY-5", "W-KEY-6")
class KeyFileWithSeed(ReadsAnything):
    def key_content(self, seed: bytes) -> dict[str, Any]:
        return super().key_content(seed) | {"secretKey": list(seed)}


@defect("key-file-scrambled", "W-KEY-5", "writes the seed twice as secretKey")
class KeyFileScrambled(ReadsAnything):
    def key_content(self, seed: bytes) -> dict[str, Any]:
        return super().key_content(seed) | {"secretKey": list(seed + seed)}


@defect("key-file-of-strangers", "W-KEY-6", "writes a public key that is not the seed's", "W-KEY-7")
class KeyFileOfStrangers(ReadsAnything):
    def key_content(self, seed: bytes) -> dict[str, Any]:
        other = bytes(SigningKey(seed[::-1]).verify_key)
        return {"publicKey": list(other), "secretKey": list(seed + other)}


@defect("key-file-of-its-own-only", "W-KEY-7", "does not use a key file that it did not write itself")
class KeyFileOfItsOwnOnly(Worker):
    def key_content(self, seed: bytes) -> dict[str, Any]:
        return super().key_content(seed) | {"author": "mutants"}

    def read_key(self, path: Path) -> bytes:
        return super().read_key(path) if b"mutants" in path.read_bytes() else os.urandom(32)


@defect("key-made-anew", "W-KEY-8", "makes a new key at every start", "W-KEY-7", "W-KEY-9", "W-KEY-11")
class KeyMadeAnew(Worker):
    def is_there(self, path: Path) -> bool:
        return False


@defect("key-file-rewritten", "W-KEY-9", "writes a fresh key over the file after it has read it", "W-KEY-8")
class KeyFileRewritten(Worker):
    def read_key(self, path: Path) -> bytes:
        seed = super().read_key(path)
        self.write_key(path, os.urandom(32))
        return seed


@defect("key-file-for-all", "W-KEY-10", "lets everybody read its key file")
class KeyFileForAll(Worker):
    def mode(self) -> int:
        return 0o644


@defect("key-file-overwritten", "W-KEY-11", "overwrites a damaged key file")
class KeyFileOverwritten(Worker):
    def read_key(self, path: Path) -> bytes:
        try:
            return super().read_key(path)
        except ValueError:
            seed = os.urandom(32)
            self.write_key(path, seed)
            return seed
