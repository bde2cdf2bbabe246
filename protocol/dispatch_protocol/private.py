"""A file that comes to stand whole or not at all, for its owner's eyes only, and never over another.

It is written aside, in the same folder, and gets its name in one step that fails where anything has it: of
several processes that start at once one succeeds, and no reader ever sees a part. Needs a POSIX system.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["create_private"]


def create_private(path: Path, text: str) -> bool:
    """Create a file (mode 0600) that holds this ASCII text; False where anything has its name already.

    Missing folders are made (0700). Raises OSError, or ValueError for a path that can be none; then, and if
    it tells False, nothing is left behind but folders.
    """
    _make_folders(path.parent)
    with _written_aside(path.parent, text) as temporary:
        try:
            _give_name(temporary, path)
        except FileExistsError:
            return False
    _sync(path.parent)
    return True


def _make_folders(folder: Path) -> None:
    """Makes the folders that are missing, for their owner only; others may be making them meanwhile."""
    for ancestor in (*reversed(folder.parents), folder):
        if not ancestor.is_dir():
            ancestor.mkdir(0o700, exist_ok=True)
            _sync(ancestor.parent)


@contextmanager
def _written_aside(folder: Path, text: str) -> Iterator[str]:
    """The name of a new file beside the final one (mode 0600) that holds the text, safe on its disk."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".worker-key-", suffix=".tmp")
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _give_name(temporary: str, path: Path) -> None:
    """Names the file, in one step that replaces nothing: FileExistsError where anything has the name."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        _rename_in_turn(temporary, path)


def _rename_in_turn(temporary: str, path: Path) -> None:
    """The same on file systems without hard links, by a lock on the folder; it goes when its holder does."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if os.path.lexists(path):
            raise FileExistsError(path)
        os.rename(temporary, path)
    finally:
        os.close(folder)


def _sync(folder: Path) -> None:
    """Makes the folder's entries survive a power cut, where the file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
