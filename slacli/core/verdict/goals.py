"""From counts to goals: the figure of each metric in each period, between which bounds it lies, and what it should be.

A figure is exact. A row that may count or may not, and an amount that nobody can read, move its bounds apart; the
target is met or missed only where every figure between them says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from slacli.core import figures, periods, wording, zones
from slacli.core.figures import Unit
from slacli.core.periods import Period
from slacli.core.plan import metrics, questions, tables
from slacli.core.plan.casts import BLANK, VALUE
from slacli.core.plan.tables import FAILS, MEETS, Counted, GoalPlan, RecordPlan
from slacli.core.verdict import pages, stretches
from slacli.core.verdict.duties import tally, with_open
from slacli.core.verdict.state import Judge
from slacli.core.verdict.stretches import Stretch
from slacli.findings import AsOf, Counts, GoalOutcome, PeriodFacts, Problem, Status
from slacli.model import Field, Goal, GoalTarget
from slacli.values import dataclass

Bound = Fraction | None
"""One end of where a figure lies; None where nothing bounds it on that side."""


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure of one stretch; `least` and `most` are its bounds if the rows that wait may come out either way."""

    value: Bound = None
    lower: Bound = None
    upper: Bound = None
    rows: int = 0
    unclear: int = 0
    waiting: int = 0
    without: int = 0
    least: Bound = None
    most: Bound = None

    @property
    def known(self) -> bool:
        return self.value is not None or self.lower is not None or self.upper is not None


def outcomes(state: Judge, as_of: AsOf | None, stale: frozenset[str]) -> Iterator[GoalOutcome]:
    """Compute every goal of which the exports are at hand and fresh enough, in the order of the contract."""
    named = stretches.named_period(state)
    for plan in state.plan.goals:
        reason = _not_now(state, plan, stale)
        if reason:
            state.gaps.append(tables.Gap(plan.goal.id, "goal", reason, plan.goal.at))
        else:
            yield from _goal(state, plan, as_of, named)


def _not_now(state: Judge, plan: GoalPlan, stale: frozenset[str]) -> str:
    """Say why a goal cannot be computed by what the exports turned out to be; nothing where it can."""
    sides = [side for side in (plan.of, plan.base) if side is not None]
    old = [side.record for side in sides if side.record in stale]
    if old:
        return f"the export of `{old[0]}` is too old for the day of the report"
    if plan.links and plan.base is not None:
        child, parent = (plan.base, plan.of) if plan.upward else (plan.of, plan.base)
        if (parent.record, child.record) in state.apart:
            return f"no row of `{child.record}` belongs to any `{parent.record}`"
    return ""


def _goal(state: Judge, plan: GoalPlan, as_of: AsOf | None, named: Period | None) -> Iterator[GoalOutcome]:
    now = as_of.at if as_of is not None else None
    found = _stretches(state, plan, now)
    picked = stretches.picked(state, f"goals/{plan.goal.id}", found, named)
    measured, undated = _figures(state, plan, found, now)
    unit = figures.unit_of(plan.metric, state.contract)
    by_period = dict(zip(found, measured, strict=True))
    for stretch, figure in by_period.items():
        if not _answers(state, plan, stretch):
            continue
        facts = _facts(state, plan, stretch)
        if facts.state == "not covered" and not figure.rows and not figure.unclear:
            continue
        outcome = _outcome(state, plan, facts, figure, unit, by_period)
        outcome = replace(
            outcome,
            judged=(stretch[0] if stretch else None) in picked,
            undated=undated if stretch is found[-1] and _has_undated(state) else 0,
            pace=_pace(state, plan, facts, figure, now),
        )
        _report(state, plan.goal, outcome)
        yield outcome


# --- periods -----------------------------------------------------------------------------------


def owed_in(
    state: Judge, now: datetime | None, stale: frozenset[str]
) -> Iterator[tuple[str, tuple[Stretch | None, ...]]]:
    """Give every goal that can be computed, as `goals/` and its id, with the periods that it is judged in."""
    for plan in state.plan.goals:
        if not _not_now(state, plan, stale):
            found = _stretches(state, plan, now)
            yield f"goals/{plan.goal.id}", tuple(one for one in found if _answers(state, plan, one))


def _answers(state: Judge, plan: GoalPlan, stretch: Stretch | None) -> bool:
    """Say whether this version is the one that judges a period: the one in force on its last day, where several do.

    The newest judges all that the exports hold.
    """
    span = state.plan.span
    if span is None or plan.in_parts:
        return True
    if stretch is None:
        return span.is_newest
    last = stretch[0].last
    return span.first <= last and (span.last is None or last <= span.last)


def _facts(state: Judge, plan: GoalPlan, stretch: Stretch | None) -> PeriodFacts:
    if plan.in_parts or stretch is None:
        return stretches.facts(state, stretch)
    period, how = stretch
    return PeriodFacts(period.name, period.title, period.first, period.last, how)


def _has_undated(state: Judge) -> bool:
    return state.plan.span is None or state.plan.span.is_newest


def _skips(state: Judge, period: PeriodFacts) -> str:
    """Say that a version leaves out a period of which it covers a part alone; nothing where it judges it."""
    span = state.plan.span
    if span is None or period.first is None or period.last is None or state.contract.part_periods != "skipped":
        return ""
    covered = span.first <= period.first and (span.last is None or period.last <= span.last)
    if covered and period.version is None:
        return ""
    return f"version {state.contract.version} covers a part of it, which `part_periods` skips"


def _stretches(state: Judge, plan: GoalPlan, now: datetime | None) -> list[Stretch | None]:
    """Give the periods that the rows below the line lie in, else those that are counted."""
    if plan.per is None:
        return [None]
    sides = [plan.base] if plan.metric.cohort and plan.base is not None else [plan.of, plan.base]
    numbers = plan.metric.kind in {"count", "count_first", "sum"}
    records = []
    reach: list[int] = []
    silence = range(0)
    for side in sides:
        if side is not None and side.slot is not None:
            record = state.plan.records[side.record]
            records.append(record)
            silence = stretches.silence(state, record, side.slot) if numbers else silence
            reach += [slot for slot in state.ask(questions.reach(record, side.slot))[0] if slot is not None]
    ends = (min(reach), max(reach)) if reach else None
    span = state.plan.span if plan.in_parts else None
    return list(stretches.stretches(state, records, ends, plan.per, now, numbers=numbers, span=span, silence=silence))


def _pace(state: Judge, plan: GoalPlan, period: PeriodFacts, figure: _Figure, now: datetime | None) -> Bound:
    """Give what a number of a running period comes to by its end if it goes on as it began."""
    adds_up = plan.metric.kind in {"count", "count_first", "sum"}
    if period.state != "running" or not adds_up or figure.value is None or now is None:
        return None
    if period.first is None or period.last is None:
        return None
    begins = zones.day_bounds(period.first, state.contract.time_zone)[0]
    ends = zones.day_bounds(period.last + timedelta(days=1), state.contract.time_zone)[0]
    # A part may be over before its period is.
    passed = min(int(now.timestamp()), ends) - begins
    return figure.value * (ends - begins) / passed if passed > 0 else None


# --- figures -----------------------------------------------------------------------------------


def _figures(
    state: Judge, plan: GoalPlan, found: Sequence[Stretch | None], now: datetime | None
) -> tuple[list[_Figure], int]:
    """Give the figure of each stretch, and how many rows are in none because nothing dates them."""
    slots = [stretch[0].slots if stretch else None for stretch in found]
    metric = plan.metric
    if metric.cohort and plan.base is not None:
        return _cohort(state, plan, plan.base, slots, now)
    if metric.kind in {"ratio", "share"} and plan.base is not None:
        return _fraction(state, plan, plan.base, slots)
    if metric.kind == "median":
        return _median(state, plan, slots)
    if metric.kind == "count_first":
        return _firsts(state, plan, slots)
    return _amounts(state, plan, slots)


_Cell = tuple[Any, ...]


def _within(cells: Sequence[_Cell], slots: range | None) -> list[_Cell]:
    """Give the cells of a stretch; each begins with its slot."""
    return [cell for cell in cells if slots is None or (cell[0] is not None and cell[0] in slots)]


def _undated(plan: GoalPlan, cells: Sequence[_Cell], count: int) -> int:
    return sum(cell[count] for cell in cells if cell[0] is None) if plan.per is not None else 0


@dataclass(frozen=True, slots=True)
class _Sum:
    """What the rows of a term come to: the certain ones, and by how much others may move it either way.

    `unknown` and `maybe_unknown` count rows, certain or not, that have a value which nobody can read.
    """

    rows: int = 0
    total: Fraction = Fraction(0)
    maybe: int = 0
    rises: Fraction = Fraction(0)
    falls: Fraction = Fraction(0)
    unknown: int = 0
    maybe_unknown: int = 0
    without: int = 0

    @property
    def unclear(self) -> int:
        return self.maybe + self.unknown + self.maybe_unknown

    def lower(self, field: Field | None) -> Bound:
        low = _limit(field.low) if field is not None else None
        if self.unknown or self.maybe_unknown:
            if low is None:
                return None
            return self.total + self.falls + low * self.unknown + min(low, Fraction(0)) * self.maybe_unknown
        return self.total + self.falls

    def upper(self, field: Field | None) -> Bound:
        high = _limit(field.high) if field is not None else None
        if self.unknown or self.maybe_unknown:
            if high is None:
                return None
            return self.total + self.rises + high * self.unknown + max(high, Fraction(0)) * self.maybe_unknown
        return self.total + self.rises


def _limit(limit: Any) -> Fraction | None:
    return Fraction(limit) if limit is not None else None


def _summed(cells: Sequence[_Cell], *, amounts: bool) -> _Sum:
    """Add up cells of slot, code, state, count, sum, and sum of what is below zero; without amounts each row is one."""
    found = _Sum()
    for _, code, state, count, total, below in cells:
        if state == BLANK:
            found = replace(found, without=found.without + (count if code == MEETS else 0))
            continue
        worth = Fraction(total or 0) if amounts else Fraction(count)
        fall = Fraction(below or 0)
        if state != VALUE:
            more = {"unknown": found.unknown + count} if code == MEETS else {
                "maybe_unknown": found.maybe_unknown + count
            }  # fmt: skip
            found = replace(found, **more)
        elif code == MEETS:
            found = replace(found, rows=found.rows + count, total=found.total + worth)
        else:
            found = replace(
                found, maybe=found.maybe + count, rises=found.rises + worth - fall, falls=found.falls + fall
            )
    return found


def _field(state: Judge, side: Counted, name: str | None) -> Field | None:
    return state.contract.records[side.record].fields[name] if name is not None else None


def _plain(value: Bound, lower: Bound, upper: Bound, found: _Sum) -> _Figure:
    return _Figure(
        value, lower, upper, rows=found.rows, unclear=found.unclear, without=found.without, least=lower, most=upper
    )


def _amounts(state: Judge, plan: GoalPlan, slots: Sequence[range | None]) -> tuple[list[_Figure], int]:
    """Count rows, or add up or average a field of them."""
    metric, record = plan.metric, state.plan.records[plan.of.record]
    cells = state.ask(metrics.amounts(record, plan.of, metric.field))
    field = _field(state, plan.of, metric.field)
    unsure: Sequence[_Cell] = ()
    if metric.kind == "average" and metric.field is not None and any(cell[1] != MEETS for cell in cells):
        unsure = state.ask(metrics.unsure_values(record, plan.of, metric.field))
    figures_of = []
    for inside in slots:
        found = _summed(_within(cells, inside), amounts=field is not None)
        if metric.kind != "average":
            figures_of.append(_plain(found.total, found.lower(field), found.upper(field), found))
            continue
        value = found.total / found.rows if found.rows else None
        values = [(Fraction(value), int(count)) for _, value, count in _within(unsure, inside)]
        lower, upper = _average(found, values, field)
        figures_of.append(_plain(value, lower, upper, found))
    return figures_of, _undated(plan, cells, 3)


def _average(found: _Sum, values: Sequence[tuple[Fraction, int]], field: Field | None) -> tuple[Bound, Bound]:
    """Give the least and the greatest average, whichever of the unclear rows count; None where nothing bounds it."""
    ends: list[Bound] = []
    for sign, limit in ((-1, field.low if field else None), (1, field.high if field else None)):
        total, rows, optional = found.total, found.rows, list(values)
        if found.unknown or found.maybe_unknown:
            if limit is None:
                ends.append(None)
                continue
            # At worst each value that nobody can read stands at the end of what the contract allows.
            total, rows = total + Fraction(limit) * found.unknown, rows + found.unknown
            optional.append((Fraction(limit), found.maybe_unknown))
        for value, count in sorted(optional, reverse=sign > 0):
            # Each further row moves the average only while it lies beyond it.
            if count and (not rows or (value * rows - total) * sign > 0):
                total, rows = total + value * count, rows + count
        ends.append(total / rows if rows else None)
    return ends[0], ends[1]


def _firsts(state: Judge, plan: GoalPlan, slots: Sequence[range | None]) -> tuple[list[_Figure], int]:
    """Count the values of a field that are seen for the first time."""
    record, field = state.plan.records[plan.of.record], str(plan.metric.field)
    cells = state.ask(metrics.amounts(record, plan.of, field, summed=False))
    seen = {
        int(number): (int(sure), int(most))
        for number, sure, most in (state.ask(metrics.firsts(record, plan.of, field, slots)) if slots else ())
    }
    found = []
    unread = 0
    for number, inside in enumerate(slots):
        sure, most = seen.get(number, (0, 0))
        rows = _summed(_within(cells, inside), amounts=False)
        hidden = rows.unknown + rows.maybe_unknown
        # A value that nobody can read may be a new one, or one that is new later if it is not.
        lower, upper = Fraction(max(sure - unread, 0)), Fraction(most + hidden)
        unread += hidden
        found.append(
            _Figure(
                Fraction(sure), lower, upper, rows=rows.rows, unclear=rows.unclear, without=rows.without,
                least=lower, most=upper,
            )
        )  # fmt: skip
    return found, _undated(plan, cells, 3)


def _median(state: Judge, plan: GoalPlan, slots: Sequence[range | None]) -> tuple[list[_Figure], int]:
    """Find the middle of the times between two fields."""
    metric, record = plan.metric, state.plan.records[plan.of.record]
    days = figures.unit_of(metric, state.contract) == "days"
    cells = state.ask(metrics.sorts(record, metric, plan.of, days=days))
    counts = []
    for inside in slots:
        by_sort: dict[tuple[int, int], int] = {}
        for _, code, sort, count in _within(cells, inside):
            by_sort[code, sort] = by_sort.get((code, sort), 0) + count
        counts.append(by_sort)
    unknown = [sum(count for (_, sort), count in one.items() if sort == metrics.UNKNOWN) for one in counts]
    middles: Mapping[int, tuple[Any, Any, Any]] = {}
    if slots:
        asked = metrics.medians(record, metric, plan.of, slots, unknown, days=days)
        middles = {int(number): (middle, least, most) for number, middle, least, most in state.ask(asked)}
    found = []
    for number, one in enumerate(counts):
        middle, least, most = (_fraction_of(one) for one in middles.get(number, (None, None, None)))
        rows, hidden = one.get((MEETS, metrics.MEASURED), 0), unknown[number]
        if hidden and hidden >= rows:
            least = Fraction(0)
        if hidden and hidden > rows:
            most = None
        found.append(
            _Figure(
                middle, least, most, rows=rows, least=least, most=most,
                unclear=hidden + one.get((tables.UNSURE, metrics.MEASURED), 0),
                without=one.get((MEETS, metrics.WITHOUT), 0),
            )
        )  # fmt: skip
    return found, _undated(plan, cells, 3)


def _fraction_of(value: Any) -> Bound:
    return Fraction(int(value)) if value is not None else None


def _fraction(state: Judge, plan: GoalPlan, base: Counted, slots: Sequence[range | None]) -> tuple[list[_Figure], int]:
    """Divide what one term comes to by what another does, of the same period."""
    of, name = plan.of, plan.metric.field
    is_sum = name is not None
    above = state.ask(metrics.amounts(state.plan.records[of.record], of, name))
    below = state.ask(metrics.amounts(state.plan.records[base.record], base, name))
    both: Sequence[_Cell] = ()
    is_part = metrics.nested(state.contract, plan)
    if is_part and any(cell[1] != MEETS or cell[2] > BLANK for cell in (*above, *below)):
        both = state.ask(metrics.joint(state.plan.records[base.record], of, base, name))
    found = []
    for inside in slots:
        top, bottom = (_summed(_within(cells, inside), amounts=is_sum) for cells in (above, below))
        value = top.total / bottom.total if bottom.total else None
        ends = _part(_within(both, inside), _field(state, of, name)) if both else None
        if ends is None:
            ends = _divided(
                (top.lower(_field(state, of, name)), top.upper(_field(state, of, name))),
                (bottom.lower(_field(state, base, name)), bottom.upper(_field(state, base, name))),
            )
        figure = _plain(value, ends[0], ends[1], bottom)
        found.append(replace(figure, unclear=max(top.unclear, bottom.unclear), without=bottom.without))
    return found, _undated(plan, above, 3) + (0 if of == base else _undated(plan, below, 3))


def _part(cells: Sequence[_Cell], field: Field | None) -> tuple[Bound, Bound] | None:
    """Give the bounds of a share whose upper term is part of the lower one, so that rows count in both or in none.

    None where amounts may be below zero: then what is added above may be less than what is added below. An amount that
    nobody can read is worth the least or the most that its field allows, whichever moves the share further.
    """
    low = _limit(field.low) if field is not None else None
    high = _limit(field.high) if field is not None else None
    least: dict[int, Fraction] = {}
    most: dict[int, Fraction] = {}
    boundless: set[int] = set()
    for _, above, below, state, count, total, negative in cells:
        if state == BLANK:
            continue
        if negative or (state != VALUE and (low is None or low < 0)):
            return None
        sure = below == MEETS
        code = {MEETS: tables.MET if sure else tables.MAY_MEET, FAILS: tables.MISSED if sure else tables.MAY_MISS}
        kind = code.get(above, tables.UNCLEAR)
        worth = Fraction(total or 0) if field is not None else Fraction(count)
        least[kind] = least.get(kind, Fraction(0)) + (worth if state == VALUE else (low or 0) * count)
        most[kind] = most.get(kind, Fraction(0)) + (worth if state == VALUE else (high or 0) * count)
        boundless |= {kind} if state != VALUE and high is None else set()
    kinds = (tables.MET, tables.MISSED, tables.MAY_MEET, tables.MAY_MISS, tables.UNCLEAR)
    met, _, may_meet, _, _ = (least.get(kind, Fraction(0)) for kind in kinds)
    _, missed, _, may_miss, either = (most.get(kind, Fraction(0)) for kind in kinds)
    lower, _ = _share(met, missed, may_meet, may_miss + either)
    met, _, may_meet, _, either = (most.get(kind, Fraction(0)) for kind in kinds)
    _, missed, _, may_miss, _ = (least.get(kind, Fraction(0)) for kind in kinds)
    _, upper = _share(met, missed, may_meet + either, may_miss)
    if boundless & {tables.MISSED, tables.UNCLEAR, tables.MAY_MISS}:
        lower = Fraction(0)
    if boundless & {tables.MET, tables.UNCLEAR, tables.MAY_MEET}:
        upper = Fraction(1)
    return lower, upper


def _share(met: Fraction, missed: Fraction, may_meet: Fraction, may_miss: Fraction) -> tuple[Bound, Bound]:
    """Give the least and the greatest share of what is met; None where there is nothing at all.

    Where only what may be there is met, the share is one or there is none; so for what may be missed.
    """
    least, most = met + missed + may_miss, met + may_meet + missed
    if not least and not most:
        return None, None
    return met / least if least else Fraction(1), (met + may_meet) / most if most else Fraction(0)


def _divided(top: tuple[Bound, Bound], bottom: tuple[Bound, Bound]) -> tuple[Bound, Bound]:
    """Divide a figure between two bounds by another, apart from each other; None where that is not bounded."""
    least, most = bottom
    if least is None or least < 0:
        return None, None
    corners: list[Bound] = []
    for end, of_top in ((min, top[0]), (max, top[1])):
        below = (most, least) if of_top is not None and (of_top >= 0) == (end is min) else (least, most)
        by = below[0]
        corners.append(of_top / by if of_top is not None and by else Fraction(0) if of_top == 0 and most else None)
    return corners[0], corners[1]


def _cohort(
    state: Judge, plan: GoalPlan, base: Counted, slots: Sequence[range | None], now: datetime | None
) -> tuple[list[_Figure], int]:
    """Follow the rows below the line to those above it, in time and up to now."""
    moment = _known_until(state, state.plan.records[plan.of.record], now)
    there = zones.offsets(state.contract.time_zone)
    # A midnight that was given ends the day before.
    given = state.options.as_of is not None and now is not None and moment == int(now.timestamp())
    today = zones.EPOCH + timedelta(days=(there.local(moment) - given) // zones.DAY)
    cells = state.ask(metrics.cohort(state.contract, plan, state.plan.records, base, today, moment))
    found = []
    for inside in slots:
        codes: dict[int, int] = {}
        for _, code, count in _within(cells, inside):
            codes[code] = codes.get(code, 0) + count
        unsure = codes.pop(tables.MAY_NEITHER, 0)
        counts: Counts = tally(codes)
        # Before their time is over, rows that have not arrived stand for what the cohort has come to so far.
        doubtful = replace(counts, may_miss=counts.may_miss + unsure)
        lower, upper = _of_counts(replace(doubtful, missed=counts.missed + counts.open, open=0))
        least, most = _of_counts(with_open(replace(doubtful, may_meet=counts.may_meet + unsure)))
        decided = counts.met + counts.missed + counts.open
        found.append(
            _Figure(
                Fraction(counts.met, decided) if decided else None, lower, upper, rows=decided,
                unclear=counts.unclear + unsure, waiting=counts.open, least=least, most=most,
            )
        )  # fmt: skip
    return found, _undated(plan, cells, 2)


def _of_counts(counts: Counts) -> tuple[Bound, Bound]:
    return _share(*map(Fraction, (counts.met, counts.missed, counts.may_meet, counts.may_miss)))


def _known_until(state: Judge, record: RecordPlan, now: datetime | None) -> int:
    """Give the last second up to which the exports of a record hold everything, and no later than now."""
    ends = [state.reach[scan.binding.id] for scan in record.scans if scan.binding.id in state.reach]
    return min([*ends, *([int(now.timestamp())] if now is not None else [])], default=0)


# --- targets -----------------------------------------------------------------------------------


def _outcome(
    state: Judge,
    plan: GoalPlan,
    period: PeriodFacts,
    figure: _Figure,
    unit: Unit,
    by_period: Mapping[Stretch | None, _Figure],
) -> GoalOutcome:
    goal = plan.goal
    target = stretches.stepped(goal.ramp, period, goal.target, state.contract.fiscal_year)
    skipped = _skips(state, period)
    wanted, why = (None, skipped) if skipped else _wanted(state, plan, target, period, unit, by_period)
    at_most = target.way == "at most"
    before = None
    if goal.baseline is not None and not goal.baseline.collect:
        before = (goal.baseline.period, _of_baseline(goal, unit))
    text = replace(target, per=goal.target.per) if target.per is None and not target.on else target
    return GoalOutcome(
        goal=goal.id, title=goal.title, metric=goal.metric, owned_by=goal.owned_by, period=period, unit=unit,
        status="not covered" if skipped else _status(figure, period, wanted, at_most=at_most), value=figure.value,
        lower=figure.lower,
        upper=figure.upper, target=str(text), way="at most" if at_most else "at least", wanted=wanted,
        rows=figure.rows, unclear=figure.unclear, waiting=figure.waiting, without=figure.without, baseline=before,
        collected=goal.baseline is not None and goal.baseline.collect, why=why,
    )  # fmt: skip


def _of_baseline(goal: Goal, unit: Unit) -> Fraction:
    amount, written = figures.value(goal.baseline.value if goal.baseline is not None else "0")
    return figures.counted_in(amount, written, unit)


def _wanted(
    state: Judge,
    plan: GoalPlan,
    target: GoalTarget,
    period: PeriodFacts,
    unit: Unit,
    by_period: Mapping[Stretch | None, _Figure],
) -> tuple[tuple[Fraction, Fraction] | None, str]:
    """Give the ends between which a target lies, or None and why nobody can say."""
    if not target.on:
        amount = figures.counted_in(target.amount, target.unit, unit)
        share = stretches.in_part(state, period, amount) if plan.in_parts else amount
        return ((share, share), "") if share is not None else (None, "")
    least, most, named = _before(state, plan, target, period, unit, by_period)
    if least is None or most is None:
        return None, named
    if least <= 0:
        return None, f"nothing grows on a figure of {figures.said(least, unit)} ({named})"
    return (least * (1 + target.amount), most * (1 + target.amount)), ""


def _before(
    state: Judge,
    plan: GoalPlan,
    target: GoalTarget,
    period: PeriodFacts,
    unit: Unit,
    by_period: Mapping[Stretch | None, _Figure],
) -> tuple[Bound, Bound, str]:
    """Give the figure that a target grows on, and the name of its period; without one why there is none."""
    baseline = plan.goal.baseline
    known = baseline is not None and not baseline.collect
    if target.on == "baseline":
        if baseline is None or not known:
            return None, None, "the baseline that it grows on is being collected"
        figure = _of_baseline(plan.goal, unit)
        return figure, figure, baseline.period
    earlier = _earlier(state, target, period)
    if earlier is None:
        return None, None, f"{period.title} has no {target.per} a year before"
    day, name = state.redefined.get(plan.goal.id, (earlier.first, ""))
    if earlier.last < day:
        return None, None, f"the definition of `{name}` changed on {day}, after {earlier.title}, which it grows on"
    for stretch, found in by_period.items():
        if stretch is not None and stretch[0] == earlier and stretch[1] == "finished" and found.known:
            if found.least is None or found.most is None:
                return None, None, f"the figure of {earlier.title}, which it grows on, is unclear"
            return found.least, found.most, earlier.title
    if baseline is not None and known and baseline.period == earlier.name:
        figure = _of_baseline(plan.goal, unit)
        return figure, figure, earlier.title
    return None, None, f"the exports do not cover {earlier.title}, which it grows on, and it is no baseline"


def _earlier(state: Judge, target: GoalTarget, period: PeriodFacts) -> Period | None:
    """Give the period before, or the same one a year before."""
    fiscal = state.contract.fiscal_year
    if period.first is None or target.per is None:
        return None
    if target.on == "before":
        return periods.of_day(period.first - timedelta(days=1), target.per, fiscal)
    if target.per == "week":
        year, week, _ = period.first.isocalendar()
        return periods.named(f"{year - 1}-W{week:02}", fiscal)
    first: date = period.first.replace(year=period.first.year - 1)
    return periods.of_day(first, target.per, fiscal)


def _status(figure: _Figure, period: PeriodFacts, wanted: tuple[Fraction, Fraction] | None, *, at_most: bool) -> Status:
    """Say what became of a goal: met or missed only where all that is possible is."""
    if period.state in {"running", "not covered"}:
        return "running" if period.state == "running" else "not covered"
    if not figure.known and not figure.waiting:
        return "unclear" if figure.unclear else "no data"
    if wanted is None:
        return "no data"
    least, most = figure.least, figure.most
    kept: Callable[[Fraction], bool] = (lambda one: one <= wanted[0]) if at_most else (lambda one: one >= wanted[1])
    lost: Callable[[Fraction], bool] = (lambda one: one > wanted[1]) if at_most else (lambda one: one < wanted[0])
    worst, best = (most, least) if at_most else (least, most)
    if worst is not None and kept(worst):
        return "met"
    if best is not None and lost(best):
        return "missed"
    return "running" if figure.waiting else "unclear"


# --- findings ----------------------------------------------------------------------------------


def _report(state: Judge, goal: Goal, outcome: GoalOutcome) -> None:
    if outcome.status != "missed" or outcome.collected:
        return
    if not outcome.judged and outcome.period.state != "whole":
        return
    owners = wording.listed([state.contract.party_title(party) for party in goal.owned_by])
    when = f"in {outcome.period.shown}" if outcome.period.name else "in all that the export holds"
    state.report(
        pages.GOAL_MISSED,
        Problem(
            at=goal.at,
            key=True,
            message=f"missed {when}: {owners} {'wants' if len(goal.owned_by) == 1 else 'want'} `{goal.id}` to come to "
            f"{figures.wanted(outcome)}, and it came to {figures.come_to(outcome)}",
            label=goal.title,
            subject=goal.id,
        ),
        (),
        outcome.period.mark,
    )
