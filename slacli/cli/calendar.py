"""The command about holidays: proposes those of a country for the review of the steward."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import click

from slacli.cli.options import Output, emit, shared

if TYPE_CHECKING:
    from slacli.adapters.countries import Country
    from slacli.core.text.additions import Proposal
    from slacli.model import Calendar

_MOST_PARTS = 16


@click.command()
@click.argument("country")
@click.argument("years")
@click.option("--for", "name", metavar="CALENDAR", help="The calendar that gets the days. Default: the only one in a "
              "time zone of the country.")  # fmt: skip
@click.option("--subdivision", "part", metavar="PART", help="A state or region whose holidays count too, such as CA.")
@click.option("--write", is_flag=True, help="Add the missing days to holidays.yaml instead of printing them.")
@shared(findings=False)
def calendar(
    country: str, years: str, name: str | None, part: str | None, write: bool, contract: str | None, out: Output
) -> int:
    """Propose the public holidays of a country for a calendar of the contract.

    COUNTRY is a code or a name (US, Germany), YEARS a year or a stretch of them (2027, 2026..2028). Only days that are
    missing and would change when the calendar is open are proposed; nothing is ever removed. The days come from the
    package `holidays`, without any network. It is never asked when data is judged: only the days in holidays.yaml
    count, so look them through before they are signed.
    """
    from slacli import journeys
    from slacli.adapters import folder

    place = folder.find(contract)
    there, code, asked, found, proposal = journeys.propose_holidays(place, country, years, name, part, write=write)
    is_written = write and bool(proposal.days)
    if out.format == "json":
        emit(_as_json(there, code, asked, proposal, is_written), out)
        return 0
    width = min(max(out.width, 40), 100)
    remarks = _remarks(there, code, asked, found, proposal)
    if is_written:
        emit(_as_written(f"{place}/holidays.yaml", proposal, remarks, width), out)
    else:
        emit(_as_text(proposal, remarks, width), out)
    return 0


def _remarks(
    country: Country, code: str | None, asked: tuple[int, int], found: Calendar, proposal: Proposal
) -> list[str]:
    """Say where the days come from, and which were left out and why."""
    from slacli.adapters import countries
    from slacli.core import wording

    first, last = asked
    where = f"{country.title}, {code}" if code else country.title
    when = f"{first} to {last}" if first < last else f"{first}"
    source = f"Public holidays of {where}, {when}, by the package `{countries.PACKAGE}` {countries.release()}."
    use = "It is never asked when data is judged: look them through, and take out the days on which you work."
    remarks = [f"{source} {use}"]
    if country.subdivisions and code is None:
        shown, more = country.subdivisions[:_MOST_PARTS], len(country.subdivisions) - _MOST_PARTS
        parts = f"{', '.join(shown)} and {more} more" if more > 0 else wording.listed(shown, "or")
        remarks.append(f"Parts of the country may have more: `--subdivision` {parts}.")
    if proposal.outside:
        none = [str(year) for year in range(first, last + 1) if not found.first.year <= year <= found.last.year]
        nothing = f", and nothing of {wording.listed(none)}" if none else ""
        remarks.append(
            f"Left out: {wording.counted(len(proposal.outside), 'day')} that `{found.id}` does not cover (it covers "
            f"{found.first} to {found.last}{nothing})."
        )
    if proposal.closed:
        days = wording.counted(len(proposal.closed), "day")
        remarks.append(f"Left out: {days} on which `{found.id}` is closed every week.")
    if proposal.known:
        days = wording.counted(len(proposal.known), "day")
        remarks.append(f"Left out: {days} that `{found.id}` has in holidays.yaml already.")
    return remarks


def _as_text(proposal: Proposal, remarks: list[str], width: int) -> str:
    from slacli.core.text import additions

    lines = _wrapped(remarks, width, "# ")
    if not proposal.days:
        return "\n".join([*lines, f"# Nothing to add to `{proposal.calendar}`."]) + "\n"
    return "\n".join(lines) + "\n" + additions.block(proposal)


def _as_written(place: str, proposal: Proposal, remarks: list[str], width: int) -> str:
    from slacli.adapters.render.sheet import inert
    from slacli.core import wording

    days = wording.counted(len(proposal.days), "closed day")
    lines = [f"added {days} to `{proposal.calendar}` in {inert(place)}"]
    lines += [f"  {day:%a} {day}  {name}" for day, name in proposal.days.items()]
    return "\n".join([*lines, *_wrapped(remarks, width, "")]) + "\n"


def _wrapped(remarks: list[str], width: int, mark: str) -> list[str]:
    return [
        line
        for remark in remarks
        for line in textwrap.wrap(remark, width, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False)
    ]


def _as_json(country: Country, code: str | None, asked: tuple[int, int], proposal: Proposal, is_written: bool) -> str:
    from slacli.adapters import countries

    shown = {
        "format": "slacli-calendar/1",
        "calendar": proposal.calendar,
        "country": country.code,
        "subdivision": code,
        "years": {"from": asked[0], "to": asked[1]},
        "package": {"name": countries.PACKAGE, "version": countries.release()},
        "days": [{"day": str(day), "name": name} for day, name in proposal.days.items()],
        "left_out": {
            "closed": [str(day) for day in proposal.closed],
            "outside": [str(day) for day in proposal.outside],
            "known": [str(day) for day in proposal.known],
        },
        "written": is_written,
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)
