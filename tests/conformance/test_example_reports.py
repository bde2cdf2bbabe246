"""The reports under docs/examples: of the mutants that the seed draws, each naming its clause, all inert."""

import pytest

from tests.conformance.example_reports import COUNT, TARGET, chosen
from tests.mutants.catalogue import DEFECTS


def test_there_is_a_report_of_each_and_of_no_other() -> None:
    assert {path.stem for path in TARGET.glob("*.txt")} == set(chosen())
    assert len(chosen()) == COUNT


@pytest.mark.parametrize("name", chosen())
def test_a_report_names_the_clause_and_how_to_mend_it(name: str) -> None:
    text = (TARGET / f"{name}.txt").read_text("utf-8")
    clause = str(DEFECTS[name].clause)
    assert text.startswith("$ dispatch-conformance run --worker 'python -m tests.mutants --defect ")
    assert any(line.split()[:1] in (["FAIL"], ["WARN"]) and clause in line for line in text.splitlines())
    for label in ("clause", "found", "expected", "mend", "evidence", "again"):
        assert f"\n  {label:<9} " in text
    assert not [folder for folder in ("/tmp/", "/home/", "/root/", "/Users/") if folder in text]
    assert all(letter == "\n" or letter.isprintable() for letter in text)


def test_the_index_tells_each_mistake() -> None:
    index = (TARGET / "README.md").read_text("utf-8")
    for name in chosen():
        assert f"[{name}]({name}.txt) | {DEFECTS[name].description} | {DEFECTS[name].clause} |" in index
