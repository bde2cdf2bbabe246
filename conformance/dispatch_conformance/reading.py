"""Files that a user names, read within a bound: results, baselines, cases."""

from pathlib import Path

from dispatch_protocol.errors import UsageError


def read_file(path: Path, most: int) -> bytes:
    """The content of a file, of `most` bytes at most. Raises UsageError, saying what is wrong with it.

    What has no size before it is read, such as a pipe, is held to the same bound.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > most:
        raise UsageError(f"{path} is longer than {most} bytes")
    return content
