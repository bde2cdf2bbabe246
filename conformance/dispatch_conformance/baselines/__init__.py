"""Baselines as files: those that ship here, `NAME.toml`, and those that a run writes.

The shipped ones hold what the deployed workers are known to do otherwise; each says at its top what was
derived and what was tried. A written one holds a reason for every entry, meant to be edited.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from dispatch_protocol.clauses import clause, for_role
from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import Role

from dispatch_conformance.baseline import SCHEMA, Baseline, Known
from dispatch_conformance.catalogue import all_checks
from dispatch_conformance.reading import read_file
from dispatch_conformance.report.origin import Origin
from dispatch_conformance.report.plain import visible
from dispatch_conformance.selection import nearest

MAX_BYTES: Final = 1024 * 1024
"""The longest baseline that is read."""

MAX_REASON: Final = 300
"""How many characters of what was found a written reason holds."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    check: str
    reason: str
    clause: str = ""
    scenario: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: str
    seed: int | None = None
    known: tuple[_Entry, ...] = ()


def shipped() -> tuple[str, ...]:
    """The names of the baselines that ship with the suite."""
    names = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load(name: str) -> Baseline:
    """A shipped baseline by its name, or one from a file. Raises UsageError, saying what is wrong with it."""
    if name in shipped():
        return parse(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"), name)
    path = Path(name)
    if not path.suffix and not path.exists():
        known = ", ".join(shipped())
        raise UsageError(f"there is no baseline {shown(name, 60)}, nor a file; those that ship are {known}")
    try:
        return parse(read_file(path, MAX_BYTES).decode("utf-8"), name)
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8") from None


def parse(text: str, name: str) -> Baseline:
    """A baseline from its text. Raises UsageError."""
    try:
        read = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.MsgspecError, RecursionError) as error:
        raise UsageError(f"{name} is no baseline: {shown(str(error))}") from None
    if read.schema != SCHEMA:
        raise UsageError(f"{name} holds no {SCHEMA}, but {shown(read.schema)}")
    laws = _laws()
    for fault in _faults(read.known, laws):
        raise UsageError(f"{name}: {fault}")
    entries = tuple(
        Known(
            check=entry.check,
            reason=entry.reason.strip(),
            clause=laws[entry.check],
            scenario=entry.scenario,
        )
        for entry in read.known
    )
    return Baseline(name=name, seed=read.seed, entries=entries)


def written(baseline: Baseline, origin: Origin, worker: str) -> Iterator[str]:
    """The lines of a baseline's file; `worker` is the command, told in a comment."""
    yield "# Failures of this worker that are known. A check that is listed here and fails does not fail a"
    yield "# run; one that fails no more does: its entry is to be removed. Say in each reason why it is"
    yield "# accepted, and until when."
    yield f"# Written by dispatch-conformance {origin.suite_version} (specification {origin.spec_version})"
    yield f"# on {origin.started} for: {visible(worker, MAX_REASON)}"
    yield ""
    yield f"schema = {_quoted(SCHEMA)}"
    if baseline.seed is not None:
        yield f"seed = {baseline.seed}"
    for entry in baseline.entries:
        yield ""
        law = clause(entry.clause)
        yield f"# {law.id} {law.level_label}: {law.text}"
        yield "[[known]]"
        for member in ("check", "clause", "scenario", "reason"):
            if text := getattr(entry, member):
                yield f"{member} = {_quoted(text)}"


def write(path: Path, lines: Iterable[str]) -> None:
    """Write a baseline's lines. Raises UsageError; a file with reasons that was there is whole then."""
    text = "\n".join(lines) + "\n"
    try:
        if path.exists() and not path.is_file():  # a pipe or a device
            path.write_text(text, encoding="utf-8")
            return
        target = path.resolve()
        fresh = target.with_name(f"{target.name}.new")
        try:
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"the baseline cannot be written to {path}: {error.strerror}") from None


def _laws() -> Mapping[str, str]:
    """Every check that may have an entry, and its clause."""
    return {**{f"transcript.{law.id}": law.id for law in for_role(Role.WORKER)}, **all_checks()}


def _faults(entries: Iterable[_Entry], laws: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with entries, each in a sentence."""
    seen: set[str] = set()
    for entry in entries:
        told = shown(entry.check, 60)
        if entry.check not in laws:
            yield f"there is no check {told}{nearest(entry.check, [*laws])}"
        elif entry.clause and entry.clause != laws[entry.check]:
            yield f"{told} is of {laws[entry.check]}, and not of {shown(entry.clause, 60)}"
        if entry.check in seen:
            yield f"there are two entries for {told}"
        if not entry.reason.strip():
            yield f"the entry for {told} gives no reason"
        seen.add(entry.check)


def _quoted(text: Any) -> str:
    """A basic string of TOML. JSON's escapes are TOML's, and `visible` leaves nothing else to escape."""
    return json.dumps(visible(text, MAX_REASON + 100), ensure_ascii=False)
