"""What became of the runs of a clock, where a query alone cannot say: coarse times, doubtful rows, histories, tries.

A run is judged in every world that what is known leaves possible: a coarse time at each of its ends and beside every
other time, a stop that may not have happened, a tier or a calendar that may be another one. Where all worlds end alike
the run is decided, else it is unclear. Between two neighbouring seconds nothing but the order of times can change, and
how long it is from one to another only grows with the later and shrinks with the earlier one: so the extremes lie where
each time is at an end of its own range, or at or beside an end of another.

Instants are whole seconds of UTC; a coarse time is the range of seconds that it may be, both ends included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import field, replace
from itertools import pairwise, product
from typing import Literal

from slacli.core import zones
from slacli.core.calendars import OpenTime, calendar_due, calendars_of, local_day, needed
from slacli.model import Contract, Duration, Episodes
from slacli.values import dataclass

Ending = Literal[
    "met", "late", "open", "unclear", "left out", "not started", "by silence", "superseded", "outside"
]  # fmt: skip
"""How a run may end. `outside` says that the duty may not be about the row at all."""

_STANDS_ANYHOW = ({"open"}, {"not started"}, {"superseded"})

# A time to the second or minute that happened twice is known by the width of its range, which no other time has.
_TWICE = range(60, 80_000)
_NEVER = 1 << 62
_MOST_WORLDS = 50_000
_MOST_TRIED = 4_000


# --- what is known of a row -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as an export tells it: the seconds that it may be."""

    low: int
    high: int

    @property
    def readings(self) -> tuple[Moment, ...]:
        """Give the two readings of a local time that happened twice, else the time itself."""
        width = self.high - self.low
        if width not in _TWICE or width % 60 not in {0, 59}:
            return (self,)
        span = width % 60
        return Moment(self.low, self.low + span), Moment(self.high - span, self.high)


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that may end a run. `at` is None where it happened and nobody can read when.

    `plain` is a time field that is no entry into a stage: it counts before the start too, as at once. Where it is not
    `sure`, it may not have happened at all.
    """

    at: Moment | None
    plain: bool = False
    keeps: Literal["only", "first", "latest"] = "only"
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Move:
    """A line of a history: when, and from which value to which."""

    at: Moment | None
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Try:
    """A row of a child that may count as a try: when, over which channel, whether it is one for certain.

    `alike` is the same for two rows that say the same but for their key and time.
    """

    at: Moment | None
    channel: str | None = None
    sure: bool = True
    alike: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What one row holds for one duty. Times that cannot be read are None among the `starts`.

    `tiers` and `calendars` are the numbers of those that may hold; `no_tier` says that it may be that none does.
    `days` are the local days that the starts were written with.
    """

    starts: Sequence[Moment | None]
    days: Sequence[int | None]
    stops: Sequence[Stop] = ()
    moves: Sequence[Move] = ()
    tries: Sequence[Try] = ()
    tiers: Sequence[int] = (0,)
    no_tier: bool = False
    calendars: Sequence[int] = (0,)
    may_be_outside: bool = False
    not_counted: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one run: how it may have ended, when it began, and what decided it where that is one thing.

    `day` is the local day that places it, as days since 1970. `took` is what passed until it ended, in seconds or in
    local dates. `tier` and `calendar` are numbers.
    """

    possible: frozenset[Ending]
    day: int | None = None
    start: Moment | None = None
    took: tuple[int, int] | None = None
    tier: int | None = None
    calendar: int | None = None
    ended: int | None = None

    @property
    def ending(self) -> Ending:
        """Give the one ending; where nothing can count yet, a doubt whether the duty is about the row changes none."""
        covered = self.possible - {"outside"}
        if len(self.possible) == 1 or set(covered) in _STANDS_ANYHOW:
            return min(covered) if covered else "outside"
        return "unclear"

    @property
    def may_meet(self) -> bool:
        return self.ending == "unclear" and not self.possible.isdisjoint({"met", "open", "unclear"})

    @property
    def may_miss(self) -> bool:
        return self.ending == "unclear" and not self.possible.isdisjoint({"late", "open", "unclear"})


# --- what was agreed --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terms:
    """A clock made ready: its measure, its calendars by number, and how far the exports reach.

    `now` is the moment of the report, `held` the last one that the exports hold which would hold an answer. `paused`
    are the values of the stages in which it stands still; `seen` says that a history shows them.
    """

    measure: Episodes
    zone: str
    now: int
    held: int
    calendars: tuple[OpenTime | None, ...] = (None,)
    paused: frozenset[str] = frozenset()
    seen: bool = False
    limits: dict[tuple[Duration, int], int | None] = field(default_factory=dict)

    def limit(self, duration: Duration, calendar: int) -> int | None:
        """Give what a duration allows, in the unit of `passed`; None where nobody said how long a business day is."""
        if duration.clock == "calendar":
            return duration.amount
        key = (duration, calendar)
        if key not in self.limits:
            self.limits[key] = needed(duration, self.calendars[calendar])
        return self.limits[key]

    def passed(self, duration: Duration, calendar: int, start: int, stop: int) -> int | None:
        """Give what of such time has passed: seconds, or local dates. None outside the calendar."""
        if duration.clock == "wall":
            return max(stop - start, 0)
        if duration.clock == "calendar":
            there = zones.offsets(self.zone)
            return max(there.local(stop) // zones.DAY - there.local(start) // zones.DAY, 0)
        open_time = self.calendars[calendar]
        return None if open_time is None else open_time.between(start, stop)


def terms(contract: Contract, measure: Episodes, record: str, now: int, held: int, *, seen: bool) -> Terms:
    """Make a clock ready for judging the rows of a record."""
    calendars: tuple[OpenTime | None, ...] = (None,)
    if measure.calendar is not None:
        # Many values may share a calendar; each calendar stands once, in the order in which it is named.
        calendars = tuple({one.id: one for one in calendars_of(contract, measure.calendar).values()}.values())
    paused = frozenset(
        cycle.stages[stage].value
        for cycle in contract.lifecycles.values()
        if cycle.record == record
        for stage in measure.pauses
        if stage in cycle.stages
    )
    return Terms(measure, contract.time_zone, now, held, calendars, paused, seen)


def due(agreed: Terms, tier: int, calendar: int, start: int) -> int | None:
    """Give the last second at which a run that starts then is answered in time; None where nobody can say."""
    within = agreed.measure.tiers[tier].within
    limit = agreed.limit(within, calendar)
    if limit is None:
        return None
    if within.clock == "wall":
        return start + limit
    if within.clock == "calendar":
        return calendar_due(start, limit, agreed.zone)
    open_time = agreed.calendars[calendar]
    return None if open_time is None else open_time.due(start, limit)


# --- judging ----------------------------------------------------------------------------------


def judge(agreed: Terms, row: Dossier) -> Iterator[Run]:
    """Give the runs of a row: one for each start, or one that has not started."""
    for run in _runs(agreed, _so_far(row, agreed.now)):
        if row.not_counted:
            yield replace(run, possible=frozenset({"left out"}))
        elif row.may_be_outside:
            yield replace(run, possible=run.possible | {"outside"})
        else:
            yield run


def _so_far(row: Dossier, now: int) -> Dossier:
    """Leave out the answers and tries that lie after the moment of the report: by then they had not happened.

    What keeps the latest of several may have happened before, too.
    """
    stops = tuple(one for one in row.stops if one.at is None or one.at.low <= now or one.keeps == "latest")
    return replace(row, stops=stops, tries=tuple(one for one in row.tries if one.at is None or one.at.low <= now))


def _runs(agreed: Terms, row: Dossier) -> Iterator[Run]:
    if not row.starts:
        yield Run(frozenset({"not started"}))
        return
    if agreed.measure.every is not None:
        yield from _gaps(agreed, row)
        return
    timed = sorted(
        ((at, day) for at, day in zip(row.starts, row.days, strict=True) if at is not None),
        key=lambda pair: (pair[0].low, pair[0].high),
    )
    dark = len(row.starts) - len(timed)
    for number, (start, day) in enumerate(timed, start=1):
        later = [at for at, _ in timed[number:] if at.low <= agreed.now]
        following = Moment(min(at.low for at in later), min(at.high for at in later)) if later else None
        if row.not_counted:
            yield Run(frozenset({"left out"}), day, start)
        elif dark:
            # A start of which nobody knows when it was may lie between this one and its end.
            yield Run(frozenset({"unclear"}), day, start)
        elif agreed.measure.tries is not None:
            yield _tried(agreed, row, start, day, following)
        else:
            yield _run(agreed, row, start, day, following)
    for _ in range(dark):
        yield Run(frozenset({"unclear"}))


def _run(agreed: Terms, row: Dossier, start: Moment, day: int | None, following: Moment | None) -> Run:
    begun, stops = _in_order(start, row.stops)
    # A stop that lies in the open with exact times needs one world; each coarse time adds a few.
    others = [*(stop.at for stop in stops), *_edge([following, *(stop.at for stop in stops)], agreed.now)]
    if agreed.paused and any(move.at is None for move in row.moves):
        return Run(frozenset({"unclear"}), day, start)
    moves = sorted((m for m in row.moves if agreed.paused and m.at is not None), key=_by_time)
    given = [begun, following, *(move.at for move in moves)]
    seconds = [_corners(at, [*given, *others]) for at in given]
    if _size(seconds) > _MOST_WORLDS:
        return Run(frozenset({"unclear"}), day, start)
    endings: set[Ending] = set()
    lengths: set[int] = set()
    answers: set[int] = set()
    tiers: list[int | None] = [*row.tiers, *([None] if row.no_tier else [])]
    for tier, calendar in product(tiers, row.calendars):
        if tier is None:
            endings.add("left out")
            continue
        within = agreed.measure.tiers[tier].within
        for first, then, *rest in product(*seconds):
            if first is None or (then is not None and then < first):
                continue
            after = then if then is not None and then <= agreed.now else None
            paused = _pauses(agreed, moves, [second for second in rest if second is not None])
            for answered in _firsts(stops, [*given, *others], first, after, agreed.now):
                for ending, length in _endings(agreed, within, calendar, paused, first, answered, after):
                    endings.add(ending)
                    if length is not None:
                        lengths.add(length)
                if answered is not None and answered != _NEVER:
                    answers.add(answered)
    known = lengths and "unclear" not in endings
    return Run(
        frozenset(endings),
        day,
        start,
        (min(lengths), max(lengths)) if known else None,
        tiers[0] if len(tiers) == 1 else None,
        row.calendars[0] if len(row.calendars) == 1 else None,
        _ended(begun, stops, answers),
    )


def _ended(start: Moment, stops: Sequence[Stop], answers: Collection[int]) -> int | None:
    """Give the second of the answer where it is known; one that lies before the start counts as at the start."""
    if len(answers) != 1:
        return None
    early = [
        one.at.low
        for one in stops
        if one.plain and one.keeps == "only" and one.at is not None and one.at.low == one.at.high < start.low
    ]
    answered = min(answers)
    return min(early) if early and answered == start.low == start.high else answered


def _edge(times: Iterable[Moment | None], now: int) -> tuple[Moment, ...]:
    """Give the moment of the report where some time may lie before or after it."""
    return (Moment(now, now),) if any(at is not None and at.high > now for at in times) else ()


def _by_time(move: Move) -> tuple[int, int]:
    return (move.at.low, move.at.high) if move.at is not None else (0, 0)


def _size(seconds: Iterable[Collection[int | None]]) -> int:
    size = 1
    for one in seconds:
        size *= len(one)
    return size


def _corners(at: Moment | None, times: Sequence[Moment | None]) -> Sequence[int | None]:
    """Give the seconds of a time that can make a difference; nothing but None for what is not there."""
    if at is None:
        return [None]
    if at.low == at.high:
        return [at.low]
    found = {at.low, at.high}
    for other in times:
        if other is not None and other is not at:
            found.update(
                second
                for end in (other.low, other.high)
                for second in (end - 1, end, end + 1)
                if at.low <= second <= at.high
            )
    return sorted(found)


def _in_order(start: Moment, stops: Sequence[Stop]) -> tuple[Moment, list[Stop]]:
    """Choose between the readings of local times that happened twice, so that stops do not lie before the start.

    Where just one choice does that it is taken, else each time is the range over both its readings.
    """
    if len(start.readings) == 1:
        return start, [_after(start, stop) for stop in stops]
    timed = [number for number, stop in enumerate(stops) if stop.at is not None]
    choices = [
        (first, others)
        for first, *others in product(start.readings, *(_readings(stops[number]) for number in timed))
        if all(first.low <= other.high for other in others)
    ]
    chosen = list(stops)
    if len(choices) != 1 or not timed:
        return start, chosen
    first, others = choices[0]
    for number, at in zip(timed, others, strict=True):
        chosen[number] = replace(stops[number], at=at)
    return first, chosen


def _readings(stop: Stop) -> tuple[Moment, ...]:
    return stop.at.readings if stop.at is not None else ()


def _after(start: Moment, stop: Stop) -> Stop:
    kept = [at for at in _readings(stop) if start.low <= at.high]
    return replace(stop, at=kept[0]) if len(kept) == 1 else stop


def _firsts(
    stops: Sequence[Stop], times: Sequence[Moment | None], start: int, following: int | None, now: int
) -> set[int | None]:
    """Give every second at which the first answer may have come; None for none, and a far second for too late."""
    firsts: set[int | None] = {None}
    for stop in stops:
        ways: set[int | None] = set()
        for second in _corners(stop.at, times):
            ways.update(_ways(stop, second, start, following, now))
        firsts = {
            way if before is None else before if way is None else min(before, way) for before in firsts for way in ways
        }
    return firsts


def _ways(stop: Stop, second: int | None, start: int, following: int | None, now: int) -> Iterator[int | None]:
    """Give the seconds at which one stop may have answered this run, and None where it may not have."""
    if second is None:
        # It happened, nobody knows when: at once, too late, or, but for plain fields, in another run.
        yield start
        if not stop.plain:
            yield None
        if following is None or stop.plain:
            yield _NEVER
        return
    if second > now:
        yield None
        if stop.keeps == "latest" and start < now:
            yield start
        return
    if not stop.sure:
        yield None
    if stop.keeps == "first" and second < start:
        # Whether and when it happened again is not known.
        yield from (start, None, _NEVER)
        return
    inside = stop.plain or (start <= second and (following is None or second < following))
    yield max(second, start) if inside else None
    if stop.keeps == "latest" and second > start:
        # It may have happened before, at any time since the start.
        yield start


def _endings(
    agreed: Terms,
    within: Duration,
    calendar: int,
    paused: Sequence[tuple[int, int]],
    start: int,
    answered: int | None,
    following: int | None,
) -> Iterator[tuple[Ending, int | None]]:
    """Say how a run ends in one world, and what passed until then."""
    limit = agreed.limit(within, calendar)
    # Without a history nobody knows how long the clock stood still, so it need not be late.
    unseen = bool(agreed.paused) and not agreed.seen
    silent: Ending = "late" if agreed.measure.silence == "late" else "by silence"
    stop = answered if answered is not None else following
    if stop is None:
        stop = max(agreed.now, start)
    length = _NEVER if stop == _NEVER else _counted(agreed, within, calendar, paused, start, stop)
    if length is None or limit is None:
        yield "unclear", None
        return
    shown = None if length == _NEVER else length
    late = length > limit
    if answered is not None:
        yield ("late" if late else "met"), shown
        if late and unseen:
            yield "met", shown
        return
    if following is not None:
        yield (silent if late else "superseded"), shown
        return
    yield (silent if late else "open"), shown
    if late and unseen:
        yield "open", shown
    if late and agreed.held < agreed.now:
        by_then = _counted(agreed, within, calendar, paused, start, max(agreed.held, start))
        if by_then is None or by_then <= limit:
            # It may have been answered after the export was made.
            yield "met", shown


def _counted(
    agreed: Terms, within: Duration, calendar: int, paused: Sequence[tuple[int, int]], start: int, stop: int
) -> int | None:
    """Give what passed from start to stop, without the stretches in which the clock stood still."""
    total = agreed.passed(within, calendar, start, stop)
    for begun, ended in paused:
        since, until = max(begun, start), min(ended, stop)
        if total is not None and since < until:
            still = agreed.passed(within, calendar, since, until)
            total = None if still is None else total - still
    return total


def _pauses(agreed: Terms, moves: Sequence[Move], seconds: Sequence[int]) -> list[tuple[int, int]]:
    """Give the stretches in which a clock stands still: from an entry into such a stage to the next move."""
    if not moves or not agreed.seen:
        return []
    end = max([agreed.now, *seconds])
    found = [
        (begun, ended)
        for move, (begun, ended) in zip(moves, pairwise([*seconds, end]), strict=True)
        if move.new in agreed.paused and begun < ended
    ]
    if moves[0].old in agreed.paused:
        found.append((min(0, seconds[0]), seconds[0]))
    return found


def stood_still(agreed: Terms, moves: Sequence[Move]) -> list[tuple[int, int]]:
    """Give the stretches in which a clock stood still, by the earliest second of each move."""
    timed = sorted((move for move in moves if move.at is not None), key=_by_time)
    return _pauses(agreed, timed, [move.at.low for move in timed if move.at is not None])


# --- again and again --------------------------------------------------------------------------


def _gaps(agreed: Terms, row: Dossier) -> Iterator[Run]:
    """Give a run for each gap: from the start to the first event, between two, and from the last to the end.

    Where an event is in doubt, or a time is coarse, it is not known which gaps there are: the row is one unclear run.
    """
    start = row.starts[0]
    day = row.days[0]
    ats = [one.at for one in row.tries] + [one.at for one in row.stops]
    doubtful = any(at is None or at.low != at.high for at in ats)
    doubtful = doubtful or not (all(one.sure for one in row.tries) and all(one.sure for one in row.stops))
    if start is None:
        yield Run(frozenset({"unclear"}))
        return
    if doubtful or start.low != start.high:
        yield Run(frozenset({"unclear"}), day, start)
        return
    events = sorted(one.at.low for one in row.tries if one.at is not None)
    ends = [one.at.low for one in row.stops if one.at is not None and one.at.low >= start.low]
    end = min(ends, default=None)
    inside = [second for second in events if start.low <= second and (end is None or second <= end)]
    for since, until in pairwise([start.low, *inside, end]):
        yield _gap(agreed, row, int(since or 0), until)


def _gap(agreed: Terms, row: Dossier, since: int, until: int | None) -> Run:
    endings: set[Ending] = {"left out"} if row.no_tier else set()
    lengths: set[int] = set()
    for tier, calendar in product(row.tiers, row.calendars):
        within = agreed.measure.tiers[tier].within
        limit = agreed.limit(within, calendar)
        length = agreed.passed(within, calendar, since, until if until is not None else max(agreed.now, since))
        if length is None or limit is None:
            endings.add("unclear")
            continue
        lengths.add(length)
        endings.add("late" if length > limit else "open" if until is None else "met")
    return Run(
        frozenset(endings),
        (local_day(since, agreed.zone) - zones.EPOCH).days,
        Moment(since, since),
        (min(lengths), max(lengths)) if lengths else None,
        row.tiers[0] if len(row.tiers) == 1 and not row.no_tier else None,
        row.calendars[0] if len(row.calendars) == 1 else None,
        until,
    )


# --- tries ------------------------------------------------------------------------------------


def _tried(agreed: Terms, row: Dossier, start: Moment, day: int | None, following: Moment | None) -> Run:
    """Judge whether there were enough tries before it was given up, in every world."""
    tries = [(one.at, one) for one in once(row.tries) if one.at is not None]
    dark = len(tries) < len(once(row.tries)) or any(one.at is None for one in row.stops)
    begun, ends = _in_order(start, row.stops)
    others = [
        *(end.at for end in ends),
        *_edge([following, *(end.at for end in ends), *(at for at, _ in tries)], agreed.now),
    ]
    endings: set[Ending] = {"unclear"} if dark else set()
    for calendar in row.calendars if not dark else ():
        enough = _surely(agreed, calendar, begun, tries, ends, following)
        # Where the order of the tries decides nothing, their exact seconds need not be tried out.
        asked = tries if enough is None else []
        given = [begun, following, *(at for at, _ in asked)]
        seconds = [_corners(at, [*given, *others]) for at in given]
        unsure = [number for number, (_, one) in enumerate(asked) if not one.sure]
        if _size(seconds) << len(unsure) > _MOST_TRIED:
            endings.add("unclear")
            continue
        for first, then, *rest in product(*seconds):
            if first is None or (then is not None and then < first):
                continue
            after = then if then is not None and then <= agreed.now else None
            for chosen in product(*([(True, False)] * len(unsure))):
                absent = {number for number, there in zip(unsure, chosen, strict=True) if not there}
                made = [
                    (second, one.channel)
                    for number, (second, (_, one)) in enumerate(zip(rest, asked, strict=True))
                    if second is not None and second <= agreed.now and number not in absent
                ]
                made.sort(key=lambda pair: pair[0])
                for end in _firsts(ends, [*given, *others], first, after, agreed.now):
                    endings.add(_enough(agreed, calendar, first, made, end, after, enough))
    only = row.calendars[0] if len(row.calendars) == 1 else None
    return Run(frozenset(endings), day, start, calendar=only)


def _surely(
    agreed: Terms,
    calendar: int,
    start: Moment,
    tries: Sequence[tuple[Moment, Try]],
    ends: Sequence[Stop],
    following: Moment | None,
) -> bool | None:
    """Say whether the tries are enough, or not, whatever their exact seconds are; None where it may depend on them."""
    wanted = agreed.measure.tries
    if wanted is None or following is not None or not all(end.sure and end.keeps != "latest" for end in ends):
        return None
    first_end = min((end.at.low for end in ends if end.at is not None), default=_NEVER)
    last_end = min((end.at.high for end in ends if end.at is not None), default=_NEVER)
    if first_end < start.high:
        return None
    within = agreed.measure.tiers[0].within if agreed.measure.tiers else None

    def in_time(begun: int, second: int) -> bool | None:
        if within is None:
            return True
        length, limit = agreed.passed(within, calendar, begun, second), agreed.limit(within, calendar)
        return None if length is None or limit is None else length <= limit

    possible = [(at, one) for at, one in tries if at.high >= start.low and at.low <= last_end]
    reached = [in_time(start.high, at.low) for at, _ in possible]
    if None in reached:
        return None
    possible = sorted(
        (pair for pair, there in zip(possible, reached, strict=True) if there), key=lambda pair: pair[0].low
    )
    if len(possible) < wanted.at_least or len({one.channel for _, one in possible}) < wanted.channels:
        return False
    certain = all(
        one.sure and start.high <= at.low and at.high <= min(first_end, agreed.now) and in_time(start.low, at.high)
        for at, one in possible
    )
    apart = [_far_enough(agreed, calendar, one.high, other.low) for (one, _), (other, _) in pairwise(possible)]
    # Each of them counts for certain: then how many and over which channels is known.
    return True if certain and all(apart) else None


def _far_enough(agreed: Terms, calendar: int, before: int, second: int) -> bool:
    apart = agreed.measure.tries.apart if agreed.measure.tries is not None else None
    if apart is None:
        return True
    length, least = agreed.passed(apart, calendar, before, second), agreed.limit(apart, calendar)
    return length is not None and least is not None and before <= second and length >= least


def once(tries: Sequence[Try]) -> list[Try]:
    """Leave out tries that were logged twice: alike, and within one second of another."""
    kept: list[Try] = []
    for one in tries:
        twin = any(
            other.alike == one.alike
            and other.at is not None
            and one.at is not None
            and abs(other.at.low - one.at.low) <= 1
            and abs(other.at.high - one.at.high) <= 1
            for other in kept
        )
        if not twin:
            kept.append(one)
    return kept


def _enough(
    agreed: Terms,
    calendar: int,
    start: int,
    made: Sequence[tuple[int, str | None]],
    end: int | None,
    following: int | None,
    known: bool | None,
) -> Ending:
    """Say how a run of tries ends in one world: each counts that lies far enough behind the last one counted.

    With `known` it is settled already whether they are enough.
    """
    wanted = agreed.measure.tries
    if wanted is None:
        return "unclear"
    within = agreed.measure.tiers[0].within if agreed.measure.tiers else None
    limit = agreed.limit(within, calendar) if within is not None else None
    counted: list[tuple[int, str | None]] = []
    for second, channel in made:
        inside = start <= second and (following is None or second < following) and (end is None or second <= end)
        if inside and within is not None:
            length = agreed.passed(within, calendar, start, second)
            if length is None or limit is None:
                return "unclear"
            inside = length <= limit
        if inside and wanted.apart is not None and counted:
            since = agreed.passed(wanted.apart, calendar, counted[-1][0], second)
            least = agreed.limit(wanted.apart, calendar)
            if since is None or least is None:
                return "unclear"
            inside = since >= least
        if inside:
            counted.append((second, channel))
    channels = {channel for _, channel in counted}
    enough = len(counted) >= wanted.at_least and (wanted.channel is None or len(channels) >= wanted.channels)
    enough = enough if known is None else known
    if end is not None:
        return "met" if enough else "late"
    if within is not None:
        length = agreed.passed(within, calendar, start, max(following if following is not None else agreed.now, start))
        if length is None or limit is None:
            return "unclear"
        if length > limit:
            return "met" if enough else "late"
    return "superseded" if following is not None else "open"
