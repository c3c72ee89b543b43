"""The runs of every clock: what a query decides at once, and what is judged one by one because it is in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from slacli.core import periods, runs, wording, zones
from slacli.core.calendars import OpenTime
from slacli.core.plan import clocks, questions, tables
from slacli.core.plan.casts import BLANK, VALUE
from slacli.core.plan.tables import DutyPlan, RecordPlan
from slacli.core.runs import Dossier, Moment, Move, Run, Stop, Terms, Try
from slacli.core.verdict import pages
from slacli.core.verdict.state import SAMPLES, Judge, verb
from slacli.findings import AsOf, Problem
from slacli.model import Episodes, Event

_AT_ONCE = 5_000  # runs that one statement adds
_SLOT = 3  # where the slot stands in a line of the table of runs

_CODES = {
    "met": tables.MET,
    "late": tables.MISSED,
    "open": tables.OPEN,
    "left out": tables.LEFT_OUT,
    "not started": tables.NOT_STARTED,
    "by silence": tables.BY_SILENCE,
    "superseded": tables.SUPERSEDED,
}


def settle(state: Judge, as_of: AsOf | None, stale: frozenset[str]) -> None:
    """Make the table of runs of every clock of which the exports are at hand and fresh enough."""
    ready: list[tuple[RecordPlan, DutyPlan, Terms]] = []
    for record in state.plan.records.values():
        for part in record.duties:
            measure = part.measure
            if not isinstance(measure, Episodes) or record.record.id in stale:
                continue
            children = clocks.children_at_hand(state.plan, record, measure)
            named = [child.record.id for child in children]
            old = [name for name in named if name in stale]
            apart = [name for name in named if (record.record.id, name) in state.apart]
            if old or apart:
                state.unsettled.add(part.owed.id)
                reason = (
                    f"the export of `{old[0]}` is too old for the day of the report"
                    if old
                    else f"no row of `{apart[0]}` belongs to any `{record.record.id}`"
                )
                state.gaps.append(tables.Gap(part.owed.id, "responsibility", reason, part.owed.at))
                continue
            now = int(as_of.at.timestamp()) if as_of is not None else 0
            seen = any(clocks.history_at_hand(state.plan, record, stage) for stage in measure.pauses)
            held = min([now, *_reaches(state, record, measure, children)])
            agreed = runs.terms(state.contract, measure, record.record.id, now, held, seen=seen)
            ready.append((record, part, agreed))
            state.agreed[part.owed.id] = agreed
    calendars = clocks.placed([one for _, _, agreed in ready for one in agreed.calendars if one is not None])
    if calendars:
        for statement in clocks.slots(calendars):
            state.make(statement)
    known = _precision(state, ready)
    blunt = {record.record.id for record, part, _ in ready if known[part.owed.id][0]}
    made: set[str] = set()
    for record, part, agreed in ready:
        for child in clocks.children_at_hand(state.plan, record, agreed.measure):
            if clocks.pairs_table(record, child) not in made:
                made.add(clocks.pairs_table(record, child))
                state.make(clocks.pairs_statement(record, child))
        coarse, later = known[part.owed.id]
        sharp = record.record.id not in blunt
        made_ready = {"exact": not coarse, "sharp": sharp, "later": later}
        state.make(clocks.runs(state.plan, record, part, agreed, calendars, **made_ready))
        _judge_others(state, record, part, agreed)


def _precision(state: Judge, ready: Sequence[tuple[RecordPlan, DutyPlan, Terms]]) -> dict[str, tuple[bool, bool]]:
    """Say for each clock whether any of its times is coarse, and whether any may lie after the moment of the report."""
    asked = {part.owed.id: clocks.times_asked(state.plan, record, agreed.measure) for record, part, agreed in ready}
    now = {table: agreed.now for _, part, agreed in ready for table, _ in asked[part.owed.id]}
    found: dict[tuple[str, str], tuple[bool, bool]] = {}
    for table, moment in now.items():
        names = list(dict.fromkeys(name for times in asked.values() for of, name in times if of == table))
        (told,) = state.ask(clocks.precision(table, names, moment))
        found |= {(table, name): told[2 * at : 2 * at + 2] for at, name in enumerate(names)}
    return {
        owed: (any(found[time][0] for time in times), any(found[time][1] for time in times))
        for owed, times in asked.items()
    }


def _reaches(state: Judge, record: RecordPlan, measure: Episodes, children: Sequence[RecordPlan]) -> Iterator[int]:
    """Give up to when the exports that would hold an answer hold everything."""
    fields = {event.name for event in measure.stops if event.kind == "field"}
    for event in measure.stops:
        if event.kind == "entering" and clocks.history_at_hand(state.plan, record, event.name) is None:
            fields |= set(tables.entered_fields(state.contract, record.record.id, event.name))
    bindings = {scan.binding.id for scan in record.scans if fields & set(scan.columns)}
    bindings |= {scan.binding.id for child in children for scan in child.scans}
    yield from (state.reach[name] for name in sorted(bindings) if name in state.reach)


# --- the runs that are judged one by one ------------------------------------------------------


def _judge_others(state: Judge, record: RecordPlan, part: DutyPlan, agreed: Terms) -> None:
    rows: list[list[int | None]] = []
    beyond: list[int] = []
    late_files = 0
    ((any_left,),) = state.ask(clocks.undecided(part))
    for found in state.ask(clocks.dossiers(state.plan, record, part, agreed.measure)) if any_left else ():
        row, placed, dossier = _dossier(state, record, agreed, found)
        for number, run in enumerate(runs.judge(agreed, dossier), start=1):
            line = _line(part, row, number, placed, run)
            rows.append(line)
            if line[_SLOT] in {tables.AWAY, tables.EARLIER, tables.LATER}:
                continue
            if run.ending == "unclear" and _outside(agreed, dossier, run):
                beyond.append(row)
            elif run.ending == "unclear" and agreed.held < agreed.now and {"met"} < run.possible and not dossier.stops:
                late_files += 1
    if rows:
        state.make(clocks.emptied(part))
    for at in range(0, len(rows), _AT_ONCE):
        state.make(clocks.filled(part, rows[at : at + _AT_ONCE]))
    _report(state, record, part, agreed, beyond, late_files)


def _line(part: DutyPlan, row: int, number: int, placed: int | None, run: Run) -> list[int | None]:
    slot = placed
    if run.day is not None and (part.slot or part.span):
        slot = periods.slot(zones.EPOCH + timedelta(days=run.day), part.slot.grain) if part.slot else None
        slot = (part.span.place(run.day) if part.span is not None else 0) or slot
    took = run.took[0] if run.took is not None and run.took[0] == run.took[1] else None
    tier = 0 if run.tier is None else run.tier + 1
    calendar = 0 if run.calendar is None else run.calendar + 1
    begun = run.start.low if run.start is not None else None
    return [row, number, code_of(run), slot, tier, calendar, begun, run.ended, took]


def code_of(run: Run) -> int:
    """Give the code of what became of a run."""
    code = _CODES.get(run.ending)
    if code is not None:
        return code
    return {
        (True, True): tables.UNCLEAR,
        (True, False): tables.MAY_MEET,
        (False, True): tables.MAY_MISS,
        (False, False): tables.MAY_NEITHER,
    }[run.may_meet, run.may_miss]


def _bits(mask: int, count: int) -> tuple[int, ...]:
    return tuple(at for at in range(count) if mask & (1 << at))


def _moment(state: int | None, low: int | None, high: int | None) -> Moment | None:
    """Give a time, or None where it cannot be read."""
    return Moment(low, high) if state == VALUE and low is not None and high is not None else None


def _dossier(state: Judge, record: RecordPlan, agreed: Terms, found: Sequence[Any]) -> tuple[int, int | None, Dossier]:
    """Put together what an answer of `clocks.dossiers` says about one row."""
    measure, contract = agreed.measure, state.contract
    row, member, tiers, calendars, placed, *rest = found
    times: dict[str, tuple[int, Moment | None, int | None]] = {}
    for name in record.times_of(contract, measure):
        if name in record.fields:
            (cell, low, high, day), rest = rest[:4], rest[4:]
            times[name] = (cell, _moment(cell, low, high), day)
    terms = tables.children_of(measure)
    children = {term: rows or () for term, rows in zip(terms, rest, strict=False)}
    moves = _moves(rest[len(terms)] or (), state, record, measure)
    starts, days = _starts(state, record, measure, times, moves)
    every = measure.every or (measure.tries.of if measure.tries is not None else None)
    return (
        row,
        placed,
        Dossier(
            starts=starts,
            days=days,
            stops=tuple(_stops(state, record, measure, times, children, moves)),
            moves=moves,
            tries=tuple(
                Try(_moment(cell, low, high), channel, bool(is_one), str(alike))
                for is_one, cell, low, high, channel, alike in (children.get(every, ()) if every else ())
                if cell != BLANK
            ),
            tiers=tuple(at for at in range(len(measure.tiers)) if tiers & tables.tier_bit(at)),
            no_tier=bool(tiers & tables.NO_TIER),
            calendars=_bits(calendars, len(agreed.calendars)),
            may_be_outside=member == tables.MAYBE_IN,
            not_counted=member == tables.NOT_COUNTED,
        ),
    )


def _moves(rows: Sequence[Any], state: Judge, record: RecordPlan, measure: Episodes) -> tuple[Move, ...]:
    """Give the moves of a row; where the log does not say from which value, it is the one that came before."""
    found = [Move(_moment(cell, low, high) if counts else None, old, new) for counts, cell, low, high, old, new in rows]
    history = clocks.moves_of(state.plan, record, measure)
    log = history.record.history if history is not None else None
    if history is None or log is None or (log.old is not None and log.old in history.fields):
        return tuple(found)
    found.sort(key=lambda move: (move.at.low, move.at.high) if move.at is not None else (0, 0))
    before: str | None = None
    linked = []
    for move in found:
        linked.append(replace(move, old=before))
        before = move.new
    return tuple(linked)


def _entries(state: Judge, record: RecordPlan, stage: str, moves: Sequence[Move]) -> list[Move]:
    cycle = tables.lifecycle_of(state.contract, record.record.id, stage)
    value = cycle.stages[stage].value if cycle is not None else None
    return [move for move in moves if move.new == value and move.old != move.new]


def _starts(
    state: Judge,
    record: RecordPlan,
    measure: Episodes,
    times: dict[str, tuple[int, Moment | None, int | None]],
    moves: Sequence[Move],
) -> tuple[list[Moment | None], list[int | None]]:
    """Give the starts of a row: each entry into a stage where a history shows them, else the first filled field."""
    for event in measure.starts:
        if event.kind == "entering" and clocks.history_at_hand(state.plan, record, event.name) is not None:
            entries = _entries(state, record, event.name, moves)
            if entries:
                return [move.at for move in entries], [_day(state, move.at) for move in entries]
            continue
        for name in _names(state, record, event):
            cell, at, day = times[name]
            if cell != BLANK:
                return [at], [day if at is not None else None]
    return [], []


def _day(state: Judge, at: Moment | None) -> int | None:
    return zones.offsets(state.contract.time_zone).local(at.low) // zones.DAY if at is not None else None


def _names(state: Judge, record: RecordPlan, event: Event) -> tuple[str, ...]:
    if event.kind == "field":
        return (event.name,)
    entered = tables.entered_fields(state.contract, record.record.id, event.name)
    return tuple(name for name in entered if name in record.fields)


def _stops(
    state: Judge,
    record: RecordPlan,
    measure: Episodes,
    times: dict[str, tuple[int, Moment | None, int | None]],
    children: dict[str, Sequence[Any]],
    moves: Sequence[Move],
) -> Iterator[Stop]:
    for event in measure.stops:
        if event.kind == "term":
            for is_one, cell, low, high, *_ in children.get(event.name, ()):
                if cell != BLANK:
                    yield Stop(_moment(cell, low, high), sure=bool(is_one))
        elif event.kind == "entering" and clocks.history_at_hand(state.plan, record, event.name) is not None:
            yield from (Stop(move.at) for move in _entries(state, record, event.name, moves))
        else:
            for name in _names(state, record, event):
                cell, at, _ = times[name]
                plain = event.kind == "field" and not clocks.is_entry(state.contract, record.record.id, name)
                if cell != BLANK:
                    yield Stop(at, plain, record.fields[name].keeps)


def of_row(
    state: Judge, record: RecordPlan, part: DutyPlan, agreed: Terms, row: int
) -> tuple[Dossier | None, tuple[Run, ...]]:
    """Give all that is known of one row that a clock covers and its runs, each judged by itself."""
    for found in state.ask(clocks.dossiers(state.plan, record, part, agreed.measure, row)):
        _, _, dossier = _dossier(state, record, agreed, found)
        return dossier, tuple(runs.judge(agreed, dossier))
    return None, ()


def is_mine(state: Judge, record: RecordPlan, part: DutyPlan, agreed: Terms, row: int) -> tuple[bool, ...]:
    """Say of each run of a row whether its day lies in the span, where several versions judge."""
    for found in state.ask(clocks.dossiers(state.plan, record, part, agreed.measure, row)):
        _, placed, dossier = _dossier(state, record, agreed, found)
        lines = [_line(part, row, number, placed, run) for number, run in enumerate(runs.judge(agreed, dossier), 1)]
        return tuple(line[_SLOT] not in {tables.AWAY, tables.EARLIER, tables.LATER} for line in lines)
    return ()


# --- what has to be said about them -----------------------------------------------------------


def _outside(agreed: Terms, dossier: Dossier, run: Run) -> bool:
    """Tell whether a run is unclear because a calendar does not cover it."""
    if run.start is None or not agreed.measure.tiers:
        return False
    ends = [stop.at.high for stop in dossier.stops if stop.at is not None] or [agreed.now]
    calendars = [agreed.calendars[number] for number in dossier.calendars]
    return any(
        isinstance(one, OpenTime) and not (one.covers(run.start.low) and one.covers(max(run.start.low, min(ends))))
        for one in calendars
    )


def _report(
    state: Judge, record: RecordPlan, part: DutyPlan, agreed: Terms, beyond: Sequence[int], late_files: int
) -> None:
    early = [row for (row,) in state.ask(questions.early(part))] if agreed.measure.tries is None else []
    if early:
        many = len(early)
        when = verb(many, "lies before the start of its clock", "lie before the start of their clocks")
        state.report(
            pages.ANSWERED_BEFORE,
            Problem(
                at=part.owed.at,
                key=True,
                message=f"{wording.counted(many, 'answer')} of `{part.owed.id}` {when}, and "
                f"{verb(many, 'counts', 'count')} as at once",
                label=part.owed.title,
                subject=part.owed.id,
            ),
            state.rows(state.ask(questions.rows_by_number(record, early[:SAMPLES])), many),
        )
    if beyond:
        found = state.ask(questions.rows_by_number(record, beyond[:SAMPLES]))
        named = " and ".join(f"`{one.id}`" for one in agreed.calendars if one is not None)
        state.report(
            pages.OUTSIDE_CALENDAR,
            Problem(
                at=part.owed.at,
                key=True,
                message=f"{wording.counted(len(beyond), 'clock')} of `{part.owed.id}` "
                f"{verb(len(beyond), 'runs', 'run')} on days that {named} {verb(len(agreed.calendars), 'does', 'do')} "
                f"not cover",
                help="let `covers` of the calendar reach further, and list its holidays",
                subject=part.owed.id,
            ),
            state.rows(found, len(beyond)),
        )
    if late_files:
        state.report(
            pages.STALE_EXPORT,
            Problem(
                at=part.owed.at,
                key=True,
                message=f"{wording.counted(late_files, 'clock')} of `{part.owed.id}` "
                f"{verb(late_files, 'was', 'were')} due after the last event of the export that would hold the answer",
                help="export it again, or say which day it stands for with `--as-of`",
                subject=part.owed.id,
            ),
        )
