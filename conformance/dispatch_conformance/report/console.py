"""The console that the report is printed on."""

from rich.console import Console


class ReportConsole(Console):
    """Rich's console, without its end of the process where nobody reads any more.

    Rich would end it with 1, which says that a worker failed a check.
    """

    def on_broken_pipe(self) -> None:
        """Leave it to the command line. Raises BrokenPipeError."""
        raise BrokenPipeError
