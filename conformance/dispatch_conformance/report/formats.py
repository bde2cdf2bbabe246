"""The formats in which a report is written, by name.

Each is a file's name and a function that makes its content of a Report: text, written as UTF-8, or bytes. A
new format is a module with such a function, and a line here.
"""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from dispatch_protocol.errors import UsageError, shown

from dispatch_conformance.engine import describe
from dispatch_conformance.report.html.page import page
from dispatch_conformance.report.junit import junit
from dispatch_conformance.report.markdown import summary
from dispatch_conformance.report.model import Report
from dispatch_conformance.report.results import results_json
from dispatch_conformance.report.sarif import sarif
from dispatch_conformance.report.stored import FILE


class Format(NamedTuple):
    """One format: the file's name in the folder of a run, and what makes its content."""

    file: str
    content: Callable[[Report], str | bytes]


FORMATS: Final[dict[str, Format]] = {
    "json": Format(FILE, results_json),
    "html": Format("report.html", page),
    "junit": Format("junit.xml", junit),
    "sarif": Format("report.sarif", sarif),
    "markdown": Format("summary.md", summary),
}
"""Every format. `json` is always written: all that reads a result back reads it."""


def formats_named(text: str | None) -> tuple[str, ...]:
    """The formats in a list like `json,junit`, all where there is none. Raises UsageError for others."""
    if text is None:
        return tuple(FORMATS)
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in FORMATS:
            near = get_close_matches(name, FORMATS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FORMATS)}"
            raise UsageError(f"there is no format {shown(name, 60)}; {hint}")
    return tuple(dict.fromkeys(["json", *names]))


def write_formats(folder: Path, report: Report, names: Sequence[str]) -> tuple[str, ...]:
    """Write a report in these formats; what could not be written, and why.

    One that fails takes nothing from the others.
    """
    slips = []
    for name in names:
        form = FORMATS[name]
        try:
            content = form.content(report)
            data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
            (folder / form.file).write_bytes(data)
        except OSError as error:
            slips.append(f"{form.file} cannot be written: {error.strerror}")
        except Exception as failure:
            slips.append(f"{form.file} could not be made: {describe(failure)}")
    return tuple(slips)
