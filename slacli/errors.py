"""The one exception that leaves slacli: it could not run or could not judge, which is never the same as bad data."""

from __future__ import annotations


class CannotRun(Exception):
    """Says in `what` what could not be done and why, and in `help` what the reader can do about it.

    The command line prints both and exits with 2. Neither text ever holds a value from a row.
    """

    def __init__(self, what: str, help: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.help = help
