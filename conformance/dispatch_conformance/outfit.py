"""What a worker under test is told when it is started: its command line and its environment.

The command is split as a shell would split it, but no shell runs. The environment is the caller's with the
guide's variables in it.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dispatch_protocol.errors import UsageError

_PLACEHOLDER: Final = re.compile(r"\{(url|ws_url|key_path|ollama_url|pairing_code)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """What one worker process is told: addresses (without a trailing slash), its key file, a pairing code.

    `variables` are set besides the guide's, or instead of them; None takes a variable away.
    """

    url: str
    ws_url: str
    ollama_url: str
    key_path: str
    pairing_code: str | None = None
    variables: Mapping[str, str | None] = field(default_factory=dict)

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The worker's environment: the caller's, with the guide's variables in it."""
        told: dict[str, str | None] = {
            "COORDINATOR_URL": self.url,
            "OLLAMA_BASE_URL": self.ollama_url,
            "WORKER_KEY_PATH": self.key_path,
            "TRUST_PAIRING_CODE": self.pairing_code,
            **self.variables,
        }
        kept = {name: value for name, value in inherited.items() if name not in told}
        return kept | {name: value for name, value in told.items() if value is not None}

    def arguments(self, command: str) -> list[str]:
        """The command's words with the placeholders replaced; braces of any other kind stay as they are."""
        told = {
            "url": self.url,
            "ws_url": self.ws_url,
            "ollama_url": self.ollama_url,
            "key_path": self.key_path,
            "pairing_code": self.pairing_code or "",
        }
        return [_PLACEHOLDER.sub(lambda found: told[found[1]], word) for word in split_command(command)]


def split_command(command: str) -> list[str]:
    """The words of a command line. Raises UsageError where a shell would not understand it either."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the worker's command cannot be split into words: {error}") from None
    if not words:
        raise UsageError("the worker's command is empty")
    return words
