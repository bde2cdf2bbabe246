"""Cases: one failed check, kept so that it can be run again by itself.

A case is a recording (SPEC.md, "Recordings") of the coordinator on which the check failed; its header's
`origin` holds a Case as JSON, its `seed` the run's seed. `dispatch-conformance replay` reads it. Recordings
from elsewhere have another `origin`, or none, and are no cases.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import msgspec
from dispatch_protocol.canonical import parse, stringify
from dispatch_protocol.errors import JsonSyntaxError, UsageError, shown
from dispatch_protocol.recording import (
    Frame,
    Header,
    Http,
    Recording,
    TranscriptEvent,
    header,
    read_lines,
    write_lines,
)

from dispatch_conformance.reading import read_file
from dispatch_conformance.transcript import Mark, Transcript
from dispatch_conformance.verdicts import CheckResult

FOLDER: Final = "cases"
"""The folder of a run's results that holds its cases."""

MAX_EVENTS: Final = 2_000
"""How many events a case holds: the last of those before and at its evidence, and a few after it."""

MAX_AFTER: Final = 50
"""How many events after its evidence a case holds."""

MAX_BEFORE: Final = 100
"""How many events before its evidence a case of the passive rules holds, where the jobs were random."""

MAX_CHARACTERS: Final = 4 * 1024 * 1024
"""How many characters of frames and bodies a case holds: the earliest events go first."""

MAX_BYTES: Final = 256 * 1024 * 1024
"""The longest file that is read as a case."""


class Case(msgspec.Struct, frozen=True, kw_only=True, tag_field="case", tag="dispatch-conformance"):
    """What a case is about. `quick`: the run's profile was quick, in which some scenarios do less.

    `smallest` is the smallest input that random search found, as JSON, for `fuzz.play_again`.
    """

    check: str
    clause: str
    scenario: str
    suite_version: str
    spec_version: str
    quick: bool = False
    smallest: Any = None


def case_path(folder: Path, check: str) -> Path:
    """Where the case of a check stands in a folder of results."""
    return folder / FOLDER / f"{check}.jsonl"


def write_case(
    folder: Path, case: Case, seed: int, transcript: Transcript | None, marks: Sequence[Mark]
) -> None:
    """Write a case; a check that was judged by no transcript has a case without events. Raises OSError."""
    epoch_ms = transcript.epoch_ms if transcript is not None else 0
    recorded = datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")
    top = header(
        subject="the worker under test",
        peer=f"dispatch-conformance {case.suite_version}, {transcript.name if transcript else case.scenario}",
        recorded=recorded.replace("+00:00", "Z"),
        origin=stringify(msgspec.to_builtins(case)),
        seed=seed,
    )
    events = kept_events(transcript, marks, case.check) if transcript is not None else ()
    path = case_path(folder, case.check)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in write_lines(Recording(top, tuple(events))):
            file.write(line + "\n")


def kept_events(transcript: Transcript, marks: Sequence[Mark], check: str) -> Sequence[TranscriptEvent]:
    """The events of a case. What random search found is its own evidence, all else began at the start."""
    marked = [mark.event for mark in marks if mark.transcript == transcript.name]
    first, last = (min(marked), max(marked)) if marked else (0, len(transcript.events))
    end = last + 1 + MAX_AFTER
    start = max(0, end - MAX_EVENTS)
    if transcript.name.startswith("fuzz.") and marked:
        start = first if check.startswith("fuzz.") else max(0, first - MAX_BEFORE)
    return _bounded(transcript.events[start : min(end, start + MAX_EVENTS)])


def _bounded(events: Sequence[TranscriptEvent]) -> Sequence[TranscriptEvent]:
    """The last of these events that fit into MAX_CHARACTERS; the very last in any case."""
    sizes = accumulate(_size(event) for event in reversed(events))
    fitting = sum(1 for size in sizes if size <= MAX_CHARACTERS)
    return events[-max(1, fitting) :]


def _size(event: TranscriptEvent) -> int:
    match event:
        case Frame():
            return len(event.text or "") + len(event.base64 or "")
        case Http():
            return sum(len(part or "") for part in (event.request, event.request_base64, event.response))
        case _:
            return 0


def evidence_of(result: CheckResult, transcripts: Sequence[Transcript]) -> Transcript | None:
    """The transcript in which a result's evidence stands; the first of its scenario where it has none."""
    named = {mark.transcript for mark in result.evidence[:1]}
    of_scenario = (entry for entry in transcripts if re.split("[+~]", entry.name)[0] == result.scenario)
    return next((entry for entry in transcripts if entry.name in named), next(of_scenario, None))


def read_recording(path: Path) -> Recording:
    """A recording from a file. Raises UsageError, saying what is wrong with it."""
    try:
        text = read_file(path, MAX_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is no UTF-8 at byte {error.start}: it is damaged, or no recording"
        ) from None
    try:
        return read_lines(text.split("\n"))
    except UsageError as error:
        raise UsageError(f"{path} is damaged, or no recording: {error}") from None


def case_of(top: Header) -> Case | None:
    """The case that a header tells of; None for a recording from elsewhere. Raises UsageError."""
    origin = top.origin or ""
    if '"dispatch-conformance"' not in origin:
        return None
    try:
        return msgspec.convert(parse(origin), Case)
    except (msgspec.MsgspecError, UnicodeError, JsonSyntaxError) as error:
        raise UsageError(f"the header's `origin` tells of no case: {shown(str(error))}") from None
