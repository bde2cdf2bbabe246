"""What goes wrong within this program, for the standard error: by a thread, as all that is written."""

import logging

from dispatch_mockcoord.log.outlet import Outlet

_STANDARD_ERROR = 2


class Trouble(logging.Handler):
    """Takes the warnings and errors of all loggers; an output that nobody reads holds nothing up."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._outlet = Outlet(_STANDARD_ERROR, lambda count: f"({count:,} lines are left out here)")

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, with what was raised."""
        self._outlet.put(self.format(record))

    def end(self) -> None:
        """Write what waits, and nothing more."""
        self._outlet.end()
