"""Whether a command can be started, as far as that shows before it is."""

import os
import shutil
from pathlib import Path
from typing import Final

_BEGINNING: Final = 256


def obstacle(word: str) -> str:
    """Why the program that a command begins with cannot be started; "" if nothing speaks against it."""
    if shutil.which(word) is not None:
        return _interpreter_missing(Path(shutil.which(word) or word))
    path = Path(word)
    if os.sep not in word:
        return "there is no such program in PATH" + (
            f" (here is a file {path.name})" if path.is_file() else ""
        )
    if path.is_dir():
        return "it is a folder"
    return "it is a file that is not executable" if path.exists() else "there is no such file"


def _interpreter_missing(path: Path) -> str:
    try:
        with path.open("rb") as script:
            line = script.read(_BEGINNING).partition(b"\n")[0]
    except OSError:
        return ""
    if not line.startswith(b"#!"):
        return ""
    words = os.fsdecode(line[2:]).split()
    if words and not Path(words[0]).exists():
        return f"its interpreter {words[0]} is missing"
    return ""
