"""The mutants themselves: the conforming worker against the vectors; each defect names what it breaks."""

import ast
import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from dispatch_protocol.clauses import clauses

from tests.mutants import ecmascript
from tests.mutants.catalogue import DEFECTS, MUTANTS, VARIANTS
from tests.mutants.tasks import Tasks

FOLDER = Path(__file__).parents[1] / "mutants"
OURS = {"dispatch_protocol", "dispatch_worker", "dispatch_mockcoord", "dispatch_conformance"}


def vectors(name: str) -> list[dict[str, Any]]:
    text = resources.files("dispatch_protocol").joinpath("vectors", name).read_text("utf-8")
    cases: list[dict[str, Any]] = json.loads(text)["cases"]
    return cases


def modules() -> list[Path]:
    return sorted(FOLDER.rglob("*.py"))


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_code_is_shared_with_the_packages(module: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported & OURS == set()
    assert imported - set(sys.stdlib_module_names) <= {"tests", "nacl", "websockets"}


def test_the_writer_passes_the_canonical_vectors() -> None:
    judged = 0
    for case in vectors("canonical-json.json"):
        if case.get("error") or case["category"] == "nesting":
            continue
        assert ecmascript.write(ecmascript.read(case["input_json"])) == case["canonical"], case["id"]
        judged += 1
    assert judged > 100


def test_the_tasks_pass_their_vectors() -> None:
    judged = 0
    for case in vectors("tasks.json"):
        output = Tasks().compute(case["task_type"], ecmascript.read(case["input_json"]))
        assert ecmascript.write(output) == case["output_canonical"], case["id"]
        judged += 1
    assert judged > 100


def test_every_defect_names_clauses_that_bind_workers() -> None:
    binding = {clause.id: clause for clause in clauses() if clause.id.startswith("W-")}
    for mutant in DEFECTS.values():
        assert mutant.clause in binding, mutant.name
        assert binding[mutant.clause].level != "MAY", mutant.name
        assert mutant.collateral <= binding.keys(), mutant.name
        assert mutant.clause not in mutant.collateral, mutant.name


def test_there_are_enough_of_them() -> None:
    assert len(DEFECTS) >= 80
    assert len(VARIANTS) >= 12
    assert len({mutant.description for mutant in MUTANTS.values()}) == len(MUTANTS)


def test_every_program_differs_from_the_conforming_one() -> None:
    assert len({mutant.program for mutant in MUTANTS.values()}) == len(MUTANTS)
