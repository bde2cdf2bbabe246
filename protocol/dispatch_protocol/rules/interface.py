"""The answers over HTTP that concern jobs and prices. Clauses C-REST, C-QUO, C-DEMO."""

from typing import Final

from dispatch_protocol.canonical import JsonValue
from dispatch_protocol.pricing import Quote
from dispatch_protocol.rest import CommitRequest, RestFault, read_commit, read_quote
from dispatch_protocol.rules import job_answers, offers, trust
from dispatch_protocol.rules.exchanges import REFUSALS, Exchange, expect, judge_common, outcome
from dispatch_protocol.rules.facts import Facts
from dispatch_protocol.rules.ledger import Ledger
from dispatch_protocol.rules.memory import name_of
from dispatch_protocol.rules.records import Terms
from dispatch_protocol.vocabulary import JobError, Policy, PrivacyClass

_COMMITS: Final = {"/v1/jobs/commit/fast": Policy.FAST, "/v1/jobs/commit/cheap": Policy.CHEAP}
_COMMIT_FAULTS: Final = {
    "Missing": "C-REST-4",
    "Invalid job_type": "C-REST-5",
    "Invalid privacy_class": "C-REST-7",
    "Invalid payload": "C-REST-8",
    "Invalid user_id": "C-REST-8",
}
_EXACT: Final = frozenset(("C-REST-4", "C-REST-5", "C-QUO-6"))
_QUOTE_MEMBERS: Final = ("price", "endpoint", "policy_resolved", "network", "expires_at")
_GATE: Final = 402


def answered(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    """An exchange of anybody's with the coordinator, judged by what was asked."""
    judge_common(ledger, exchange)
    if exchange.status in REFUSALS:
        return
    request = exchange.method, exchange.path
    if request == ("GET", "/v1/health"):
        _judge_health(ledger, exchange)
    elif request == ("GET", "/v1/quote"):
        _judge_quote(ledger, exchange)
    elif exchange.method == "POST" and exchange.path in _COMMITS:
        _judge_commit(ledger, facts, exchange)
    elif exchange.method == "GET" and exchange.path.startswith("/v1/jobs/"):
        job_answers.answered(ledger, facts, exchange)
    elif exchange.path.startswith("/v1/trust/"):
        trust.answered(ledger, facts, exchange)
    elif exchange.path.startswith("/v1/demo/"):
        _judge_demo(ledger, exchange)
    elif request == ("GET", "/dashboard"):
        is_page = exchange.status == 200 and exchange.answer_type.startswith("text/html")
        expect(ledger, "C-REST-21", is_page, "200 text/html", exchange, actual=exchange.answer_type)


def _judge_health(ledger: Ledger, exchange: Exchange) -> None:
    members = exchange.members
    online = members.get("workers_online")
    fits = (
        exchange.status == 200
        and members.get("status") == "ok"
        and isinstance(online, int | float)
        and not isinstance(online, bool)
        and isinstance(members.get("network"), str)
        and isinstance(members.get("timestamp"), str)
    )
    expect(ledger, "C-REST-1", fits, "200 with status ok, workers_online, network, timestamp", exchange)


def _judge_quote(ledger: Ledger, exchange: Exchange) -> None:
    asked = outcome(lambda: read_quote(exchange.query, ""))
    if isinstance(asked, RestFault):
        clause = "C-QUO-6" if asked.error.startswith("Invalid job_type") else "C-QUO-7"
        expect(ledger, clause, _is_refused(exchange, asked, clause), f"400 {asked.error}", exchange)
    else:
        _judge_offer(ledger, exchange, asked)


def _judge_offer(ledger: Ledger, exchange: Exchange, asked: Quote) -> None:
    members = exchange.members
    complete = exchange.status == 200 and all(name in members for name in _QUOTE_MEMBERS)
    expected = f"200 with {', '.join(_QUOTE_MEMBERS)}"
    if not expect(ledger, "C-QUO-1", complete, expected, exchange):
        return
    for clause, name in (
        ("C-QUO-2", "price"),
        ("C-QUO-3", "policy_resolved"),
        ("C-QUO-4", "endpoint"),
        ("C-QUO-5", "expires_at"),
    ):
        value = asked.body()[name]
        given = members[name]
        expect(ledger, clause, given == value, value, exchange, place=f"$.{name}", actual=given)


def _judge_commit(ledger: Ledger, facts: Facts, exchange: Exchange) -> None:
    policy = _COMMITS[exchange.path]
    asked = outcome(lambda: read_commit(exchange.body, exchange.content_type, policy))
    if isinstance(asked, RestFault):
        _judge_refusal(ledger, exchange, asked, policy)
    elif exchange.status != _GATE:
        _judge_acceptance(ledger, facts, exchange, asked)


def _judge_refusal(ledger: Ledger, exchange: Exchange, fault: RestFault, policy: Policy) -> None:
    """A commit that has to be refused for this reason; one that is no JSON has no clause of its own."""
    clause = next((held for begin, held in _COMMIT_FAULTS.items() if fault.error.startswith(begin)), None)
    if clause is None:
        return
    undeclared = outcome(lambda: read_commit(exchange.body, "application/json", policy))
    if isinstance(undeclared, CommitRequest):
        clause = "C-REST-14"
    expect(ledger, clause, _is_refused(exchange, fault, clause), f"400 {fault.error}", exchange)


def _judge_acceptance(ledger: Ledger, facts: Facts, exchange: Exchange, asked: CommitRequest) -> None:
    job_id: JsonValue = exchange.members.get("job_id")
    if exchange.status == 422 and asked.privacy_class is PrivacyClass.PRIVATE:
        fits = exchange.error == JobError.NO_TRUSTED_WORKER and isinstance(job_id, str)
        expect(ledger, "C-REST-9", fits, "422 no_trusted_worker with a job_id", exchange)
        return
    fits = exchange.status == 201 and isinstance(job_id, str)
    if expect(ledger, "C-REST-2", fits, "201 with a job_id", exchange) and isinstance(job_id, str):
        user, payload = name_of(asked.user_id), asked.payload.hash
        offers.committed(ledger, facts, job_id, Terms(asked.policy, asked.privacy_class, user, payload))


def _judge_demo(ledger: Ledger, exchange: Exchange) -> None:
    members, action = exchange.members, exchange.path.removeprefix("/v1/demo/")
    if exchange.method == "POST" and action in ("start", "stop"):
        status = "started" if action == "start" else "stopped"
        fits = exchange.status == 200 and members.get("status") == status
        expect(ledger, "C-DEMO-1", fits, f"200 with status {status}", exchange)
    elif exchange.method == "GET" and action == "status":
        fits = exchange.status == 200 and isinstance(members.get("active"), bool)
        expect(ledger, "C-DEMO-2", fits, "200 with a boolean `active`", exchange)


def _is_refused(exchange: Exchange, fault: RestFault, clause: str) -> bool:
    """Refused with the status, and where the clause gives a text with that."""
    return exchange.status == fault.status and (clause not in _EXACT or exchange.error == fault.error)
