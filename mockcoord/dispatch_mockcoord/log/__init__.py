"""What a reader at the terminal, or a program, gets to know of a running coordinator: line by line.

`entry` is what a line says; `effects`, `events` and `summary` make entries of what happens; `look`, `details`
and `columns` lay them out for readers; `outlet` writes them; `layer` brings it all to a coordinator.
"""

from dispatch_mockcoord.log.layer import Detail, Log

__all__ = ["Detail", "Log"]
