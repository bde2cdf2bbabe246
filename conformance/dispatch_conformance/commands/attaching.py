"""The options of a run whose worker somebody starts elsewhere, and what they tell."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dispatch_protocol.errors import UsageError

from dispatch_conformance.attach.attachment import Attachment, advertised, expected, listening
from dispatch_conformance.attach.plan import objection
from dispatch_conformance.commands.options import Options, seconds
from dispatch_conformance.engine import Watch
from dispatch_conformance.outfit import split_command
from dispatch_conformance.scenario import Scenario

_DEFAULTS = Attachment()
_OWN = ("listen", "advertise_url", "tls_cert", "tls_key", "expect", "wait")


class Steps(Watch):
    """Names each scenario as it begins, on stderr where that is a terminal: the progress of such a run."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total = total
        self._begun = 0
        self._quiet = quiet

    def began(self, scenario: Scenario) -> None:
        """One more line."""
        self._begun += 1
        if not self._quiet and sys.stderr.isatty():
            print(f"[{min(self._begun, self._total)}/{self._total}] {scenario.name}", file=sys.stderr)


def add_attaching(parser: argparse.ArgumentParser) -> None:
    """The options for a worker that is started elsewhere."""
    group = parser.add_argument_group("a worker that is started elsewhere: on a phone, in a container")
    group.add_argument("--attach", action="store_true", help="wait for it, instead of starting --worker")
    group.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help=f"where to wait (default: {_DEFAULTS.host}:{_DEFAULTS.port}; 0.0.0.0 for every address)",
    )
    group.add_argument("--advertise-url", metavar="URL", help="the address to tell, if it is another one")
    group.add_argument("--tls-cert", metavar="FILE", help="a certificate chain: the address is https then")
    group.add_argument("--tls-key", metavar="FILE", help="its key, if it is not in the same file")
    group.add_argument(
        "--expect",
        metavar="WHAT[,WHAT]",
        help="what the worker is told besides: pairing (a code), llm (the suite as its model's server)",
    )
    group.add_argument(
        "--wait",
        type=seconds,
        metavar="SECONDS",
        help=f"how long to wait for somebody to start it (default: {_DEFAULTS.wait:.0f})",
    )


def require_testable(scenarios: Sequence[Scenario], attachment: Attachment) -> None:
    """Raises UsageError where none of these can be run on a worker that is started elsewhere."""
    objections = [objection(scenario, attachment) for scenario in scenarios]
    if all(objections):
        whys = "; ".join(dict.fromkeys(objections))
        raise UsageError(f"nothing of this can be examined on a worker that is started elsewhere: {whys}")


def attachment_of(options: Options) -> Attachment | None:
    """What they tell; None where the suite starts the worker. Raises UsageError where they do not fit."""
    if not options.attach:
        if options.worker is None:
            raise UsageError("either --worker COMMAND or --attach is needed")
        for name in _OWN:
            if getattr(options, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for --attach")
        split_command(options.worker)
        return None
    if options.worker is not None:
        raise UsageError("--attach waits for a worker, and --worker starts one: not both")
    if options.repeat_failures:
        raise UsageError("--repeat-failures needs --worker: every repetition is a fresh worker")
    if options.tls_key is not None and options.tls_cert is None:
        raise UsageError("--tls-key belongs to a --tls-cert")
    host, port = listening(options.listen) if options.listen is not None else (_DEFAULTS.host, _DEFAULTS.port)
    return Attachment(
        host=host,
        port=port,
        advertised=advertised(options.advertise_url) if options.advertise_url is not None else "",
        certificate=Path(options.tls_cert) if options.tls_cert is not None else None,
        key=Path(options.tls_key) if options.tls_key is not None else None,
        expect=expected(options.expect) if options.expect is not None else frozenset(),
        wait=_DEFAULTS.wait if options.wait is None else options.wait,
    )
