"""The statements that make a record's tables: cells typed, keys settled, children counted, verdicts as small codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slacli.core import dialects, zones
from slacli.core.plan import casts
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, NOT_ALLOWED, NOT_BOUND, UNREADABLE, VALUE, Window
from slacli.core.plan.layers import Layers, typed_columns
from slacli.core.plan.narrow import narrow
from slacli.core.plan.tables import (
    AWAY,
    BITS_IN_MASK,
    CONTRADICTORY,
    FLAG_BITS,
    FLAGS_IN_COLUMN,
    KEPT,
    MANY,
    MERGED,
    ODD_MARK,
    REPEATED,
    Part,
    RecordPlan,
    Scan,
    Statement,
    chunks,
)
from slacli.model import (
    Column,
    Contract,
    Field,
    Link,
)

_PARTS_OF_KEYS = 2_500_000

# The states of all fields of a row together: few rows hold anything worse than a blank, and the others pay one look.
_WORST = "worst"


def _read(contract: Contract, scan: Scan, part: Part, window: Window) -> Layers:
    """Type every bound column of a part of one export."""
    layers = Layers(part.source)
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


def _row_facts(plan: RecordPlan, layers: Layers, scan_fields: Sequence[str]) -> dict[str, str]:
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
    for at, chunk in enumerate(chunks(plan.times, FLAGS_IN_COLUMN)):
        flags = [
            f"{f.name(f'z_{name}')}::UINTEGER << {FLAG_BITS * n}" for n, name in enumerate(chunk) if name in scan_fields
        ]
        if chunk:
            facts[f"z_{at}"] = " | ".join(f"({one})" for one in flags) or "0::UINTEGER"
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
                columns = narrow(contract, plan, layers, list(scan.columns), kept)
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
                names = [alias for name in scan.columns for alias in typed_columns(plan.record.fields[name])]
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
    layers = Layers(source)
    for one in lookups:
        for alias, expression in _looked_up(contract, one):
            layers.add(10, alias, expression)
    names = [*plan.bound, *(one.id for one in lookups)]
    columns = narrow(contract, plan, layers, names, kept)
    columns = {"key": '"key"', "fate": "0::UTINYINT", "af": '"af"', "ar": '"ar"', **columns}
    _create(plan, plan.table, layers.select(columns), first=True)
    _take_merged(plan)


def _create(plan: RecordPlan, table: str, select: str, *, first: bool, scan: int | None = None, part: int = 0) -> None:
    plan.statements.append(Statement(f"{f.fill(table, first=first)} {select}", reads=scan, part=part))


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
        begin = f.fill(f"k_{table}", first=part == 0)
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
        begin = f.fill(f"w_{table}", first=number == 0)
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
        for alias in typed_columns(plan.record.fields[name]):
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
    if len(numbers) == 1:
        return f"{numbers[0]}::USMALLINT", "rowid"
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


def links_at_hand(parent: str, child: RecordPlan, available: set[str]) -> list[Link]:
    """Give the links to a parent of which both ends are bound in the exports at hand."""
    return [
        link
        for link in child.record.links
        if link.parent == parent and link.field in child.fields and link.parent_field in available
    ]
