"""The bodies of the HTTP interface: what is read, what is refused and how, what is printed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.errors import DispatchError, UsageError, Violation
from dispatch_protocol.rest import (
    MAX_QUERY_FIELDS,
    CommitRequest,
    Health,
    JobAnswer,
    RestFault,
    committed_text,
    paired_text,
    pairing_code_text,
    providers_text,
    read_body,
    read_commit,
    read_job_answer,
    read_quote,
    read_trust_claim,
    read_trust_create,
    read_trust_list,
)
from dispatch_protocol.vocabulary import JobStatus, JobType, Policy, PrivacyClass
from hypothesis import given
from hypothesis import strategies as st

JSON = "application/json"
COMMIT = {"job_type": "TASK", "user_id": "user", "payload": {"input": "x"}}
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def commit(**changes: Any) -> CommitRequest:
    return read_commit(json.dumps({**COMMIT, **changes}).encode(), JSON, Policy.FAST)


def fault(**changes: Any) -> tuple[int, str]:
    with pytest.raises(RestFault) as refused:
        commit(**changes)
    return refused.value.status, refused.value.error


def test_a_commit_is_read() -> None:
    """C-REST-3, C-REST-6."""
    request = commit(privacy_class=None, policy="CHEAP", other=1)
    assert request == CommitRequest(
        job_type=JobType.TASK,
        policy=Policy.FAST,
        privacy_class=PrivacyClass.PUBLIC,
        user_id="user",
        payload=Json.of({"input": "x"}),
    )
    assert commit(privacy_class="PRIVATE").privacy_class is PrivacyClass.PRIVATE


def test_the_payload_keeps_its_text_and_its_meaning() -> None:
    body = b'{"payload":{ "b":1.0,"1":"\\ud800","b":-0 },"job_type":"TASK","user_id":"\\ud800"}'
    request = read_commit(body, JSON, Policy.CHEAP)
    assert request.payload.text == '{ "b":1.0,"1":"\\ud800","b":-0 }'
    assert request.payload.canonical == '{"1":"\\ud800","b":0}'
    assert request.user_id == "\ud800"


@pytest.mark.parametrize("name", ["job_type", "payload", "user_id"])
@pytest.mark.parametrize("value", [None, False, 0, -0.0, 1e-400, ""], ids=repr)
def test_what_javascript_calls_false_is_missing(name: str, value: object) -> None:
    """C-REST-4: tested first, whatever else is wrong."""
    missing = (400, "Missing required fields: job_type, payload, user_id")
    assert fault(**{name: value}) == missing
    assert fault(**{"job_type": "X", name: value}) == missing


@pytest.mark.parametrize("name", ["payload", "user_id"])
@pytest.mark.parametrize("value", [True, 1, [], [0], "x", {}, {"a": 1}], ids=repr)
def test_what_javascript_calls_true_is_judged_by_its_type(name: str, value: object) -> None:
    """C-REST-8: an empty list or object is there, and of the right type or not."""
    fits = isinstance(value, dict) if name == "payload" else isinstance(value, str)
    if fits:
        assert isinstance(commit(**{name: value}), CommitRequest)
    else:
        status, error = fault(**{name: value})
        assert (status, error.startswith(f"Invalid {name}")) == (400, True)


def refusal(read: Callable[[], object]) -> RestFault | None:
    """What the reader raised; anything but a RestFault goes through."""
    try:
        read()
    except RestFault as refused:
        return refused
    return None


@given(VALUES, st.sampled_from([*COMMIT, "privacy_class"]))
def test_no_value_escapes_as_another_exception(value: Any, name: str) -> None:
    members: dict[str, Any] = {**COMMIT, name: value}
    body = stringify(members).encode()
    for refused in (
        refusal(lambda: read_commit(body, JSON, Policy.FAST)),
        refusal(lambda: read_trust_create(body, JSON)),
        refusal(lambda: read_trust_claim(body, JSON)),
    ):
        assert refused is None or refused.status == 400
        assert refused is None or Json.read(refused.text()).value == {"error": refused.error}


@given(st.binary(max_size=60), st.sampled_from([None, "", JSON, "application/json;charset=utf-8", "x/y"]))
def test_no_body_escapes_as_another_exception(body: bytes, content_type: str | None) -> None:
    refused = refusal(lambda: read_body(body, content_type))
    assert refused is None or refused.status == 400


@pytest.mark.parametrize(
    ("content_type", "counts"),
    [
        ("application/json", True),
        ("APPLICATION/JSON ; Charset=UTF-8", True),
        ('application/json; charset="utf-8"', True),
        ("application/json; profile=x", True),
        (None, False),
        ("", False),
        ("text/json", False),
        ("application/vnd.api+json", False),
        ("application/jsonx", False),
    ],
)
def test_bodies_count_only_as_json(content_type: str | None, counts: bool) -> None:
    """C-REST-14."""
    assert bool(read_body(b'{"a":1}', content_type)) is counts


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", JSON, 400),
        (b"{}", "application/json; charset=latin-1", 415),
        (b"\xff", JSON, 400),
        (b"[" * 20_000, JSON, 400),
    ],
)
def test_what_cannot_be_read(body: bytes, content_type: str, status: int) -> None:
    """C-LIM-5."""
    with pytest.raises(RestFault) as refused:
        read_body(body, content_type)
    assert refused.value.status == status
    assert refused.value.error.isprintable()


def test_of_duplicate_members_the_last_counts() -> None:
    assert read_trust_create(b'{"user_id":"a","user_id":"b"}', JSON) == "b"
    with pytest.raises(RestFault):
        read_trust_create(b'{"user_id":"a","user_id":null}', JSON)


def test_a_claim_is_read() -> None:
    claim = read_trust_claim(b'{"pairing_code":"A1B2C3","provider_pubkey":"00"}', JSON)
    assert (claim.pairing_code, claim.provider_pubkey) == ("A1B2C3", "00")
    with pytest.raises(RestFault, match="Missing pairing_code or provider_pubkey"):
        read_trust_claim(b'{"pairing_code":"A1B2C3","provider_pubkey":""}', JSON)
    with pytest.raises(RestFault, match="both must be strings"):
        read_trust_claim(b'{"pairing_code":["A1B2C3"],"provider_pubkey":"00"}', JSON)


def test_queries_are_decoded() -> None:
    assert read_trust_list("user_id=a%20b%26%C3%A9+c") == "a b&é c"
    assert read_quote("job%5Ftype=TASK", "eip155:1").network == "eip155:1"


@pytest.mark.parametrize("query", ["", "user_id", "user_id=", "user_id=a&user_id=a", "USER_ID=a"])
def test_a_query_without_one_user(query: str) -> None:
    with pytest.raises(RestFault, match="Missing user_id query param"):
        read_trust_list(query)


def test_a_query_has_so_many_fields_and_no_more() -> None:
    assert read_trust_list("user_id=u" + "&x=" * (MAX_QUERY_FIELDS - 1)) == "u"
    with pytest.raises(RestFault, match="400 Invalid query string"):
        read_trust_list("user_id=u" + "&x=" * MAX_QUERY_FIELDS)


def test_a_fault_is_no_violation_and_prints_its_members() -> None:
    refused = RestFault(422, "no_trusted_worker", {"job_id": "x"})
    assert refused.text() == '{"error":"no_trusted_worker","job_id":"x"}'
    assert isinstance(refused, DispatchError)
    assert not isinstance(refused, Violation)


def test_answers_print_in_order() -> None:
    health = Health(workers_online=2, network="eip155:1", timestamp="t")
    assert health.text() == '{"status":"ok","workers_online":2,"network":"eip155:1","timestamp":"t"}'
    assert committed_text("x") == '{"job_id":"x"}'
    assert pairing_code_text("A", "t") == '{"pairing_code":"A","expires_at":"t"}'
    assert paired_text("\ud800", "t") == '{"user_id":"\\ud800","paired_at":"t"}'
    assert providers_text([("k", "t")]) == '{"providers":[{"provider_pubkey":"k","paired_at":"t"}]}'
    assert providers_text([]) == '{"providers":[]}'


def answer(**changes: Any) -> JobAnswer:
    values: dict[str, Any] = {
        "id": "x",
        "status": JobStatus.COMPLETED,
        "result": Json.read('{"b":1.0,"a":null}'),
        "receipt": Json.of({"z": 1, "job_id": "x"}),
        "signature": "s",
        "verified": True,
        "created_at": "t",
        "completed_at": "u",
        **changes,
    }
    return JobAnswer(**values)


def test_a_job_s_answer_shows_the_receipt_with_its_signature_behind() -> None:
    """C-RCP-11."""
    assert answer().text() == (
        '{"id":"x","status":"completed","result":{"b":1,"a":null},'
        '"receipt":{"z":1,"job_id":"x","signature":"s","verified":true},"created_at":"t","completed_at":"u"}'
    )
    pending = answer(status=JobStatus.PENDING, result=None, receipt=None, signature=None, completed_at=None)
    assert '"result":null,"receipt":null,"created_at":"t","completed_at":null}' in pending.text()


@pytest.mark.parametrize("receipt", [[], "text", {"verified": True, "a": 1, "signature": {}}])
def test_a_strange_receipt_never_looks_verified(receipt: Any) -> None:
    """C-RCP-10."""
    shown = Json.read(answer(receipt=Json.of(receipt), verified=False, signature=None).text()).value
    assert isinstance(shown, dict)
    inner = shown["receipt"]
    assert isinstance(inner, dict)
    assert (inner["verified"], inner["signature"]) == (False, None)
    assert list(inner)[-2:] == ["signature", "verified"]


def test_an_answer_reads_as_it_was_written() -> None:
    for written in (answer(), answer(receipt=None, signature=None, verified=False, result=None)):
        assert read_job_answer(written.text()) == written
    assert read_job_answer(answer().text().encode()).receipt == Json.of({"z": 1, "job_id": "x"})


@pytest.mark.parametrize("text", ["[]", "{}", '{"id":1}', '{"id":"x","status":"lost"}', "{"])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_job_answer(text)


@pytest.mark.parametrize("shown", ['"true"', "1", "[true]", "null", "false"])
def test_only_true_is_verified(shown: str) -> None:
    text = answer().text().replace('"verified":true', f'"verified":{shown}')
    assert f'"verified":{shown}' in text
    assert read_job_answer(text).verified is False
    assert read_job_answer(answer().text()).verified is True
