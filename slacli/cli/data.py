"""Commands about data: judges exports by the contract."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from slacli.cli.options import Laps, Output, deliver, shared


@click.command()
@click.argument("exports", metavar="EXPORT...", nargs=-1, required=True)
@click.option("--as-of", metavar="WHEN", help="The moment that is now: a day (its end) or 2027-03-02T06:00, in the "
              "contract's zone. Default: the latest time in the exports.")  # fmt: skip
@click.option("--judge", metavar="WHICH", default="latest", show_default=True,
              help="Which finished periods can fail: latest, all, or one such as 2027-02 or FY27-Q4.")  # fmt: skip
@click.option("--all", "demand_all", is_flag=True, help="Exit with 2 unless every duty could be checked.")
@click.option("--rows", metavar="FILE", help="Write every judged row of every duty as CSV.")
@click.option("--list", "listed", metavar="DUTY", help="List all rows that missed a duty.")
@click.option("--long", "long", is_flag=True, help="Show notes, digests and duties without cases too.")
@shared()
def check(
    exports: tuple[str, ...],
    as_of: str | None,
    judge: str,
    demand_all: bool,
    rows: str | None,
    listed: str | None,
    long: bool,
    contract: str | None,
    out: Output,
) -> int:
    """Judge exported CRM data by the contract.

    An export is a file (leads.csv), a file with its record or binding (lead=leads.csv), or - for standard input. Which
    binding reads it is told by its headers. Several exports are judged together.
    """
    from slacli import journeys
    from slacli.adapters import folder
    from slacli.core.verdict import Options

    laps = Laps(out)
    loaded = journeys.load(folder.find(contract))
    laps("contract")
    options = Options(
        judge=judge,
        as_of=journeys.moment(as_of, loaded.contract) if as_of is not None else None,
        demand_all=demand_all,
        listed=listed,
    )
    report = journeys.check(loaded, exports, options, sys.stdin.buffer, Path(rows) if rows else None, laps)
    code = deliver(report, out, long=long, listed=listed)
    laps("report")
    return code
