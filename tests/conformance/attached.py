"""A run of the suite that waits for a worker, as a process, and the workers started for it elsewhere."""

import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.mutants_js import family

ADDRESS = "127.0.0.2"
LINE_SECONDS = 40
RUN_SECONDS = 90


def certificate(folder: Path, address: str = ADDRESS) -> tuple[Path, Path]:
    """A self-signed certificate for an address and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


class Lines:
    """What a process prints, line by line as it comes; `on_line` sees each first."""

    def __init__(self, stream: IO[str], on_line: Callable[[str], None] = lambda _line: None) -> None:
        self.all: list[str] = []
        self._new: queue.Queue[str | None] = queue.Queue()
        self._on_line = on_line
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def until(self, words: str) -> str:
        """The next line that holds these words."""
        while (line := self._new.get(timeout=LINE_SECONDS)) is not None:
            if words in line:
                return line
        raise AssertionError(f"{words!r} never came: {self.all}")

    def join(self) -> None:
        """Wait for the end of the stream."""
        self._thread.join(LINE_SECONDS)

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self.all.append(line.rstrip("\n"))
                self._on_line(line)
                self._new.put(line.rstrip("\n"))
        self._new.put(None)


class JsWorker:
    """A JavaScript worker, told where to connect: the conforming one, or one with a `defect`.

    One that is `fleeting` ends when it is disconnected.
    """

    def __init__(
        self, folder: Path, url: str, *, fleeting: bool = False, defect: str = "", **variables: str
    ) -> None:
        environment = os.environ | {
            "COORDINATOR_URL": url,
            "OLLAMA_BASE_URL": url,
            "WORKER_KEY_PATH": str(folder / "worker-key.json"),
        }
        environment.pop("TRUST_PAIRING_CODE", None)
        self.process = subprocess.Popen(
            shlex.split(family.command(defect or None)),
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.lines = Lines(self.process.stdout, self._leave if fleeting else lambda _line: None)

    @property
    def registrations(self) -> int:
        """How often it was registered."""
        return sum("Registered as" in line for line in self.lines.all)

    def end(self) -> None:
        """End it, if it still runs."""
        self.process.kill()
        self.process.wait(LINE_SECONDS)
        self.lines.join()

    def _leave(self, line: str) -> None:
        if "Disconnected" in line:
            self.process.send_signal(signal.SIGKILL)


class Attached:
    """`run --attach` on a loopback address of its own. As a context manager it ends what it started."""

    def __init__(self, folder: Path, *options: str, **more: Any) -> None:
        self.folder = folder
        self.workers: list[JsWorker] = []
        words = [sys.executable, "-m", "dispatch_conformance", "run", "--attach", "--seed", "1", "--no-fuzz"]
        words += ["--listen", f"{ADDRESS}:0", "--out", str(folder / "report"), *options]
        settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE} | more
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **settings)
        assert self.process.stdout is not None
        self.printed = Lines(self.process.stdout)
        self.steps = Lines(self.process.stderr) if self.process.stderr is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(LINE_SECONDS)
        for worker in self.workers:
            worker.end()
        self.printed.join()
        if self.steps is not None:
            self.steps.join()

    @property
    def told(self) -> Lines:
        """What it told whoever starts the worker."""
        assert self.steps is not None
        return self.steps

    def url(self) -> str:
        """The address that it tells."""
        return self.told.until("COORDINATOR_URL=").partition("=")[2]

    def worker(
        self, url: str, *, name: str = "worker", fleeting: bool = False, defect: str = "", **variables: str
    ) -> JsWorker:
        """Start a worker for it elsewhere; one of the same name has the same key."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        self.workers.append(JsWorker(folder, url, fleeting=fleeting, defect=defect, **variables))
        return self.workers[-1]

    def end(self) -> tuple[int, str]:
        """Wait for its end: the exit code, and all that it printed."""
        code = self.process.wait(RUN_SECONDS)
        self.printed.join()
        return code, "\n".join(self.printed.all)
