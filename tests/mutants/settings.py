"""The guide's environment variables."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker is told: addresses without a trailing slash, key file, pairing code, model."""

    web: str
    socket: str
    ollama: str
    key_path: Path
    pairing_code: str | None
    model: str


def from_environment() -> Settings:
    """The settings that the environment gives, each with the guide's default; empty counts as unset."""
    told = {name: value for name, value in os.environ.items() if value}
    given = told.get("COORDINATOR_URL", "http://localhost:4010").rstrip("/")
    scheme, _, rest = given.partition("://")
    secure = "s" * (scheme in {"https", "wss"})
    return Settings(
        web=f"http{secure}://{rest}",
        socket=f"ws{secure}://{rest}",
        ollama=told.get("OLLAMA_BASE_URL", "http://localhost:11434").rstrip("/"),
        key_path=Path(told.get("WORKER_KEY_PATH", "./data/worker-key.json")),
        pairing_code=told.get("TRUST_PAIRING_CODE"),
        model=told.get("OLLAMA_MODEL", "llama3.2"),
    )
