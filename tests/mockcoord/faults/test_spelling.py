"""Faults as text and in TOML: read, written, and refused with the place and what is allowed."""

from pathlib import Path

import pytest
from dispatch_mockcoord.faults import Fault, Faults
from dispatch_mockcoord.faults.catalogue import CATALOGUE, aims_of, fault_of
from dispatch_mockcoord.faults.kinds import Option
from dispatch_mockcoord.faults.spelling import (
    MAX_FILE_BYTES,
    MAX_SEED,
    read_fault,
    read_file,
    read_seed,
    read_toml,
    spelled,
)
from dispatch_protocol.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st


def values(option: Option) -> st.SearchStrategy[object]:
    """Whatever this option may be."""
    if option.choices:
        return st.sampled_from(option.choices)
    if option.name == "worker":
        return st.sampled_from(("DESKTOP", "SEEKER", "ab12", "F" * 64))
    if option.name == "message":
        return st.sampled_from(("*", "job_assign", "error"))
    if isinstance(option.default, str):
        return st.text(st.characters(exclude_categories=()))
    if isinstance(option.default, int):
        return st.integers(int(option.low), int(option.high))
    return st.floats(option.low, option.high)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from(list(CATALOGUE.values())))
    options = {option.name: option for option in (*kind.options, *aims_of(kind))}
    names = draw(st.lists(st.sampled_from(list(options)), unique=True)) if options else []
    return fault_of(kind.name, {name: draw(values(options[name])) for name in names})


@given(faults())
def test_what_is_written_is_read_again(fault: Fault) -> None:
    read = read_fault(spelled(fault))
    assert Faults().add(fault) == read
    assert spelled(read) == spelled(fault)
    assert read.name == fault.name
    assert dict(read.options) == dict(fault.options)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for candidate in (text, "delay:" + text, "refuse_register:error=" + text):
        try:
            assert isinstance(read_fault(candidate), Fault)
        except UsageError as error:
            shown = str(error)
        else:
            continue
        assert shown.isascii()
        assert shown.isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lose", Fault("lose")),
        (" lose ", Fault("lose")),
        (
            "delay:seconds=2,rate=0.5,in_a_row=2,worker=ab12",
            Fault("delay", rate=0.5, in_a_row=2, worker="ab12", options={"seconds": 2.0}),
        ),
        ("close: code = 4001 , count = 1", Fault("close", count=1, options={"code": 4001})),
        ('refuse_register:error="a, \\"b\\""', Fault("refuse_register", options={"error": 'a, "b"'})),
        ("refuse_register:error=not now", Fault("refuse_register", options={"error": "not now"})),
    ],
)
def test_texts(text: str, expected: Fault) -> None:
    assert read_fault(text) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no fault is called"),
        ("delai", "did you mean delay?"),
        ("xyzzy", "known: refuse_register"),
        ("delay:", "expected option=value"),
        ("delay:seconds", "expected option=value at 'seconds'"),
        ("delay:seconds=1,", "expected option=value at ''"),
        ("delay:secnds=1", "no option of delay is called secnds; did you mean seconds?"),
        ("delay:seconds=1,seconds=2", "seconds is given twice"),
        ("delay:seconds=soon", "seconds cannot be soon: a number from 0 to 3600"),
        ("delay:seconds=nan", "seconds cannot be nan"),
        ("delay:seconds=inf", "seconds cannot be inf"),
        ("delay:seconds=-1", "seconds cannot be -1"),
        ("delay:rate=1.5", "rate cannot be 1.5: a number from 0 to 1"),
        ("delay:count=0", "count cannot be 0: a whole number from 1"),
        ("delay:count=1.5", "count cannot be 1.5"),
        ("delay:count=1_0", "count cannot be 1_0"),
        ("delay:count=" + "9" * 5000, "count cannot be 999"),
        ("close:code=65536", "code cannot be 65536: a whole number from 0 to 65535"),
        ("malformed:form=odd", "form cannot be odd: one of any, cut"),
        ("delay:message=jobassign", "did you mean job_assign?"),
        ("delay:message=register", "register_ack"),
        ("delay:worker=LAPTOP", "the beginning of a key in hex, DESKTOP or SEEKER"),
        ("delay:worker=" + "a" * 65, "the beginning of a key in hex"),
        ("wrong_assign:message=error", "no option of wrong_assign is called message"),
        ("refuse_register:job=x", "no option of refuse_register is called job"),
        ("demo_traffic:rate=1", "no option of demo_traffic is called rate"),
        ('refuse_register:error="\\x"', "is no JSON string"),
        ('refuse_register:error="open', "expected option=value"),
        ("close:code=" + " " * 100_000 + '"', "expected option=value"),  # at once
        ("close" + ":" + " " * 100_000, "expected option=value"),
        ('refuse_register:error="' + "\\\\" * 50_000, "expected option=value"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, named: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_fault(text)
    assert named in str(refused.value)
    assert len(str(refused.value)) < 1000


TOML = """
seed = 7
variety = true

[[fault]]
name = "delay"
seconds = 2
message = "heartbeat_ack"

[[fault]]
name = "binary"
instead = true
rate = 0.25
"""


def test_toml() -> None:
    read = read_toml(TOML)
    assert (read.seed, read.variety) == (7, True)
    assert list(map(spelled, read.faults)) == [
        "delay:message=heartbeat_ack,seconds=2",
        "binary:instead=1,rate=0.25",
    ]
    empty = read_toml("")
    assert (empty.faults, empty.seed, empty.variety) == ((), None, False)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("seed = \n", "at line 1"),
        ("\n\nfault = {,}\n", "line 3"),
        ("fault = [", "at end of document"),
        ("sed = 1", "did you mean seed?"),
        ("seed = -1", f"seed cannot be -1: a whole number from 0 to {MAX_SEED}"),
        ("seed = true", "seed cannot be True"),
        ("seed = 1.0", "seed cannot be 1.0"),
        ("variety = 1", "variety is true or false"),
        ("fault = 1", "written as [[fault]]"),
        ("fault = ['lose']", "written as [[fault]]"),
        ("[fault]\nname = 'lose'", "written as [[fault]]"),
        ("[[fault]]\nseconds = 1", "fault 1: it has no name"),
        ("[[fault]]\nname = 7", "fault 1: it has no name"),
        ("[[fault]]\nname = 'lose'\n[[fault]]\nname = 'lost'", "fault 2: no fault is called lost"),
        ("[[fault]]\nname = 'delay'\nseconds = [1]", "fault 1: seconds cannot be"),
        ("[[fault]]\nname = 'delay'\nseconds = 1979-05-27", "fault 1: seconds cannot be"),
        ("[[fault]]\nname = 'delay'\nseconds = nan", "fault 1: seconds cannot be"),
        ("a = " + "[" * 5000, "recursion"),
        ("seed = " + "9" * 5000, "limit"),
        ("seed = 0x" + "f" * 5000, "seed cannot be"),
        ("[[fault]]\nname = 'delay'\nseconds = 0x" + "f" * 300, "fault 1: seconds cannot be"),
        ("[[fault]]\nname = 'close'\ncode = 0x" + "f" * 5000, "fault 1: code cannot be"),
    ],
)
def test_what_toml_cannot_say_is_named(text: str, named: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_toml(text)
    assert named in str(refused.value)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(TOML)
    assert read_file(str(path)) == read_toml(TOML)
    too_long = b"#" * (MAX_FILE_BYTES + 1)
    for content, named in ((b"\xff", "not UTF-8"), (b"seed\n", "line 1"), (too_long, "longer")):
        path.write_bytes(content)
        with pytest.raises(UsageError, match=r"faults\.toml: .*" + named):
            read_file(str(path))
    for name, named in (("missing.toml", "No such file"), (".", "Is a directory"), ("a\0b", "null")):
        with pytest.raises(UsageError, match=named):
            read_file(str(tmp_path / name))


@pytest.mark.parametrize("value", [0, 7, "7", MAX_SEED])
def test_seeds(value: object) -> None:
    assert read_seed(value) == int(str(value))


@pytest.mark.parametrize("value", [-1, MAX_SEED + 1, "", "x", "٣", "1" * 30, True, None, 1.0])
def test_what_is_no_seed(value: object) -> None:
    with pytest.raises(UsageError, match="a whole number"):
        read_seed(value)


def test_a_layer_takes_faults_and_text_with_options_beside() -> None:
    layer = Faults(["lose", Fault("delay", options={"seconds": 1})], seed=3)
    added = layer.add("close:code=1012", seconds=2, rate=0.5)
    assert list(map(spelled, layer.active)) == [
        "lose",
        "delay:seconds=1",
        "close:code=1012,rate=0.5,seconds=2",
    ]
    assert added == layer.active[-1]
    for wrong in (Fault("delay", options={"secnds": 1}), Fault("delay", rate=2), Fault("dealy")):
        with pytest.raises(UsageError):
            layer.add(wrong)
    with pytest.raises(UsageError, match="rate"):
        layer.add("lose", rate="often")
    with pytest.raises(UsageError, match="use its text, such as"):
        layer.add({"name": "lose"})  # type: ignore[arg-type]
    assert len(layer.active) == 3


def test_a_seed_that_was_not_given_is_drawn() -> None:
    assert len({Faults().seed for _ in range(20)}) == 20
    assert Faults(seed=5).seed == 5
    with pytest.raises(UsageError):
        Faults(seed=-5)
