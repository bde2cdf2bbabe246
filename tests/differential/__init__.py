"""Canonical text against node's own JSON, signatures against a second library: many random cases, one seed.

Run it with `python -m tests.differential --count 100000 --seed 1`. The oracle of canonical text is
`JSON.stringify(JSON.parse(text))` as node runs it; the oracle of signatures is the `cryptography` package
(OpenSSL), where it is as strict, and the edge vectors, where it is not.
"""
