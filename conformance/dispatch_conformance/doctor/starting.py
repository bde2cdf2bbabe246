"""Whether there was a process, and whether it came to the address that it was told."""

from typing import Final

from dispatch_protocol.errors import shown

from dispatch_conformance.doctor.evidence import Evidence
from dispatch_conformance.doctor.printed import crashed, missed_variables, other_addresses, shows_usage
from dispatch_conformance.doctor.reason import Reason

_GUIDE: Final = "COORDINATOR_URL"


_STARTS: Final = (
    ("executable", "not executable", "make it executable (chmod +x), or put its interpreter before it"),
    ("ermission", "not executable", "make it executable (chmod +x), or put its interpreter before it"),
    ("folder", "not a program", "name the program in it"),
    ("format", "not a program", "begin the script with #! and its interpreter, or put that before it"),
    ("interpreter", "no interpreter", "install the program that its first line (#!) names, or correct that"),
    ("", "not found", "give its whole path: no shell runs, so aliases and cd do not count"),
)
"""A word of why there was no process, the reason's name, and what to do; what fits first counts."""


def started(seen: Evidence) -> Reason | None:
    """Whether there was a process at all."""
    if not seen.cannot_start:
        return None
    name, advice = next((name, advice) for word, name, advice in _STARTS if word in seen.cannot_start)
    program = shown(seen.words[0], 120) if seen.words else ""
    sentence = f"the worker cannot be started: {program}: {shown(seen.cannot_start, 160)}"
    return Reason(name=name, sentence=sentence, advice=(advice,))


def found(seen: Evidence) -> Reason | None:
    """Whether it came to the address that it was told."""
    if seen.visits:
        return None
    if seen.astray:
        return _astray(seen)
    if others := other_addresses(seen.printed, seen.url):
        return Reason(
            name="another address",
            sentence=f"the worker tries {shown(' and '.join(others), 120)}, not the address that it is told",
            advice=(f"have it connect to the address in {_GUIDE}, or put {{url}} into the command",),
        )
    if seen.ended is None:
        return Reason(
            name="never connects",
            sentence="the worker runs, and connects neither to the address that it is told nor to a default",
            advice=(
                f"have it connect to the address in {_GUIDE} when it starts; print the address it uses",
                "if it takes the address otherwise, put {url} or {ws_url} into the command",
            ),
        )
    return _ended(seen)


def _astray(seen: Evidence) -> Reason:
    """It came somewhere else."""
    port, variable, _ = seen.astray[0]
    if variable:
        return Reason(
            name="another variable",
            sentence=f"the worker takes its address from {shown(variable, 60)}, not from {_GUIDE}",
            advice=(
                f"read {_GUIDE}, which the worker's guide names",
                f"until then: env {shown(variable, 60)}={{url}} before the command",
            ),
        )
    return Reason(
        name="default port",
        sentence=f"the worker connects to the default port {port}, whatever address it is told",
        advice=(f"read the address from {_GUIDE}; the suite gives another port to every scenario",),
    )


def _ended(seen: Evidence) -> Reason:
    """It ended before it connected."""
    how = f"({seen.ending}, after {seen.ended or 0.0:.1f} s)"
    if names := missed_variables(seen.printed):
        wanted = shown(" and ".join(names), 120)
        return Reason(
            name="wants a variable",
            sentence=f"the worker ends {how} and names a variable that it is not given: {wanted}",
            advice=(
                f"set it before the command: env {shown(names[0], 60)}=… COMMAND",
                "or give it a default",
            ),
        )
    if shows_usage(seen.printed):
        return Reason(
            name="wants arguments",
            sentence=f"the worker explains its arguments and ends {how}",
            advice=("add them to the command; {url}, {ws_url}, {key_path} and {ollama_url} are replaced",),
        )
    if crashed(seen.printed):
        return Reason(
            name="crash",
            sentence=f"the worker crashes before it connects {how}",
            advice=("mend what its last lines, above, tell; try the command by itself",),
        )
    if "signal" in seen.ending or "ended by" in seen.ending:
        return Reason(
            name="killed",
            sentence=f"the worker is ended by a signal before it connects {how}",
            advice=("look for a crash in native code, or for a limit of memory or time",),
        )
    return Reason(
        name="ends at once",
        sentence=f"the worker ends before it connects {how}",
        advice=(
            "try the command by itself; a worker stays in the foreground and runs until it is told to end",
        ),
    )
