"""Metrics as queries: which columns they need of each record, and how their rows, amounts and times are counted.

Every query gives what is certain apart from what is not: a row whose verdict is unclear, a value that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from slacli.core import periods, zones
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, VALUE
from slacli.core.plan.statements import links_at_hand, pairs
from slacli.core.plan.tables import (
    FAILS,
    KEPT,
    MAY_MEET,
    MAY_MISS,
    MAY_NEITHER,
    MEETS,
    MET,
    MISSED,
    OPEN,
    UNCLEAR,
    UNSURE,
    Counted,
    Gap,
    GoalPlan,
    RecordPlan,
    Slot,
)
from slacli.criterion import Meets
from slacli.model import Contract, Duration, Goal, Link, Metric, PeriodKind

_JUDGED = f"fate = {KEPT} AND lo = 0"
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400}

MEASURED, UNKNOWN, WITHOUT = range(3)
"""What of a row can be measured: it has a value, one that nobody can read, or none."""


# --- what is kept of each record ---------------------------------------------------------------


def kind_of_period(goal: Goal, contract: Contract) -> PeriodKind | None:
    """Give the kind of period that each figure of a goal is of; None for all that the exports hold."""
    if goal.target.on == "baseline" and goal.baseline is not None:
        found = periods.named(goal.baseline.period, contract.fiscal_year)
        return found.kind if found is not None else None
    return goal.target.per


def keep(contract: Contract, plan: RecordPlan, available: set[str]) -> None:
    """Ask of a record what the metrics of the goals need of it: slots, values and times."""
    slots: list[Slot] = list(plan.slots)
    measured: set[str | None] = set()
    timed: set[str | None] = set()
    for goal in contract.goals.values():
        metric = contract.metrics[goal.metric]
        kind = kind_of_period(goal, contract)
        for term in (metric.of, metric.base):
            if term is None or contract.terms[term].record != plan.record.id:
                continue
            side = _counted(contract, term, kind)
            if side.slot is not None and side.dated in available:
                slots.append(side.slot)
            if metric.kind == "median":
                timed |= {metric.start, metric.end}
            else:
                measured.add(metric.field)
            if metric.cohort:
                timed.add(side.dated)
    plan.slots = tuple(dict.fromkeys(slots))
    plan.measured = frozenset(name for name in measured if name is not None and name in available)
    plan.timed = frozenset(name for name in timed if name is not None and name in available)


def _counted(contract: Contract, term: str, kind: PeriodKind | None) -> Counted:
    record = contract.records[contract.terms[term].record]
    dated = contract.terms[term].dated or record.moment
    slot = Slot(dated, periods.grain_of(kind)) if dated is not None and kind is not None else None
    return Counted(record.id, term, dated, slot)


def planned(contract: Contract, records: Mapping[str, RecordPlan], gaps: list[Gap]) -> Iterator[GoalPlan]:
    """Give the goals of which the figure can be computed, and note why each other one cannot."""
    for goal in contract.goals.values():
        metric = contract.metrics[goal.metric]
        kind = kind_of_period(goal, contract)
        of = _counted(contract, metric.of, kind)
        base = _counted(contract, metric.base, kind) if metric.base is not None else None
        reason = _missing(contract, metric, kind, [side for side in (of, base) if side is not None], records)
        links: Sequence[Link] = ()
        upward = False
        if not reason and metric.cohort and base is not None and of.record != base.record:
            links, upward = _links(of, base, records)
            if not links:
                reason = f"nothing at hand joins `{of.record}`, of `{of.term}`, to `{base.record}`, of `{base.term}`"
        if reason:
            gaps.append(Gap(goal.id, "goal", reason, goal.at))
        else:
            in_parts = _adds_up(goal, metric, kind)
            if in_parts:
                part = next(part for part in records[of.record].terms if part.term.id == of.term)
                of = replace(of, away=part.away)
            yield GoalPlan(goal, metric, kind, of, base, tuple(links), upward, in_parts)


def _adds_up(goal: Goal, metric: Metric, kind: PeriodKind | None) -> bool:
    """Tell whether a share of a period owes its share of the target: where an amount is asked for that adds up."""
    targets = (goal.target, *(step for _, step in goal.ramp))
    return (
        kind is not None
        and metric.kind in {"count", "sum"}
        and all(target.way == "at least" and not target.on for target in targets)
    )


def _links(of: Counted, base: Counted, records: Mapping[str, RecordPlan]) -> tuple[Sequence[Link], bool]:
    """Give what joins the records of a cohort, and whether the rows that arrive are the parents."""
    below = links_at_hand(base.record, records[of.record], set(records[base.record].fields))
    if below:
        return below, False
    return links_at_hand(of.record, records[base.record], set(records[of.record].fields)), True


def _missing(
    contract: Contract,
    metric: Metric,
    kind: PeriodKind | None,
    sides: Sequence[Counted],
    records: Mapping[str, RecordPlan],
) -> str:
    """Say what keeps a metric from being computed on the exports at hand; nothing where nothing does."""
    for side in sides:
        if side.record not in records:
            return f"no export of `{side.record}` was given"
        plan = records[side.record]
        part = next(part for part in plan.terms if part.term.id == side.term)
        if not set(part.blamed) & set(plan.fields):
            return f"no export at hand binds what `{side.term}` rests on"
        needed: list[str | None] = [metric.field] if side.term == metric.of or metric.kind == "share" else []
        if side.term == metric.of:
            needed += [metric.start, metric.end]
        placed = kind is not None or metric.within is not None
        if placed or (metric.cohort and side.dated is not None):
            if side.dated is None:
                return f"nothing dates the rows of `{side.term}`: neither the term nor its record is `dated`"
            needed.append(side.dated)
        for name in needed:
            if name is not None and name not in contract.records[side.record].fields:
                return f"`{side.record}` has no field `{name}`"
            if name is not None and name not in plan.fields:
                return f"no export at hand binds `{side.record}.{name}`"
        repeated = _repeats(contract, metric, side)
        if repeated:
            return repeated
    if metric.within is not None and metric.within.clock == "business":
        return f"`within: {metric.within}` counts open hours, and a metric has no calendar"
    return ""


def _repeats(contract: Contract, metric: Metric, side: Counted) -> str:
    """Say where the date that is kept cannot tell how often, or when first, a row qualified."""
    if metric.kind != "count" or side.dated is None:
        return ""
    keeps = contract.records[side.record].fields[side.dated].keeps
    if metric.counts == "first" and keeps == "latest":
        return f"`{side.dated}` keeps the latest time, and `counts: first` asks for the first"
    if metric.counts == "each" and keeps != "only":
        return f"`{side.dated}` keeps the {keeps} time alone, and `counts: each` asks for every one"
    return ""


def nested(contract: Contract, plan: GoalPlan) -> bool:
    """Tell whether every row above the line is one below it too, in the same period."""
    if plan.base is None or plan.of.record != plan.base.record or plan.of.slot != plan.base.slot:
        return False
    seen: set[str] = set()
    names = [plan.of.term]
    while names:
        name = names.pop()
        if name == plan.base.term:
            return True
        if name not in seen:
            seen.add(name)
            term = contract.terms[name]
            names += [term.narrows] if term.narrows is not None else []
            if term.at_least == len(term.criteria):
                names += [test.tree.term for test in term.criteria if isinstance(test.tree, Meets)]
    return False


# --- what is counted ---------------------------------------------------------------------------


def _code(side: Counted) -> str:
    return f"{f.name(f'c_{side.term}')} % 3"


def _slot(side: Counted) -> str:
    return f.name(side.slot.column) if side.slot is not None else "0::SMALLINT"


def _value(field: str | None, *, summed: bool) -> tuple[str, str]:
    """Give the state of a field in a row and the number that it adds; without a field every row is one of its own."""
    state = f.name(f"s_{field}") if field is not None else str(VALUE)
    return state, f.name(f"n_{field}") if field is not None and summed else "NULL::BIGINT"


def amounts(plan: RecordPlan, side: Counted, field: str | None, *, summed: bool = True) -> str:
    """Slot, code, state, count, sum, and sum of what is below zero, of the rows that meet a term or may do so."""
    state, value = _value(field, summed=summed)
    return (
        f"SELECT slot, code, state, count(*), sum(value), sum(value) FILTER (value < 0) FROM "
        f"(SELECT {_slot(side)} AS slot, {_code(side)} AS code, {state} AS state, {value} AS value "
        f"FROM {f.name(plan.table)} WHERE {_JUDGED}{_mine(side)}) WHERE code <> {FAILS} GROUP BY slot, code, state"
    )


def _mine(side: Counted) -> str:
    return f" AND {side.away} = 0" if side.away is not None else ""


def unsure_values(plan: RecordPlan, side: Counted, field: str) -> str:
    """Slot, value and count of the rows that may meet a term."""
    value = f.name(f"n_{field}")
    return (
        f"SELECT {_slot(side)} AS slot, {value} AS value, count(*) FROM {f.name(plan.table)} "
        f"WHERE {_JUDGED} AND {_code(side)} = {UNSURE} AND {value} IS NOT NULL GROUP BY slot, value"
    )


def joint(plan: RecordPlan, of: Counted, base: Counted, field: str | None) -> str:
    """Slot, code above and below the line, state, count, sum, and sum of what is below zero."""
    state, value = _value(field, summed=True)
    return (
        f"SELECT slot, above, below, state, count(*), sum(value), sum(value) FILTER (value < 0) FROM "
        f"(SELECT {_slot(base)} AS slot, {_code(of)} AS above, {_code(base)} AS below, {state} AS state, "
        f"{value} AS value FROM {f.name(plan.table)} WHERE {_JUDGED}) "
        f"WHERE below <> {FAILS} GROUP BY slot, above, below, state"
    )


def _numbered(stretches: Sequence[range | None]) -> str:
    """Give the join of a slot to the number of its stretch; one stretch without slots is everything."""
    listed = [f"({slot}, {number})" for number, slots in enumerate(stretches) for slot in slots or ()]
    if not listed:
        return "CROSS JOIN (SELECT 0 AS number)"
    return f"JOIN (SELECT s::SMALLINT AS slot, number FROM (VALUES {', '.join(listed)}) v(s, number)) USING (slot)"


def firsts(plan: RecordPlan, side: Counted, field: str, stretches: Sequence[range | None]) -> str:
    """Number of the stretch, how many values are first seen in it for certain, and how many may be.

    A value that stands earlier on a row that may not count is not for certain new in a later stretch.
    """
    rows = (
        f"SELECT DISTINCT value, code, number FROM (SELECT {_slot(side)} AS slot, {_code(side)} AS code, "
        f"{f.name(f'n_{field}')} AS value FROM {f.name(plan.table)} WHERE {_JUDGED} "
        f"AND {f.name(f's_{field}')} = {VALUE}) {_numbered(stretches)} WHERE code <> {FAILS}"
    )
    return (
        f"WITH found AS ({rows}), ends AS (SELECT value, min(number) FILTER (code = {MEETS}) AS sure, "
        f"min(number) FILTER (code = {UNSURE}) AS maybe FROM found GROUP BY value) "
        f"SELECT number, count(*) FILTER (number = sure AND (maybe IS NULL OR maybe >= sure)), count(*) "
        f"FROM (SELECT DISTINCT value, number FROM found) JOIN ends USING (value) "
        f"WHERE sure IS NULL OR number <= sure GROUP BY number"
    )


def _lengths(plan: RecordPlan, metric: Metric, side: Counted, *, days: bool) -> str:
    """Give each row that meets a term or may do so: slot, code, what can be measured of it, and the two ends of it."""
    start, end = str(metric.start), str(metric.end)
    if days:
        low = high = f"{f.name(f'day_{end}')} - {f.name(f'day_{start}')}"
    else:
        low = f"{f.name(f'lo_{end}')} - {f.name(f'hi_{start}')}"
        high = f"{f.name(f'hi_{end}')} - {f.name(f'lo_{start}')}"
    states = [f.name(f"s_{name}") for name in (start, end)]
    blank = " OR ".join(f"{state} = {BLANK}" for state in states)
    known = " AND ".join(f"{state} = {VALUE}" for state in states)
    # An end before its start is no length: one of the two is wrong, and nobody knows which.
    sort = f.cases([("blank", str(WITHOUT)), ("known AND longest >= 0", str(MEASURED))], str(UNKNOWN))
    return (
        f"(SELECT slot, code, {sort} AS sort, greatest(shortest, 0) AS low, longest AS high FROM "
        f"(SELECT {_slot(side)} AS slot, {_code(side)} AS code, ({blank}) AS blank, ({known}) AS known, "
        f"({low})::BIGINT AS shortest, ({high})::BIGINT AS longest FROM {f.name(plan.table)} WHERE {_JUDGED}) "
        f"WHERE code <> {FAILS})"
    )


def sorts(plan: RecordPlan, metric: Metric, side: Counted, *, days: bool) -> str:
    """Slot, code, what can be measured, and count, of the rows that meet a term or may do so."""
    rows = _lengths(plan, metric, side, days=days)
    return f"SELECT slot, code, sort, count(*) FROM {rows} GROUP BY slot, code, sort"


def medians(
    plan: RecordPlan,
    metric: Metric,
    side: Counted,
    stretches: Sequence[range | None],
    unknown: Sequence[int],
    *,
    days: bool,
) -> str:
    """Number of the stretch, and by the nearest rank the median of what is certain, the least and the greatest.

    The least is the smallest value that no more rows exceed for certain than may lie at or below it; so for the
    greatest the other way round. `unknown` tells for each stretch how many rows have a length that nobody knows.
    """
    rows = f"{_lengths(plan, metric, side, days=days)} {_numbered(stretches)} WHERE sort = {MEASURED}"
    counts = f"count(*) FILTER (code = {MEETS}) AS sure, count(*) FILTER (code = {UNSURE}) AS maybe"

    def ranked(value: str) -> str:
        return (
            f"SELECT *, sum(sure) OVER upto AS sures, sum(maybe) OVER upto AS maybes, "
            f"sum(sure) OVER every AS all_sure, sum(maybe) OVER every AS all_maybe "
            f"FROM (SELECT number, {value} AS value, {counts} FROM {rows} GROUP BY number, {value}) "
            f"JOIN unknown USING (number) "
            f"WINDOW upto AS (PARTITION BY number ORDER BY value), every AS (PARTITION BY number)"
        )

    listed = ", ".join(f"({number}, {count})" for number, count in enumerate(unknown))
    return (
        f"WITH unknown AS (SELECT * FROM (VALUES {listed}) v(number, nobody)), "
        f"lows AS (SELECT number, min(value) FILTER (sures > 0 AND sures >= all_sure - sures) AS middle, "
        f"min(value) FILTER (sures + maybes + nobody >= all_sure - sures) AS least "
        f"FROM ({ranked('low')}) GROUP BY number), "
        f"highs AS (SELECT number, max(value) FILTER "
        f"(sures - sure < all_sure - sures + sure + all_maybe - maybes + maybe + nobody) AS most "
        f"FROM ({ranked('high')}) GROUP BY number) "
        f"SELECT number, middle, least, most FROM lows JOIN highs USING (number)"
    )


# --- cohorts -----------------------------------------------------------------------------------


def cohort(
    contract: Contract, plan: GoalPlan, records: Mapping[str, RecordPlan], base: Counted, today: date, now: int
) -> str:
    """Slot, code and count of the rows below the line, by what became of them up to a moment and its local day.

    A row has arrived where one above the line is in time for certain. It may have where one may be in time; it is open
    while its time is not over, and MAY_NEITHER where it is not certain either that it is one of them.
    """
    metric, of = plan.metric, plan.of
    mine, theirs = records[base.record], records[of.record]
    days = _in_days(contract, metric, of, base)
    here, there = ("b.", "a.") if plan.links else ("", "")
    sure, maybe = _in_time(
        metric.within, of, base, here, there, days=days, today=today, now=now, after=bool(plan.links)
    )
    meets = f"{there}{f.name(f'c_{of.term}')} % 3"
    arrived = f"({meets} = {MEETS} AND coalesce({sure}, false))"
    possible = f"({meets} <> {FAILS} AND coalesce({maybe}, true))"
    slot, code, is_open = _slot(base), _code(base), _open_until(metric.within, base, days=days, today=today, now=now)
    if not plan.links:
        rows = (
            f"SELECT {slot} AS slot, {code} AS code, {arrived} AS arrived, {possible} AS possible, {is_open} AS waits "
            f"FROM {f.name(mine.table)} WHERE {_JUDGED}"
        )
    else:
        child = mine if plan.upward else theirs
        parent = theirs if plan.upward else mine
        me, other = ("k.c", "k.p") if plan.upward else ("k.p", "k.c")
        others = f"(SELECT *, rowid AS r FROM {f.name(theirs.table)} WHERE {_JUDGED})"
        hits = (
            f"SELECT {me} AS r, bool_or({arrived}) AS arrived, bool_or({possible}) AS possible "
            f"FROM {pairs(child, plan.links, parent, parent.table)} k JOIN {others} a ON a.r = {other} "
            f"JOIN {f.name(mine.table)} b ON b.rowid = {me} WHERE {meets} <> {FAILS} GROUP BY {me}"
        )
        rows = (
            f"SELECT {slot} AS slot, {code} AS code, coalesce(arrived, false) AS arrived, "
            f"coalesce(possible, false) AS possible, {is_open} AS waits FROM "
            f"(SELECT *, rowid AS r FROM {f.name(mine.table)} WHERE {_JUDGED}) LEFT JOIN ({hits}) USING (r)"
        )
    sure_row, unsure_row = f"code = {MEETS}", f"code = {UNSURE}"
    became = f.cases(
        [
            (f"{sure_row} AND arrived", str(MET)),
            (f"{unsure_row} AND arrived", str(MAY_MEET)),
            ("possible", str(UNCLEAR)),
            (f"{sure_row} AND waits", str(OPEN)),
            ("waits", str(MAY_NEITHER)),
            (sure_row, str(MISSED)),
        ],
        str(MAY_MISS),
    )
    return f"SELECT slot, {became} AS became, count(*) FROM ({rows}) WHERE code <> {FAILS} GROUP BY slot, became"


def _in_days(contract: Contract, metric: Metric, of: Counted, base: Counted) -> bool:
    """Tell whether a cohort counts local days: where it says so, and where a date has no time to count by."""
    types = {contract.records[side.record].fields[side.dated].type for side in (of, base) if side.dated is not None}
    by_days = metric.within is None or metric.within.unit == "days"
    return (by_days and "date" in types) or (metric.within is not None and metric.within.clock == "calendar")


def _in_time(
    within: Duration | None,
    of: Counted,
    base: Counted,
    here: str,
    there: str,
    *,
    days: bool,
    today: date,
    now: int,
    after: bool,
) -> tuple[str, str]:
    """Say when an arrival counts for certain, and when it may: in time, up to now, and, of another record, not before.

    A row's own date before that of the cohort is an arrival all the same: it had arrived when it was counted.
    """
    if of.dated is None or base.dated is None:
        return "true", "true"

    def column(table: str, prefix: str, name: str | None) -> str:
        return f"{table}{f.name(f'{prefix}_{name}')}"

    if days:
        day = (today - zones.EPOCH).days
        arrives = column(there, "day", of.dated)
        took = f"{arrives} - {column(here, 'day', base.dated)}"
        tests = [f"{arrives} <= {day}"]
        tests += [f"{took} >= 0"] if after else []
        tests += [f"{took} <= {within.amount}"] if within is not None else []
        both = " AND ".join(tests)
        return f"({both})", f"({both})"
    low, high = (column(there, prefix, of.dated) for prefix in ("lo", "hi"))
    shortest, longest = f"{low} - {column(here, 'hi', base.dated)}", f"{high} - {column(here, 'lo', base.dated)}"
    sure, maybe = [f"{low} <= {now}"], [f"{low} <= {now}"]
    if after:
        sure.append(f"{shortest} >= 0")
        maybe.append(f"{longest} >= 0")
    if within is not None:
        seconds = within.amount * _SECONDS[within.unit]
        sure.append(f"{longest} <= {seconds}")
        maybe.append(f"{shortest} <= {seconds}")
    return f"({' AND '.join(sure)})", f"({' AND '.join(maybe)})"


def _open_until(within: Duration | None, base: Counted, *, days: bool, today: date, now: int) -> str:
    """Say whether the time of a row is not over; without a time there is nothing to wait for."""
    if within is None or base.dated is None:
        return "false"
    if days:
        return f"coalesce({f.name(f'day_{base.dated}')} + {within.amount} >= {(today - zones.EPOCH).days}, true)"
    seconds = within.amount * _SECONDS[within.unit]
    return f"coalesce({f.name(f'hi_{base.dated}')} + {seconds} >= {now}, true)"
