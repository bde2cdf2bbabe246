"""Where results come from: the suite, the rules it judged by, the host, and when.

Every format of a report carries this, so that two results can be told apart years later.
"""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from dispatch_protocol.clauses import SPEC_VERSION, requirement_hash


@dataclass(frozen=True, slots=True)
class Host:
    """The machine: `platform` as `Linux-6.1-x86_64…`, the Python that runs the suite, and its processors."""

    platform: str
    python: str
    cpus: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Versions of suite and specification, the hash of the requirements, the start of the run, and the host.

    `requirements` is a hash over every clause: two reports with the same one were judged by the same rules.
    `started` is UTC in ISO 8601, with milliseconds and `Z`.
    """

    suite_version: str
    spec_version: str
    requirements: str
    started: str
    host: Host


@cache
def suite_version() -> str:
    """The version of the distribution; "0" where it is not installed."""
    try:
        return version("dispatch-reference")
    except PackageNotFoundError:
        return "0"


def origin_of(started: datetime) -> Origin:
    """The origin of a run of this suite on this host."""
    return Origin(
        suite_version=suite_version(),
        spec_version=SPEC_VERSION,
        requirements=requirement_hash(),
        started=iso(started),
        host=this_host(),
    )


def iso(moment: datetime) -> str:
    """A moment as JavaScript's `toISOString` prints it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def this_host() -> Host:
    """The machine this runs on."""
    return Host(
        platform=platform.platform(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        cpus=os.cpu_count() or 1,
    )
