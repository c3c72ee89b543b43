"""What has to be read and counted, made of a contract and of the exports at hand.

Each record becomes one narrow table: a row's key, the verdict of every term and duty as small codes, the periods that
place it, and bits for what could not be read. Everything that a report says is then a grouping of those columns, so
the file itself is read once, whatever the number of clauses. Only where another record must be looked up first
(children that are counted, a second export that is joined) are the typed columns kept in a table of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slacli.core import periods, zones
from slacli.core.criteria import fields_of, terms_of
from slacli.core.periods import Grain
from slacli.core.plan import casts, tests
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, NOT_ALLOWED, NOT_BOUND, UNREADABLE, VALUE, Window
from slacli.model import (
    Binding,
    Column,
    Contract,
    Covers,
    Field,
    Link,
    Measure,
    Record,
    RecordTest,
    Responsibility,
    Tally,
    Term,
    Unjudged,
)

# Codes of a duty's row: what stands in `d_<duty>`.
OUTSIDE, MET, MISSED, UNCLEAR, MAY_MEET, MAY_MISS, LEFT_OUT = range(7)

# Codes of a term's verdict and of its mark: `c_<term>` holds mark * 3 + verdict.
FAILS, UNSURE, MEETS = range(3)

# What became of a repeated key: what stands in `fate`.
KEPT, REPEATED, CONTRADICTORY = range(3)

REASONS = (BLANK, UNREADABLE, NOT_ALLOWED, NOT_BOUND, 5)
COARSE = 5
_FIELDS_IN_MASK = 12
_BITS_IN_MASK = 60
_PARTS_OF_KEYS = 1_500_000


@dataclass(frozen=True, slots=True)
class Scan:
    """One export as the engine sees it: its binding, where each field stands, and the text that reads its rows.

    `source` gives the cells as the text columns `c0`, `c1`, ... in the order of the file.
    """

    binding: Binding
    columns: Mapping[str, int]
    currencies: Mapping[str, int]
    ascii_only: bool
    source: str
    name: str
    records: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A column that places rows in months or weeks by one of their fields."""

    field: str
    grain: Grain

    @property
    def column(self) -> str:
        return f"p_{self.field}_{self.grain}"


@dataclass(frozen=True, slots=True)
class TermPlan:
    """A term that is judged: its code column `c_<id>` and the fields that its masks `b_<id>_<n>` blame, in order."""

    term: Term
    blamed: tuple[str, ...]

    @property
    def masks(self) -> tuple[str, ...]:
        count = -(-len(self.blamed) // _FIELDS_IN_MASK)
        return tuple(f"b_{self.term.id}_{n}" for n in range(count))


@dataclass(frozen=True, slots=True)
class DutyPlan:
    """A duty that is judged by rows of one record: its code column `d_<id>`, its slot, and the fields it is shown by."""

    owed: Responsibility
    measure: RecordTest | Tally
    covers: Covers
    slot: Slot | None
    dated: str | None
    shown_by: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        return f"d_{self.owed.id}"


@dataclass(slots=True)
class RecordPlan:
    """Everything about one record that is at hand: its scans, the statements that make its table, and its parts."""

    record: Record
    scans: tuple[Scan, ...]
    fields: Mapping[str, Field] = field(default_factory=dict)
    bound: tuple[str, ...] = ()
    statements: list[str] = field(default_factory=list)
    terms: tuple[TermPlan, ...] = ()
    duties: tuple[DutyPlan, ...] = ()
    slots: tuple[Slot, ...] = ()
    staged: bool = False
    # For each table that keys are settled in: its name, the scans that filled it, and the key column it has.
    settled: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def table(self) -> str:
        return f"r_{self.record.id}"

    @property
    def times(self) -> tuple[str, ...]:
        return tuple(name for name in self.bound if self.record.fields[name].type in {"time", "date"})

    @property
    def listed(self) -> tuple[str, ...]:
        """The bound fields of which a value that the contract does not list may be shown."""
        fields = self.record.fields
        return tuple(
            name
            for name in self.bound
            if not fields[name].personal
            and not fields[name].person
            and (fields[name].one_of or fields[name].type == "yes_no")
        )


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the contract that these exports say nothing about, with the reason."""

    subject: str
    kind: str
    reason: str
    at: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """The records at hand, children before their parents, and what cannot be checked."""

    contract: Contract
    scans: tuple[Scan, ...]
    records: Mapping[str, RecordPlan]
    not_checked: tuple[Gap, ...]


def build(contract: Contract, scans: Sequence[Scan], window: Window) -> Plan:
    """Plan the check of a contract on the exports at hand."""
    at_hand: dict[str, list[int]] = {}
    for index, scan in enumerate(scans):
        at_hand.setdefault(scan.binding.record, []).append(index)
    gaps: list[Gap] = []
    records: dict[str, RecordPlan] = {}
    for record_id in _children_first(contract, at_hand):
        records[record_id] = _record(contract, record_id, at_hand, scans, window, records, gaps)
    for term in contract.terms.values():
        if term.record not in records:
            gaps.append(Gap(term.id, "term", f"no export of `{term.record}` was given", term.at))
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        covers = _covers(owed, measure)
        if isinstance(measure, Unjudged):
            gaps.append(Gap(owed.id, "responsibility", measure.reason, owed.at))
        elif covers is not None and covers.record not in records:
            gaps.append(Gap(owed.id, "responsibility", f"no export of `{covers.record}` was given", owed.at))
    for goal in contract.goals.values():
        gaps.append(Gap(goal.id, "goal", "goals are not computed by this release", goal.at))
    return Plan(contract, tuple(scans), records, tuple(gaps))


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
) -> RecordPlan:
    record = contract.records[record_id]
    mine = at_hand[record_id]
    plan = RecordPlan(record, tuple(scans[i] for i in mine))
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
            if any(part.term.id == source for part in child.terms) and _link_columns(record_id, child, available):
                available.add(one.id)
                lookups.append(one)
    plan.fields = {name: one for name, one in record.fields.items() if name in available}
    bindings = list(dict.fromkeys(scan.binding.id for scan in plan.scans))
    plan.staged = bool(lookups) or len(bindings) > 1
    _terms(contract, plan, available, gaps)
    _duties(contract, plan, available, gaps)
    links = [
        link for other in contract.records.values() if other.id in at_hand for link in other.links
        if link.parent == record_id
    ]  # fmt: skip
    kept = {link.parent_field for link in links} | {link.field for link in record.links}
    _statements(contract, plan, mine, bindings, lookups, done, window, kept & available)
    return plan


def _link_columns(parent: str, child: RecordPlan, available: set[str]) -> list[Link]:
    return [
        link
        for link in child.record.links
        if link.parent == parent and link.field in child.fields and link.parent_field in available
    ]


def _terms(contract: Contract, plan: RecordPlan, available: set[str], gaps: list[Gap]) -> None:
    found = []
    for term in _by_depth(contract, plan.record.id):
        used = _fields_of_term(contract, term)
        if not used & available:
            missing = ", ".join(f"`{name}`" for name in sorted(used)[:3])
            gaps.append(Gap(term.id, "term", f"no export at hand binds {missing}", term.at))
        found.append(TermPlan(term, tuple(name for name in plan.record.fields if name in used)))
    plan.terms = tuple(found)


def _by_depth(contract: Contract, record: str) -> list[Term]:
    """Give the terms of a record so that each comes after those that it rests on."""
    left = {term.id: term for term in contract.terms.values() if term.record == record}
    ordered: list[Term] = []
    while left:
        ready = [term for term in left.values() if not (_rests_on(term) & left.keys())]
        ordered += ready
        for term in ready:
            del left[term.id]
    return ordered


def _rests_on(term: Term) -> set[str]:
    used = {name for test in term.criteria for name in terms_of(test.tree)}
    return used | (set(terms_of(term.marked.tree)) if term.marked else set())


def _fields_of_term(contract: Contract, term: Term) -> set[str]:
    """Give the fields that a verdict rests on, through the terms that it names."""
    found: set[str] = set()
    for test in term.criteria:
        found |= set(fields_of(test.tree))
        for name in terms_of(test.tree):
            found |= _fields_of_term(contract, contract.terms[name])
    return found


def _duties(contract: Contract, plan: RecordPlan, available: set[str], gaps: list[Gap]) -> None:
    found = []
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        covers = _covers(owed, measure)
        if covers is None or isinstance(measure, Unjudged) or covers.record != plan.record.id:
            continue
        dated = _dated(contract, owed, covers, available)
        per = measure.per if isinstance(measure, Tally) else owed.target.per if owed.target else None
        missing = _missing(contract, owed, covers, available)
        if per is not None and dated is None:
            missing = missing or "a date that places rows in a period"
        if missing:
            gaps.append(Gap(owed.id, "responsibility", f"no export at hand binds {missing}", owed.at))
            continue
        slot = Slot(dated, periods.grain_of(per)) if per and dated else None
        shown = (measure.split_by,) if isinstance(measure, Tally) and measure.split_by else owed.shown_by
        shown = tuple(name for name in shown if name in available)
        found.append(DutyPlan(owed, measure, covers, slot, dated, shown))
    plan.duties = tuple(found)
    plan.slots = tuple(dict.fromkeys(duty.slot for duty in found if duty.slot is not None))


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


# --- statements -------------------------------------------------------------------------------


class _Layers:
    """Expressions by level: each level may use the columns of those below it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._levels: dict[int, list[tuple[str, str]]] = {}

    def add(self, level: int, alias: str, expression: str) -> None:
        self._levels.setdefault(level, []).append((alias, expression))

    @property
    def top(self) -> int:
        return max(self._levels, default=-1) + 1

    def select(self, columns: Mapping[str, str]) -> str:
        source = self._source
        for level in sorted(self._levels):
            listed = ", ".join(f"{expression} AS {f.name(alias)}" for alias, expression in self._levels[level])
            source = f"(SELECT *, {listed} FROM {source})"
        final = ", ".join(f"{expression} AS {f.name(alias)}" for alias, expression in columns.items())
        return f"SELECT {final} FROM {source}"


def _read(contract: Contract, scan: Scan, window: Window) -> _Layers:
    """Type every bound column of one export."""
    layers = _Layers(scan.source)
    record = contract.records[scan.binding.record]
    for name, index in scan.columns.items():
        column: Column = scan.binding.columns[name]
        reading = casts.Reading(
            field=record.fields[name],
            column=column,
            reads=scan.binding.reads,
            cell=f.name(f"c{index}"),
            currency_cell=f.name(f"c{scan.currencies[name]}") if name in scan.currencies else None,
            ascii_only=scan.ascii_only,
            contract_zone=contract.time_zone,
            contract_currency=contract.currency,
            rates=contract.rates,
            window=window,
        )
        for level, alias, expression in casts.levels(reading):
            layers.add(level, alias, expression)
    return layers


def _typed_columns(one: Field) -> tuple[str, ...]:
    """Name the columns that a typed field has."""
    if one.type == "time":
        return (f"s_{one.id}", f"lo_{one.id}", f"hi_{one.id}", f"day_{one.id}")
    if one.type == "date":
        return (f"s_{one.id}", f"v_{one.id}", f"lo_{one.id}", f"hi_{one.id}", f"day_{one.id}")
    return (f"s_{one.id}", f"v_{one.id}")


_KINDS = {
    "text": "VARCHAR", "ids": "VARCHAR[]", "integer": "BIGINT", "number": "DECIMAL(18,6)", "money": "DECIMAL(18,2)",
    "yes_no": "BOOLEAN", "date": "INTEGER",
}  # fmt: skip


def _unbound(one: Field) -> Iterator[tuple[str, str]]:
    """Give the columns of a field that no export at hand has."""
    for alias in _typed_columns(one):
        if alias.startswith("s_"):
            yield alias, f"{NOT_BOUND}::UTINYINT"
        elif alias.startswith("v_"):
            yield alias, f"CAST(NULL AS {_KINDS[one.type]})"
        else:
            yield alias, "CAST(NULL AS BIGINT)"


def _row_facts(plan: RecordPlan, scan_fields: Sequence[str]) -> dict[str, str]:
    """Give the columns that say what of a row could not be read, and the latest time in it."""
    fields = plan.record.fields
    facts: dict[str, str] = {}
    for at, chunk in enumerate(_chunks(plan.bound, _BITS_IN_MASK)):
        for prefix, state in (("bu", UNREADABLE), ("bn", NOT_ALLOWED)):
            bits = [(f"{f.name(f's_{name}')} = {state}", bit) for bit, name in enumerate(chunk) if name in scan_fields]
            facts[f"{prefix}_{at}"] = f"({f.masked(bits)})"
    for name in plan.listed:
        raw = f"left({f.name(f'u_{name}')}, 60)"
        facts[f"x_{name}"] = (
            f"CASE WHEN {f.name(f's_{name}')} IN ({UNREADABLE}, {NOT_ALLOWED}) THEN {raw} END"
            if name in scan_fields
            else "CAST(NULL AS VARCHAR)"
        )
    for name in plan.times:
        facts[f"z_{name}"] = f.name(f"z_{name}") if name in scan_fields else "0::UTINYINT"
    seen = [name for name in plan.times if name in scan_fields and not fields[name].planned]
    ends = [f.name(f"hi_{name}") for name in seen]
    facts["latest"] = f"greatest({', '.join(ends)})" if len(ends) > 1 else ends[0] if ends else "CAST(NULL AS BIGINT)"
    return facts


def _chunks(names: Sequence[str], size: int) -> list[Sequence[str]]:
    return [names[at : at + size] for at in range(0, len(names), size)] or [()]


def masks(names: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Give the number of the mask, the bit in it and the name of each field."""
    for at, chunk in enumerate(_chunks(names, _BITS_IN_MASK)):
        for bit, name in enumerate(chunk):
            yield at, bit, name


def _statements(
    contract: Contract,
    plan: RecordPlan,
    mine: list[int],
    bindings: list[str],
    lookups: list[Field],
    done: Mapping[str, RecordPlan],
    window: Window,
    kept: set[str],
) -> None:
    if not plan.staged:
        for number, scan in enumerate(plan.scans):
            layers = _read(contract, scan, window)
            columns = _narrow(contract, plan, layers, list(scan.columns), kept)
            columns = {**_identity(plan, scan, plan.record.key), **columns, **_row_facts(plan, list(scan.columns))}
            _create(plan, plan.table, layers.select(columns), first=number == 0)
        plan.settled = ((plan.table, tuple(mine)),)
        if plan.record.key in plan.bound:
            _settle(plan, plan.table, plan.scans)
        return
    tables = []
    for binding in bindings:
        table = f"g_{plan.record.id}_{binding}"
        group = [scan for scan in plan.scans if scan.binding.id == binding]
        numbers = tuple(i for i, scan in zip(mine, plan.scans, strict=True) if scan.binding.id == binding)
        join = group[0].binding.joins_on or plan.record.key
        for number, scan in enumerate(group):
            layers = _read(contract, scan, window)
            names = [alias for name in scan.columns for alias in _typed_columns(plan.record.fields[name])]
            columns = {alias: f.name(alias) for alias in names}
            columns = {**_identity(plan, scan, join), **columns, **_row_facts(plan, list(scan.columns))}
            _create(plan, table, layers.select(columns), first=number == 0)
        if join in group[0].columns:
            _settle(plan, table, group)
        tables.append((table, numbers, group))
    plan.settled = tuple((table, numbers) for table, numbers, _ in tables)
    _join(plan, tables)
    joined = f"j_{plan.record.id}"
    source = f"(SELECT j.*, j.rowid AS p FROM {f.name(joined)} j)"
    for one in lookups:
        source = _look_up(contract, plan, one, done, source)
    layers = _Layers(source)
    for one in lookups:
        for alias, expression in _looked_up(contract, one):
            layers.add(7, alias, expression)
    names = [*plan.bound, *(one.id for one in lookups)]
    columns = _narrow(contract, plan, layers, names, kept)
    columns = {"key": '"key"', "fate": "0::UTINYINT", "af": '"af"', "ar": '"ar"', **columns}
    _create(plan, plan.table, layers.select(columns), first=True)


def _create(plan: RecordPlan, table: str, select: str, *, first: bool) -> None:
    begin = f"CREATE TABLE {f.name(table)} AS" if first else f"INSERT INTO {f.name(table)}"
    plan.statements.append(f"{begin} {select}")


def _identity(plan: RecordPlan, scan: Scan, key: str | None) -> dict[str, str]:
    """Give the columns that tell rows apart: the key, a hash of all bound cells, and what settles repeated keys."""
    has_key = key in scan.columns
    cells = ", ".join(
        f.name(f"c{index}") for index in dict.fromkeys([*scan.columns.values(), *scan.currencies.values()])
    )
    newest = scan.binding.reads.newest_by
    return {
        "key": f"CAST({f.name(f'v_{key}')} AS VARCHAR)" if has_key else "CAST(NULL AS VARCHAR)",
        "whole": f"hash({cells})" if has_key else "0::UBIGINT",
        "newest": f.name(f"hi_{newest}") if newest in scan.columns else "CAST(NULL AS BIGINT)",
        "fate": "0::UTINYINT",
    }


def _settle(plan: RecordPlan, table: str, scans: Sequence[Scan]) -> None:
    """Decide what becomes of rows with the same key: identical ones count once, different ones not at all."""
    quoted = f.name(table)
    again = f.name(f"k_{table}")
    # Keys are looked at in parts, so that ten million of them need no more memory than one part does.
    parts = 1 + sum(scan.records for scan in scans) // _PARTS_OF_KEYS
    for part in range(parts):
        begin = f"CREATE TEMP TABLE {again} AS" if part == 0 else f"INSERT INTO {again}"
        chosen = f' AND hash("key") % {parts} = {part}' if parts > 1 else ""
        plan.statements.append(
            f'{begin} SELECT "key" AS again FROM {quoted} WHERE "key" IS NOT NULL{chosen} '
            f'GROUP BY "key" HAVING count(*) > 1'
        )
    top = f'"newest" = max("newest") OVER same'
    plan.statements.append(
        f"CREATE TEMP TABLE {f.name(f'f_{table}')} AS "
        f'WITH twice AS (SELECT rowid AS r, "key", "whole", "newest" FROM {quoted} '
        f'WHERE "key" IN (SELECT again FROM {again})), '
        f'ranked AS (SELECT *, ({top}) AS top, min("whole") OVER same = max("whole") OVER same AS alike '
        f'FROM twice WINDOW same AS (PARTITION BY "key")), '
        f"chosen AS (SELECT *, alike OR coalesce(top, false) AS candidate, "
        f'min("whole") FILTER (alike OR top) OVER same AS low, max("whole") FILTER (alike OR top) OVER same AS high, '
        f'min(r) FILTER (alike OR top) OVER same AS first FROM ranked WINDOW same AS (PARTITION BY "key")) '
        f"SELECT r, CASE WHEN low IS NULL OR low <> high THEN {CONTRADICTORY} WHEN r = first THEN {KEPT} "
        f"ELSE {REPEATED} END AS fate FROM chosen"
    )
    plan.statements.append(
        f"UPDATE {quoted} SET fate = (SELECT f.fate FROM {f.name(f'f_{table}')} f WHERE f.r = {quoted}.rowid) "
        f"WHERE rowid IN (SELECT r FROM {f.name(f'f_{table}')})"
    )


def _join(plan: RecordPlan, tables: list[tuple[str, tuple[int, ...], list[Scan]]]) -> None:
    """Put the rows of several systems side by side; a row that only one of them has keeps the others not bound."""
    selects = []
    for table, numbers, group in tables:
        file, row = located(tuple(scan.records for scan in group), numbers)
        selects.append(f"(SELECT *, {file} AS af, {row} AS ar FROM {f.name(table)} WHERE fate = {KEPT})")
    source = f"{selects[0]} t0"
    keys = ['t0."key"']
    for at, select in enumerate(selects[1:], start=1):
        source += f' FULL JOIN {select} t{at} ON coalesce({", ".join(keys)}) = t{at}."key"'
        keys.append(f't{at}."key"')
    columns = {
        "key": f"coalesce({', '.join(keys)})" if len(keys) > 1 else keys[0],
        "af": _first([f"t{at}.af" for at in range(len(tables))]),
        "ar": _first([f"t{at}.ar" for at in range(len(tables))]),
    }
    for name in plan.bound:
        owners = [at for at, (_, _, group) in enumerate(tables) if name in group[0].columns]
        for alias in _typed_columns(plan.record.fields[name]):
            values = [f"t{at}.{f.name(alias)}" for at in owners]
            if alias.startswith("s_"):
                values.append(f"{NOT_BOUND}::UTINYINT")
            columns[alias] = _first(values)
    listed = ", ".join(f"{expression} AS {f.name(alias)}" for alias, expression in columns.items())
    plan.statements.append(f"CREATE TABLE {f.name(f'j_{plan.record.id}')} AS SELECT {listed} FROM {source}")


def _first(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def located(sizes: tuple[int, ...], numbers: tuple[int, ...]) -> tuple[str, str]:
    """Give the expressions for the scan and for the 0-based record of a row, from its place in a table."""
    ends = [sum(sizes[: at + 1]) for at in range(len(sizes))]
    file = f.cases([(f"rowid < {end}", str(number)) for end, number in zip(ends, numbers, strict=True)])
    row = f.cases([(f"rowid < {end}", f"rowid - {end - size}") for end, size in zip(ends, sizes, strict=True)])
    return f"({file})::USMALLINT", f"({row})::BIGINT"


# --- children ---------------------------------------------------------------------------------


def pairs(parent: str, child: RecordPlan, links: Sequence[Link], parent_table: str) -> str:
    """Give the query of the rows of a child that belong to a parent's row, each pair once."""
    found = []
    for link in links:
        mine = f"c.{f.name(f'v_{link.field}')}"
        kept = f"c.fate = {KEPT} AND c.lo = 0"
        if link.among:
            ids = f"(SELECT rowid AS r, unnest({f.name(f'v_{link.parent_field}')}) AS id FROM {f.name(parent_table)})"
            found.append(f"SELECT p.r AS p, c.rowid AS c FROM {ids} p JOIN {f.name(child.table)} c "
                         f"ON p.id = {mine} WHERE {kept}")  # fmt: skip
        else:
            theirs = f"p.{f.name(f'v_{link.parent_field}')}"
            found.append(f"SELECT p.rowid AS p, c.rowid AS c FROM {f.name(parent_table)} p JOIN {f.name(child.table)} c "
                         f"ON {theirs} = {mine} WHERE {kept}")  # fmt: skip
    union = " UNION ".join(found)
    return f"({union})" if len(found) > 1 else f"(SELECT DISTINCT p, c FROM ({union}))"


def _look_up(contract: Contract, plan: RecordPlan, one: Field, done: Mapping[str, RecordPlan], source: str) -> str:
    """Count the child rows that a derived field rests on, and put the counts beside the parent's row."""
    if one.derived is None:
        return source
    term = contract.terms[one.derived[1]]
    child = done[term.record]
    table = f"a_{plan.record.id}_{term.id}"
    create = f"CREATE TABLE {f.name(table)} AS "
    if not any(statement.startswith(create) for statement in plan.statements):
        links = _link_columns(plan.record.id, child, set(plan.bound))
        is_one = f"c.{f.name(f'm_{term.id}')}"
        low, high = ("c.low", "c.high") if child.record.happens in child.fields else ("NULL::BIGINT", "NULL::BIGINT")
        plan.statements.append(
            f"{create}SELECT k.p, count(*) FILTER ({is_one}) AS yes, count(*) FILTER ({is_one} IS NULL) AS maybe, "
            f"count(*) FILTER (coalesce({is_one}, true) AND {low} IS NULL) AS undated, "
            f"min({low}) FILTER ({is_one}) AS first_low, min({high}) FILTER ({is_one}) AS first_high, "
            f"max({low}) FILTER ({is_one}) AS last_low, max({high}) FILTER ({is_one}) AS last_high, "
            f"min({low}) FILTER ({is_one} IS NULL) AS maybe_low, max({high}) FILTER ({is_one} IS NULL) AS maybe_high "
            f"FROM {pairs(plan.record.id, child, links, f'j_{plan.record.id}')} k "
            f"JOIN {f.name(child.table)} c ON c.rowid = k.c GROUP BY k.p"
        )
        renamed = ", ".join(
            f"{column} AS {f.name(f'{column}_{term.id}')}"
            for column in ("yes", "maybe", "undated", "first_low", "first_high", "last_low", "last_high", "maybe_low",
                           "maybe_high")
        )  # fmt: skip
        counts = f"(SELECT p AS p2, {renamed} FROM {f.name(table)})"
        return f"(SELECT * EXCLUDE (p2) FROM {source} l LEFT JOIN {counts} a ON l.p = a.p2)"
    return source


def _looked_up(contract: Contract, one: Field) -> Iterator[tuple[str, str]]:
    """Give the columns of a field that child rows decide; a child that is unclear makes it unclear where it matters."""
    if one.derived is None:
        return
    kind, term = one.derived
    yes, maybe = f"coalesce({f.name(f'yes_{term}')}, 0)", f"coalesce({f.name(f'maybe_{term}')}, 0)"
    if kind == "count":
        yield f"s_{one.id}", f"(CASE WHEN {maybe} > 0 THEN {UNREADABLE} ELSE {VALUE} END)::UTINYINT"
        yield f"v_{one.id}", f"CASE WHEN {maybe} = 0 THEN {yes}::BIGINT END"
        return
    low, high = f.name(f"{kind}_low_{term}"), f.name(f"{kind}_high_{term}")
    rival = (
        f"{f.name(f'maybe_low_{term}')} <= {high}" if kind == "first" else f"{f.name(f'maybe_high_{term}')} >= {low}"
    )
    unsure = f"coalesce({f.name(f'undated_{term}')}, 0) > 0 OR ({maybe} > 0 AND ({yes} = 0 OR {rival}))"
    state = f.cases([(unsure, str(UNREADABLE)), (f"{yes} = 0", str(BLANK))], str(VALUE))
    there = zones.offsets(contract.time_zone)
    shift = f.steps(there.instants, there.offsets, low)
    day = f"(({low} + ({shift})) // 86400)::INTEGER"
    yield f"s_{one.id}", f"({state})::UTINYINT"
    for alias, value in (("lo", low), ("hi", high), ("day", day), *((("v", day),) if one.type == "date" else ())):
        yield f"{alias}_{one.id}", f"CASE WHEN ({state}) = {VALUE} THEN {value} END"


# --- the narrow table -------------------------------------------------------------------------


def _narrow(
    contract: Contract, plan: RecordPlan, layers: _Layers, present: Sequence[str], kept: set[str]
) -> dict[str, str]:
    """Add the verdicts to the typed columns, and give the columns that are kept."""
    record = plan.record
    level = max(layers.top, 8)
    for one in record.fields.values():
        if one.derived and one.derived[0] == "domain_of" and one.derived[1] in present:
            source = one.derived[1]
            layers.add(level, f"s_{one.id}", f.name(f"s_{source}"))
            layers.add(level, f"v_{one.id}", f"lower(split_part({f.name(f'v_{source}')}, '@', -1))")
        elif one.id not in present:
            for alias, expression in _unbound(one):
                layers.add(level, alias, expression)
    zone = contract.time_zone
    columns: dict[str, str] = {}
    for part in plan.terms:
        term = part.term
        level += 1
        names = [f"t_{term.id}_{n}" for n in range(len(term.criteria))]
        for alias, test in zip(names, term.criteria, strict=True):
            layers.add(level, alias, tests.expression(test.tree, record.fields, zone))
        mark = tests.expression(term.marked.tree, record.fields, zone) if term.marked else "false"
        layers.add(level, f"k_{term.id}", mark)
        level += 1
        layers.add(level, f"m_{term.id}", tests.counted([f.name(alias) for alias in names], term.at_least))
    level += 1
    left_out = [
        (tests.expression(test.tree, record.fields, zone), str(n)) for n, test in enumerate(record.left_out, start=1)
    ]
    columns["lo"] = f"({f.cases(left_out, '0')})::UTINYINT"
    for part in plan.terms:
        met, marked = f.name(f"m_{part.term.id}"), f.name(f"k_{part.term.id}")
        columns[f"c_{part.term.id}"] = f"({_three(marked)} * 3 + {_three(met)})::UTINYINT"
        for n, alias in enumerate(part.masks):
            columns[alias] = f"CASE WHEN {met} IS NULL THEN {_blame(contract, plan, part, n)} ELSE 0::UBIGINT END"
        columns[f"m_{part.term.id}"] = met
    for duty in plan.duties:
        columns[duty.column] = f"({_duty(contract, plan, duty)})::UTINYINT"
        for name in duty.shown_by:
            columns[f"v_{name}"] = f"CAST({f.name(f'v_{name}')} AS VARCHAR)"
    for slot in plan.slots:
        columns[slot.column] = _slot(record.fields[slot.field], slot)
    for name in kept:
        columns.setdefault(f"v_{name}", f.name(f"v_{name}"))
    if record.happens in plan.fields:
        columns["low"], columns["high"] = f.name(f"lo_{record.happens}"), f.name(f"hi_{record.happens}")
    return columns


def _three(test: str) -> str:
    return f"(CASE WHEN {test} THEN {MEETS} WHEN {test} IS NULL THEN {UNSURE} ELSE {FAILS} END)"


def _blame(contract: Contract, plan: RecordPlan, part: TermPlan, mask: int) -> str:
    """Set a bit for each field and state that makes an unclear verdict unclear."""
    chunk = part.blamed[mask * _FIELDS_IN_MASK : (mask + 1) * _FIELDS_IN_MASK]
    bits = {name: at * len(REASONS) for at, name in enumerate(chunk)}
    parts: list[str] = []

    def walk(term: Term, guard: list[str]) -> None:
        for n, test in enumerate(term.criteria):
            unclear = [*guard, f"{f.name(f't_{term.id}_{n}')} IS NULL"]
            for name in dict.fromkeys(fields_of(test.tree)):
                if name in bits:
                    parts.append(f"CASE WHEN {' AND '.join(unclear)} THEN {_reason(plan, name, bits[name])} "
                                 "ELSE 0::UBIGINT END")  # fmt: skip
            for name in terms_of(test.tree):
                walk(contract.terms[name], [*unclear, f"{f.name(f'm_{name}')} IS NULL"])

    walk(part.term, [])
    return "(" + (" | ".join(parts) or "0::UBIGINT") + ")"


def _reason(plan: RecordPlan, name: str, bit: int) -> str:
    state = f.name(f"s_{name}")
    pairs = [(f"{state} = {reason}", f"{1 << (bit + at)}::UBIGINT") for at, reason in enumerate(REASONS[:-1])]
    if plan.record.fields[name].type == "time":
        coarse = f"{f.name(f'lo_{name}')} <> {f.name(f'hi_{name}')}"
        pairs.append((coarse, f"{1 << (bit + len(REASONS) - 1)}::UBIGINT"))
    return f.cases(pairs, "0::UBIGINT")


def _duty(contract: Contract, plan: RecordPlan, duty: DutyPlan) -> str:
    """Give the code of a row for a duty; unknown membership is unclear, and only a known one is left out."""
    zone, fields = contract.time_zone, plan.record.fields
    covers = duty.covers
    member = "true"
    if covers.term is not None:
        member = f.name(f"{'k' if covers.marked else 'm'}_{covers.term}")
    if isinstance(duty.measure, Tally):
        return f.cases([(member, str(MET)), (f"{member} IS NULL", str(UNCLEAR))], str(OUTSIDE))
    holds = tests.expression(duty.measure.holds, fields, zone)
    where = tests.expression(duty.owed.where.tree, fields, zone) if duty.owed.where else "true"
    return f.cases(
        [
            (f"NOT ({member})", str(OUTSIDE)),
            (f"({member}) AND NOT ({where})", str(LEFT_OUT)),
            (f"NOT ({where})", str(OUTSIDE)),
            (f"({member}) AND ({where}) AND ({holds})", str(MET)),
            (f"({member}) AND ({where}) AND NOT ({holds})", str(MISSED)),
            (f"({holds}) IS NULL", str(UNCLEAR)),
            (holds, str(MAY_MEET)),
        ],
        str(MAY_MISS),
    )


def _slot(one: Field, slot: Slot) -> str:
    day = f.name(f"day_{one.id}")
    if slot.grain == "week":
        # Weeks begin on Monday; the shift keeps days before 1970 from being rounded the wrong way.
        return f"((({day} - 4) + 70000) // 7 - 10000)::INTEGER"
    when = f"(DATE '1970-01-01' + {day})"
    return f"(year({when}) * 12 + month({when}) - 1)::INTEGER"
