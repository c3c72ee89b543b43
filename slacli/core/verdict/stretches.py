"""Periods as a judgement sees them: which ones exports hold, which are over and judged, and what is due in each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal, TypeVar

from slacli.core import periods, wording, zones
from slacli.core.periods import Period
from slacli.core.plan import questions
from slacli.core.plan.tables import RecordPlan, Slot, Span
from slacli.core.verdict.state import Judge
from slacli.errors import CannotRun
from slacli.findings import PeriodFacts
from slacli.model import FiscalYear, GoalTarget, PeriodKind

_Step = TypeVar("_Step", int, Fraction, GoalTarget)


def named_period(state: Judge) -> Period | None:
    """Give the period that `--judge` names, or None where it says which ones by a word; raises CannotRun."""
    judge = state.options.judge
    if judge in {"latest", "all"}:
        return None
    found = periods.named(judge, state.contract.fiscal_year)
    if found is None:
        raise CannotRun(
            f"`--judge {wording.sanitised(judge, 40)}` names no period",
            "write `latest`, `all`, or a period such as `2026-02`, `2026-W07`, `FY27-Q1` or `FY27`",
        )
    return found


_FIRST = 12

Stretch = tuple[Period, Literal["finished", "running", "not covered"]]


def stretches(
    state: Judge,
    records: Sequence[RecordPlan],
    reach: tuple[int, int] | None,
    kind: PeriodKind,
    now: datetime | None,
    *,
    numbers: bool,
    span: Span | None,
    silence: range = range(0),
) -> Iterator[Stretch]:
    """Give the periods from the first slot that rows reach to the one that is now, each with its state.

    Only what all of `records` hold is covered. With `numbers` it is a number of rows that counts, which is nothing in
    a period without rows; what lies before a `silence` (see there) and in it is not covered then. With a `span` they
    are those of which it has a day.
    """
    if reach is None:
        return
    fiscal = state.contract.fiscal_year
    grain: PeriodKind = "week" if periods.grain_of(kind) == "week" else "month"
    start, end = periods.of_slot(reach[0], grain, fiscal).first, periods.of_slot(reach[1], grain, fiscal).last
    since, until = _held(state, records)
    if since is not None:
        start = min(start, since) if numbers else start
    held = periods.of_slot(silence.stop, grain, fiscal).first if silence else start
    today = last_day(now, given=state.options.as_of is not None) if now is not None else end
    for period in periods.between(start, max(today, start), kind, fiscal):
        begins, closes = within(period, span)
        if closes < begins or (silence and silence.start <= period.slots[0] and period.slots[-1] < silence.stop):
            continue
        if since is not None and begins < since:
            yield period, "not covered"
        elif since is None and numbers and period.first <= held:
            # Without `holds` nobody knows whether the export begins where its first period does.
            yield period, "not covered"
        elif until is not None and until < begins:
            yield period, "not covered"
        elif now is not None and ends(period, state.contract.time_zone) > now.timestamp():
            yield period, "running"
        elif until is not None and until < closes:
            yield period, "not covered"
        else:
            yield period, "finished"


def silence(state: Judge, record: RecordPlan, slot: Slot) -> range:
    """Give the slots without rows, ten years of them at least, that part a few rows from all later ones.

    A date of 1900 or of 1970 is what a system writes where it knows none: it does not say that an export reaches back
    so far. As with times that lie far ahead, one row or one in a thousand is a few.
    """
    first = state.ask(questions.first_slots(record, slot, _FIRST))
    far = 10 * (52 if slot.grain == "week" else 12)
    found, seen = range(0), 0
    for (one, rows, total), (later, *_) in pairwise(first):
        seen += rows
        if seen <= max(1, total // 1000) and later - one > far:
            found = range(one + 1, later)
    return found


def _held(state: Judge, records: Sequence[RecordPlan]) -> tuple[date | None, date | None]:
    """Give the first and last day that all exports of some records hold, where that is known."""
    reads = [scan.binding.reads for record in records for scan in record.scans]
    since = [one.holds_since for one in reads if one.holds_since is not None]
    until = [one.holds_until for one in reads if one.holds_until is not None]
    until += [state.held[record.record.id] for record in records if record.record.id in state.held]
    return max(since, default=None), min(until, default=None)


def last_day(now: datetime, *, given: bool) -> date:
    """Give the last day that counts: a midnight that was given ends the day before, one in an export has come."""
    return (now - timedelta(seconds=1)).date() if given else now.date()


def ends(period: Period, zone: str) -> int:
    return zones.day_bounds(period.last + timedelta(days=1), zone)[0]


def within(period: Period, span: Span | None) -> tuple[date, date]:
    """Give the first and last day of a period that lie in a span; the last is before the first where none does."""
    if span is None:
        return period.first, period.last
    return max(period.first, span.first), min(period.last, span.last) if span.last is not None else period.last


def facts(state: Judge, stretch: Stretch | None) -> PeriodFacts:
    """Give a stretch as reports name it; none is all that the exports hold.

    Where one of several versions judges only a part of it, it is that part.
    """
    span, version = state.plan.span, state.contract.version
    if stretch is None:
        whole = PeriodFacts("", "all that the export holds", None, None, "whole")
        if state.alone or span is None:
            return whole
        return replace(whole, first=span.first, last=span.last, version=version)
    period, how = stretch
    first, last = within(period, span)
    part = version if (first, last) != (period.first, period.last) else None
    return PeriodFacts(period.name, period.title, first, last, how, part)


def is_skipped(state: Judge, period: PeriodFacts) -> bool:
    """Say whether it is a part of a period that the version does not want judged."""
    return period.version is not None and period.state != "whole" and state.contract.part_periods == "skipped"


def in_part(state: Judge, period: PeriodFacts, amount: Fraction) -> Fraction | None:
    """Give what a version asks for in the part of a period that it covers: its share by days, rounded up.

    None where nothing is asked for in a part.
    """
    whole = periods.named(period.name, state.contract.fiscal_year) if period.version is not None else None
    if whole is None or period.first is None or period.last is None:
        return amount
    if is_skipped(state, period):
        return None
    days, all_days = ((last - first).days + 1 for first, last in
                      ((period.first, period.last), (whole.first, whole.last)))  # fmt: skip
    return Fraction(-(-amount * days // all_days))


def chosen(stretches: Sequence[Stretch | None], named: Period | None, judge: str) -> set[Period | None]:
    """Give the finished periods that can fail: the last one, all of them, or those within the one that is named."""
    finished = [stretch[0] for stretch in stretches if stretch is not None and stretch[1] == "finished"]
    if named is not None:
        return {one for one in finished if named.first <= one.first and one.last <= named.last}
    return set(finished) if judge == "all" else set(finished[-1:])


def picked(state: Judge, name: str, found: Sequence[Stretch | None], named: Period | None) -> Collection[Period | None]:
    """Give the periods of a duty, a review or a goal that can fail; None is all that the exports hold."""
    if state.picked is not None:
        return state.picked.get(name, frozenset())
    return {None} if None in found else chosen(found, named, state.options.judge)


def stepped(steps: Sequence[tuple[str, _Step]], period: PeriodFacts, base: _Step, fiscal: FiscalYear) -> _Step:
    """Give the step of a ramp that holds in a period: the last one that has begun, else what held before."""
    first = _begin(period, fiscal)
    for name, step in steps:
        begun = periods.named(name, fiscal)
        if begun is not None and first is not None and begun.first <= first:
            base = step
    return base


def _begin(period: PeriodFacts, fiscal: FiscalYear) -> date | None:
    """Give the first day of a period, the whole of it where a version judges a part."""
    whole = periods.named(period.name, fiscal) if period.version is not None else None
    return whole.first if whole is not None else period.first
