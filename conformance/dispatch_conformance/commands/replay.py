"""`replay`: one failure again, from its case or any recording; prints FIXED, FAILED or ERROR, and why.

Exit codes: 0 FIXED, 1 FAILED, 2 ERROR.
"""

from pathlib import Path

from dispatch_protocol.errors import UsageError

from dispatch_conformance import rerun
from dispatch_conformance.commands.options import Actions, Options, add_worker
from dispatch_conformance.execution import execute
from dispatch_conformance.outfit import split_command
from dispatch_conformance.report.groups import failures
from dispatch_conformance.report.model import make_report
from dispatch_conformance.report.progress import Progress
from dispatch_conformance.report.terminal import Terminal


def add_parser(actions: Actions) -> None:
    """Add `replay`."""
    parser = actions.add_parser(
        "replay",
        help="run one failure again: FIXED, FAILED or ERROR",
        description="Run one failure again, or play any recording to a worker, and say what became of it.",
        epilog="exit codes: 0 FIXED, 1 FAILED, 2 ERROR: it could not be run again",
    )
    parser.set_defaults(action=replay)
    parser.add_argument("file", metavar="FILE", help="DIR/cases/CHECK.jsonl of a run, or any recording")
    add_worker(parser)


def replay(options: Options) -> int:
    """Run it again and say what became of it. What cannot be run again is an ERROR as well."""
    terminal = Terminal()
    try:
        split_command(options.worker)
        again = rerun.load(Path(options.file), options.worker, options.timeout_scale)
        terminal.begin(again.settings, 1)
        with Progress(1) as progress:
            outcome = execute(again.settings, [again.scenario], progress)
    except UsageError as error:
        conclusion = rerun.Conclusion(rerun.Word.ERROR, str(error))
    else:
        report = make_report(again.settings, outcome, [again.scenario])
        found = failures(filter(again.shown, report.results), report.causes)
        for failure in found:
            terminal.failure(report, failure)
        terminal.last_words(report, found)
        conclusion = again.conclusion(report)
    terminal.say(f"{conclusion.word}  {conclusion.why}", conclusion.verdict)
    return conclusion.word.exit_code
