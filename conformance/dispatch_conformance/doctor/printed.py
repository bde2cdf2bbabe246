"""What a worker's last lines tell of why it ended: a crash, its usage, a variable or an address it names."""

import re
from collections.abc import Iterator
from typing import Final

_CRASH: Final = re.compile(
    r"Traceback \(most recent call last\)|^\s+at .+[:(]\S*\d+|^panic: |panicked at |Exception in thread |"
    r"^\w*(?:Error|Exception): |Segmentation fault|core dumped",
    re.MULTILINE,
)
_USAGE: Final = re.compile(r"^\s*usage\b", re.IGNORECASE | re.MULTILINE)
_NAME: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_MISSES: Final = re.compile(
    r"environment|\benv\b|variable|required|missing|undefined|unset|not set|not defined|must be set|KeyError",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(
    r"\b(?:(?:https?|wss?)://)?((?:[A-Za-z0-9.-]{1,80}|\[[0-9a-f:]{2,40}\]):\d{2,5})\b"
)
_REFUSED: Final = re.compile(r"refused|ECONNREFUSED|unreachable|ENOTFOUND|resolve|getaddrinfo", re.IGNORECASE)

GIVEN: Final = frozenset(
    {"COORDINATOR_URL", "OLLAMA_BASE_URL", "WORKER_KEY_PATH", "TRUST_PAIRING_CODE", "OLLAMA_MODEL"}
)
"""The variables that the guide names: what else a worker wants, nobody gives it."""


def crashed(text: str) -> bool:
    """Whether it looks like an exception that nothing handled."""
    return _CRASH.search(text) is not None


def shows_usage(text: str) -> bool:
    """Whether it explains its arguments."""
    return _USAGE.search(text) is not None


def missed_variables(text: str) -> tuple[str, ...]:
    """The variables that it misses, by its own words; at most four."""
    names = (name for line in text.splitlines() if _MISSES.search(line) for name in _names(line))
    return tuple(dict.fromkeys(names))[:4]


def other_addresses(text: str, url: str) -> tuple[str, ...]:
    """HOST:PORT in lines about connections that failed, other than the address itself; at most two."""
    own = url.rpartition(":")[2]
    found = (match for line in text.splitlines() if _REFUSED.search(line) for match in _ADDRESS.findall(line))
    return tuple(dict.fromkeys(place for place in found if place.rpartition(":")[2] != own))[:2]


def _names(line: str) -> Iterator[str]:
    yield from (name for name in _NAME.findall(line) if name not in GIVEN and not name.startswith("ERR_"))
