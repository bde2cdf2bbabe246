"""A worker for the Dispatch network: connects to one coordinator, executes jobs, signs a receipt for each.

`session` is the worker's whole conduct as a pure state machine; `runtime` moves its frames over a WebSocket
and carries out what it decides; `llm` and `pairing` make its two kinds of HTTP call; `config` and `cli` read
what the operator asked for.
"""
