"""The oracle for clocks, proven by cases that were worked out by hand: it cannot be trusted to prove anything else."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Literal

import commands
import pytest
from clock_reference import (
    BY_SILENCE,
    LATE,
    LEFT_OUT,
    MET,
    NOT_STARTED,
    OPEN,
    SUPERSEDED,
    UNCLEAR,
    Agreement,
    Attempts,
    Calendar,
    Child,
    Choice,
    Clock,
    Counts,
    Duty,
    Episode,
    Event,
    Follows,
    Lifecycle,
    Move,
    Row,
    Stage,
    Tier,
    Time,
    Volume,
    Windows,
    Within,
    allowed,
    bounds,
    by_period,
    counts,
    due,
    exact,
    faults,
    instants,
    judged,
    local,
    open_seconds,
    period,
    position,
    read,
)
from clock_strategies import FAMILIES, Case, Family, cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import Odd, World

NEW_YORK, LONDON = "America/New_York", "Europe/London"
HOUR = 3600
BLANK, UNREADABLE = Odd("blank"), Odd("unreadable")


def at(text: str, zone: str = NEW_YORK) -> int:
    """Give the instant of an ISO time, local to New York unless it has an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        return int(moment.timestamp())
    (found,) = instants(moment, zone)
    return found


def wall(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Give what a clock on the wall shows."""
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001


def time(text: str, zone: str = NEW_YORK) -> Time:
    return exact(at(text, zone), zone)


# --- calendars of the worked cases ------------------------------------------------------------

Week = tuple[Windows, Windows, Windows, Windows, Windows, Windows, Windows]
NINE_TO_FIVE: Windows = ((540, 1020),)
DAY_AND_NIGHT: Windows = ((0, 1440),)
SHIFT: Windows = ((1320, 1800),)
SPLIT: Windows = ((540, 720), (780, 1020))


def weekdays(windows: Windows) -> Week:
    return windows, windows, windows, windows, windows, (), ()


def closed(*days: str) -> tuple[tuple[date, Windows], ...]:
    return tuple((date.fromisoformat(day), ()) for day in days)


HALF_DAY = ((date(2026, 12, 24), ((540, 780),)),)
NY_DAYS = closed("2026-07-03", "2026-11-26", "2026-12-25") + HALF_DAY
SATURDAY: Week = ((), (), (), (), (), SHIFT, ())
ANY = date(2026, 1, 1)
CALENDARS = {
    "NY": Calendar(NEW_YORK, weekdays(NINE_TO_FIVE), ANY, ANY, NY_DAYS, 8 * HOUR),
    "LON": Calendar(LONDON, weekdays(NINE_TO_FIVE), ANY, ANY, closed("2026-04-03", "2026-04-06"), 8 * HOUR),
    "NY24": Calendar(NEW_YORK, (DAY_AND_NIGHT,) * 7, ANY, ANY),
    "LON24": Calendar(LONDON, (DAY_AND_NIGHT,) * 7, ANY, ANY),
    "NIGHT": Calendar(NEW_YORK, weekdays(SHIFT), ANY, ANY, closed("2026-11-26")),
    "SATN": Calendar(NEW_YORK, SATURDAY, ANY, ANY),
    "SATL": Calendar(LONDON, SATURDAY, ANY, ANY),
    "LUNCH": Calendar(NEW_YORK, weekdays(SPLIT), ANY, ANY),
    "FIXED": Calendar("Etc/GMT+5", weekdays(NINE_TO_FIVE), ANY, ANY),
}


def about(name: str, instant: int) -> Calendar:
    """Give a calendar over the days around an instant: every minute that it covers is looked at."""
    calendar = CALENDARS[name]
    day = local(instant, calendar.zone).date()
    return replace(calendar, first=day - timedelta(days=2), last=day + timedelta(days=8))


# --- judging one record -----------------------------------------------------------------------

STARTED, ANSWERED = Event("field", "started"), Event("field", "answered")
STAGES = {name: Stage(name) for name in ("new", "mql", "sal", "hold")}
FIELDS = ("started", "answered", "entered", "other", "source", "region")
TOUCH = World({"kind": False, "by": False}, terms={"touch": (1, ("by <> 'robot'",))})


@dataclass(frozen=True)
class Small:
    """An agreement over one kind of record, with what differs from case to case."""

    calendars: Mapping[str, Calendar | Choice]
    keeps: Mapping[str, Literal["first", "latest"]]
    history: bool = False
    entered: str | None = None

    @property
    def agreement(self) -> Agreement:
        stages = STAGES | {"sal": Stage("sal", entered=self.entered)}
        return Agreement(
            NEW_YORK,
            World(dict.fromkeys(FIELDS, False)),
            "created",
            self.calendars,
            self.keeps,
            TOUCH,
            Lifecycle(stages),
            self.history,
        )


def judge(
    clock: Clock | Attempts,
    values: Mapping[str, object],
    as_of: str,
    *,
    calendars: Mapping[str, Calendar | Choice] | None = None,
    keeps: Mapping[str, Literal["first", "latest"]] | None = None,
    entered: str | None = None,
    moves: Sequence[Move] | None = None,
    children: Sequence[Child] = (),
    where: str | None = None,
    held: str | None = None,
) -> list[Episode]:
    """Judge one record: its values, children and, where a history is at hand, its moves."""
    small = Small(calendars or {}, keeps or {}, moves is not None, entered)
    row = Row("R", values, tuple(children), tuple(moves or ()))
    duty = Duty("duty", clock, None, where)
    return judged(small.agreement, duty, [row], at(as_of), at(held) if held else None)


def clock(within: Within, calendar: str | None = None, *stops: Event) -> Clock:
    return Clock((STARTED,), stops or (ANSWERED,), (Tier("all", within),), calendar)


def hours(amount: int) -> Within:
    return Within(amount, "hours", "business")


def outcome(
    within: Within, start: object, stop: object, as_of: str = "2026-12-31T12:00", calendar: str | None = None
) -> Episode:
    """Judge a start and an answer by a calendar of the worked cases."""
    when = start.low if isinstance(start, Time) else at(as_of)
    calendars = {calendar: about(calendar, when)} if calendar else None
    (found,) = judge(clock(within, calendar), {"started": start, "answered": stop}, as_of, calendars=calendars)
    return found


# --- D01 to D38 -------------------------------------------------------------------------------

WORKED = [
    # case, calendar, start, stop, target in hours, business time, due, verdict
    ("D01", "NY", "2026-06-09T10:00", "2026-06-09T12:30", 4, "2:30:00", "2026-06-09T14:00", MET),
    ("D02", "NY", "2026-06-05T16:00", "2026-06-08T11:59", 4, "3:59:00", "2026-06-08T12:00", MET),
    ("D03", "NY", "2026-06-05T16:00", "2026-06-08T12:00:00", 4, "4:00:00", "2026-06-08T12:00", MET),
    ("D03 late", "NY", "2026-06-05T16:00", "2026-06-08T12:00:01", 4, "4:00:01", "2026-06-08T12:00", LATE),
    ("D04", "NY", "2026-06-06T11:00", "2026-06-08T10:00", 4, "1:00:00", "2026-06-08T13:00", MET),
    ("D05", "NY", "2026-06-05T17:00", "2026-06-08T09:00", 4, "0:00:00", "2026-06-08T13:00", MET),
    ("D06", "NY", "2026-06-08T06:00", "2026-06-08T08:30", 4, "0:00:00", "2026-06-08T13:00", MET),
    ("D07", "NY", "2026-06-06T11:00", "2026-06-07T20:00", 4, "0:00:00", "2026-06-08T13:00", MET),
    ("D08", "NY", "2026-06-09T15:00", "2026-06-09T20:00", 4, "2:00:00", "2026-06-10T11:00", MET),
    ("D09", "NY", "2026-06-09T11:00", "2026-06-09T20:00", 4, "6:00:00", "2026-06-09T15:00", LATE),
    ("D11", "NY", "2026-06-09T10:00", "2026-06-09T10:00", 0, "0:00:00", "2026-06-09T10:00", MET),
    ("D12", "NY", "2026-06-06T10:00", "2026-06-06T10:00", 0, "0:00:00", "2026-06-06T10:00", MET),
    ("D13", "NY", "2026-06-09T16:59:30", "2026-06-10T09:00:30", 4, "0:01:00", "2026-06-10T12:59:30", MET),
    ("D14", "NY", "2026-07-02T16:00", "2026-07-06T11:00", 4, "3:00:00", "2026-07-06T12:00", MET),
    ("D15", "NY", "2026-12-24T11:00", "2026-12-28T11:00", 4, "4:00:00", "2026-12-28T11:00", MET),
    ("D16", "NY", "2026-12-24T14:00", "2026-12-28T09:30", 4, "0:30:00", "2026-12-28T13:00", MET),
    ("D17", "LON", "2026-04-02T16:30+01:00", "2026-04-07T10:00+01:00", 4, "1:30:00", "2026-04-07T12:30+01:00", MET),
    ("D18", "LUNCH", "2026-06-09T11:30", "2026-06-09T13:30", 1, "1:00:00", "2026-06-09T13:30", MET),
    ("D19", "NY24", "2026-03-08T01:30-05:00", "2026-03-08T03:30-04:00", 4, "1:00:00", "2026-03-08T06:30-04:00", MET),
    ("D20", "NY24", "2026-11-01T00:30-04:00", "2026-11-01T02:30-05:00", 4, "3:00:00", "2026-11-01T03:30-05:00", MET),
    ("D23", "LON24", "2026-03-29T00:30+00:00", "2026-03-29T02:30+01:00", 4, "1:00:00", "2026-03-29T05:30+01:00", MET),
    ("D24", "LON24", "2026-10-25T00:30+01:00", "2026-10-25T02:30+00:00", 4, "3:00:00", "2026-10-25T03:30+00:00", MET),
    ("D25", "NY", "2026-03-06T16:00", "2026-03-09T10:00", 4, "2:00:00", "2026-03-09T12:00", MET),
    ("D26", "LON", "2026-10-23T16:00+01:00", "2026-10-26T10:00+00:00", 4, "2:00:00", "2026-10-26T12:00+00:00", MET),
    ("D27", "SATN", "2026-03-07T22:00", "2026-03-08T06:00", 4, "7:00:00", "2026-03-08T03:00-04:00", LATE),
    ("D27 London", "SATL", "2026-03-28T22:00Z", "2026-03-29T05:00Z", 4, "7:00:00", "2026-03-29T03:00+01:00", LATE),
    ("D28", "SATN", "2026-10-31T22:00", "2026-11-01T06:00", 4, "9:00:00", "2026-11-01T01:00-05:00", LATE),
    ("D28 London", "SATL", "2026-10-24T21:00Z", "2026-10-25T06:00Z", 4, "9:00:00", "2026-10-25T01:00+00:00", LATE),
    ("D29", "NIGHT", "2026-06-08T23:00", "2026-06-09T05:00", 8, "6:00:00", "2026-06-09T23:00", MET),
    ("D30", "NIGHT", "2026-06-12T23:30", "2026-06-13T05:30", 8, "6:00:00", "2026-06-15T23:30", MET),
    ("D31, P2", "NIGHT", "2026-11-25T23:00", "2026-11-26T05:00", 8, "1:00:00", "2026-11-27T23:00", MET),
    ("D33", "NY", "2026-06-08T12:30Z", "2026-06-08T14:00Z", 4, "1:00:00", "2026-06-08T13:00-04:00", MET),
    ("D33 misread", "NY", "2026-06-08T12:30", "2026-06-08T14:00", 4, "1:30:00", "2026-06-08T16:30", MET),
    ("D35 right", "NY", "2026-06-08T09:30", "2026-06-08T10:30", 4, "1:00:00", "2026-06-08T13:30", MET),
    ("D35 wrong", "FIXED", "2026-06-08T09:30", "2026-06-08T10:30", 4, "0:30:00", "2026-06-08T14:00", MET),
]


@pytest.mark.parametrize(
    ("name", "start", "stop", "target", "business", "end", "verdict"),
    [case[1:] for case in WORKED],
    ids=[case[0] for case in WORKED],
)
def test_worked_cases(name: str, start: str, stop: str, target: int, business: str, end: str, verdict: str) -> None:
    begun, ended = at(start), at(stop)
    calendar = about(name, begun)
    passed = open_seconds(calendar, begun, ended)
    assert passed is not None
    assert str(timedelta(seconds=passed)) == business
    assert due(calendar, begun, target * HOUR) == at(end)
    found = outcome(hours(target), exact(begun, NEW_YORK), exact(ended, NEW_YORK), calendar=name)
    assert (found.outcome, found.elapsed) == (verdict, (passed, passed))


@pytest.mark.parametrize(
    ("name", "start", "target", "end"),
    [
        pytest.param("NY", "2026-06-08T09:00", 8, "2026-06-08T17:00", id="D10"),
        pytest.param("NY24", "2026-03-07T12:00", 24, "2026-03-08T13:00-04:00", id="D21"),
        pytest.param("NY24", "2026-10-31T12:00", 24, "2026-11-01T11:00-05:00", id="D22"),
        pytest.param("NY", "2026-03-16T13:00Z", 4, "2026-03-16T17:00Z", id="D34 New York"),
        pytest.param("LON", "2026-03-16T13:00Z", 4, "2026-03-16T17:00Z", id="D34 London"),
    ],
)
def test_worked_ends(name: str, start: str, target: int, end: str) -> None:
    assert due(about(name, at(start)), at(start), target * HOUR) == at(end)


def test_d32_and_p7_the_calendar_of_the_start_counts() -> None:
    start, moved, stop = (at(f"2026-06-08T{hour}+01:00") for hour in ("09:00", "16:00", "17:00"))
    calendars: dict[str, Calendar | Choice] = {
        "NY": about("NY", start),
        "LON": about("LON", start),
        "local": Choice("region", (("EMEA", "LON"),), "NY"),
    }
    new_york, london = about("NY", start), about("LON", start)
    values = {"started": exact(start, NEW_YORK), "answered": exact(stop, NEW_YORK)}
    by_region = {
        region: judge(clock(hours(4), "local"), {**values, "region": region}, "2026-06-09T12:00", calendars=calendars)
        for region in ("EMEA", "AMER")
    }
    assert [(one.outcome, one.elapsed) for one in by_region["EMEA"]] == [(LATE, (8 * HOUR, 8 * HOUR))]
    # What the other policies would have said: the last calendar, the sum per owner, a restart.
    assert [(one.outcome, one.elapsed) for one in by_region["AMER"]] == [(MET, (3 * HOUR, 3 * HOUR))]
    parts = [open_seconds(london, start, moved), open_seconds(new_york, moved, stop)]
    assert parts == [7 * HOUR, HOUR]
    # A region that is not known may be either: it is decided where both say the same.
    unknown = {**values, "region": BLANK}
    (either,) = judge(clock(hours(4), "local"), unknown, "2026-06-09T12:00", calendars=calendars)
    (both,) = judge(clock(hours(8), "local"), unknown, "2026-06-09T12:00", calendars=calendars)
    assert (either.outcome, both.outcome) == (UNCLEAR, MET)


def test_d36_and_p8_a_pause_that_history_proves_does_not_count() -> None:
    paused = replace(clock(hours(4), "NY"), starts=(Event("entering", "mql"),), pauses=("hold",))
    moves = [
        Move(time("2026-06-08T09:00"), None, "new"),
        Move(time("2026-06-09T10:00"), "new", "mql"),
        Move(time("2026-06-09T12:00"), "mql", "hold"),
        Move(time("2026-06-10T10:00"), "hold", "mql"),
    ]
    calendars = {"NY": about("NY", at("2026-06-09T10:00"))}
    stop = {"answered": time("2026-06-10T11:30")}
    # The return from the pause is an entry too, which starts a run of its own; a plain field answers both.
    first, second = judge(paused, stop, "2026-06-11T12:00", calendars=calendars, moves=moves)
    assert (first.outcome, first.elapsed) == (MET, (3.5 * HOUR, 3.5 * HOUR))
    assert (second.outcome, second.elapsed) == (MET, (1.5 * HOUR, 1.5 * HOUR))
    # A pause outside hours costs nothing.
    moves[2:] = [
        Move(time("2026-06-09T18:00"), "mql", "hold"),
        Move(time("2026-06-10T08:00"), "hold", "new"),
    ]
    (found,) = judge(paused, stop, "2026-06-11T12:00", calendars=calendars, moves=moves)
    assert (found.outcome, found.elapsed) == (LATE, (9.5 * HOUR, 9.5 * HOUR))


def test_d37_and_p10_an_open_clock() -> None:
    start = time("2026-06-05T16:00")
    found = {
        as_of: outcome(hours(4), start, BLANK, as_of, "NY")
        for as_of in ("2026-06-08T10:00", "2026-06-08T12:00:00", "2026-06-08T12:00:01")
    }
    assert [one.outcome for one in found.values()] == [OPEN, OPEN, LATE]
    assert found["2026-06-08T10:00"].elapsed == (2 * HOUR, 2 * HOUR)


def test_d38_and_p9_days_alone() -> None:
    friday, monday = (read(wall(2026, 6, day), "day", NEW_YORK, NEW_YORK) for day in (5, 8))
    found = outcome(hours(8), friday, monday, calendar="NY")
    assert (found.outcome, found.elapsed) == (UNCLEAR, (0, 16 * HOUR))
    same = outcome(hours(8), friday, friday, calendar="NY")
    assert (same.outcome, same.elapsed) == (MET, (0, 8 * HOUR))


# --- policies ---------------------------------------------------------------------------------


def test_p1_an_answer_before_the_start_is_met_at_once() -> None:
    found = outcome(hours(4), time("2026-06-09T10:00"), time("2026-06-08T10:00"), calendar="NY")
    assert (found.outcome, found.elapsed) == (MET, (0, 0))


def test_p1_is_not_for_stages_and_children() -> None:
    values = {"started": time("2026-06-09T10:00"), "entered": time("2026-06-08T10:00"), "answered": BLANK}
    minutes = Within(30, "minutes")
    field = replace(clock(minutes), stops=(Event("field", "entered"),))
    stage = replace(clock(minutes), stops=(Event("entering", "sal"),))
    child = replace(clock(minutes), stops=(Event("term", "touch"),))
    early = [Child(time("2026-06-08T10:00"), {"by": "ann"})]
    as_of = "2026-06-09T10:10"
    assert [one.outcome for one in judge(field, values, as_of)] == [MET]
    assert [one.outcome for one in judge(field, values, as_of, entered="entered")] == [OPEN]
    assert [one.outcome for one in judge(stage, values, as_of, entered="entered")] == [OPEN]
    assert [one.outcome for one in judge(child, values, as_of, children=early)] == [OPEN]
    at_once = [Child(time("2026-06-09T10:00"), {"by": "ann"})]
    assert [one.outcome for one in judge(child, values, as_of, children=at_once)] == [MET]


def test_p3_the_reading_that_keeps_the_order() -> None:
    start, stop = (read(wall(2026, 11, 1, 1, minute), "second", NEW_YORK, NEW_YORK) for minute in (45, 15))
    assert len(start.readings) == len(stop.readings) == 2
    half = outcome(Within(30, "minutes"), start, stop)
    assert (half.outcome, half.elapsed) == (MET, (1800, 1800))
    # The other way round more than one reading keeps it: then each is the whole range.
    riddle = outcome(Within(60, "minutes"), stop, start)
    assert (riddle.outcome, riddle.elapsed) == (UNCLEAR, (0, 5400))
    assert outcome(Within(90, "minutes"), stop, start).outcome == MET
    # A stop between the two readings can only belong to the first.
    between = outcome(Within(30, "minutes"), stop, time("2026-11-01T01:40-04:00"))
    assert (between.outcome, between.elapsed) == (MET, (1500, 1500))
    # One at the very second of the later reading may belong to either.
    both = outcome(Within(30, "minutes"), stop, time("2026-11-01T01:15-05:00"))
    assert (both.outcome, both.elapsed) == (UNCLEAR, (0, 3600))


def test_p4_a_time_that_never_was_moves_forward() -> None:
    assert instants(wall(2026, 3, 8, 2, 30), NEW_YORK) == (at("2026-03-08T07:30Z"),)
    assert instants(wall(2026, 3, 29, 1, 30), LONDON) == (at("2026-03-29T01:30Z"),)


def test_p5_a_business_day_is_so_many_open_hours() -> None:
    day = Within(1, "days", "business")
    for start, end in (
        ("2026-06-05T15:00", "2026-06-08T15:00"),
        ("2026-06-06T11:00", "2026-06-08T17:00"),
        ("2026-12-23T15:00", "2026-12-28T11:00"),
    ):
        calendar = about("NY", at(start))
        length = allowed(day, calendar)
        assert length == 8 * HOUR
        assert due(calendar, at(start), length) == at(end)
    assert allowed(day, CALENDARS["NIGHT"]) is None
    assert outcome(day, time("2026-06-09T10:00"), time("2026-06-09T11:00"), calendar="NIGHT").outcome == UNCLEAR


def test_p9_minutes_prove_no_five_minutes() -> None:
    start = read(wall(2026, 6, 9, 10, 0), "minute", NEW_YORK, NEW_YORK)
    five = Within(5, "minutes")
    found = [
        outcome(five, start, read(wall(2026, 6, 9, 10, minute), "minute", NEW_YORK, NEW_YORK)) for minute in (4, 5, 6)
    ]
    assert [one.outcome for one in found] == [MET, UNCLEAR, LATE]
    assert [one.elapsed for one in found] == [(181, 299), (241, 359), (301, 419)]


def test_p11_closed_time_after_the_full_time_is_free() -> None:
    start, evening = time("2026-06-08T09:00"), time("2026-06-08T20:00")
    assert due(about("NY", start.low), start.low, 8 * HOUR) == at("2026-06-08T17:00")
    found = outcome(hours(8), start, evening, calendar="NY")
    assert (found.outcome, found.elapsed) == (MET, (8 * HOUR, 8 * HOUR))
    # So it can still be met then, and is open; one second of the next morning ends that.
    unanswered = [outcome(hours(8), start, BLANK, as_of, "NY").outcome for as_of in (
        "2026-06-08T20:00", "2026-06-09T09:00:00", "2026-06-09T09:00:01")]  # fmt: skip
    assert unanswered == [OPEN, OPEN, LATE]


def test_calendar_days_are_local_dates() -> None:
    two = Within(2, "days", "calendar")
    start = time("2026-06-05T00:01")
    late_evening, after_midnight = time("2026-06-07T23:59:59"), time("2026-06-08T00:00")
    assert [outcome(two, start, stop).outcome for stop in (late_evening, after_midnight)] == [MET, LATE]
    assert outcome(two, start, BLANK, "2026-06-07T23:59:59").outcome == OPEN
    assert outcome(two, start, BLANK, "2026-06-08T00:00").outcome == LATE
    # A wall day is 24 hours, also where the night has 23.
    day = Within(1, "days")
    assert outcome(day, time("2026-03-07T12:00"), time("2026-03-08T13:00")).outcome == MET
    assert outcome(day, time("2026-03-07T12:00"), time("2026-03-08T13:00:01")).outcome == LATE


# --- calendars --------------------------------------------------------------------------------


def test_edges_within_a_change_of_clocks() -> None:
    week: Week = (((75, 135),),) * 7
    calendar = Calendar(NEW_YORK, week, date(2026, 10, 30), date(2026, 11, 3))
    # 01:15 to 02:15: from the first 01:15 on, through both passes of the hour.
    assert open_seconds(calendar, at("2026-11-01T00:00"), at("2026-11-01T06:00")) == 2 * HOUR
    spring = replace(calendar, first=date(2026, 3, 6), last=date(2026, 3, 10))
    # 02:15 does not happen: the window ends where the clocks jump.
    assert open_seconds(spring, at("2026-03-08T00:00"), at("2026-03-08T06:00")) == 45 * 60
    assert open_seconds(spring, at("2026-03-09T00:00"), at("2026-03-09T06:00")) == HOUR


def test_an_exception_empties_its_date_and_then_opens_its_own_windows() -> None:
    days = ((date(2026, 6, 10), ((600, 660),)),)
    night = Calendar(NEW_YORK, weekdays(SHIFT), date(2026, 6, 7), date(2026, 6, 14), days)
    # On an exception nothing is open that an exception of the day before would bring.
    late = Calendar(
        NEW_YORK, weekdays(()), date(2026, 6, 7), date(2026, 6, 14),
        ((date(2026, 6, 10), ()), (date(2026, 6, 9), SHIFT), (date(2026, 6, 11), SHIFT)),
    )  # fmt: skip
    assert open_seconds(late, at("2026-06-09T00:00"), at("2026-06-11T00:00")) == 2 * HOUR
    assert open_seconds(late, at("2026-06-11T00:00"), at("2026-06-13T00:00")) == 8 * HOUR
    # Tuesday's shift ends at midnight, an hour is open on Wednesday, Wednesday's own shift begins not before midnight.
    between = [("2026-06-09T20:00", "2026-06-10T00:00", 2), ("2026-06-10T00:00", "2026-06-11T00:00", 1),
               ("2026-06-11T00:00", "2026-06-11T12:00", 6)]  # fmt: skip
    for start, stop, expected in between:
        assert open_seconds(night, at(start), at(stop)) == expected * HOUR


def test_nothing_is_said_outside_the_days_that_are_covered() -> None:
    calendar = replace(CALENDARS["NY"], first=date(2026, 6, 8), last=date(2026, 6, 9))
    assert position(calendar, at("2026-06-07T23:59:59")) is None
    assert position(calendar, at("2026-06-08T00:00")) == 0
    assert position(calendar, at("2026-06-09T23:59:59")) == 16 * HOUR
    assert position(calendar, at("2026-06-10T00:00")) == 16 * HOUR
    assert position(calendar, at("2026-06-10T00:00:01")) is None
    assert due(calendar, at("2026-06-09T16:00"), 4 * HOUR) is None
    values = {"started": time("2026-06-05T16:00"), "answered": time("2026-06-08T10:00")}
    found = judge(clock(hours(4), "NY"), values, "2026-06-08T12:00", calendars={"NY": calendar})
    assert [one.outcome for one in found] == [UNCLEAR]


@settings(max_examples=60)
@given(st.sampled_from(sorted(CALENDARS)), st.integers(0, 6 * 86_400), st.integers(0, 12 * HOUR))
def test_due_is_the_first_moment_with_so_much_behind_it(name: str, after: int, seconds: int) -> None:
    calendar = about(name, at("2026-11-01T12:00"))
    start = at("2026-10-30T12:00") + after
    end = due(calendar, start, seconds)
    if end is None:
        last = at("2026-11-09T23:59:59", calendar.zone)
        assert (open_seconds(calendar, start, last) or 0) < seconds
    else:
        assert open_seconds(calendar, start, end) == seconds
        assert end == start or (open_seconds(calendar, start, end - 1) or 0) < seconds


# --- starts and stops -------------------------------------------------------------------------

TEN = "2026-06-09T10:00"
TWO_HOURS = Within(2, "hours")


def test_the_first_start_that_is_filled() -> None:
    either = replace(clock(TWO_HOURS), starts=(STARTED, Event("field", "other")))
    answered = {"answered": time("2026-06-09T12:30")}
    second = time("2026-06-09T11:00")
    found = [
        judge(either, {**answered, "started": start, "other": second}, "2026-06-10T12:00")[0]
        for start in (time(TEN), BLANK, UNREADABLE)
    ]
    assert [one.outcome for one in found] == [LATE, MET, UNCLEAR]
    (nothing,) = judge(either, {"started": BLANK, "other": BLANK}, "2026-06-10T12:00")
    assert nothing.outcome == NOT_STARTED


def test_the_earliest_stop() -> None:
    stops = (ANSWERED, Event("field", "other"))
    values = {"started": time(TEN), "answered": time("2026-06-09T13:00"), "other": time("2026-06-09T11:00")}
    (found,) = judge(clock(TWO_HOURS, None, *stops), values, "2026-06-10T12:00")
    assert (found.outcome, found.elapsed) == (MET, (HOUR, HOUR))


@pytest.mark.parametrize(
    ("stop", "other", "as_of", "expected"),
    [
        (UNREADABLE, BLANK, "2026-06-09T11:00", UNCLEAR),
        (UNREADABLE, BLANK, "2026-06-10T11:00", UNCLEAR),
        (UNREADABLE, "2026-06-09T11:00", "2026-06-10T11:00", MET),
        (UNREADABLE, "2026-06-09T13:00", "2026-06-10T11:00", UNCLEAR),
        (BLANK, BLANK, "2026-06-10T11:00", LATE),
    ],
)
def test_an_unreadable_stop_is_not_one_that_did_not_happen(
    stop: Odd, other: str | Odd, as_of: str, expected: str
) -> None:
    stops = (ANSWERED, Event("field", "other"))
    values = {"started": time(TEN), "answered": stop, "other": time(other) if isinstance(other, str) else other}
    (found,) = judge(clock(TWO_HOURS, None, *stops), values, as_of)
    assert found.outcome == expected


def test_a_child_that_may_count_makes_unclear_what_it_could_change() -> None:
    touched = clock(TWO_HOURS, None, Event("term", "touch"))
    values = {"started": time(TEN)}

    def found(when: str, *others: str) -> str:
        children = [Child(time(when), {"by": BLANK}), *(Child(time(other), {"by": "ann"}) for other in others)]
        return judge(touched, values, "2026-06-10T12:00", children=children)[0].outcome

    assert found("2026-06-09T11:00") == UNCLEAR
    assert found("2026-06-09T11:00", "2026-06-09T11:30") == MET
    assert found("2026-06-09T13:00") == LATE
    assert found("2026-06-09T11:00", "2026-06-09T13:00") == UNCLEAR
    (robot,) = judge(touched, values, "2026-06-10T12:00", children=[Child(time(TEN), {"by": "robot"})])
    assert robot.outcome == LATE


def test_a_coarse_child_may_have_come_before_the_start() -> None:
    touched = clock(TWO_HOURS, None, Event("term", "touch"))
    day = read(wall(2026, 6, 9), "day", NEW_YORK, NEW_YORK)
    (found,) = judge(touched, {"started": time(TEN)}, "2026-06-10T12:00", children=[Child(day, {"by": "ann"})])
    assert (found.outcome, set(found.possible)) == (UNCLEAR, {MET, LATE})


KEPT = [
    # keeps, is the field a stage's, stop, outcome
    ("latest", False, "2026-06-09T11:00", MET),
    ("latest", False, "2026-06-09T13:00", UNCLEAR),
    ("latest", False, "2026-06-09T09:00", MET),
    ("latest", True, "2026-06-09T09:00", LATE),
    ("latest", True, "2026-06-09T13:00", UNCLEAR),
    ("first", False, "2026-06-09T11:00", MET),
    ("first", False, "2026-06-09T13:00", LATE),
    ("first", False, "2026-06-09T09:00", UNCLEAR),
    ("first", True, "2026-06-09T09:00", UNCLEAR),
]


@pytest.mark.parametrize(("keeps", "is_stage", "stop", "expected"), KEPT)
def test_what_the_crm_keeps(keeps: Literal["first", "latest"], is_stage: bool, stop: str, expected: str) -> None:
    values = {"started": time(TEN), "answered": time(stop)}
    stage = "answered" if is_stage else None
    (found,) = judge(clock(TWO_HOURS), values, "2026-06-10T12:00", keeps={"answered": keeps}, entered=stage)
    assert found.outcome == expected


def test_silence_that_is_accepted_is_counted_apart() -> None:
    kind = replace(clock(TWO_HOURS), silence="accepted")

    def found(stop: object, as_of: str) -> str:
        return judge(kind, {"started": time(TEN), "answered": stop}, as_of)[0].outcome

    assert found(BLANK, "2026-06-09T11:00") == OPEN
    assert found(BLANK, "2026-06-10T12:00") == BY_SILENCE
    assert found(time("2026-06-09T13:00"), "2026-06-10T12:00") == LATE
    assert found(time("2026-06-09T11:00"), "2026-06-10T12:00") == MET


def test_a_pause_without_a_history_makes_late_unclear() -> None:
    kind = replace(clock(TWO_HOURS), pauses=("hold",))

    def found(stop: object, as_of: str = "2026-06-10T12:00") -> frozenset[str]:
        return judge(kind, {"started": time(TEN), "answered": stop}, as_of)[0].possible

    assert found(time("2026-06-09T11:00")) == {MET}
    assert found(time("2026-06-09T13:00")) == {MET, LATE}
    assert found(BLANK) == {OPEN, LATE}
    assert found(BLANK, "2026-06-09T11:00") == {OPEN}


def test_an_export_that_ends_before_the_time_is_up_proves_no_lateness() -> None:
    values = {"started": time(TEN), "answered": BLANK}

    def found(held: str | None, as_of: str = "2026-06-10T12:00") -> str:
        return judge(clock(TWO_HOURS), values, as_of, held=held)[0].outcome

    assert found(None) == LATE
    assert found("2026-06-09T12:00") == UNCLEAR
    assert found("2026-06-09T12:00:01") == LATE
    # Not due yet is open, as D37 says: every open clock is due after the last event that anybody has seen.
    assert found("2026-06-09T10:30", "2026-06-09T11:00") == OPEN


# --- tiers and membership ---------------------------------------------------------------------

TIERS = (
    Tier("hot", Within(1, "hours"), "source = 'Chat'"),
    Tier("warm", Within(2, "hours"), "source in ('Web', 'Chat')"),
    Tier("rest", Within(4, "hours")),
)


@pytest.mark.parametrize(
    ("source", "took", "tier", "expected"),
    [
        ("Chat", 1, "hot", MET),
        ("Chat", 2, "hot", LATE),
        ("Web", 2, "warm", MET),
        ("Event", 4, "rest", MET),
        ("Event", 5, "rest", LATE),
        (None, 1, None, MET),
        (None, 2, None, UNCLEAR),
        (None, 4, None, UNCLEAR),
        (None, 5, None, LATE),
    ],
)
def test_tiers(source: str | None, took: int, tier: str | None, expected: str) -> None:
    tiered = replace(clock(TWO_HOURS), tiers=TIERS)
    values = {"started": time(TEN), "answered": exact(at(TEN) + took * HOUR, NEW_YORK), "source": source or BLANK}
    (found,) = judge(tiered, values, "2026-06-10T12:00")
    assert (found.outcome, found.tier) == (expected, tier)


def test_a_row_in_no_tier_is_left_out() -> None:
    tiered = replace(clock(TWO_HOURS), tiers=TIERS[:2])
    values = {"started": time(TEN), "answered": BLANK, "source": "Event"}
    assert judge(tiered, values, "2026-06-10T12:00")[0].outcome == LEFT_OUT


def test_an_open_tier_beside_a_late_one_is_unclear_and_may_end_either_way() -> None:
    tiered = replace(clock(TWO_HOURS), tiers=TIERS)
    (found,) = judge(tiered, {"started": time(TEN), "answered": BLANK, "source": BLANK}, "2026-06-09T11:30")
    assert (set(found.possible), found.may_meet, found.may_miss) == ({OPEN, LATE}, True, True)


def test_what_may_still_be_open_may_end_either_way() -> None:
    values = {"started": time(TEN), "answered": time("2026-06-09T09:00")}
    (found,) = judge(clock(TWO_HOURS), values, "2026-06-09T11:00", keeps={"answered": "first"})
    assert {MET, OPEN} <= found.possible
    assert (found.may_meet, found.may_miss) == (True, True)
    pair = Episode("R", frozenset({MET, OPEN}), None)
    assert (pair.outcome, pair.may_meet, pair.may_miss) == (UNCLEAR, True, True)


@pytest.mark.parametrize(
    ("stop", "as_of", "expected", "may_meet", "may_miss"),
    [
        ("2026-06-09T11:00", "2026-06-10T12:00", UNCLEAR, True, False),
        ("2026-06-09T13:00", "2026-06-10T12:00", UNCLEAR, False, True),
        (None, "2026-06-10T12:00", UNCLEAR, False, True),
        (None, "2026-06-09T11:00", OPEN, False, False),
    ],
)
def test_unknown_membership(stop: str | None, as_of: str, expected: str, may_meet: bool, may_miss: bool) -> None:
    values = {"started": time(TEN), "answered": time(stop) if stop else BLANK, "source": BLANK}
    (found,) = judge(clock(TWO_HOURS), values, as_of, where="source <> 'Partner'")
    assert (found.outcome, found.may_meet, found.may_miss) == (expected, may_meet, may_miss)
    (silent,) = judge(replace(clock(TWO_HOURS), silence="accepted"), values, as_of, where="source <> 'Partner'")
    if stop is None and expected == UNCLEAR:
        assert (silent.outcome, silent.may_meet, silent.may_miss) == (UNCLEAR, False, False)


def test_who_is_covered() -> None:
    agreed = replace(Small({}, {}).agreement, left_out=("source = 'Test'",))
    duty = Duty("duty", clock(TWO_HOURS), "started is not blank", "source <> 'Partner'")

    def found(started: object, source: object) -> list[str]:
        row = Row("R", {"started": started, "source": source, "answered": BLANK})
        return [one.outcome for one in judged(agreed, duty, [row], at("2026-06-10T12:00"))]

    assert found(BLANK, "Web") == []
    assert found(time(TEN), "Test") == []
    assert found(time(TEN), "Partner") == [LEFT_OUT]
    assert found(time(TEN), "Web") == [LATE]
    assert found(UNREADABLE, "Partner") == []
    assert found(UNREADABLE, "Web") == [UNCLEAR]


# --- histories --------------------------------------------------------------------------------

ENTERED = replace(clock(TWO_HOURS), starts=(Event("entering", "mql"),), stops=(Event("entering", "sal"),))


def moved(*moves: str) -> list[Move]:
    """Give the moves of a record: `10:00 new>mql`, all on one day."""
    found = []
    for move in moves:
        when, _, stages = move.partition(" ")
        old, _, new = stages.rpartition(">")
        found.append(Move(time(f"2026-06-09T{when}"), old or None, new))
    return found


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        (["09:00 new"], [NOT_STARTED]),
        (["09:00 new", "10:00 new>mql", "11:00 mql>sal"], [MET]),
        (["09:00 new", "10:00 new>mql", "13:00 mql>sal"], [LATE]),
        (["10:00 new>mql"], [LATE]),
        # Came back in time: the first run no longer counts. Came back too late: it was late then.
        (["10:00 new>mql", "11:00 mql>new", "12:00 new>mql", "12:30 mql>sal"], [SUPERSEDED, MET]),
        (["10:00 new>mql", "11:00 mql>new", "12:30 new>mql", "12:40 mql>sal"], [LATE, MET]),
        (["10:00 new>mql", "12:00 mql>hold", "12:00 hold>mql", "12:40 mql>sal"], [SUPERSEDED, MET]),
        # An entry counts for the run that it lies in, and for no other.
        (["10:00 new>mql", "11:00 mql>sal", "11:10 sal>mql", "12:40 mql>sal"], [MET, MET]),
        (["10:00 new>mql", "11:00 mql>sal", "11:10 sal>mql"], [MET, LATE]),
        (["10:00 new>mql", "11:00 mql>sal", "11:00 sal>mql"], [SUPERSEDED, MET]),
    ],
)
def test_every_entry_is_a_run_of_its_own(moves: list[str], expected: list[str]) -> None:
    found = judge(ENTERED, {}, "2026-06-09T18:00", moves=moved(*moves))
    assert [one.outcome for one in found] == expected
    shuffled = judge(ENTERED, {}, "2026-06-09T18:00", moves=moved(*reversed(moves)))
    assert [one.outcome for one in shuffled] == expected


def test_silence_before_the_next_run_is_accepted_or_superseded() -> None:
    kind = replace(ENTERED, silence="accepted")
    late, in_time = ["10:00 new>mql", "11:00 mql>new", "12:30 new>mql"], ["10:00 new>mql", "11:59 new>mql"]
    assert [one.outcome for one in judge(kind, {}, "2026-06-09T12:45", moves=moved(*late))] == [BY_SILENCE, OPEN]
    assert [one.outcome for one in judge(kind, {}, "2026-06-09T12:45", moves=moved(*in_time))] == [SUPERSEDED, OPEN]


def test_without_a_history_the_field_of_the_stage_is_the_one_run() -> None:
    entered = replace(ENTERED, starts=(Event("entering", "sal"),), stops=(ANSWERED,))
    values = {"entered": time(TEN), "answered": time("2026-06-09T11:00")}
    (found,) = judge(entered, values, "2026-06-09T18:00", entered="entered")
    assert (found.outcome, found.elapsed) == (MET, (HOUR, HOUR))


def test_an_entry_of_unknown_time_leaves_every_run_of_the_row_open_to_doubt() -> None:
    moves = [*moved("10:00 new>mql", "11:00 mql>sal"), Move(UNREADABLE, "new", "mql")]
    assert [one.outcome for one in judge(ENTERED, {}, "2026-06-09T18:00", moves=moves)] == [UNCLEAR, UNCLEAR]


def test_pauses_are_taken_off() -> None:
    paused = replace(ENTERED, pauses=("hold", "new"))
    moves = ["10:00 new>mql", "11:00 mql>hold", "14:00 hold>new", "15:00 new>hold", "16:00 hold>sal"]
    (found,) = judge(paused, {}, "2026-06-09T18:00", moves=moved(*moves))
    assert (found.outcome, found.elapsed) == (MET, (HOUR, HOUR))
    (running,) = judge(paused, {}, "2026-06-09T18:00", moves=moved(*moves[:2]))
    assert (running.outcome, running.elapsed) == (OPEN, (HOUR, HOUR))
    # What lies before the start does not count.
    (before,) = judge(paused, {}, "2026-06-09T18:00", moves=moved("08:00 hold", "10:00 hold>mql", "12:01 mql>sal"))
    assert before.outcome == LATE


# --- again and again --------------------------------------------------------------------------


def test_every_gap_is_a_run() -> None:
    again = Clock((STARTED,), (), (Tier("all", TWO_HOURS),), every="touch", until=(ANSWERED,))

    def found(as_of: str, until: object, *touches: str) -> list[tuple[str, tuple[float, float] | None]]:
        children = [Child(time(f"2026-06-09T{touch}"), {"by": "ann"}) for touch in touches]
        values = {"started": time(TEN), "answered": until}
        return [(one.outcome, one.elapsed) for one in judge(again, values, as_of, children=children)]

    long, short = (3 * HOUR, 3 * HOUR), (HOUR, HOUR)
    assert found("2026-06-09T15:00", BLANK, "11:00", "14:00") == [(MET, short), (LATE, long), (OPEN, short)]
    assert found("2026-06-09T17:00", BLANK, "11:00", "14:00") == [(MET, short), (LATE, long), (LATE, long)]
    # Where it ends, what comes later does not matter.
    assert found("2026-06-09T17:00", time("2026-06-09T12:00"), "11:00", "14:00") == [(MET, short), (MET, short)]
    assert found("2026-06-09T17:00", time("2026-06-09T13:00")) == [(LATE, long)]
    assert found("2026-06-09T11:00", BLANK, "09:00") == [(OPEN, short)]


# --- tries ------------------------------------------------------------------------------------

THREE = Attempts("touch", (STARTED,), 3, (ANSWERED,))
GIVEN_UP = time("2026-06-09T18:00")


def tried(duty: Attempts, *touches: str, until: object = GIVEN_UP, as_of: str = "2026-06-12T12:00") -> str:
    """Judge tries: `10:30`, `10:30 Call`, `10:30 Call ?` for one that may be none."""
    children = []
    for touch in touches:
        when, kind, by = (touch.split() + ["Call", "ann"][len(touch.split()) - 1 :])[:3]
        children.append(Child(time(f"2026-06-09T{when}"), {"kind": kind, "by": BLANK if by == "?" else by}))
    values = {"started": time(TEN), "answered": until}
    return judge(duty, values, as_of, children=children)[0].outcome


def test_tries_are_judged_when_it_is_given_up() -> None:
    assert tried(THREE, "10:10", "11:10", "12:10") == MET
    assert tried(THREE, "10:10", "11:10") == LATE
    assert tried(THREE, "09:10", "10:10", "11:10") == LATE
    assert tried(THREE, "10:00", "11:10", "18:00") == MET
    assert tried(THREE, "10:10", "11:10", "18:01") == LATE
    assert tried(THREE, "10:10", "11:10", "12:10", until=BLANK) == OPEN
    assert tried(THREE, "10:10", until=UNREADABLE) == UNCLEAR
    assert judge(THREE, {"started": BLANK, "answered": GIVEN_UP}, "2026-06-12T12:00")[0].outcome == NOT_STARTED


def test_tries_are_judged_when_the_time_is_over() -> None:
    within = replace(THREE, within=TWO_HOURS)
    assert tried(within, "10:10", "11:10", "12:00", until=BLANK) == MET
    assert tried(within, "10:10", "11:10", "12:01", until=BLANK) == LATE
    assert tried(within, "10:10", until=BLANK, as_of="2026-06-09T12:00:00") == OPEN
    assert tried(within, "10:10", until=BLANK, as_of="2026-06-09T12:00:01") == LATE
    assert tried(within, "10:10", "10:20", "10:30", until=BLANK, as_of="2026-06-09T12:00:00") == OPEN


def test_tries_count_greedily_and_apart() -> None:
    apart = replace(THREE, apart=Within(1, "hours"))
    assert tried(apart, "10:00", "11:00", "12:00") == MET
    assert tried(apart, "10:00", "10:59", "11:00", "12:00") == MET
    assert tried(apart, "10:00", "10:30", "11:30", "12:15") == LATE
    assert tried(apart, "10:00", "10:30", "11:30", "12:30") == MET


def test_the_same_try_twice_counts_once() -> None:
    assert tried(THREE, "10:10", "10:10", "11:10") == LATE
    assert tried(THREE, "10:10:00", "10:10:01", "11:10") == LATE
    assert tried(THREE, "10:10:00", "10:10:02", "11:10") == MET
    assert tried(THREE, "10:10 Call", "10:10 Email", "11:10") == MET


def test_tries_go_over_several_channels() -> None:
    both = replace(THREE, channel="kind", channels=2)
    assert tried(both, "10:10 Call", "11:10 Call", "12:10 Call") == LATE
    assert tried(both, "10:10 Call", "11:10 Email", "12:10 Call") == MET
    # Only tries that count bring their channel.
    spaced = replace(both, at_least=1, apart=Within(1, "hours"))
    assert tried(spaced, "10:10 Call", "10:20 Email") == LATE


def test_a_try_that_may_be_none() -> None:
    assert tried(THREE, "10:10", "11:10", "12:10 Call ?") == UNCLEAR
    assert tried(THREE, "10:10", "11:10", "12:10", "13:10 Call ?") == MET
    assert tried(THREE, "10:10", "11:10 Call ?") == LATE


# --- lifecycles -------------------------------------------------------------------------------

CYCLE = Lifecycle(
    {
        "new": Stage("new", owner="marketing"),
        "mql": Stage("mql", owner="marketing"),
        "sal": Stage("sal", owner="sdr"),
        "won": Stage("won", final=True),
        "lost": Stage("lost", final=True),
        "hold": Stage("hold"),
    },
    starts=("new",),
    path=("new", "mql", "sal", "won"),
    moves={"new": ("mql", "lost"), "mql": ("sal", "lost"), "sal": ("won", "lost", "mql")},
    departments={"sdr": "sales", "ae": "sales"},
)
FOLLOWS = replace(Small({}, {}, history=True).agreement, lifecycle=CYCLE)


@pytest.mark.parametrize(
    ("moves", "current", "expected"),
    [
        (["09:00 new", "10:00 new>mql", "11:00 mql>sal", "12:00 sal>won"], "won", []),
        (["09:00 new"], "new", []),
        (["09:00 new", "10:00 new>mql", "11:00 mql>sal", "12:00 sal>mql"], "mql", []),
        (["09:00 mql", "11:00 mql>sal"], "sal", ["illegal start"]),
        (["10:00 mql>sal"], "sal", []),
        (["09:00 new", "10:00 new>sal"], "sal", ["skipped"]),
        (["09:00 new", "10:00 new>mql", "11:00 mql>new"], "new", ["backward"]),
        (["10:00 sal>lost", "11:00 lost>won"], "won", ["reopened"]),
        (["10:00 sal>won", "11:00 won>lost"], "lost", ["reopened"]),
        (["10:00 sal>won", "11:00 won>sal"], "sal", ["reopened"]),
        (["10:00 lost>lost", "11:00 sal>new"], "new", ["backward", "gap"]),
        (["09:00 new", "10:00 new>mql", "11:00 mql>hold"], "hold", ["illegal move"]),
        (["09:00 new", "10:00 mql>sal"], "sal", ["gap"]),
        (["09:00 new", "10:00 new>mql"], "sal", ["gap"]),
        # At the same time: some order conforms, and that is the one.
        (["09:00 new", "10:00 mql>sal", "10:00 new>mql"], "sal", []),
        (["10:00 new>mql", "10:00 sal>won", "10:00 mql>sal"], "won", []),
        (["09:00 new", "10:00 new>mql", "10:00 new>sal"], "sal", ["gap", "skipped"]),
        (["09:00 new", "10:00 new>mql", "10:00 new>mql"], "mql", []),
        (["09:00 new", "10:00 new>mql", "10:01 new>mql"], "mql", ["gap"]),
    ],
)
def test_lifecycles(moves: list[str], current: str, expected: list[str]) -> None:
    row = Row("R", {"status": current}, moves=tuple(moved(*moves)))
    assert sorted(faults(FOLLOWS, row, current)) == expected
    (found,) = judged(FOLLOWS, Duty("kept", Follows()), [row], at("2026-06-10T12:00"))
    assert found.outcome == (LATE if expected else MET)


def test_moves_by_the_wrong_party() -> None:
    def found(stage: str, party: str | None) -> tuple[str, ...]:
        other = {"mql": "sal", "sal": "mql"}[stage]
        return faults(FOLLOWS, Row("R", {}, moves=(Move(time(TEN), stage, other, party),)))

    assert found("mql", "marketing") == ()
    assert found("mql", "sdr") == ("wrong party",)
    # A department stands for its teams, and one team not for another.
    assert found("sal", "sdr") == found("sal", "sales") == ()
    assert found("sal", "ae") == ("wrong party",)
    assert found("sal", None) == ()


def test_what_cannot_be_seen_of_a_lifecycle_is_unclear() -> None:
    def found(current: object, *moves: Move) -> str:
        row = Row("R", {"status": current}, moves=moves)
        return judged(FOLLOWS, Duty("kept", Follows()), [row], at("2026-06-10T12:00"))[0].outcome

    assert found("new") == MET
    assert found("sal") == LATE
    assert found(BLANK) == UNCLEAR
    assert found("mql", Move(UNREADABLE, "new", "mql")) == UNCLEAR
    assert found("new", Move(time(TEN), None, "elsewhere")) == UNCLEAR


# --- counting ---------------------------------------------------------------------------------


def test_counts_add_up_and_carry_what_is_possible() -> None:
    def one(*possible: str) -> Episode:
        return Episode("R", frozenset(possible), date(2026, 6, 9))

    some = [one(MET), one(MET), one(LATE), one(OPEN), one(SUPERSEDED), one(LEFT_OUT), one(NOT_STARTED), one(BY_SILENCE),
            one(MET, LATE), one(MET, "outside"), one(LATE, "outside"), one(UNCLEAR)]  # fmt: skip
    found = counts(some)
    assert found == Counts(12, met=2, missed=1, open=1, unclear=4, left_out=2, not_started=1, by_silence=1,
                           may_meet=3, may_miss=3)  # fmt: skip
    assert bounds(found) == (Fraction(2, 6), Fraction(5, 6))


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (Counts(), (None, None)),
        (Counts(open=3, not_started=2), (None, None)),
        (Counts(met=949, missed=50), (Fraction(949, 999), Fraction(949, 999))),
        (Counts(met=541, missed=60, by_silence=11), (Fraction(541, 601), Fraction(541, 601))),
        (Counts(met=571, missed=33, may_meet=8, may_miss=8), (Fraction(571, 612), Fraction(579, 612))),
        (Counts(met=3, missed=1, may_meet=1), (Fraction(3, 4), Fraction(4, 5))),
        (Counts(met=3, missed=1, may_miss=1), (Fraction(3, 5), Fraction(3, 4))),
        (Counts(may_meet=2), (Fraction(0), Fraction(1))),
        (Counts(may_miss=2), (Fraction(0), Fraction(1))),
    ],
)
def test_bounds(total: Counts, expected: tuple[Fraction | None, Fraction | None]) -> None:
    assert bounds(total) == expected
    if total.met == 949:
        assert Fraction(949, 999) < Fraction(95, 100)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(("met", "late", "either", "may meet", "may miss")), max_size=8))
def test_bounds_hold_whatever_unclear_rows_are(rows: list[str]) -> None:
    ways = {"met": (MET,), "late": (LATE,), "either": (MET, LATE), "may meet": (MET, ""), "may miss": (LATE, "")}
    shares = []
    for world in product(*(ways[row] for row in rows)):
        met, late = world.count(MET), world.count(LATE)
        if met + late:
            shares.append(Fraction(met, met + late))
    total = counts(Episode("R", frozenset("outside" if way == "" else way for way in ways[row]), None) for row in rows)
    low, high = bounds(total)
    if low is None or high is None:
        assert shares == []
    else:
        assert low <= min(shares)
        assert max(shares) <= high


def test_rows_belong_to_the_period_in_which_their_clock_started() -> None:
    agreed = Small({}, {}).agreement
    created = {"created": read(wall(2026, 5, 3), "day", NEW_YORK, NEW_YORK)}
    rows = [
        # 23:30 in New York on the last day of the month is the next day in UTC.
        Row("a", {**created, "started": time("2026-06-30T23:30"), "answered": BLANK}),
        Row("b", {**created, "started": time("2026-07-01T00:00"), "answered": BLANK}),
        Row("c", {**created, "started": BLANK, "answered": BLANK}),
        Row("d", {"created": BLANK, "started": BLANK, "answered": BLANK}),
        Row("e", {**created, "started": read(wall(2026, 7, 31), "day", "UTC", NEW_YORK), "answered": BLANK}),
    ]
    duty = Duty("duty", clock(TWO_HOURS), per="month")
    found = by_period(judged(agreed, duty, rows, at("2026-08-10T12:00")), "month")
    late, waiting = Counts(1, missed=1), Counts(1, not_started=1)
    assert found == {"2026-06": late, "2026-07": Counts(2, missed=2), "2026-05": waiting, None: waiting}


def test_names_of_periods() -> None:
    day = date(2026, 12, 31)
    names = [period(day, per) for per in ("week", "month", "quarter", "year", None)]
    assert names == ["2026-W53", "2026-12", "FY26-Q4", "FY26", ""]
    assert period(None, "month") is None


def test_volume_counts_rows_by_their_date() -> None:
    agreed = Small({}, {}).agreement
    june = {"created": time("2026-06-30T23:30")}
    rows = [
        Row("a", {**june, "source": "Web"}),
        Row("b", {**june, "source": BLANK}),
        Row("c", {**june, "source": "Fair"}),
    ]
    found = by_period(judged(agreed, Duty("n", Volume(), "source = 'Web'", per="month"), rows, 0), "month")
    assert {name: (one.met, one.unclear, one.covered) for name, one in found.items()} == {"2026-06": (1, 1, 2)}


# --- that the ends of coarse times suffice ----------------------------------------------------


@st.composite
def _ranges(draw: st.DrawFn) -> Time:
    low = draw(st.sampled_from((-2, 0, 1, 57, 59, 60, 61, 62)))
    return Time(((low, low + draw(st.integers(0, 4))),), date(1970, 1, 1))


@settings(max_examples=150, deadline=None)
@given(_ranges(), _ranges(), _ranges() | st.none(), st.booleans(), st.sampled_from(("only", "first", "latest")),
       st.integers(60, 70))  # fmt: skip
def test_the_ends_of_coarse_times_tell_what_all_their_seconds_do(
    start: Time, stop: Time, child: Time | None, is_stage: bool, keeps: Literal["only", "first", "latest"], as_of: int
) -> None:
    minute = clock(Within(1, "minutes"), None, ANSWERED, Event("term", "touch"))
    kept: Mapping[str, Literal["first", "latest"]] = {} if keeps == "only" else {"answered": keeps}
    agreed = Small({}, kept, entered="answered" if is_stage else None).agreement

    def possible(begun: Time, ended: Time, touched: Time | None) -> frozenset[str]:
        children = (Child(touched, {"by": "ann"}),) if touched is not None else ()
        row = Row("R", {"started": begun, "answered": ended}, children)
        (found,) = judged(agreed, Duty("duty", minute), [row], as_of)
        return found.possible

    every: set[str] = set()
    for begun, ended, touched in product(_all(start), _all(stop), _all(child)):
        assert begun is not None
        assert ended is not None
        every |= possible(begun, ended, touched)
    assert possible(start, stop, child) == every


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_ranges(), st.sampled_from(("mql", "sal"))), min_size=1, max_size=3), st.integers(60, 70),
       st.sampled_from(("late", "accepted")))  # fmt: skip
def test_the_ends_of_coarse_entries_tell_what_all_their_seconds_do(
    entries: list[tuple[Time, str]], as_of: int, silence: Literal["late", "accepted"]
) -> None:
    # The order of the entries is given: what changes places in time is another run, and is not compared.
    ordered = sorted(entries, key=lambda one: (one[0].low, one[0].high))
    agreed = Small({}, {}, history=True).agreement
    minute = replace(ENTERED, tiers=(Tier("all", Within(1, "minutes")),), silence=silence)

    def possible(times: Sequence[Time]) -> list[frozenset[str]]:
        moves = tuple(Move(when, None, stage) for when, (_, stage) in zip(times, ordered, strict=True))
        return [one.possible for one in judged(agreed, Duty("duty", minute), [Row("R", {}, moves=moves)], as_of)]

    runs = possible([when for when, _ in ordered])
    every: list[set[str]] = [set() for _ in runs]
    starts = [number for number, (_, stage) in enumerate(ordered) if stage == "mql"]
    for times in product(*(_all(when) for when, _ in ordered)):
        known = [when for when in times if when is not None]
        begun = [known[number].low for number in starts]
        if begun == sorted(begun):
            for number, alone in enumerate(possible(known)):
                every[number] |= alone
    assert [set(one) for one in runs] == every


def _all(time_: Time | None) -> list[Time | None]:
    if time_ is None:
        return [None]
    return [replace(time_, readings=((second, second),)) for second in range(time_.low, time_.high + 1)]


# --- the cases --------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_cases_are_contracts_and_exports_that_slacli_takes(family: Family) -> None:
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cases(family))
    def takes(case: Case) -> None:
        with tempfile.TemporaryDirectory() as name:
            exports = case.write(Path(name))
            told = commands.report("check", *exports, "--as-of", case.moment, folder=Path(name))
        leads = next(file for file in told["files"] if file["name"] == "leads.csv")
        assert leads["rows"]["judged"] == len(case.rows)
        volume = next(duty for duty in case.duties if isinstance(duty.what, Volume))
        expected = by_period(judged(case.agreement, volume, case.rows, case.as_of), volume.per)
        found = {one["period"]["name"]: one["counts"] for one in told["outcomes"] if one["duty"] == volume.id}
        for period_, total in expected.items():
            assert (found[str(period_)]["met"], found[str(period_)]["unclear"]) == (total.met, total.unclear), case

    takes()
