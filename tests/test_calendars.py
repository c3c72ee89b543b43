"""Business time: the worked cases D01 to D38 and the policies behind them, and open time against a count by minutes.

The table of cases was computed apart from slacli, over the time zone database. The count by minutes shares no code
with slacli: it asks what the clock on the wall shows in each minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slacli.core import calendars, nodes
from slacli.core.calendars import Closed, OpenTime, Segment
from slacli.core.text import parse
from slacli.model import Calendar, Contract, Duration, Exceptional, Window
from slacli.places import Address

ROOT = Path(__file__).parent.parent
HERE = Address("contract.yaml", ("calendars", "office"))
NEW_YORK, LONDON = "America/New_York", "Europe/London"
WEEK, SATURDAY = range(7), (5,)
WORKDAYS = range(5)
HOUR = 3600


def calendar(
    zone: str,
    weekdays: Iterable[int],
    *hours: tuple[str, str],
    closed: Sequence[str] = (),
    other: Sequence[tuple[str, str, str]] = (),
    covers: tuple[str, str] = ("2026-01-01", "2027-12-31"),
    business_day: int | None = None,
) -> Calendar:
    windows = tuple(Window(day, *minutes(opens, closes)) for day in weekdays for opens, closes in hours)
    days = [Exceptional(date.fromisoformat(day), (), f"closed on {day}") for day in closed]
    days += [Exceptional(date.fromisoformat(day), (minutes(opens, closes),), "other") for day, opens, closes in other]
    first, last = (date.fromisoformat(day) for day in covers)
    return Calendar(
        id="office",
        time_zone=zone,
        windows=windows,
        first=first,
        last=last,
        at=HERE,
        business_day=business_day,
        exceptions=tuple(sorted(days, key=lambda one: one.day)),
    )


def minutes(opens: str, closes: str) -> tuple[int, int]:
    begins, ends = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
    return begins, ends if ends > begins else ends + 1440


OFFICE = ("09:00", "17:00")
NY = calendar(
    NEW_YORK, WORKDAYS, OFFICE,
    closed=("2026-07-03", "2026-11-26", "2026-12-25"), other=(("2026-12-24", "09:00", "13:00"),),
)  # fmt: skip
LON = calendar(LONDON, WORKDAYS, OFFICE, closed=("2026-04-03", "2026-04-06"))
NY24 = calendar(NEW_YORK, WEEK, ("00:00", "24:00"))
LON24 = calendar(LONDON, WEEK, ("00:00", "24:00"))
NIGHT = calendar(NEW_YORK, WORKDAYS, ("22:00", "06:00"), closed=("2026-11-26",))
SATN = calendar(NEW_YORK, SATURDAY, ("22:00", "06:00"))
SATL = calendar(LONDON, SATURDAY, ("22:00", "06:00"))
LUNCH = replace(calendar(NEW_YORK, WORKDAYS, ("09:00", "12:00"), ("13:00", "17:00")), exceptions=NY.exceptions)


def zone_of(name: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def at(text: str, zone: str = NEW_YORK, *, second: bool = False) -> int:
    """Give the instant of a local time of 2026, such as `06-05 16:00` or `2027-01-04 09:00:01`; or of one in UTC."""
    text = text if len(text.partition(" ")[0]) > 5 else f"2026-{text}"
    if text.endswith("Z"):
        return int(datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC).timestamp())
    there = datetime.fromisoformat(text).replace(tzinfo=zone_of(zone), fold=int(second))
    return int(there.timestamp())


def business(found: Calendar, start: int, stop: int) -> int:
    seconds = calendars.compiled(found).between(start, stop)
    assert seconds is not None
    return seconds


def due(found: Calendar, start: int, hours: float) -> int | None:
    return calendars.compiled(found).due(start, int(hours * HOUR))


def hms(text: str) -> int:
    hours, mins, secs = (int(part) for part in text.split(":"))
    return hours * HOUR + mins * 60 + secs


def holds(found: Calendar, start: int, stop: int, target: float, elapsed: str, due_at: int, verdict: str) -> None:
    """Prove one line of the table: the business time, the due time, and the verdict by the elapsed rule (P11)."""
    seconds = business(found, start, stop)
    assert seconds == hms(elapsed)
    assert due(found, start, target) == due_at
    assert ("met" if seconds <= target * HOUR else "late") == verdict


# --- the cases --------------------------------------------------------------------------------


def test_d01_same_day() -> None:
    holds(NY, at("06-09 10:00"), at("06-09 12:30"), 4, "2:30:00", at("06-09 14:00"), "met")


def test_d02_over_the_weekend_one_minute_inside() -> None:
    holds(NY, at("06-05 16:00"), at("06-08 11:59"), 4, "3:59:00", at("06-08 12:00"), "met")


def test_d03_exactly_at_due() -> None:
    holds(NY, at("06-05 16:00"), at("06-08 12:00"), 4, "4:00:00", at("06-08 12:00"), "met")
    holds(NY, at("06-05 16:00"), at("06-08 12:00:01"), 4, "4:00:01", at("06-08 12:00"), "late")


def test_d04_start_on_saturday() -> None:
    holds(NY, at("06-06 11:00"), at("06-08 10:00"), 4, "1:00:00", at("06-08 13:00"), "met")


def test_d05_start_exactly_at_close() -> None:
    holds(NY, at("06-05 17:00"), at("06-08 09:00"), 4, "0:00:00", at("06-08 13:00"), "met")


def test_d06_start_and_stop_before_opening() -> None:
    holds(NY, at("06-08 06:00"), at("06-08 08:30"), 4, "0:00:00", at("06-08 13:00"), "met")


def test_d07_weekend_reply_to_a_weekend_lead() -> None:
    holds(NY, at("06-06 11:00"), at("06-07 20:00"), 4, "0:00:00", at("06-08 13:00"), "met")


def test_d08_stop_after_hours_in_time() -> None:
    holds(NY, at("06-09 15:00"), at("06-09 20:00"), 4, "2:00:00", at("06-10 11:00"), "met")


def test_d09_stop_after_hours_late() -> None:
    holds(NY, at("06-09 11:00"), at("06-09 20:00"), 4, "6:00:00", at("06-09 15:00"), "late")


def test_d10_a_full_day_is_due_at_its_close() -> None:
    assert due(NY, at("06-08 09:00"), 8) == at("06-08 17:00")


def test_d11_zero_length() -> None:
    holds(NY, at("06-09 10:00"), at("06-09 10:00"), 0, "0:00:00", at("06-09 10:00"), "met")


def test_d12_a_zero_target_outside_hours_is_due_at_the_start() -> None:
    holds(NY, at("06-06 10:00"), at("06-06 10:00"), 0, "0:00:00", at("06-06 10:00"), "met")


def test_d13_seconds_over_a_night() -> None:
    holds(NY, at("06-09 16:59:30"), at("06-10 09:00:30"), 4, "0:01:00", at("06-10 12:59:30"), "met")


def test_d14_holiday_and_weekend() -> None:
    holds(NY, at("07-02 16:00"), at("07-06 11:00"), 4, "3:00:00", at("07-06 12:00"), "met")


def test_d15_half_day_holiday() -> None:
    holds(NY, at("12-24 11:00"), at("12-28 11:00"), 4, "4:00:00", at("12-28 11:00"), "met")


def test_d16_after_the_close_of_a_half_day() -> None:
    holds(NY, at("12-24 14:00"), at("12-28 09:30"), 4, "0:30:00", at("12-28 13:00"), "met")


def test_d17_easter_in_london() -> None:
    stop, end = at("04-07 10:00", LONDON), at("04-07 12:30", LONDON)
    holds(LON, at("04-02 16:30", LONDON), stop, 4, "1:30:00", end, "met")


def test_d18_lunch_split() -> None:
    holds(LUNCH, at("06-09 11:30"), at("06-09 13:30"), 1, "1:00:00", at("06-09 13:30"), "met")


def test_d19_day_and_night_over_spring_in_new_york() -> None:
    holds(NY24, at("03-08 01:30"), at("03-08 03:30"), 4, "1:00:00", at("03-08 06:30"), "met")


def test_d20_day_and_night_over_autumn_in_new_york() -> None:
    holds(NY24, at("11-01 00:30"), at("11-01 02:30"), 4, "3:00:00", at("11-01 03:30"), "met")


def test_d21_24_hours_across_spring() -> None:
    assert due(NY24, at("03-07 12:00"), 24) == at("03-08 13:00")


def test_d22_24_hours_across_autumn() -> None:
    assert due(NY24, at("10-31 12:00"), 24) == at("11-01 11:00")


def test_d23_day_and_night_over_spring_in_london() -> None:
    start, stop = at("03-29 00:30", LONDON), at("03-29 02:30", LONDON)
    holds(LON24, start, stop, 4, "1:00:00", at("03-29 05:30", LONDON), "met")


def test_d24_day_and_night_over_autumn_in_london() -> None:
    start, stop = at("10-25 00:30", LONDON), at("10-25 02:30", LONDON)
    holds(LON24, start, stop, 4, "3:00:00", at("10-25 03:30", LONDON), "met")


def test_d25_office_hours_over_a_clock_change() -> None:
    holds(NY, at("03-06 16:00"), at("03-09 10:00"), 4, "2:00:00", at("03-09 12:00"), "met")


def test_d26_office_hours_over_a_clock_change_in_london() -> None:
    start, stop = at("10-23 16:00", LONDON), at("10-26 10:00", LONDON)
    holds(LON, start, stop, 4, "2:00:00", at("10-26 12:00", LONDON), "met")


def test_d27_a_night_shift_in_spring_has_seven_hours() -> None:
    holds(SATN, at("03-07 22:00"), at("03-08 06:00"), 4, "7:00:00", at("03-08 03:00"), "late")
    start, stop = at("03-28 22:00", LONDON), at("03-29 06:00", LONDON)
    holds(SATL, start, stop, 4, "7:00:00", at("03-29 03:00", LONDON), "late")


def test_d28_a_night_shift_in_autumn_has_nine_hours() -> None:
    holds(SATN, at("10-31 22:00"), at("11-01 06:00"), 4, "9:00:00", at("11-01 01:00", second=True), "late")
    start, stop = at("10-24 22:00", LONDON), at("10-25 06:00", LONDON)
    holds(SATL, start, stop, 4, "9:00:00", at("10-25 01:00", LONDON, second=True), "late")


def test_d29_overnight_shift() -> None:
    holds(NIGHT, at("06-08 23:00"), at("06-09 05:00"), 8, "6:00:00", at("06-09 23:00"), "met")


def test_d30_the_friday_night_shift_runs_into_saturday() -> None:
    holds(NIGHT, at("06-12 23:30"), at("06-13 05:30"), 8, "6:00:00", at("06-15 23:30"), "met")


def test_d31_a_holiday_takes_its_date_out_of_a_night_shift() -> None:
    holds(NIGHT, at("11-25 23:00"), at("11-26 05:00"), 8, "1:00:00", at("11-27 23:00"), "met")


def test_d32_the_calendar_of_the_start_goes_on_when_the_owner_moves() -> None:
    start, moved, stop = at("06-08 09:00", LONDON), at("06-08 16:00", LONDON), at("06-08 17:00", LONDON)
    assert business(LON, start, stop) == 8 * HOUR
    assert business(LON, start, moved) + business(NY, moved, stop) == 8 * HOUR
    assert business(NY, start, stop) == 3 * HOUR
    assert business(NY, moved, stop) == 1 * HOUR


def test_d33_an_export_in_utc() -> None:
    start, stop = at("2026-06-08 12:30Z"), at("2026-06-08 14:00Z")
    holds(NY, start, stop, 4, "1:00:00", at("06-08 13:00"), "met")
    assert business(NY, at("06-08 12:30"), at("06-08 14:00")) == hms("1:30:00")


def test_d34_the_weeks_when_only_the_united_states_have_changed() -> None:
    start = at("2026-03-16 13:00Z")
    assert due(NY, start, 4) == at("03-16 13:00") == at("2026-03-16 17:00Z")
    assert due(LON, start, 4) == at("03-16 17:00", LONDON) == at("2026-03-16 17:00Z")


def test_d35_an_offset_is_no_zone() -> None:
    start, stop = at("06-08 09:30"), at("06-08 10:30")
    assert business(replace(NY, time_zone="Etc/GMT+5"), start, stop) == hms("0:30:00")
    assert business(NY, start, stop) == hms("1:00:00")


def test_d36_a_pause() -> None:
    start, paused, resumed, stop = (at(text) for text in ("06-09 10:00", "06-09 12:00", "06-10 10:00", "06-10 11:30"))
    counted = business(NY, start, paused) + business(NY, resumed, stop)
    assert counted == hms("3:30:00")
    assert counted == business(NY, start, stop) - business(NY, paused, resumed)


def test_d37_an_open_clock() -> None:
    start, end = at("06-05 16:00"), due(NY, at("06-05 16:00"), 4)
    assert business(NY, start, at("06-08 10:00")) == hms("2:00:00")
    assert end == at("06-08 12:00")
    assert at("06-08 10:00") <= end < at("06-08 12:00:01")


def test_d38_dates_alone() -> None:
    earliest, latest = at("06-05 00:00"), at("06-05 23:59:59")
    assert business(NY, latest, at("06-08 00:00")) == 0
    assert business(NY, earliest, at("06-08 23:59:59")) == hms("16:00:00")
    assert business(NY, latest, earliest) == 0
    assert business(NY, earliest, latest) == hms("8:00:00")


# --- the policies -----------------------------------------------------------------------------


def test_p1_a_touch_before_the_start_took_no_time() -> None:
    assert business(NY, at("06-09 12:00"), at("06-09 10:00")) == 0


def test_p2_the_evening_after_a_holiday_belongs_to_the_next_date() -> None:
    found = calendars.compiled(NIGHT)
    assert found.between(at("11-26 00:00"), at("11-27 00:00")) == 0
    assert found.between(at("11-27 00:00"), at("11-27 06:00")) == 6 * HOUR


def test_p2_an_exception_takes_its_date_and_nothing_of_the_next_one() -> None:
    eve = calendar(NEW_YORK, WORKDAYS, ("22:00", "06:00"), other=(("2026-12-24", "20:00", "01:00"),))
    found = calendars.compiled(eve)
    assert found.between(at("12-24 00:00"), at("12-25 00:00")) == 4 * HOUR
    assert found.between(at("12-25 00:00"), at("12-25 12:00")) == 6 * HOUR
    both = replace(eve, exceptions=(*eve.exceptions, Exceptional(date(2026, 12, 25), (minutes("00:00", "02:00"),), "")))
    found = calendars.compiled(both)
    assert found.between(at("12-25 00:00"), at("12-25 12:00")) == 2 * HOUR
    closed = replace(eve, exceptions=(*eve.exceptions, Exceptional(date(2026, 12, 25), (), "Christmas Day")))
    assert calendars.compiled(closed).between(at("12-25 00:00"), at("12-26 00:00")) == 0


def test_p3_a_window_closes_at_the_later_and_opens_at_the_earlier_reading_of_an_hour_that_happens_twice() -> None:
    late = calendars.compiled(calendar(NEW_YORK, SATURDAY, ("22:00", "01:30")))
    assert late.closes[late.opens.index(at("10-31 22:00"))] == at("11-01 01:30", second=True)
    early = calendars.compiled(calendar(NEW_YORK, WEEK, ("01:30", "04:00")))
    assert at("11-01 01:30") in early.opens
    until_one = calendars.compiled(calendar(NEW_YORK, SATURDAY, ("17:00", "01:00")))
    assert until_one.closes[until_one.opens.index(at("10-31 17:00"))] == at("11-01 01:00")


def test_p4_an_edge_in_an_hour_that_is_skipped_lies_at_the_jump() -> None:
    jump = at("03-08 03:00")
    assert jump in calendars.compiled(calendar(NEW_YORK, WEEK, ("02:30", "06:00"))).opens
    assert jump in calendars.compiled(calendar(NEW_YORK, SATURDAY, ("22:00", "02:30"))).closes
    skipped = calendars.compiled(calendar(NEW_YORK, WEEK, ("02:15", "02:45")))
    assert skipped.between(at("03-08 00:00"), at("03-09 00:00")) == 0


@pytest.mark.parametrize(
    ("start", "end"),
    [("06-05 15:00", "06-08 15:00"), ("06-06 11:00", "06-08 17:00"), ("12-23 15:00", "12-28 11:00")],
)
def test_p5_a_business_day_is_as_many_open_hours(start: str, end: str) -> None:
    found = calendars.compiled(NY)
    seconds = calendars.needed(Duration(1, "days", "business"), found)
    assert seconds == 8 * HOUR
    assert found.due(at(start), seconds) == at(end)


def test_p6_how_much_is_used_counts_open_time() -> None:
    used = business(NY, at("06-05 16:00"), at("06-08 10:00"))
    assert used * 100 // (4 * HOUR) == 50


def test_p8_a_pause_outside_hours_costs_nothing() -> None:
    assert business(NY, at("06-09 17:00"), at("06-10 09:00")) == 0


def test_p9_a_minute_may_hold_either_side_of_an_edge() -> None:
    start, minute = at("06-09 10:00"), at("06-09 14:00")
    assert business(NY, start, minute) <= 4 * HOUR < business(NY, start, minute + 59)


def test_p10_at_due_and_in_closed_hours_behind_it_a_clock_has_used_its_time_and_no_more() -> None:
    start = at("06-05 16:00")
    end = due(NY, start, 4)
    assert end is not None
    assert business(NY, start, end) == 4 * HOUR
    assert business(NY, start, end + 1) == 4 * HOUR + 1
    evening = due(NY, start, 1)
    assert evening is not None
    assert business(NY, start, evening) == business(NY, start, at("06-08 09:00")) == HOUR


def test_p11_a_stop_after_hours_is_met_by_the_elapsed_rule_though_it_lies_after_due() -> None:
    start, stop = at("06-08 09:00"), at("06-08 20:00")
    assert business(NY, start, stop) == 8 * HOUR
    assert due(NY, start, 8) == at("06-08 17:00")
    assert stop > at("06-08 17:00")


# --- edges of the cover -----------------------------------------------------------------------

SHORT = calendar(NEW_YORK, WEEK, ("00:00", "24:00"), covers=("2026-06-08", "2026-06-09"))


def test_outside_its_days_a_calendar_says_nothing() -> None:
    found = calendars.compiled(SHORT)
    inside, last = at("06-08 12:00"), at("06-10 00:00")
    assert found.covers(at("06-08 00:00"))
    assert not found.covers(at("06-08 00:00") - 1)
    # The midnight that ends the last day still belongs to it: what has passed by then is known.
    assert found.covers(last)
    assert found.between(inside, last) == found.between(inside, last - 1) + 1  # type: ignore[operator]
    assert not found.covers(last + 1)
    assert found.position(last + 1) is None
    assert found.between(inside, last + 1) is None
    assert found.between(at("06-07 12:00"), inside) is None
    assert found.due(at("06-07 12:00"), 0) is None
    assert found.due(inside, 36 * HOUR - 1) == last - 1
    assert found.due(inside, 36 * HOUR) == last
    assert found.due(inside, 36 * HOUR + 1) is None
    assert found.segments(inside, last) == (Segment(inside, last, ""),)
    assert found.segments(inside, last + 1) == ()


def test_a_shift_that_began_before_the_cover_reaches_into_it() -> None:
    nights = calendar(NEW_YORK, WEEK, ("22:00", "06:00"), covers=("2026-06-08", "2026-06-09"))
    found = calendars.compiled(nights)
    assert found.between(at("06-08 00:00"), at("06-08 12:00")) == 6 * HOUR
    assert found.closes[-1] == found.after == at("06-10 00:00")


def test_an_exception_outside_the_cover_changes_nothing() -> None:
    nights = calendar(NEW_YORK, WEEK, ("22:00", "06:00"), covers=("2026-06-08", "2026-06-09"))
    other = Exceptional(date(2026, 6, 7), ((600, 1500),), "other")
    assert calendars.compiled(replace(nights, exceptions=(other,))) == calendars.compiled(nights)


def test_a_calendar_that_never_opens_never_falls_due() -> None:
    found = calendars.compiled(replace(SHORT, windows=(Window(6, 0, 60),)))
    assert found.opens == ()
    assert found.between(at("06-08 00:00"), at("06-09 00:00")) == 0
    assert found.due(at("06-08 00:00"), 1) is None
    assert found.due(at("06-08 00:00"), 0) == at("06-08 00:00")
    slots = found.slots()
    assert slots.step == 48 * HOUR
    assert slots.values == (0,)


def test_years_that_slacli_does_not_read_are_not_covered() -> None:
    far = calendars.compiled(replace(SHORT, first=date(2199, 12, 1), last=date(2999, 12, 31)))
    assert far.after == int(datetime(2200, 1, 1, 5, tzinfo=UTC).timestamp())
    never = calendars.compiled(replace(SHORT, first=date(2500, 1, 1), last=date(2999, 12, 31)))
    assert never.slots().values == ()


def test_a_day_that_a_zone_skipped_is_neither_open_nor_closed() -> None:
    apia = calendar("Pacific/Apia", WEEK, OFFICE, covers=("2011-12-01", "2011-12-31"))
    found = calendars.compiled(apia)
    start, stop = at("2011-12-29 12:00", "Pacific/Apia"), at("2011-12-31 12:00", "Pacific/Apia")
    assert found.between(start, stop) == 8 * HOUR
    assert [type(one) for one in found.segments(start, stop)] == [Segment, Segment]


def test_a_whole_saturday_ends_at_the_first_midnight_where_the_hour_after_it_happens_twice() -> None:
    azores = calendar("Atlantic/Azores", SATURDAY, ("00:00", "24:00"))
    found = calendars.compiled(azores)
    opens = at("10-24 00:00", "Atlantic/Azores")
    assert found.closes[found.opens.index(opens)] == opens + 24 * HOUR == at("10-25 00:00", "Atlantic/Azores")


# --- what people are shown --------------------------------------------------------------------


def test_segments_tell_what_counted_and_which_days_were_closed() -> None:
    found = calendars.compiled(NY).segments(at("12-23 15:00"), at("12-28 11:00"))
    assert found == (
        Segment(at("12-23 15:00"), at("12-23 17:00")),
        Segment(at("12-24 09:00"), at("12-24 13:00"), "other"),
        Closed(date(2026, 12, 25), "closed on 2026-12-25"),
        Closed(date(2026, 12, 26), "closed"),
        Closed(date(2026, 12, 27), "closed"),
        Segment(at("12-28 09:00"), at("12-28 11:00")),
    )
    assert [one.seconds // HOUR for one in found if isinstance(one, Segment)] == [2, 4, 2]


def test_segments_begin_with_the_closed_day_of_the_start() -> None:
    found = calendars.compiled(NY).segments(at("06-06 11:00"), at("06-08 08:00"))
    assert found == (Closed(date(2026, 6, 6), "closed"), Closed(date(2026, 6, 7), "closed"))


# --- days and amounts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        (Duration(10, "minutes"), 600),
        (Duration(4, "hours"), 4 * HOUR),
        (Duration(14, "days"), 14 * 86_400),
        (Duration(10, "minutes", "business"), 600),
        (Duration(4, "hours", "business"), 4 * HOUR),
        (Duration(2, "days", "business"), 16 * HOUR),
        (Duration(14, "days", "calendar"), None),
    ],
    ids=str,
)
def test_what_a_duration_asks_for(duration: Duration, seconds: int | None) -> None:
    assert calendars.needed(duration, calendars.compiled(NY)) == seconds


def test_business_days_need_a_calendar_that_says_how_long_they_are() -> None:
    two = Duration(2, "days", "business")
    unlike = replace(NY, windows=(*NY.windows, Window(5, 540, 720)))
    assert calendars.needed(two, None) is None
    assert calendars.needed(two, calendars.compiled(unlike)) is None
    assert calendars.needed(two, calendars.compiled(replace(unlike, business_day=7 * HOUR))) == 14 * HOUR
    assert calendars.needed(Duration(4, "hours", "business"), None) == 4 * HOUR


def test_calendar_days_are_due_with_the_last_second_of_the_local_day() -> None:
    assert calendars.calendar_due(at("03-07 23:59:59"), 1, NEW_YORK) == at("03-08 23:59:59")
    assert calendars.calendar_due(at("03-07 00:00"), 0, NEW_YORK) == at("03-07 23:59:59")
    assert calendars.calendar_due(at("2026-10-25 00:30Z"), 14, LONDON) == at("11-08 23:59:59", LONDON)
    assert calendars.calendar_due(at("2026-06-08 23:30Z"), 0, NEW_YORK) == at("06-08 23:59:59")


@pytest.mark.parametrize(
    ("first", "number", "clock", "day"),
    [
        (date(2026, 11, 1), 10, "business", date(2026, 11, 13)),
        (date(2026, 11, 1), 19, "business", date(2026, 11, 27)),
        (date(2026, 12, 1), 1, "business", date(2026, 12, 1)),
        (date(2026, 12, 24), 2, "business", date(2026, 12, 28)),
        (date(2026, 11, 1), 30, "calendar", date(2026, 11, 30)),
        (date(2027, 12, 1), 23, "business", date(2027, 12, 31)),
        (date(2027, 12, 1), 24, "business", None),
        (date(2025, 12, 1), 1, "business", None),
        (date(2028, 1, 1), 1, "business", None),
        (date(2025, 12, 1), 1, "calendar", date(2025, 12, 1)),
    ],
)
def test_the_nth_day_of_a_period(first: date, number: int, clock: str, day: date | None) -> None:
    kind = "business" if clock == "business" else "calendar"
    assert calendars.nth_day(first, number, kind, calendars.compiled(NY)) == day


def test_business_days_are_those_on_which_hours_begin() -> None:
    found = calendars.compiled(NIGHT)
    # Thanksgiving is none, nor is the Saturday on which Friday's shift ends.
    assert [calendars.nth_day(date(2026, 11, 25), number, "business", found) for number in (1, 2, 3)] == [
        date(2026, 11, 25), date(2026, 11, 27), date(2026, 11, 30),
    ]  # fmt: skip
    assert calendars.nth_day(date(2026, 11, 25), 1, "business", None) is None


def reference() -> Contract:
    folder = ROOT / "contracts"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}
    contract = parse.parse(files).contract
    assert contract is not None
    return contract


def test_a_choice_gives_a_calendar_for_each_value_and_one_for_the_rest() -> None:
    contract = reference()
    chosen = calendars.calendars_of(contract, "local")
    assert {value: found.id for value, found in chosen.items()} == {
        "AMER": "new_york", "EMEA": "london", None: "new_york",
    }  # fmt: skip
    alone = calendars.calendars_of(contract, "london")
    assert {value: found.id for value, found in alone.items()} == {None: "london"}
    assert alone[None] is chosen["EMEA"]


# --- against a count by minutes ---------------------------------------------------------------

ZONES = (NEW_YORK, LONDON, "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "America/Havana", "Atlantic/Azores")
FIRST_DAYS = ("2026-02-26", "2026-03-05", "2026-03-26", "2026-04-02", "2026-06-06", "2026-10-01", "2026-10-22",
              "2026-10-29", "2026-12-22")  # fmt: skip


@st.composite
def random_calendars(draw: st.DrawFn) -> Calendar:
    """Give a calendar of some days, often over a clock change: night shifts, several windows, half days, holidays."""
    first = date.fromisoformat(draw(st.sampled_from(FIRST_DAYS)))
    last = first + timedelta(days=draw(st.integers(0, 6)))
    days = st.sampled_from([first + timedelta(days=number) for number in range(-1, (last - first).days + 2)])
    windows = [Window(weekday, *pair) for weekday in range(7) for pair in draw(hours())]
    exceptions = draw(st.dictionaries(days, st.one_of(st.just([]), hours()), max_size=3))
    return Calendar(
        id="random",
        time_zone=draw(st.sampled_from(ZONES)),
        windows=tuple(windows),
        first=first,
        last=last,
        at=HERE,
        exceptions=tuple(Exceptional(day, tuple(pairs), "other") for day, pairs in sorted(exceptions.items())),
    )


@st.composite
def hours(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Give the windows of a day in order, the last one perhaps past midnight; often with edges on clock changes."""
    edge = st.one_of(st.sampled_from([0, 60, 90, 105, 120, 150, 180, 540, 1320, 1380]), st.integers(0, 1439))
    edges = sorted(draw(st.lists(edge, max_size=4, unique=True)))
    pairs = [(edges[at], edges[at + 1]) for at in range(0, len(edges) - 1, 2)]
    if len(edges) % 2:
        pairs.append((edges[-1], draw(st.sampled_from([edges[0], 0, 30, 90, 120, 360])) + 1440))
        pairs[-1] = (edges[-1], min(pairs[-1][1], edges[-1] + 1440))
    return pairs


def open_minutes(found: Calendar) -> tuple[int, list[bool]]:
    """Give the first instant of the cover, and for each minute from there on whether it is open, by the wall clock."""
    there = zone_of(found.time_zone)
    noon = datetime(found.first.year, found.first.month, found.first.day, 12, tzinfo=UTC)
    times = [noon + timedelta(minutes=at) for at in range(-60 * 60, 1440 * (found.last - found.first).days + 60 * 60)]
    walls = [now.astimezone(there).replace(tzinfo=None) for now in times]
    minutes_of: dict[date, list[int]] = {}
    for at, wall in enumerate(walls):
        minutes_of.setdefault(wall.date(), []).append(at)
    exceptions = {one.day: one.windows for one in found.exceptions if found.first <= one.day <= found.last}
    is_open = [False] * len(walls)
    for day, here_shown in minutes_of.items():
        usual = [(one.opens, one.closes) for one in found.windows if one.weekday == day.weekday()]
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - what a wall shows has no zone
        near = [*here_shown, *minutes_of.get(day + timedelta(days=1), ())]
        for opens, closes in (*usual, *exceptions.get(day, ())):
            begins, ends = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
            shown = [at for at in near if begins <= walls[at] < ends]
            for at in range(min(shown), max(shown) + 1) if shown else ():
                here = walls[at].date()
                is_own = (opens, closes) in exceptions.get(day, ()) and here == day
                is_open[at] |= is_own or here not in exceptions
    covered = [at for at, wall in enumerate(walls) if found.first <= wall.date() <= found.last]
    return int(times[covered[0]].timestamp()), is_open[covered[0] : covered[-1] + 1]


def slow_position(first: int, is_open: Sequence[bool], instant: int) -> int:
    whole, rest = divmod(instant - first, 60)
    return 60 * sum(is_open[:whole]) + (rest if is_open[whole] else 0)


@given(st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_open_time_is_what_the_clock_on_the_wall_says(data: st.DataObject) -> None:
    found = data.draw(random_calendars())
    compiled = calendars.compiled(found)
    first, is_open = open_minutes(found)
    assert (compiled.first, compiled.after) == (first, first + 60 * len(is_open))
    instants = st.integers(first, compiled.after - 1)
    start, stop = data.draw(instants), data.draw(instants)
    counted = slow_position(first, is_open, stop) - slow_position(first, is_open, start)
    assert compiled.between(start, stop) == max(counted, 0)
    seconds = data.draw(st.integers(0, 40_000))
    assert compiled.due(start, seconds) == slow_due(compiled, is_open, start, seconds)
    shown = compiled.segments(start, stop)
    assert sum(one.seconds for one in shown if isinstance(one, Segment)) == max(counted, 0)


def slow_due(found: OpenTime, is_open: Sequence[bool], start: int, seconds: int) -> int | None:
    """Walk from the start, by minutes and then by seconds, until enough time has passed."""
    left, now = seconds, start
    while left:
        if now >= found.after:
            return None
        until = min(found.first + 60 * ((now - found.first) // 60 + 1), found.after)
        if is_open[(now - found.first) // 60]:
            until = min(until, now + left)
            left -= until - now
        now = until
    return now


@given(random_calendars())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_slots_say_the_same_as_positions_at_every_second_that_matters(found: Calendar) -> None:
    compiled = calendars.compiled(found)
    slots = compiled.slots()
    assert slots.first == compiled.first
    assert slots.step == compiled.step()
    assert len(slots.values) * slots.step == compiled.after - compiled.first
    edges = {compiled.first, compiled.after, *compiled.opens, *compiled.closes}
    near = {edge + shift for edge in edges for shift in (-1, 0, 1)}
    steps = {slots.first + slots.step * number + slots.step // 2 for number in range(len(slots.values))}
    for instant in near | steps:
        if compiled.first <= instant < compiled.after:
            value = slots.values[(instant - slots.first) // slots.step]
            rest = (instant - slots.first) % slots.step if value & 1 else 0
            assert (value >> 1) + rest == compiled.position(instant)


@given(random_calendars())
@settings(max_examples=80, deadline=None)
def test_intervals_are_in_order_and_do_not_touch(found: Calendar) -> None:
    compiled = calendars.compiled(found)
    edges = [edge for pair in zip(compiled.opens, compiled.closes, strict=True) for edge in pair]
    assert edges == sorted(set(edges))
    assert all(compiled.first <= edge <= compiled.after for edge in edges)
    lengths = [closes - opens for opens, closes in zip(compiled.opens, compiled.closes, strict=True)]
    assert list(compiled.before) == [sum(lengths[:number]) for number in range(len(lengths))]


# --- the page ---------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "business-time.md").read_text("utf-8")
LINES = re.findall(r"^\| `(\w+)` \| (\w{3} [^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def on_the_page() -> dict[str, Calendar]:
    """Give the calendars that the page shows."""
    block = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    contract = parse.parse(samples.merged(block[1])).contract
    assert contract is not None
    return {name: one for name, one in contract.calendars.items() if isinstance(one, Calendar)}


def on_a_weekday(text: str) -> int:
    """Give the instant of `Fri 2026-06-05 16:00`, after the day was found to be a Friday."""
    weekday, _, moment = text.strip().partition(" ")
    assert datetime.fromisoformat(moment).strftime("%a") == weekday
    return at(moment)


@pytest.mark.parametrize(("name", "first", "second", "third"), LINES, ids=[" ".join(line[:3]) for line in LINES])
def test_every_line_of_the_page_comes_out(
    name: str, first: str, second: str, third: str, on_the_page: dict[str, Calendar]
) -> None:
    found = calendars.compiled(on_the_page[name])
    start = on_a_weekday(first)
    if ":" in second:
        assert found.between(start, on_a_weekday(second)) == hms(third)
    else:
        seconds = calendars.needed(nodes.duration(second.strip()), found)
        assert seconds is not None
        ends = found.due(start, seconds) if "business" in second else start + seconds
        assert ends == on_a_weekday(third)


def test_the_page_has_every_policy() -> None:
    assert re.findall(r"^## (P\d+)\. ", PAGE, re.MULTILINE) == [f"P{number}" for number in range(1, 12)]
    assert len(LINES) >= 25
