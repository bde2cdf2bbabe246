"""The bookkeeping of held jobs."""

from dispatch_protocol.tasks import LlmRequest
from dispatch_worker.desk import MAX_REMEMBERED, Desk, Job


def job(ticket: int) -> Job:
    return Job(ticket, f"j-{ticket}", LlmRequest("why?", 1), since=float(ticket))


def test_jobs_start_in_the_order_of_their_arrival() -> None:
    desk = Desk(concurrency=2)
    for ticket in range(4):
        desk.take(job(ticket))
    started = [desk.start(), desk.start(), desk.start()]
    assert [one and one.ticket for one in started] == [0, 1, None]
    assert [one.ticket for one in desk.waiting] == [2, 3]
    desk.release(0)
    following = desk.start()
    assert following is not None
    assert following.ticket == 2
    assert desk.oldest is not None
    assert desk.oldest.ticket == 1


def test_a_ticket_is_released_once() -> None:
    desk = Desk(concurrency=1)
    desk.take(job(7))
    assert desk.knows("j-7")
    released = desk.release(7)
    assert released is not None
    assert released.job_id == "j-7"
    assert desk.release(7) is None
    assert not desk.knows("j-7")
    assert len(desk) == 0


def test_the_latest_answers_are_remembered() -> None:
    desk = Desk(concurrency=1)
    for number in range(MAX_REMEMBERED + 1):
        desk.remember(f"j-{number}")
    assert not desk.knows("j-0")
    assert desk.knows("j-1")
    assert desk.knows(f"j-{MAX_REMEMBERED}")
    assert not desk.knows("\ud800")
