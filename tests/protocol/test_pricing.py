"""Prices, tiers and quotes: every combination against the published table, and the quotes as recorded."""

import pytest
from dispatch_protocol.canonical import stringify
from dispatch_protocol.errors import UsageError
from dispatch_protocol.pricing import ENDPOINTS, PRICES, endpoint, price, quote, resolve
from dispatch_protocol.vocabulary import NETWORKS, JobType, Policy


@pytest.mark.parametrize(
    ("job_type", "policy", "resolved", "expected"),
    [
        ("LLM_INFER", "FAST", "FAST", "$0.010"),
        ("TASK", "FAST", "FAST", "$0.003"),
        ("LLM_INFER", "CHEAP", "CHEAP", "$0.005"),
        ("TASK", "CHEAP", "CHEAP", "$0.001"),
        ("LLM_INFER", "AUTO", "FAST", "$0.010"),
        ("TASK", "AUTO", "CHEAP", "$0.001"),
    ],
)
def test_price(job_type: str, policy: str, resolved: str, expected: str) -> None:
    assert resolve(Policy(policy), JobType(job_type)) == resolved
    assert price(JobType(job_type), Policy(policy)) == expected


def test_tables_are_complete() -> None:
    tiers = set(Policy) - {Policy.AUTO}
    assert set(PRICES) == {(policy, job_type) for policy in tiers for job_type in JobType}
    assert set(ENDPOINTS) == tiers


def test_endpoints() -> None:
    assert endpoint(Policy.FAST) == "/v1/jobs/commit/fast"
    assert endpoint(Policy.CHEAP) == "/v1/jobs/commit/cheap"
    with pytest.raises(UsageError, match="AUTO"):
        endpoint(Policy.AUTO)


@pytest.mark.parametrize(
    ("job_type", "policy", "body"),
    [
        (
            JobType.TASK,
            None,
            '{"price":"$0.001","endpoint":"/v1/jobs/commit/cheap","policy_resolved":"CHEAP",'
            '"network":"eip155:10143","expires_at":null}',
        ),
        (
            JobType.LLM_INFER,
            Policy.CHEAP,
            '{"price":"$0.005","endpoint":"/v1/jobs/commit/cheap","policy_resolved":"CHEAP",'
            '"network":"eip155:10143","expires_at":null}',
        ),
    ],
)
def test_quote_as_the_deployed_coordinator_answers(
    job_type: JobType, policy: Policy | None, body: str
) -> None:
    assert stringify(quote(job_type, policy, NETWORKS["monad"]).body()) == body


def test_no_policy_means_auto() -> None:
    for job_type in JobType:
        assert quote(job_type, None, "x") == quote(job_type, Policy.AUTO, "x")
