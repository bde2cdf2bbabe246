"""Workers with the known deviations of the deployed ones: what the shipped baselines are held to.

They are not the deployed programs. Each is the conforming worker of `tests.mutants` in which exactly what is
known of a deployed worker is done otherwise; `python tests/deployed/__main__.py NAME` runs one.
"""
