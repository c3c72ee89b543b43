"""From counts to outcomes: what is met, missed or unclear in each period, decided in integers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from slacli.core import periods, wording, zones
from slacli.core.periods import Period
from slacli.core.plan import questions, tables
from slacli.core.plan.tables import DutyPlan, RecordPlan, Slot
from slacli.core.verdict import disputes, pages, stretches
from slacli.core.verdict.state import SAMPLES, Judge, percent, verb
from slacli.core.verdict.stretches import Stretch
from slacli.findings import (
    Counts,
    Outcome,
    Owed,
    PeriodFacts,
    Problem,
    Response,
    Rule,
    Status,
)
from slacli.model import Contract, Episodes, Field, PeriodKind, Tally

_CODE_COUNTS = {
    tables.MET: {"met": 1},
    tables.MISSED: {"missed": 1},
    tables.UNCLEAR: {"unclear": 1, "may_meet": 1, "may_miss": 1},
    tables.MAY_MEET: {"unclear": 1, "may_meet": 1},
    tables.MAY_MISS: {"unclear": 1, "may_miss": 1},
    tables.LEFT_OUT: {"left_out": 1},
    tables.OPEN: {"open": 1},
    tables.NOT_STARTED: {"not_started": 1},
    tables.BY_SILENCE: {"by_silence": 1},
    tables.SUPERSEDED: {"left_out": 1},
    tables.MAY_NEITHER: {"unclear": 1},
    tables.RELIEVED: {"left_out": 1, "relieved": 1},
    disputes.DISPUTED: {"unclear": 1, "may_meet": 1, "may_miss": 1, "disputed": 1},
}


def tally(pairs: Mapping[int, int]) -> Counts:
    total: dict[str, int] = {"covered": sum(pairs.values())}
    for code, count in pairs.items():
        for name in _CODE_COUNTS[code]:
            total[name] = total.get(name, 0) + count
    return Counts(**total)


def outcomes(state: Judge, now: datetime | None, stale: frozenset[str]) -> Iterator[Outcome]:
    """Judge every duty of which the rows are at hand, in the order of the contract."""
    by_duty = {
        part.owed.id: (record, part)
        for record in state.plan.records.values()
        if record.record.id not in stale
        for part in record.duties
        if part.owed.id not in state.unsettled
    }
    named = stretches.named_period(state)
    for owed in state.contract.responsibilities:
        if owed in by_duty:
            record, part = by_duty[owed]
            yield from _duty(state, record, part, now, named)


Table = dict[int | None, dict[int, int]]
"""Counts by code, by slot; the slot None holds rows without a date."""


def table(
    state: Judge, record: RecordPlan, part: DutyPlan, shown_by: str | None, code_in: str = "code"
) -> dict[str | None, Table]:
    """Give the counts of a duty by the values of what it is shown by."""
    found: dict[str | None, Table] = {}
    for slot, value, code, count in state.ask(questions.duty(record, part, shown_by, code_in)):
        cell = found.setdefault(value, {}).setdefault(slot, {})
        cell[code] = cell.get(code, 0) + count
    for one in disputes.contested(state, record, part, shown_by):
        cell = found[one.shown][one.slot]
        cell[one.code] -= 1
        cell[one.counts_as] = cell.get(one.counts_as, 0) + 1
    return found


def _summed(tables: Mapping[str | None, Table]) -> Table:
    total: Table = {}
    for table in tables.values():
        for slot, codes in table.items():
            cell = total.setdefault(slot, {})
            for code, count in codes.items():
                cell[code] = cell.get(code, 0) + count
    return total


def in_slots(table: Table, slots: range | None) -> dict[int, int]:
    """Add up the counts in a stretch of slots, or in all of them."""
    total: dict[int, int] = {}
    for slot, codes in table.items():
        if slots is None or (slot is not None and slot in slots):
            for code, count in codes.items():
                total[code] = total.get(code, 0) + count
    return total


def _duty(
    state: Judge, record: RecordPlan, part: DutyPlan, now: datetime | None, named: Period | None
) -> Iterator[Outcome]:
    disputes.without_row(state, record, part)
    shown = {name: table(state, record, part, name) for name in part.shown_by}
    counted = list(shown.values())
    if isinstance(part.measure, Episodes) and len(part.measure.tiers) > 1:
        counted.append(table(state, record, part, questions.TIER))
        shown[questions.TIER] = _by_tier(counted[-1], part.measure)
    # What it is shown by tells all the counts too, and to count once more takes its time.
    whole = _summed(counted[0] if counted else table(state, record, part, None))
    kind = _kind_of_period(part)
    undated = sum(whole.get(None, {}).values()) if part.slot else 0
    if undated:
        state.report(
            pages.UNDATED_ROWS,
            Problem(
                at=part.owed.at,
                key=True,
                message=f"{wording.counted(undated, 'row')} that `{part.owed.id}` covers "
                f"{verb(undated, 'is', 'are')} in no period, because `{part.dated}` is blank or unreadable",
                help=f"fill in `{part.dated}`",
                subject=part.owed.id,
            ),
        )
    found = _stretches(state, record, part, now)
    if kind and now is not None:
        _later(state, part, whole, found)
    picked = stretches.picked(state, part.owed.id, found, named)
    responses = _responses(state, part, found)
    judged_in: list[tuple[Outcome, range | None]] = []
    for stretch in found:
        period = stretch[0] if stretch else None
        slots = period.slots if period else None
        facts = stretches.facts(state, stretch)
        judged = period in picked
        outcome = (
            _number(state, part, facts, whole, shown, slots)
            if isinstance(part.measure, Tally)
            else _share(state, part, facts, whole, shown, slots)
        )
        if outcome.measure == "share":
            outcome = replace(
                outcome,
                response=responses.get(stretch),
                without_relief=_without_relief(state, record, part, slots) if outcome.counts.relieved else None,
            )
        outcome = replace(outcome, judged=judged, undated=undated if stretch is found[-1] else 0)
        if facts.state == "not covered" and not outcome.counts.covered:
            continue
        judged_in.append((outcome, slots))
    for outcome, (_, slots) in zip(_with_samples(state, record, part, judged_in), judged_in, strict=True):
        if outcome.period.state == "running" and now is not None:
            _foretell(state, record, part, outcome, slots, now)
        _report(state, part, outcome)
        yield outcome


def _reach(state: Judge, record: RecordPlan, part: DutyPlan, kind: PeriodKind) -> tuple[int, int] | None:
    """Give the first and the last slot of the rows or runs of a duty, or None where there are none."""
    first, last = state.ask(questions.reach(record, _slot(part, kind)))[0]
    if part.episodes is not None:
        begun, ended = state.ask(questions.reach_of_runs(part.episodes))[0]
        first, last = (begun if begun is not None else first), (ended if ended is not None else last)
    return (first, last) if first is not None else None


def _slot(part: DutyPlan, kind: PeriodKind) -> Slot:
    return part.slot or Slot(part.dated or "", periods.grain_of(kind))


def owed_in(
    state: Judge, now: datetime | None, stale: frozenset[str]
) -> Iterator[tuple[str, tuple[Stretch | None, ...]]]:
    """Give every duty of which the rows are at hand with the periods that it is judged in; None is all of them."""
    for record in state.plan.records.values():
        for part in record.duties if record.record.id not in stale else ():
            if part.owed.id not in state.unsettled:
                yield part.owed.id, tuple(_stretches(state, record, part, now))


def _stretches(state: Judge, record: RecordPlan, part: DutyPlan, now: datetime | None) -> list[Stretch | None]:
    """Give the periods of a duty, or None alone where it is judged over all that the export holds."""
    kind = _kind_of_period(part)
    if kind is None:
        return [None]
    reach = _reach(state, record, part, kind)
    numbers, span = isinstance(part.measure, Tally), state.plan.span
    silence = stretches.silence(state, record, _slot(part, kind)) if numbers and reach else range(0)
    return list(stretches.stretches(state, (record,), reach, kind, now, numbers=numbers, span=span, silence=silence))


def _responses(state: Judge, part: DutyPlan, among: Sequence[Stretch | None]) -> dict[Stretch | None, Response]:
    """Give how long the answers of a clock took in each period in which any is known."""
    if not isinstance(part.measure, Episodes) or part.measure.tries is not None or not among:
        return {}
    if any(tier.within.clock == "calendar" for tier in part.measure.tiers):
        # Such a clock counts dates, and no seconds.
        return {}
    found = state.ask(questions.responses(part, [stretch[0].slots if stretch else None for stretch in among]))
    return {among[number]: Response(answered, int(median), int(late)) for number, answered, (median, late) in found}


def _without_relief(
    state: Judge, record: RecordPlan, part: DutyPlan, slots: range | None
) -> tuple[Fraction, Fraction] | None:
    """Give the bounds of a share as they are if the lateness of the other side takes out nothing."""
    found = table(state, record, part, None, "plain").get(None, {})
    lower, upper = bounds(tally(in_slots(found, slots)))
    return (lower, upper) if lower is not None and upper is not None else None


def _by_tier(found: Mapping[str | None, Table], measure: Episodes) -> dict[str | None, Table]:
    """Give the counts by the name of the tier; a row of which nobody knows the tier stands under none."""
    names = {str(number): tier.name for number, tier in enumerate(measure.tiers, start=1)}
    return {names.get(str(number)): table for number, table in found.items()}


def _later(state: Judge, part: DutyPlan, whole: Table, among: Sequence[Stretch | None]) -> None:
    """Report rows that lie behind the period of today, so that none is lost from the account."""
    last = max((stretch[0].slots[-1] for stretch in among if stretch is not None), default=None)
    later = sum(sum(codes.values()) for slot, codes in whole.items() if slot is not None and (last or 0) < slot)
    if later:
        state.report(
            pages.LATER_ROWS,
            Problem(
                at=part.owed.at,
                key=True,
                message=f"{wording.counted(later, 'row')} that `{part.owed.id}` covers "
                f"{verb(later, 'is', 'are')} dated after the period of the report's day, and in none of its figures",
                subject=part.owed.id,
            ),
        )


def _kind_of_period(part: DutyPlan) -> PeriodKind | None:
    if isinstance(part.measure, Tally):
        return part.measure.per
    return part.owed.target.per if part.owed.target else None


def _share(
    state: Judge,
    part: DutyPlan,
    period: PeriodFacts,
    whole: Table,
    shown: Mapping[str, dict[str | None, Table]],
    slots: range | None,
) -> Outcome:
    owed = part.owed
    fiscal = state.contract.fiscal_year
    target = stretches.stepped(owed.target.ramp, period, owed.target.share, fiscal) if owed.target else Fraction(1)
    counts = tally(in_slots(whole, slots))
    lower, upper = bounds(counts)
    outcome = Outcome(
        duty=owed.id,
        title=owed.title,
        kind=owed.duty.kind,
        owed_by=owed.owed_by,
        owed_to=owed.owed_to,
        period=period,
        measure="share",
        counts=counts,
        lower=lower,
        upper=upper,
        target=target,
        status=status(counts, lower, upper, target, owed.judge_from, period.state),
        judge_from=owed.judge_from,
    )
    parts = []
    for name, by_value in shown.items():
        nothing, field = "(not known)", None
        order = [tier.name for tier in part.measure.tiers] if isinstance(part.measure, Episodes) else []
        if name != questions.TIER:
            field = state.contract.records[part.covers.record].fields[name]
            nothing = "(blank or not listed)" if field.one_of else "(blank)"
            order = sorted((value for value in by_value if value is not None), key=_amount_of(field))
        by_name = sorted(by_value.items(), key=lambda item: order.index(item[0]) if item[0] is not None else len(order))
        for value, table in by_name:
            inner = tally(in_slots(table, slots))
            if inner.covered:
                low, high = bounds(inner)
                parts.append(
                    replace(
                        outcome, counts=inner, lower=low, upper=high, target=None,
                        part_of=((name, written(value, field) if value is not None else nothing),),
                        status=status(inner, low, high, target, 0, period.state),
                    )
                )  # fmt: skip
    return replace(outcome, parts=tuple(parts))


def _amount_of(field: Field) -> Callable[[str], tuple[Decimal, str]]:
    """Give what sorts the values of a field: numbers by what they are, all else by letters."""
    is_number = field.type in {"integer", "number"}
    return lambda value: (Decimal(value) if is_number else Decimal(0), value)


def written(value: str, field: Field | None) -> str:
    """Give a value as people write it; None is the field of what is a name already."""
    if field is not None and field.type == "yes_no":
        return "yes" if value == "true" else "no"
    if field is not None and field.type == "number" and "." in value:
        return value.rstrip("0").rstrip(".")
    return value


def bounds(counts: Counts) -> tuple[Fraction | None, Fraction | None]:
    """Give the least and the greatest share that unclear rows leave possible, or nothing where there are no rows."""
    least = counts.met + counts.missed + counts.may_miss
    most = counts.met + counts.may_meet + counts.missed
    lower = Fraction(counts.met, least) if least else None
    upper = Fraction(counts.met + counts.may_meet, most) if most else None
    if lower is None and upper is not None:
        lower = Fraction(0)
    if upper is None and lower is not None:
        upper = Fraction(1)
    return lower, upper


def with_open(counts: Counts) -> Counts:
    """Give the counts with each open run as one that may end either way."""
    return replace(
        counts,
        unclear=counts.unclear + counts.open,
        may_meet=counts.may_meet + counts.open,
        may_miss=counts.may_miss + counts.open,
        open=0,
    )


def status(
    counts: Counts, lower: Fraction | None, upper: Fraction | None, target: Fraction, judge_from: int, state: str
) -> Status:
    """Say what became of a share: met when even the least reaches the target, missed when not even the most does."""
    if state in {"running", "not covered"}:
        return "running" if state == "running" else "not covered"
    if counts.open:
        # Runs that are not due yet may still change it: until they cannot, the period is not over.
        most = with_open(counts)
        least, highest = bounds(most)
        settled = status(most, least, highest, target, judge_from, state)
        return settled if settled in {"met", "missed"} else "running"
    if lower is None or upper is None:
        return "no data"
    if counts.met + counts.missed + counts.unclear < judge_from:
        return "too few"
    if lower >= target:
        return "met"
    return "missed" if upper < target else "unclear"


def _number(
    state: Judge,
    part: DutyPlan,
    period: PeriodFacts,
    whole: Table,
    shown: Mapping[str, dict[str | None, Table]],
    slots: range | None,
) -> Outcome:
    """Judge how many there are: by the number that is certain, and by the number that is possible."""
    owed = part.owed
    measure = part.measure
    if not isinstance(measure, Tally):
        message = "a volume duty measures a tally"
        raise TypeError(message)

    def outcome(table: Table, at_least: int | None) -> Outcome:
        counts = tally(in_slots(table, slots))
        low, high = Fraction(counts.met), Fraction(counts.met + counts.unclear)
        target = stretches.in_part(state, period, Fraction(at_least)) if at_least is not None else None
        verdict: Status = "met"
        if stretches.is_skipped(state, period):
            verdict = "not covered"
        elif period.state in {"running", "not covered"}:
            verdict = "running" if period.state == "running" else "not covered"
        elif target is not None and low < target:
            verdict = "missed" if high < target else "unclear"
        return Outcome(
            duty=owed.id, title=owed.title, kind=owed.duty.kind, owed_by=owed.owed_by, owed_to=owed.owed_to,
            period=period, measure="number", counts=counts, lower=low, upper=high, target=target, status=verdict,
        )  # fmt: skip

    if measure.split_by is None:
        fiscal = state.contract.fiscal_year
        return outcome(whole, stretches.stepped(measure.ramp, period, measure.at_least[0][1], fiscal))
    tables = shown.get(measure.split_by, {})
    parts = tuple(
        replace(outcome(tables.get(value, {}), at_least), part_of=((measure.split_by, str(value)),))
        for value, at_least in measure.at_least
    )
    total = outcome(whole, None)
    found = {one.status for one in parts}
    worst: Status = next((s for s in ("missed", "unclear", "running", "not covered") if s in found), "met")
    return replace(total, status=worst, parts=parts)


_WANTED: Mapping[str, tuple[int, ...]] = {
    "missed": (tables.MISSED,),
    "unclear": (tables.UNCLEAR, tables.MAY_MEET, tables.MAY_MISS, disputes.DISPUTED),
}
"""The codes of the rows that stand beside an outcome."""


def _with_samples(
    state: Judge, record: RecordPlan, part: DutyPlan, found: Sequence[tuple[Outcome, range | None]]
) -> list[Outcome]:
    """Put the first rows of each outcome of a duty beside it, or all of them where the duty is listed."""
    outcomes = [outcome for outcome, _ in found]
    rows: dict[int, list[tuple[Any, ...]]] = {}
    codes: dict[int, tuple[int, ...]] = {}
    for listing in (False, True):
        asked = []
        for number, (outcome, slots) in enumerate(found):
            wanted = _WANTED["missed"] if listing else _WANTED.get(outcome.status, ())
            is_listed = outcome.judged and state.options.listed == part.owed.id
            if wanted and outcome.measure == "share" and is_listed == listing:
                codes[number] = wanted
                asked.append((number, (wanted, slots)))
        answers = disputes.rows(state, record, part, [one for _, one in asked], None if listing else SAMPLES)
        rows |= {number: answer for (number, _), answer in zip(asked, answers, strict=True)}
    others = _of_other_side(state, record, part, {row for answer in rows.values() for *_, row in answer})
    for number, answer in rows.items():
        outcome = outcomes[number]
        total = outcome.counts.missed if codes[number] == _WANTED["missed"] else outcome.counts.unclear
        samples = state.rows(answer, total)
        if any(row in others for *_, row in answer):
            beside = {str(key): others.get(row, ()) for key, *_, row in answer}
            samples = tuple(replace(one, beside=tuple(beside.get(key, ()) for key in one.keys)) for one in samples)
        outcomes[number] = replace(outcome, samples=samples)
    return outcomes


def _report(state: Judge, part: DutyPlan, outcome: Outcome) -> None:
    """Report what an outcome means."""
    rule = _rule_of(outcome)
    if rule is not None:
        state.report(
            rule,
            Problem(
                at=part.owed.at,
                key=True,
                message=_message(state.contract, part, outcome),
                label=part.owed.title,
                subject=part.owed.id,
            ),
            outcome.samples if rule in {pages.TARGET_MISSED, pages.UNCLEAR_OUTCOME} else (),
            outcome.period.mark,
            # Too few rows, or none, say nothing about a promise.
            Owed((outcome.owed_by,), outcome.owed_to) if outcome.status in {"missed", "unclear"} else None,
        )


def _foretell(
    state: Judge, record: RecordPlan, part: DutyPlan, outcome: Outcome, slots: range | None, now: datetime
) -> None:
    """Report a running period that misses its target even if all that is still to come is met, at the pace so far."""
    target, counts, period = outcome.target, outcome.counts, outcome.period
    if outcome.measure != "share" or target is None or period.first is None or period.last is None:
        return
    begins = zones.day_bounds(period.first, state.contract.time_zone)[0]
    ends = zones.day_bounds(period.last + timedelta(days=1), state.contract.time_zone)[0]
    passed, left = int(now.timestamp()) - begins, max(ends - int(now.timestamp()), 0)
    can_meet = counts.met + counts.may_meet + counts.open
    seen = can_meet + counts.missed
    if passed <= 0 or not counts.missed:
        return
    coming = -(-seen * left // passed)
    most = Fraction(can_meet + coming, seen + coming)
    if seen + coming < outcome.judge_from or most >= target:
        return
    state.report(
        pages.TARGET_OUT_OF_REACH,
        Problem(
            at=part.owed.at,
            key=True,
            message=f"at this pace `{part.owed.id}` can no longer reach its target in {period.shown}: at most "
            f"{wording.share(most)} % even if all that is to come is met, target {percent(target)} %",
            label=part.owed.title,
            help="see with `slacli explain` why these were missed, while there is time to do something about it",
            subject=part.owed.id,
        ),
        state.rows(disputes.rows(state, record, part, [(_WANTED["missed"], slots)], SAMPLES)[0], counts.missed),
        period.mark,
        Owed((outcome.owed_by,), outcome.owed_to),
    )


def _of_other_side(
    state: Judge, record: RecordPlan, part: DutyPlan, rows: Collection[int]
) -> dict[int, tuple[str, ...]]:
    """Give for rows what the other side missed on them: a miss is seldom the whole story of a lead."""
    mine, theirs = (state.contract.department(party) for party in (part.owed.owed_by, part.owed.owed_to))
    others = [
        other
        for other in record.duties
        if state.contract.department(other.owed.owed_by) == theirs != mine
        and other.owed.id not in state.unsettled
        and not isinstance(other.measure, Tally)
    ]
    missed: dict[int, tuple[str, ...]] = {}
    for number, row in state.ask(questions.missed_rows(others, record.table, rows)) if others and rows else ():
        missed[row] = (*missed.get(row, ()), others[number].owed.id)
    return missed


def _rule_of(outcome: Outcome) -> Rule[None] | None:
    if outcome.status == "missed":
        return pages.TARGET_MISSED if outcome.judged else pages.OLDER_MISS
    if not outcome.judged:
        return None
    rules: Mapping[str, Rule[None]] = {
        "unclear": pages.UNCLEAR_OUTCOME,
        "too few": pages.TOO_FEW,
        "no data": pages.NO_DATA,
    }
    return rules.get(outcome.status)


def _message(contract: Contract, part: DutyPlan, outcome: Outcome) -> str:
    who = f"{contract.party_title(outcome.owed_by)} owes {contract.party_title(outcome.owed_to)}"
    when = f"in {outcome.period.shown}"
    if outcome.measure == "number":
        parts = outcome.parts or (outcome,)
        figures = wording.listed(
            [
                " ".join(filter(None, [dict(one.part_of).get(_split(part), ""), _figure(one)]))
                for one in parts
                if one.status in {"missed", "unclear"}
            ]
        )
        return f"{outcome.status} {when}: {who} `{part.owed.id}`, and there were {figures}"
    counts = outcome.counts
    decided = counts.met + counts.missed
    target = f"target {percent(outcome.target)} %" if outcome.target is not None else ""
    if outcome.status == "no data":
        return f"no rows {when} for `{part.owed.id}`, which {who}"
    if outcome.status == "too few":
        total = decided + counts.unclear
        needed = f"({part.owed.judge_from} are needed)"
        few = verb(total, "is", "are")
        return f"{wording.counted(total, 'row')} {when} {few} too few to judge `{part.owed.id}` {needed}"
    unclear = f", {wording.number(counts.unclear)} unclear" if counts.unclear else ""
    unclear += f" ({wording.number(counts.disputed)} disputed)" if counts.disputed else ""
    return (
        f"{outcome.status} {when}: {who} `{part.owed.id}`, and {wording.number(counts.met)} of "
        f"{wording.number(decided)} met it{unclear}: {_rate(outcome)}, {target}"
    )


def _split(part: DutyPlan) -> str:
    return part.measure.split_by or "" if isinstance(part.measure, Tally) else ""


def _figure(outcome: Outcome) -> str:
    low, high = int(outcome.lower or 0), int(outcome.upper or 0)
    number = wording.number(low) if low == high else f"{wording.number(low)} to {wording.number(high)}"
    return f"{number} of {wording.number(int(outcome.target or 0))}"


def _rate(outcome: Outcome) -> str:
    if outcome.lower is None or outcome.upper is None:
        return "n/a"
    low, high = wording.share(outcome.lower), wording.share(outcome.upper)
    return f"{low} %" if outcome.lower == outcome.upper else f"{low}–{high} %"
