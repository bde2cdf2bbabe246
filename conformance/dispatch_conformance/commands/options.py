"""What several actions take: the worker's command, the suite's patience, and numbers within bounds."""

import argparse
from typing import TypeAlias

from dispatch_protocol.clauses import Level

Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What argparse's `add_subparsers` returns; it has no public name."""

Options: TypeAlias = argparse.Namespace
"""Parsed arguments."""


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
        "--timeout-scale", type=scale, default=1.0, metavar="F", help="stretch the suite's patience"
    )


def seconds(text: str) -> float:
    """A span of time, from a second to a day."""
    number = float(text)
    if not 1 <= number <= 86_400:
        raise argparse.ArgumentTypeError("must be between 1 and 86400 seconds")
    return number


def natural(text: str) -> int:
    """A number of 0 or more."""
    return _at_least(0, text)


def positive(text: str) -> int:
    """A number of 1 or more."""
    return _at_least(1, text)


def scale(text: str) -> float:
    """By how much the suite's patience is stretched: between 1 and 100."""
    number = float(text)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError("must be between 1 and 100: the clauses give no less time")
    return number


def level(text: str) -> Level:
    """A level, in letters of either case."""
    try:
        return Level(text.upper())
    except ValueError:
        raise argparse.ArgumentTypeError("must be must, should or may") from None


def _at_least(least: int, text: str) -> int:
    number = int(text)
    if number < least:
        raise argparse.ArgumentTypeError(f"must be {least} or more")
    return number
