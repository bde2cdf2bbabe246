"""Where results come from, as names and values: every form of report that machines read carries them."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from dispatch_conformance.attach.attachment import Attachment
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.plain import visible
from dispatch_conformance.settings import Settings

_TEXT: Final = 600


def facts(report: Report) -> Mapping[str, str]:
    """Versions, requirements, seed, command, host, time, worker; nothing hidden is in a value."""
    origin, settings = report.origin, report.settings
    return {
        "suite.version": origin.suite_version,
        "specification.version": origin.spec_version,
        "specification.requirements": origin.requirements,
        "run.seed": str(settings.seed),
        "run.profile": settings.profile,
        "run.level": str(settings.level),
        "run.baseline": visible(settings.baseline, _TEXT),
        "run.command": visible(command_line(settings, report.folder), _TEXT),
        "run.started": origin.started,
        "run.seconds": f"{report.seconds:.3f}",
        "run.exit_code": str(report.exit_code),
        "run.reason": visible(report.reason, _TEXT),
        "host.platform": origin.host.platform,
        "host.python": origin.host.python,
        "host.processors": str(origin.host.cpus),
        "worker.provider_pubkey": visible(report.pubkey, _TEXT),
        "worker.provider_type": str(report.provider_type or ""),
        "worker.capabilities": visible(", ".join(report.capabilities[:10]), _TEXT),
    }


def command_line(settings: Settings, folder: Path | None) -> str:
    """The command that makes the same run again, quoted for a shell."""
    return shlex.join(["dispatch-conformance", "run", *_words(settings, folder)])


def _words(settings: Settings, folder: Path | None) -> Iterator[str]:
    if settings.attach is None:
        yield from ("--worker", settings.command, "--jobs", str(settings.jobs))
    else:
        yield from attached(settings.attach)
    yield from ("--seed", str(settings.seed))
    for prefix in settings.only:
        yield from ("--only", prefix)
    for prefix in settings.exclude:
        yield from ("--exclude", prefix)
    for level in settings.only_levels:
        yield from ("--only-level", level.lower())
    if settings.quick:
        yield from ("--profile", "quick")
    if not settings.fuzz:
        yield "--no-fuzz"
    if settings.scale != 1:
        yield from ("--timeout-scale", f"{settings.scale:g}")
    yield from ("--level", settings.level.lower())
    if settings.baseline:
        yield from ("--baseline", settings.baseline)
    if settings.repeat_failures:
        yield from ("--repeat-failures", str(settings.repeat_failures))
    if folder is not None:
        yield from ("--out", str(folder))


def attached(attachment: Attachment) -> Iterator[str]:
    """The options of a run whose worker is started elsewhere: the same address, told the same."""
    host = f"[{attachment.host}]" if ":" in attachment.host else attachment.host
    yield from ("--attach", "--listen", f"{host}:{attachment.port}", "--wait", f"{attachment.wait:g}")
    if attachment.advertised:
        yield from ("--advertise-url", attachment.advertised)
    if attachment.certificate is not None:
        yield from ("--tls-cert", str(attachment.certificate))
    if attachment.key is not None:
        yield from ("--tls-key", str(attachment.key))
    if attachment.expect:
        yield from ("--expect", ",".join(sorted(attachment.expect)))
