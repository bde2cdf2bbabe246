"""What waits is done in its order, in its time, and within bounds."""

from collections.abc import Callable

from dispatch_mockcoord import agenda
from dispatch_mockcoord.agenda import Agenda
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.integers(0, 20), max_size=40), st.lists(st.integers(0, 5), max_size=20))
def test_in_order_and_in_time(dues: list[int], steps: list[int]) -> None:
    waiting, done = Agenda(), list[tuple[int, int]]()

    def noting(due: int, number: int) -> Callable[[], None]:
        return lambda: done.append((due, number))

    for number, due in enumerate(dues):
        assert waiting.put(due, noting(due, number))
    now = 0
    for step in steps:
        now += step
        waiting.pass_time(now)
        expected = sorted((due, number) for number, due in enumerate(dues) if due <= now)
        assert done == expected
        left = [due for due in dues if due > now]
        assert waiting.wake_at == min(left, default=None)


def test_what_is_put_meanwhile_is_done_if_due() -> None:
    waiting, done = Agenda(), list[str]()

    def first() -> None:
        done.append("first")
        waiting.put(1, lambda: done.append("second"))
        waiting.put(9, lambda: done.append("later"))

    waiting.put(0, first)
    waiting.pass_time(1)
    assert done == ["first", "second"]
    waiting.clear()
    assert waiting.wake_at is None
    waiting.pass_time(10)
    assert done == ["first", "second"]


def test_only_so_much_waits() -> None:
    waiting = Agenda()
    for _ in range(agenda.MAX_WAITING):
        assert waiting.put(1, lambda: None)
    assert not waiting.put(1, lambda: None)
    waiting.pass_time(1)
    assert waiting.put(2, lambda: None)
