"""Calendars as open time in UTC: how much of it lies between two instants, and when a promised amount has passed.

It knows what a clock change does to opening hours. A window is open from the first moment at which the clock on the
wall shows a time in it to the last one: where an hour happens twice, it opens at the earlier reading and closes at the
later one; where an hour is skipped, an edge inside lies at the jump. So a night from 22:00 to 06:00 has seven hours in
spring and nine in autumn. A local day begins with its first moment and ends where the next one begins.

An exception takes away its date and nothing else (policy P2): no usual hour of that date is open, nor what a shift of
the evening before has of it, while a usual shift of that evening goes on after midnight; then its own windows are
added. Exceptions outside the days that are covered change nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from math import gcd
from typing import Literal

from slacli.core import zones
from slacli.model import Calendar, Contract, Duration
from slacli.values import dataclass

_DAY = timedelta(days=1)
_FIRST, _LAST = date(zones.FIRST_YEAR, 1, 1), date(zones.LAST_YEAR, 12, 31)
_MINUTES = 24 * 60
_SECONDS: Mapping[str, int] = {"minutes": 60, "hours": 3600, "days": zones.DAY}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch that was open and counted; `name` is that of the exception on whose date it opens, if any."""

    opens: int
    closes: int
    name: str = ""

    @property
    def seconds(self) -> int:
        return self.closes - self.opens


@dataclass(frozen=True, slots=True)
class Closed:
    """A local day without any open time: the name of its exception, or `closed` where the week has no hours for it."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Slots:
    """Open time as a table for engines: slots of `step` seconds from `first` on, each wholly open or wholly closed.

    `values[i]` is twice the open seconds before slot `i`, plus 1 where the slot is open. So the position of an
    instant is `values[(instant - first) // step] >> 1`, plus `(instant - first) % step` where the last bit is set.
    """

    step: int
    first: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpenTime:
    """The open time of a calendar over the local days that it covers, in seconds of UTC.

    `first` is the first second that is covered and `after` the first one that is not any more. The intervals
    `opens[i]` to `closes[i]` are half open, in order, and do not touch; `before[i]` are the open seconds before each.
    `days` are the local days on which hours begin, `exceptions` the names of those that differ. `business_day` is
    None where it is not declared and the days of the week are not equally long.
    """

    id: str
    zone: str
    first: int
    after: int
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    before: tuple[int, ...]
    business_day: int | None
    days: tuple[date, ...]
    exceptions: tuple[tuple[date, str], ...]

    def covers(self, instant: int) -> bool:
        """Say whether the calendar speaks for an instant; the midnight that ends its last day is the last one."""
        return self.first <= instant <= self.after

    def position(self, instant: int) -> int | None:
        """Give the open seconds from the first covered day up to an instant, or None where it is not covered."""
        if not self.covers(instant):
            return None
        at = bisect_right(self.opens, instant) - 1
        return self.before[at] + min(instant, self.closes[at]) - self.opens[at] if at >= 0 else 0

    def between(self, start: int, stop: int) -> int | None:
        """Give the open seconds from `start` to `stop`, none where it is not later; None where one is not covered."""
        begun, ended = self.position(start), self.position(stop)
        return None if begun is None or ended is None else max(ended - begun, 0)

    def due(self, start: int, seconds: int) -> int | None:
        """Give the first instant from `start` on at which that much open time has passed.

        No time at all has passed at the start itself, in closed hours too. None where the start or the end is not
        covered.
        """
        begun = self.position(start)
        if begun is None or seconds <= 0:
            return None if begun is None else start
        sought = begun + seconds
        at = bisect_left(self.before, sought) - 1
        if at < 0:
            return None
        found = self.opens[at] + sought - self.before[at]
        return found if found <= self.closes[at] and self.covers(found) else None

    def segments(self, start: int, stop: int) -> tuple[Segment | Closed, ...]:
        """Give what counted from `start` to `stop`, and the closed local days that it touches, in order.

        Nothing where one of them is not covered, or `stop` is not later.
        """
        if not (self.covers(start) and self.covers(stop) and start < stop):
            return ()
        names = dict(self.exceptions)
        found: list[tuple[int, Segment | Closed]] = []
        for at in range(bisect_right(self.closes, start), bisect_left(self.opens, stop)):
            opens, closes = max(self.opens[at], start), min(self.closes[at], stop)
            found.append((opens, Segment(opens, closes, names.get(local_day(self.opens[at], self.zone), ""))))
        day = local_day(start, self.zone)
        while (begins := day_starts(day, self.zone)) < stop:
            ends = day_starts(day + _DAY, self.zone)
            is_open = bisect_right(self.closes, begins) < bisect_left(self.opens, ends)
            # A day that a zone skips has no moment at all, so it is no closed day either.
            if begins < ends and not is_open:
                found.append((max(begins, start), Closed(day, names.get(day, "closed"))))
            day += _DAY
        return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))

    def step(self) -> int:
        """Give the longest step at which every edge and the whole coverage lie on slots."""
        edges = (*self.opens, *self.closes, self.after)
        return gcd(*(edge - self.first for edge in edges)) or 1

    def slots(self) -> Slots:
        """Give the table of slots; it is long where edges are odd: `after - first` over `step()`."""
        step = self.step()
        values: list[int] = []
        at = self.first
        for opens, closes, before in zip(self.opens, self.closes, self.before, strict=True):
            values += [2 * before] * ((opens - at) // step)
            values += range(2 * before + 1, 2 * (before + closes - opens) + 1, 2 * step)
            at = closes
        total = self.before[-1] + self.closes[-1] - self.opens[-1] if self.before else 0
        values += [2 * total] * ((self.after - at) // step)
        return Slots(step, self.first, tuple(values))


# --- from hours to intervals ------------------------------------------------------------------


@cache
def compiled(calendar: Calendar) -> OpenTime:
    """Give the open time of a calendar over the days that it covers, within the years that slacli reads."""
    first, last = max(calendar.first, _FIRST), min(calendar.last, _LAST)
    name = calendar.time_zone
    starts, after = day_starts(first, name), day_starts(max(first, last + _DAY), name)
    exceptions = {one.day: one for one in calendar.exceptions if first <= one.day <= last}
    week: dict[int, list[tuple[int, int]]] = {}
    for window in calendar.windows:
        week.setdefault(window.weekday, []).append((window.opens, window.closes))
    pieces: list[tuple[int, int]] = []
    days: list[date] = []
    # The evening before the first day may reach into it.
    day = first - _DAY
    while day <= last:
        exception = exceptions.get(day)
        usual, own = week.get(day.weekday(), ()), exception.windows if exception is not None else ()
        if day >= first and (usual if exception is None else own):
            days.append(day)
        midnight = day_starts(day + _DAY, name) if usual or own else 0
        from_usual = starts if exception is None else midnight
        until = midnight if day + _DAY in exceptions else after
        windows = [(*pair, from_usual) for pair in usual] + [(*pair, starts) for pair in own]
        for opens, closes, begins in windows:
            pieces.append((max(_open_from(day, opens, name), begins), min(_open_until(day, closes, name), until)))
        day += _DAY
    merged = _merged(pieces)
    lengths = [closes - opens for opens, closes in merged]
    return OpenTime(
        id=calendar.id,
        zone=name,
        first=starts,
        after=after,
        opens=tuple(opens for opens, _ in merged),
        closes=tuple(closes for _, closes in merged),
        before=tuple(accumulate(lengths, initial=0))[: len(merged)],
        business_day=calendar.business_day or _equal_day(calendar),
        days=tuple(days),
        exceptions=tuple((day, one.name) for day, one in exceptions.items()),
    )


def _open_from(day: date, minutes: int, zone: str) -> int:
    """Give the first instant at which the wall shows a time of a window that opens so many minutes after midnight."""
    there = zones.offsets(zone)
    local = (day - zones.EPOCH).days * zones.DAY + minutes * 60
    found = there.earliest(local)
    return found if there.local(found) == local else _jump_before(found, zone)


def _open_until(day: date, minutes: int, zone: str) -> int:
    """Give the first instant after the last at which the wall shows a time of a window that closes then."""
    there = zones.offsets(zone)
    local = (day - zones.EPOCH).days * zones.DAY + minutes * 60 - 1
    found = there.latest(local)
    return found + 1 if there.local(found) == local else _jump_before(found, zone)


def _jump_before(instant: int, zone: str) -> int:
    """Give the clock change that skipped a local time, which was read as `instant`, forward by the gap."""
    changes = zones.offsets(zone).instants
    return changes[bisect_right(changes, instant) - 1]


def _merged(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for opens, closes in sorted(pieces):
        if opens >= closes:
            continue
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(closes, found[-1][1]))
        else:
            found.append((opens, closes))
    return found


def week_of(calendar: Calendar) -> dict[int, int]:
    """Give the open minutes of each weekday on which hours begin, as the wall counts them."""
    found: dict[int, int] = {}
    for window in calendar.windows:
        found[window.weekday] = found.get(window.weekday, 0) + window.closes - window.opens
    return found


def usually_open(calendar: Calendar, day: date) -> bool:
    """Say whether the week opens a day, exceptions aside: by its own hours, or by a shift of the evening before."""
    before = (day.weekday() - 1) % 7
    return any(
        window.weekday == day.weekday() or (window.weekday == before and window.closes > _MINUTES)
        for window in calendar.windows
    )


def _equal_day(calendar: Calendar) -> int | None:
    lengths = set(week_of(calendar).values())
    return 60 * lengths.pop() if len(lengths) == 1 else None


def calendars_of(contract: Contract, name: str) -> Mapping[str | None, OpenTime]:
    """Give the calendars that a name stands for, by the value of the field that chooses; None is for all other rows.

    A calendar with hours of its own is for all rows. Values are as the contract writes them.
    """
    found = contract.calendars[name]
    if isinstance(found, Calendar):
        return {None: compiled(found)}
    named: list[tuple[str | None, str]] = [*found.cases.items(), (None, found.otherwise)]
    chosen = ((value, contract.calendars[one]) for value, one in named)
    return {value: compiled(one) for value, one in chosen if isinstance(one, Calendar)}


# --- days and amounts -------------------------------------------------------------------------


def day_starts(day: date, zone: str) -> int:
    """Give the first second of a local day, which is the first one after the day before."""
    return zones.offsets(zone).earliest((day - zones.EPOCH).days * zones.DAY)


def local_day(instant: int, zone: str) -> date:
    """Give the local day of an instant."""
    return zones.EPOCH + timedelta(days=zones.offsets(zone).local(instant) // zones.DAY)


def needed(duration: Duration, calendar: OpenTime | None) -> int | None:
    """Give the seconds that a duration asks for: of open time where it counts business time, else of every hour.

    A business day is as long as the calendar says. None for business days that nobody has measured, and for calendar
    days, which are dates and no amount of seconds.
    """
    if duration.clock == "calendar":
        return None
    if duration.clock == "business" and duration.unit == "days":
        day = calendar.business_day if calendar is not None else None
        return None if day is None else duration.amount * day
    return duration.amount * _SECONDS[duration.unit]


def calendar_due(start: int, days: int, zone: str) -> int:
    """Give the last second of the local day that many days after the local day of `start`."""
    return day_starts(local_day(start, zone) + timedelta(days=days + 1), zone) - 1


def nth_day(
    period_first: date, number: int, clock: Literal["business", "calendar"], calendar: OpenTime | None
) -> date | None:
    """Give the day with that number, from the first day of a period on: of all days, or of those with open hours.

    A day counts as open where hours begin on it, so the morning of a night shift makes no day of its own. None for
    business days without a calendar, or where the calendar does not cover them all.
    """
    if clock == "calendar":
        return period_first + timedelta(days=number - 1)
    if calendar is None or not calendar.covers(day_starts(period_first, calendar.zone)):
        return None
    at = bisect_left(calendar.days, period_first) + number - 1
    return calendar.days[at] if at < len(calendar.days) else None
