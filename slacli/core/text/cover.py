"""Parses the cover (`contract.yaml`) and `holidays.yaml`: parties, people, sign-off, lists, calendars, reviews."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from slacli.core import criteria, wording, zones
from slacli.core.nodes import Node, Reader, circles, day, duration, nth_day, number, was
from slacli.findings import Problem, Rule, Severity, reported
from slacli.model import (
    Calendar,
    Choice,
    Contract,
    Exceptional,
    FiscalYear,
    Party,
    People,
    Review,
    Signer,
    Window,
)

MONTHS = "january february march april may june july august september october november december".split()
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

UNKNOWN_ZONE = reported(
    Severity.ERROR,
    "unknown-zone",
    """A time zone is not in the zone database.

    Why: without the zone nobody can say when a local time was.
    Bad:
        time_zone: America/NewYork
    Good:
        time_zone: America/New_York
    """,
)
WRONG_ORDER = reported(
    Severity.ERROR,
    "wrong-order",
    """Something ends before it begins: an agreement, a calendar, a window, a range of values.

    Why: nothing lies inside it, so nothing could ever be judged by it.
    Bad:
        effective: 2027-01-01
        expires: 2026-01-01
    Good:
        effective: 2027-01-01
        expires: 2027-12-31
    """,
)
OVERLAPPING_HOURS = reported(
    Severity.ERROR,
    "overlapping-hours",
    """A weekday or a window of a calendar is given twice.

    Why: two readers could open the same hour twice, or not know which hours hold.
    Bad:
        calendars: {office: {hours: {mon-fri: "09:00-17:00", wed: "09:00-12:00"}}}
    Good:
        calendars: {office: {hours: {mon-fri: "09:00-17:00", sat: "09:00-17:00"}}}
    """,
)
CIRCULAR_PARTIES = reported(
    Severity.ERROR,
    "circular-parties",
    """A party is part of itself, by way of others.

    Why: a team must belong to one department in the end.
    Bad:
        parties: {sales: {part_of: team}, team: {title: Team, part_of: sales}}
    Good:
        parties: {team: {title: Team, part_of: sales}}
    """,
)
RULES: tuple[Rule[None], ...] = (UNKNOWN_ZONE, WRONG_ORDER, OVERLAPPING_HOURS, CIRCULAR_PARTIES)


def known_zone(node: Node | None, reader: Reader) -> str:
    """Give the zone that a node names, or report that it is not one and give UTC in its place."""
    if node is None:
        return "UTC"
    name = str(node.data)
    if zones.zone(name) is not None:
        return name
    near = wording.nearest(name, zones.names())
    reader.report(
        UNKNOWN_ZONE,
        Problem(
            at=node.at,
            message=f"`{name}` is not a time zone of the zone database",
            label="not a zone",
            help=f"did you mean `{near}`?" if near else "write an IANA zone such as `Europe/London`",
        ),
    )
    return "UTC"


def contract(node: Node, reader: Reader) -> Contract:
    """Read the facts of the cover itself; its sections are parsed one by one."""
    fiscal = node.get("fiscal_year")
    effective = day(node.text("effective", "2000-01-01"))
    expires = day(node.text("expires")) if "expires" in node else None
    if expires is not None and expires < effective:
        reader.report(
            WRONG_ORDER,
            Problem(
                at=node["expires"].at,
                message=f"the agreement expires on {expires}, before it takes effect on {effective}",
                label=f"before {effective}",
                help="move `expires` behind `effective`, or leave it out",
            ),
        )
    parts: Any = "skipped" if node.text("part_periods") == "skipped" else "prorated"
    return Contract(
        id=node.text("id"),
        project=node.text("project"),
        title=node.text("title"),
        version=int(node.data.get("version", 1)),
        effective=effective,
        expires=expires,
        amendment=node.text("amendment"),
        time_zone=known_zone(node.get("time_zone"), reader),
        currency=node.text("currency"),
        at=node.at,
        fiscal_year=FiscalYear(
            MONTHS.index(fiscal.text("starts", "january")) + 1, fiscal.text("named_for") == "its_end"
        )
        if fiscal
        else FiscalYear(),
        calendar=reader.refer("calendar", node.get("calendar")),
        rates={code: number(rate.data) for code, rate in (node.get("rates") or Node({}, node.at)).items()},
        part_periods=parts,
        final_after=duration(node.text("final_after")) if "final_after" in node else None,
        parties=parties(node.get("parties"), node.get("people"), reader),
        people=people(node.get("people"), reader),
        sign_off=sign_off(node.get("sign_off"), reader),
        lists=reader.lists,
        reviews=reviews(node.get("reviews"), reader),
        incentives=incentives(node.get("incentives"), reader),
    )


def parties(node: Node | None, people_node: Node | None, reader: Reader) -> Mapping[str, Party]:
    found: dict[str, Party] = {}
    record = people_node.text("record") if people_node else None
    for name, item in node.items() if node else ():
        kind: Any = item.text("kind", "department")
        found[name] = Party(
            id=name,
            title=item.text("title", name),
            at=item.at,
            part_of=reader.refer("party", item.get("part_of")),
            kind=kind,
            mandate=item.text("mandate"),
            qualification=item.text("qualification"),
            members=reader.test(item.get("members"), record),
            was=was(item),
        )
    for name, via in circles({name: [party.part_of] if party.part_of else [] for name, party in found.items()}):
        reader.report(
            CIRCULAR_PARTIES,
            Problem(
                at=found[name].at / "part_of",
                message=f"`{name}` is part of itself" + (f", by way of {wording.quoted(via)}" if via else ""),
                label="leads back here",
                help="let one of them stand alone, without `part_of`",
            ),
        )
        found[name] = replace(found[name], part_of=None)
    return found


def people(node: Node | None, reader: Reader) -> People | None:
    if node is None:
        return None
    record = reader.refer("record", node["record"])
    key = reader.field(record, node["key"])
    active = reader.field(record, node.get("active"), "yes_no")
    return People(record, key, active, node.at) if record and key else None


def sign_off(node: Node | None, reader: Reader) -> Mapping[str, Signer]:
    return {
        name: Signer(
            id=name,
            title=item.text("title", name),
            at=item.at,
            party=reader.refer("party", item.get("for")),
            steward=bool(item.data.get("steward", False)),
            was=was(item),
        )
        for name, item in (node.items() if node else ())
    }


def reviews(node: Node | None, reader: Reader) -> Mapping[str, Review]:
    found = {}
    for name, item in node.items() if node else ():
        named = [reader.refer("party", party) for party in item.list("parties")]
        found[name] = Review(
            id=name,
            kind=item.data["kind"],
            parties=tuple(party for party in named if party is not None),
            every=item.data["every"],
            by=nth_day(item.text("by")) if "by" in item else None,
            at=item.at,
            was=was(item),
        )
    return found


def incentives(node: Node | None, reader: Reader) -> Mapping[str, tuple[str, ...]]:
    found = {}
    for name, item in node.items() if node else ():
        if reader.refer("party", item, key=True) is None:
            continue
        metrics = (reader.refer("metric", item[i]) for i in range(len(item.data)))
        found[name] = tuple(metric for metric in metrics if metric is not None)
    return found


# --- calendars --------------------------------------------------------------------------------


def calendars(
    node: Node | None, holidays: Node | None, reader: Reader, fields: frozenset[str]
) -> Mapping[str, Calendar | Choice]:
    """Read calendars and choices between them; `fields` are all field names, of which a choice may name one."""
    found: dict[str, Calendar | Choice] = {}
    for name, item in node.items() if node else ():
        if "choose" in item:
            found[name] = _choice(name, item, reader, fields)
            continue
        days = holidays[name] if holidays is not None and name in holidays else None
        found[name] = _calendar(name, item, days, reader)
    for name, item in holidays.items() if holidays else ():
        if reader.refer("calendar", item, key=True) is not None and isinstance(found.get(name), Choice):
            reader.report(
                WRONG_ORDER,
                Problem(
                    at=item.at,
                    key=True,
                    message=f"`{name}` chooses between calendars and has no days of its own",
                    label="a choice",
                    help="give the holidays of the calendars that it chooses from",
                ),
            )
    return found


def _choice(name: str, item: Node, reader: Reader, fields: frozenset[str]) -> Choice:
    chosen = str(item.data["choose"])
    if chosen not in fields:
        near = wording.nearest(chosen, fields)
        reader.report(
            criteria.UNDEFINED_FIELD,
            Problem(
                at=item["choose"].at,
                message=f"`{name}` chooses by the field `{chosen}`, which no record has",
                label="no such field",
                help=f"did you mean `{near}`?" if near else "name a field of a record",
            ),
        )
    cases = {
        value: calendar
        for value, case in item["cases"].items()
        if (calendar := reader.refer("calendar", case)) is not None
    }
    return Choice(name, chosen, cases, reader.refer("calendar", item.get("otherwise")) or "", item.at, was(item))


def _calendar(name: str, item: Node, days: Node | None, reader: Reader) -> Calendar:
    first, last = (day(part) for part in item.text("covers").split(".."))
    if last < first:
        reader.report(
            WRONG_ORDER,
            Problem(
                at=item["covers"].at,
                message=f"`{name}` covers nothing: {last} lies before {first}",
                label="ends before it begins",
                help="write the earlier day first",
            ),
        )
    windows: list[Window] = []
    given: set[int] = set()
    for key, text in item["hours"].items():
        weekdays = _weekdays(key)
        if given & set(weekdays):
            twice = DAYS[min(given & set(weekdays))]
            _overlap(reader, text, f"`{name}` gives the hours of `{twice}` twice", key=True)
        given |= set(weekdays)
        pairs = _windows(text, reader, name)
        windows += [Window(weekday, *pair) for weekday in weekdays for pair in pairs]
    business_day = None
    if "business_day" in item:
        length = duration(item.text("business_day"))
        business_day = length.amount * {"minutes": 60, "hours": 3600, "days": 86_400}[length.unit]
    return Calendar(
        id=name,
        time_zone=known_zone(item.get("time_zone"), reader),
        windows=tuple(windows),
        first=first,
        last=last,
        at=item.at,
        business_day=business_day,
        exceptions=_exceptions(days, reader, name),
        was=was(item),
    )


def _weekdays(key: str) -> tuple[int, ...]:
    first, _, last = key.partition("-")
    start, stop = DAYS.index(first), DAYS.index(last or first)
    return tuple(range(start, stop + 1)) if start <= stop else (*range(start, 7), *range(stop + 1))


def _windows(node: Node, reader: Reader, name: str) -> tuple[tuple[int, int], ...]:
    """Read `09:00-12:00, 13:00-17:00` as minutes after midnight; a window past midnight closes beyond 1440."""
    found: list[tuple[int, int]] = []
    for text in re.split(r", *", str(node.data)):
        opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
        if closes <= opens:
            closes += 1440
        if found and opens < found[-1][1]:
            _overlap(reader, node, f"the windows of `{name}` overlap or are not in order: `{text}`")
        found.append((opens, closes))
    return tuple(found)


def _overlap(reader: Reader, node: Node, message: str, *, key: bool = False) -> None:
    reader.report(
        OVERLAPPING_HOURS,
        Problem(at=node.at, key=key, message=message, label="given before", help="give each open hour once"),
    )


def _exceptions(node: Node | None, reader: Reader, name: str) -> tuple[Exceptional, ...]:
    if node is None:
        return ()
    found: dict[date, Exceptional] = {}
    for text, item in (node.get("closed") or Node({}, node.at)).items():
        found[day(text)] = Exceptional(day(text), (), str(item.data))
    for text, item in (node.get("open") or Node({}, node.at)).items():
        when = day(text)
        if when in found:
            _overlap(reader, item, f"`{name}` closes {when} and opens it too", key=True)
        found[when] = Exceptional(when, _windows(item, reader, name), "other hours")
    return tuple(found[when] for when in sorted(found))
