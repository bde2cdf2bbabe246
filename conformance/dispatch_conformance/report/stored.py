"""`results.json` as a typed value: what it holds, and how it is read back.

The same structure is fixed for readers in other languages by `results.schema.json`, which ships beside this
module. Texts that came from the worker are bounded, and not escaped: whoever shows them does that.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from dispatch_protocol.clauses import Level
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import ProviderType

from dispatch_conformance.reading import read_file
from dispatch_conformance.verdicts import Verdict

SCHEMA: Final = "dispatch-conformance-results/2"
"""The value of the member `schema`; another one is another structure."""

FILE: Final = "results.json"
"""The file's name in the folder of a run."""

MAX_BYTES: Final = 64 * 1024 * 1024
"""The longest file that is read."""


class StoredHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine the suite ran on."""

    platform: str
    python: str
    cpus: int


class StoredOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the run was told beside command and seed; `baseline` is null where there was none."""

    profile: Literal["full", "quick"]
    fuzz: bool
    only: tuple[str, ...]
    exclude: tuple[str, ...]
    only_levels: tuple[Level, ...]
    level: Level
    jobs: int
    timeout_scale: float
    repeat_failures: int
    baseline: str | None


class StoredEvidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event in `transcripts/NAME.jsonl`; `content` is null where the transcript did not keep it."""

    transcript: str
    event: int
    content: dict[str, Any] | None


class StoredRepeats(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of running the scenario of a failure again, `of` times."""

    failed: int
    of: int
    label: str


class StoredCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check. `known` is the reason for which a baseline accepts its failure, else null."""

    id: str
    clause: str
    level: Level
    verdict: Verdict
    message: str
    expected: str
    actual: str
    scenario: str
    observations: int
    against: int
    known: str | None
    repeats: StoredRepeats | None
    evidence: tuple[StoredEvidence, ...]


class StoredStale(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the baseline whose check does not fail any more."""

    check: str
    clause: str
    reason: str


class StoredWorker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the worker registered as."""

    provider_pubkey: str
    provider_type: ProviderType | None
    capabilities: tuple[str, ...]


class StoredSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of the run. `counts` has every verdict; `known` of the failures are accepted."""

    exit_code: int
    reason: str
    counts: dict[Verdict, int]
    known: int
    scenarios: int
    stalled_seconds: float
    worker: StoredWorker
    errors: tuple[str, ...]
    last_words: str


class Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    schema: Literal["dispatch-conformance-results/2"]
    suite_version: str
    spec_version: str
    requirements: str
    command: str
    seed: int
    started: str
    seconds: float
    host: StoredHost
    options: StoredOptions
    checks: tuple[StoredCheck, ...]
    stale: tuple[StoredStale, ...]
    summary: StoredSummary


def read_results(path: Path) -> Stored:
    """The results in a file, or in the folder of a run. Raises UsageError, saying what is wrong with them."""
    file = path / FILE if path.is_dir() else path
    try:
        data = json.loads(read_file(file, MAX_BYTES))
    except (ValueError, RecursionError):
        raise UsageError(f"{file} is no JSON: it is damaged, or not what a run wrote") from None
    found = data.get("schema") if isinstance(data, dict) else None
    if found is None:
        raise UsageError(f"{file} is damaged, or not what a run wrote: it has no `schema`")
    if found != SCHEMA:
        raise UsageError(
            f"{file} holds no {SCHEMA}, but {shown(found)}: another version of the suite wrote it"
        )
    try:
        return msgspec.convert(data, Stored)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UsageError(f"{file} is damaged: {shown(str(error))}") from None


def schema() -> dict[str, Any]:
    """The JSON Schema of results.json."""
    text = files("dispatch_conformance.report").joinpath("results.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
