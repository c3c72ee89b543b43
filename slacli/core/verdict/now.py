"""What day it is for a report, and which exports are too old for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from slacli.core import wording, zones
from slacli.core.plan import questions, tables
from slacli.core.plan.tables import RecordPlan
from slacli.core.verdict import pages
from slacli.core.verdict.state import SAMPLES, Judge, verb
from slacli.findings import (
    AsOf,
    Problem,
)
from slacli.model import Binding

_STRAY = 31 * zones.DAY


def as_of(state: Judge) -> AsOf | None:
    """Find the moment that is now: as given, else the latest time that is not far after all others."""
    there = zones.zone(state.contract.time_zone)
    if state.options.as_of is not None:
        return AsOf(state.options.as_of.astimezone(there), "--as-of")
    best: tuple[int, int, int] | None = None
    for record in state.plan.records.values():
        for table, numbers in record.settled:
            total = sum(state.plan.scans[number].records for number in numbers)
            top = _not_stray(state, record, table, numbers, total)
            if top is not None and (best is None or top[0] > best[0]):
                best = top
    if best is None:
        return None
    moment, scan, row = best
    when = datetime.fromtimestamp(moment, UTC).astimezone(there)
    return AsOf(when, "latest time", state.files[scan].facts.name, state.files[scan].row(row))


def _not_stray(
    state: Judge, record: RecordPlan, table: str, numbers: tuple[int, ...], total: int
) -> tuple[int, int, int] | None:
    """Give the latest time of a table, with scan and record, before any few rows that lie far after the others."""
    # One row, or one in a thousand, may be mistyped; more of them are no accident and count.
    few = max(1, total // 1000)
    found = state.ask(questions.latest(record, table, numbers, 1))
    if not found:
        return None
    # Measured: putting one row in a thousand in order takes twenty times as long as counting those near the end.
    ((near,),) = state.ask(questions.since(table, found[0][0] - _STRAY))
    if near > few:
        return found[0]
    found = state.ask(questions.latest(record, table, numbers, few + 1))
    for at in range(len(found) - 1, 0, -1):
        if found[at - 1][0] - found[at][0] > _STRAY:
            stray = found[:at]
            state.report(
                pages.STRAY_TIME,
                Problem(
                    at=record.record.at,
                    key=True,
                    message=f"{wording.counted(len(stray), 'row')} of `{record.record.id}` "
                    f"{verb(len(stray), 'holds', 'hold')} a time more than 31 days after all others; "
                    "the report does not take it for today",
                    help="mend the date, or say what day it is with `--as-of`",
                    subject=record.record.id,
                ),
                state.rows([("", scan, row) for _, scan, row in stray[:SAMPLES]], len(stray)),
            )
            return found[at]
    return found[0]


def stale_records(state: Judge, as_of: AsOf | None) -> frozenset[str]:
    """Settle until when each record is held, and report exports that are too old: what rests on them is not judged.

    An export that is `fresh` enough is taken to hold everything up to the day of the report; one whose binding does
    not say how old it may be holds no more than up to its own latest time.
    """
    if as_of is None:
        return frozenset()
    moment = int(as_of.at.timestamp())
    stale: set[str] = set()
    for record in state.plan.records.values():
        ends: dict[str, int] = {}
        for table, numbers in record.settled:
            for scan, newest, later in state.ask(questions.latest_by_scan(record, table, numbers, moment)):
                bound = state.files[scan].facts.binding
                # A day that was given may lie in the past of an export, which then reaches up to it.
                reaches = as_of.source == "--as-of" and later > state.plan.scans[scan].records // 1000
                ends[bound] = max(ends.get(bound, 0), moment if reaches else newest or 0)
        for binding_id, end in ends.items():
            binding = state.contract.bindings[binding_id]
            fresh = binding.reads.fresh
            limit = fresh.amount * _SECONDS[fresh.unit] if fresh is not None else 0
            state.reach[binding_id] = moment if fresh is not None else end
            if fresh is not None and end and moment - end > limit:
                stale.add(record.record.id)
                _report_stale(state, record, binding, (moment - end) // zones.DAY)
            if fresh is None and end:
                there = zones.offsets(state.contract.time_zone)
                day = zones.EPOCH + timedelta(days=there.local(end) // zones.DAY)
                state.held[record.record.id] = min(day, state.held.get(record.record.id, day))
    return frozenset(stale)


_SECONDS = {"minutes": 60, "hours": 3600, "days": zones.DAY}


def _report_stale(state: Judge, record: RecordPlan, binding: Binding, days: int) -> None:
    names = [one.facts.name for one in state.files if one.facts.binding == binding.id]
    reason = f"`{names[0]}` ends {wording.counted(days, 'day')} before the day of the report"
    state.report(
        pages.STALE_EXPORT,
        Problem(
            at=binding.at / "reads" / "fresh",
            message=f"{reason}, and `{binding.id}` allows {binding.reads.fresh}",
            help="export it again, or say which day it stands for with `--as-of`",
            subject=binding.id,
        ),
    )
    parts = [(part.term.id, "term", part.term.at) for part in record.terms]
    parts += [(part.owed.id, "responsibility", part.owed.at) for part in record.duties]
    state.gaps += [tables.Gap(subject, kind, reason, at) for subject, kind, at in parts]
