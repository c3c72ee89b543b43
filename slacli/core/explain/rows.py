"""Which rows hold a key, and what stands in them: cells as typed values, with the codes that the check gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from slacli.core import dialects, wording, zones
from slacli.core.criteria import Moment, State, Value
from slacli.core.explain.working import Fate, Place, Source
from slacli.core.plan import casts, questions, tables
from slacli.core.plan.statements import links_at_hand
from slacli.core.plan.tables import RecordPlan
from slacli.core.verdict.state import Judge
from slacli.errors import CannotRun
from slacli.model import Field
from slacli.values import dataclass

_STATES = {
    casts.BLANK: State.BLANK,
    casts.UNREADABLE: State.UNREADABLE,
    casts.NOT_ALLOWED: State.NOT_ALLOWED,
    casts.NOT_BOUND: State.NOT_BOUND,
}
_FATES: Mapping[int, Fate] = {
    tables.KEPT: "judged",
    tables.REPEATED: "repeated",
    tables.CONTRADICTORY: "contradictory",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a record's table: its number there, its place, its values, and its codes for terms and duties."""

    r: int
    place: Place
    left_out: int
    values: Mapping[str, Value]
    terms: Mapping[str, int]
    duties: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Holder:
    """The rows of a record that hold a key."""

    record: RecordPlan
    key: str
    sources: tuple[Source, ...]


def holder(state: Judge, key: str, only: str | None) -> Holder:
    """Give the rows with a key.

    Raises CannotRun where there are none, and where rows of several records have it and `only` does not say which.
    """
    records = _records(state, only)
    forms = dialects.forms(state.contract)
    keys = [dialects.long_id(key, forms.get((one.record.id, one.record.key or ""), "plain")) for one in records]
    found = [(record, _sources(state, record, own)) for record, own in zip(records, keys, strict=True)]
    exact = [Holder(record, own, rows[own]) for (record, rows), own in zip(found, keys, strict=True) if own in rows]
    if len(exact) == 1:
        return exact[0]
    if exact:
        named = [one.record.record.id for one in exact]
        raise CannotRun(
            f"rows of {wording.quoted(named)} have the key `{wording.sanitised(key, 60)}`",
            f"say which is meant with `--record {named[0]}`",
        )
    near = sorted({other for _, rows in found for other in rows})
    files = sorted({wording.sanitised(scan.name) for record in records for scan in record.scans})
    raise CannotRun(
        f"no row of {wording.listed(files, 'or')} has the key `{wording.sanitised(key, 60)}`",
        f"did you mean `{wording.sanitised(near[0], 60)}`?"
        if len(near) == 1
        else f"there are {wording.quoted(near[:4])}"
        if near
        else "give the export that holds it, or write the key as it stands there: of a lead its id, not its name",
    )


def _records(state: Judge, only: str | None) -> list[RecordPlan]:
    records = [one for one in state.plan.records.values() if one.record.key is not None]
    if only is None:
        return records
    chosen = [one for one in records if one.record.id == only]
    if not chosen:
        near = wording.nearest(only, [one.record.id for one in records])
        known = wording.quoted(one.record.id for one in records)
        raise CannotRun(
            f"`--record {wording.sanitised(only, 40)}` names no record with a key of which an export was given",
            f"did you mean `{near}`?" if near else f"known: {known}",
        )
    return chosen


def _sources(state: Judge, record: RecordPlan, key: str) -> dict[str, tuple[Source, ...]]:
    found: dict[str, tuple[Source, ...]] = {}
    for table, numbers in record.settled:
        for other, scan, number, fate in state.ask(questions.holders(record, table, numbers, key)):
            found[other] = (*found.get(other, ()), Source(_place(state, scan, number), _FATES[fate]))
    return found


def _place(state: Judge, scan: int, number: int) -> Place:
    return Place(state.files[scan].facts.name, state.files[scan].row(number))


def kept(state: Judge, found: Holder) -> Row | None:
    """Give the row that was judged, or None where rows contradict each other."""
    numbers = [number for (number,) in state.ask(questions.row_of_key(found.record, found.key))]
    return next(iter(by_number(state, found.record, numbers)), None)


def of_child(state: Judge, parent: RecordPlan, child: RecordPlan, row: int) -> list[Row]:
    """Give the rows of a child that belong to one row of its parent, in the order of the file."""
    links = links_at_hand(parent.record.id, child, set(parent.fields))
    if not links:
        return []
    return by_number(state, child, [number for (number,) in state.ask(questions.belonging(parent, child, links, row))])


def by_number(state: Judge, record: RecordPlan, numbers: Sequence[int]) -> list[Row]:
    if not numbers:
        return []
    return [_row(state, record, line) for line in state.ask(questions.whole(record, numbers))]


def _row(state: Judge, record: RecordPlan, line: Sequence[Any]) -> Row:
    r, _, scan, number, left_out, *rest = line
    values: dict[str, Value] = {}
    for at, one in enumerate(record.record.fields.values()):
        values[one.id] = _value(one, *rest[4 * at : 4 * at + 4])
    codes = rest[4 * len(record.record.fields) :]
    terms = dict(zip((part.term.id for part in record.terms), codes, strict=False))
    duties = dict(zip((part.owed.id for part in record.duties), codes[len(terms) :], strict=True))
    return Row(r, _place(state, scan, number), left_out, values, terms, duties)


def _value(one: Field, state: int, value: Any, low: int | None, high: int | None) -> Value:
    if state != casts.VALUE:
        return _STATES[state]
    match one.type:
        case "time":
            return Moment(low, high) if low is not None and high is not None else State.UNREADABLE
        case "date":
            return zones.EPOCH + timedelta(days=int(value))
        case "ids":
            return tuple(value)
        case "yes_no":
            return bool(value)
        case "integer" | "number" | "money":
            return Decimal(value)
        case "text":
            return str(value)
