"""The questions that a report asks of the tables that a plan made: each gives the text of one query."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from slacli.core.plan import fragments as f
from slacli.core.plan.statements import located, pairs
from slacli.core.plan.tables import (
    AWAY,
    BY,
    EARLIER,
    FLAG_BITS,
    FLAGS_IN_COLUMN,
    KEPT,
    LATER,
    LEFT_OUT,
    MAY_MEET,
    MAY_MISS,
    MERGED,
    MET,
    MISSED,
    ODD_MARK,
    OUTSIDE,
    RELIEVED,
    UNCLEAR,
    DutyPlan,
    RecordPlan,
    Slot,
    TermPlan,
    away,
    mask_count,
    masks,
)
from slacli.model import Course, Episodes, Link

_JUDGED = f"fate = {KEPT} AND lo = 0"


def place(plan: RecordPlan, table: str, numbers: tuple[int, ...]) -> tuple[str, str]:
    """Give the expressions for the scan and the 0-based record of a row of one of a plan's tables."""
    if table == plan.table and plan.staged:
        return "af", "ar"
    sizes = tuple(scan.records for scan in plan.scans if _filled(plan, scan.binding.id, table))
    return located(sizes, numbers)


def _filled(plan: RecordPlan, binding: str, table: str) -> bool:
    return table in {plan.table, f"g_{plan.record.id}_{binding}"}


def _numbers(plan: RecordPlan) -> tuple[int, ...]:
    return tuple(number for _, numbers in plan.settled for number in numbers)


def _mine(away: str | None, is_mine: str = " = 0") -> str:
    """Give the condition that chooses the rows whose day lies in the span, where several versions judge."""
    return "" if away is None else f" AND {away}{is_mine}"


def fates(plan: RecordPlan, table: str, numbers: tuple[int, ...]) -> str:
    """Scan, fate and count of the rows with repeated keys."""
    file, _ = place(plan, table, numbers)
    return f"SELECT {file} AS file, fate, count(*) FROM {f.name(table)} WHERE fate <> {KEPT} GROUP BY ALL ORDER BY ALL"


def keys_of_fate(plan: RecordPlan, table: str, numbers: tuple[int, ...], fate: int, limit: int) -> str:
    """Key, scan and record of the first rows with a fate."""
    file, row = place(plan, table, numbers)
    return f'SELECT "key", {file}, {row} FROM {f.name(table)} WHERE fate = {fate} ORDER BY rowid LIMIT {limit}'


def blank_keys(plan: RecordPlan, table: str, numbers: tuple[int, ...], limit: int) -> str:
    """Scan and record of rows without a key, with how many there are."""
    file, row = place(plan, table, numbers)
    return (
        f'SELECT {file}, {row}, count(*) OVER () FROM {f.name(table)} WHERE "key" IS NULL ORDER BY rowid LIMIT {limit}'
    )


def flags_at(plan: RecordPlan) -> dict[str, tuple[str, int]]:
    """Give for each time column where its flags stand: the column, and how far they are moved up in it."""
    return {name: (f.name(f"z_{at}"), FLAG_BITS * n) for at, n, name in masks(plan.times, FLAGS_IN_COLUMN)}


def flags(plan: RecordPlan, table: str, numbers: tuple[int, ...]) -> str:
    """Scan and the flags of each time column of `plan.times`."""
    file, _ = place(plan, table, numbers)
    listed = ", ".join(
        f"(bit_or({column}) >> {shift}) & {(1 << FLAG_BITS) - 1}" for column, shift in flags_at(plan).values()
    )
    return f"SELECT {file} AS file, {listed} FROM {f.name(table)} GROUP BY file ORDER BY file"


def flagged(
    plan: RecordPlan, table: str, numbers: tuple[int, ...], columns: Sequence[str], flag: int, limit: int
) -> str:
    """Name, scan and record of the first rows in which each of some time columns has a flag, and how many there are."""
    file, row = place(plan, table, numbers)
    at = flags_at(plan)
    flags = [f"{at[column][0]} & {flag << at[column][1]} <> 0" for column in columns]
    # Measured: to look at all columns at once takes half as long as at one after the other.
    names = ", ".join(f.text(column) for column in columns)
    found = (
        f"SELECT rowid AS r, unnest([{names}]) AS name, unnest([{', '.join(flags)}]) AS has "
        f"FROM {f.name(table)} WHERE {' OR '.join(flags)}"
    )
    firsts = f"SELECT name, count(*) AS total, min(r, {limit}) AS firsts FROM ({found}) WHERE has GROUP BY name"
    return (
        f"SELECT name, {file}, {row}, total FROM (SELECT name, total, unnest(firsts) AS rowid FROM ({firsts})) "
        f"ORDER BY name, rowid"
    )


def unread_at_all(plan: RecordPlan, table: str) -> str:
    """For each mask, the bits of the fields that were unreadable and then of those that were not allowed."""
    listed = ", ".join(
        f"bit_or({f.name(f'{prefix}_{at}')})" for prefix in ("bu", "bn") for at in range(mask_count(plan.bound))
    )
    return f"SELECT {listed} FROM {f.name(table)}"


def unread(plan: RecordPlan, table: str, numbers: tuple[int, ...], columns: Sequence[tuple[str, str]]) -> str:
    """Scan, then for each pair of prefix (`bu` unreadable, `bn` not allowed) and field how many values were so."""
    file, _ = place(plan, table, numbers)
    where = {name: (at, bit) for at, bit, name in masks(plan.bound)}
    listed = ", ".join(
        f"count(*) FILTER ({f.name(f'{prefix}_{where[name][0]}')} & {1 << where[name][1]} <> 0)"
        for prefix, name in columns
    )
    return f"SELECT {file} AS file, {listed} FROM {f.name(table)} GROUP BY file ORDER BY file"


def unread_rows(plan: RecordPlan, table: str, numbers: tuple[int, ...], field: str, prefix: str, limit: int) -> str:
    """Key, scan and record of the first rows in which a field is unreadable (`bu`) or not allowed (`bn`)."""
    file, row = place(plan, table, numbers)
    at, bit = next((at, bit) for at, bit, name in masks(plan.bound) if name == field)
    column = f.name(f"{prefix}_{at}")
    chosen = f"{column} & {1 << bit} <> 0"
    return f'SELECT "key", {file}, {row} FROM {f.name(table)} WHERE {chosen} ORDER BY rowid LIMIT {limit}'


def rejected(plan: RecordPlan, table: str, numbers: tuple[int, ...], number: int) -> str:
    """Of one scan: key, record, fate and masks of the rows not judged or with a cell that could not be used.

    The masks are those of the unreadable fields, and then those of the fields that hold what is not allowed.
    """
    file, row = place(plan, table, numbers)
    columns = [f.name(f"{prefix}_{at}") for prefix in ("bu", "bn") for at in range(mask_count(plan.bound))]
    return (
        f'SELECT "key", {row}, fate, {", ".join(columns)} FROM {f.name(table)} '
        f"WHERE {file} = {number} AND (fate <> {KEPT} OR {' | '.join(columns)} <> 0) ORDER BY rowid"
    )


def unlisted(plan: RecordPlan, table: str, numbers: tuple[int, ...], field: str, limit: int) -> str:
    """Value, count, and the scan, record and key of its first row, for what is odd about a field.

    Those are values that the contract does not list, and of an amount that cannot be read the sign of its currency.
    """
    file, row = place(plan, table, numbers)
    mark = f"{plan.odd.index(field)}="
    parts = (
        f'SELECT unnest(string_split(odd, {ODD_MARK})) AS part, rowid AS r, {file} AS file, {row} AS record, "key" '
        f"FROM {f.name(table)} WHERE odd IS NOT NULL"
    )
    return (
        f"SELECT substr(part, {len(mark) + 1}) AS value, count(*) AS n, arg_min(file, r), arg_min(record, r), "
        f'arg_min("key", r) FROM ({parts}) WHERE starts_with(part, {f.text(mark)}) '
        f"GROUP BY value ORDER BY n DESC, value LIMIT {limit}"
    )


def latest(plan: RecordPlan, table: str, numbers: tuple[int, ...], limit: int) -> str:
    """The latest times of rows, newest first, with scan and record."""
    file, row = place(plan, table, numbers)
    return (
        f"SELECT latest, {file}, {row} FROM {f.name(table)} WHERE latest IS NOT NULL "
        f"ORDER BY latest DESC, rowid LIMIT {limit}"
    )


def since(table: str, moment: int) -> str:
    """How many rows hold a time that is not before a moment."""
    return f"SELECT count(*) FROM {f.name(table)} WHERE latest >= {moment}"


def latest_by_scan(plan: RecordPlan, table: str, numbers: tuple[int, ...], until: int) -> str:
    """Scan, its latest time that is not after `until`, and how many rows have a later one."""
    file, _ = place(plan, table, numbers)
    return (
        f"SELECT {file} AS file, max(latest) FILTER (latest <= {until}), count(*) FILTER (latest > {until}) "
        f"FROM {f.name(table)} GROUP BY file"
    )


def left_out(plan: RecordPlan) -> str:
    """Number of the rule (1-based) and count of the rows that it leaves out."""
    mine = _mine(away(plan.span, plan.dated), f" <> {AWAY}")
    return (
        f"SELECT lo, count(*) FROM {f.name(plan.table)} WHERE fate = {KEPT} AND lo <> 0{mine} GROUP BY lo ORDER BY lo"
    )


# Measured: to count by five codes at once takes as long as to count by two of them one after the other. There can be as
# many groups as the codes have combinations, so that no more are counted at once.
_TERMS_AT_ONCE = 5


def counted_together(plan: RecordPlan, part: TermPlan) -> tuple[TermPlan, ...]:
    """Give the terms of a record that are counted in one question with a term, itself among them."""
    alike = [one for one in plan.terms if one.away == part.away]
    first = alike.index(part) // _TERMS_AT_ONCE * _TERMS_AT_ONCE
    return tuple(alike[first : first + _TERMS_AT_ONCE])


def cells(plan: RecordPlan, parts: Sequence[TermPlan]) -> str:
    """Code of each of some terms that are counted together, and count of the rows by mark and verdict."""
    columns = ", ".join(f.name(f"c_{part.term.id}") for part in parts)
    mine = _mine(parts[0].away)
    return f"SELECT {columns}, count(*) FROM {f.name(plan.table)} WHERE {_JUDGED}{mine} GROUP BY ALL ORDER BY ALL"


def blamed(plan: RecordPlan, part: TermPlan, mask: str, *, marked: bool) -> str:
    """Mask of fields and states, and count of the unclear rows (of the marked ones where the term has a mark)."""
    column = f.name(mask)
    # Only unclear rows blame a field.
    only = f" AND {f.name(f'c_{part.term.id}')} // 3 = 2" if marked else ""
    return (
        f"SELECT {column}, count(*) FROM {f.name(plan.table)} "
        f"WHERE {_JUDGED} AND {column} <> 0{only}{_mine(part.away)} GROUP BY 1"
    )


TIER = "tier"
"""Stands among the fields that a duty is shown by for the tier of a clock, by its number."""


def _of_duty(plan: RecordPlan, part: DutyPlan, *, whenever: bool = False) -> str:
    """Each row or run that a duty covers: r, n, key, file, record, slot, code, and the values that it is shown by.

    Of rows that no table of runs holds those outside the span are left out, if not `whenever`.
    """
    file, row = place(plan, plan.table, _numbers(plan))
    shown = "".join(f", {f.name(f'v_{name}')}" for name in part.shown_by)
    shown += f", {f.name(BY)}" if plan.by is not None else ""
    named = f'rowid AS r, "key", {file} AS file, {row} AS record{shown}'
    if part.episodes is None:
        code = f.name(part.column)
        mine = "" if whenever else _mine(part.away)
        return (
            f"(SELECT {named}, 1 AS n, {part.placed} AS slot, {code} AS code FROM {f.name(plan.table)} "
            f"WHERE {_JUDGED} AND {code} <> {OUTSIDE}{mine})"
        )
    return f"(SELECT * FROM {f.name(part.episodes)} JOIN (SELECT {named} FROM {f.name(plan.table)}) USING (r))"


def duty(plan: RecordPlan, part: DutyPlan, shown_by: str | None, code: str = "code") -> str:
    """Slot, value of `shown_by`, code and count of the rows or runs that a duty covers."""
    if part.episodes is not None and shown_by in {None, TIER}:
        shown = TIER if shown_by else "NULL"
        source = f.name(part.episodes)
    else:
        shown = _shown(shown_by)
        source = _of_duty(plan, part)
    slot = "slot" if part.slot else "0"
    return f"SELECT {slot}, {shown}, {code}, count(*) FROM {source} GROUP BY ALL ORDER BY ALL"


def _shown(shown_by: str | None) -> str:
    """Give the column of `_of_duty` that holds the value of a field, or what people split by."""
    if shown_by is None:
        return "NULL"
    return f.name(BY if shown_by == BY else f"v_{shown_by}")


def reach(plan: RecordPlan, slot: Slot) -> str:
    """First and last slot of all rows."""
    column = f.name(slot.column)
    return f"SELECT min({column}), max({column}) FROM {f.name(plan.table)} WHERE {_JUDGED}"


def first_slots(plan: RecordPlan, slot: Slot, limit: int) -> str:
    """The first slots that hold rows, each with its number of rows and the number of all rows, in order."""
    column = f.name(slot.column)
    return (
        f"SELECT {column}, count(*), sum(count(*)) OVER () FROM {f.name(plan.table)} "
        f"WHERE {_JUDGED} AND {column} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {limit}"
    )


def reach_of_runs(table: str) -> str:
    """First and last slot of all runs."""
    return f"SELECT min(slot), max(slot) FROM {f.name(table)}"


def rows_of_duty(
    plan: RecordPlan, part: DutyPlan, wanted: Sequence[tuple[Sequence[int], range | None]], limit: int | None
) -> str:
    """The first rows or runs of a duty with certain codes in each of some stretches of slots, which do not overlap.

    For each the number of the stretch, key, scan, record and r; those of a stretch stand in the order of the file.
    """
    within = [slots if part.slot and slots else (None,) for _, slots in wanted]
    listed = ", ".join(
        f"({'NULL' if slot is None else slot}::SMALLINT, {code}::UTINYINT, {number})"
        for number, (codes, _) in enumerate(wanted)
        for slot in within[number]
        for code in codes
    )
    named = "code" if (None,) in within else "slot, code"
    source = f.name(part.episodes) if part.episodes is not None else _of_duty(plan, part)
    found = f"FROM {source} JOIN (VALUES {listed}) v(slot, code, number) USING ({named})"
    # The first of each stretch are found in one pass, and only they are looked up in the record's table.
    few = f"number, r {found}" if limit is None else f"number, unnest(min(r, {limit})) AS r {found} GROUP BY number"
    file, row = place(plan, plan.table, _numbers(plan))
    return (
        f'SELECT number, "key", file, record, r FROM (SELECT {few}) '
        f'JOIN (SELECT rowid AS r, "key", {file} AS file, {row} AS record FROM {f.name(plan.table)}) USING (r) '
        f"ORDER BY number, r"
    )


def disputed(plan: RecordPlan, part: DutyPlan, keys: Sequence[str], shown_by: str | None) -> str:
    """Key, slot, value of `shown_by`, code, scan, record and r of the rows or runs with certain keys."""
    slot = "slot" if part.slot else "0"
    shown = TIER if shown_by == TIER else _shown(shown_by)
    listed = ", ".join(f.text(key) for key in keys)
    return (
        f'SELECT "key", {slot}, {shown}, code, file, record, r FROM {_of_duty(plan, part)} '
        f'WHERE "key" IN ({listed}) ORDER BY r, n'
    )


def episodes(plan: RecordPlan, part: DutyPlan) -> str:
    """Every row or run that a duty covers: key, scan, record, slot, code, number, why, how it ran, its shown values.

    How it ran: the tier, the calendar, begin and end, and how long it took; nothing of that for a row that is no run.
    Why it did not keep its lifecycle stands only where the duty follows one.
    """
    shown = "".join(f", {f.name(f'v_{name}')}" for name in part.shown_by)
    why = "why" if isinstance(part.measure, Course) else "NULL"
    ran = "tier, calendar, begun, ended, took" if isinstance(part.measure, Episodes) else "NULL, NULL, NULL, NULL, NULL"
    return f'SELECT "key", file, record, slot, code, n, {why}, {ran}{shown} FROM {_of_duty(plan, part)} ORDER BY r, n'


def of_row(plan: RecordPlan, part: DutyPlan, row: int) -> str:
    """Slot and code of every row or run that a duty has of one row of a record, and its code without any relief."""
    plain = "plain" if part.owed.relieved_by else "code"
    return f"SELECT slot, code, {plain} FROM {_of_duty(plan, part)} WHERE r = {row} ORDER BY n"


def placed(plan: RecordPlan, away: str, row: int) -> str:
    """Where the day of a row of a record lies: in the span of the version, or `AWAY`, `EARLIER` or `LATER`."""
    return f"SELECT {away} FROM {f.name(plan.table)} WHERE rowid = {row}"


def holders(plan: RecordPlan, table: str, numbers: tuple[int, ...], key: str) -> str:
    """Key, scan, record and fate of the rows with a key, or else with one that differs in case or in its ending."""
    file, row = place(plan, table, numbers)
    wanted = f.text(key)
    near = f'lower("key") = lower({wanted})'
    if len(key) in _SALESFORCE and key.isalnum():
        near += f' OR (length("key") IN {_SALESFORCE} AND left("key", 15) = left({wanted}, 15))'
    return (
        f'SELECT "key", {file}, {row}, fate FROM {f.name(table)} WHERE {near} '
        f'ORDER BY "key" <> {wanted}, rowid LIMIT {_HOLDERS}'
    )


_SALESFORCE = (15, 18)
_HOLDERS = 100


def row_of_key(plan: RecordPlan, key: str) -> str:
    """The number of the row of a record's table that has a key and was kept."""
    return f'SELECT rowid FROM {f.name(plan.table)} WHERE "key" = {f.text(key)} AND fate = {KEPT} LIMIT 1'


def whole(plan: RecordPlan, rows: Sequence[int]) -> str:
    """All that is kept of some rows of a record's table: r, key, scan, record, and the number of what left them out.

    Then for each field of the record its state, value (None of a time), low and high; for each planned term its code;
    for each planned duty its code, or how the row belongs to it where what became of it is found out later.
    """
    file, row = place(plan, plan.table, _numbers(plan))
    columns = ["rowid", '"key"', file, row, "lo"]
    for one in plan.record.fields.values():
        timed = one.type in {"time", "date"}
        columns.append(f.name(f"s_{one.id}"))
        columns.append("NULL" if one.type == "time" else f.name(f"x_{one.id}"))
        columns += [f.name(f"{prefix}_{one.id}") if timed else "NULL" for prefix in ("lo", "hi")]
    columns += [f.name(f"c_{part.term.id}") for part in plan.terms]
    columns += [f.name(part.column if part.in_cells else part.member) for part in plan.duties]
    listed = ", ".join(map(str, rows))
    return f"SELECT {', '.join(columns)} FROM {f.name(plan.table)} WHERE rowid IN ({listed}) ORDER BY rowid"


def belonging(parent: RecordPlan, child: RecordPlan, links: Sequence[Link], row: int) -> str:
    """The rows of a child that belong to one row of its parent."""
    return f"SELECT c FROM {pairs(child, links, parent, parent.table)} WHERE p = {row} ORDER BY c"


def in_another_case(plan: RecordPlan, parent: RecordPlan, links: Sequence[Link]) -> str:
    """Count the rows of a child that name a row of its parent in other capitals, and none as it is written."""
    tests = []
    for link in links:
        mine, theirs = f.name(f"v_{link.field}"), f.name(f"v_{link.parent_field}")
        ids = f"unnest({mine})" if link.among else f"CAST({mine} AS VARCHAR)"
        known = f"SELECT lower(left({theirs}, {_SALESFORCE[0]})) FROM {f.name(parent.table)} WHERE {theirs} IS NOT NULL"
        found = f"SELECT r FROM (SELECT rowid AS r, {ids} AS id FROM {f.name(plan.table)}) "
        tests.append(f"rowid IN ({found} WHERE length(id) = {_SALESFORCE[1]} AND lower(left(id, 15)) IN ({known}))")
    return f"{orphans(plan, parent, links)} AND ({' OR '.join(tests)})"


def orphans(plan: RecordPlan, parent: RecordPlan, links: Sequence[Link]) -> str:
    """Count the rows of a child that belong to no row of its parent."""
    tests = []
    table = f.name(plan.table)
    for link in links:
        mine, theirs = f.name(f"v_{link.field}"), f.name(f"v_{link.parent_field}")
        known = f"SELECT CAST({theirs} AS VARCHAR) FROM {f.name(parent.table)} WHERE {theirs} IS NOT NULL"
        if parent.merges is not None and link.parent_field == parent.record.key:
            known += f" UNION ALL SELECT loser FROM {f.name(parent.merges)} WHERE winner IS NOT NULL"
        ids = f"unnest({mine})" if link.among else f"CAST({mine} AS VARCHAR)"
        found = f"SELECT r FROM (SELECT rowid AS r, {ids} AS id FROM {table}) WHERE id IN ({known})"
        tests.append(f"rowid NOT IN ({found})")
    return f"SELECT count(*) FROM {f.name(plan.table)} WHERE fate = {KEPT} AND {' AND '.join(tests)}"


def merged_nowhere(plan: RecordPlan, limit: int, *, lost: bool) -> str:
    """Key, scan and record of the first rows that were merged to no end, with how many there are.

    With `lost` into a row that no export holds, else in a circle or into two.
    """
    file, row = place(plan, plan.table, _numbers(plan))
    mine = f"CAST({f.name(f'v_{plan.record.key}')} AS VARCHAR)"
    known = f"(SELECT {mine} FROM {f.name(plan.table)} WHERE fate = {KEPT} AND {mine} IS NOT NULL)"
    merged = f"(SELECT loser FROM {f.name(plan.merges or '')} WHERE winner NOT IN {known})"
    if not lost:
        settled = f"(SELECT loser FROM {f.name(plan.merges or '')} WHERE winner IS NOT NULL)"
        merged = f"(SELECT {mine} FROM {f.name(plan.table)} WHERE {mine} NOT IN {settled})"
    return (
        f'SELECT "key", {file}, {row}, count(*) OVER () FROM {f.name(plan.table)} '
        f"WHERE fate = {KEPT} AND lo = {MERGED} AND {mine} IN {merged} ORDER BY rowid LIMIT {limit}"
    )


def rows_by_number(plan: RecordPlan, rows: Sequence[int]) -> str:
    """Key, scan and record of some rows of a record's table."""
    file, row = place(plan, plan.table, _numbers(plan))
    listed = ", ".join(map(str, rows))
    return f'SELECT "key", {file}, {row} FROM {f.name(plan.table)} WHERE rowid IN ({listed}) ORDER BY rowid'


def opened_for_relief(plan: RecordPlan, part: DutyPlan) -> list[str]:
    """Give the statements that make a duty's table of runs ready to be relieved, its code kept beside."""
    table = f.name(part.episodes or "")
    if not part.in_cells:
        return [f"ALTER TABLE {table} ADD COLUMN plain UTINYINT", f"UPDATE {table} SET plain = code"]
    code = f.name(part.column)
    columns = f"rowid AS r, 1::INTEGER AS n, {code} AS code, {part.placed} AS slot, {code} AS plain"
    return [
        f"CREATE TABLE {table} AS SELECT {columns} FROM {f.name(plan.table)} WHERE {_JUDGED} AND {code} <> {OUTSIDE}",
    ]


def relieved(plan: RecordPlan, part: DutyPlan, by: DutyPlan) -> str:
    """Give the statement that takes the rows out of a duty on which the other side was late with its own."""
    late = f"bool_or(code = {MISSED})"
    maybe = f"bool_or(code IN ({UNCLEAR}, {MAY_MISS}))"
    code = f.cases(
        [
            (f"code = {LEFT_OUT}", str(LEFT_OUT)),
            ("late", str(RELIEVED)),
            (f"code = {MET}", str(MAY_MEET)),
            (f"code = {MISSED}", str(MAY_MISS)),
        ],
        "code",
    )
    return (
        f"UPDATE {f.name(part.episodes or '')} SET code = {code} FROM "
        f"(SELECT r AS row, {late} AS late, {maybe} AS maybe FROM {_of_duty(plan, by, whenever=True)} GROUP BY r) x "
        f"WHERE x.row = r AND (late OR maybe)"
    )


def responses(part: DutyPlan, stretches: Sequence[range | None]) -> str:
    """Of the answered runs known to the second in each of some stretches of slots, which do not overlap.

    For each stretch that has any: its number, how many, and by nearest rank the median with the 90th percentile.
    """
    known = f"code IN ({MET}, {MISSED}) AND ended IS NOT NULL AND took IS NOT NULL"
    table = f.name(part.episodes or "")
    figures = "count(*), quantile_disc(took, [0.5, 0.9])"
    pairs = [f"({slot}, {number})" for number, slots in enumerate(stretches) for slot in slots or ()]
    if part.slot is None or not pairs:
        return f"SELECT 0, {figures} FROM {table} WHERE {known} HAVING count(*) > 0"
    named = f"(SELECT slot::SMALLINT AS slot, number FROM (VALUES {', '.join(pairs)}) v(slot, number))"
    return f"SELECT number, {figures} FROM {table} JOIN {named} USING (slot) WHERE {known} GROUP BY number"


def early(part: DutyPlan) -> str:
    """The rows on which the answer lies before the start."""
    mine = _mine(None if part.span is None else "coalesce(slot, 0)", f" NOT IN ({AWAY}, {EARLIER}, {LATER})")
    return f"SELECT DISTINCT r FROM {f.name(part.episodes or '')} WHERE ended < begun{mine} ORDER BY r"


def missed_rows(parts: Sequence[DutyPlan], table: str, rows: Collection[int]) -> str:
    """The rows, among some of a record's table, on which a duty was missed, each after the number of the duty."""
    listed = ", ".join(map(str, sorted(rows)))
    asked = []
    for number, part in enumerate(parts):
        if part.episodes is None:
            judged = f"{_JUDGED}{_mine(part.away)} AND {f.name(part.column)} = {MISSED}"
            asked.append(
                f"SELECT {number} AS n, rowid AS r FROM {f.name(table)} WHERE rowid IN ({listed}) AND {judged}"
            )
        else:
            source = f"{f.name(part.episodes)} WHERE r IN ({listed}) AND code = {MISSED}"
            asked.append(f"SELECT DISTINCT {number} AS n, r FROM {source}")
    return f"{' UNION ALL '.join(asked)} ORDER BY n, r"


# --- where several versions judge --------------------------------------------------------------


def nobodys(plan: RecordPlan, part: DutyPlan) -> str:
    """`EARLIER` or `LATER`, and count of the rows or runs that a duty covers and that no version judges."""
    if part.episodes is not None:
        return _nobodys("slot", f.name(part.episodes), "true")
    return _nobodys(str(part.away), f.name(plan.table), f"{_JUDGED} AND {f.name(part.column)} <> {OUTSIDE}")


def without_version(plan: RecordPlan, part: TermPlan) -> str:
    """`EARLIER` or `LATER`, and count of the rows of which no version says whether they meet a term."""
    return _nobodys(str(part.away), f.name(plan.table), _JUDGED)


def _nobodys(away: str, table: str, chosen: str) -> str:
    return (
        f"SELECT {away}, count(*) FROM {table} WHERE {chosen} AND {away} IN ({EARLIER}, {LATER}) GROUP BY 1 ORDER BY 1"
    )


def only_mine(part: DutyPlan) -> str:
    """Give the statement that takes the runs out of a duty's table that this version does not judge."""
    return f"DELETE FROM {f.name(part.episodes or '')} WHERE slot IN ({AWAY}, {EARLIER}, {LATER})"
