"""slacli: the agreement between Sales and Marketing, versioned, signed and checked.

The Python side of the command line, with the same verdicts and the same report:

    import slacli

    agreement = slacli.load("contracts")
    report = slacli.check(agreement, {"lead": "leads.csv", "activity": "tasks.csv"})
    for outcome in report.outcomes:
        print(outcome.duty, outcome.period.name, outcome.status)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING

from slacli.errors import CannotRun

if TYPE_CHECKING:
    from datetime import datetime

    from slacli.findings import Report
    from slacli.journeys import Loaded

__version__ = "0.1.0"
__all__ = ["CannotRun", "__version__", "check", "load", "validate"]


def validate(folder: str | PathLike[str]) -> Report:
    """Give the report of everything that is wrong with a contract folder; its findings have places and helps.

    Raises CannotRun where the folder cannot be read.
    """
    from slacli import journeys
    from slacli.adapters.folder import find

    return journeys.validate(find(fspath(folder)))


def load(folder: str | PathLike[str]) -> Loaded:
    """Give the agreement in a contract folder, ready to judge exports: `.contract` holds it as typed, frozen values.

    Raises CannotRun where the folder cannot be read or the contract has errors.
    """
    from slacli import journeys
    from slacli.adapters.folder import find

    return journeys.load(find(fspath(folder)))


def check(
    agreement: Loaded,
    exports: Mapping[str, str | PathLike[str] | Sequence[str | PathLike[str]]],
    *,
    as_of: datetime | None = None,
    judge: str = "latest",
    demand_all: bool = False,
) -> Report:
    """Judge exports by an agreement, and give the report that `slacli check` prints.

    `exports` maps a record or a binding to a file or to several. `as_of` is the moment that is now, with its zone;
    by default it is the latest time in the exports. `judge` is `latest`, `all`, or a period such as `2027-02`.
    Raises CannotRun where nothing can be judged.
    """
    from slacli import journeys
    from slacli.core.verdict import Options

    given = []
    for name, paths in exports.items():
        several = [paths] if isinstance(paths, str | PathLike) else paths
        given += [f"{name}={fspath(path)}" for path in several]
    if as_of is not None and as_of.tzinfo is None:
        raise CannotRun("`as_of` has no time zone", "give it one, such as `datetime(2027, 3, 2, tzinfo=UTC)`")
    return journeys.check(agreement, given, Options(judge=judge, as_of=as_of, demand_all=demand_all))
