"""Selections take what they name and nothing else; what names nothing is misuse, with the nearest name."""

import pytest
from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.estimate import estimated_seconds
from dispatch_conformance.selection import choices, chosen, reported, touches
from dispatch_conformance.settings import Settings
from dispatch_protocol.clauses import Level
from dispatch_protocol.errors import UsageError


def settings(**options: object) -> Settings:
    return Settings(command="w", **options)  # type: ignore[arg-type]


def names(**options: object) -> set[str]:
    return {entry.name for entry in chosen(settings(**options))}


EVERYTHING = names()


def test_without_a_selection_everything_runs() -> None:
    assert {entry.name for entry in all_scenarios()} == EVERYTHING


def test_the_quick_profile_leaves_out_what_waits() -> None:
    quick = chosen(settings(quick=True))
    assert quick
    assert not [entry.name for entry in quick if entry.waits]


def test_without_fuzz_there_is_none() -> None:
    assert not {name for name in names(fuzz=False) if name.startswith("fuzz.")}


def test_a_selection_takes_scenarios_checks_and_clauses_by_their_beginning() -> None:
    assert names(only=("fuzz.sequences",)) == {"fuzz.sequences"}
    assert names(only=("replay.llm_text",)) == {"replay.recorded"}
    assert names(only=("tasks",)) == {"tasks.classify", "tasks.extract_json", "tasks.summarize"}
    by_clause = names(only=("W-OUT-6",))
    assert {"fuzz.sequences", "replay.recorded"} <= by_clause
    assert all(touches(entry, "W-OUT-6") for entry in all_scenarios() if entry.name in by_clause)
    assert names(only=("transcript.W-HBT-7",)) == {"heartbeats.idle"}


def test_a_whole_clause_is_not_the_beginning_of_others() -> None:
    assert names(only=("W-HBT-1",)) < names(only=("W-HBT",))
    assert not touches(next(entry for entry in all_scenarios() if entry.name == "llm.failures"), "W-LLM-1")


@pytest.mark.parametrize("prefix", ["fuzz", "fuzz.sequences", "goodbye", "tasks.summarize"])
def test_an_excluded_scenario_does_not_run(prefix: str) -> None:
    left = names(exclude=(prefix,))
    assert EVERYTHING - left == {name for name in EVERYTHING if name.startswith(prefix)}


def test_a_scenario_without_a_check_that_is_left_does_not_run() -> None:
    assert EVERYTHING - names(exclude=("W-END-1", "W-END-2")) == {"goodbye.idle"}
    assert "goodbye.idle" in names(exclude=("goodbye.ends",))


def test_only_a_level_leaves_out_what_has_none_of_it() -> None:
    should = names(only_levels=(Level.SHOULD,))
    assert "goodbye.idle" in should
    assert "hashes.features" not in should
    assert should < EVERYTHING
    assert names(only_levels=(Level.MUST, Level.SHOULD)) >= should


def test_what_is_dry_run_says_why() -> None:
    made = {choice.scenario.name: choice for choice in choices(settings(only=("W-END-1",), quick=True))}
    assert made["goodbye.idle"] == (made["goodbye.idle"].scenario, True, "W-END-1", ("goodbye.close_code",))
    assert made["tasks.classify"][1:3] == (False, "not selected")
    with pytest.raises(UsageError, match="the quick profile leaves out"):
        choices(settings(only=("heartbeats",), quick=True))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"only": ("nothing",)}, "nothing begins with"),
        ({"only": ("tasks", "tsks")}, "did you mean tasks"),
        ({"only": ("W-OTU",)}, "did you mean W-OUT"),
        ({"exclude": ("W-HBT-77",)}, "did you mean W-HBT-7"),
        ({"only": ("goodby.idle",)}, "did you mean goodbye.idle"),
        ({"only": ("",)}, "nothing begins with"),
        ({"only": ("tasks",), "exclude": ("tasks",)}, "leave no scenario: excluded"),
        ({"exclude": ("W-",)}, "leave no scenario: no check of it is left"),
        ({"only": ("\x1b[2J" * 100,)}, "nothing begins with"),
    ],
)
def test_an_empty_selection_is_misuse(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        names(**options)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("check", "law", "options", "kept"),
    [
        ("tasks.a", "W-OUT-3", {}, True),
        ("tasks.a", "W-OUT-3", {"only": ("W-OUT",)}, True),
        ("tasks.a", "W-OUT-13", {"only": ("W-OUT-1",)}, False),
        ("tasks.a", "W-OUT-3", {"only": ("W-REG",)}, False),
        ("transcript.W-REG-1", "W-REG-1", {"only": ("W-OUT",)}, False),
        ("transcript.W-REG-1", "W-REG-1", {"only": ("tasks",)}, True),
        ("transcript.W-REG-1", "W-REG-1", {"only": ("transcript.W-REG",)}, True),
        ("tasks.a", "W-OUT-3", {"only": ("transcript.W-REG",)}, False),
        ("life.stays", "W-JOB-1", {"only": ("tasks.a",)}, True),
        ("other.a", "W-OUT-3", {"only": ("tasks",)}, False),
        ("tasks.a", "W-OUT-3", {"only": ("task",)}, True),
        ("tasks.a", "W-OUT-3", {"exclude": ("tasks.a",)}, False),
        ("tasks.a", "W-OUT-3", {"only": ("tasks",), "exclude": ("W-OUT-3",)}, False),
        ("tasks.a", "W-OUT-3", {"exclude": ("W-OUT-4",)}, True),
        ("life.stays", "W-JOB-1", {"exclude": ("life",)}, False),
        ("tasks.a", "W-OUT-3", {"only_levels": (Level.MUST,)}, True),
        ("tasks.a", "W-OUT-3", {"only_levels": (Level.SHOULD,)}, False),
    ],
)
def test_a_report_keeps_what_was_asked_for(
    check: str, law: str, options: dict[str, object], kept: bool
) -> None:
    assert reported(check, law, Level.MUST, settings(**options)) is kept


def test_the_estimate_follows_the_order_of_the_engine() -> None:
    every = all_scenarios()
    assert estimated_seconds(every, 1) == sum(entry.seconds for entry in every)
    longest = max(entry.seconds for entry in every)
    assert estimated_seconds(every, 1000) == longest
    assert longest <= estimated_seconds(every, 2) < estimated_seconds(every, 1)
