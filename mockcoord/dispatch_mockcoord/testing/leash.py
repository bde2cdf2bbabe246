"""Runs `dispatch-worker` for as long as whoever started it lives; a script, to be given a pipe as its stdin.

However the starter ends, by `kill -9` too, its end of the pipe is closed then. That holds on every system and
whichever of its threads started this. Nothing else is imported here: a worker should be quick to register.
"""

import os
import runpy
import signal
import threading
import time
from typing import Final

PATIENCE_SECONDS: Final = 10.0
"""How long the worker may take to end by itself when it has lost its starter."""

_STDIN: Final = 0


def end_with_starter() -> None:
    """Wait until nobody holds the other end of the pipe any more; then end this process."""
    while os.read(_STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_starter, daemon=True).start()
    runpy.run_module("dispatch_worker", run_name="__main__", alter_sys=True)
