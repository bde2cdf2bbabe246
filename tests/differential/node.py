"""Node as an oracle: one long-lived process that answers batches of texts over its pipes."""

import shutil
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Final, Self

PROGRAM: Final = Path(__file__).with_name("oracle.js")

NODE: Final = shutil.which("node")
"""Where node is; None where it is not installed."""


class OracleError(Exception):
    """Node is absent, went away, or failed at a text for another reason than its syntax."""


class Oracle:
    """`JSON.stringify(JSON.parse(text))` as node runs it. A context manager: the process ends with it."""

    def __init__(self) -> None:
        if NODE is None:
            raise OracleError("node is not installed: it is the oracle for canonical text")
        self.version = subprocess.run(
            [NODE, "--version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        self._process = subprocess.Popen([NODE, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def answers(self, texts: Sequence[str]) -> list[str | None]:
        """The canonical text of each; None for those that JSON.parse refuses. Raises OracleError."""
        requests = b"".join(b64encode(text.encode("utf-16-le", "surrogatepass")) + b"\n" for text in texts)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        writer = Thread(target=self._send, args=(requests,))
        writer.start()
        lines = [self._process.stdout.readline() for _ in texts]
        writer.join()
        return [_read(line) for line in lines]

    def _send(self, requests: bytes) -> None:
        """Writes beside the reading: two full pipes would wait for each other."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(requests)
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # the reader sees the end of the answers, and says so


def _read(line: bytes) -> str | None:
    if not line.endswith(b"\n"):
        raise OracleError("node went away")
    answer = line[:-1].decode("utf-8")
    if answer.startswith("?"):
        raise OracleError(f"node failed: {answer[1:]}")
    return None if answer == "!" else answer
