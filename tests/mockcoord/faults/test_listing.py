"""The list of faults is in step with the catalogue, and says all there is to say of each."""

from pathlib import Path

import pytest
from dispatch_mockcoord.faults.catalogue import AIMS, CATALOGUE
from dispatch_mockcoord.faults.listing import main, render, terminal_text

DOCUMENT = Path(__file__).parents[3] / "docs" / "faults.md"


def test_the_document_is_what_the_catalogue_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(DOCUMENT)]) == 0
    assert capsys.readouterr() == ("", "")
    assert main([]) == 0
    assert capsys.readouterr().out == DOCUMENT.read_text("utf-8")


def test_a_document_that_is_not_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "faults.md"
    assert main(["--check", str(other)]) == 2
    other.write_text(render() + "\n", "utf-8")
    assert main(["--check", str(other)]) == 1
    assert "print the document again" in capsys.readouterr().err


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_fault_is_listed_with_all_of_its_options(name: str) -> None:
    kind = CATALOGUE[name]
    section = render().partition(f"### {name}\n")[2].partition("\n#")[0]
    listed = terminal_text().partition(f"  {name}\n")[2].partition("\n\n")[0]
    assert kind.does in section
    assert kind.peer in section
    for option in kind.options:
        assert f"| `{option.name}` |" in section
        default = f"{option.default:g}" if isinstance(option.default, float) else option.default
        assert f"{option.name}={default} " in listed
    for clause in kind.clauses:
        assert f"(../protocol/SPEC.md#{clause.lower()})" in section


def test_the_aims_are_listed() -> None:
    for aim in AIMS:
        assert f"| `{aim.name}` |" in render()
        assert f"  {aim.name} " in terminal_text()
    assert all(len(line) <= 100 for line in terminal_text().splitlines())
