"""slacli: the agreement between Sales and Marketing, versioned, signed and checked.

The Python side of the command line, with the same verdicts and the same report:

    import slacli

    agreement = slacli.load("contracts")  # what was signed and is in force, else the text on disk
    report = slacli.check(agreement, {"lead": "leads.csv", "activity": "tasks.csv"})
    for outcome in report.outcomes:
        print(outcome.duty, outcome.period.name, outcome.status)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, environ, fspath
from typing import TYPE_CHECKING

from slacli.errors import CannotRun

if TYPE_CHECKING:
    from datetime import datetime

    from slacli.findings import Report
    from slacli.judging import Agreement

__version__ = "0.1.0"
__all__ = ["CannotRun", "__version__", "check", "load", "validate"]


def validate(folder: str | PathLike[str]) -> Report:
    """Give the report of everything that is wrong with a contract folder; its findings have places and helps.

    Raises CannotRun where the folder cannot be read.
    """
    from slacli import journeys
    from slacli.adapters.folder import find

    return journeys.validate(find(fspath(folder)))


def load(
    folder: str | PathLike[str],
    *,
    draft: bool = False,
    at: str | None = None,
    trust_root: str | None = None,
    require_signed: bool = False,
    as_of: datetime | None = None,
) -> Agreement:
    """Give the agreement in a contract folder, ready to judge exports: `.contract` holds it as typed, frozen values.

    Once a version was signed, what is in force by signatures judges, as for `slacli check`: `draft` takes the text on
    disk instead, `at` that of a revision. `trust_root` is the digest of a roster that vouches for the signatures, by
    default that of the environment (SLACLI_TRUST_ROOT); with `require_signed` nothing judges without it. `as_of` is the
    moment that is now, with its zone. Raises CannotRun where the folder cannot be read, the contract has errors, or
    signatures do not hold.
    """
    from slacli import judging
    from slacli.adapters.folder import find

    root = trust_root if trust_root is not None else environ.get("SLACLI_TRUST_ROOT") or None
    wish = judging.Wish(draft=draft, at=at, must_be_signed=require_signed, trust_root=root)
    return judging.chosen(find(fspath(folder)), wish, _zoned(as_of))


def check(
    agreement: Agreement,
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
    from slacli.core.verdict import Options

    given = []
    for name, paths in exports.items():
        several = [paths] if isinstance(paths, str | PathLike) else paths
        given += [f"{name}={fspath(path)}" for path in several]
    moment = _zoned(as_of)
    agreement = agreement.on(moment) if moment is not None else agreement
    return agreement.check(given, Options(judge=judge, as_of=moment, demand_all=demand_all))


def _zoned(moment: datetime | None) -> datetime | None:
    """Give a moment back; raises CannotRun where it has no time zone."""
    if moment is not None and moment.tzinfo is None:
        raise CannotRun("`as_of` has no time zone", "give it one, such as `datetime(2027, 3, 2, tzinfo=UTC)`")
    return moment
