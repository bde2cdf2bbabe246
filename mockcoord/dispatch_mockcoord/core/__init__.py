"""The coordinator without its surroundings: inputs in, effects out; no I/O, no clock, no randomness.

Read in this order: `terms` (what it obeys), `jobs` (a job and its life), `trust` (pairings), `worker`,
`ready` (those that are free, in order), `registry` (all of them), `matching` (who gets what), `deadlines`,
`effects`, `dispatcher` (jobs on their way) and `coordinator` (connections and frames). Nothing here imports
anything but the protocol.
"""
