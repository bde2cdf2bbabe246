"""The coordinator without its surroundings: inputs in, effects out; no I/O, no clock, no randomness.

Read in this order: `terms` (what it obeys), `jobs` (a job and its life), `trust` (pairings), `worker`,
`ready` (those that are free, in order), `registry` (all of them), `matching` (who gets what), `deadlines`,
`effects`, `dispatcher` (jobs on their way), `attendance` (who comes and goes), `coordinator` (every input).
Nothing here imports anything but the protocol.

Where a rule of the specification has its code, its clause (`C-JOB-12`) is named; and the specification names
the modules for every group of clauses.
"""
