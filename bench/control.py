"""What the control face costs: `python -m bench.control [--rounds N] [--jobs N]`.

The load of `bench.load` against `dispatch-mockcoord` without the control face, with it and nobody looking,
and with one reader of its event stream, in turn; in all three sessions are held against the clauses, as they
are by default. What counts is the server's processor time a job.
"""

import argparse
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from bench.figures import Figure, report
from bench.load import Round, in_turn, ratios
from bench.processes import Server, mock_coordinator

_PIECE: Final = 65_536


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.control", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--jobs", type=int, default=4_000, help="in each round")
    options = parser.parse_args()
    found = measure(options.rounds, options.jobs)
    return 0 if report("Control face: the load, and who looks", figures(found)) else 1


def measure(rounds: int, jobs: int) -> dict[str, list[Round]]:
    """Rounds without the control face, with it, and with one stream open, in turn."""
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(mock_coordinator(*options, watches=True))
            for name, options in {"without": ["--no-control"], "with": [], "watched": []}.items()
        }
        stack.enter_context(reading(servers["watched"]))
        return in_turn(servers, rounds, jobs)


def figures(rounds: dict[str, list[Round]]) -> list[Figure]:
    """The medians of the rounds, and of their ratios."""
    without, beside, watched = rounds["without"], rounds["with"], rounds["watched"]
    return [
        Figure("server CPU a job, without", "ms", [one.cpu_ms for one in without]),
        Figure("  with the control face", "ms", [one.cpu_ms for one in beside]),
        Figure("  with one stream open", "ms", [one.cpu_ms for one in watched]),
        Figure("CPU with it / without", "×", ratios(beside, without), at_most=1.05),
        Figure("CPU with one stream / without", "×", ratios(watched, without), at_most=1.25),
    ]


@contextmanager
def reading(server: Server) -> Iterator[None]:
    """Somebody who follows the event stream for as long as the block runs."""
    with socket.create_connection(("127.0.0.1", server.port)) as stream:
        request = f"GET /_mock/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
        stream.sendall(request.encode())
        assert stream.recv(_PIECE).startswith(b"HTTP/1.1 200")
        reader = threading.Thread(target=_read, args=(stream,))
        reader.start()
        try:
            yield
        finally:
            stream.shutdown(socket.SHUT_RDWR)
            reader.join()


def _read(stream: socket.socket) -> None:
    try:
        while stream.recv(_PIECE):
            pass
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main())
