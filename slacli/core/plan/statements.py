"""The statements that make a record's tables: cells typed, keys settled, children counted, verdicts as small codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slacli.core import dialects, zones
from slacli.core.criteria import fields_of, terms_of
from slacli.core.periods import Grain
from slacli.core.plan import casts, tests
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, NOT_ALLOWED, NOT_BOUND, UNREADABLE, VALUE, Window
from slacli.core.plan.tables import (
    AWAY,
    BITS_IN_MASK,
    BY,
    CONTRADICTORY,
    FAILS,
    FIELDS_IN_MASK,
    IN,
    KEPT,
    LEFT_OUT,
    MANY,
    MAY_MEET,
    MAY_MISS,
    MAYBE_IN,
    MEETS,
    MERGED,
    MET,
    MISSED,
    NO_TIER,
    NOT_COUNTED,
    ODD_MARK,
    OUTSIDE,
    RANGED,
    REASONS,
    REPEATED,
    UNCLEAR,
    UNSURE,
    VALUE_MARK,
    DutyPlan,
    Part,
    RecordPlan,
    Scan,
    Statement,
    TermPlan,
    children_of,
    chunks,
    columns_of,
    tier_bit,
)
from slacli.model import (
    Choice,
    Column,
    Contract,
    Course,
    Episodes,
    Field,
    Link,
    Record,
    RecordTest,
    Responsibility,
    Tally,
    Term,
)

_PARTS_OF_KEYS = 2_500_000

# The states of all fields of a row together: few rows hold anything worse than a blank, and the others pay one look.
_WORST = "worst"


class _Layers:
    """Expressions by level: each level may use the columns of those below it.

    `shown` gives for each field the expression for its text as a report may show it.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._levels: dict[int, list[tuple[str, str]]] = {}
        self.shown: dict[str, str] = {}

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


def _read(contract: Contract, scan: Scan, part: Part, window: Window) -> _Layers:
    """Type every bound column of a part of one export."""
    layers = _Layers(part.source)
    record = contract.records[scan.binding.record]
    forms = dialects.forms(contract)
    for name, index in scan.columns.items():
        column: Column = scan.binding.columns[name]
        reading = casts.Reading(
            field=record.fields[name],
            bound=column,
            reads=scan.binding.reads,
            cell=f.name(f"c{index}"),
            currency_cell=f.name(f"c{scan.currencies[name]}") if name in scan.currencies else None,
            ascii_only=scan.ascii_only,
            contract_zone=contract.time_zone,
            contract_currency=contract.currency,
            rates=contract.rates,
            window=window,
            plain=name in scan.plain,
            ids=forms.get((record.id, name), "plain"),
        )
        for level, alias, expression in casts.levels(reading):
            layers.add(level, alias, expression)
        layers.shown[name] = casts.shown(reading)
    states = " | ".join(f.name(f"s_{name}") for name in scan.columns)
    layers.add(layers.top, _WORST, states)
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


def _row_facts(plan: RecordPlan, layers: _Layers, scan_fields: Sequence[str]) -> dict[str, str]:
    """Give the columns that say what of a row could not be read, and the latest time in it."""
    fields = plan.record.fields
    facts: dict[str, str] = {}
    told = _told(plan, scan_fields)
    for at, chunk in enumerate(chunks(plan.bound, BITS_IN_MASK)):
        for prefix, state, possible in (
            ("bu", UNREADABLE, casts.can_be_unreadable),
            ("bn", NOT_ALLOWED, casts.can_be_disallowed),
        ):
            named = [(name, bit) for bit, name in enumerate(chunk) if name in scan_fields and possible(fields[name])]
            mask = _mask(named, state)
            facts[f"{prefix}_{at}"] = f"CASE WHEN {told} THEN {mask} ELSE 0::UINTEGER END" if told else mask
    odd = [name for name in plan.odd if name in scan_fields]
    facts["odd"] = _odd_values(plan, layers.shown, odd) if odd else "CAST(NULL AS VARCHAR)"
    if told and odd:
        facts["odd"] = f"CASE WHEN {told} THEN {facts['odd']} END"
    for name in plan.times:
        facts[f"z_{name}"] = f.name(f"z_{name}") if name in scan_fields else "0::UTINYINT"
    seen = [name for name in plan.times if name in scan_fields and not fields[name].planned]
    ends = [f.name(f"hi_{name}") for name in seen]
    facts["latest"] = f"greatest({', '.join(ends)})" if len(ends) > 1 else ends[0] if ends else "CAST(NULL AS BIGINT)"
    return facts


def _told(plan: RecordPlan, scan_fields: Sequence[str]) -> str:
    """Tell whether a version is the one that says what could not be read of a row; nothing where one text judges."""
    if plan.span is None:
        return ""
    if plan.dated is None or plan.dated not in scan_fields:
        return "true" if plan.span.is_newest else "false"
    return f"{plan.span.placed(f.name(f'day_{plan.dated}'))} <> {AWAY}"


def _mask(named: Sequence[tuple[str, int]], state: int) -> str:
    """Set the bit of each field with a state."""
    if not named:
        return "0::UINTEGER"
    bits = f.masked((f"{f.name(f's_{name}')} = {state}", bit) for name, bit in named)
    return f"CASE WHEN {f.name(_WORST)} >= {UNREADABLE} THEN {bits} ELSE 0::UINTEGER END"


def _odd_values(plan: RecordPlan, shown: Mapping[str, str], names: Sequence[str]) -> str:
    """Keep values that the contract does not list, and signs of amounts that cannot be read.

    Each stands there as `number=value` by the number of its field among `odd`, parted by a mark.
    """
    parts = []
    for name in names:
        state, value = NOT_ALLOWED, f"left({shown[name]}, 60)"
        if name in plan.signed:
            state, value = UNREADABLE, casts.sign(shown[name])
        parts.append(f"CASE WHEN {f.name(f's_{name}')} = {state} THEN '{plan.odd.index(name)}=' || {value} END")
    listed = f"concat_ws({ODD_MARK}, {', '.join(parts)})"
    return f"CASE WHEN {f.name(_WORST)} >= {UNREADABLE} THEN nullif({listed}, '') END"


def write(
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
            for at, part in enumerate(scan.parts):
                layers = _read(contract, scan, part, window)
                columns = _narrow(contract, plan, layers, list(scan.columns), kept)
                facts = _row_facts(plan, layers, list(scan.columns))
                columns = {**_identity(scan, plan.record.key), **columns, **facts}
                first = number == at == 0
                _create(plan, plan.table, layers.select(columns), first=first, scan=mine[number], part=at)
        plan.settled = ((plan.table, tuple(mine)),)
        if plan.record.key in plan.bound:
            _settle(contract, plan, plan.table, plan.scans, plan.record.key, window)
        _merge(plan, plan.table)
        _take_merged(plan)
        return
    tables = []
    for binding in bindings:
        table = f"g_{plan.record.id}_{binding}"
        group = [scan for scan in plan.scans if scan.binding.id == binding]
        numbers = tuple(i for i, scan in zip(mine, plan.scans, strict=True) if scan.binding.id == binding)
        join = group[0].binding.joins_on or plan.record.key
        for number, scan in enumerate(group):
            for at, part in enumerate(scan.parts):
                layers = _read(contract, scan, part, window)
                names = [alias for name in scan.columns for alias in _typed_columns(plan.record.fields[name])]
                columns = {alias: f.name(alias) for alias in names}
                columns = {**_identity(scan, join), **columns, **_row_facts(plan, layers, list(scan.columns))}
                first = number == at == 0
                _create(plan, table, layers.select(columns), first=first, scan=numbers[number], part=at)
        if join in group[0].columns:
            _settle(contract, plan, table, group, join, window)
        tables.append((table, numbers, group))
    plan.settled = tuple((table, numbers) for table, numbers, _ in tables)
    _join(plan, tables)
    joined = f"j_{plan.record.id}"
    _merge(plan, joined)
    source = f"(SELECT j.*, j.rowid AS p FROM {f.name(joined)} j)"
    for one in lookups:
        source = _look_up(contract, plan, one, done, source)
    layers = _Layers(source)
    for one in lookups:
        for alias, expression in _looked_up(contract, one):
            layers.add(10, alias, expression)
    names = [*plan.bound, *(one.id for one in lookups)]
    columns = _narrow(contract, plan, layers, names, kept)
    columns = {"key": '"key"', "fate": "0::UTINYINT", "af": '"af"', "ar": '"ar"', **columns}
    _create(plan, plan.table, layers.select(columns), first=True)
    _take_merged(plan)


def _create(plan: RecordPlan, table: str, select: str, *, first: bool, scan: int | None = None, part: int = 0) -> None:
    begin = f"CREATE TABLE {f.name(table)} AS" if first else f"INSERT INTO {f.name(table)}"
    plan.statements.append(Statement(f"{begin} {select}", reads=scan, part=part))


def _identity(scan: Scan, key: str | None) -> dict[str, str]:
    """Give the columns that tell rows apart: the key, and what became of it."""
    has_key = key in scan.columns
    return {
        "key": f"CAST({f.name(f'v_{key}')} AS VARCHAR)" if has_key else "CAST(NULL AS VARCHAR)",
        "fate": f"{KEPT}::UTINYINT",
    }


def _settle(
    contract: Contract, plan: RecordPlan, table: str, scans: Sequence[Scan], key: str | None, window: Window
) -> None:
    """Decide what becomes of rows with the same key: identical ones count once, different ones not at all.

    Whether rows are alike is looked up in the file again: few exports repeat a key, and all would pay for it.
    """
    quoted, rising, falling, again, twice, fates = (
        f.name(f"{prefix}{table}") for prefix in ("", "o_", "p_", "k_", "w_", "f_")
    )
    # Many exports stand in the order of their keys, or in the reverse: where each key is above the one before, none is
    # there twice, and one look at the keys proves it at a fifth of the cost. Elsewhere that look ends at once.
    for disorder, order, needed in ((rising, ">", ""), (falling, "<", rising)):
        plan.statements.append(
            Statement(
                f"CREATE TABLE {disorder} AS SELECT 1 AS seen FROM "
                f'(SELECT "key", lag("key") OVER () AS before FROM {quoted} WHERE "key" IS NOT NULL) '
                f'WHERE NOT "key" {order} before LIMIT 1',
                fills=disorder,
                only_if=needed,
            )
        )
    # Keys are looked at in parts, so that ten million of them need no more memory than one part does.
    parts = 1 + sum(scan.records for scan in scans) // _PARTS_OF_KEYS
    for part in range(parts):
        begin = f"CREATE TABLE {again} AS" if part == 0 else f"INSERT INTO {again}"
        chosen = f' AND hash("key") % {parts} = {part}' if parts > 1 else ""
        plan.statements.append(
            Statement(
                f'{begin} SELECT hash("key") AS again FROM {quoted} WHERE "key" IS NOT NULL{chosen} '
                f"GROUP BY again HAVING count(*) > 1",
                fills=again,
                only_if=falling,
            )
        )
    before = 0
    pieces = [(scan, part) for scan in scans for part in scan.parts]
    for number, (scan, piece) in enumerate(pieces):
        begin = f"CREATE TABLE {twice} AS" if number == 0 else f"INSERT INTO {twice}"
        plan.statements.append(
            Statement(f"{begin} {_alike(contract, scan, piece, key, window, again, before)}", only_if=again)
        )
        before += piece.records
    plan.statements.append(
        Statement(
            f"CREATE TABLE {fates} AS "
            f"WITH ranked AS (SELECT *, min(whole) OVER same = max(whole) OVER same AS alike, "
            f"arg_max(whole, low) OVER same AS best, max(low) OVER same AS newest, "
            f"count(*) FILTER (low IS NULL) OVER same AS unknown "
            f'FROM {twice} WINDOW same AS (PARTITION BY "key")), '
            f"chosen AS (SELECT *, max(high) FILTER (whole <> best) OVER same AS rival, "
            f"min(r) FILTER (alike OR whole = best) OVER same AS first "
            f'FROM ranked WINDOW same AS (PARTITION BY "key")) '
            # The newest settles only where it is newer for certain: no rival is unknown, or may be as late.
            f'SELECT r, "key", CASE WHEN NOT (alike OR (unknown = 0 AND rival < newest)) THEN {CONTRADICTORY} '
            f"WHEN r = first THEN {KEPT} ELSE {REPEATED} END AS fate FROM chosen",
            only_if=again,
        )
    )
    plan.statements.append(
        Statement(
            f"UPDATE {quoted} SET fate = f.fate FROM {fates} f "
            f'WHERE f.r = {quoted}.rowid AND f."key" = {quoted}."key" AND f.fate <> {KEPT}',
            only_if=again,
        )
    )


def _alike(contract: Contract, scan: Scan, part: Part, key: str | None, window: Window, again: str, before: int) -> str:
    """Give the rows with a repeated key: the key, a hash of all bound cells, the time that settles it, the place."""
    layers = _read(contract, scan, part, window)
    forms = dialects.forms(contract)
    columns = {index: f.name(f"c{index}") for index in [*scan.columns.values(), *scan.currencies.values()]}
    # Two forms of one id say the same.
    named = [name for name in scan.columns if (scan.binding.record, name) in forms]
    columns |= {scan.columns[name]: f.name(f"v_{name}") for name in named}
    cells = ", ".join(columns.values())
    newest = scan.binding.reads.newest_by
    told = {
        "key": f"CAST({f.name(f'v_{key}')} AS VARCHAR)",
        "whole": f"hash({cells})",
        "low": f.name(f"lo_{newest}") if newest in scan.columns else "CAST(NULL AS BIGINT)",
        "high": f.name(f"hi_{newest}") if newest in scan.columns else "CAST(NULL AS BIGINT)",
        "r": f"row_number() OVER () - 1 + {before}",
    }
    return f'SELECT * FROM ({layers.select(told)}) WHERE hash("key") IN (SELECT again FROM {again})'


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
    plan.statements.append(Statement(f"CREATE TABLE {f.name(f'j_{plan.record.id}')} AS SELECT {listed} FROM {source}"))


def _first(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def located(sizes: tuple[int, ...], numbers: tuple[int, ...]) -> tuple[str, str]:
    """Give the expressions for the scan and for the 0-based record of a row, from its place in a table."""
    ends = [sum(sizes[: at + 1]) for at in range(len(sizes))]
    file = f.cases([(f"rowid < {end}", str(number)) for end, number in zip(ends, numbers, strict=True)])
    row = f.cases([(f"rowid < {end}", f"rowid - {end - size}") for end, size in zip(ends, sizes, strict=True)])
    return f"({file})::USMALLINT", f"({row})::BIGINT"


# --- merged rows ------------------------------------------------------------------------------

# Each round takes every row twice as far along its chain.
_ROUNDS = 20


def _merge(plan: RecordPlan, table: str) -> None:
    """Write down which rows were merged, and into which row that was not merged any further.

    Only a way that is plain is taken: from a row that was merged into two, or in a circle, none leads on.
    """
    if plan.merges is None:
        return
    record, merges, source = plan.record, f.name(plan.merges), _kept_rows(plan, table)
    key = f"CAST({f.name(f'v_{record.key}')} AS VARCHAR)"
    said = []
    for name in plan.merged_by:
        value = f.name(f"v_{name}")
        pair = f"unnest({value}), {key}" if name == record.merged_ids else f"{key}, CAST({value} AS VARCHAR)"
        said.append(f"SELECT {pair} FROM {source} WHERE {value} IS NOT NULL AND {key} IS NOT NULL")
    # The list of the last row may name rows that an earlier one took in before it was merged itself.
    ends = "winner NOT IN (SELECT loser FROM named)"
    plan.statements.append(
        Statement(
            f"CREATE TABLE {merges} AS WITH said(loser, winner) AS ({' UNION '.join(said)}), "
            f"named AS (SELECT * FROM said WHERE loser <> winner), "
            f"counted AS (SELECT loser, count(*) AS n, min(winner) AS one, count(*) FILTER ({ends}) AS last, "
            f"min(winner) FILTER ({ends}) AS end FROM named GROUP BY loser) "
            f"SELECT loser, CASE WHEN last = 1 THEN counted.end WHEN n = 1 THEN one END AS winner FROM counted",
            fills=merges,
        )
    )
    further = f"UPDATE {merges} SET winner = n.winner FROM {merges} n WHERE n.loser = {merges}.winner"
    for _ in range(_ROUNDS):
        plan.statements.append(Statement(further, only_if=merges))
    plan.statements.append(
        Statement(
            f"UPDATE {merges} SET winner = NULL WHERE winner IN (SELECT loser FROM {merges})",
            only_if=merges,
        )
    )


def _kept_rows(plan: RecordPlan, table: str) -> str:
    """Give the rows of a table that count; where exports are joined, it holds no others."""
    return f.name(table) if table != plan.table else f"(SELECT rowid, * FROM {f.name(table)} WHERE fate = {KEPT})"


def _take_merged(plan: RecordPlan) -> None:
    """Take the rows out that another one names among those that were merged into it."""
    if plan.merges is None or plan.record.merged_ids not in plan.merged_by:
        return
    table, merges = f.name(plan.table), f.name(plan.merges)
    mine = f"CAST({f.name(f'v_{plan.record.key}')} AS VARCHAR)"
    plan.statements.append(
        Statement(f"UPDATE {table} SET lo = {MERGED} WHERE {mine} IN (SELECT loser FROM {merges})", only_if=merges)
    )


def _winners(parent: RecordPlan, table: str) -> str:
    """Give the query of the rows that were merged, each with the row that it ended in."""
    key = f"CAST({f.name(f'v_{parent.record.key}')} AS VARCHAR)"
    keys = f"(SELECT rowid AS r, {key} AS id FROM {{}})"
    return (
        f"(SELECT l.r AS l, w.r AS w FROM {f.name(parent.merges or '')} m "
        f"JOIN {keys.format(f.name(table))} l ON l.id = m.loser "
        f"JOIN {keys.format(_kept_rows(parent, table))} w ON w.id = m.winner)"
    )


# --- children ---------------------------------------------------------------------------------


def pairs(child: RecordPlan, links: Sequence[Link], parent: RecordPlan, parent_table: str) -> str:
    """Give the query of the rows of a child that belong to a parent's row, each pair once.

    What belongs to a row that was merged belongs to the one that it ended in.
    """
    found = []
    for link in links:
        mine, theirs = f.name(f"v_{link.field}"), f.name(f"v_{link.parent_field}")
        ids = f"unnest({mine})" if link.among else f"CAST({mine} AS VARCHAR)"
        children = f"(SELECT rowid AS c, {ids} AS id FROM {f.name(child.table)} WHERE fate = {KEPT} AND lo = 0)"
        found.append(
            f"SELECT p.rowid AS p, c FROM {f.name(parent_table)} p JOIN {children} ON id = CAST(p.{theirs} AS VARCHAR)"
        )
        if parent.merges is not None and link.parent_field == parent.record.key:
            # A row that was merged may have left the exports.
            won = f"CAST(p.{theirs} AS VARCHAR) = m.winner"
            found.append(
                f"SELECT p.rowid AS p, c FROM {f.name(parent.merges)} m JOIN {_kept_rows(parent, parent_table)} p "
                f"ON {won} JOIN {children} ON id = m.loser"
            )
    union = " UNION ".join(found)
    if parent.merges is not None:
        return (
            f"(SELECT DISTINCT coalesce(w, p) AS p, c FROM ({union}) d "
            f"LEFT JOIN {_winners(parent, parent_table)} m ON m.l = d.p)"
        )
    # Only where several ids of one row lead to a parent can they meet twice.
    return f"({union})" if len(found) > 1 or not links[0].among else f"(SELECT DISTINCT p, c FROM ({union}))"


def _look_up(contract: Contract, plan: RecordPlan, one: Field, done: Mapping[str, RecordPlan], source: str) -> str:
    """Count the child rows that a derived field rests on, and put the counts beside the parent's row."""
    if one.derived is None:
        return source
    term = contract.terms[one.derived[1]]
    child = done[term.record]
    table = f"a_{plan.record.id}_{term.id}"
    create = f"CREATE TABLE {f.name(table)} AS "
    if not any(statement.text.startswith(create) for statement in plan.statements):
        links = links_at_hand(plan.record.id, child, set(plan.bound))
        is_one = f"c.{f.name(f'm_{term.id}')}"
        unsure = f"FILTER ({is_one} IS NULL)"
        low, high = ("c.low", "c.high") if child.record.happens in child.fields else ("NULL::BIGINT", "NULL::BIGINT")
        plan.statements.append(
            Statement(
                f"{create}SELECT k.p, count(*) FILTER ({is_one}) AS yes, count(*) {unsure} AS maybe, "
                f"count(*) FILTER (coalesce({is_one}, true) AND {low} IS NULL) AS undated, "
                f"min({low}) FILTER ({is_one}) AS first_low, min({high}) FILTER ({is_one}) AS first_high, "
                f"max({low}) FILTER ({is_one}) AS last_low, max({high}) FILTER ({is_one}) AS last_high, "
                f"min({low}) {unsure} AS maybe_low, max({high}) {unsure} AS maybe_high "
                f"FROM {pairs(child, links, plan, f'j_{plan.record.id}')} k "
                f"JOIN {f.name(child.table)} c ON c.rowid = k.c GROUP BY k.p"
            )
        )
        renamed = ", ".join(
            f"{column} AS {f.name(f'{column}_{term.id}')}"
            for column in ("yes", "maybe", "undated", "first_low", "first_high", "last_low", "last_high", "maybe_low",
                           "maybe_high")
        )  # fmt: skip
        counts = f"(SELECT p AS p2, {renamed} FROM {f.name(table)})"
        sizes = [f"(SELECT count(*) FROM {f.name(one)})" for one in (child.table, f"j_{plan.record.id}")]
        joins = f"EXISTS (SELECT 1 FROM {f.name(table)}) OR least({', '.join(sizes)}) < {MANY}"
        return (
            f"(SELECT * EXCLUDE (p2), {joins} AS {f.name(f'joins_{term.id}')} "
            f"FROM {source} l LEFT JOIN {counts} a ON l.p = a.p2)"
        )
    return source


def _looked_up(contract: Contract, one: Field) -> Iterator[tuple[str, str]]:
    """Give the columns of a field that child rows decide; a child that is unclear makes it unclear where it matters."""
    if one.derived is None:
        return
    kind, term = one.derived
    yes, maybe = f"coalesce({f.name(f'yes_{term}')}, 0)", f"coalesce({f.name(f'maybe_{term}')}, 0)"
    apart = (f"NOT {f.name(f'joins_{term}')}", str(NOT_BOUND))
    if kind == "count":
        state = f.cases([apart, (f"{maybe} > 0", str(UNREADABLE))], str(VALUE))
        yield f"s_{one.id}", f"({state})::UTINYINT"
        yield f"v_{one.id}", f"CASE WHEN ({state}) = {VALUE} THEN {yes}::BIGINT END"
        return
    low, high = f.name(f"{kind}_low_{term}"), f.name(f"{kind}_high_{term}")
    rival = (
        f"{f.name(f'maybe_low_{term}')} <= {high}" if kind == "first" else f"{f.name(f'maybe_high_{term}')} >= {low}"
    )
    unsure = f"coalesce({f.name(f'undated_{term}')}, 0) > 0 OR ({maybe} > 0 AND ({yes} = 0 OR {rival}))"
    state = f.cases([apart, (unsure, str(UNREADABLE)), (f"{yes} = 0", str(BLANK))], str(VALUE))
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
    level = layers.top
    for one in record.fields.values():
        if one.derived and one.derived[0] == "domain_of" and one.derived[1] in present:
            for alias, expression in _domain(one.id, record.fields[one.derived[1]]):
                layers.add(level, alias, expression)
        elif one.id not in present:
            for alias, expression in _unbound(one):
                layers.add(level, alias, expression)
    zone = contract.time_zone
    columns: dict[str, str] = {}
    if plan.span is not None:
        level += 1
        places = {
            f"in_{name}": f.name(f"day_{name}")
            for name in (plan.dated, *(part.dated for part in plan.duties))
            if name is not None and name in plan.fields
        }
        for part in plan.terms:
            if part.dated:
                places[f"it_{part.term.id}"] = f"coalesce({', '.join(f.name(f'day_{name}') for name in part.dated)})"
        for alias, day in places.items():
            layers.add(level, alias, plan.span.placed(day))
            columns[alias] = f.name(alias)
    # Only what other records count must be kept beside the codes.
    counted = {one.derived[1] for other in contract.records.values() for one in other.fields.values() if one.derived}
    counted |= {name for owed in contract.responsibilities.values() for name in _child_terms(owed, contract)}
    for part in plan.terms:
        term = part.term
        level += 1
        names = [f"t_{term.id}_{n}" for n in range(len(term.criteria))]
        for alias, test in zip(names, term.criteria, strict=True):
            layers.add(level, alias, tests.expression(test.tree, record.fields, zone))
        level += 1
        layers.add(level, f"m_{term.id}", tests.counted([f.name(alias) for alias in names], term.at_least))
    level += 1
    for part in plan.terms:
        # A mark may name any term, also one that rests on this one.
        claim = part.term.marked
        mark = tests.expression(claim.tree, record.fields, zone) if claim else "false"
        layers.add(level, f"k_{part.term.id}", mark)
    level += 1
    for duty in plan.duties:
        if isinstance(duty.measure, RecordTest):
            layers.add(level, f"h_{duty.owed.id}", tests.expression(duty.measure.holds, record.fields, zone))
        if duty.owed.where is not None:
            layers.add(level, f"wh_{duty.owed.id}", tests.expression(duty.owed.where.tree, record.fields, zone))
        if isinstance(duty.measure, Episodes):
            for number, tier in enumerate(duty.measure.tiers):
                if tier.when is not None:
                    when = tests.expression(tier.when.tree, record.fields, zone)
                    layers.add(level, f"w{number}_{duty.owed.id}", when)
    left_out = [
        (f"{f.name(f's_{name}')} = {VALUE}", str(MERGED)) for name in plan.merged_by if name == record.merged_into
    ]
    left_out += [
        (tests.expression(test.tree, record.fields, zone), str(n)) for n, test in enumerate(record.left_out, start=1)
    ]
    columns["lo"] = f"({f.cases(left_out, '0')})::UTINYINT"
    behind = layers.top
    for part in plan.terms:
        met, marked = f.name(f"m_{part.term.id}"), f.name(f"k_{part.term.id}")
        columns[f"c_{part.term.id}"] = f"({_three(marked)} * 3 + {_three(met)})::UTINYINT"
        guards = _leads(plan, part.term, layers, behind) if part.masks else {}
        for n, alias in enumerate(part.masks):
            columns[alias] = (
                f"CASE WHEN {met} IS NULL THEN {_blame(contract, plan, part, n, guards)} ELSE 0::UINTEGER END"
            )
        if part.term.id in counted:
            columns[f"m_{part.term.id}"] = met
    for duty in plan.duties:
        if duty.in_cells:
            columns[duty.column] = f"({_duty(duty)})::UTINYINT"
        else:
            columns |= _begun(contract, plan, duty)
        for name in duty.shown_by:
            columns[f"v_{name}"] = f"CAST({f.name(f'v_{name}')} AS VARCHAR)"
    if plan.by is not None:
        state, value = f.name(f"s_{plan.by}"), f"CAST({f.name(f'v_{plan.by}')} AS VARCHAR)"
        columns[BY] = f"CASE WHEN {state} = {VALUE} THEN '{VALUE_MARK}' || {value} ELSE CAST({state} AS VARCHAR) END"
    clocked = [part.measure for part in plan.duties if isinstance(part.measure, Episodes)]
    if clocked:
        times = dict.fromkeys(name for measure in clocked for name in plan.times_of(contract, measure))
        ends = [(f.name(f"hi_{name}"), f.name(f"lo_{name}")) for name in times if name in plan.fields]
        columns[RANGED] = " OR ".join(f"{high} IS DISTINCT FROM {low}" for high, low in ends) or "false"
    for slot in plan.slots:
        columns[slot.column] = slot_of_day(slot.grain, f.name(f"day_{slot.field}"))
    for name in kept | plan.told:
        columns.setdefault(f"v_{name}", f.name(f"v_{name}"))
    for name in plan.measured:
        one = record.fields[name]
        value = f.name(f"v_{name}")
        folded = one.type == "text" and one.ignore_case
        columns |= {f"s_{name}": f.name(f"s_{name}"), f"n_{name}": f"lower({value})" if folded else value}
    for name in plan.timed:
        columns |= {alias: f.name(alias) for alias in (f"{prefix}_{name}" for prefix in ("s", "lo", "hi", "day"))}
    if plan.whole:
        for alias in (alias for one in record.fields.values() for alias in _typed_columns(one)):
            # A value that a duty is shown by is kept as text too, under its own name.
            columns.setdefault(f"x{alias[1:]}" if alias.startswith("v_") else alias, f.name(alias))
    if plan.compared:
        told = [f.name(alias) for name in plan.compared for alias in (f"s_{name}", f"v_{name}")]
        columns["alike"] = f"hash({', '.join(told)})"
    if record.history is not None:
        only = record.history.only
        columns["counts"] = tests.expression(only.tree, record.fields, zone) if only is not None else "true"
        values = [name for name in (record.history.old, record.history.new) if name in plan.fields]
        columns |= {f"s_{name}": f.name(f"s_{name}") for name in values}
    if contract.people is not None and contract.people.record == record.id:
        columns |= _person(contract, record)
    if record.happens in plan.fields:
        columns["when_state"] = f.name(f"s_{record.happens}")
        columns["low"], columns["high"] = f.name(f"lo_{record.happens}"), f.name(f"hi_{record.happens}")
    return columns


def _person(contract: Contract, record: Record) -> dict[str, str]:
    """Give who a row of the people's record is, and a sign for each test of `people.told` (yes, no, unclear)."""
    if contract.people is None:
        return {}
    key, active = contract.people.key, contract.people.active
    who = casts.long_id(f"CAST({f.name(f'v_{key}')} AS VARCHAR)", dialects.form_of_people(contract))
    answers = [
        tests.expression(party.members.tree, record.fields, contract.time_zone)
        for party in contract.parties.values()
        if party.members is not None
    ]
    answers.append(f.name(f"v_{active}") if active is not None else "true")
    signs = (f"(CASE WHEN {answer} THEN 'y' WHEN {answer} IS NULL THEN '?' ELSE 'n' END)" for answer in answers)
    return {"who": f"lower({who})" if record.fields[key].ignore_case else who, "said": " || ".join(signs)}


def _domain(name: str, source: Field) -> Iterator[tuple[str, str]]:
    """Give the columns of the domain of an address; what is no address has an unreadable one."""
    address, state = f.name(f"v_{source.id}"), f.name(f"s_{source.id}")
    if source.format == "email" and not source.one_of:
        # Its values have one `@`, with something on either side. Measured: half the cost of what follows.
        yield f"v_{name}", f"lower(substr({address}, strpos({address}, '@') + 1))"
        yield f"s_{name}", state
        return
    found = f"CASE WHEN contains({address}, '@') THEN nullif(lower(split_part({address}, '@', -1)), '') END"
    yield f"v_{name}", found
    yield (
        f"s_{name}",
        f"(CASE WHEN {state} = {VALUE} AND ({found}) IS NULL THEN {UNREADABLE} ELSE {state} END)::UTINYINT",
    )


def _three(test: str) -> str:
    return f"(CASE WHEN {test} THEN {MEETS} WHEN {test} IS NULL THEN {UNSURE} ELSE {FAILS} END)"


def _blame(contract: Contract, plan: RecordPlan, part: TermPlan, mask: int, guards: Mapping[str, Sequence[str]]) -> str:
    """Set a bit for each field and state that makes an unclear verdict unclear; `guards` as `_leads` gives them."""
    chunk = part.blamed[mask * FIELDS_IN_MASK : (mask + 1) * FIELDS_IN_MASK]
    bits = {name: at * len(REASONS) for at, name in enumerate(chunk)}
    parts = [
        f"CASE WHEN {' AND '.join([*guard, _in_doubt(term, n)])} "
        f"THEN {_reason(plan, name, bits[name])} ELSE 0::UINTEGER END"
        for term, guard in guards.items()
        for n, test in enumerate(contract.terms[term].criteria)
        for name in fields_of(test.tree)
        if name in bits
    ]
    return "(" + (" | ".join(parts) or "0::UINTEGER") + ")"


def _in_doubt(term: str, criterion: int) -> str:
    return f"{f.name(f't_{term}_{criterion}')} IS NULL"


def _leads(plan: RecordPlan, top: Term, layers: _Layers, level: int) -> Mapping[str, Sequence[str]]:
    """Give each term through which a term may be unclear, with what must be so that it is: all of some expressions.

    What several criteria lead to, or many steps, gets a column, from a level on: else the ways through terms that name
    each other would be written down one by one.
    """
    guards: dict[str, Sequence[str]] = {}
    leading: dict[str, list[tuple[str, int]]] = {}
    # Backwards through the terms of a plan, each stands behind all that rest on it.
    for term in (part.term for part in reversed(plan.terms)):
        ways = [[*guards[above], _in_doubt(above, n)] for above, n in leading.get(term.id, ())]
        unclear = f"{f.name(f'm_{term.id}')} IS NULL"
        if term is top:
            guards[term.id] = ()
        elif not ways:
            continue
        elif len(ways) == 1 and len(ways[0]) < _MOST_STEPS:
            guards[term.id] = [*ways[0], unclear]
        else:
            column = f"y_{top.id}_{term.id}"
            layers.add(level, column, f"({' OR '.join(' AND '.join(way) for way in ways)}) AND {unclear}")
            guards[term.id] = [f.name(column)]
            level += 1
        for n, test in enumerate(term.criteria):
            for below in terms_of(test.tree):
                leading.setdefault(below, []).append((term.id, n))
    return guards


_MOST_STEPS = 12


def _reason(plan: RecordPlan, name: str, bit: int) -> str:
    state = f.name(f"s_{name}")
    # The reasons that a state gives follow each other as the states do.
    pairs = [(f"{state} >= {REASONS[0]}", f"{1 << bit}::UINTEGER << ({state} - {REASONS[0]})")]
    if plan.record.fields[name].type == "time":
        coarse = f"{f.name(f'lo_{name}')} <> {f.name(f'hi_{name}')}"
        pairs.append((coarse, f"{1 << (bit + len(REASONS) - 1)}::UINTEGER"))
    return f.cases(pairs, "0::UINTEGER")


def _duty(duty: DutyPlan) -> str:
    """Give the code of a row for a duty; unknown membership is unclear, and only a known one is left out."""
    covers = duty.covers
    member = "true"
    if covers.term is not None:
        member = f.name(f"{'k' if covers.marked else 'm'}_{covers.term}")
    if isinstance(duty.measure, Tally):
        return f.cases([(member, str(MET)), (f"{member} IS NULL", str(UNCLEAR))], str(OUTSIDE))
    holds = f.name(f"h_{duty.owed.id}")
    known = f.cases([(holds, str(MET)), (f"NOT {holds}", str(MISSED))], str(UNCLEAR))
    unknown = f.cases([(holds, str(MAY_MEET)), (f"NOT {holds}", str(MAY_MISS))], str(UNCLEAR))
    if duty.owed.where is None:
        return f.cases([(f"NOT {member}", str(OUTSIDE)), (member, known)], unknown)
    where = f.name(f"wh_{duty.owed.id}")
    return f.cases(
        [
            (f"NOT {member}", str(OUTSIDE)),
            (f"{member} AND NOT {where}", str(LEFT_OUT)),
            (f"NOT {where}", str(OUTSIDE)),
            (f"{member} AND {where}", known),
        ],
        unknown,
    )


def _begun(contract: Contract, plan: RecordPlan, duty: DutyPlan) -> dict[str, str]:
    """Give the columns of a duty that is judged by runs: how a row belongs to it, its tiers, calendars and times."""
    measure = duty.measure
    columns = {duty.member: f"({_membership(duty)})::UTINYINT"}
    if isinstance(measure, Course):
        if duty.away is not None:
            # What another version judges is counted here, and none of its faults is told.
            member = f"CASE WHEN ({_membership(duty)}) = {OUTSIDE} THEN {OUTSIDE} ELSE {NOT_COUNTED} END"
            columns[duty.member] = f"(CASE WHEN {duty.away} = 0 THEN {_membership(duty)} ELSE {member} END)::UTINYINT"
        kept = columns_of(contract, contract.lifecycles[measure.lifecycle])
        return columns | {alias: f.name(alias) for alias in kept}
    if not isinstance(measure, Episodes):
        return columns
    if len(measure.tiers) > 1 or (measure.tiers and measure.tiers[0].when):
        columns[duty.tiers] = f"({_possible_tiers(duty, measure)})::{_mask_of(1 + len(measure.tiers))}"
    chosen = contract.calendars[measure.calendar] if measure.calendar is not None else None
    if isinstance(chosen, Choice):
        columns[duty.calendars] = _possible_calendars(chosen)
    return columns | {column: f.name(column) for column in plan.clock_columns(contract, measure)}


def _membership(duty: DutyPlan) -> str:
    """Say whether a duty is about a row: for certain, perhaps, or only to be counted as left out."""
    covers = duty.covers
    member = f.name(f"{'k' if covers.marked else 'm'}_{covers.term}") if covers.term is not None else "true"
    if duty.owed.where is None:
        return f.cases([(f"NOT {member}", str(OUTSIDE)), (member, str(IN))], str(MAYBE_IN))
    where = f.name(f"wh_{duty.owed.id}")
    return f.cases(
        [
            (f"NOT {member}", str(OUTSIDE)),
            (f"{member} AND NOT {where}", str(NOT_COUNTED)),
            (f"NOT {where}", str(OUTSIDE)),
            (f"{member} AND {where}", str(IN)),
        ],
        str(MAYBE_IN),
    )


def _possible_tiers(duty: DutyPlan, measure: Episodes) -> str:
    """Set the bit of every tier that may be the first that holds, and that of none where it may be that none does."""
    tiers = [
        (f.name(f"w{number}_{duty.owed.id}") if tier.when is not None else "true", tier_bit(number))
        for number, tier in enumerate(measure.tiers)
    ]
    unknown = " | ".join(f"(CASE WHEN {when} IS NULL THEN {bit} ELSE 0 END)" for when, bit in tiers)
    # Of those in doubt only the ones before the first that holds for certain can be the first.
    before = f.cases([(when, str(bit - 1)) for when, bit in tiers], str(tier_bit(len(tiers)) - 1))
    first = f.cases([(when, str(bit)) for when, bit in tiers], str(NO_TIER))
    return f"(({unknown}) & {before}) | {first}"


def _mask_of(bits: int) -> str:
    """Name the smallest type that holds a mask of so many bits."""
    kinds = ((8, "UTINYINT"), (16, "USMALLINT"), (32, "UINTEGER"), (64, "UBIGINT"))
    return next((kind for most, kind in kinds if bits <= most), "UHUGEINT")


def _possible_calendars(chosen: Choice) -> str:
    """Set the bit of every calendar that a row may run by: all of them where the value that chooses is not known."""
    value = f.name(f"v_{chosen.field}")
    # As in `runs.terms`: many values may share a calendar, and each of these has one number.
    numbers = {one: number for number, one in enumerate(dict.fromkeys([*chosen.cases.values(), chosen.otherwise]))}
    listed = [(f"{value} = {f.text(case)}", str(1 << numbers[one])) for case, one in chosen.cases.items()]
    unknown = (f"{value} IS NULL", str((1 << len(numbers)) - 1))
    return f"({f.cases([unknown, *listed], str(1 << numbers[chosen.otherwise]))})::{_mask_of(len(numbers))}"


def _child_terms(owed: Responsibility, contract: Contract) -> Iterator[str]:
    measure = owed.duty.measure(owed, contract)
    if isinstance(measure, Episodes):
        yield from children_of(measure)


def slot_of_day(grain: Grain, day: str) -> str:
    """Give the month or week of a local day, which is given as days since 1970."""
    if grain == "week":
        # Weeks begin on Monday; the shift keeps days before 1970 from being rounded the wrong way.
        return f"((({day} - 4) + 70000) // 7 - 10000)::SMALLINT"
    return f"(datediff('month', DATE '1970-01-01', DATE '1970-01-01' + {day}) + {1970 * 12})::SMALLINT"


def links_at_hand(parent: str, child: RecordPlan, available: set[str]) -> list[Link]:
    """Give the links to a parent of which both ends are bound in the exports at hand."""
    return [
        link
        for link in child.record.links
        if link.parent == parent and link.field in child.fields and link.parent_field in available
    ]
