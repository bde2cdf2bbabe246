"""What several actions take: the worker's command, the suite's patience, and numbers within bounds."""

import argparse
import math
from typing import NoReturn, TypeAlias

from dispatch_protocol.clauses import Level

Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What argparse's `add_subparsers` returns; it has no public name."""

Options: TypeAlias = argparse.Namespace
"""Parsed arguments."""


class Parser(argparse.ArgumentParser):
    """A parser, and the parser of an action, that tells of misuse in one line."""

    def error(self, message: str) -> NoReturn:
        """End with 2; how it is used, in all its length, is left to `--help`."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def add_worker(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """The options of every action that starts a worker."""
    parser.add_argument(
        "--worker",
        required=required,
        metavar="COMMAND",
        help="how to start the worker; split as a shell would, run without one; {url}, {ws_url}, {key_path}, "
        "{ollama_url} and {pairing_code} are replaced",
    )
    add_scale(parser)


def add_scale(parser: argparse.ArgumentParser) -> None:
    """`--timeout-scale`, of every action that waits for a worker."""
    parser.add_argument(
        "--timeout-scale",
        type=scale,
        default=1.0,
        metavar="F",
        help="stretch the suite's patience, for a slow machine: 1 (default) to 100",
    )


def seconds(text: str) -> float:
    """A span of time, from a second to a day."""
    return _between(1, 86_400, text, "must be a number of seconds between 1 and 86400")


def natural(text: str) -> int:
    """A number of 0 or more."""
    return _at_least(0, text)


def positive(text: str) -> int:
    """A number of 1 or more."""
    return _at_least(1, text)


def scale(text: str) -> float:
    """By how much the suite's patience is stretched: between 1 and 100."""
    return _between(1, 100, text, "must be a number between 1 and 100: the clauses give no less time")


def level(text: str) -> Level:
    """A level, in letters of either case."""
    try:
        return Level(text.upper())
    except ValueError:
        raise argparse.ArgumentTypeError("say must, should or may") from None


def failing_level(text: str) -> Level:
    """A level whose breach can make a run fail, in letters of either case."""
    if text.upper() not in {Level.MUST, Level.SHOULD}:
        raise argparse.ArgumentTypeError("say must or should: what is only allowed is never broken")
    return Level(text.upper())


def _at_least(least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:  # as well where it has more digits than Python reads
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be a whole number of {least} or more")
    return number


def _between(least: float, most: float, text: str, otherwise: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(otherwise)
    return number
