"""What an operator can set, from options and environment. Source: SPEC.md, "Connecting"; the guide.

An option beats its variable, a variable its default; an empty value counts as unset. Pure: the environment
is an argument. Every fault is a UsageError that names the setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args
from urllib.parse import SplitResult, urlsplit

from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import JobType, ProviderType

from dispatch_worker.backoff import LONGEST_SECONDS

ModelChoice: TypeAlias = Literal["ollama", "stub", "none"]
"""Who answers LLM_INFER jobs: Ollama, a canned text that says so, or nobody (every job is rejected)."""

VARIABLES: Final = {
    "coordinator_url": ("COORDINATOR_URL", "http://localhost:4010"),
    "ollama_url": ("OLLAMA_BASE_URL", "http://localhost:11434"),
    "key_path": ("WORKER_KEY_PATH", "./data/worker-key.json"),
    "pairing_code": ("TRUST_PAIRING_CODE", ""),
    "ollama_model": ("OLLAMA_MODEL", "llama3.2"),
}
"""The environment variable and the default of each option that has one."""

CAPABILITIES: Final = {
    ProviderType.DESKTOP: (JobType.LLM_INFER, JobType.TASK),
    ProviderType.SEEKER: (JobType.TASK,),
}
"""What a worker declares unless told otherwise."""

MAX_CONCURRENCY: Final = 64
"""The most inferences that may run at once."""

LEAST_WAIT: Final = 0.01
"""The least that the longest wait between two attempts to connect may be set to, in seconds."""

CLAIM_PATH: Final = "/v1/trust/claim"

_SOCKET_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_HTTP_SCHEMES: Final = {"ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a worker is told at its start.

    `socket_url` is where the WebSocket is opened, `shown_address` how the log names it, `claim_url` where a
    pairing code is claimed, `generate_url` where Ollama is asked.
    """

    socket_url: str
    shown_address: str
    claim_url: str
    generate_url: str
    key_path: str = "./data/worker-key.json"
    pairing_code: str | None = None
    model: str = "llama3.2"
    provider_type: ProviderType = ProviderType.DESKTOP
    capabilities: tuple[JobType, ...] = (JobType.LLM_INFER, JobType.TASK)
    concurrency: int = 1
    llm: ModelChoice = "ollama"
    reconnect: bool = True
    longest_wait: float = LONGEST_SECONDS
    verbose: bool = False


def read_settings(options: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """The settings that options and environment make together. Raises UsageError.

    Options are named as on the command line, with underscores; flags have the value "yes".
    """
    texts = {name: _text(options.get(name), environment, name) for name in VARIABLES}
    socket_url, shown_address, claim_url = coordinator_addresses(texts["coordinator_url"])
    provider_type = _provider_type(options.get("provider_type"))
    return Settings(
        socket_url=socket_url,
        shown_address=shown_address,
        claim_url=claim_url,
        generate_url=ollama_address(texts["ollama_url"]),
        key_path=texts["key_path"],
        pairing_code=texts["pairing_code"] or None,
        model=texts["ollama_model"],
        provider_type=provider_type,
        capabilities=_capabilities(options.get("capabilities"), provider_type),
        concurrency=_concurrency(options.get("concurrency")),
        llm=_model_choice(options.get("llm")),
        reconnect=not options.get("no_reconnect"),
        longest_wait=_longest_wait(options.get("longest_wait")),
        verbose=bool(options.get("verbose")),
    )


def coordinator_addresses(url: str) -> tuple[str, str, str]:
    """The WebSocket address of a coordinator, how it is shown, and the address of its claims.

    The scheme may be http, https, ws or wss (W-CON-1, W-CON-3); trailing slashes do not matter (W-CON-2). A
    path or query goes to the WebSocket alone (W-CON-4): claims have a path of their own (W-PAIR-1).
    """
    parts = _split(url, "coordinator URL", tuple(_SOCKET_SCHEMES))
    scheme = _SOCKET_SCHEMES[parts.scheme]
    path = parts.path.rstrip("/")
    shown_address = shown(f"{scheme}://{parts.netloc}{path}")
    socket_url = parts._replace(scheme=scheme, path=path or "/").geturl()
    http_scheme = _HTTP_SCHEMES.get(parts.scheme, parts.scheme)
    return socket_url, shown_address, f"{http_scheme}://{parts.netloc}{CLAIM_PATH}"


def ollama_address(url: str) -> str:
    """Where Ollama generates, below its base URL; a path in it is kept, trailing slashes do not matter."""
    parts = _split(url, "Ollama URL", ("http", "https"))
    if parts.query:
        raise UsageError(f"the Ollama URL must have no query: {shown(url)}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/api/generate"


def _text(option: str | None, environment: Mapping[str, str], name: str) -> str:
    """An option's value, else its variable's, else the default. An option counts even if empty."""
    variable, default = VARIABLES[name]
    if option is not None:
        return option or default
    return environment.get(variable) or default


def _split(url: str, name: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of a URL that names a host, and that nobody could misread."""
    if not url.isprintable() or " " in url or "\\" in url:
        raise UsageError(f"the {name} holds characters that no URL has: {shown(url)}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"the {name} is no URL ({error}): {shown(url)}") from None
    if parts.scheme not in schemes or not parts.hostname:
        scheme = " or ".join(f"{scheme}://" for scheme in schemes)
        raise UsageError(f"the {name} must begin with {scheme} and name a host, not be {shown(url)}")
    if port == 0 or "@" in parts.netloc or parts.fragment:
        raise UsageError(f"the {name} must have no port 0, user name or fragment: {shown(parts.hostname)}")
    return parts


def _provider_type(text: str | None) -> ProviderType:
    try:
        return ProviderType(text) if text else ProviderType.DESKTOP
    except ValueError:
        names = ", ".join(ProviderType)
        raise UsageError(f"the provider type must be one of {names}, not {shown(text)}") from None


def _capabilities(text: str | None, provider_type: ProviderType) -> tuple[JobType, ...]:
    if not text:
        return CAPABILITIES[provider_type]
    try:
        chosen = [JobType(name.strip()) for name in text.split(",")]
    except ValueError:
        names = ", ".join(JobType)
        raise UsageError(f"capabilities are a list, by commas, of {names}, not {shown(text)}") from None
    return tuple(dict.fromkeys(chosen))


def _concurrency(text: str | None) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_CONCURRENCY):
        raise UsageError(f"the concurrency must be a number from 1 to {MAX_CONCURRENCY}, not {shown(text)}")
    return int(text)


def _longest_wait(text: str | None) -> float:
    if not text:
        return LONGEST_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not LEAST_WAIT <= seconds <= LONGEST_SECONDS:
        raise UsageError(
            f"the longest wait must be from {LEAST_WAIT} to {LONGEST_SECONDS:.0f} seconds, not {shown(text)}"
        )
    return seconds


def _model_choice(text: str | None) -> ModelChoice:
    for choice in get_args(ModelChoice):
        if choice == (text or "ollama"):
            return choice  # type: ignore[no-any-return]
    raise UsageError(f"the language model must be ollama, stub or none, not {shown(text)}")
