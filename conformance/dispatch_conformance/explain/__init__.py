"""Clauses explained: what is sent, what is expected, how it goes wrong, and a broken worker's transcript."""
