"""Offsets and local days against the standard library, over every zone of the packaged database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slacli.core import zones

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (zones.FIRST_YEAR, zones.LAST_YEAR))
ZONES = st.sampled_from(zones.names())


def by_the_library(name: str, instant: int) -> int:
    offset = (EPOCH + timedelta(seconds=instant)).astimezone(zones.zone(name)).utcoffset()
    assert offset is not None
    return instant + int(offset.total_seconds())


@given(ZONES, st.integers(FIRST, LAST))
def test_every_instant_has_the_local_time_that_the_library_gives(name: str, instant: int) -> None:
    assert zones.offsets(name).local(instant) == by_the_library(name, instant)


@given(ZONES, st.data())
def test_every_change_lies_at_its_exact_second(name: str, data: st.DataObject) -> None:
    there = zones.offsets(name)
    if not there.instants:
        return
    at = data.draw(st.sampled_from(there.instants))
    for instant in (at - 1, at, at + 1):
        assert there.local(instant) == by_the_library(name, instant)
    assert there.local(at) != there.local(at - 1) + 1


@given(ZONES, st.integers(FIRST, LAST - 400 * zones.DAY), st.integers(1, 399))
def test_a_year_holds_no_change_that_was_not_found(name: str, start: int, days: int) -> None:
    there = zones.offsets(name)
    left, right = start, start + days * zones.DAY
    offsets = {there.local(at) - at for at in range(left, right, zones.DAY // 2)}
    assert offsets == {by_the_library(name, at) - at for at in range(left, right, zones.DAY // 2)}


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Atlantic/Azores", date(2026, 10, 24), 24),
        ("Atlantic/Azores", date(2026, 10, 25), 25),
        ("America/Havana", date(2020, 10, 31), 24),
        ("America/Havana", date(2020, 11, 1), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
    ],
)
def test_a_local_day_has_the_hours_that_its_clock_shows(name: str, day: date, hours: int) -> None:
    first, after = zones.day_bounds(day, name)
    assert after - first == hours * 3600


@given(ZONES, st.dates(date(1901, 1, 1), date(2198, 12, 30)))
@example("Atlantic/Azores", date(2026, 10, 24))
@example("America/Havana", date(2020, 10, 31))
def test_each_local_day_begins_where_the_one_before_ends(name: str, day: date) -> None:
    first, after = zones.day_bounds(day, name)
    following, _ = zones.day_bounds(day + timedelta(days=1), name)
    there = zones.offsets(name)
    number = (day - zones.EPOCH).days
    # A date that a zone left out has no second of its own.
    if there.local(first) // zones.DAY == number:
        assert there.local(first - 1) // zones.DAY < number
        assert there.local(after - 1) // zones.DAY == number
        assert following >= after
