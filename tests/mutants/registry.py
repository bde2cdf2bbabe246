"""The names of all defects and variants, with what each is expected to break."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.mutants.worker import Worker

Program = type[Worker]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One program, and the clause it breaks (None: it breaks none).

    `collateral` are the clauses that cannot hold where the primary one is broken, because they build on it.
    """

    name: str
    description: str
    program: Program
    clause: str | None
    collateral: frozenset[str]


MUTANTS: dict[str, Mutant] = {}


def defect(name: str, clause: str, description: str, *collateral: str) -> Callable[[Program], Program]:
    """Register a class as the defect `name`, which breaks `clause` and, for want of it, `collateral`."""
    return _register(name, description, clause, collateral)


def variant(name: str, description: str) -> Callable[[Program], Program]:
    """Register a class as a legal variant: another way of doing what the specification leaves open."""
    return _register(name, description, None, ())


def _register(
    name: str, description: str, clause: str | None, collateral: tuple[str, ...]
) -> Callable[[Program], Program]:
    def register(program: Program) -> Program:
        if name in MUTANTS:
            raise ValueError(f"two mutants are called {name}")
        MUTANTS[name] = Mutant(name, description, program, clause, frozenset(collateral))
        return program

    return register
