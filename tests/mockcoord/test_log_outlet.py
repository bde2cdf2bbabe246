"""Where the log goes: nothing that a reader does or leaves undone holds the coordinator up."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from dispatch_mockcoord.log import outlet as outlets
from dispatch_mockcoord.log.outlet import Outlet

LINE = "x" * 1_000


class Pipe:
    """A pipe of the smallest size there is."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 4_096)

    def read_all(self) -> list[str]:
        """Everything up to the end, which comes when the writing side is closed."""
        with open(self.reading, encoding="utf-8", closefd=False) as file:
            return file.read().splitlines()

    def close(self) -> None:
        for descriptor in (self.reading, self.writing):
            with suppress(OSError):
                os.close(descriptor)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def gap(count: int) -> str:
    return f"gap {count}"


def read_beside(pipe: Pipe) -> tuple[threading.Thread, list[str]]:
    """Read the pipe to its end in a thread."""
    lines: list[str] = []
    thread = threading.Thread(target=lambda: lines.extend(pipe.read_all()))
    thread.start()
    return thread, lines


def finished(pipe: Pipe, thread: threading.Thread) -> None:
    os.close(pipe.writing)
    thread.join(30)
    assert not thread.is_alive()


def test_lines_come_in_order_and_whole(pipe: Pipe) -> None:
    outlet = Outlet(pipe.writing, gap)
    thread, lines = read_beside(pipe)
    for number in range(5_000):
        outlet.put(f"{number} é")
    outlet.end(30)
    finished(pipe, thread)
    assert lines == [f"{number} é" for number in range(5_000)]
    assert outlet.omitted == 0


def test_a_pipe_that_nobody_reads_holds_nothing_up_and_says_what_is_missing(pipe: Pipe) -> None:
    outlet = Outlet(pipe.writing, gap)
    put = 3 * outlets.MAX_CHARACTERS // len(LINE)
    for _ in range(put):
        outlet.put(LINE)
    assert 0 < outlet.omitted < put
    thread, lines = read_beside(pipe)
    outlet.put("the last")
    outlet.end(30)
    finished(pipe, thread)
    gaps = [int(line.split()[1]) for line in lines if line.startswith("gap")]
    assert sum(gaps) == outlet.omitted
    assert lines.count(LINE) + lines.count("the last") + outlet.omitted == put + 1


def test_what_waits_is_given_up_in_the_end(pipe: Pipe) -> None:
    outlet = Outlet(pipe.writing, gap)
    for _ in range(100):
        outlet.put(LINE)
    outlet.end(0.1)
    outlet.put("too late")
    thread, lines = read_beside(pipe)
    finished_writing = outlet._thread
    assert finished_writing is not None
    finished_writing.join(30)
    finished(pipe, thread)
    assert lines == [LINE] * 100


def test_a_closed_pipe_is_given_up_without_a_word(pipe: Pipe) -> None:
    os.close(pipe.reading)
    outlet = Outlet(pipe.writing, gap)
    outlet.put(LINE)
    outlet.end(30)
    assert outlet.is_gone


def test_a_pipe_that_does_not_block_is_waited_for(pipe: Pipe) -> None:
    os.set_blocking(pipe.writing, False)
    outlet = Outlet(pipe.writing, gap)
    for number in range(100):
        outlet.put(f"{number} {LINE}")
    outlet.end(0.2)
    assert not outlet.is_gone
    thread, lines = read_beside(pipe)
    assert outlet._thread is not None
    outlet._thread.join(30)
    finished(pipe, thread)
    assert lines == [f"{number} {LINE}" for number in range(100)]


def test_many_short_lines_are_bounded_too(pipe: Pipe) -> None:
    outlet = Outlet(pipe.writing, gap)
    for _ in range(3 * outlets.MAX_LINES):
        outlet.put("short")
    assert outlet.omitted > 0
    os.close(pipe.reading)
    outlet.end(30)
    assert outlet.is_gone


def test_lone_surrogates_are_escaped(pipe: Pipe) -> None:
    outlet = Outlet(pipe.writing, gap)
    thread, lines = read_beside(pipe)
    outlet.put("\ud800")
    outlet.end(30)
    finished(pipe, thread)
    assert lines == ["\\ud800"]
