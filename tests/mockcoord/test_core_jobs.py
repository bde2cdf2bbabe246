"""The life of a job and the matching, one row after the other, without sockets or waiting."""

import pytest
from dispatch_mockcoord.core.effects import JobChanged, Send
from dispatch_mockcoord.core.jobs import Job, assign, complete, fail
from dispatch_mockcoord.core.terms import Terms
from dispatch_protocol.canonical import Json
from dispatch_protocol.messages import JobAssign
from dispatch_protocol.vocabulary import JobError, JobType, Policy, PrivacyClass

from tests.mockcoord.driver import WALL, Driver, identity, sent


def test_an_assignment_carries_the_job() -> None:
    """C-JOB-1 to C-JOB-6."""
    driver = Driver()
    driver.join(1)
    job = driver.commit(user_id="somebody \ud800")
    (assign_message,) = [value for value in sent(driver.effects, 1) if value["type"] == "job_assign"]
    assert assign_message == {
        "type": "job_assign",
        "job_id": job,
        "job_type": "TASK",
        "payload": {"task_type": "summarize", "input": "text"},
        "policy": "CHEAP",
        "privacy_class": "PUBLIC",
        "user_id": "somebody \ud800",
    }


def test_a_commit_is_known_before_its_assignment_leaves() -> None:
    driver = Driver()
    driver.join(1)
    driver.effects.clear()
    driver.commit()
    kinds = [type(effect) for effect in driver.effects if isinstance(effect, JobChanged | Send)]
    assert kinds == [JobChanged, Send]


def test_a_completed_job_has_its_result_and_no_reply() -> None:
    """C-JOB-8 to C-JOB-10, C-JOB-16."""
    driver = Driver()
    driver.join(1)
    job = driver.commit()
    assert driver.complete(1, job) == []
    done = driver.jobs[job]
    assert (done.status, done.verified, done.completed_ms) == ("completed", True, WALL)
    assert driver.complete(1, job)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.reject(1, job)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.jobs[job] is done


def test_only_the_holder_can_answer() -> None:
    """C-JOB-11, C-ERR-9."""
    driver = Driver()
    driver.join(1, 2)
    job = driver.commit()
    assert driver.held(1) == job
    assert driver.complete(2, job)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.reject(2, job)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.complete(1, "unknown")[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.status(job) == "assigned"


def test_a_rejected_job_goes_to_another_worker_at_once_and_never_back() -> None:
    """C-JOB-12, C-JOB-13."""
    driver = Driver()
    driver.join(1, 2)
    job = driver.commit()
    assert driver.reject(1, job) == []
    assert (driver.held(1), driver.held(2)) == (None, job)
    driver.reject(2, job)
    assert (driver.held(1), driver.held(2), driver.status(job)) == (None, None, "pending")
    driver.close(1)
    driver.open(3)
    driver.register(3, 1)
    assert driver.held(3) is None, "the key has rejected it, on whatever connection"
    driver.join(4)
    assert driver.held(4) == job


def test_a_rejecting_worker_gets_the_next_job() -> None:
    driver = Driver()
    driver.join(1)
    first, second = driver.commit(), driver.commit()
    driver.reject(1, first)
    assert driver.held(1) == second


@pytest.mark.parametrize("rejections", [0, 2])
def test_nobody_within_30_seconds_of_the_commit(rejections: int) -> None:
    """C-JOB-14: the window runs from the commit, also through rejections."""
    driver = Driver()
    job = driver.commit()
    for connection in range(1, rejections + 1):
        driver.wait(10)
        driver.join(connection)
        driver.wait(1)
        driver.reject(connection, job)
    driver.wait(30 - 11 * rejections - 0.001)
    assert driver.status(job) == "pending"
    driver.wait(0.001)
    assert driver.status(job) == "failed: no_eligible_worker"


def test_a_rejection_after_the_window_fails_the_job() -> None:
    driver = Driver()
    driver.join(1, 2)
    job = driver.commit()
    for _ in range(4):
        driver.wait(9)
        driver.beat(1)
        driver.beat(2)
    driver.reject(1, job)
    assert driver.status(job) == "failed: no_eligible_worker"


def test_the_worker_s_end_is_the_job_s() -> None:
    """C-JOB-15."""
    driver = Driver()
    driver.join(1)
    job = driver.commit()
    driver.close(1)
    assert driver.status(job) == "failed: worker_disconnected"


def test_a_worker_dropped_for_silence_loses_its_job() -> None:
    driver = Driver()
    driver.join(1)
    job = driver.commit()
    driver.wait(40)
    assert driver.status(job) == "failed: worker_disconnected"


def test_a_worker_that_never_answers_is_given_up_after_120_seconds() -> None:
    """C-JOB-18; what it says later is for nothing, and it is free for the next."""
    driver = Driver()
    driver.join(1)
    job, following = driver.commit(), ""
    for _ in range(24):
        assert driver.status(job) == "assigned"
        following = driver.commit()
        driver.wait(5)
        driver.beat(1)
    assert driver.status(job) == "failed: worker_timeout"
    assert driver.complete(1, job)[0]["code"] == "JOB_NOT_ASSIGNED"
    assert driver.held(1) is not None
    assert driver.status(following) == "pending"


def test_the_worker_timeout_is_an_option() -> None:
    driver = Driver(Terms(settle_seconds=0, worker_seconds=3))
    driver.join(1)
    job = driver.commit()
    driver.wait(3)
    assert driver.status(job) == "failed: worker_timeout"


def test_jobs_wait_in_the_order_of_their_commits() -> None:
    """C-JOB-7, C-JOB-19, C-JOB-20."""
    driver = Driver()
    jobs = [driver.commit(job_type) for job_type in (JobType.LLM_INFER, JobType.TASK, JobType.TASK)]
    driver.join(1, capabilities=["TASK"])
    assert driver.held(1) == jobs[1]
    driver.join(2)
    assert driver.held(2) == jobs[0]
    driver.complete(1, jobs[1])
    assert driver.held(1) == jobs[2]


def test_a_rejected_job_keeps_its_place() -> None:
    driver = Driver()
    driver.join(1)
    first, second, third = (driver.commit() for _ in range(3))
    driver.reject(1, first)
    driver.join(2)
    assert (driver.held(1), driver.held(2)) == (second, first)
    driver.complete(2, first)
    assert driver.held(2) == third


def test_a_new_worker_settles_before_its_first_job() -> None:
    """C-JOB-21."""
    driver = Driver(Terms())
    driver.join(1)
    job = driver.commit()
    driver.wait(0.249)
    assert driver.status(job) == "pending"
    driver.wait(0.001)
    assert driver.status(job) == "assigned"


def test_a_private_job_needs_an_idle_paired_worker() -> None:
    """C-REST-9, C-MAT-2."""
    driver = Driver()
    driver.join(1, 2)
    unpaired = driver.commit(privacy=PrivacyClass.PRIVATE)
    assert driver.status(unpaired) == "failed: no_trusted_worker"
    driver.pair("user", 2)
    job = driver.commit(privacy=PrivacyClass.PRIVATE)
    assert driver.held(2) == job
    busy = driver.commit(privacy=PrivacyClass.PRIVATE)
    other = driver.commit(privacy=PrivacyClass.PRIVATE, user_id="other")
    assert driver.status(busy) == driver.status(other) == "failed: no_trusted_worker"


def test_a_private_job_needs_the_capability_too() -> None:
    driver = Driver()
    driver.join(1, capabilities=["TASK"])
    driver.pair("user", 1)
    job = driver.commit(JobType.LLM_INFER, privacy=PrivacyClass.PRIVATE)
    assert driver.status(job) == "failed: no_trusted_worker"


def test_a_paired_worker_that_still_settles_is_idle() -> None:
    driver = Driver(Terms())
    driver.pair("user", 1)
    driver.join(1)
    job = driver.commit(privacy=PrivacyClass.PRIVATE)
    assert driver.status(job) == "pending"
    driver.wait(0.25)
    assert driver.held(1) == job


def test_a_rejected_private_job_waits_for_a_paired_worker_like_any_job() -> None:
    driver = Driver()
    driver.join(1, 2)
    driver.pair("user", 1)
    job = driver.commit(privacy=PrivacyClass.PRIVATE)
    driver.reject(1, job)
    assert driver.held(2) is None
    driver.pair("user", 2)
    assert driver.held(2) == job
    driver.reject(2, job)
    driver.wait(30)
    assert driver.status(job) == "failed: no_eligible_worker"


@pytest.mark.parametrize(
    ("job_type", "policy", "first", "second", "winner"),
    [
        (JobType.LLM_INFER, Policy.FAST, "SEEKER", "DESKTOP", 2),
        (JobType.LLM_INFER, Policy.CHEAP, "DESKTOP", "SEEKER", 2),
        (JobType.TASK, Policy.CHEAP, "DESKTOP", "SEEKER", 2),
        (JobType.TASK, Policy.FAST, "DESKTOP", "SEEKER", 1),
        (JobType.TASK, Policy.FAST, "SEEKER", "DESKTOP", 1),
        (JobType.LLM_INFER, Policy.FAST, "DESKTOP", "DESKTOP", 1),
    ],
)
def test_the_best_score_wins_and_ties_go_to_the_earlier(
    job_type: JobType, policy: Policy, first: str, second: str, winner: int
) -> None:
    """C-MAT-3 to C-MAT-5, C-MAT-7."""
    driver = Driver()
    driver.join(1, provider_type=first)
    driver.join(2, provider_type=second)
    job = driver.commit(job_type, policy)
    assert driver.held(winner) == job


def test_a_fresh_heartbeat_wins_among_equals() -> None:
    """C-MAT-6."""
    driver = Driver()
    driver.join(1, 2, 3)
    driver.wait(1)
    driver.beat(2)
    driver.commit()
    assert driver.held(2) is not None


def test_the_preferred_type_wins_over_any_freshness() -> None:
    driver = Driver()
    driver.join(1, provider_type="SEEKER")
    driver.wait(29)
    driver.join(2)
    driver.commit()
    assert driver.held(1) is not None


def test_a_finished_job_admits_no_further_step() -> None:
    job = Job(
        id="x",
        order=1,
        job_type=JobType.TASK,
        policy=Policy.FAST,
        privacy_class=PrivacyClass.PUBLIC,
        user_id="u",
        payload=Json.of({}),
        created_ms=0,
    )
    done = complete(assign(job, identity(1).pubkey_hex), 1)
    with pytest.raises(KeyError):
        fail(done, JobError.WORKER_TIMEOUT)
    with pytest.raises(KeyError):
        complete(job, 1)


def test_a_demo_job_is_the_worker_s_alone() -> None:
    """C-DEMO-3, C-DEMO-5: it is answered like any other, and marked so that nothing stores it."""
    driver = Driver()
    driver.join(1)
    worker = driver.core.registry.workers[1]
    driver.take(driver.core.demonstrate(worker, "demo-coordinator", Json.of({}), driver.at))
    (message,) = [
        effect.message
        for effect in driver.effects
        if isinstance(effect, Send) and isinstance(effect.message, JobAssign)
    ]
    assert message.job_id.startswith("demo-")
    assert driver.core.demonstrate(worker, "demo-coordinator", Json.of({}), driver.at) == []
    driver.complete(1, message.job_id)
    assert all(effect.job.demo for effect in driver.effects if isinstance(effect, JobChanged))
    assert driver.jobs[message.job_id].verified
    assert driver.held(1) is None


def test_a_rejected_demo_job_is_over() -> None:
    driver = Driver()
    driver.join(1, 2)
    worker = driver.core.registry.workers[1]
    driver.take(driver.core.demonstrate(worker, "demo-coordinator", Json.of({}), driver.at))
    job = driver.held(1)
    assert job is not None
    driver.reject(1, job)
    assert driver.held(2) is None
    assert driver.jobs[job].is_finished
