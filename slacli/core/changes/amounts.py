"""Which of two amounts is more to owe: times, shares, steps, open hours. Nothing here knows parties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from slacli.model import Calendar, Duration, GoalTarget, NthDay, PeriodKind

Way = Literal["more", "less", "otherwise"]
"""How what is owed compares with what was owed. `otherwise`: in some cases more and in others less, or nobody knows."""

_SECONDS: Mapping[str, int] = {"minutes": 60, "hours": 3600, "days": 86_400}
_PERIODS: Mapping[PeriodKind, int] = {"week": 1, "month": 2, "quarter": 3, "year": 4}


def opposite(way: Way | None) -> Way | None:
    return "less" if way == "more" else "more" if way == "less" else way


def all_of(ways: Iterable[Way | None]) -> Way | None:
    """Give the one way in which several amounts moved, `otherwise` where they disagree, None where none moved."""
    found = {way for way in ways if way is not None}
    return None if not found else found.pop() if len(found) == 1 else "otherwise"


def rising(old: Any, new: Any) -> Way | None:
    """Give `more` where a plain amount rose."""
    return None if old == new else "more" if new > old else "less"


def added(old: Collection[Any] | None, new: Collection[Any] | None) -> Way | None:
    """Give `more` where things were only added, `less` where they were only taken away."""
    was, now = set(old or ()), set(new or ())
    return None if was == now else "more" if was < now else "less" if now < was else "otherwise"


def shorter(old: Duration | None, new: Duration | None) -> Way | None:
    """Give `more` where there is less time. No limit is the longest time; business time is never shorter than all time.

    Lengths that only a calendar could compare are `otherwise`.
    """
    if old == new:
        return None
    if old is None or new is None:
        return "more" if old is None else "less"
    was, now = old.amount * _SECONDS[old.unit], new.amount * _SECONDS[new.unit]
    if old.clock == new.clock:
        if "calendar" in old.clock or old.unit == new.unit or (old.clock == "wall"):
            return rising(now, was)
        days = "days" in {old.unit, new.unit}
        return "otherwise" if days else rising(now, was)
    if old.clock == "business" and new.clock == "wall" and old.unit != "days" and now <= was:
        return "more"
    if old.clock == "wall" and new.clock == "business" and new.unit != "days" and was <= now:
        return "less"
    return "otherwise"


def oftener(old: PeriodKind, new: PeriodKind) -> Way | None:
    return rising(-_PERIODS[old], -_PERIODS[new])


def earlier(old: NthDay | None, new: NthDay | None) -> Way | None:
    """Give `more` where a day of a period is earlier. Without one the last day of the period is meant."""
    if old == new:
        return None
    if old is None or new is None:
        return "more" if old is None else "less"
    if old.clock == new.clock:
        return rising(new.number, old.number)
    # The nth business day is never before the nth day.
    if old.clock == "business" and new.number <= old.number:
        return "more"
    if new.clock == "business" and old.number <= new.number:
        return "less"
    return "otherwise"


def steps(
    old: Collection[tuple[str, Fraction | int]], new: Collection[tuple[str, Fraction | int]],
    old_base: Fraction | int | None, new_base: Fraction | int | None,
) -> Way | None:  # fmt: skip
    """Give the way in which amounts that hold from named periods on have moved; before the first its base holds."""
    was, now = dict(old), dict(new)

    def level(found: Mapping[str, Fraction | int], base: Fraction | int | None, period: str) -> Any:
        before = [name for name in found if name <= period]
        return found[max(before)] if before else base

    ways: list[Way | None] = []
    for period in sorted(was.keys() | now.keys()):
        left, right = level(was, old_base, period), level(now, new_base, period)
        ways.append("otherwise" if left is None or right is None else rising(left, right))
    return all_of(ways)


def goal(old: GoalTarget, new: GoalTarget) -> Way | None:
    """Give the way in which the target of a goal moved; targets of another shape are `otherwise`."""
    if old == new:
        return None
    # The steps of a ramp need not say the period again.
    pers = {old.per, new.per} - {None}
    if (old.way, old.unit, old.on) != (new.way, new.unit, new.on) or len(pers) > 1:
        return "otherwise"
    way = rising(old.amount, new.amount)
    return opposite(way) if old.way == "at most" else way


# --- open time --------------------------------------------------------------------------------


def minutes(windows: Iterable[tuple[int, int]]) -> frozenset[int]:
    return frozenset(minute for opens, closes in windows for minute in range(opens, closes))


def _on(calendar: Calendar, weekday: int) -> frozenset[int]:
    return minutes((one.opens, one.closes) for one in calendar.windows if one.weekday == weekday)


def on_day(calendar: Calendar, day: date) -> frozenset[int]:
    special = next((one for one in calendar.exceptions if one.day == day), None)
    return _on(calendar, day.weekday()) if special is None else minutes(special.windows)


def open_days(old: Calendar, new: Calendar) -> Way | None:
    """Give `more` where the days that differ from the week are open for longer than they were.

    Days that neither side covers are open on none.
    """
    days = {one.day for one in (*old.exceptions, *new.exceptions)}
    return all_of(
        added(on_day(old, day), on_day(new, day))
        for day in sorted(days)
        if old.first <= day <= old.last or new.first <= day <= new.last
    )


def open_hours(old: Calendar, new: Calendar, unit: str) -> Way | None:
    """Give `more` where the week has more open time, as a clock in this unit counts it.

    A business day without a length of its own is as long as the open days are. So where only the hours of each day
    change, a clock of days counts otherwise.
    """
    week = [(_on(old, day), _on(new, day)) for day in range(7)]
    if unit == "days" and old.business_day is None and new.business_day is None and any(
        was and now and was != now for was, now in week
    ):  # fmt: skip
        return "otherwise"
    return all_of(added(was, now) for was, now in week)
