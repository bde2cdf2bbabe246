"""How lines look: columns that stay put, the width, colours, what comes from outside."""

import json
import os
import pty
import re
from pathlib import Path

import msgspec
import pytest
from dispatch_mockcoord.breach import breach_of
from dispatch_mockcoord.log.columns import Columns
from dispatch_mockcoord.log.entry import MAX_FRAME, Entry, inert, json_line, pretty
from dispatch_mockcoord.log.events import breach_entry, event_entry
from dispatch_mockcoord.log.look import wants_colour, width_of
from dispatch_mockcoord.log.summary import figures_text
from dispatch_mockcoord.roster import Roster
from dispatch_protocol.recording import Fault, Http, frame_event
from dispatch_protocol.rules import Finding
from dispatch_protocol.vocabulary import ProviderType, Role

KEY = "0123456789abcdef" * 4
JOB = "9051018d-4c5b-419d-a581-cfc93d48e1af"
AT = 1_795_000_000_123
HOSTILE = "\x1b[2J\u202e\x00\r\n\u2028\ud800é" * 50
ANSI = re.compile(r"\x1b\[[0-9;]*m")
ENTRIES = (
    Entry(event="registered", worker=KEY, connection=12, provider_type="DESKTOP", capabilities=("TASK",)),
    Entry(event="left", worker=KEY, connection=12, reason="disconnected"),
    Entry(event="pending", job=JOB, job_type="TASK", policy="CHEAP", user_id="user"),
    Entry(event="assigned", job=JOB, job_type="TASK", policy="CHEAP", worker=KEY, privacy_class="PRIVATE"),
    Entry(event="completed", job=JOB, worker=KEY, receipt="verified", milliseconds=12),
    Entry(event="failed", job=JOB, error="no_eligible_worker"),
    Entry(event="rejected", job=JOB, worker=KEY, reason="no model"),
    Entry(event="refused", connection=99_999, code="INVALID_MSG", reason="no object"),
    Entry(event="closed", connection=3, by="coordinator"),
    Entry(event="fault", fault="delay", detail="delay:seconds=3 at register_ack"),
    Entry(event="clock", seconds=30.0),
    Entry(event="left_out", count=1_234),
    Entry(event="reset"),
)


def columns(width: int | None = None, *, colour: bool = False) -> Columns:
    return Columns(colour=colour, width=lambda: width)


def breach(message: str = "the hash is another", expected: str = "ab", actual: str = "cd") -> Entry:
    finding = Finding("W-CAN-2", 2.5, 1, "$.output_hash", message, expected, actual, 7)
    event = frame_event(2.5, 1, Role.WORKER, '{"type":"job_complete"}')
    return breach_entry(breach_of(finding, (KEY, ProviderType.DESKTOP), event), is_first=True)


@pytest.mark.parametrize(("width", "clock", "who"), [(None, 12, 16), (100, 12, 16), (60, 8, 11)])
def test_columns_stay_where_they_are(width: int | None, clock: int, who: int) -> None:
    what = clock + 2 + who + 2
    for entry in ENTRIES:
        line = columns(width).lines(entry, AT)
        assert line[clock : clock + 2] == "  "
        assert line[what - 2 : what] == "  "
        name = "FAULT" if entry.event == "fault" else entry.event.replace("_", " ")
        assert line[what : what + 12] == f"{name:12}"
        assert line[what + 12] != " "


@pytest.mark.parametrize("width", [48, 60, 89, 90, 100, 120, 200])
def test_the_width_is_respected(width: int) -> None:
    frame = Entry(event="frame", worker=KEY, sender="worker", frame="x" * MAX_FRAME)
    for entry in (*ENTRIES, breach("word " * 60, "e" * 400, "g" * 400), frame):
        for colour in (False, True):
            text = ANSI.sub("", columns(width, colour=colour).lines(entry, AT))
            assert max(map(len, text.split("\n"))) <= width, text
    assert max(map(len, columns(width).plain(["y" * 500]).split("\n"))) == width


def test_ids_are_whole_where_there_is_room() -> None:
    assert JOB in columns(120).lines(ENTRIES[3], AT)
    assert JOB in columns(None).lines(ENTRIES[3], AT)
    assert f"  {JOB[:8]}  TASK CHEAP PRIVATE" in columns(100).lines(ENTRIES[3], AT)
    demo = Entry(event="assigned", worker=KEY, job=f"demo-{JOB}")
    assert columns(100).lines(demo, AT).endswith(f"  demo-{JOB[:8]}")


def test_a_violation_shows_clause_sentence_and_frame_and_again_without_the_sentence() -> None:
    first = breach()
    again = msgspec.structs.replace(first, sentence="", mend="")
    told = columns(100).lines(first, AT)
    rows = [row.strip() for row in told.split("\n")]
    assert rows[0].endswith("VIOLATION   W-CAN-2 MUST: the hash is another")
    assert [row.split(maxsplit=1)[0] for row in rows if row.split()[0] in LABELS] == LABELS
    assert "canonical text of the `output`" in " ".join(told.split())
    assert '<- {"type":"job_complete"} at $.output_hash' in " ".join(told.split())
    assert "clause" not in columns(100).lines(again, AT)
    assert "job_complete" in columns(100).lines(again, AT)


LABELS = ["clause", "expected", "got", "frame", "mend"]


def test_values_of_a_violation_take_few_rows_and_all_that_there_is_without_a_width() -> None:
    entry = breach(expected="e " * 500, actual="\u200b" * 400)
    rows = columns(80).lines(entry, AT).splitlines()
    assert len(rows) < 25
    assert sum(row.endswith("...") for row in rows) == 2
    assert any(row.lstrip().startswith("mend") for row in rows)
    assert entry.got in columns().lines(entry, AT)


def test_colours_are_asked_for() -> None:
    plain, painted = columns().lines(breach(), AT), columns(colour=True).lines(breach(), AT)
    assert ANSI.sub("", painted) == plain
    assert "\x1b[1;31mVIOLATION" in painted
    assert "\x1b" not in plain


@pytest.mark.parametrize(
    ("is_terminal", "environment", "expected"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {}, True),
        (False, {"TERM": "xterm"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_whether_to_colour(is_terminal: bool, environment: dict[str, str], expected: bool) -> None:
    assert wants_colour(is_terminal, environment) is expected


def test_the_width_is_that_of_the_terminal_or_of_columns(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        assert width_of(theirs, {"COLUMNS": "71"}) == 71
        assert width_of(theirs, {"COLUMNS": "1"}) == 48
        assert (width_of(theirs, {"COLUMNS": "nonsense"}) or 0) >= 48
    finally:
        os.close(ours)
        os.close(theirs)
    with (tmp_path / "log").open("w") as file:
        assert width_of(file.fileno(), {"COLUMNS": "71"}) is None


def test_what_comes_from_outside_is_inert() -> None:
    assert inert("\x1b[2J\x7f") == "\\x1b[2J\\x7f"
    roster = Roster()
    events = (
        frame_event(1.0, 1, Role.WORKER, HOSTILE),
        frame_event(1.0, 1, Role.WORKER, HOSTILE.encode("utf-8", "replace"), opcode="binary"),
        Fault(t=1.0, name=HOSTILE, detail=HOSTILE),
        Http(
            t=1.0,
            sender="client",
            method=HOSTILE,
            path=HOSTILE,
            status=400,
            request=HOSTILE,
            response=HOSTILE,
        ),
    )
    for event in events:
        entry = event_entry(event, roster, verbose=True)
        assert entry is not None
        text = columns(200).lines(entry, AT)
        assert all(line.isascii() and line.isprintable() for line in text.split("\n")), text
        line = json_line(entry, AT)
        assert line.isascii()
        assert line.isprintable()
        assert json.loads(line)["event"] == entry.event


def test_json_lines_have_whole_ids_and_iso_times() -> None:
    line = json.loads(json_line(ENTRIES[4], AT))
    assert line == {
        "time": "2026-11-18T11:06:40.123Z",
        "event": "completed",
        "worker": KEY,
        "job": JOB,
        "milliseconds": 12,
        "receipt": "verified",
    }


def test_long_strings_in_a_frame_are_cut_so_that_its_members_are_seen() -> None:
    frame = json.dumps({"type": "x", "long": 'y\\"' * 500, "last": 1})
    assert pretty(frame).startswith('{"type": "x", "long": "y')
    assert pretty(frame).endswith('"last": 1}')
    assert pretty('{"short":"z"}') == '{"short":"z"}'
    assert pretty(None) == ""
    assert len(pretty('"' + '\\"' * 1_000_000)) < 1_000
    assert inert("ab", 1) == "a... (2 characters)"


def test_the_summary_in_words() -> None:
    figures = {
        "seconds": 123.0,
        "workers": {"keys": 2, "registrations": 5},
        "jobs": {"completed": 8, "pending": 1},
        "receipts": {"received": 8, "verified": 7},
        "violations": [{"clause": "W-CAN-2", "level": "MUST", "count": 3}],
        "faults": {"delay": 2},
    }
    assert figures_text(figures, 9) == [
        "Ended after 2 min 3 s",
        "  workers     2 (5 registrations)",
        "  jobs        9: 8 completed, 1 pending",
        "  receipts    7 of 8 verified",
        "  violations  W-CAN-2 (MUST) 3",
        "  faults      delay 2",
        "  log         9 lines were left out: nobody took them in time",
    ]
    none = {**figures, "violations": None, "faults": {}, "seconds": 3_725.0}
    assert figures_text(none, 0)[0] == "Ended after 1 h 2 min 5 s"
    rounded = {59.9: "59.9 s", 59.96: "1 min 0 s", 119.6: "2 min 0 s", 3599.7: "1 h 0 min 0 s"}
    for seconds, told in rounded.items():
        assert figures_text({**none, "seconds": seconds}, 0)[0] == f"Ended after {told}"
    assert "  violations  not looked for" in figures_text(none, 0)
