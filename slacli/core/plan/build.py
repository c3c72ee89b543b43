"""What has to be read and counted, made of a contract and of the exports at hand.

Each record becomes one narrow table: a row's key, the verdict of every term and duty as small codes, the periods that
place it, and bits for what could not be read. Everything that a report says is then a grouping of those columns, so
the file itself is read once, whatever the number of clauses. Only where another record must be looked up first
(children that are counted, a second export that is joined) are the typed columns kept in a table of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from slacli.core import periods
from slacli.core.criteria import fields_of, terms_of
from slacli.core.plan import metrics, statements
from slacli.core.plan.casts import Window
from slacli.core.plan.tables import (
    DutyPlan,
    Gap,
    Plan,
    RecordPlan,
    Scan,
    Slot,
    Span,
    TermPlan,
    children_of,
    entered_fields,
    history_of,
    lifecycle_of,
)
from slacli.model import Contract, Covers, Episodes, Field, Ledger, Measure, RecordTest, Responsibility, Tally, Term
from slacli.values import dataclass


def build(
    contract: Contract,
    scans: Sequence[Scan],
    window: Window,
    *,
    whole: bool = False,
    span: Span | None = None,
    by: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Plan the check of a contract on the exports at hand; with `whole`, the value of every field is kept.

    With a `span` only rows are judged that its days place. `by` names for records the field to split their duties by.
    """
    at_hand: dict[str, list[int]] = {}
    for index, scan in enumerate(scans):
        at_hand.setdefault(scan.binding.record, []).append(index)
    gaps: list[Gap] = []
    records: dict[str, RecordPlan] = {}
    for record_id in _children_first(contract, at_hand):
        records[record_id] = _record(
            contract, record_id, at_hand, scans, window, records, gaps, whole=whole, span=span, by=by.get(record_id)
        )
    gaps += [
        Gap(term.id, "term", f"no export of `{term.record}` was given", term.at)
        for term in contract.terms.values()
        if term.record not in records
    ]
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        covers = _covers(owed, measure)
        if covers is not None and covers.record not in records:
            gaps.append(Gap(owed.id, "responsibility", f"no export of `{covers.record}` was given", owed.at))
    goals = tuple(metrics.planned(contract, records, gaps))
    return Plan(contract, tuple(scans), records, goals, tuple(gaps), span, by)


def _covers(owed: Responsibility, measure: Measure) -> Covers | None:
    return measure.covers if isinstance(measure, Tally) else owed.covers


def _children_first(contract: Contract, at_hand: Mapping[str, list[int]]) -> list[str]:
    """Order the records at hand so that what a record looks up comes before it."""
    ordered: list[str] = []
    left = [name for name in contract.records if name in at_hand]
    while left:
        for name in left:
            needs = {
                contract.terms[field.derived[1]].record
                for field in contract.records[name].fields.values()
                if field.derived and field.derived[0] != "domain_of" and field.derived[1] in contract.terms
            }
            if not needs & (set(left) - {name}):
                ordered.append(name)
                left.remove(name)
                break
        else:
            # Two records that count each other's rows: the later one finds the earlier's fields not bound.
            ordered.append(left.pop(0))
    return ordered


# --- one record -------------------------------------------------------------------------------


def _record(
    contract: Contract,
    record_id: str,
    at_hand: Mapping[str, list[int]],
    scans: Sequence[Scan],
    window: Window,
    done: Mapping[str, RecordPlan],
    gaps: list[Gap],
    *,
    whole: bool,
    span: Span | None,
    by: str | None,
) -> RecordPlan:
    record = contract.records[record_id]
    mine = at_hand[record_id]
    plan = RecordPlan(record, tuple(scans[i] for i in mine), whole=whole, span=span)
    bound = dict.fromkeys(name for scan in plan.scans for name in scan.columns)
    plan.bound = tuple(name for name in record.fields if name in bound)
    available = set(plan.bound)
    lookups: list[Field] = []
    for one in record.fields.values():
        if one.derived is None:
            continue
        kind, source = one.derived
        if kind == "domain_of":
            if source in available:
                available.add(one.id)
        elif source in contract.terms and contract.terms[source].record in done:
            child = done[contract.terms[source].record]
            if any(part.term.id == source for part in child.terms) and statements.links_at_hand(
                record_id, child, available
            ):
                available.add(one.id)
                lookups.append(one)
    plan.fields = {name: one for name, one in record.fields.items() if name in available}
    plan.by = by if by in available else None
    # Rows are named by the export that says most about the record.
    told = {scan.binding.id: len(scan.columns) for scan in plan.scans}
    bindings = sorted(told, key=lambda binding: -told[binding])
    plan.staged = bool(lookups) or len(bindings) > 1
    _terms(contract, plan, available, gaps)
    at_once = _Hand({contract.records[name].id: _fields_at_hand(scans, at_hand[name]) for name in at_hand}, available)
    _duties(contract, plan, at_once, gaps)
    plan.told, plan.compared = _told(contract, plan)
    metrics.keep(contract, plan, available)
    links = [
        link for other in contract.records.values() if other.id in at_hand for link in other.links
        if link.parent == record_id
    ]  # fmt: skip
    kept = {link.parent_field for link in links} | {link.field for link in record.links}
    kept |= {record.key or "", *plan.merged_by} if plan.merged_by else set()
    statements.write(contract, plan, mine, bindings, lookups, done, window, kept & available)
    return plan


def _terms(contract: Contract, plan: RecordPlan, available: set[str], gaps: list[Gap]) -> None:
    found = []
    for term in _by_depth(contract, plan.record.id):
        used = _fields_of_term(contract, term)
        if not used & available:
            missing = ", ".join(f"`{name}`" for name in sorted(used)[:3])
            gaps.append(Gap(term.id, "term", f"no export at hand binds {missing}", term.at))
        blamed = tuple(name for name in plan.record.fields if name in used)
        days = dict.fromkeys(
            name for name in (term.dated, plan.record.moment) if name is not None and name in available
        )
        found.append(TermPlan(term, blamed, tuple(days), plan.span))
    plan.terms = tuple(found)


def _by_depth(contract: Contract, record: str) -> list[Term]:
    """Give the terms of a record so that each comes after those that it rests on."""
    left = {term.id: term for term in contract.terms.values() if term.record == record}
    ordered: list[Term] = []
    while left:
        free = [term for term in left.values() if not (_rests_on(term) & left.keys())]
        # Terms in a circle are refused before anything is planned; whoever plans one all the same gets an end.
        ready = free or [next(iter(left.values()))]
        ordered += ready
        for term in ready:
            del left[term.id]
    return ordered


def _rests_on(term: Term) -> set[str]:
    return {name for test in term.criteria for name in terms_of(test.tree)}


def _fields_of_term(contract: Contract, term: Term) -> set[str]:
    """Give the fields that a verdict rests on, through the terms that it names."""
    return {name for test in term.criteria for name in fields_of(test.tree, contract.terms)}


@dataclass(frozen=True, slots=True)
class _Hand:
    """What is at hand: the bound fields of each record, and those of the record that is planned, derived ones too."""

    bound: Mapping[str, frozenset[str]]
    available: set[str]


def _fields_at_hand(scans: Sequence[Scan], numbers: Sequence[int]) -> frozenset[str]:
    return frozenset(name for number in numbers for name in scans[number].columns)


def _told(contract: Contract, plan: RecordPlan) -> tuple[frozenset[str], tuple[str, ...]]:
    """Give the fields of which later statements want the values, and those by which rows are compared."""
    record = plan.record
    told: set[str | None] = set()
    if record.history is not None:
        told |= {record.history.old, record.history.new, record.history.by}
    compared: tuple[str, ...] = ()
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        tries = measure.tries if isinstance(measure, Episodes) else None
        if tries is not None and contract.terms[tries.of].record == record.id:
            told.add(tries.channel)
            compared = tuple(name for name in plan.fields if name not in {record.key, record.happens})
    return frozenset(name for name in told if name is not None and name in plan.fields), compared


def _duties(contract: Contract, plan: RecordPlan, hand: _Hand, gaps: list[Gap]) -> None:
    available = hand.available
    found = []
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        covers = _covers(owed, measure)
        if covers is None or isinstance(measure, Ledger) or covers.record != plan.record.id:
            continue
        dated = _dated(contract, owed, covers, available)
        per = measure.per if isinstance(measure, Tally) else owed.target.per if owed.target else None
        missing = _missing(contract, owed, covers, available)
        if per is not None and dated is None:
            missing = missing or "a date that places rows in a period"
        if isinstance(measure, Episodes) and (reason := _no_events(contract, measure, covers.record, hand)):
            gaps.append(Gap(owed.id, "responsibility", reason, owed.at))
            continue
        if missing:
            gaps.append(Gap(owed.id, "responsibility", f"no export at hand binds {missing}", owed.at))
            continue
        slot = Slot(dated, periods.grain_of(per)) if per and dated else None
        shown = (measure.split_by,) if isinstance(measure, Tally) and measure.split_by else owed.shown_by
        shown = tuple(name for name in shown if name in available)
        found.append(DutyPlan(owed, measure, covers, slot, dated, shown, plan.span))
    plan.duties = tuple(_relievable(found, gaps))
    plan.slots = tuple(dict.fromkeys(duty.slot for duty in found if duty.slot is not None))


def _relievable(found: Sequence[DutyPlan], gaps: list[Gap]) -> list[DutyPlan]:
    """Give the duties of which all that relieve them are judged too; without those a share would wrong one side."""
    kept = list(found)
    while True:
        names = {part.owed.id for part in kept}
        lost = [part for part in kept if not names.issuperset(part.owed.relieved_by)]
        if not lost:
            return kept
        for part in lost:
            missing = next(name for name in part.owed.relieved_by if name not in names)
            reason = f"it is relieved by `{missing}`, which is not checked for the same rows"
            gaps.append(Gap(part.owed.id, "responsibility", reason, part.owed.at))
            kept.remove(part)


def _no_events(contract: Contract, measure: Episodes, record: str, hand: _Hand) -> str:
    """Say what of the things that start, stop or fill a clock no export holds; nothing where all are at hand."""
    for name in children_of(measure):
        child = contract.records[contract.terms[name].record]
        if child.id not in hand.bound:
            return f"no export of `{child.id}` was given"
        bound = hand.bound[child.id]
        if child.happens not in bound:
            return f"no export at hand binds `{child.id}.{child.happens}`"
        if not any(
            link.parent == record and link.field in bound and link.parent_field in hand.available
            for link in child.links
        ):
            return f"no export at hand binds what joins `{child.id}` to `{record}`"
    for event in (*measure.starts, *measure.stops):
        if event.kind != "entering":
            continue
        cycle = lifecycle_of(contract, record, event.name)
        history = history_of(contract, record, cycle.field) if cycle is not None else None
        seen = history is not None and history.id in hand.bound
        if not seen and not set(entered_fields(contract, record, event.name)) & hand.available:
            return f"no history at hand shows when `{event.name}` was entered, and no field says so"
    return ""


def _dated(contract: Contract, owed: Responsibility, covers: Covers, available: set[str]) -> str | None:
    """Give the nearest field that places a row in time: the duty's, the term's, the record's."""
    term = contract.terms[covers.term] if covers.term else None
    record = contract.records[covers.record]
    for name in (owed.dated, term.dated if term else None, record.moment):
        if name is not None:
            return name if name in available else None
    return None


def _missing(contract: Contract, owed: Responsibility, covers: Covers, available: set[str]) -> str:
    """Name the first field without which a duty says nothing; a term is judged with what is known of it."""
    needed: list[str] = []
    term = contract.terms[covers.term] if covers.term else None
    if term is not None and covers.marked and term.marked is not None:
        needed += fields_of(term.marked.tree)
    elif term is not None and not _fields_of_term(contract, term) & available:
        needed += sorted(_fields_of_term(contract, term))
    if owed.where is not None:
        needed += fields_of(owed.where.tree)
    needed += [name for record, name, _ in owed.duty.fields(owed, contract) if record == covers.record]
    measure = owed.duty.measure(owed, contract)
    if isinstance(measure, RecordTest):
        for name in terms_of(measure.holds):
            used = _fields_of_term(contract, contract.terms[name])
            if not used & available:
                needed += sorted(used)
    for name in needed:
        if name not in available:
            return f"`{covers.record}.{name}`"
    return ""
