"""results.json read back: what was written, or a clear refusal; formats that fail alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from dispatch_conformance.report import formats
from dispatch_conformance.report.formats import Format, formats_named, write_formats
from dispatch_conformance.report.model import Report, make_report
from dispatch_conformance.report.origin import origin_of
from dispatch_conformance.report.results import results, results_json, stored
from dispatch_conformance.report.stored import FILE, Stored, read_results, schema
from dispatch_conformance.verdicts import Repeats, Verdict
from dispatch_protocol.clauses import SPEC_VERSION, requirement_hash
from dispatch_protocol.errors import UsageError

from tests.conformance.test_report import EMPTY, HOSTILE, SETTINGS, observed, outcome


def report(**more: Any) -> Report:
    """A report of one failed check, with everything in it that hostile workers put there."""
    found = outcome(observed(message=HOSTILE, actual=HOSTILE), pubkey=HOSTILE)
    made = make_report(SETTINGS, found, [EMPTY])
    labelled = tuple(replace(result, repeats=Repeats(1, 3)) for result in made.results)
    return replace(made, **{"results": labelled} | more)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(results_json(report()), "utf-8")
    found = read_results(tmp_path)
    assert found == read_results(tmp_path / FILE) == stored(report(origin=origin_of_stored(found)))
    assert found.checks[0].verdict is Verdict.FAIL
    assert found.checks[0].actual == HOSTILE
    assert found.checks[0].repeats is not None
    assert found.checks[0].repeats.label == "flaky (1 of 3)"
    assert (found.spec_version, found.requirements) == (SPEC_VERSION, requirement_hash())


def origin_of_stored(found: Stored) -> Any:
    """The origin of this moment, begun when the stored one began."""
    return replace(report().origin, started=found.started)


def test_results_say_where_they_come_from() -> None:
    content = json.loads(json.dumps(results(report())))
    jsonschema.validate(content, schema())
    assert content["host"]["cpus"] >= 1
    assert content["options"] == {
        "profile": "full",
        "fuzz": True,
        "only": [],
        "exclude": [],
        "only_levels": [],
        "level": "MUST",
        "jobs": 8,
        "timeout_scale": 1.0,
        "repeat_failures": 0,
        "baseline": None,
    }


def test_the_schema_and_the_types_name_the_same_members() -> None:
    whole = schema()
    parts = {"": whole, **whole["$defs"]}
    compared = set()
    todo: list[tuple[Any, Any]] = [(Stored, whole)]
    while todo:
        kind, described = todo.pop()
        while "$ref" in described:
            described = parts[described["$ref"].rpartition("/")[2]]
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
            assert set(fields) == set(described["properties"]) == set(described["required"]), kind
            compared.add(kind)
            todo += [(fields[name], described["properties"][name]) for name in fields]
        elif inner := [entry for entry in getattr(kind, "__args__", ()) if isinstance(entry, type)]:
            todo.append((inner[0], described.get("items", described.get("anyOf", [{}])[0])))
    assert len(compared) == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        ("{}", "it has no `schema`"),
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "it has no `schema`"),
        ('{"schema": "dispatch-conformance-results/1"}', "another version"),
        ('{"schema": "\\u001b[2J"}', "another version"),
        ('{"schema": "dispatch-conformance-results/2"}', "is damaged"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=words) as refused:
        read_results(tmp_path / FILE)
    assert str(refused.value).isprintable()


def test_formats_are_chosen_by_name() -> None:
    assert formats_named(None) == tuple(formats.FORMATS)
    assert formats_named("json") == ("json",)
    with pytest.raises(UsageError, match="did you mean json"):
        formats_named("jsn")
    with pytest.raises(UsageError, match="there is no format"):
        formats_named("")


def test_a_format_that_fails_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_report: Report) -> str:
        raise ZeroDivisionError("a slip")

    monkeypatch.setitem(formats.FORMATS, "broken", Format("broken.txt", broken))
    monkeypatch.setitem(formats.FORMATS, "folder", Format("taken", lambda _report: "text"))
    monkeypatch.setitem(formats.FORMATS, "bytes", Format("bytes.bin", lambda _report: b"\xff"))
    monkeypatch.setitem(formats.FORMATS, "text", Format("text.txt", lambda report: report.pubkey))
    (tmp_path / "taken").mkdir()
    slips = write_formats(tmp_path, report(), ["broken", "folder", "bytes", "text", "json"])
    assert [slip.partition(":")[0] for slip in slips] == [
        "broken.txt could not be made",
        "taken cannot be written",
    ]
    assert (tmp_path / "bytes.bin").read_bytes() == b"\xff"
    assert "\\ud83d" in (tmp_path / "text.txt").read_text("utf-8")
    assert read_results(tmp_path).seed == 7


def test_the_start_of_a_run_is_told_in_utc() -> None:
    assert origin_of(outcome().started).started.endswith("Z")
