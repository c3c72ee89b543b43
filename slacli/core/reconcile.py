"""Two exports of one record beside each other: which rows only one of them has, and which values are not alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from slacli.core import periods, wording, zones
from slacli.core.plan import sides
from slacli.core.plan.sides import Joined
from slacli.errors import CannotRun
from slacli.findings import ExportFacts
from slacli.model import Binding, Contract, Field, Record
from slacli.values import dataclass

NAMES = ("A", "B")
SAMPLES = 5
PAIRS = 3
MANY = 20
"""From so many rows on both sides it is no chance that no key of one is a key of the other."""

Ask = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class File:
    """One side as it was read: its account so far, the binding, the bound fields, and the row of a record."""

    facts: ExportFacts
    binding: Binding
    fields: tuple[str, ...]
    row: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of one export or of both: its key, empty where it is personal, and where it stands in each."""

    key: str
    one: int | None
    other: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """What became of the rows of one export: `judged` = both + missing + doubtful + keyless.

    `missing` are rows that the other export lacks, `doubtful` those beside which its rows contradict each other,
    `gives` the fields that only this export has.
    """

    facts: ExportFacts
    missing: int
    doubtful: int
    keyless: int
    samples: tuple[Sample, ...]
    gives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldPair:
    """How often a field is what beside what, in the rows of both; since when it is not alike, and for example where.

    `pairs` are its most frequent unlike values, only where they were asked for and are not personal.
    """

    field: Field
    counts: Mapping[int, int]
    since: str | None
    samples: tuple[Sample, ...]
    pairs: tuple[tuple[str, str, int], ...] = ()

    @property
    def unlike(self) -> int:
        return sum(self.counts[code] for code in (sides.DIFFER, sides.ONLY_ONE, sides.ONLY_OTHER))


@dataclass(frozen=True, slots=True)
class Month:
    """The rows of a month: in both, missing in B, missing in A, and those of both in which a field is not alike."""

    name: str
    title: str
    both: int
    missing: tuple[int, int]
    unlike: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Two exports of one record beside each other."""

    contract: Contract
    record: Record
    on: Field
    one: Side
    other: Side
    both: int
    unlike: int
    fields: tuple[FieldPair, ...]
    months: tuple[Month, ...]

    @property
    def missing(self) -> int:
        return self.one.missing + self.other.missing

    @property
    def alike(self) -> bool:
        """Whether something was compared, and nothing that was is known to be missing or unlike."""
        return self.both > 0 and not self.missing and not self.unlike

    @property
    def apart(self) -> bool:
        """Whether the keys of the two are most likely of two kinds."""
        judged = [side.facts.rows.judged - side.keyless for side in (self.one, self.other)]
        return self.both == 0 and min(judged) >= MANY


def joined(contract: Contract, given: tuple[File, File], on: str | None) -> Joined:
    """Decide what two exports are joined and compared by.

    Raises CannotRun where they are of two records, where the field of the join is missing, and where more rows are
    unreadable than a binding accepts.
    """
    one, other = given
    if one.binding.record != other.binding.record:
        raise CannotRun(
            f"`{one.facts.name}` holds rows of `{one.binding.record}`, and `{other.facts.name}` of "
            f"`{other.binding.record}`",
            "give two exports of one record",
        )
    record = contract.records[one.binding.record]
    name = on if on is not None else record.key
    if name is None:
        raise CannotRun(f"nothing tells the rows of `{record.id}` apart", "name a field with `--on`")
    if name not in record.fields:
        near = wording.nearest(name, record.fields)
        raise CannotRun(
            f"`{record.id}` has no field `{wording.sanitised(name, 60)}`",
            f"did you mean `{near}`?" if near else "name one of its fields with `--on`",
        )
    field = record.fields[name]
    if field.derived is not None or field.type in {"ids", "yes_no"}:
        what = "is derived from others" if field.derived is not None else f"is `{field.type}`"
        raise CannotRun(
            f"rows cannot be joined by `{record.id}.{name}`, which {what}", "name a field that tells rows apart"
        )
    for file in given:
        if name not in file.fields:
            tie = contract.bindings[file.binding.id].joins_on
            other_field = f"with `--on {tie}`" if tie is not None and tie != name else "by another field with `--on`"
            raise CannotRun(
                f"`{file.facts.name}` cannot be joined by `{name}`: `{file.binding.id}` gives no column for it",
                f"add it to `compares:` in bindings/{file.binding.id}.yaml, or join {other_field}",
            )
        _refuse_unreadable(file)
    # The key of the join is alike by itself, unless only its case is not: that is no difference of values.
    fields = tuple(
        one_field
        for one_field in record.fields.values()
        if one_field.id in one.fields and one_field.id in other.fields and one_field.id != name
    )
    dated = (record.moment in one.fields, record.moment in other.fields)
    return Joined(record, field, fields, dated)


def _refuse_unreadable(file: File) -> None:
    rows, most = file.facts.rows, file.binding.reads.unreadable
    if rows.unreadable > most * rows.total:
        raise CannotRun(
            f"{wording.counted(rows.unreadable, 'row')} of {wording.number(rows.total)} in `{file.facts.name}` cannot "
            f"be read, more than `{file.binding.id}` accepts",
            f"see them with `slacli check --rejects`, mend them, or raise `reads.unreadable` in "
            f"bindings/{file.binding.id}.yaml",
        )


def reconciled(
    contract: Contract, given: tuple[File, File], plan: Joined, ask: Ask, *, values: bool = False
) -> Reconciled:
    """Say how the two exports stand to each other, once the statements of the plan were run."""
    told = _Told(contract, given, plan, ask)
    kinds: dict[int, int] = {}
    counts = {one.id: dict.fromkeys(sides.CODES, 0) for one in plan.fields}
    since: dict[str, int] = {}
    by_month: dict[int, dict[int, tuple[int, int]]] = {}
    unlike = 0
    for slot, kind, rows, differing, *codes in ask(plan.months()):
        kinds[kind] = kinds.get(kind, 0) + rows
        unlike += differing
        if slot is not None:
            by_month.setdefault(slot, {})[kind] = (rows, differing)
        for at, one in enumerate(plan.fields):
            found = dict(zip(sides.CODES, codes[at * len(sides.CODES) :], strict=False))
            for code, count in found.items():
                counts[one.id][code] += count
            if slot is not None and any(found[code] for code in _UNLIKE):
                since[one.id] = min(slot, since.get(one.id, slot))
    return Reconciled(
        contract=contract,
        record=plan.record,
        on=plan.on,
        one=told.side(0, kinds),
        other=told.side(1, kinds),
        both=kinds.get(sides.BOTH, 0),
        unlike=unlike,
        fields=tuple(told.pair(one, counts[one.id], since.get(one.id), values=values) for one in plan.fields),
        months=tuple(told.month(slot, by_month[slot]) for slot in sorted(by_month)),
    )


_UNLIKE = (sides.DIFFER, sides.ONLY_ONE, sides.ONLY_OTHER)


@dataclass(frozen=True, slots=True)
class _Told:
    contract: Contract
    given: tuple[File, File]
    plan: Joined
    ask: Ask

    def side(self, at: int, kinds: Mapping[int, int]) -> Side:
        mine, doubt = ((sides.MISSING_OTHER, sides.IN_DOUBT_OTHER), (sides.MISSING_ONE, sides.IN_DOUBT_ONE))[at]
        file, across = self.given[at], self.given[1 - at]
        repeated, contradictory, keyless = self.ask(self.plan.account(at))[0]
        rows = replace(file.facts.rows, repeated=repeated, contradictory=contradictory)
        judged = rows.total - rows.cut - rows.unreadable - repeated - contradictory
        found = self.ask(self.plan.missing(mine, SAMPLES))
        samples = (
            Sample(self._key(key), file.row(row) if at == 0 else None, file.row(row) if at == 1 else None)
            for key, row in found
        )
        return Side(
            facts=replace(file.facts, rows=replace(rows, judged=judged)),
            missing=kinds.get(mine, 0),
            doubtful=kinds.get(doubt, 0),
            keyless=keyless,
            samples=tuple(samples),
            gives=tuple(name for name in self.plan.record.fields if name in file.fields and name not in across.fields),
        )

    def pair(self, one: Field, counts: Mapping[int, int], since: int | None, *, values: bool) -> FieldPair:
        unlike = any(counts[code] for code in _UNLIKE)
        one_row, other_row = self.given[0].row, self.given[1].row
        found = self.ask(self.plan.differing(one, SAMPLES)) if unlike else ()
        shown = values and not one.personal and counts[sides.DIFFER]
        pairs = self.ask(self.plan.pairs(one, PAIRS)) if shown else ()
        return FieldPair(
            field=one,
            counts=MappingProxyType(dict(counts)),
            since=self._period(since)[0] if since is not None else None,
            samples=tuple(Sample(self._key(key), one_row(a), other_row(b)) for key, a, b in found),
            pairs=tuple((*(as_text(self.contract, one, value) for value in (a, b)), n) for a, b, n in pairs),
        )

    def month(self, slot: int, kinds: Mapping[int, tuple[int, int]]) -> Month:
        name, title = self._period(slot)
        both, unlike = kinds.get(sides.BOTH, (0, 0))
        one, other = (kinds.get(kind, (0, 0))[0] for kind in (sides.MISSING_OTHER, sides.MISSING_ONE))
        return Month(name, title, both, (one, other), unlike)

    def _period(self, slot: int) -> tuple[str, str]:
        found = periods.of_slot(slot, "month", self.contract.fiscal_year)
        return found.name, found.title

    def _key(self, key: str | None) -> str:
        return "" if self.plan.on.personal or key is None else key


def as_text(contract: Contract, one: Field, value: str | None) -> str:
    """Write a value as the engine gave it: a time in the contract's zone, a day as a day."""
    if value is None:
        return ""
    if one.type == "date":
        return (date(1970, 1, 1) + timedelta(days=int(value))).isoformat()
    if one.type == "time":
        there = zones.zone(contract.time_zone)
        return datetime.fromtimestamp(int(value), UTC).astimezone(there).isoformat()
    return value


HEADER = ("kind", "key", "field", "row_a", "row_b")
_KINDS = {
    sides.MISSING_OTHER: "only in A",
    sides.MISSING_ONE: "only in B",
    sides.IN_DOUBT_OTHER: "in doubt",
    sides.IN_DOUBT_ONE: "in doubt",
}
_CODES = {
    sides.DIFFER: "differs",
    sides.ONLY_ONE: "only A has a value",
    sides.ONLY_OTHER: "only B has a value",
    sides.UNSURE: "unclear",
}


def lines(
    contract: Contract,
    given: tuple[File, File],
    plan: Joined,
    ask: Callable[[str], Iterable[tuple[Any, ...]]],
    *,
    values: bool = False,
) -> Iterator[tuple[str, ...]]:
    """Give the header and then a line for each row that only one export has, and for each field that is not alike.

    With `values` the values of fields that are not personal stand behind.
    """
    yield (*HEADER, "value_a", "value_b") if values else HEADER
    shown = [one for one in plan.fields if values and not one.personal]
    for key, ar, br, kind, *rest in ask(plan.rows(shown)):
        rows = tuple("" if at is None else str(file.row(at)) for file, at in zip(given, (ar, br), strict=True))
        name = "" if plan.on.personal or key is None else key
        nothing = ("", "") if values else ()
        if kind in _KINDS:
            yield (_KINDS[kind], name, "", *rows, *nothing)
        codes, held = rest[: len(plan.fields)], rest[len(plan.fields) :]
        told = {one.id: held[at * 2 : at * 2 + 2] for at, one in enumerate(shown)}
        for one, code in zip(plan.fields, codes, strict=True):
            if code in _CODES:
                pair = tuple(as_text(contract, one, value) for value in told[one.id]) if one.id in told else nothing
                yield (_CODES[code], name, one.id, *rows, *pair)
