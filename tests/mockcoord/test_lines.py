"""The open connections: who is gone leaves nothing behind."""

from unittest.mock import Mock

from dispatch_mockcoord.lines import Lines


def test_a_connection_that_is_gone_is_forgotten_however_it_ended() -> None:
    lines = Lines()
    for number in range(1, 4):
        lines.add(number, Mock())
    lines.hang_up(1, 1000, "")
    lines.freeze(2)
    assert [lines.speaking(number) is None for number in (1, 2, 3)] == [True, True, False]
    for number in range(1, 4):
        lines.remove(number)
    assert all(not kept for kept in vars(lines).values())
    assert len(vars(lines)) == 3
