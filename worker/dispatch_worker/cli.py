"""`dispatch-worker`: reads options and environment, loads the key, serves until told to stop.

Exit codes: 0 stopped by its operator, or disconnected with --no-reconnect; 1 refused, replaced, or without a
connection with --no-reconnect; 2 used wrongly (settings, key file); 130 interrupted before it served.
"""

import argparse
import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from typing import Final

from dispatch_protocol import keys
from dispatch_protocol.errors import UsageError

from dispatch_worker import runtime
from dispatch_worker.config import Settings, read_settings
from dispatch_worker.effects import Level, Log
from dispatch_worker.log import Printer, take_every_character

USAGE_EXIT: Final = 2
INTERRUPTED_EXIT: Final = 130

LEAVING_SECONDS: Final = 0.25
"""How long the event loop may take to close once the session has ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker; returns the exit code described above."""
    for stream in (sys.stdout, sys.stderr):
        take_every_character(stream)
    try:
        options = vars(_parser().parse_args(arguments))
        settings = read_settings(options, os.environ)
        return _serve(settings)
    except UsageError as error:
        print(f"dispatch-worker: {error}", file=sys.stderr)
        return USAGE_EXIT
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT


def _serve(settings: Settings) -> int:
    identity, created = keys.load_or_create(settings.key_path)
    printer = Printer(settings.provider_type, settings.verbose)
    if created:
        printer.show(Log(f"Key file created: {settings.key_path!r}", Level.DETAIL))
    fault = keys.permissions_fault(settings.key_path)
    if fault is not None:
        printer.show(Log(fault, Level.WARNING))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        code = runner.run(runtime.run(settings, identity, printer))
        # A name that is still being looked up can be waited for, half a minute long, but not cancelled.
        leaving = threading.Timer(LEAVING_SECONDS, os._exit, (code,))
        leaving.daemon = True
        leaving.start()
    leaving.cancel()
    return code


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    """uvloop's event loop where it is installed, else asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415  (not on every platform)
    except ImportError:
        return None
    return uvloop.Loop


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dispatch-worker",
        description="Execute jobs of a Dispatch coordinator, and sign a receipt for each.",
        epilog="An option beats its environment variable; an empty variable counts as unset.",
        allow_abbrev=False,
    )
    for name, metavar, text in (
        ("coordinator-url", "URL", "http, https, ws or wss (COORDINATOR_URL; http://localhost:4010)"),
        ("ollama-url", "URL", "base URL of Ollama (OLLAMA_BASE_URL; http://localhost:11434)"),
        ("key-path", "PATH", "the key file, created if missing (WORKER_KEY_PATH; ./data/worker-key.json)"),
        ("pairing-code", "CODE", "claim this pairing code once registered (TRUST_PAIRING_CODE)"),
        ("ollama-model", "NAME", "the model to ask for (OLLAMA_MODEL; llama3.2)"),
        ("provider-type", "TYPE", "DESKTOP or SEEKER (DESKTOP)"),
        ("capabilities", "LIST", "LLM_INFER,TASK (DESKTOP: both; SEEKER: TASK)"),
        ("concurrency", "N", "LLM_INFER jobs that run at once, 1 to 64 (1); the others wait"),
        ("longest-wait", "SECONDS", "the longest wait between attempts to connect (30)"),
        ("llm", "WHO", "who answers LLM_INFER: ollama, stub (a canned, marked text) or none (ollama)"),
    ):
        parser.add_argument(f"--{name}", metavar=metavar, help=text)
    flags = parser.add_argument_group("flags")
    flags.add_argument("--no-reconnect", action="store_const", const="yes", help="end with the connection")
    flags.add_argument("-v", "--verbose", action="store_const", const="yes", help="print details too")
    flags.add_argument("--version", action=_Version, help="print the version and end")
    return parser


class _Version(argparse.Action):
    """Prints the distribution's version; looked up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        from importlib.metadata import version  # noqa: PLC0415

        parser.exit(message=f"dispatch-worker {version('dispatch-reference')}\n")
