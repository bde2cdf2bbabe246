"""A worker that is written apart from the reference, and the ways of breaking it.

Nothing here imports one of the project's packages: a table shared with the suite would share its mistakes.
`worker` conforms as it stands; every class under `defects` breaks one clause of it, every class in `variants`
does something else that the specification allows. `registry` names them all, `python -m tests.mutants` and
`run.py` run one.
"""
