"""What became of a worker's process, in the words of a missing prerequisite."""

from dispatch_conformance.launch import WorkerProcess
from dispatch_conformance.missing import Missing, NotConnected, NotRegistered, WorkerLost
from dispatch_conformance.transcript import Transcript


def has_ended(process: WorkerProcess | None) -> bool:
    """Whether the process has ended; one that somebody else runs (None) never seems to."""
    return process is not None and not process.running


def ending(process: WorkerProcess | None) -> str:
    """How it ended, in parentheses behind a blank; "" while it runs."""
    return f" ({process.ending()})" if process is not None and not process.running else ""


def unregistered(transcript: Transcript, process: WorkerProcess | None, *, was_there: bool) -> Missing:
    """Why there is no registered worker on a coordinator; `was_there`: it had registered before."""
    ended = f"; it ended{ending(process)}" if has_ended(process) else ""
    if transcript.oddities:
        ended = f"; the suite closed the connection: {transcript.oddities[0].detail}{ended}"
    if not transcript.connected:
        return NotConnected(f"the worker never connected{ended}")
    if was_there:
        return WorkerLost(f"the worker registered and is gone{ended}")
    return NotRegistered(f"the worker connected but did not register{ended}")
