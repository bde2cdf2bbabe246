"""`list`: every scenario, what it does, and its checks with their clauses."""

from dispatch_protocol.clauses import clause

from dispatch_conformance.catalogue import all_scenarios
from dispatch_conformance.commands.options import Actions, Options


def add_parser(actions: Actions) -> None:
    """Add `list`."""
    parser = actions.add_parser("list", help="list scenarios and checks")
    parser.set_defaults(action=list_checks)


def list_checks(_options: Options) -> int:
    """Print them all."""
    for entry in all_scenarios():
        flags = " (waits)" if entry.waits else ""
        print(f"{entry.name}{flags}: {entry.about.splitlines()[0] if entry.about else ''}")
        for check, clause_id in entry.check_ids().items():
            print(f"  {check:40} {clause_id:10} {clause(clause_id).level_label}")
    return 0
