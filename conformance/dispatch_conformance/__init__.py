"""The conformance suite: runs a worker program against the clauses of the Dispatch worker protocol."""
