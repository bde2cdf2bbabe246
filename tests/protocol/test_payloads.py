"""What a payload asks for: every good one, every fault, and that nothing goes without an answer."""

import json
from math import inf, nan

import pytest
from dispatch_protocol.canonical import JsonValue, parse, stringify
from dispatch_protocol.tasks import (
    DEFAULT_MAX_TOKENS,
    Faulty,
    LlmRequest,
    TaskRequest,
    read_payload,
)
from dispatch_protocol.vocabulary import TaskType
from hypothesis import given
from hypothesis import strategies as st

UNSUPPORTED = Faulty({"error": "Unsupported job payload"})


@pytest.mark.parametrize("payload", [None, True, 1, "x", [], [{"prompt": "x"}], {}])
@pytest.mark.parametrize("job_type", ["LLM_INFER", "TASK", "llm_infer", "", "OTHER"])
def test_a_payload_without_fields_is_unsupported(job_type: str, payload: JsonValue) -> None:
    assert read_payload(job_type, payload) == UNSUPPORTED


def test_an_unknown_job_type_is_unsupported_whatever_the_payload_says() -> None:
    good: dict[str, JsonValue] = {"job_type": "TASK", "task_type": "summarize", "input": "x", "prompt": "x"}
    assert read_payload("OTHER", good) == UNSUPPORTED
    assert read_payload("TASK", {**good, "job_type": "LLM_INFER"}) == TaskRequest(TaskType.SUMMARIZE, "x")


@pytest.mark.parametrize("task_type", TaskType)
@pytest.mark.parametrize("text", ["x", " ", "0", "\ud800"])
def test_a_good_task(task_type: TaskType, text: str) -> None:
    payload: JsonValue = {"task_type": task_type.value, "input": text, "extra": None}
    assert read_payload("TASK", payload) == TaskRequest(task_type, text)


@pytest.mark.parametrize("wrong", ["", None, 0, 1, True, False, [], ["x"], {}])
def test_an_empty_or_mistyped_field_counts_as_missing(wrong: JsonValue) -> None:
    assert read_payload("TASK", {"task_type": "summarize", "input": wrong}) == UNSUPPORTED
    assert read_payload("TASK", {"task_type": wrong, "input": "x"}) == UNSUPPORTED
    assert read_payload("TASK", {"task_type": "nonsense", "input": wrong}) == UNSUPPORTED
    assert read_payload("LLM_INFER", {"prompt": wrong}) == UNSUPPORTED


@pytest.mark.parametrize(
    "name", ["nonsense", "SUMMARIZE", " summarize", "__proto__", "\n", "\ud800", "x" * 9999]
)
def test_an_unknown_task_type_is_told_by_its_name(name: str) -> None:
    expected = Faulty({"error": f"Unknown task_type: {name}"})
    assert read_payload("TASK", {"task_type": name, "input": "x"}) == expected


@pytest.mark.parametrize("payload", [{"prompt": "x"}, {"prompt": "x", "max_tokens": None}])
def test_a_prompt_without_a_limit_gets_the_default(payload: JsonValue) -> None:
    assert DEFAULT_MAX_TOKENS == 256
    assert read_payload("LLM_INFER", payload) == LlmRequest("x", 256)


@pytest.mark.parametrize("literal", ["0", "1", "64", "-1", "0.5", "2147483648", "9007199254740993", "1e+21"])
def test_any_finite_limit_is_handed_on_unchanged(literal: str) -> None:
    request = read_payload("LLM_INFER", {"prompt": "x", "max_tokens": parse(literal)})
    assert isinstance(request, LlmRequest)
    assert stringify(request.max_tokens) == stringify(parse(literal))


@pytest.mark.parametrize(
    ("given_", "printed"), [("64.0", "64"), ("-0", "0"), ("6.4e1", "64"), ("1e15", str(10**15))]
)
def test_a_whole_limit_is_an_integer_for_every_serializer(given_: str, printed: str) -> None:
    request = read_payload("LLM_INFER", {"prompt": "x", "max_tokens": parse(given_)})
    assert isinstance(request, LlmRequest)
    assert json.dumps(request.max_tokens) == printed


@pytest.mark.parametrize("limit", ["64", "", True, False, [], [64], {}, inf, -inf, nan])
def test_a_limit_that_is_no_finite_number_is_unsupported(limit: JsonValue) -> None:
    assert read_payload("LLM_INFER", {"prompt": "x", "max_tokens": limit}) == UNSUPPORTED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["prompt", "max_tokens", "task_type", "input", "job_type"]), inner, max_size=5
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(["LLM_INFER", "TASK", "X"]), json_values)
def test_every_payload_has_an_answer(job_type: str, payload: JsonValue) -> None:
    request = read_payload(job_type, payload)
    assert isinstance(request, LlmRequest | TaskRequest | Faulty)
    if isinstance(request, Faulty):
        assert isinstance(request.output, dict)
        assert list(request.output) == ["error"]
