"""Receipts: what makes one verified, which one counts, and what a job without one comes to."""

from collections.abc import Callable
from typing import Any

import pytest
from dispatch_mockcoord.core.terms import Terms
from dispatch_protocol.canonical import Json, stringify
from dispatch_protocol.receipts import sign_receipt

from tests.mockcoord.driver import Driver, identity

STRICT = Terms(settle_seconds=0, receipts_required=True)


def holding(terms: Terms | None = None) -> tuple[Driver, str]:
    """A driver whose worker 1 holds a job."""
    driver = Driver(terms)
    driver.join(1)
    return driver, driver.commit()


def resigned(message: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The completion with a receipt that was changed and signed again, honestly."""
    receipt = {**message["receipt"], **changes}
    signature = sign_receipt(stringify(receipt), identity(1))
    return {**message, "receipt": receipt, "receipt_signature": signature}


BAD: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another output (C-RCP-3)": lambda message: {**message, "output": {"summary": "other"}},
    "another job (C-RCP-4)": lambda message: resigned(message, job_id="job-2"),
    "another key (C-RCP-5)": lambda message: resigned(message, provider_pubkey=identity(2).pubkey_hex),
    "upper-case key (C-RCP-5)": lambda message: resigned(
        message, provider_pubkey=identity(1).pubkey_hex.upper()
    ),
    "no signature (C-RCP-2)": lambda message: {**message, "receipt_signature": None},
    "another signature (C-RCP-2)": lambda message: {
        **message,
        "receipt_signature": sign_receipt(stringify(message["receipt"]), identity(2)),
    },
    "unpadded signature (C-RCP-8)": lambda message: {
        **message,
        "receipt_signature": message["receipt_signature"].rstrip("="),
    },
    "an empty object (C-RCP-10)": lambda message: {**message, "receipt": {}},
    "a list (C-RCP-10)": lambda message: {**message, "receipt": []},
    "a string (C-RCP-10)": lambda message: {**message, "receipt": "receipt"},
    "a member verified (C-RCP-10)": lambda message: resigned(message, verified=True),
}

GOOD: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "as it should be (C-RCP-1)": lambda message: message,
    "another order (C-RCP-9)": lambda message: resigned(
        {**message, "receipt": dict(reversed(message["receipt"].items()))}
    ),
    "another member (C-RCP-9)": lambda message: resigned(message, note="\ud800"),
    "a strange time (C-RCP-9)": lambda message: resigned(message, completed_at="yesterday"),
    "a wrong hash beside it": lambda message: {**message, "output_hash": "00"},
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("terms", [None, STRICT], ids=["lenient", "strict"])
def test_verified(change: Callable[[dict[str, Any]], dict[str, Any]], terms: Terms | None) -> None:
    driver, job = holding(terms)
    assert driver.send(1, change(driver.completion(1, job))) == []
    assert (driver.status(job), driver.jobs[job].verified) == ("completed", True)


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_not_verified_and_completed_all_the_same(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    driver, job = holding()
    assert driver.send(1, change(driver.completion(1, job))) == []
    assert (driver.status(job), driver.jobs[job].verified) == ("completed", False)
    assert driver.jobs[job].receipt is not None


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_not_verified_fails_where_receipts_are_required(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    """C-RCP-17."""
    driver, job = holding(STRICT)
    driver.send(1, change(driver.completion(1, job)))
    assert (driver.status(job), driver.held(1)) == ("assigned", None)
    driver.wait(4.999)
    assert driver.status(job) == "assigned"
    driver.wait(0.001)
    assert driver.status(job) == "failed: invalid_receipt"


def test_a_job_without_a_receipt_is_completed() -> None:
    """C-RCP-16."""
    driver, job = holding()
    driver.send(1, driver.bare(1, job))
    assert (driver.status(job), driver.jobs[job].receipt) == ("completed", None)


@pytest.mark.parametrize("terms", [None, STRICT], ids=["lenient", "strict"])
def test_a_receipt_may_come_before_the_answer(terms: Terms | None) -> None:
    """C-RCP-13."""
    driver, job = holding(terms)
    assert driver.send(1, driver.submission(1, job)) == []
    assert driver.status(job) == "assigned"
    assert driver.send(1, driver.bare(1, job)) == []
    assert (driver.status(job), driver.jobs[job].verified) == ("completed", True)


@pytest.mark.parametrize("terms", [None, STRICT], ids=["lenient", "strict"])
@pytest.mark.parametrize("seconds", [0, 4.9])
def test_a_receipt_may_come_after_the_answer(terms: Terms | None, seconds: float) -> None:
    """C-RCP-14."""
    driver, job = holding(terms)
    driver.send(1, driver.bare(1, job))
    driver.wait(seconds)
    assert driver.send(1, driver.submission(1, job)) == []
    assert (driver.status(job), driver.jobs[job].verified) == ("completed", True)


def test_a_receipt_after_five_seconds_is_too_late() -> None:
    driver, job = holding()
    driver.send(1, driver.bare(1, job))
    driver.wait(5)
    assert driver.send(1, driver.submission(1, job))[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.jobs[job].receipt is None


def test_the_first_receipt_wins() -> None:
    """C-RCP-12: bundled or apart, before or after."""
    driver, job = holding()
    bad = {"type": "receipt_submit", "receipt": {"job_id": job}, "signature": "bad"}
    assert driver.send(1, bad) == []
    assert driver.complete(1, job) == []
    assert driver.jobs[job].receipt == Json.of({"job_id": job})
    assert driver.send(1, driver.submission(1, job)) == []
    assert not driver.jobs[job].verified


def test_nobody_else_can_bring_a_receipt() -> None:
    """C-RCP-15."""
    driver, job = holding()
    driver.join(2)
    message = driver.submission(1, job)
    assert driver.send(2, message)[0]["code"] == "JOB_NOT_ASSIGNED"
    driver.send(1, driver.bare(1, job))
    assert driver.send(2, message)[0]["code"] == "JOB_NOT_ASSIGNED"
    unknown = {"type": "receipt_submit", "receipt": {"job_id": "unknown"}, "signature": ""}
    assert driver.send(1, unknown)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.jobs[job].receipt is None


def test_a_rejection_takes_the_early_receipt_with_it() -> None:
    driver, job = holding()
    driver.join(2)
    driver.send(1, driver.submission(1, job))
    driver.reject(1, job)
    assert driver.complete(2, job) == []
    assert driver.jobs[job].verified
    assert driver.send(1, driver.submission(1, job))[0]["code"] == "JOB_NOT_ASSIGNED"


def test_a_worker_gets_its_next_job_while_a_receipt_is_awaited() -> None:
    driver, job = holding(STRICT)
    following = driver.commit()
    driver.send(1, driver.bare(1, job))
    assert driver.held(1) == following
    driver.close(1)
    assert driver.status(following) == "failed: worker_disconnected"
    driver.wait(5)
    assert driver.status(job) == "failed: invalid_receipt"


def test_a_receipt_is_held_against_the_key_of_the_assignment() -> None:
    driver, job = holding()
    message = driver.completion(1, job)
    driver.register(1, 2)
    driver.send(1, message)
    assert driver.jobs[job].verified
