"""The clauses as data, and the specification printed from them."""

import re
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from dispatch_protocol import specification
from dispatch_protocol.clauses import (
    SPEC_VERSION,
    Clause,
    Level,
    Part,
    areas,
    clause,
    clauses,
    for_role,
    load,
    requirement_hash,
)
from dispatch_protocol.errors import UsageError
from dispatch_protocol.printed import first_difference
from dispatch_protocol.vocabulary import JobType, ProviderType, Role

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "protocol" / "SPEC.md"
PACKAGES = ("protocol", "worker", "mockcoord", "conformance")

MODAL = re.compile(r"\b(must|shall|should|may|might|can|cannot|could|will|would|ought)\b", re.IGNORECASE)
SECTIONS_NAMED = re.compile(r'SPEC\.md, ((?:"[^"]+"(?:, and |, | and )?)+)')
CLAUSE_ID = re.compile(r"\b[WC]-[A-Z]+-[0-9]+\b")
SOURCE = re.compile(
    r"guide '[^']+'|documentation|observed|decision R-[1-9][0-9]*"
    r"|ECMA-262 (§[1-9][0-9.]*|[A-Z][A-Za-z.]+)|RFC [1-9][0-9]+ §[1-9][0-9.]*"
)

# Every clause's level, by hand: M is MUST, S SHOULD, Y MAY; D is MUST for DESKTOP and SHOULD otherwise. Code,
# reports and baselines name clauses by their places: new ones are appended to their section.
LEVELS = {
    "W-CON": "MSSY",
    "W-FRM": "MMSMYY",
    "W-REG": "MMMSMMMMSSSYY",
    "W-HBT": "MMMMMSSYY",
    "W-JOB": "MMMMMMMMMMSSSY",
    "W-OUT": "MMMMMMMSMMMMMMMSMMMMMMMS",
    "W-CAN": "MMMMMMMMM",
    "W-RCP": "MMMMSSSSMMMMMY",
    "W-SIG": "MMMMM",
    "W-LLM": "MMMSMSSMMMMSY",
    "W-BAD": "MMMMMMMSMSYY",
    "W-ROB": "MMMMMSMMMMMMMMSSSS",
    "W-PAIR": "DDDDSDSSS",
    "W-KEY": "DDDDDDDDDSS",
    "W-ID": "DD",
    "W-END": "SSSSSSSSY",
    "C-CON": "MMMMYY",
    "C-FRM": "MMSMMMMM",
    "C-REG": "MMMMMMMMMMMMM",
    "C-HBT": "MMMMMM",
    "C-JOB": "MMMMMMMMMMMMMMMMMSMSS",
    "C-MAT": "MMMMMMMMY",
    "C-RCP": "MMMMMMMMMMMMMMMMY",
    "C-ERR": "MMMMMMMMMMMM",
    "C-REST": "MMMMMMMMMMMMMMMMMMMSMYMM",
    "C-QUO": "MMMMMMM",
    "C-TRU": "MMMMMMMMMMMM",
    "C-DEMO": "MMMMMSY",
    "C-LIM": "MMMMMY",
    "C-DUR": "MMMMMYY",
    "C-PAY": "MMMMMY",
}


def letter(entry: Clause) -> str:
    if entry.provider_type is ProviderType.DESKTOP:
        return "D"
    return {Level.MUST: "M", Level.SHOULD: "S", Level.MAY: "Y"}[entry.level]


def test_ids_are_unique() -> None:
    ids = [entry.id for section in load().sections for entry in section.clauses]
    assert len(ids) == len(set(ids)) == len(clauses())


def test_ids_are_dense_and_name_their_area() -> None:
    for section in load().sections:
        expected = [f"{section.id}-{number}" for number in range(1, len(section.clauses) + 1)]
        assert [entry.id for entry in section.clauses] == expected


def test_ids_begin_with_the_letter_of_their_role() -> None:
    for entry in clauses():
        assert CLAUSE_ID.fullmatch(entry.id)
        assert entry.id[0] == {Role.WORKER: "W", Role.COORDINATOR: "C"}[entry.role]
        assert entry.id.startswith(f"{entry.section}-")


def test_levels_and_places_are_those_written_down() -> None:
    found = {section.id: "".join(map(letter, section.clauses)) for section in load().sections}
    assert {area: levels for area, levels in found.items() if levels} == LEVELS


def test_a_clause_is_one_sentence() -> None:
    for entry in clauses():
        assert entry.text[0] == "`" or entry.text[0].isupper(), entry
        assert re.findall(r"[.?!](?=\s|\Z)", entry.text) == ["."], entry
        assert entry.text.endswith("."), entry


def test_a_clause_has_one_modal_verb_and_it_is_its_level() -> None:
    for entry in clauses():
        assert [verb.lower() for verb in MODAL.findall(entry.text)] == [entry.level.lower()], entry
        assert "may not" not in entry.text.lower(), entry


def test_a_clause_names_sources_of_the_declared_kinds() -> None:
    for entry in clauses():
        for source in entry.source.split("; "):
            assert SOURCE.fullmatch(source), (entry.id, source)


def test_a_clause_says_how_to_mend_a_breach() -> None:
    for entry in clauses():
        assert entry.mend.endswith("."), entry
        assert 20 <= len(entry.mend) <= 200, entry
        assert entry.mend.startswith("Nothing to mend") == (entry.level is Level.MAY), entry


def test_conditions_go_together() -> None:
    for entry in clauses():
        assert (entry.provider_type is None) == (entry.level_otherwise is None), entry
        assert entry.testable == (entry.untestable_reason is None), entry
        if entry.role is Role.COORDINATOR:
            assert (entry.capability, entry.provider_type) == (None, None), entry


def test_enough_clauses_bind_each_role() -> None:
    assert len(for_role(Role.WORKER)) >= 70
    assert len(for_role(Role.COORDINATOR)) >= 60


def test_at_most_one_in_twenty_worker_musts_is_untestable() -> None:
    musts = [entry for entry in for_role(Role.WORKER) if entry.level is Level.MUST]
    assert sum(not entry.testable for entry in musts) * 20 <= len(musts)


def test_the_level_depends_on_the_provider_type_where_it_says_so() -> None:
    pairing, registration = clause("W-PAIR-1"), clause("W-REG-1")
    assert pairing.level_for(ProviderType.DESKTOP) is Level.MUST
    assert pairing.level_for(ProviderType.SEEKER) is Level.SHOULD
    assert pairing.level_for(None) is Level.SHOULD
    assert {registration.level_for(kind) for kind in (*ProviderType, None)} == {Level.MUST}


def test_a_clause_applies_to_workers_of_its_capability() -> None:
    assert clause("W-OUT-1").applies_to([JobType.TASK])
    assert clause("W-OUT-1").applies_to(["TASK", "LLM_INFER"])
    assert not clause("W-OUT-1").applies_to([JobType.LLM_INFER])
    assert clause("W-REG-1").applies_to([])


def test_areas_have_titles() -> None:
    assert areas()["W-REG"] == "Registration"
    assert set(areas()) == set(LEVELS)


def test_an_unknown_id_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match=r"there is no clause w-reg-1; did you mean W-REG-1\?"):
        clause("w-reg-1")
    with pytest.raises(UsageError, match="did you mean W-ROB-"):
        clause("W-ROBB-2")


def test_an_unknown_id_is_shown_escaped_and_short() -> None:
    with pytest.raises(UsageError) as caught:
        clause("\x1b[2J" * 1000)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_requirement_hash_covers_id_level_and_text_in_order() -> None:
    rows = "".join(f"{entry.id}\t{entry.level_label}\t{entry.text}\n" for entry in clauses())
    assert requirement_hash() == sha256(rows.encode()).hexdigest()
    assert clause("W-PAIR-1").level_label == "MUST (DESKTOP; otherwise SHOULD)"
    assert clause("W-OUT-1").level_label == "MUST (TASK)"
    assert clause("W-REG-1").level_label == "MUST"


def test_decisions_are_dense_and_all_cited() -> None:
    ids = [decision.id for decision in load().decisions]
    assert ids == [f"R-{number}" for number in range(1, len(ids) + 1)]
    prose = " ".join(section.text for section in load().sections)
    cited = set(re.findall(r"\bR-[0-9]+\b", prose + " ".join(entry.source for entry in clauses())))
    assert cited == set(ids)


def test_clauses_stand_in_the_parts_of_their_roles() -> None:
    for section in load().sections:
        has_clauses = section.part in (Part.WORKER, Part.COORDINATOR)
        assert bool(section.clauses) == has_clauses
        assert section.text
        if has_clauses:
            assert section.modules


def test_every_clause_named_in_the_code_exists() -> None:
    known = {entry.id for entry in clauses()}
    for folder in PACKAGES:
        for path in (ROOT / folder).rglob("*.py"):
            unknown = set(CLAUSE_ID.findall(path.read_text(encoding="utf-8"))) - known
            assert not unknown, f"{path.relative_to(ROOT)} names {sorted(unknown)}"


def test_every_section_named_in_the_code_exists() -> None:
    titles = {section.title for section in load().sections}
    named = {
        title
        for folder in PACKAGES
        for path in (ROOT / folder).rglob("*.py")
        for found in SECTIONS_NAMED.findall(path.read_text(encoding="utf-8"))
        for title in re.findall(r'"([^"]+)"', found)
    }
    assert named, "the pattern finds nothing"
    assert named <= titles


def test_the_specification_is_in_step_with_the_clauses() -> None:
    assert first_difference(SPEC.read_text(encoding="utf-8"), specification.render()) is None, (
        "print it again: python -m dispatch_protocol.specification > protocol/SPEC.md"
    )


def test_the_specification_holds_every_clause_and_decision() -> None:
    text = specification.render()
    assert f"Version {SPEC_VERSION}." in text
    for entry in clauses():
        opening = f'<a id="{entry.anchor}"></a>**{entry.id}** {entry.level_label} — '
        assert text.count(opening) == 1
    for decision in load().decisions:
        assert text.count(f'<a id="{decision.id.lower()}"></a>') == 1


def test_every_link_of_the_specification_leads_somewhere() -> None:
    text = specification.render()
    anchors = re.findall(r'<a id="([^"]+)"></a>', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(anchors)


def test_every_section_that_prose_names_is_linked() -> None:
    titles = {section.title for section in load().sections}
    unlinked = re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", specification.render())
    assert not titles & set(unlinked)


def test_tables_of_the_specification_have_equal_rows() -> None:
    rows = [
        line.replace("\\|", "") if line.startswith("|") else "" for line in specification.render().split("\n")
    ]
    for above, row in pairwise(rows):
        if above and row:
            assert above.count("|") == row.count("|"), row


def test_the_command_prints_the_specification(capsys: pytest.CaptureFixture[str]) -> None:
    assert specification.main([]) == 0
    assert capsys.readouterr().out == specification.render()


def test_the_command_compares_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "SPEC.md"
    copy.write_text(specification.render(), encoding="utf-8")
    assert specification.main(["--check", str(copy)]) == 0
    copy.write_text(specification.render().replace("Version", "Vision", 1), encoding="utf-8")
    assert specification.main(["--check", str(copy)]) == 1
    assert "line 5 differs" in capsys.readouterr().err
    copy.write_text(specification.render() + "\n", encoding="utf-8")
    assert specification.main(["--check", str(copy)]) == 1
    assert specification.main(["--check", str(tmp_path / "absent.md")]) == 2
