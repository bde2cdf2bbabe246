"""`explain`: one clause with all that is known of breaking it, or the list of those that begin so."""

from dispatch_conformance.commands.options import Actions, Options


def add_parser(actions: Actions) -> None:
    """Add `explain`."""
    parser = actions.add_parser(
        "explain",
        help="explain a clause: what is sent, expected, and goes wrong",
        description="Explain a clause: its text, what the suite does, how workers break it, how to mend it.",
    )
    parser.set_defaults(action=explain)
    parser.add_argument("clause", metavar="CLAUSE", help="a clause's id, or its beginning for a list")


def explain(options: Options) -> int:
    """Print the page of a clause."""
    from dispatch_conformance.explain.page import explained  # noqa: PLC0415  only this action needs it

    print(explained(options.clause))
    return 0
