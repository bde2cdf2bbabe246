"""The clauses of the specification as data: what binds whom, at which level, by which source.

`clauses.toml` is the one truth; this module reads it, `specification` prints SPEC.md from it, reports and
rules name clauses by their ids. Source: SPEC.md, "Conventions".
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from dispatch_protocol.errors import UsageError, shown
from dispatch_protocol.vocabulary import JobType, ProviderType, Role

__all__ = [
    "SPEC_VERSION",
    "Clause",
    "Decision",
    "Level",
    "Part",
    "Section",
    "Specification",
    "areas",
    "clause",
    "clauses",
    "for_role",
    "load",
    "requirement_hash",
]


class Level(StrEnum):
    """How far a clause binds, as in RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Part(StrEnum):
    """The part of the specification in which a section stands; clauses stand in two of them."""

    DATA = "data"
    WORKER = "worker"
    COORDINATOR = "coordinator"
    INFORMATIVE = "informative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sentence that binds one role.

    `section` is the id of its section and the first part of its own id (its area). `capability` and
    `provider_type` say whom it binds: workers that declared the one, at `level` those of the other, at
    `level_otherwise` the rest. `mend` tells an implementer how to repair a breach. Where `testable` is false,
    no peer can observe a breach, and `untestable_reason` says why.
    """

    id: str
    section: str
    role: Role
    level: Level
    text: str
    source: str
    mend: str
    capability: JobType | None = None
    provider_type: ProviderType | None = None
    level_otherwise: Level | None = None
    testable: bool = True
    untestable_reason: str | None = None

    @property
    def anchor(self) -> str:
        """The id of the clause's anchor in SPEC.md."""
        return self.id.lower()

    @property
    def level_label(self) -> str:
        """The level with its conditions, as the specification prints it: `MUST`, `MUST (LLM_INFER)`, …"""
        conditions = [str(self.capability)] if self.capability else []
        if self.provider_type:
            conditions.append(f"{self.provider_type}; otherwise {self.level_otherwise}")
        return f"{self.level} ({', '.join(conditions)})" if conditions else str(self.level)

    def level_for(self, provider_type: ProviderType | None) -> Level:
        """The level for a worker that registered so; None where it is unknown, which binds less."""
        if self.level_otherwise is None or provider_type == self.provider_type:
            return self.level
        return self.level_otherwise

    def applies_to(self, capabilities: Collection[str]) -> bool:
        """Whether the clause speaks of a worker that declared these capabilities."""
        return self.capability is None or self.capability in capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section: prose in Markdown, the modules in which the reference has its code, and its clauses."""

    id: str
    title: str
    part: Part
    text: str
    modules: tuple[str, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A situation in which the deployed network errs or leaves a choice, and what is decided here."""

    id: str
    situation: str
    deployed: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """Everything in clauses.toml, in its order."""

    version: str
    sections: tuple[Section, ...]
    decisions: tuple[Decision, ...]


@cache
def load() -> Specification:
    """The specification, read once from the data that the package ships."""
    text = files("dispatch_protocol").joinpath("clauses.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Specification(
        version=data["version"],
        sections=tuple(_section(entry) for entry in data["section"]),
        decisions=tuple(Decision(**entry) for entry in data["decision"]),
    )


def clauses() -> tuple[Clause, ...]:
    """All clauses, in the order of the specification."""
    return tuple(_by_id().values())


def clause(clause_id: str) -> Clause:
    """The clause of this id. Raises UsageError for an unknown one, naming the nearest."""
    found = _by_id().get(clause_id)
    if found is None:
        near = get_close_matches(clause_id.upper(), _by_id(), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"there is no clause {shown(clause_id, 60)}{hint}")
    return found


def for_role(role: Role) -> tuple[Clause, ...]:
    """The clauses that bind this role, in order."""
    return tuple(entry for entry in clauses() if entry.role is role)


def areas() -> dict[str, str]:
    """The areas of clauses, by the prefix of their ids, with their titles: `W-REG` is "Registration"."""
    return {section.id: section.title for section in load().sections if section.clauses}


@cache
def requirement_hash() -> str:
    """The SHA-256, in hex, over id, level with its conditions, and text of every clause, in order.

    Two reports with the same hash were held against the same requirements.
    """
    lines = (f"{entry.id}\t{entry.level_label}\t{entry.text}\n" for entry in clauses())
    return sha256("".join(lines).encode("utf-8")).hexdigest()


@cache
def _by_id() -> Mapping[str, Clause]:
    return MappingProxyType({entry.id: entry for section in load().sections for entry in section.clauses})


def _section(entry: dict[str, Any]) -> Section:
    part = Part(entry["role"])
    return Section(
        id=entry["id"],
        title=entry["title"],
        part=part,
        text=entry["text"].strip(),
        modules=tuple(entry["modules"]),
        clauses=tuple(_clause(one, entry["id"], Role(part)) for one in entry.get("clause", ())),
    )


def _clause(entry: dict[str, Any], section: str, role: Role) -> Clause:
    """The clause of one table; its enumerations become members, everything else is taken as it stands."""
    kinds: dict[str, type[StrEnum]] = {
        "level": Level,
        "level_otherwise": Level,
        "capability": JobType,
        "provider_type": ProviderType,
    }
    values: dict[str, Any] = {
        name: kinds[name](value) if name in kinds else value for name, value in entry.items()
    }
    return Clause(section=section, role=role, **values)


SPEC_VERSION: Final = load().version
"""The version of the specification; it changes when a clause's meaning does."""
