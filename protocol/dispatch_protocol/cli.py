"""The command `dispatch-protocol`: canonical texts, hashes, receipts, keys and clauses at the terminal.

Reads one document from a file or from its input, which may be a pipe, and prints what was asked for; messages
go to the error output. What comes from outside is shown escaped, in ASCII. Exit codes: 0 done (`verify`: the
receipt is verified), 1 `verify` did not verify it, 2 misuse: arguments, or a document that cannot be read.
Where nobody reads the output to its end, the command ends quietly, with 2: it never seems to have verified.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Final, TypeAlias

from dispatch_protocol import keys
from dispatch_protocol.canonical import canonical_text, hash_text
from dispatch_protocol.claims import read_claim
from dispatch_protocol.clauses import SPEC_VERSION, clauses
from dispatch_protocol.errors import DispatchError, JsonSyntaxError, UsageError, Violation, shown
from dispatch_protocol.receipts import Check

Command: TypeAlias = Callable[[argparse.Namespace], int]

MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""The longest document that is read, in bytes."""

DONE: Final = 0
NOT_VERIFIED: Final = 1
MISUSE: Final = 2
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code. Without `arguments` those of the process."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        code = command(options)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MISUSE
    except KeyboardInterrupt:
        return INTERRUPTED
    except DispatchError as error:
        print(f"dispatch-protocol: {_explained(error)}", file=sys.stderr)
        return MISUSE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dispatch-protocol",
        description="Canonical texts, hashes, receipts, keys and clauses of the Dispatch worker protocol.",
        epilog="Exit codes: 0 done or verified, 1 not verified, 2 misuse.",
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"dispatch-protocol {version('dispatch-reference')} (specification {SPEC_VERSION})",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    canonical = commands.add_parser(
        "canonical",
        help="print the canonical text of a JSON document",
        description="Print the canonical text of a JSON document, as JSON.stringify(JSON.parse(document)) "
        "does: exactly its bytes in UTF-8, followed by a line feed only where the output is a terminal.",
    )
    _reads_document(canonical, _canonical)

    hashing = commands.add_parser(
        "hash",
        help="print the output hash of a JSON document",
        description="Print the output hash of a JSON document: the SHA-256 of its canonical text, as 64 hex "
        "digits and a line feed.",
    )
    _reads_document(hashing, _hash)
    _add_verify(commands.add_parser("verify", help="hold a receipt against its job, key and output"))
    _add_keys(commands.add_parser("keys", help="look at a worker's key file"))

    listing = commands.add_parser("clauses", help="list the clauses of the specification")
    listing.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help="only ids that begin so")
    listing.set_defaults(command=_clauses)
    return parser


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Hold a receipt against its job, its key and its output. DOCUMENT is the answer of GET /v1/jobs/{id} "
        "or the frame of a job_complete. What --pubkey and --job-id do not say is taken from the document "
        "itself, on trust. Exits 0 if the receipt is verified; faults of form are told and change nothing."
    )
    parser.add_argument("--pubkey", metavar="HEX", help="the worker's registered key, 64 hex digits")
    parser.add_argument("--job-id", metavar="ID", help="the job that the receipt is for")
    _reads_document(parser, _verify)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = commands.add_parser(
        "show",
        help="print the public key in a key file",
        description="Print the public key in a key file, 64 hex digits. Never shows the secret key.",
    )
    show.add_argument("path", metavar="PATH")
    show.set_defaults(command=_keys_show)


def _reads_document(parser: argparse.ArgumentParser, command: Command) -> None:
    parser.add_argument(
        "document",
        nargs="?",
        default="-",
        metavar="DOCUMENT",
        help="a file; - or nothing for the standard input",
    )
    parser.set_defaults(command=command)


def _canonical(options: argparse.Namespace) -> int:
    text = canonical_text(_read(options.document))
    sys.stdout.buffer.write(text.encode("utf-8"))
    if sys.stdout.isatty():
        sys.stdout.buffer.write(b"\n")
    return DONE


def _hash(options: argparse.Namespace) -> int:
    print(hash_text(canonical_text(_read(options.document))))
    return DONE


def _verify(options: argparse.Namespace) -> int:
    claim = read_claim(_read(options.document), pubkey=options.pubkey, job_id=options.job_id)
    verification = claim.verify()
    print(f"job {shown(claim.job_id)}")
    print(f"key {shown(claim.pubkey)}")
    if claim.on_trust:
        print(f"taken on trust from the document itself: {', '.join(claim.on_trust)}")
    print("what makes it verified:")
    _print_checks(verification.checks)
    if verification.form:
        print("its form, which changes nothing in that:")
        _print_checks(verification.form)
    print("verified" if verification.verified else "NOT verified")
    return DONE if verification.verified else NOT_VERIFIED


def _print_checks(checks: Sequence[Check]) -> None:
    for check in checks:
        line = f"  {'pass' if check.passed else 'FAIL'}  {check.clause:<9} {check.name:<18} {check.detail}"
        print(line.rstrip())


def _keys_show(options: argparse.Namespace) -> int:
    identity = keys.load(options.path)
    warning = keys.permissions_fault(options.path)
    if warning is not None:
        print(f"dispatch-protocol: warning: {shown(warning, 1000)}", file=sys.stderr)
    print(identity.pubkey_hex)
    return DONE


def _clauses(options: argparse.Namespace) -> int:
    listed = [clause for clause in clauses() if clause.id.startswith(options.prefix.upper())]
    if not listed:
        raise UsageError(f"no clause begins with {shown(options.prefix)!r}; `clauses` alone lists them all")
    for clause in listed:
        print(f"{clause.id:<10} {clause.level_label:<6} {clause.text}")
    return DONE


def _read(path: str) -> bytes:
    """The document's bytes. Raises UsageError where it cannot be read, is too long, or is empty."""
    try:
        if path == "-":
            document = sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
        else:
            with open(path, "rb") as file:
                document = file.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{shown(path)} cannot be read: {reason}") from error
    if len(document) > MAX_DOCUMENT_BYTES:
        raise UsageError(f"the document is longer than {MAX_DOCUMENT_BYTES} bytes")
    return document


def _explained(error: DispatchError) -> str:
    if isinstance(error, JsonSyntaxError):
        return f"the document is no JSON: {shown(error.reason)} at index {error.position}"
    if isinstance(error, Violation):
        return f"the frame breaks {error.clause} at {shown(error.place)}: {error.detail}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
