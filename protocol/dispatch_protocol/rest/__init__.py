"""The bodies of the HTTP interface: requests read, answers written. Source: SPEC.md, "HTTP interface".

Nothing here performs input or output.
"""

from dispatch_protocol.rest.answers import (
    CONTENT_TYPE,
    Health,
    JobAnswer,
    committed_text,
    paired_text,
    pairing_code_text,
    providers_text,
    read_job_answer,
)
from dispatch_protocol.rest.requests import (
    MAX_QUERY_FIELDS,
    ClaimRequest,
    CommitRequest,
    Members,
    RestFault,
    read_body,
    read_commit,
    read_quote,
    read_trust_claim,
    read_trust_create,
    read_trust_list,
)

__all__ = [
    "CONTENT_TYPE",
    "MAX_QUERY_FIELDS",
    "ClaimRequest",
    "CommitRequest",
    "Health",
    "JobAnswer",
    "Members",
    "RestFault",
    "committed_text",
    "paired_text",
    "pairing_code_text",
    "providers_text",
    "read_body",
    "read_commit",
    "read_job_answer",
    "read_quote",
    "read_trust_claim",
    "read_trust_create",
    "read_trust_list",
]
