"""What a job costs, where it is submitted, and what AUTO means.

Prices are strings in US dollars, spelled as they travel. Source: SPEC.md, "Prices and policies".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dispatch_protocol.errors import UsageError
from dispatch_protocol.parsing import JsonValue
from dispatch_protocol.vocabulary import JobType, Policy

__all__ = ["AUTO_POLICIES", "ENDPOINTS", "PRICES", "Quote", "endpoint", "price", "quote", "resolve"]

PRICES: Final[Mapping[tuple[Policy, JobType], str]] = MappingProxyType(
    {
        (Policy.FAST, JobType.LLM_INFER): "$0.010",
        (Policy.FAST, JobType.TASK): "$0.003",
        (Policy.CHEAP, JobType.LLM_INFER): "$0.005",
        (Policy.CHEAP, JobType.TASK): "$0.001",
    }
)
"""The price of one job, by tier and job type."""

AUTO_POLICIES: Final[Mapping[JobType, Policy]] = MappingProxyType(
    {JobType.LLM_INFER: Policy.FAST, JobType.TASK: Policy.CHEAP}
)
"""The tier that AUTO means, by job type."""

ENDPOINTS: Final[Mapping[Policy, str]] = MappingProxyType(
    {Policy.FAST: "/v1/jobs/commit/fast", Policy.CHEAP: "/v1/jobs/commit/cheap"}
)
"""The path to which a job of each tier is submitted; the tier is the path's, whatever the body says."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The answer to `GET /v1/quote`: price, path, tier and CAIP-2 network. Quotes do not expire so far."""

    price: str
    endpoint: str
    policy_resolved: Policy
    network: str
    expires_at: None = None

    def body(self) -> dict[str, JsonValue]:
        """The members in the order in which they are sent."""
        return {
            "price": self.price,
            "endpoint": self.endpoint,
            "policy_resolved": self.policy_resolved.value,
            "network": self.network,
            "expires_at": self.expires_at,
        }


def resolve(policy: Policy, job_type: JobType) -> Policy:
    """The tier a policy means for a job type: FAST or CHEAP, never AUTO."""
    return AUTO_POLICIES[job_type] if policy is Policy.AUTO else policy


def price(job_type: JobType, policy: Policy) -> str:
    """The price of a job under a policy; AUTO costs what it resolves to."""
    return PRICES[resolve(policy, job_type), job_type]


def endpoint(policy: Policy) -> str:
    """The path of a tier. Raises UsageError for AUTO, which has none before it is resolved."""
    if policy is Policy.AUTO:
        raise UsageError("AUTO has no endpoint; resolve it first")
    return ENDPOINTS[policy]


def quote(job_type: JobType, policy: Policy | None, network: str) -> Quote:
    """The quote for a job; no policy means AUTO. `network` is the coordinator's CAIP-2 identifier."""
    resolved = resolve(policy or Policy.AUTO, job_type)
    return Quote(price(job_type, resolved), endpoint(resolved), resolved, network)
