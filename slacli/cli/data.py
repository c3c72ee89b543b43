"""Commands about data: judges exports by the contract, and shows the working of what they say of one record."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slacli.cli.options import FAIL_ON, PIN, Command, Output, deliver, emit, emit_rows, failing, shared
from slacli.cli.progress import Watch
from slacli.core import wording
from slacli.errors import CannotRun

if TYPE_CHECKING:
    from slacli.core.since import Earlier
    from slacli.core.verdict import Options
    from slacli.journeys import Baseline, Write
    from slacli.judging import Agreement, Wish
    from slacli.model import Contract


_BY_TEXT = (
    click.option("--at", metavar="REV", help="Judge by the contract as it was: a version number, branch, tag or hash."),
    click.option("--draft", is_flag=True, help="Judge by the contract as it stands on disk. This is the default until "
                 "a version is signed."),
    click.option("--by-version", is_flag=True, help="Judge each row by the committed version in force when its clock "
                 "started."),
    click.option("--require-signed", is_flag=True, help="Exit with 2 unless the text that judges is signed and "
                 "verified."),
    PIN,
)  # fmt: skip


def _by_text(*, by_version: bool = True) -> Callable[[Command], Command]:
    """Add the options that say by which text to judge, handed over as `wish`."""

    def wrap(command: Command) -> Command:
        @wraps(command)
        def with_wish(**given: Any) -> Any:
            from slacli.adapters import engines

            # It is open when the contract is read.
            with engines.early():
                from slacli.judging import Wish

                wish = Wish(
                    draft=given.pop("draft"),
                    at=given.pop("at"),
                    by_version=given.pop("by_version", False),
                    must_be_signed=given.pop("require_signed"),
                    trust_root=given.pop("trust_root"),
                )
                return command(wish=wish, **given)

        wrapped: Any = with_wish
        for option in reversed([one for one in _BY_TEXT if by_version or one is not _BY_TEXT[2]]):
            wrapped = option(wrapped)
        found: Command = wrapped
        return found

    return wrap


def _agreement(contract: str | None, wish: Wish, as_of: str | None) -> Agreement:
    from slacli import judging
    from slacli.adapters import folder

    return judging.chosen(folder.find(contract), wish, as_of)


def _as_of(options: Options, text: str | None, contract: Contract) -> Options:
    from slacli import journeys

    return replace(options, as_of=journeys.moment(text, contract)) if text is not None else options


@click.command()
@click.argument("exports", metavar="[EXPORT]...", nargs=-1)
@click.option("--as-of", metavar="WHEN", help="The moment that is now: a day (its end) or 2027-03-02T06:00, in the "
              "contract's zone. Default: the latest time in the exports.")  # fmt: skip
@click.option("--judge", metavar="WHICH", default="latest", show_default=True,
              help="Which finished periods can fail: latest, all, or one such as 2027-02 or FY27-Q4.")  # fmt: skip
@click.option("--all", "demand_all", is_flag=True, help="Exit with 2 unless every duty could be checked.")
@_by_text()
@click.option("--by", metavar="FIELD", help="Show the figures of each duty by the values of a field of its record too. "
              "They are not judged.")  # fmt: skip
@click.option("--since", metavar="REPORT.json", help="Fail only for what an earlier report of `check --format json` "
              "does not have: new, still there or mended.")  # fmt: skip
@click.option("--rows", metavar="FILE", help="Write every judged row of every duty as CSV.")
@click.option("--rejects", metavar="FILE", help="Write every row that is not judged, and every cell that cannot be "
              "used, as CSV: where it is and why, without its values.")  # fmt: skip
@click.option("--list", "listed", metavar="DUTY",
              help="List all rows that missed a duty; with `--format csv`, as rows to load back.")  # fmt: skip
@click.option("--long", "long", is_flag=True, help="Show notes, digests and duties without cases too.")
@shared(("terminal", "json", "csv"))
def check(
    exports: tuple[str, ...],
    as_of: str | None,
    judge: str,
    demand_all: bool,
    wish: Wish,
    by: str | None,
    since: str | None,
    rows: str | None,
    rejects: str | None,
    listed: str | None,
    long: bool,
    contract: str | None,
    out: Output,
) -> int:
    """Judge exported CRM data by the contract.

    An export is a file (leads.csv), a file with its record or binding (lead=leads.csv), or - for standard input. Which
    binding reads it is told by its headers. Several exports are judged together. With --as-of and no export, only what
    needs none is judged: deliverables and reviews.
    """
    as_rows = out.format == "csv"
    if as_rows and listed is None:
        raise CannotRun("`--format csv` needs to know which rows", "name a duty with `--list`, or use `--rows FILE`")

    from slacli import journeys
    from slacli.core.verdict import Options

    watch = Watch(out)
    earlier = _earlier(since) if since is not None else None
    options = Options(judge=judge, demand_all=demand_all, listed=listed, by=by, logged=_is_logged())
    wanted = journeys.Wanted(
        rows=_written(rows, "--rows"),
        missed=partial(emit_rows, out=out) if as_rows else None,
        rejects=_written(rejects, "--rejects"),
    )
    agreement = _agreement(contract, wish, as_of)
    watch("contract")
    if since is not None and earlier is not None:
        from slacli.core.since import same_agreement

        same_agreement(earlier, agreement.contract.id, since)
    options = _as_of(options, as_of, agreement.contract)
    with watch:
        report = agreement.check(exports, options, sys.stdin.buffer, wanted, watch)
    if earlier is not None:
        from slacli.core.since import compared

        report = compared(report, earlier, FAIL_ON[out.fail_on])
    code = failing(report, out) if as_rows else deliver(report, out, long=long, listed=listed)
    watch("report")
    return code


def _is_logged() -> bool:
    """Tell whether what is printed stands in a log that others read."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def _earlier(file: str) -> Earlier:
    """Read the report that `--since` names; raises CannotRun where it is none."""
    from slacli.adapters import folder
    from slacli.core import since

    return since.read(folder.read_file(Path(file), since.LARGEST), file)


def _written(file: str | None, option: str) -> Write | None:
    """Give what writes rows to the file of an option."""
    if not file:
        return None
    from slacli.adapters import rowsfile

    return partial(rowsfile.write, Path(file), option=option)


@click.command()
@click.argument("key", metavar="KEY")
@click.argument("exports", metavar="[EXPORT]...", nargs=-1)
@click.option("--data", metavar="EXPORT", multiple=True, help="The exports to look at: `--data leads.csv tasks.csv`.")
@click.option("--record", metavar="RECORD", help="Which record is meant where rows of several have the key.")
@click.option("--as-of", metavar="WHEN", help="The moment that is now, as for `slacli check`.")
@_by_text()
@click.option("--values/--no-values", default=None,
              help="Show what stands in fields (never what is personal), or times and stages alone. Default: "
              "values, but not under CI=true, where `--values` is refused.")  # fmt: skip
@shared(findings=False)
def explain(
    key: str,
    exports: tuple[str, ...],
    data: tuple[str, ...],
    record: str | None,
    as_of: str | None,
    wish: Wish,
    values: bool | None,
    contract: str | None,
    out: Output,
) -> int:
    """Show the working of every verdict about one record, so that it can be followed by hand.

    Give the key of the record and the same exports as for `slacli check`: every criterion with what it looked at, and
    every clock with the hours that counted, the closed days by name, what ended it, and what did not count and why.
    """
    given = (*data, *exports)
    if not given:
        raise CannotRun("`slacli explain` needs exports to look at", "add them: `--data leads.csv tasks.csv`")
    logged = _is_logged()
    if logged and values:
        raise CannotRun("`--values` is refused under `CI=true`", "values of rows must not stand in logs: leave it out")

    from slacli.core.verdict import Options

    watch = Watch(out)
    agreement = _agreement(contract, wish, as_of)
    watch("contract")
    options = _as_of(Options(), as_of, agreement.contract)
    shown = not logged if values is None else values
    with watch:
        told = agreement.explain(key, given, options, record, sys.stdin.buffer, watch, values=shown)

    from slacli.adapters.render import explain as page

    emit(page.render(told, out.format, width=out.width, colour=out.colour), out)
    watch("report")
    return 0


@click.command()
@click.argument("metric")
@click.argument("exports", metavar="EXPORT...", nargs=-1, required=True)
@click.option("--period", metavar="PERIOD", help="The period that the figure is of, such as FY27-Q3. Default: the last "
              "finished one, of the kind that the goals on the metric have.")  # fmt: skip
@click.option("--as-of", metavar="WHEN", help="The moment that is now, as for `slacli check`.")
@_by_text(by_version=False)
@click.option("--write", is_flag=True, help="Write it into goals.yaml instead of printing it.")
@shared(findings=False)
def baseline(
    metric: str,
    exports: tuple[str, ...],
    period: str | None,
    as_of: str | None,
    wish: Wish,
    write: bool,
    contract: str | None,
    out: Output,
) -> int:
    """Compute what a metric was in a finished period, as the baseline of a goal.

    Printed is a line for goals.yaml: the period, the figure, how many rows it rests on, and the digest of the export
    that it was made of, so that anybody can make it again. With --write it goes into the goals on the metric whose
    baseline is `collect`, or into the only goal on it; every other character of the file stays as it was.

    What the metric means is said by the version in force today, over all days: a baseline is of the time before.
    """
    from slacli import journeys
    from slacli.adapters import folder

    place = folder.find(contract)
    judge = _agreement(contract, wish, as_of).loaded
    found = journeys.baseline(place, metric, exports, period, as_of, sys.stdin.buffer, judge=judge, write=write)
    emit(_baseline_json(found) if out.format == "json" else _baseline_text(found, str(place), out.width), out)
    return 0


def _baseline_text(found: Baseline, place: str, width: int) -> str:
    import textwrap

    from slacli.adapters.render.sheet import inert
    from slacli.core import figures
    from slacli.core.text import baselines

    one = found.outcome
    days = f" ({one.period.first} to {one.period.last})"
    remarks = [f"{found.title} in {one.period.title}{days}, of {wording.counted(one.rows, 'row')}."]
    if one.lower != one.upper:
        remarks.append(
            f"{wording.counted(one.unclear, 'row')} unclear, with which the figure is {figures.come_to(one)}."
        )
    if one.without:
        remarks.append(f"{wording.counted(one.without, 'row')} without a value left out.")
    if len(found.files) > 1:
        remarks.append(
            f"The digest is of the digests of {wording.listed(map(inert, found.files))}, sorted, each on a line."
        )
    mark = "" if found.written else "# "
    wide = min(max(width, 40), 100)
    lines = [
        line
        for remark in remarks
        for line in textwrap.wrap(inert(remark, 1000), wide, initial_indent=mark, subsequent_indent=mark)
    ]
    if found.written:
        goals = wording.quoted(found.written)
        lines = [
            f"wrote {found.holds['value']} of {found.holds['period']} into {goals} of {inert(place)}/goals.yaml",
            *lines,
        ]
    else:
        lines.append(f"baseline: {baselines.flow(found.holds)}")
    return "\n".join(lines) + "\n"


def _baseline_json(found: Baseline) -> str:
    import json

    one = found.outcome
    shown = {
        "format": "slacli-baseline/1",
        "metric": found.metric,
        "baseline": dict(found.holds),
        "exact": str(one.value),
        "unit": one.unit,
        "lower": str(one.lower) if one.lower is not None else None,
        "upper": str(one.upper) if one.upper is not None else None,
        "unclear": one.unclear,
        "without": one.without,
        "files": list(found.files),
        "written": list(found.written),
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)
