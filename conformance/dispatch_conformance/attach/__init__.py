"""Examining a worker that somebody starts elsewhere: on a phone, in a container, on another machine.

There is one address for the whole run (`door`), and the scenarios follow each other on it. A connection is
handed from one scenario to the next (`stage`) for as long as nothing is left open on it. A scenario that must
see a registration has it closed: the worker comes back by itself, or whoever started it starts it again
(`host`, which says what to do through `operator`). What needs the worker's process or its environment is left
out, and said to be (`plan`).
"""
