"""How instants, amounts of time and values are written in a working, so that they can be followed by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from slacli.core import wording, zones
from slacli.core.calendars import day_starts, local_day
from slacli.core.criteria import Moment as Stamp
from slacli.core.criteria import State, Value
from slacli.core.explain.working import Seen
from slacli.core.runs import Moment


def instant(second: int, zone: str, *, seconds: bool = False, year: bool = True) -> str:
    """Write an instant as the clock on the wall shows it: `Fri 5 Mar 2027 16:40`."""
    there = datetime.fromtimestamp(second, UTC).astimezone(zones.zone(zone))
    shown = f"{there:%H:%M:%S}" if seconds or there.second else f"{there:%H:%M}"
    return f"{day(there.date(), year=year)} {shown}"


def day(one: date, *, year: bool = True) -> str:
    return f"{one:%a} {one.day} {one:%b}" + (f" {one.year}" if year else "")


def clock(second: int, zone: str) -> str:
    """Write the time of day of an instant, with seconds only where there are some."""
    there = datetime.fromtimestamp(second, UTC).astimezone(zones.zone(zone))
    return f"{there:%H:%M:%S}" if there.second else f"{there:%H:%M}"


def moment(at: Moment | Stamp, zone: str) -> str:
    """Write a time as precisely as it is known: to the second, to the minute, or the day alone."""
    if at.low == at.high:
        return instant(at.low, zone, seconds=True)
    first = local_day(at.low, zone)
    if at.high - at.low == zones.DAY - 1 or (at.low == day_starts(first, zone) and at.high - at.low > _HALF_DAY):
        return day(first)
    if at.high - at.low < 60:
        return instant(at.low, zone)
    return f"{instant(at.low, zone)} (that time came twice)"


_HALF_DAY = zones.DAY // 2


def amount(seconds: int) -> str:
    """Write seconds as hours and minutes, with seconds only where there are some: `2:40`, `0:00:30`."""
    minutes, rest = divmod(seconds, 60)
    shown = f"{minutes // 60:,}:{minutes % 60:02}"
    return f"{shown}:{rest:02}" if rest else shown


def dates(count: int) -> str:
    return wording.counted(count, "day")


def place(zone: str) -> str:
    """Give the city of a zone, as people call it: `New York`."""
    return zone.rpartition("/")[2].replace("_", " ")


def value(one: Value, zone: str) -> tuple[str, str]:
    """Give the text of a value, or nothing and why there is none."""
    match one:
        case State():
            return "", one.value
        case Stamp():
            return moment(one, zone), ""
        case bool():
            return ("yes" if one else "no"), ""
        case Decimal():
            return _number(one), ""
        case tuple():
            return "; ".join(one), ""
        case date():
            return day(one), ""
        case str():
            return one, ""


def seen(one: Seen) -> str:
    """Write what a row holds in a field; what is masked says so."""
    return one.text or one.state or f"({one.masked})"


def _number(one: Decimal) -> str:
    whole = one == one.to_integral_value()
    return wording.number(int(one)) if whole else wording.number(one.normalize())
