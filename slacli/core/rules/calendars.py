"""Rules about calendars: that one is there where business time runs, speaks for all the days, and has equal days.

It knows how much open time a duration is, and on which day that much has passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from slacli.core import calendars, wording
from slacli.core.criteria import composed, lowered
from slacli.core.duties.provide import Provide
from slacli.core.rules import reach
from slacli.findings import Problem, Related, Rule, Severity, rule
from slacli.model import Calendar, Choice, Contract, Duration, NthDay, Responsibility
from slacli.places import Address

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_FARTHEST = 20_000

# --- where a calendar is needed ---------------------------------------------------------------


@rule(Severity.ERROR)
def business_time_without_calendar(contract: Contract) -> Iterator[Problem]:
    """Business hours or business days are counted, and no calendar says which they are.

    Why: four business hours end at one time in New York and at another in London. A clock names its own calendar; the
    one on the cover counts business days for `final_after`, reviews and deliverables.
    Bad:
        responsibilities: {first_touch: {clock: {calendar: null}}}
    Good:
        responsibilities: {first_touch: {clock: {calendar: office}}}
    """
    for owed in contract.responsibilities.values():
        if isinstance(owed.duty, reach.Timed) and owed.duty.calendar is None:
            for within, at in reach.times_of(owed):
                if within.clock == "business":
                    yield Problem(
                        at=at,
                        message=f"`{owed.id}` gives {within}, and names no calendar that counts them",
                        label="by which calendar?",
                        help=f"add `calendar:` to its `{owed.duty.kind}`",
                    )
                    break
    counting = _on_the_cover(contract) if contract.calendar is None else []
    if counting:
        (what, at), *others = counting
        yield Problem(
            at=at,
            message=f"{what} counts business days, and the cover names no calendar",
            label="by which calendar?",
            help="add `calendar:` to `contract.yaml`",
            related=tuple(Related(where, "counts them too") for _, where in others[:2]),
            subject="calendar",
        )


def _on_the_cover(contract: Contract) -> list[tuple[str, Address]]:
    """Give what counts business days by the calendar of the cover."""
    counting: list[tuple[str, Duration | NthDay | None, Address]] = [
        ("`final_after`", contract.final_after, contract.at / "final_after")
    ]
    counting += [(f"the review `{one.id}`", one.by, one.at / "by") for one in contract.reviews.values()]
    for owed in contract.responsibilities.values():
        if isinstance(owed.duty, Provide):
            counting.append((f"`{owed.id}`", owed.duty.by, owed.at / "provide" / "by"))
    return [(what, at) for what, time, at in counting if time is not None and time.clock == "business"]


@rule(Severity.ERROR)
def choice_for_a_calendar(contract: Contract) -> Iterator[Problem]:
    """A choice between calendars stands where one calendar is needed: inside another choice, or on the cover.

    Why: a choice is made by a field of a row; a choice of choices could turn in a circle, and the cover has no row.
    Bad:
        calendar: local
        calendars: {local: {choose: region, cases: {AMER: office}, otherwise: office}}
    Good:
        calendar: office
        calendars: {local: {choose: region, cases: {AMER: office}, otherwise: office}}
        responsibilities: {first_touch: {clock: {calendar: local}}}
    """
    choices = {name for name, one in contract.calendars.items() if isinstance(one, Choice)}
    named = [("the cover", contract.calendar or "", contract.at / "calendar")]
    for choice in contract.calendars.values():
        if isinstance(choice, Choice):
            named += [(f"`{choice.id}`", one, choice.at / "cases" / value) for value, one in choice.cases.items()]
            named.append((f"`{choice.id}`", choice.otherwise, choice.at / "otherwise"))
    for what, name, at in named:
        if name in choices:
            yield Problem(
                at=at,
                message=f"{what} needs a calendar of its own hours, and `{name}` is a choice between calendars",
                label="a choice",
                help="name a calendar with `hours`",
                related=(Related(contract.calendars[name].at, "chooses here", key=True),),
            )


@rule(Severity.ERROR)
def choice_without_field(contract: Contract) -> Iterator[Problem]:
    """A duty is timed by a choice between calendars on a field that its rows do not have.

    Why: every row would be timed by the calendar for the rest, whatever the choice says.
    Bad:
        calendars: {local: {choose: stage, cases: {Closed Won: office}, otherwise: office}}
        responsibilities: {first_touch: {clock: {calendar: local}}}
    Good:
        calendars: {local: {choose: region, cases: {AMER: office}, otherwise: office}}
        responsibilities: {first_touch: {clock: {calendar: local}}}
    """
    for owed, name in _timed(contract):
        choice = contract.calendars.get(name)
        if (
            isinstance(choice, Choice)
            and owed.covers
            and choice.field not in contract.records[owed.covers.record].fields
        ):
            yield Problem(
                at=owed.at / owed.duty.kind / "calendar",
                message=f"`{owed.id}` is timed by `{name}`, which chooses by `{choice.field}`, a field that "
                f"`{owed.covers.record}` does not have",
                label=f"chooses by `{choice.field}`",
                help=f"name another calendar, or add `{choice.field}` to `{owed.covers.record}`",
                related=(Related(choice.at / "choose", "chooses here"),),
            )


@rule(Severity.ERROR)
def case_never_chosen(contract: Contract) -> Iterator[Problem]:
    """A choice between calendars has a case for a value that its field does not list.

    Why: no row will ever have that value, so the rows that were meant are timed by the calendar for the rest.
    Bad:
        calendars: {local: {choose: region, cases: {APAC: office}, otherwise: office}}
        responsibilities: {first_touch: {clock: {calendar: local}}}
    Good:
        calendars: {local: {choose: region, cases: {EMEA: office}, otherwise: office}}
        responsibilities: {first_touch: {clock: {calendar: local}}}
    """
    for choice in contract.calendars.values():
        if not isinstance(choice, Choice):
            continue
        fields = [record.fields[choice.field] for record in contract.records.values() if choice.field in record.fields]
        if not all(field.one_of for field in fields):
            continue
        listed = tuple(dict.fromkeys(value for field in fields for value in field.one_of))
        fold = any(field.ignore_case for field in fields)
        forms = {lowered(composed(value)) if fold else composed(value) for value in listed}
        for value in choice.cases:
            if (lowered(composed(value)) if fold else composed(value)) not in forms:
                near = wording.nearest(value, listed)
                yield Problem(
                    at=choice.at / "cases" / value,
                    key=True,
                    message=f"`{choice.id}` has a case for `{value}`, which `{choice.field}` does not list",
                    label="not listed",
                    help=f"did you mean `{near}`?" if near else f"`{choice.field}` lists {wording.quoted(listed)}",
                )


@rule(Severity.NOTE)
def unused_calendar(contract: Contract) -> Iterator[Problem]:
    """A calendar times nothing: no duty and no choice names it, nor does the cover.

    Why: most often a clock that it was written for names another one.
    Bad:
        calendars: {night: {time_zone: UTC, hours: {mon-fri: "22:00-06:00"}, covers: 2026-11-01..2028-12-31}}
    Good:
        calendars: {night: {time_zone: UTC, hours: {mon-fri: "22:00-06:00"}, covers: 2026-11-01..2028-12-31}}
        responsibilities: {first_touch: {clock: {calendar: night}}}
    """
    used = {contract.calendar, *(name for _, name in _timed(contract))}
    for choice in contract.calendars.values():
        if isinstance(choice, Choice):
            used |= {choice.otherwise, *choice.cases.values()}
    for calendar in contract.calendars.values():
        if calendar.id not in used:
            yield Problem(
                at=calendar.at,
                key=True,
                message=f"no clock runs by the calendar `{calendar.id}`",
                label="times nothing",
                help="name it in the duty that it is for, or remove it",
            )


def _timed(contract: Contract) -> Iterator[tuple[Responsibility, str]]:
    """Give the duties that name a calendar, with its name."""
    for owed in contract.responsibilities.values():
        if isinstance(owed.duty, reach.Timed) and owed.duty.calendar is not None:
            yield owed, owed.duty.calendar


# --- which days -------------------------------------------------------------------------------


@rule(Severity.WARNING)
def calendar_too_short(contract: Contract) -> Iterator[Problem]:
    """A calendar begins after the agreement does, or ends before the longest clock that it times must have run out.

    Why: a clock outside the days of its calendar is unclear, never a guess: what happens then is not judged.
    Bad:
        calendars: {office: {covers: 2026-11-01..2027-12-31}}
    Good:
        calendars: {office: {covers: 2026-11-01..2028-01-31}}
    """
    for calendar, (owner, longest) in _longest(contract).items():
        found = contract.calendars[calendar]
        if not isinstance(found, Calendar):
            continue
        at = found.at / "covers"
        if found.first > contract.effective:
            yield Problem(
                at=at,
                message=f"`{calendar}` begins on {found.first}, but the agreement takes effect on {contract.effective}",
                label="begins too late",
                help=f"let it cover the days from {contract.effective} on",
                subject=f"{calendar}/first",
            )
        last = _run_out(found, contract.expires, longest) if contract.expires is not None else found.last
        if found.last < last:
            yield Problem(
                at=at,
                message=f"`{calendar}` covers no day after {found.last}, but {longest} of {owner} from the agreement's "
                f"last day run until {last}",
                label="ends too early",
                help=f"let it cover the days until {last}",
                subject=f"{calendar}/last",
            )


def _longest(contract: Contract) -> Mapping[str, tuple[str, Duration]]:
    """Give for each calendar the longest business time that it has to count, and what asks for it."""
    asked: list[tuple[str, str, Duration]] = []
    for owed, name in _timed(contract):
        choice = contract.calendars.get(name)
        names = {*choice.cases.values(), choice.otherwise} if isinstance(choice, Choice) else {name}
        asked += [(one, f"`{owed.id}`", within) for one in sorted(names) for within, _ in reach.times_of(owed)]
    if contract.calendar is not None and contract.final_after is not None:
        asked.append((contract.calendar, "`final_after`", contract.final_after))
    found: dict[str, tuple[str, Duration]] = {}
    for name, owner, within in asked:
        calendar = contract.calendars.get(name)
        if within.clock != "business" or not isinstance(calendar, Calendar):
            continue
        if name not in found or _open_minutes(calendar, within) > _open_minutes(calendar, found[name][1]):
            found[name] = (owner, within)
    return found


def _open_minutes(calendar: Calendar, within: Duration) -> int:
    """Give how many minutes of open time a duration is."""
    if within.unit == "days":
        day = calendar.business_day // 60 if calendar.business_day else max(calendars.week_of(calendar).values())
        return within.amount * day
    return within.amount * (60 if within.unit == "hours" else 1)


def _run_out(calendar: Calendar, last: date, within: Duration) -> date:
    """Give the day on which business time has passed that begins when `last` ends; days not covered are usual ones."""
    usual = calendars.week_of(calendar)
    other = {one.day: sum(closes - opens for opens, closes in one.windows) for one in calendar.exceptions}
    left = _open_minutes(calendar, within)
    day = last
    for _ in range(_FARTHEST):
        if left <= 0 or day == date.max:
            break
        day += _DAY
        left -= other.get(day, usual.get(day.weekday(), 0))
    return day


@rule(Severity.WARNING)
def holiday_outside_calendar(contract: Contract) -> Iterator[Problem]:
    """A holiday lies on a day that its calendar does not cover.

    Why: it changes nothing; either the day or the cover is wrong.
    Bad:
        holidays: {office: {closed: {2029-12-25: Christmas Day}}}
    Good:
        holidays: {office: {closed: {2028-12-25: Christmas Day}}}
    """
    for calendar, day, at in _exceptions(contract):
        if not calendar.first <= day <= calendar.last:
            yield Problem(
                at=at,
                key=True,
                message=f"`{calendar.id}` covers the days from {calendar.first} to {calendar.last}, and not {day}",
                label="not covered",
                help="correct the day, or let the calendar cover it",
                related=(Related(calendar.at / "covers", "covers these days"),),
            )


@rule(Severity.NOTE)
def holiday_on_closed_day(contract: Contract) -> Iterator[Problem]:
    """A day is closed that is closed every week.

    Why: it changes nothing; often the day on which the holiday is observed is another one.
    Bad:
        holidays: {office: {closed: {2027-12-25: Christmas Day}}}
    Good:
        holidays: {office: {closed: {2027-12-24: "Christmas Day, observed"}}}
    """
    for calendar, day, at in _exceptions(contract):
        if at.pointer[-2] == "closed" and not calendars.usually_open(calendar, day):
            yield Problem(
                at=at,
                key=True,
                message=f"`{calendar.id}` is closed on every {day:%A}, so {day} needs no holiday",
                label=f"a {day:%A}",
                help="remove it, or move it to the day on which it is observed",
            )


def _exceptions(contract: Contract) -> Iterator[tuple[Calendar, date, Address]]:
    for calendar in contract.calendars.values():
        if isinstance(calendar, Calendar):
            for one in calendar.exceptions:
                section = "open" if one.windows else "closed"
                yield calendar, one.day, Address("holidays.yaml", (calendar.id, section, one.day.isoformat()))


@rule(Severity.ERROR)
def unlike_business_days(contract: Contract) -> Iterator[Problem]:
    """The open days of a calendar are not equally long, and nothing says what one business day is.

    Why: two business days would end at one time for the side that thinks of Mondays, and at another for the
    one that thinks of Fridays.
    Bad:
        calendars: {office: {hours: {sat: "09:00-12:00"}}}
    Good:
        calendars: {office: {hours: {sat: "09:00-12:00"}, business_day: 8 hours}}
    """
    for calendar in contract.calendars.values():
        if not isinstance(calendar, Calendar) or calendar.business_day is not None:
            continue
        lengths = calendars.week_of(calendar)
        first = min(lengths)
        other = next((weekday for weekday in sorted(lengths) if lengths[weekday] != lengths[first]), None)
        if other is not None:
            yield Problem(
                at=calendar.at / "hours",
                key=True,
                message=f"the open days of `{calendar.id}` are not equally long: {_length(lengths[first])} on "
                f"`{_DAYS[first]}`, {_length(lengths[other])} on `{_DAYS[other]}`",
                label="not equally long",
                help="add `business_day:`, such as `business_day: 8 hours`",
            )


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [wording.counted(hours, "hour")] if hours else []
    return " ".join([*parts, wording.counted(rest, "minute")] if rest else parts)


RULES: tuple[Rule[Contract], ...] = (
    business_time_without_calendar,
    choice_for_a_calendar,
    choice_without_field,
    case_never_chosen,
    unused_calendar,
    calendar_too_short,
    holiday_outside_calendar,
    holiday_on_closed_day,
    unlike_business_days,
)
