"""The working of clocks and tries: each run from its start to what ended it, by the hours that counted.

The runs are those that the check has; a run that is decided is told by the earliest second that each of its times may
be, because every reading of coarse times then ends alike. Where that telling comes to another end, nothing is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from slacli.core import runs, wording, zones
from slacli.core.calendars import Closed, OpenTime, day_starts, local_day
from slacli.core.criteria import Moment as Stamp
from slacli.core.criteria import State
from slacli.core.explain import words
from slacli.core.explain.criteria import Reader, differs
from slacli.core.explain.rows import Row
from slacli.core.explain.working import Happening, RunWorking, Seen, Stretch, TermWorking, Told
from slacli.core.plan import clocks as planned
from slacli.core.plan import tables
from slacli.core.plan.tables import DutyPlan, RecordPlan
from slacli.core.runs import Dossier, Ending, Moment, Run, Terms
from slacli.core.verdict.state import Judge
from slacli.model import Choice, Contract, Duration, Event, Field, Tier
from slacli.values import dataclass

Children = Callable[[str], Sequence[tuple[Row, Reader]]]
"""Gives the rows of a child record that belong to the row, in the order of their file, each with its reader."""

_SATURDAY = 5
_DECIDED: frozenset[Ending] = frozenset({"met", "late", "open", "by silence", "superseded"})
_HIDDEN = "its times are personal, so they are not shown"
_MAY_NOT = "whether it is one is unclear"
_BEFORE, _AFTER, _ANOTHER = "before the start", "after it ended", "in another run"


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that may end a run or count as a try, as it is told; `sure` is False for what it may not be."""

    told: Happening
    at: Moment | None
    plain: bool = False
    keeps: str = "only"
    sure: bool | None = True
    alike: bool = False
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock on one row, with all that is known of it."""

    state: Judge
    record: RecordPlan
    part: DutyPlan
    agreed: Terms
    row: Row
    reader: Reader
    children: Children
    dossier: Dossier

    @property
    def contract(self) -> Contract:
        return self.state.contract

    # --- what happened ------------------------------------------------------------------------

    def field(self, name: str, event: Event) -> _Event | None:
        """Give what stands in a time field, or None where it is blank."""
        value = self.row.values[name]
        if value is State.BLANK:
            return None
        plain = event.kind == "field" and not planned.is_entry(self.contract, self.record.record.id, name)
        one = self.record.fields[name]
        at = _moment(value, self.contract.time_zone)
        return _Event(Happening(f"`{name}`", at, self.row.place, is_personal=one.personal), at, plain, one.keeps)

    def names(self, event: Event) -> tuple[str, ...]:
        if event.kind == "field":
            return (event.name,)
        entered = tables.entered_fields(self.contract, self.record.record.id, event.name)
        return tuple(name for name in entered if name in self.record.fields)

    def of_child(self, term: str) -> list[_Event]:
        """Give the rows of a child that may be what a term means, and those that are not, each with why."""
        found = []
        child = self.contract.records[self.contract.terms[term].record]
        for row, reader in self.children(child.id):
            value = row.values.get(child.happens or "", State.NOT_BOUND)
            if value is State.BLANK:
                continue
            said = reader.term(self.contract.terms[term])
            at = _moment(value, self.contract.time_zone)
            personal = child.happens is not None and child.fields[child.happens].personal
            told = Happening(
                name=_called(child.title, child.fields, said),
                at=at,
                place=row.place,
                why=_why_not(said),
                seen=tuple({one.field: one for test in said.criteria for one in test.seen}.values()),
                is_personal=personal,
            )
            found.append(_Event(told, at, sure={"meets": True, "fails": False, "unclear": None}[said.says]))
        return found

    def entries(self, event: Event) -> list[_Event] | None:
        """Give the entries into a stage that a history shows, or None where no history was given."""
        history = planned.history_at_hand(self.state.plan, self.record, event.name)
        cycle = tables.lifecycle_of(self.contract, self.record.record.id, event.name)
        if history is None or cycle is None or history.record.history is None:
            return None
        log, wanted = history.record.history, cycle.stages[event.name].value
        moves = []
        for row, reader in self.children(history.record.id):
            counts = reader.holds(log.only.tree) if log.only is not None else True
            if counts is False:
                continue
            at = _moment(row.values.get(history.record.happens or "", State.NOT_BOUND), self.contract.time_zone)
            old, new = (row.values.get(name or "", State.NOT_BOUND) for name in (log.old, log.new))
            moves.append((at if counts else None, old, new, row))
        has_old = log.old is not None and log.old in history.fields
        if not has_old:
            moves.sort(key=lambda move: (move[0].low, move[0].high) if move[0] is not None else (0, 0))
        found, before = [], None
        for at, old, new, row in moves:
            came = (old if isinstance(old, str) else None) if has_old else before
            entered = new if isinstance(new, str) else None
            before = entered
            if entered == wanted and came != entered:
                found.append(_Event(Happening(f"entered `{event.name}`", at, row.place), at))
        return found

    def starts(self) -> list[_Event]:
        for event in self.agreed.measure.starts:
            entries = self.entries(event) if event.kind == "entering" else None
            if entries is not None:
                if entries:
                    return entries
                continue
            for name in self.names(event):
                found = self.field(name, event)
                if found is not None:
                    return [found]
        return []

    def stops(self) -> list[_Event]:
        found: list[_Event] = []
        for event in self.agreed.measure.stops:
            entries = self.entries(event) if event.kind == "entering" else None
            if event.kind == "term":
                found += self.of_child(event.name)
            elif entries is not None:
                found += entries
            else:
                found += [one for name in self.names(event) if (one := self.field(name, event)) is not None]
        return [self._so_far(one) for one in found]

    def _so_far(self, event: _Event) -> _Event:
        """Mark what lies after the moment of the report: by then it had not happened."""
        if event.at is None or event.at.low <= self.agreed.now or event.keeps == "latest":
            return event
        return replace(event, sure=False, told=replace(event.told, why="after the moment of the report"))

    def tries(self) -> list[_Event]:
        """Give what may count as a try, or as an event that a clock begins again with."""
        measure = self.agreed.measure
        term = measure.every or (measure.tries.of if measure.tries is not None else None)
        if term is None:
            return []
        events = self.of_child(term)
        known = iter(self.dossier.tries)
        once = {id(one) for one in runs.once(self.dossier.tries)}
        found = []
        for event in events:
            one = next(known, None) if event.sure is not False else None
            if one is not None:
                event = replace(event, alike=id(one) not in once, channel=one.channel)  # noqa: PLW2901
            found.append(self._so_far(event))
        return found

    # --- what holds for it --------------------------------------------------------------------

    def tier(self, run: Run) -> Tier | None:
        tiers = self.agreed.measure.tiers
        if run.tier is not None:
            return tiers[run.tier]
        return tiers[0] if tiers and self.agreed.measure.tries is not None else None

    def chosen_by(self, run: Run) -> tuple[Told, ...]:
        """Give the tests by which the tier was chosen: that of the tier, else those that none fulfilled."""
        tiers = self.agreed.measure.tiers
        tests = [tier.when for tier in tiers if tier.when is not None]
        if run.tier is not None and (when := tiers[run.tier].when) is not None:
            tests = [when]
        return tuple(self.reader.told(test) for test in tests)

    def calendar_by(self) -> Seen | None:
        name = self.agreed.measure.calendar
        chosen = self.contract.calendars[name] if name is not None else None
        return self.reader.seen(chosen.field) if isinstance(chosen, Choice) else None


# --- one run ----------------------------------------------------------------------------------


def told(clock: Clock, found: Sequence[Run]) -> Iterator[RunWorking]:
    """Give the working of each run of a row."""
    starts = clock.starts()
    following = _following(found, clock.agreed.now)
    for number, run in enumerate(found, start=1):
        if run.ending == "not started":
            names = [f"`{name}`" for event in clock.agreed.measure.starts for name in clock.names(event)]
            named = wording.listed(names, "and") if names else "its start"
            yield RunWorking(number, "not started", f"{named} {'is' if len(names) < 2 else 'are'} blank")
            continue
        start = next((one for one in starts if one.at == run.start), starts[0] if starts else None)
        yield _run(clock, number, run, start, following.get(number))


def _following(found: Sequence[Run], now: int) -> dict[int, Moment]:
    later: dict[int, Moment] = {}
    for number in range(1, len(found)):
        others = [run.start for run in found[number:] if run.start is not None and run.start.low <= now]
        if others:
            later[number] = Moment(min(one.low for one in others), min(one.high for one in others))
    return later


def _run(clock: Clock, number: int, run: Run, start: _Event | None, following: Moment | None) -> RunWorking:
    agreed, measure = clock.agreed, clock.agreed.measure
    tier, calendar = clock.tier(run), _calendar(agreed, run)
    several = len(measure.tiers) > 1 or (measure.tiers and measure.tiers[0].when is not None)
    told = RunWorking(
        number=number,
        outcome=_outcome(clock, run),
        start=start.told if start is not None else None,
        zone=calendar.zone if calendar is not None else agreed.zone,
        tier=_tier_name(clock, tier) if several else "",
        within=str(tier.within) if tier is not None else "",
        chosen_by=clock.chosen_by(run) if several else (),
        calendar=calendar.id if calendar is not None else "",
        calendar_by=clock.calendar_by(),
        by_dates=tier is not None and tier.within.clock == "calendar",
    )
    if run.start is None:
        return replace(told, why="nobody can read when it began" if start is None else _unreadable(start))
    if (start is not None and start.told.is_personal) or any(one.told.is_personal for one in clock.stops()):
        return replace(told, why=_HIDDEN)
    if measure.every is not None:
        return _gap(clock, run, told)
    if measure.tries is not None:
        return _tried(clock, run, told, following)
    return _answered(clock, run, told, following)


def _outcome(clock: Clock, run: Run) -> str:
    if run.ending == "late" and clock.agreed.measure.tries is not None:
        return "missed"
    return run.ending


def _calendar(agreed: Terms, run: Run) -> OpenTime | None:
    return agreed.calendars[run.calendar] if run.calendar is not None else None


def _tier_name(clock: Clock, tier: Tier | None) -> str:
    if tier is not None:
        return tier.name
    tiers = clock.agreed.measure.tiers
    possible = [tiers[at].name for at in clock.dossier.tiers]
    return wording.listed([*possible, *(["none"] if clock.dossier.no_tier else [])], "or")


def _unreadable(event: _Event) -> str:
    return f"{event.told.name} cannot be read"


# --- answered, or not -------------------------------------------------------------------------


def _answered(clock: Clock, run: Run, told: RunWorking, following: Moment | None) -> RunWorking:
    agreed, start = clock.agreed, run.start
    if start is None:
        return told
    tier = clock.tier(run)
    events = clock.stops()
    counted = sorted((one for one in events if _counts(one, start, following)), key=_second)
    stop = counted[0] if counted else None
    ignored, others = _passed_over(clock, events, counted, start, following)
    told = replace(told, ignored=ignored, others=others)
    if stop is not None:
        told = replace(told, stop=stop.told)
    if tier is None or run.calendar is None:
        told = replace(told, **_without_tier(clock, run, stop, following))
        if run.ending in _DECIDED:
            return replace(told, why=f"{'; '.join(_choices(clock))}; it ends alike whichever holds")
        return replace(told, why=_doubts(clock, run, events, start, following))
    within, number = tier.within, run.calendar
    paused = runs.stood_still(agreed, clock.dossier.moves) if agreed.paused else []
    limit = agreed.limit(within, number)
    begun = start.low
    until = max(_second(stop), begun) if stop is not None else following.low if following else max(agreed.now, begun)
    used = _used(agreed, within, number, paused, begun, until)
    due = runs.due(agreed, run.tier or 0, number, begun) if not paused else None
    _agrees(clock, run, used, limit, stop, following, events)
    late = used is not None and limit is not None and used > limit
    end = due if late and due is not None else until
    told = replace(
        told,
        used=used,
        allowed=limit,
        due=due,
        over=_used(agreed, within, number, [], due, until) if late and due is not None else None,
        stretches=_stretches(agreed, within, number, paused, begun, end),
    )
    if run.ending in _DECIDED:
        return replace(told, why=_because(run, told, stop, following))
    return replace(told, why=_doubts(clock, run, events, start, following))


def _without_tier(clock: Clock, run: Run, stop: _Event | None, following: Moment | None) -> dict[str, Any]:
    """Give what passed where the tier is not known, and all of them count alike; else nothing."""
    tiers = clock.agreed.measure.tiers
    possible = [tiers[at] for at in clock.dossier.tiers]
    alike = len({tier.within.clock for tier in possible}) == 1
    if not alike or run.calendar is None or run.start is None or clock.agreed.paused:
        return {}
    begun, within = run.start.low, possible[0].within
    until = max(_second(stop), begun) if stop is not None else following.low if following else clock.agreed.now
    return {
        "within": ", ".join(f"{tier.name} {tier.within}" for tier in possible),
        "by_dates": within.clock == "calendar",
        "used": clock.agreed.passed(within, run.calendar, begun, max(until, begun)),
        "stretches": _stretches(clock.agreed, within, run.calendar, [], begun, max(until, begun)),
    }


def _counts(event: _Event, start: Moment, following: Moment | None) -> bool:
    """Tell whether something ends a run, by the earliest second that each time may be."""
    if event.at is None or event.sure is False:
        return False
    if event.plain:
        return event.keeps != "first" or event.at.low >= start.low
    return start.low <= event.at.low and (following is None or event.at.low < following.low)


def _second(event: _Event) -> int:
    return event.at.low if event.at is not None else 0


def _used(
    agreed: Terms, within: Duration, calendar: int, paused: Sequence[tuple[int, int]], begun: int, until: int
) -> int | None:
    total = agreed.passed(within, calendar, begun, until)
    for since, ended in paused:
        first, last = max(since, begun), min(ended, until)
        if total is not None and first < last:
            still = agreed.passed(within, calendar, first, last)
            total = None if still is None else total - still
    return total


def _agrees(
    clock: Clock,
    run: Run,
    used: int | None,
    limit: int | None,
    stop: _Event | None,
    following: Moment | None,
    events: Sequence[_Event],
) -> None:
    """Raise CannotRun where the telling of a decided run does not end as the run did."""
    agreed = clock.agreed
    twice = run.start is not None and len(run.start.readings) > 1
    twice = twice or any(one.at is not None and len(one.at.readings) > 1 for one in events)
    dark = any(one.at is None for one in events) or (agreed.paused and not agreed.seen)
    if run.ending not in _DECIDED or twice or dark or used is None or limit is None:
        return
    silent: Ending = "late" if agreed.measure.silence == "late" else "by silence"
    late = used > limit
    ending: Ending = silent if late else "open"
    if stop is not None:
        ending = "late" if late else "met"
    elif following is not None:
        ending = silent if late else "superseded"
    if ending not in run.possible:
        raise differs(f"the duty `{clock.part.owed.id}`")


def _stretches(
    agreed: Terms, within: Duration, calendar: int, paused: Sequence[tuple[int, int]], begun: int, until: int
) -> tuple[Stretch, ...]:
    """Give what counted from one second to another, and what of the time between did not."""
    open_time = agreed.calendars[calendar]
    found: list[Stretch] = []
    if within.clock == "business" and open_time is not None:
        found += _hours(open_time, begun, until)
    for since, ended in paused:
        first, last = max(since, begun), min(ended, until)
        if first < last:
            found.append(Stretch("paused", first, last, agreed.passed(within, calendar, first, last) or 0))
    return tuple(sorted(found, key=lambda one: one.begins))


def _hours(open_time: OpenTime, begun: int, until: int) -> Iterator[Stretch]:
    zone = open_time.zone
    segments = open_time.segments(begun, until)
    opens = next((one.opens for one in segments if not isinstance(one, Closed)), until)
    day = local_day(begun, zone)
    closed = {one.day for one in segments if isinstance(one, Closed)}
    if segments and day not in closed and opens > begun:
        ends = min(day_starts(day + timedelta(days=1), zone), opens)
        yield Stretch("after hours", begun, ends, name="before hours" if ends == opens else "after hours")
    for one in segments:
        if isinstance(one, Closed):
            named = "weekend" if one.name == "closed" and one.day.weekday() >= _SATURDAY else one.name
            first = day_starts(one.day, zone)
            yield Stretch("closed", max(first, begun), day_starts(one.day + timedelta(days=1), zone), name=named)
        else:
            yield Stretch("open", one.opens, one.closes, one.seconds, one.name)


def _because(run: Run, told: RunWorking, stop: _Event | None, following: Moment | None) -> str:
    """Say what a decided run rests on that its figures do not show."""
    zone = told.zone
    if stop is not None and run.start is not None and stop.at is not None and stop.at.high < run.start.low:
        return "it stood there before the start, so no time passed"
    if run.ending == "superseded" and following is not None:
        return f"the next one began {words.moment(following, zone)}, before this one was due"
    if run.ending == "by silence":
        return "no answer in time counts as taken"
    if run.ending == "late" and stop is None:
        return "nothing answered it before the next one began" if following is not None else "nothing answered it yet"
    if run.ending == "late" and stop is not None and stop.at is not None and told.over == 0:
        return "its times are known to the minute, and even the earliest is too late"
    return ""


# --- why something does not count, and why nobody can tell ------------------------------------


def _passed_over(
    clock: Clock, events: Sequence[_Event], counted: Sequence[_Event], start: Moment, following: Moment | None
) -> tuple[tuple[Happening, ...], tuple[tuple[str, int], ...]]:
    """Give what did not end a run: each with why where it lies in the run, else only how many there are."""
    stop = counted[0] if counted else None
    last = stop.at.high if stop is not None and stop.at is not None else max(clock.agreed.now, start.high)
    shown: list[Happening] = []
    others: Counter[str] = Counter()
    for one in sorted(events, key=_second):
        if one is stop:
            continue
        if one.at is None:
            shown.append(replace(one.told, why=one.told.why or "nobody can read when it was"))
        elif one.at.high < start.low:
            if one.plain and one.keeps == "first":
                shown.append(replace(one.told, why="before the start, and only the first time is kept"))
            else:
                others[_BEFORE] += 1
        elif following is not None and one.at.low >= following.low:
            others[_ANOTHER] += 1
        elif one.at.low > last:
            others[_AFTER] += 1
        elif one.sure is False or one.sure is None:
            shown.append(one.told)
        elif one.at.low < start.low and not one.plain:
            shown.append(replace(one.told, why="it may lie before the start"))
        elif one.at.low > _second(stop) if stop is not None else True:
            others[_AFTER] += 1
    return tuple(shown), tuple(others.items())


def _doubts(clock: Clock, run: Run, events: Sequence[_Event], start: Moment, following: Moment | None) -> str:
    """Say why nobody can tell how a run ended."""
    agreed, dossier = clock.agreed, clock.dossier
    found: list[str] = []
    if run.possible == {"left out"}:
        return "no tier holds for it"
    if dossier.may_be_outside:
        found.append("whether the duty is about it is unclear")
    found += _choices(clock)
    dark = [one for one in events if one.at is None and one.sure is not False]
    found += [_unreadable(one) for one in dark[:1]]
    if any(one.sure is None for one in events):
        found.append("whether all of it counts is unclear")
    for one in events:
        if one.keeps == "latest" and one.at is not None and one.at.high > start.low:
            found.append(f"{one.told.name} keeps only the latest time, so it may have happened before")
        if one.keeps == "first" and one.at is not None and one.at.low < start.high:
            found.append(f"{one.told.name} keeps only the first time, so it may have happened again")
    if agreed.paused and not agreed.seen:
        found.append("no history shows how long it stood still")
    found += _beyond(clock, start, events)
    answered = any(_counts(one, start, following) for one in events)
    if not answered and following is None and agreed.held < agreed.now:
        held = words.instant(agreed.held, agreed.zone)
        found.append(f"the exports hold answers up to {held}, and a later one may be missing")
    if not found:
        found.append(_coarse(clock, run))
    return "; ".join(dict.fromkeys(found))


def _choices(clock: Clock) -> Iterator[str]:
    """Say what of a tier and a calendar is not known."""
    if len(clock.dossier.tiers) + clock.dossier.no_tier > 1:
        yield "its tier is not known"
    if len(clock.dossier.calendars) > 1:
        by = clock.calendar_by()
        yield f"its calendar is not known: `{by.field}` is {by.state}" if by else "its calendar is not known"


def _beyond(clock: Clock, start: Moment, events: Sequence[_Event]) -> Iterator[str]:
    ends = [start.low, *(one.at.high for one in events if one.at is not None and one.at.low >= start.low)]
    for number in clock.dossier.calendars:
        calendar = clock.agreed.calendars[number]
        if calendar is not None and not all(calendar.covers(end) for end in (start.low, min(ends[1:] or ends))):
            yield f"the calendar `{calendar.id}` does not cover its days"
        elif any(clock.agreed.limit(tier.within, number) is None for tier in clock.agreed.measure.tiers):
            yield f"nobody said how long a business day of `{calendar.id if calendar else ''}` is"


def _coarse(clock: Clock, run: Run) -> str:
    tier = clock.tier(run)
    if run.took is None or tier is None or run.calendar is None or tier.within.clock == "calendar":
        return "its times are not known precisely enough to tell"
    limit = clock.agreed.limit(tier.within, run.calendar)
    between = f"between {words.amount(run.took[0])} and {words.amount(run.took[1])} passed"
    return f"its times are not known to the second: {between}, and {words.amount(limit or 0)} is allowed"


def _why_not(said: TermWorking) -> str:
    """Say by which criteria a row is not what a term means, or may not be."""
    wanted = "fails" if said.says == "fails" else "unclear"
    named = [f"`{test.text}` {test.says}{_holds(test)}" for test in said.criteria if test.says == wanted]
    if said.says == "meets" or not named:
        return ""
    no = "no" if said.says == "fails" else "perhaps no"
    return f"{no} {wording.uncapital(said.name)}: {', '.join(named)}"


def _holds(test: Told) -> str:
    shown = ", ".join(words.seen(one) for one in test.seen)
    return f" ({shown})" if shown else ""


def _called(title: str, fields: Mapping[str, Field], said: TermWorking) -> str:
    """Give the word for a row of a child: what stands in the fields of few values that its term looks at."""
    seen = {one.field: one for test in said.criteria for one in test.seen}
    plain = [one for name, one in seen.items() if fields[name].type == "text" and not fields[name].person]
    few = [one.text for one in plain if one.text]
    return ", ".join(few) if few else title


def _moment(value: object, zone: str) -> Moment | None:
    if isinstance(value, Stamp):
        return Moment(value.low, value.high)
    if isinstance(value, State) or value is None:
        return None
    first, after = zones.day_bounds(value, zone)  # type: ignore[arg-type]
    return Moment(first, after - 1)


# --- again and again --------------------------------------------------------------------------


def _gap(clock: Clock, run: Run, told: RunWorking) -> RunWorking:
    """Tell of one gap between two events."""
    agreed, start = clock.agreed, run.start
    tier = clock.tier(run)
    events = [one for one in (*clock.tries(), *clock.stops()) if one.at is not None and one.sure]
    if run.ending == "unclear" or start is None or tier is None or run.calendar is None:
        return replace(told, why="a time of it is not known to the second, or whether it counts is unclear")
    before = [one for one in events if _second(one) == start.low]
    after = [one for one in events if _second(one) == run.ended] if run.ended is not None else []
    until = run.ended if run.ended is not None else max(agreed.now, start.low)
    used, limit = agreed.passed(tier.within, run.calendar, start.low, until), agreed.limit(tier.within, run.calendar)
    if used is not None and limit is not None and (used > limit) != (run.ending == "late"):
        raise differs(f"the duty `{clock.part.owed.id}`")
    due = runs.due(agreed, run.tier or 0, run.calendar, start.low)
    late = run.ending == "late" and due is not None
    return replace(
        told,
        start=before[0].told if before else replace(told.start, at=start) if told.start else None,
        stop=after[0].told if after else None,
        used=used,
        allowed=limit,
        due=due,
        over=_used(agreed, tier.within, run.calendar, [], due, until) if late and due is not None else None,
        stretches=_stretches(agreed, tier.within, run.calendar, [], start.low, due if late and due else until),
        why="" if run.ended is not None else "nothing followed yet",
    )


# --- tries ------------------------------------------------------------------------------------


def _tried(clock: Clock, run: Run, told: RunWorking, following: Moment | None) -> RunWorking:
    """Tell which tries count: each that lies far enough behind the last one counted."""
    agreed, start, wanted = clock.agreed, run.start, clock.agreed.measure.tries
    events, ends = clock.tries(), clock.stops()
    if start is None or wanted is None:
        return told
    if run.calendar is None:
        return replace(told, why=_doubts(clock, run, [*events, *ends], start, following))
    tier = clock.tier(run)
    limit = agreed.limit(tier.within, run.calendar) if tier is not None else None
    stops = sorted((one for one in ends if _counts(one, start, following)), key=_second)
    end = max(_second(stops[0]), start.low) if stops else None
    counted: list[_Event] = []
    ignored: list[Happening] = []
    others: Counter[str] = Counter()
    for one in sorted(events, key=_second):
        why = _no_try(clock, run.calendar, start, one, counted, end, following)
        if one.at is not None and one.at.high < start.low:
            others[_BEFORE] += 1
        elif why in {_AFTER, _ANOTHER}:
            others[why] += 1
        elif why:
            ignored.append(replace(one.told, why=why))
        else:
            counted.append(one)
    told = replace(
        told,
        counted=tuple(one.told for one in counted),
        ignored=tuple(ignored),
        others=tuple(others.items()),
        stop=stops[0].told if stops else None,
        due=runs.due(agreed, 0, run.calendar, start.low) if tier is not None else None,
        allowed=limit,
        needed=wanted.at_least,
    )
    if run.ending not in {"met", "late"}:
        open_ = run.ending in {"open", "superseded"}
        return replace(told, why="" if open_ else _doubts(clock, run, [*events, *ends], start, following))
    _tries_agree(clock, run, [*events, *ends], start, counted)
    return told


def _no_try(
    clock: Clock,
    calendar: int,
    start: Moment,
    one: _Event,
    counted: Sequence[_Event],
    end: int | None,
    following: Moment | None,
) -> str:
    """Say why something does not count as a try, or nothing where it does."""
    agreed, wanted = clock.agreed, clock.agreed.measure.tries
    if one.sure is False:
        return _AFTER if end is not None and _second(one) > end else one.told.why
    if one.at is None:
        return "nobody can read when it was"
    if one.alike:
        return "logged twice"
    if one.at.low < start.low:
        return _BEFORE
    if following is not None and one.at.low >= following.low:
        return _ANOTHER
    if end is not None and one.at.low > end:
        return _AFTER
    tier = agreed.measure.tiers[0] if agreed.measure.tiers else None
    if tier is not None:
        used, limit = agreed.passed(tier.within, calendar, start.low, one.at.low), agreed.limit(tier.within, calendar)
        if used is None or limit is None or used > limit:
            return f"after the {tier.within}"
    apart = wanted.apart if wanted is not None else None
    if apart is not None and counted:
        since = agreed.passed(apart, calendar, _second(counted[-1]), one.at.low)
        least = agreed.limit(apart, calendar)
        if since is None or least is None or since < least:
            return f"only {words.amount(since or 0)} after the last one that counts, {words.amount(least or 0)} asked"
    return ""


def _tries_agree(clock: Clock, run: Run, events: Sequence[_Event], start: Moment, counted: Sequence[_Event]) -> None:
    """Raise CannotRun where the tries that are told do not come to the end that the run has."""
    wanted = clock.agreed.measure.tries
    twice = len(start.readings) > 1 or any(one.at is not None and len(one.at.readings) > 1 for one in events)
    if wanted is None or twice:
        return
    if _is_enough(clock, counted) != (run.ending == "met"):
        raise differs(f"the duty `{clock.part.owed.id}`")


def _is_enough(clock: Clock, counted: Sequence[_Event]) -> bool:
    """Tell whether tries are as many, over as many channels, as the duty asks for."""
    wanted = clock.agreed.measure.tries
    if wanted is None:
        return False
    channels = {one.channel for one in counted}
    return len(counted) >= wanted.at_least and (wanted.channel is None or len(channels) >= wanted.channels)
