"""The command about two exports of one record: who is missing where, and which values are not alike."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import click

from slacli.cli.options import Output, emit, shared
from slacli.cli.progress import Watch
from slacli.errors import CannotRun


@click.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--on", metavar="FIELD", help="The field that joins their rows. Default: the key of the record.")
@click.option("--record", metavar="RECORD", help="The record whose rows both hold, where their headers fit several.")
@click.option("--rows", metavar="FILE", help="Write every row that is missing or not alike as CSV.")
@click.option("--values", is_flag=True, help="Show unlike values of fields that are not personal too. Refused under "
              "CI=true.")  # fmt: skip
@click.option("--fail-on", "threshold", type=click.Choice(("never", "missing", "differing")), default="never",
              show_default=True, help="Exit with 1 where a row is missing in one of them, or where one is missing or "
              "differs; in both cases also where no row is in both.")  # fmt: skip
@shared(formats=("terminal", "markdown", "json"), findings=False)
def reconcile(
    one: str,
    other: str,
    on: str | None,
    record: str | None,
    rows: str | None,
    values: bool,
    threshold: str,
    contract: str | None,
    out: Output,
) -> int:
    """Put two exports of one record beside each other, such as Marketing's and Sales'.

    Each is read by its own binding. Their rows are joined by the record's key: which stand in one export alone, which
    fields are not alike and since when, and which fields only one side has. Values are compared as the contract reads
    them; none is shown without --values.
    """
    if values and os.environ.get("CI", "").lower() in {"true", "1"}:
        raise CannotRun("`--values` is refused under `CI=true`", "values of rows must not stand in logs: leave it out")

    from slacli.adapters import engines

    watch = Watch(out)
    given = [text if record is None or "=" in text else f"{record}={text}" for text in (one, other)]
    with engines.early():
        from slacli import journeys
        from slacli.adapters import folder, rowsfile

        loaded = journeys.load(folder.find(contract))
        watch("contract")
        write = partial(rowsfile.write, Path(rows)) if rows else None
        with watch:
            found = journeys.reconcile(loaded, (given[0], given[1]), on, sys.stdin.buffer, write, watch, values=values)
    watch("both exports")

    from slacli.adapters.render import reconcile as page

    emit(page.render(found, out.format, width=out.width, colour=out.colour), out)
    failing = {"never": False, "missing": found.missing > 0 or not found.both, "differing": not found.alike}
    return 1 if failing[threshold] else 0
