"""Printing a worker's lines: on stdout, warnings and errors on stderr, each line at once."""

import sys
from typing import TextIO

from dispatch_protocol.vocabulary import ProviderType

from dispatch_worker.effects import Level, Log
from dispatch_worker.lines import PREFIXES


class Printer:
    """Prints lines behind the prefix of the worker's provider type."""

    def __init__(self, provider_type: ProviderType, verbose: bool) -> None:
        self._prefix = PREFIXES[provider_type]
        self._least = Level.DETAIL if verbose else Level.INFO

    def show(self, log: Log) -> None:
        """Print one line, if its level is wanted.

        A reader that went away (a closed pipe, a full disk) costs the line, never the worker.
        """
        if log.level < self._least:
            return
        stream = sys.stdout if log.level <= Level.INFO else sys.stderr
        try:
            stream.write(f"{self._prefix}{log.line}\n")
            stream.flush()
        except (OSError, ValueError):
            return


def take_every_character(stream: TextIO) -> None:
    """Let a stream take every character, whatever the locale: what it cannot encode is printed escaped."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
