"""Processes and their descendants, so that nothing a worker started outlives its scenario.

On Linux the suite makes itself the reaper of orphans (prctl PR_SET_CHILD_SUBREAPER): a child that leaves its
process group and loses its parent becomes the suite's own, and is found and ended. Elsewhere the functions
that look at processes find nothing, and the process group alone is ended.
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Container
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
_SET_CHILD_SUBREAPER: Final = 36
_KNOWN: Final = sys.platform == "linux"


class Entry(NamedTuple):
    """One process as the kernel lists it. `started` (clock ticks since boot) tells a reused pid apart."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    started: int


def adopt_orphans() -> bool:
    """Make this process the parent of its descendants' orphans; says whether the system can do that."""
    if not _KNOWN:
        return False
    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def all_processes() -> dict[int, Entry]:
    """Every process of the system by its pid; empty where the system does not list them under /proc."""
    if not _KNOWN:
        return {}
    entries = (_read(int(name)) for name in os.listdir(_PROC) if name.isdigit())
    return {entry.pid: entry for entry in entries if entry is not None}


def descendants(pid: int, processes: dict[int, Entry]) -> set[Entry]:
    """The children of a process, their children, and so on; without the process itself."""
    children: dict[int, list[Entry]] = {}
    for entry in processes.values():
        children.setdefault(entry.parent, []).append(entry)
    found: set[Entry] = set()
    left = [pid]
    while left:
        for entry in children.get(left.pop(), ()):
            if entry not in found:
                found.add(entry)
                left.append(entry.pid)
    return found


def carries(entry: Entry, marker: bytes) -> bool:
    """Whether the process was started with `marker` (`NAME=value`) in its environment."""
    try:
        return marker in (_PROC / str(entry.pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def end_at_once(entry: Entry) -> None:
    """SIGKILL, unless the process is gone and its number belongs to another one; reap it if it is ours."""
    now = _read(entry.pid)
    if now is None or now.started != entry.started:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(entry.pid, signal.SIGKILL)
    reap(entry.pid)


def reap(pid: int) -> None:
    """Take the exit status of an adopted child, if it has ended."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def reap_all(but: Container[int]) -> None:
    """Take the exit status of every child that has ended, until one of `but` is the next."""
    if not _KNOWN:
        return
    look = os.WEXITED | os.WNOHANG | os.WNOWAIT
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, look)) is not None and ended.si_pid not in but:
            reap(ended.si_pid)


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a whole process group; nothing happens if it is empty."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _read(pid: int) -> Entry | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold blanks and parentheses
    state, parent, group, session = fields[0], int(fields[1]), int(fields[2]), int(fields[3])
    return Entry(pid, state, parent, group, session, int(fields[19]))
