"""Weeks, months, fiscal quarters and years: which days they hold, what they are called, and which one a day is in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from slacli.model import FiscalYear, PeriodKind

Grain = Literal["month", "week"]
"""What rows are counted by: every longer period is made of whole months, a week only of itself."""

_MONTHS = "January February March April May June July August September October November December".split()
_MONDAY = date(1970, 1, 5)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of local days, both ends included. `name` is what contracts write, `title` what people read."""

    first: date
    last: date
    kind: PeriodKind
    name: str
    title: str

    @property
    def slots(self) -> range:
        """The grains that it is made of."""
        grain = grain_of(self.kind)
        return range(slot(self.first, grain), slot(self.last, grain) + 1)


def grain_of(kind: PeriodKind) -> Grain:
    return "week" if kind == "week" else "month"


def slot(day: date, grain: Grain) -> int:
    """Number the month (12 a year, January of year 0 is 0) or the week (the one of 5 January 1970 is 0) of a day."""
    return (day - _MONDAY).days // 7 if grain == "week" else day.year * 12 + day.month - 1


def of_day(day: date, kind: PeriodKind, fiscal: FiscalYear) -> Period:
    """Give the period of a kind that holds a day."""
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        year, week, _ = monday.isocalendar()
        return Period(monday, monday + timedelta(days=6), kind, f"{year}-W{week:02}", f"week {week} of {year}")
    if kind == "month":
        return Period(
            day.replace(day=1), _month_end(day.year, day.month), kind, f"{day.year}-{day.month:02}", _title(day)
        )
    past = (day.month - fiscal.starts) % 12
    if kind == "quarter":
        first = _first_of(day, past % 3)
        number = past // 3 + 1
        return Period(
            first, _end_after(first, 3), kind, f"{_year_name(first, fiscal)}-Q{number}",
            f"{_year_name(first, fiscal)} Q{number}",
        )  # fmt: skip
    first = _first_of(day, past)
    return Period(first, _end_after(first, 12), kind, _year_name(first, fiscal), _year_name(first, fiscal))


def of_slot(number: int, kind: PeriodKind, fiscal: FiscalYear) -> Period:
    """Give the period of a kind that holds a numbered month or week."""
    if kind == "week":
        return of_day(_MONDAY + timedelta(weeks=number), kind, fiscal)
    return of_day(date(number // 12, number % 12 + 1, 1), kind, fiscal)


def between(first: date, last: date, kind: PeriodKind, fiscal: FiscalYear) -> Iterator[Period]:
    """Give the periods of a kind from the one of the first day to the one of the last."""
    period = of_day(first, kind, fiscal)
    while period.first <= last:
        yield period
        period = of_day(period.last + timedelta(days=1), kind, fiscal)


def named(name: str, fiscal: FiscalYear) -> Period | None:
    """Read a period's name (`FY27-Q1`, `FY27`, `2026-02`, `2026-W07`), or give None where it names none."""
    if found := re.fullmatch(r"(\d{4})-(\d{2})", name):
        year, month = int(found[1]), int(found[2])
        return of_day(date(year, month, 1), "month", fiscal) if 1 <= month <= 12 and year > 0 else None
    if found := re.fullmatch(r"(\d{4})-W(\d{2})", name):
        try:
            return of_day(date.fromisocalendar(int(found[1]), int(found[2]), 1), "week", fiscal)
        except ValueError:
            return None
    if found := re.fullmatch(r"FY(\d{2})(?:-Q([1-4]))?", name):
        year = 2000 + int(found[1]) - (1 if fiscal.named_for_end and fiscal.starts > 1 else 0)
        quarter = int(found[2] or 1) - 1
        month = fiscal.starts - 1 + 3 * quarter
        day = date(year + month // 12, month % 12 + 1, 1)
        return of_day(day, "quarter" if found[2] else "year", fiscal)
    return None


def _year_name(first: date, fiscal: FiscalYear) -> str:
    """Name the fiscal year in which the month of `first` lies."""
    start = first.year if first.month >= fiscal.starts else first.year - 1
    year = start + 1 if fiscal.named_for_end and fiscal.starts > 1 else start
    return f"FY{year % 100:02}"


def _title(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.year}"


def _month_end(year: int, month: int) -> date:
    following = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
    return following - timedelta(days=1)


def _first_of(day: date, months_back: int) -> date:
    index = day.year * 12 + day.month - 1 - months_back
    return date(index // 12, index % 12 + 1, 1)


def _end_after(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months - 1
    return _month_end(index // 12, index % 12 + 1)
