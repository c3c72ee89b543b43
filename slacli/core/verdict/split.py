"""The figures of duties by the values of a field that somebody asks for: the same rows counted once more, not judged.

It knows which fields can split at all, where a row stands whose cell holds no value, and how values are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from slacli.core import periods, wording
from slacli.core.plan.casts import BLANK, NOT_ALLOWED, NOT_BOUND, UNREADABLE
from slacli.core.plan.tables import BY, VALUE_MARK, DutyPlan, RecordPlan
from slacli.core.verdict import duties
from slacli.core.verdict.duties import Table
from slacli.core.verdict.state import Judge
from slacli.errors import CannotRun
from slacli.findings import Counts, NotSplit, Outcome, Slice, SliceState
from slacli.model import Contract, Field, Record, Tally

_STATES: Mapping[str | None, SliceState] = MappingProxyType(
    {
        str(BLANK): "blank",
        str(UNREADABLE): "unreadable",
        str(NOT_ALLOWED): "not allowed",
        str(NOT_BOUND): "not bound",
        None: "not bound",
    }
)
_ORDER: tuple[SliceState, ...] = ("value", "blank", "unreadable", "not allowed", "not bound")


def asked(text: str, contract: Contract, *, logged: bool) -> Mapping[str, str]:
    """Give for each record the field that `FIELD` or `RECORD.FIELD` names, of the records that it can split.

    Raises CannotRun where there is no such field, where none of them may or can split, and, where the report is
    `logged`, where the contract neither lists the values nor shows a duty by them.
    """
    told = wording.sanitised(text, 60)
    record, _, name = text.rpartition(".")
    if record and record not in contract.records:
        raise CannotRun(
            f"`--by {told}` names no record of the contract", _did_you_mean(record, contract.records, f".{name}")
        )
    among = [contract.records[record]] if record else list(contract.records.values())
    found = [one for one in among if name in one.fields]
    if not found:
        known = dict.fromkeys(field for one in among for field in one.fields if not _why_not(one, field))
        raise CannotRun(
            f"`--by {told}` names no field of {f'`{record}`' if record else 'the contract'}",
            _did_you_mean(name, known),
        )
    reasons = {one.id: _why_not(one, name) for one in found}
    usable = {one: name for one, reason in reasons.items() if not reason}
    if not usable:
        raise CannotRun(
            f"nothing is shown by `{told}`: {wording.listed(reasons.values())}",
            "name a field whose values many rows share, and that is not personal",
        )
    hidden = [one for one in usable if not _is_told(contract, one, name)] if logged else []
    if hidden:
        raise CannotRun(
            f"`--by {told}` is refused under `CI=true`: the contract does not list the values of `{hidden[0]}.{name}`",
            "values of rows must not stand in logs: name a field with `one_of`, or leave `--by` out",
        )
    return usable


def able(contract: Contract, by: Mapping[str, str]) -> Mapping[str, str]:
    """Give those fields of records that can split; a version may call one personal that another does not."""
    return {record: name for record, name in by.items() if not _why_not(contract.records[record], name)}


def _did_you_mean(word: str, known: Iterable[str], rest: str = "") -> str:
    known = tuple(known)
    near = wording.nearest(word, known)
    return f"did you mean `{near}{rest}`?" if near else f"known: {wording.quoted(known)}"


def _why_not(record: Record, name: str) -> str:
    """Say why a field of a record splits nothing; empty where it can."""
    field = record.fields[name]
    told = f"`{record.id}.{name}`"
    if field.personal:
        return f"{told} is personal"
    if name == record.key:
        return f"{told} tells rows apart, so that every row has one of its own"
    why = wording.SCATTERED.get(field.type)
    return f"{told} {why}, which hardly two rows share" if why is not None else ""


def _is_told(contract: Contract, record: str, name: str) -> bool:
    """Tell whether the values of a field stand in the contract, or in every report by its will."""
    field = contract.records[record].fields[name]
    shown = any(
        owed.covers is not None and owed.covers.record == record and name in owed.shown_by
        for owed in contract.responsibilities.values()
    )
    return bool(field.one_of) or field.type == "yes_no" or shown


# --- a judgement ------------------------------------------------------------------------------


def sliced(state: Judge, found: Sequence[Outcome]) -> Iterator[Outcome]:
    """Give outcomes with their figures by value, of the judged periods; of the last with rows where none is judged."""
    parts = _parts(state) if state.options.by is not None else {}
    chosen = _chosen(found)
    told: dict[str, Mapping[str | None, Table]] = {}
    for number, one in enumerate(found):
        record, part = parts.get(one.duty, (None, None))
        if number not in chosen or record is None or part is None or record.by is None:
            yield one
            continue
        if one.duty not in told:
            told[one.duty] = duties.table(state, record, part, BY)
        period = periods.named(one.period.name, state.contract.fiscal_year) if one.period.name else None
        slots = period.slots if period is not None else None
        yield replace(one, sliced_by=record.by, slices=_slices(told[one.duty], slots, record, part))


def not_split(state: Judge, found: Iterable[Outcome]) -> Iterator[NotSplit]:
    """Give the judged duties of which nothing is shown by the values, each with the reason."""
    parts = _parts(state)
    for duty in dict.fromkeys(one.duty for one in found):
        record, _ = parts.get(duty, (None, None))
        if record is None:
            yield NotSplit(duty, "no rows to split")
        elif record.by is None:
            yield NotSplit(duty, _reason(state, record.record))


def _reason(state: Judge, record: Record) -> str:
    name = (state.options.by or "").rpartition(".")[2]
    wanted = state.plan.by.get(record.id)
    if wanted is not None:
        return f"no export at hand binds `{record.id}.{wanted}`"
    if "." in (state.options.by or ""):
        return f"rows of `{record.id}`"
    return _why_not(record, name) if name in record.fields else f"`{record.id}` has no field `{name}`"


def _parts(state: Judge) -> dict[str, tuple[RecordPlan, DutyPlan]]:
    return {part.owed.id: (record, part) for record in state.plan.records.values() for part in record.duties}


def _chosen(found: Sequence[Outcome]) -> set[int]:
    by_duty: dict[str, list[int]] = {}
    for number, one in enumerate(found):
        by_duty.setdefault(one.duty, []).append(number)
    chosen: set[int] = set()
    for mine in by_duty.values():
        judged = [number for number in mine if found[number].judged]
        chosen |= set(judged or [number for number in mine if found[number].counts.covered][-1:])
    return chosen


def _slices(
    by_value: Mapping[str | None, Table], slots: range | None, record: RecordPlan, part: DutyPlan
) -> tuple[Slice, ...]:
    """Give the counts of each value, that of the most rows first, and behind them those of cells without one."""
    field = record.record.fields[record.by or ""]
    codes: dict[tuple[SliceState, str], dict[int, int]] = {}
    names: dict[tuple[SliceState, str], str] = {}
    for raw in sorted(by_value, key=lambda one: one or ""):
        state, value = _read(raw, field)
        which = (state, value.lower() if field.ignore_case else value)
        names.setdefault(which, value)
        mine = codes.setdefault(which, {})
        for code, count in duties.in_slots(by_value[raw], slots).items():
            mine[code] = mine.get(code, 0) + count
    told = [
        _slice(which[0], names[which], duties.tally(mine), part) for which, mine in codes.items() if sum(mine.values())
    ]
    return tuple(sorted(told, key=_rank))


def _rank(one: Slice) -> tuple[int, int, int, str]:
    left_out = one.counts.left_out + one.counts.not_started + one.counts.by_silence
    return _ORDER.index(one.state), left_out - one.counts.covered, -one.counts.covered, one.value


def _read(raw: str | None, field: Field) -> tuple[SliceState, str]:
    if raw is None or not raw.startswith(VALUE_MARK):
        return _STATES[raw], ""
    return "value", duties.written(raw.removeprefix(VALUE_MARK), field)


def _slice(state: SliceState, value: str, counts: Counts, part: DutyPlan) -> Slice:
    if isinstance(part.measure, Tally):
        return Slice(state, value, counts, Fraction(counts.met), Fraction(counts.met + counts.unclear))
    return Slice(state, value, counts, *duties.bounds(counts))
