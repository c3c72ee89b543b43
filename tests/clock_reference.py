"""The oracle for duties about time: clocks, attempts, lifecycles and volumes in slow and plain Python.

It shares nothing with slacli; what criteria mean it asks of `reference.py`, which does not either. Business time is
found by asking of every single minute whether its calendar is open. Whatever is not known to the second is tried out:
a coarse time at each of its ends and beside every other time, a row that may count both ways, a tier that may hold
both ways. An episode is decided where every such world ends alike, else it is unclear.

A row holds plain values: `Time`, `date`, `str`, `Decimal`, `bool`, or `Odd("blank")`, `Odd("unreadable")`,
`Odd("not allowed")`. Instants are whole seconds of UTC.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations, pairwise, permutations, product
from typing import Literal

from reference import Odd, When, World, judge, place

MET, LATE, OPEN, UNCLEAR = "met", "late", "open", "unclear"
LEFT_OUT, NOT_STARTED, BY_SILENCE, SUPERSEDED = "left out", "not started", "by silence", "superseded"
OUTSIDE = "outside"  # not covered: never an outcome, only something that may be

DAY = timedelta(days=1)
MIDNIGHT = 1440
NEVER = math.inf


# --- times ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Time:
    """A time as an export tells it: the seconds that it may be, both ends included, and the local day it belongs to.

    There are two readings, the earlier first, where the local time happened twice.
    """

    readings: tuple[tuple[int, int], ...]
    day: date

    @property
    def low(self) -> int:
        return self.readings[0][0]

    @property
    def high(self) -> int:
        return self.readings[-1][1]


Precision = Literal["second", "minute", "day"]
SPAN = {"second": 0, "minute": 59, "day": 86_399}


def exact(instant: int, home: str) -> Time:
    """Give a time that is known to the second, with its day in a zone."""
    return Time(((instant, instant),), local(instant, home).date())


def read(wall: datetime, precision: Precision, zone: str, home: str) -> Time:
    """Read a local time without an offset, as docs/reading.md says; `home` is the zone of the contract."""
    if precision == "day":
        # A day has no two readings: it is all its seconds.
        first, last = instants(wall, zone), instants(wall + timedelta(seconds=SPAN["day"]), zone)
        return Time(((first[0], last[-1]),), wall.date())
    span = SPAN[precision]
    readings = tuple((instant, instant + span) for instant in instants(wall, zone))
    return Time(readings, wall.date() if zone == home else local(readings[0][0], home).date())


def instants(wall: datetime, zone: str) -> tuple[int, ...]:
    """Give the seconds that a local time can be: one, or two where it happened twice; what never was moves forward."""
    there = place(zone)
    earlier, later = (int(wall.replace(tzinfo=there, fold=fold).timestamp()) for fold in (0, 1))
    return (earlier,) if later <= earlier else (earlier, later)


def local(instant: int, zone: str) -> datetime:
    """Give what the clock on the wall shows, without its zone."""
    return datetime.fromtimestamp(instant, UTC).astimezone(place(zone)).replace(tzinfo=None)


# --- calendars --------------------------------------------------------------------------------

Windows = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Calendar:
    """Open hours by weekday (Monday first) in minutes after midnight, 1440 and more on the next day.

    `exceptions` are days with other windows, none where they are closed. `business_day` is in seconds.
    """

    zone: str
    hours: tuple[Windows, Windows, Windows, Windows, Windows, Windows, Windows]
    first: date
    last: date
    exceptions: tuple[tuple[date, Windows], ...] = ()
    business_day: int | None = None

    @cached_property
    def minutes(self) -> Minutes:
        return minutes(self)


@dataclass(frozen=True)
class Choice:
    """A calendar for each value of a field, and one for all other values."""

    field: str
    cases: tuple[tuple[str, str], ...]
    otherwise: str


@dataclass(frozen=True)
class Minutes:
    """The minutes of UTC that a calendar covers, from `first` on: whether each is open, and how many were before."""

    first: int
    is_open: tuple[bool, ...]
    before: tuple[int, ...]


@cache
def walls(zone: str, first: int, after: int) -> Mapping[date, Sequence[tuple[int, int]]]:
    """Give for each local day the minutes that the wall shows, each with the number of the minute of UTC."""
    shown: dict[date, list[tuple[int, int]]] = {}
    for number in range(after - first):
        wall = local((first + number) * 60, zone)
        shown.setdefault(wall.date(), []).append((wall.hour * 60 + wall.minute, number))
    return shown


@cache
def minutes(calendar: Calendar) -> Minutes:
    """Find out of every minute whether it is open."""
    start = instants(datetime.combine(calendar.first, datetime.min.time()), calendar.zone)[0]
    end = instants(datetime.combine(calendar.last + DAY, datetime.min.time()), calendar.zone)[0]
    assert start % 60 == 0, "zones whose offsets have seconds are beyond this"
    assert end % 60 == 0
    first = start // 60
    shown = walls(calendar.zone, first, end // 60)
    is_open = [False] * ((end - start) // 60)

    def fill(day: date, windows: Windows, *, value: bool) -> None:
        for opens, closes in windows:
            inside = [number for minute, number in shown.get(day, ()) if opens <= minute < closes]
            inside += [number for minute, number in shown.get(day + DAY, ()) if opens <= minute + MIDNIGHT < closes]
            # From the first moment at which the wall shows a time of the window to the last one: where an hour happens
            # twice and an edge lies in it, the window opens at the earlier and closes at the later reading.
            for number in range(min(inside), max(inside) + 1) if inside else ():
                is_open[number] = value

    day = calendar.first - DAY
    while day <= calendar.last:
        fill(day, calendar.hours[day.weekday()], value=True)
        day += DAY
    # Policy P2: an exception empties its date, also of the shift of the evening before; then its own windows open.
    for day, windows in sorted(calendar.exceptions):
        fill(day, ((0, MIDNIGHT),), value=False)
        fill(day, windows, value=True)
    before = [0]
    for one in is_open:
        before.append(before[-1] + one)
    return Minutes(first, tuple(is_open), tuple(before))


def position(calendar: Calendar, instant: int) -> int | None:
    """Give the open seconds from the first covered day up to an instant; None where the calendar says nothing."""
    table = calendar.minutes
    at = instant // 60 - table.first
    if at == len(table.is_open) and instant % 60 == 0:
        return table.before[at] * 60  # the midnight that ends the last covered day
    if not 0 <= at < len(table.is_open):
        return None
    return table.before[at] * 60 + (instant % 60 if table.is_open[at] else 0)


def open_seconds(calendar: Calendar, start: int, stop: int) -> int | None:
    """Give the open seconds between two instants, none where `stop` is not later."""
    begun, ended = position(calendar, start), position(calendar, stop)
    return None if begun is None or ended is None else max(ended - begun, 0)


def due(calendar: Calendar, start: int, seconds: int) -> int | None:
    """Give the first instant from `start` on with so many open seconds behind it; None where no such is covered."""
    begun = position(calendar, start)
    if begun is None or seconds == 0:
        return None if begun is None else start
    table, sought = calendar.minutes, begun + seconds
    # The last minute with less than that behind it is open, and the moment lies in it or at its end.
    at = bisect_left(table.before, -(-sought // 60)) - 1
    if at >= len(table.is_open):
        return None
    return (table.first + at) * 60 + sought - table.before[at] * 60


@dataclass(frozen=True)
class Within:
    """An amount of time: of every hour (`wall`), of open hours (`business`), or of local dates (`calendar`)."""

    amount: int
    unit: Literal["minutes", "hours", "days"]
    clock: Literal["wall", "business", "calendar"] = "wall"


def allowed(within: Within, calendar: Calendar | None) -> int | None:
    """Give the seconds that a duration is, or for calendar days their number; None where nobody said how long."""
    if within.clock == "calendar":
        return within.amount
    if within.clock == "business" and within.unit == "days":
        # Policy P5: one business day is so many open hours, wherever they lie.
        length = calendar.business_day if calendar else None
        return None if length is None else within.amount * length
    return within.amount * {"minutes": 60, "hours": 3600, "days": 86_400}[within.unit]


def used(within: Within, calendar: Calendar | None, zone: str, start: int, stop: float) -> float | None:
    """Give what has passed of a duration from start to stop, in the unit of `allowed`; None outside the calendar."""
    if stop == NEVER:
        return NEVER
    stop = int(stop)
    if within.clock == "wall":
        return max(stop - start, 0)
    if within.clock == "calendar":
        return max((local(stop, zone).date() - local(start, zone).date()).days, 0)
    assert calendar is not None, "business time needs a calendar"
    return open_seconds(calendar, start, stop)


# --- what is agreed, and what happened --------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """What starts or stops a clock: a time field, the entry into a stage, or a child row that meets a term."""

    kind: Literal["field", "entering", "term"]
    name: str


@dataclass(frozen=True)
class Tier:
    """How much time a row has; without `when` it is for all rows that are left."""

    name: str
    within: Within
    when: str | None = None


@dataclass(frozen=True)
class Clock:
    """Runs from the first of `starts` that is filled to the earliest of `stops`."""

    starts: tuple[Event, ...]
    stops: tuple[Event, ...]
    tiers: tuple[Tier, ...]
    calendar: str | None = None
    silence: Literal["late", "accepted"] = "late"
    pauses: tuple[str, ...] = ()
    every: str | None = None
    until: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Attempts:
    """At least so many tries, `apart` from each other, over enough channels, before it is given up."""

    of: str
    starts: tuple[Event, ...]
    at_least: int
    until: tuple[Event, ...] = ()
    within: Within | None = None
    apart: Within | None = None
    channel: str | None = None
    channels: int = 0
    calendar: str | None = None


@dataclass(frozen=True)
class Follows:
    """The lifecycle is kept."""


@dataclass(frozen=True)
class Volume:
    """Enough rows in every period; how many is none of the oracle's business."""


@dataclass(frozen=True)
class Duty:
    """A duty: the criterion that says which rows it covers (all without one), and which of them count."""

    id: str
    what: Clock | Attempts | Follows | Volume
    covers: str | None = None
    where: str | None = None
    per: Literal["week", "month", "quarter", "year"] | None = None
    dated: str | None = None


@dataclass(frozen=True)
class Stage:
    """A step of a lifecycle: the value of its field, the field that says when it was entered, and who owns it."""

    value: str
    entered: str | None = None
    owner: str | None = None
    final: bool = False


@dataclass(frozen=True)
class Lifecycle:
    """Which moves between stages are allowed. `departments` gives the department of each team."""

    stages: Mapping[str, Stage]
    of: str = "status"
    starts: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    moves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """What duties rest on: criteria, the calendars, what the CRM keeps of a time, and the stages.

    `dated` places a row where nothing nearer does. `children` is the world in which the terms of children are judged.
    `history` says that an export of all moves is at hand.
    """

    zone: str
    world: World
    dated: str
    calendars: Mapping[str, Calendar | Choice] = field(default_factory=dict)
    keeps: Mapping[str, Literal["first", "latest"]] = field(default_factory=dict)
    children: World = field(default_factory=lambda: World({}))
    lifecycle: Lifecycle = field(default_factory=lambda: Lifecycle({}))
    history: bool = False
    left_out: tuple[str, ...] = ()


Value = object


@dataclass(frozen=True)
class Child:
    """A row that belongs to another one, and when it happened. `key` tells it apart and says nothing else."""

    at: Time | Odd
    values: Mapping[str, Value]
    key: str = ""


@dataclass(frozen=True)
class Move:
    """A line of a history: from which value to which, when, and the party of who did it, where that is known."""

    at: Time | Odd
    old: str | None
    new: str
    party: str | None = None


@dataclass(frozen=True)
class Row:
    """A record with its children and, where a history is at hand, its moves."""

    key: str
    values: Mapping[str, Value]
    children: tuple[Child, ...] = ()
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Episode:
    """What became of one run of a clock, or of one row: the outcome, and all that it may be where it is unclear.

    `elapsed` is what passed until it was answered or judged: seconds, or days where those are counted.
    """

    key: str
    possible: frozenset[str]
    day: date | None
    start: Time | None = None
    elapsed: tuple[float, float] | None = None
    tier: str | None = None

    @property
    def outcome(self) -> str:
        """Decide where all that is possible is one thing; where nothing can count yet, being covered changes none."""
        covered = self.possible - {OUTSIDE}
        if len(self.possible) == 1 or covered in ({OPEN}, {NOT_STARTED}, {SUPERSEDED}):
            return min(covered)
        return UNCLEAR

    @property
    def may_meet(self) -> bool:
        return self.outcome == UNCLEAR and bool(self.possible & {MET, OPEN, UNCLEAR})

    @property
    def may_miss(self) -> bool:
        return self.outcome == UNCLEAR and bool(self.possible & {LATE, OPEN, UNCLEAR})


# --- rows and periods -------------------------------------------------------------------------


def judged(agreement: Agreement, duty: Duty, rows: Iterable[Row], as_of: int, held: int | None = None) -> list[Episode]:
    """Judge a duty: every episode of every row that it covers, or may cover.

    `held` is the last instant that the exports hold which would hold a stop; without it they hold all up to `as_of`.
    """
    found = []
    for row in rows:
        if any(truth(agreement, test, row) is True for test in agreement.left_out):
            continue
        member = truth(agreement, duty.covers, row)
        counts = truth(agreement, duty.where, row)
        if member is False or (member is None and counts is False):
            continue
        placed = row.values.get(duty.dated or agreement.dated, Odd("not bound"))
        day = placed.day if isinstance(placed, Time) else placed if isinstance(placed, date) else None
        for one in _episodes(agreement, duty, row, as_of, held):
            episode = one if one.day is not None else replace(one, day=day)
            if counts is False:
                episode = replace(episode, possible=frozenset({LEFT_OUT}))
            elif member is None or counts is None:
                # Ruling 3: it may have been met, or missed, or not count at all.
                episode = replace(episode, possible=episode.possible | {OUTSIDE})
            found.append(episode)
    return found


def _episodes(agreement: Agreement, duty: Duty, row: Row, as_of: int, held: int | None) -> Iterator[Episode]:
    what = duty.what
    if isinstance(what, Follows):
        yield Episode(row.key, frozenset({kept(agreement, row)}), None)
    elif isinstance(what, Volume):
        yield Episode(row.key, frozenset({MET}), None)
    elif isinstance(what, Clock) and what.every is not None:
        yield from repeated(agreement, what, row, as_of)
    else:
        yield from runs(agreement, what, row, as_of, held)


def truth(agreement: Agreement, test: str | None, row: Row) -> bool | None:
    return True if test is None else judge(test, _plain(row.values), agreement.world)


def _plain(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: When(one.low, one.high) if isinstance(one, Time) else one for name, one in values.items()}


@dataclass(frozen=True)
class Counts:
    """The account of a duty in a period. What is by silence is a part of its own, apart from met and missed."""

    covered: int = 0
    met: int = 0
    missed: int = 0
    open: int = 0
    unclear: int = 0
    left_out: int = 0
    not_started: int = 0
    by_silence: int = 0
    may_meet: int = 0
    may_miss: int = 0


NAMES = {one.name.replace("_", " "): one.name for one in fields(Counts)} | {LATE: "missed", SUPERSEDED: "left_out"}


def counts(episodes: Iterable[Episode]) -> Counts:
    """Count episodes; the parts add up to `covered` (ruling 5), the two that may be are within `unclear`."""
    total: Counter[str] = Counter()
    for one in episodes:
        total["covered"] += 1
        total[NAMES[one.outcome]] += 1
        total["may_meet"] += one.may_meet
        total["may_miss"] += one.may_miss
    return Counts(**total)


def by_period(episodes: Iterable[Episode], per: str | None) -> dict[str | None, Counts]:
    """Count the episodes of each period, by its name; None is for those that no day places."""
    found: dict[str | None, list[Episode]] = {}
    for one in episodes:
        found.setdefault(period(one.day, per), []).append(one)
    return {name: counts(some) for name, some in found.items()}


def period(day: date | None, per: str | None) -> str | None:
    """Name the period of a day as reports do, in a fiscal year that starts in January."""
    if per is None:
        return ""
    if day is None:
        return None
    year, week, _ = day.isocalendar()
    return {
        "week": f"{year}-W{week:02}",
        "month": f"{day.year}-{day.month:02}",
        "quarter": f"FY{day.year % 100:02}-Q{(day.month + 2) // 3}",
        "year": f"FY{day.year % 100:02}",
    }[per]


def bounds(total: Counts) -> tuple[Fraction | None, Fraction | None]:
    """Give the least and the greatest share (ruling 4); where only one can be said, the other is all or nothing."""
    least, most = total.met + total.missed + total.may_miss, total.met + total.may_meet + total.missed
    if not least and not most:
        return None, None
    lower = Fraction(total.met, least) if least else Fraction(0)
    upper = Fraction(total.met + total.may_meet, most) if most else Fraction(1)
    return lower, upper


# --- the runs of a clock ----------------------------------------------------------------------


@dataclass(frozen=True)
class Happening:
    """Something that may end a run. Entries into stages and children must not lie before the start (ruling 9).

    Where it is not `sure`, it may not have happened at all. Without a time nobody knows when it did.
    """

    at: Time | None
    is_plain: bool
    keeps: str = "only"
    sure: bool = True


def runs(agreement: Agreement, what: Clock | Attempts, row: Row, as_of: int, held: int | None) -> Iterator[Episode]:
    """Give the episodes of a row: one for each start, or one that has not started."""
    starts = starts_of(agreement, what, row)
    if not starts:
        yield Episode(row.key, frozenset({NOT_STARTED}), None)
        return
    ordered = sorted((start for start in starts if isinstance(start, Time)), key=lambda one: (one.low, one.high))
    dark = len(ordered) < len(starts)
    for number, start in enumerate(ordered, start=1):
        # What is to come has not happened yet.
        following = _next([one for one in ordered[number:] if one.low <= as_of])
        if dark:
            # A start of which nobody knows when it was may lie between this one and its end.
            yield Episode(row.key, frozenset({UNCLEAR}), start.day, start)
        elif isinstance(what, Attempts):
            yield _tried(agreement, what, row, start, following, as_of)
        else:
            yield _run(agreement, what, row, start, following, as_of, held)
    for _ in starts[len(ordered) :]:
        yield Episode(row.key, frozenset({UNCLEAR}), None)


def _next(later: Sequence[Time]) -> Time | None:
    """Give when the first of later starts is: where they overlap, it may be any of them."""
    if not later:
        return None
    return Time(((min(one.low for one in later), min(one.high for one in later)),), later[0].day)


def starts_of(agreement: Agreement, what: Clock | Attempts, row: Row) -> list[Time | Odd]:
    """Give the starts of a row: each entry into a stage where a history is at hand, else the first filled field."""
    for event in what.starts:
        if event.kind == "entering" and agreement.history:
            value = agreement.lifecycle.stages[event.name].value
            entries = [move.at for move in row.moves if move.new == value and move.old != move.new]
            if entries:
                return entries
            continue
        name = event.name if event.kind == "field" else agreement.lifecycle.stages[event.name].entered
        found = _time(agreement, row.values.get(name or ""))
        if found is not None:
            return [found]
    return []


def _time(agreement: Agreement, value: Value) -> Time | Odd | None:
    """Give a time, None for a blank, or what is odd about it; a day is all its seconds in the contract's zone."""
    if value is None or value == Odd("blank"):
        return None
    if isinstance(value, date):
        return read(datetime.combine(value, datetime.min.time()), "day", agreement.zone, agreement.zone)
    assert isinstance(value, Time | Odd)
    return value


def happenings(agreement: Agreement, events: Iterable[Event], row: Row) -> list[Happening]:
    """Give all that may end a run of a row."""
    found = []
    entered = {stage.entered for stage in agreement.lifecycle.stages.values()}
    for event in events:
        if event.kind == "term":
            for child in row.children:
                member = judge(event.name, _plain(child.values), agreement.children)
                when = _time(agreement, child.at)
                if member is not False and when is not None:
                    at = when if isinstance(when, Time) else None
                    found.append(Happening(at, is_plain=False, sure=member is True))
            continue
        if event.kind == "entering" and agreement.history:
            value = agreement.lifecycle.stages[event.name].value
            found += [
                Happening(move.at if isinstance(move.at, Time) else None, is_plain=False)
                for move in row.moves
                if move.new == value and move.old != move.new
            ]
            continue
        name = event.name if event.kind == "field" else agreement.lifecycle.stages[event.name].entered or ""
        when = _time(agreement, row.values.get(name))
        if when is not None:
            at = when if isinstance(when, Time) else None
            plain = event.kind == "field" and name not in entered
            found.append(Happening(at, plain, agreement.keeps.get(name, "only")))
    return found


def _run(
    agreement: Agreement, clock: Clock, row: Row, start: Time, following: Time | None, as_of: int, held: int | None
) -> Episode:
    """Judge one run under every tier, every calendar and in every world that what is known leaves possible."""
    tiers = possible_tiers(agreement, clock, row)
    start, stops = settled(start, by_now(happenings(agreement, clock.stops, row), as_of))
    today = exact(as_of, agreement.zone)
    moves = sorted(
        (move for move in row.moves if clock.pauses and isinstance(move.at, Time)),
        key=lambda move: (_known(move.at).low, _known(move.at).high),
    )
    ends: set[tuple[str, float | None]] = set()
    for tier, calendar in product(tiers, possible_calendars(agreement, clock.calendar, row)):
        if tier is None:
            ends.add((LEFT_OUT, None))
            continue
        given = [start, following, *(move.at for move in moves if isinstance(move.at, Time))]
        others = [*(stop.at for stop in stops), today]
        for world in worlds(given, others):
            begun, later, *rest = world
            if begun is None or (later is not None and later < begun):
                continue
            next_start = later if later is not None and later <= as_of else None
            paused = _paused(agreement, clock, moves, rest, as_of)
            for first in _firsts(stops, [*given, *others], begun, next_start, as_of):
                ends |= set(_ended(agreement, clock, tier, calendar, paused, begun, first, next_start, as_of, held))
    possible = frozenset(end for end, _ in ends)
    lengths = [length for _, length in ends if length is not None and length != NEVER]
    return Episode(
        row.key,
        possible,
        start.day,
        start,
        (min(lengths), max(lengths)) if lengths and UNCLEAR not in possible else None,
        tiers[0].name if len(tiers) == 1 and tiers[0] is not None else None,
    )


def by_now(found: Iterable[Happening], as_of: int) -> list[Happening]:
    """Leave out what had certainly not happened by the moment of the report.

    What keeps only the latest time may have happened before, too.
    """
    return [one for one in found if one.at is None or one.at.low <= as_of or one.keeps == "latest"]


def _known(at: Time | Odd) -> Time:
    assert isinstance(at, Time)
    return at


def possible_tiers(agreement: Agreement, clock: Clock, row: Row) -> list[Tier | None]:
    """Give the tiers that may be the first that holds; None where it may be that none does."""
    found: list[Tier | None] = []
    for tier in clock.tiers:
        holds = truth(agreement, tier.when, row)
        if holds is not False:
            found.append(tier)
        if holds is True:
            return found
    return [*found, None]


def possible_calendars(agreement: Agreement, name: str | None, row: Row) -> list[Calendar | None]:
    """Give the calendars that a row may run by: one, or all that a choice has where its field is not known."""
    if name is None:
        return [None]
    named = agreement.calendars[name]
    if isinstance(named, Calendar):
        return [named]
    value = row.values.get(named.field)
    listed = dict(named.cases)
    names = {listed.get(value, named.otherwise)} if isinstance(value, str) else {*listed.values(), named.otherwise}
    found = [agreement.calendars[one] for one in sorted(names)]
    return [one for one in found if isinstance(one, Calendar)]


def settled(start: Time, stops: Sequence[Happening]) -> tuple[Time, list[Happening]]:
    """Choose between the readings of times that happened twice, so that stops come after the start (ruling 17).

    Where exactly one choice does that, it is taken; else each time is the whole range over its readings.
    """
    if len(start.readings) == 1:
        return start, [settled_pair(start, stop)[1] for stop in stops]
    if len(stops) == 1:
        begun, stop = settled_pair(start, stops[0])
        return begun, [stop]
    timed = [stop.at for stop in stops if stop.at is not None]
    kept = [one for one in product(start.readings, *(at.readings for at in timed)) if _in_order(one[0], one[1:])]
    if len(kept) != 1 or not timed:
        return _whole(start), [replace(stop, at=_whole(stop.at)) if stop.at else stop for stop in stops]
    chosen = iter(kept[0][1:])
    picked = [replace(stop, at=replace(stop.at, readings=(next(chosen),))) if stop.at else stop for stop in stops]
    return replace(start, readings=(kept[0][0],)), picked


def settled_pair(start: Time, stop: Happening) -> tuple[Time, Happening]:
    if stop.at is None:
        return _whole(start), stop
    kept = [(one, other) for one, other in product(start.readings, stop.at.readings) if _in_order(one, [other])]
    if len(kept) != 1:
        return _whole(start), replace(stop, at=_whole(stop.at))
    return replace(start, readings=(kept[0][0],)), replace(stop, at=replace(stop.at, readings=(kept[0][1],)))


def _in_order(start: tuple[int, int], stops: Iterable[tuple[int, int]]) -> bool:
    return all(start[0] <= high for _, high in stops)


def _whole(at: Time) -> Time:
    return replace(at, readings=((at.low, at.high),))


def worlds(times: Sequence[Time | None], others: Sequence[Time | None] = ()) -> Iterator[tuple[int | None, ...]]:
    """Try out coarse times: every combination of some seconds of each, which lie as `others` may ask for too.

    These seconds suffice. What comes out of a world changes only with the order of the times, and with how long it is
    from one to another, which grows with the later and shrinks with the earlier one. So among all worlds with one
    order the extremes lie in the corners: where each time is at an end of its own range, equal to another one, or next
    to it; and two times that are equal, or next to each other, can be so at an end of one of their ranges.
    """
    yield from product(*(_seconds_of(time, [*times, *others]) for time in times))


def _seconds_of(time: Time | None, times: Sequence[Time | None]) -> list[int] | list[None]:
    if time is None:
        return [None]
    ends = {end for one in times if one is not None for end in (one.low, one.high)}
    near = {end + beside for end in ends for beside in (-1, 0, 1)}
    return sorted({time.low, time.high} | {second for second in near if time.low <= second <= time.high})


def _firsts(
    stops: Sequence[Happening], times: Sequence[Time | None], start: int, following: int | None, as_of: int
) -> set[float | None]:
    """Give every instant at which the first of the stops that count for this run may have happened; None for never.

    Stops happen independently of each other, so whatever each may have done can go with whatever the others may.
    """
    firsts: set[float | None] = {None}
    for stop in stops:
        ways = {way for second in _seconds_of(stop.at, times) for way in _ways(stop, second, start, following, as_of)}
        firsts = {
            min((one for one in (before, way) if one is not None), default=None) for before in firsts for way in ways
        }
    return firsts


def _ways(stop: Happening, second: int | None, start: int, following: int | None, as_of: int) -> Iterator[float | None]:
    """Give the instants at which one stop may have happened in this run, and None where it may not have."""
    if second is None:
        # Its time cannot be read: it may have been at once, or too late, or, for others than plain fields, not in this
        # run. Ruling 2 calls that unclear; where another stop lies in time, it makes no difference.
        yield start
        if not stop.is_plain:
            yield None
        if following is None or stop.is_plain:
            yield NEVER
        return
    if second > as_of:
        yield None
        if stop.keeps == "latest" and start < as_of:
            yield start
        return
    inside = stop.is_plain or (start <= second and (following is None or second < following))
    if not stop.sure:
        yield None
    if stop.keeps == "first" and second < start:
        # Whether and when it happened again is not known.
        yield from (start, None, NEVER)
        return
    # Policy P1: before the start counts as at once.
    yield max(second, start) if inside else None
    if stop.keeps == "latest" and second > start:
        # It may have happened before, at any time since the start.
        yield start


def _ended(
    agreement: Agreement,
    clock: Clock,
    tier: Tier,
    calendar: Calendar | None,
    paused: Sequence[tuple[int, int]],
    start: int,
    answered: float | None,
    following: int | None,
    as_of: int,
    held: int | None,
) -> Iterator[tuple[str, float | None]]:
    """Say what becomes of a run in one world, and how long it took."""
    limit = allowed(tier.within, calendar)

    def passed(stop: float) -> float | None:
        total = used(tier.within, calendar, agreement.zone, start, stop)
        for begun, ended in paused:
            since, until = max(begun, start), min(ended, stop)
            if total is not None and since < until:
                still = used(tier.within, calendar, agreement.zone, since, until)
                total = None if still is None else total - still
        return total

    # Without a history nobody knows how long the clock stood still, so it may not be late.
    unseen = bool(clock.pauses) and not agreement.history
    if answered is not None:
        length = passed(answered)
        if length is None or limit is None:
            yield UNCLEAR, None
        elif length <= limit:
            yield MET, length
        else:
            yield LATE, length
            if unseen:
                yield MET, length
        return
    silent = LATE if clock.silence == "late" else BY_SILENCE
    if following is not None:
        length = passed(following)
        if length is None or limit is None:
            yield UNCLEAR, None
        else:
            yield (silent if length > limit else SUPERSEDED), length
        return
    length = passed(max(as_of, start))
    if length is None or limit is None:
        yield UNCLEAR, None
        return
    # Policies P10 and P11: exactly at due it is open, and so it is in closed time after that.
    yield (silent if length > limit else OPEN), length
    if length > limit and unseen:
        yield OPEN, length
    if length > limit and held is not None and held < as_of:
        by_then = passed(max(held, start))
        if by_then is None or by_then <= limit:
            # It may have been answered after the export was made.
            yield MET, length


def _paused(
    agreement: Agreement, clock: Clock, moves: Sequence[Move], seconds: Sequence[int | None], as_of: int
) -> list[tuple[int, int]]:
    """Give the stretches in which a clock stands still: from an entry into such a stage to the next move."""
    if not agreement.history:
        return []
    values = {agreement.lifecycle.stages[stage].value for stage in clock.pauses}
    entries = [second for second in seconds if second is not None]
    found = []
    for move, (begun, ended) in zip(moves, pairwise([*entries, max([as_of, *entries])]), strict=True):
        if move.new in values and begun < ended:
            found.append((begun, ended))
    if moves and moves[0].old in values:
        found.append((min(0, entries[0]), entries[0]))
    return found


# --- the same again and again -----------------------------------------------------------------


def repeated(agreement: Agreement, clock: Clock, row: Row, as_of: int) -> Iterator[Episode]:
    """Give an episode for each gap: from the start to the first event, between two, from the last to the end.

    Only for events that are sure and known to the second: what may be one gap or two is no single episode.
    """
    (start,) = starts_of(agreement, clock, row) or (None,)
    if start is None:
        yield Episode(row.key, frozenset({NOT_STARTED}), None)
        return
    if not isinstance(start, Time):
        yield Episode(row.key, frozenset({UNCLEAR}), None)
        return
    assert clock.every is not None
    (begun,) = _seconds([start])
    # What is to come has not happened yet.
    events = [one for one in _seconds(_sure(happenings(agreement, [Event("term", clock.every)], row))) if one <= as_of]
    ends = [one for one in _seconds(_sure(happenings(agreement, clock.until, row))) if one <= as_of]
    end = min((one for one in ends if one >= begun), default=None)
    inside = sorted(one for one in events if begun <= one and (end is None or one <= end))
    tiers = possible_tiers(agreement, clock, row)
    calendars = possible_calendars(agreement, clock.calendar, row)
    for since, until in pairwise([begun, *inside, end if end is not None else NEVER]):
        found: set[str] = set()
        lengths: set[float] = set()
        for tier, calendar in product(tiers, calendars):
            if tier is None:
                found.add(LEFT_OUT)
                continue
            running = until == NEVER
            length = used(tier.within, calendar, agreement.zone, int(since), max(as_of, since) if running else until)
            limit = allowed(tier.within, calendar)
            if length is None or limit is None:
                found.add(UNCLEAR)
                continue
            lengths.add(length)
            found.add(LATE if length > limit else OPEN if running else MET)
        yield Episode(
            row.key,
            frozenset(found),
            local(int(since), agreement.zone).date(),
            exact(int(since), agreement.zone),
            (min(lengths), max(lengths)) if lengths else None,
            tiers[0].name if len(tiers) == 1 and tiers[0] is not None else None,
        )


def _sure(found: Iterable[Happening]) -> list[Time]:
    times = []
    for one in found:
        assert one.sure
        assert one.at is not None, "gaps are counted only between times that are known"
        times.append(one.at)
    return times


def _seconds(times: Iterable[Time]) -> list[int]:
    found = []
    for one in times:
        assert one.low == one.high, "gaps are counted only between times that are known to the second"
        found.append(one.low)
    return found


# --- tries ------------------------------------------------------------------------------------


def _tried(agreement: Agreement, duty: Attempts, row: Row, start: Time, following: Time | None, as_of: int) -> Episode:
    """Judge the tries of one run (ruling 14), in every world."""
    tries: list[tuple[Child, Time, bool]] = []
    for child in _once(row.children):
        member = judge(duty.of, _plain(child.values), agreement.children)
        if member is not False and child.at != Odd("blank"):
            # A try without a time may lie anywhere; only those with one are tried out, the others make it unclear.
            if not isinstance(child.at, Time):
                return Episode(row.key, frozenset({UNCLEAR}), start.day, start)
            tries.append((child, child.at, member is True))
    ends = by_now(happenings(agreement, duty.until, row), as_of)
    if any(end.at is None for end in ends):
        return Episode(row.key, frozenset({UNCLEAR}), start.day, start)
    start, ends = settled(start, ends)
    found: set[str] = set()
    given = [start, following, *(at for _, at, _ in tries)]
    others = [*(end.at for end in ends), exact(as_of, agreement.zone)]
    unsure = [number for number, (_, _, sure) in enumerate(tries) if not sure]
    for calendar in possible_calendars(agreement, duty.calendar, row):
        for begun, later, *seconds in worlds(given, others):
            if begun is None or (later is not None and later < begun):
                continue
            next_start = later if later is not None and later <= as_of else None
            for size in range(len(unsure) + 1):
                for absent in combinations(unsure, size):
                    made = [
                        (second, child)
                        for number, (second, (child, _, _)) in enumerate(zip(seconds, tries, strict=True))
                        if number not in absent and second is not None and second <= as_of
                    ]
                    for end in _firsts(ends, [*given, *others], begun, next_start, as_of):
                        found.add(_enough(agreement, duty, calendar, begun, made, end, next_start, as_of))
    return Episode(row.key, frozenset(found), start.day, start)


def _once(children: Sequence[Child]) -> list[Child]:
    """Leave out children that repeat another one: alike but for their key, and within one second of it."""
    kept: list[Child] = []
    for child in children:
        twin = any(
            other.values == child.values
            and isinstance(other.at, Time)
            and isinstance(child.at, Time)
            and abs(other.at.low - child.at.low) <= 1
            and abs(other.at.high - child.at.high) <= 1
            for other in kept
        )
        if not twin:
            kept.append(child)
    return kept


def _enough(
    agreement: Agreement,
    duty: Attempts,
    calendar: Calendar | None,
    start: int,
    tries: Sequence[tuple[int, Child]],
    end: float | None,
    following: int | None,
    as_of: int,
) -> str:
    """Say what becomes of a run in one world: enough tries until it was given up, or the time was over."""
    limit = allowed(duty.within, calendar) if duty.within else None
    counted: list[tuple[int, Child]] = []
    for second, child in sorted(tries, key=lambda one: one[0]):
        inside = start <= second and (following is None or second < following) and (end is None or second <= end)
        if inside and duty.within is not None:
            passed = used(duty.within, calendar, agreement.zone, start, second)
            if passed is None or limit is None:
                return UNCLEAR
            inside = passed <= limit
        if inside and duty.apart is not None and counted:
            since = used(duty.apart, calendar, agreement.zone, counted[-1][0], second)
            least = allowed(duty.apart, calendar)
            if since is None or least is None:
                return UNCLEAR
            inside = since >= least
        if inside:
            counted.append((second, child))
    channels = {child.values.get(duty.channel) for _, child in counted} if duty.channel else set()
    enough = MET if len(counted) >= duty.at_least and len(channels) >= duty.channels else LATE
    if end is not None:
        return enough
    if duty.within is not None:
        passed = used(duty.within, calendar, agreement.zone, start, max(following or as_of, start))
        if passed is None or limit is None:
            return UNCLEAR
        if passed > limit:
            return enough
    return SUPERSEDED if following is not None else OPEN


# --- lifecycles -------------------------------------------------------------------------------

_MOST_TIED = 6


def kept(agreement: Agreement, row: Row) -> str:
    """Say whether a row keeps its lifecycle, as far as its moves show; what cannot be seen is unclear, not fine."""
    cycle = agreement.lifecycle
    values = {stage.value for stage in cycle.stages.values()}
    current = row.values.get(cycle.of)
    known = all(move.new in values and move.old in {None, *values} for move in row.moves)
    if not known or not all(isinstance(move.at, Time) for move in row.moves) or current not in values:
        return UNCLEAR
    if not row.moves:
        return MET if current in {cycle.stages[start].value for start in cycle.starts} else LATE
    return LATE if faults(agreement, row, str(current)) else MET


def faults(agreement: Agreement, row: Row, current: str | None = None) -> tuple[str, ...]:
    """Give what is wrong with the moves of a row, in the kindest order of those that happened at the same time.

    `current` is the value that the row itself holds now. Judged is only what is there: that a row has not come to an
    end is no fault. Names are `illegal start`, `illegal move`, `skipped`, `backward`, `reopened`, `gap`, `wrong party`.
    """
    timed = sorted((move for move in row.moves if isinstance(move.at, Time)), key=lambda move: _known(move.at).low)
    groups: list[list[Move]] = []
    for move in timed:
        if groups and _known(move.at).low <= max(_known(other.at).high for other in groups[-1]):
            groups[-1].append(move)
        else:
            groups.append([move])
    assert all(len(group) <= _MOST_TIED for group in groups), "too many moves at the same time for this"
    orders = product(*(_orders(group) for group in groups))
    ways = ([move for group in order for move in group] for order in orders)
    return min((tuple(_faults(agreement.lifecycle, way, current)) for way in ways), key=len)


def _orders(group: Sequence[Move]) -> Iterator[Sequence[Move]]:
    """Give every order of moves that happened at the same time; what stands there twice may have happened once."""
    yield from permutations(group)
    once = list({(move.old, move.new, move.party): move for move in group}.values())
    if len(once) < len(group):
        yield from permutations(once)


def _faults(cycle: Lifecycle, moves: Sequence[Move], current: str | None) -> Iterator[str]:
    stage_of = {stage.value: name for name, stage in cycle.stages.items()}
    last: str | None = None
    for number, move in enumerate(moves):
        new = stage_of[move.new]
        if move.old is None:
            if number == 0 and new not in cycle.starts:
                yield "illegal start"
            if number > 0:
                yield "gap"
            last = move.new
            continue
        if last is not None and last != move.old:
            yield "gap"
        last = move.new
        old = stage_of[move.old]
        if old == new:
            continue
        if new not in cycle.moves.get(old, ()):
            # One fault for one move: who made it is not asked any more.
            yield _kind(cycle, old, new)
            continue
        owner = cycle.stages[old].owner
        if owner is not None and move.party is not None:
            department = cycle.departments.get(move.party, move.party)
            if owner not in {move.party, department} and cycle.departments.get(owner, owner) != move.party:
                yield "wrong party"
    if current is not None and last is not None and current != last:
        yield "gap"


def _kind(cycle: Lifecycle, old: str, new: str) -> str:
    if cycle.stages[old].final:
        return "reopened"
    if old in cycle.path and new in cycle.path:
        return "backward" if cycle.path.index(new) < cycle.path.index(old) else "skipped"
    return "illegal move"
