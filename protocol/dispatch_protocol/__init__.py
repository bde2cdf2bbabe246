"""The Dispatch worker protocol: messages, canonical text, tasks, receipts, keys and clauses.

Everything here but `keys` (which draws random seeds), `private` (which makes files) and `cli` is pure: it
performs no input or output, reads no clock and draws no random numbers. Read `protocol/SPEC.md` first; its
sections name the modules that hold their clauses.
"""
