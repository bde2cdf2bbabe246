"""Passive rules: what a transcript alone shows of a worker and of a coordinator.

Events go in, in their order; findings come out, each naming the clause that was broken and the event that
shows it. Nothing is sent, nothing waits, no clock is read.

    rules = Rules()
    for event in recording.events:
        for finding in rules.feed(event):
            print(finding.clause, finding.message)
    rules.finish(t)
    rules.judged["W-RCP-1"]   # how often the clause was examined: never is not a pass

Each module is one idea. Workers are judged by `reading` (frames), `registration`, `heartbeats`, `assignments`
(what is owed), `answers`, `receipts`; coordinators by `replies`, `connections`, `offers` and, over HTTP,
`interface`, `job_answers`, `trust`. `facts` remembers, `memory` bounds, `ledger` counts, `judge` hands
events round and `conversation` frames, `spans` says which clauses are a matter of time.

Source: SPEC.md, the clauses that each module names.
"""

from dispatch_protocol.rules.judge import Rules
from dispatch_protocol.rules.ledger import Finding
from dispatch_protocol.rules.spans import SPANS

__all__ = ["SPANS", "Finding", "Rules"]
