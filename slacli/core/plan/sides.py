"""Two exports of one record in two rooms of one engine, joined by a field, and the queries that compare their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, VALUE
from slacli.core.plan.narrow import slot_of_day
from slacli.core.plan.tables import CONTRADICTORY, KEPT, REPEATED
from slacli.model import Contract, Field, Record
from slacli.values import dataclass

ROOMS = ("one", "other")
"""The rooms of the two sides."""

# What two values of a field are beside each other: what stands in `c_<field>`. 0 stands where a row has no other.
EQUAL, DIFFER, ONLY_ONE, ONLY_OTHER, BOTH_BLANK, UNSURE = range(1, 7)
CODES = (EQUAL, DIFFER, ONLY_ONE, ONLY_OTHER, BOTH_BLANK, UNSURE)

# How a row stands: in both exports, in one alone, or beside rows that contradict each other. What stands in `kind`.
BOTH, MISSING_OTHER, MISSING_ONE, IN_DOUBT_OTHER, IN_DOUBT_ONE = range(5)


def side(contract: Contract, on: str | None) -> Contract:
    """Give what one side is read by: the records and bindings alone, rows told apart by the field of the join.

    What a binding only compares is read like its other columns.
    """
    records = {name: _record(record, on) for name, record in contract.records.items()}
    bindings = {
        name: replace(one, columns=MappingProxyType({**one.columns, **one.compares}), joins_on=None)
        for name, one in contract.bindings.items()
    }
    return replace(
        contract, records=records, bindings=bindings, people=None, terms={}, lifecycles={}, responsibilities={},
        metrics={}, goals={},
    )  # fmt: skip


def _record(record: Record, on: str | None) -> Record:
    fields = {name: one for name, one in record.fields.items() if one.derived is None}
    key = on if on in fields else record.key
    return replace(record, fields=fields, key=key, left_out=(), links=(), history=None)


@dataclass(frozen=True, slots=True)
class Joined:
    """Two tables of one record, the field that joins them, the fields that both have, and each side's own date."""

    record: Record
    on: Field
    fields: tuple[Field, ...]
    dated: tuple[bool, bool]

    @property
    def table(self) -> str:
        return f"r_{self.record.id}"

    def made(self) -> list[str]:
        """Give the statements that make `doubt_<room>`, the keys of rows that contradict, and `joined`."""
        return [*(self._doubted(room) for room in ROOMS), f"CREATE TABLE joined AS {self._joined()}"]

    def _of(self, room: str) -> str:
        return f"{room}.{f.name(self.table)}"

    @property
    def _key(self) -> str:
        return 'lower("key")' if self.on.ignore_case else '"key"'

    def _doubted(self, room: str) -> str:
        """Rows that differ in the case of their keys alone are told apart only where case counts."""
        again = (
            f'SELECT {self._key} AS k FROM {self._of(room)} WHERE fate = {KEPT} AND "key" IS NOT NULL '
            f"GROUP BY k HAVING count(*) > 1"
        )
        known = f"SELECT {self._key} AS k FROM {self._of(room)} WHERE fate = {CONTRADICTORY}"
        return f"CREATE TABLE {f.name(f'doubt_{room}')} AS SELECT DISTINCT k FROM ({known} UNION ALL {again})"

    def _side(self, at: int) -> str:
        room, end = ROOMS[at], "ab"[at]
        columns = [f"{self._key} AS k", f"rowid AS {end}r", f"{self._month(at)} AS {end}m"]
        for one in self.fields:
            columns += [f"{f.name(alias)} AS {f.name(f'{end}_{alias}')}" for alias in _columns(one)]
        return (
            f'(SELECT {", ".join(columns)} FROM {self._of(room)} WHERE fate = {KEPT} AND "key" IS NOT NULL '
            f"AND {self._key} NOT IN (SELECT k FROM {f.name(f'doubt_{room}')}))"
        )

    def _month(self, at: int) -> str:
        """The month of a row by its own date; nothing where the side has none."""
        moment = self.record.moment
        if moment is None or not self.dated[at]:
            return "CAST(NULL AS SMALLINT)"
        known = f"{f.name(f's_{moment}')} = {VALUE}"
        return f"CASE WHEN {known} THEN {slot_of_day('month', f.name(f'day_{moment}'))} END"

    def _joined(self) -> str:
        codes = "".join(
            f", (CASE WHEN ar IS NULL OR br IS NULL THEN 0 ELSE {_code(one)} END)::UTINYINT AS {f.name(f'c_{one.id}')}"
            for one in self.fields
        )
        kind = f.cases(
            [
                ("ar IS NOT NULL AND br IS NOT NULL", str(BOTH)),
                (f"br IS NULL AND k IN (SELECT k FROM {f.name('doubt_other')})", str(IN_DOUBT_OTHER)),
                ("br IS NULL", str(MISSING_OTHER)),
                (f"k IN (SELECT k FROM {f.name('doubt_one')})", str(IN_DOUBT_ONE)),
            ],
            str(MISSING_ONE),
        )
        return (
            f"SELECT k, ar, br, coalesce(am, bm) AS m, ({kind})::UTINYINT AS kind{codes} "
            f"FROM {self._side(0)} FULL JOIN {self._side(1)} USING (k)"
        )

    # --- what is asked ---

    def account(self, at: int) -> str:
        """Of one side: how many rows are repeated, contradictory, and without a key that can be read.

        Rows that only the case of their keys tells apart are contradictory where case does not count.
        """
        table = self._of(ROOMS[at])
        doubted = f"{self._key} IN (SELECT k FROM {f.name(f'doubt_{ROOMS[at]}')})"
        return (
            f"SELECT count(*) FILTER (fate = {REPEATED}), "
            f'count(*) FILTER (fate = {CONTRADICTORY} OR (fate = {KEPT} AND "key" IS NOT NULL AND {doubted})), '
            f'count(*) FILTER (fate = {KEPT} AND "key" IS NULL) FROM {table}'
        )

    def months(self) -> str:
        """Month and kind, how many rows and how many of them differ, and for each field the count of each code."""
        differs = " OR ".join(f"{f.name(f'c_{one.id}')} IN ({_UNLIKE})" for one in self.fields) or "false"
        counts = "".join(
            f", count(*) FILTER ({f.name(f'c_{one.id}')} = {code})" for one in self.fields for code in CODES
        )
        return (
            f"SELECT m, kind, count(*), count(*) FILTER ({differs}){counts} FROM joined GROUP BY m, kind ORDER BY ALL"
        )

    def missing(self, kind: int, limit: int) -> str:
        """Key and record of the first rows of a kind that stand in one export alone."""
        row = "ar" if kind in {MISSING_OTHER, IN_DOUBT_OTHER} else "br"
        return (
            f'SELECT t."key", {row} FROM (SELECT {row} FROM joined WHERE kind = {kind} ORDER BY {row} LIMIT {limit}) '
            f"JOIN {self._of(ROOMS[row == 'br'])} t ON t.rowid = {row} ORDER BY {row}"
        )

    def differing(self, one: Field, limit: int) -> str:
        """Key and both records of the first rows in which a field is not alike."""
        return (
            f'SELECT t."key", ar, br FROM (SELECT ar, br FROM joined WHERE {f.name(f"c_{one.id}")} IN ({_UNLIKE}) '
            f"ORDER BY ar LIMIT {limit}) JOIN {self._of(ROOMS[0])} t ON t.rowid = ar ORDER BY ar"
        )

    def pairs(self, one: Field, limit: int) -> str:
        """The values of a field on both sides that differ most often, with how often."""
        return (
            f"SELECT {_shown('a', one)} AS va, {_shown('b', one)} AS vb, count(*) AS n FROM joined "
            f"JOIN {self._of(ROOMS[0])} a ON a.rowid = ar JOIN {self._of(ROOMS[1])} b ON b.rowid = br "
            f"WHERE {f.name(f'c_{one.id}')} = {DIFFER} GROUP BY va, vb ORDER BY n DESC, va, vb LIMIT {limit}"
        )

    def rows(self, shown: Sequence[Field]) -> str:
        """Every row that is not alike in both: key, both records, kind, the code of each field, and shown values."""
        codes = [f.name(f"c_{one.id}") for one in self.fields]
        unlike = " OR ".join(f"{code} IN ({_UNLIKE}, {UNSURE})" for code in codes) or "false"
        values = [_shown(end, one) for one in shown for end in "ab"]
        columns = ", ".join(['coalesce(a."key", b."key")', "ar", "br", "kind", *codes, *values])
        return (
            f"SELECT {columns} FROM joined LEFT JOIN {self._of(ROOMS[0])} a ON a.rowid = ar "
            f"LEFT JOIN {self._of(ROOMS[1])} b ON b.rowid = br WHERE kind <> {BOTH} OR {unlike} "
            f"ORDER BY ar NULLS LAST, br"
        )


_UNLIKE = f"{DIFFER}, {ONLY_ONE}, {ONLY_OTHER}"


def _columns(one: Field) -> tuple[str, ...]:
    """Name what is asked of a field: its state, and its value or the range of its time."""
    state = f"s_{one.id}"
    return (state, f"lo_{one.id}", f"hi_{one.id}") if one.type == "time" else (state, f"x_{one.id}")


def _shown(end: str, one: Field) -> str:
    """Give a value as text; of a time its first second, of an amount as many decimals as are compared."""
    value = f"{end}.{f.name(f'lo_{one.id}' if one.type == 'time' else f'x_{one.id}')}"
    if one.type == "money":
        value = f"round({value}, {one.decimals})"
    written = f"array_to_string({value}, '; ')" if one.type == "ids" else f"CAST({value} AS VARCHAR)"
    return f"CASE WHEN {end}.{f.name(f's_{one.id}')} = {VALUE} THEN {written} END"


def _code(one: Field) -> str:
    mine, theirs = (f.name(f"{end}_s_{one.id}") for end in "ab")
    return f.cases(
        [
            (f"{mine} = {VALUE} AND {theirs} = {VALUE}", f"CASE WHEN {_alike(one)} THEN {EQUAL} ELSE {DIFFER} END"),
            (f"{mine} = {BLANK} AND {theirs} = {BLANK}", str(BOTH_BLANK)),
            (f"{mine} = {VALUE} AND {theirs} = {BLANK}", str(ONLY_ONE)),
            (f"{mine} = {BLANK} AND {theirs} = {VALUE}", str(ONLY_OTHER)),
        ],
        str(UNSURE),
    )


def _alike(one: Field) -> str:
    """Tell whether two values are the same as far as both are exact: times by their ranges, lists as sets."""
    if one.type == "time":
        (mine, mine_end), (theirs, theirs_end) = (
            (f.name(f"{end}_lo_{one.id}"), f.name(f"{end}_hi_{one.id}")) for end in "ab"
        )
        return f"{mine} <= {theirs_end} AND {theirs} <= {mine_end}"
    mine, theirs = (f.name(f"{end}_x_{one.id}") for end in "ab")
    if one.type == "money":
        # An amount that was converted has more decimals than anybody agreed on.
        mine, theirs = (f"round({value}, {one.decimals})" for value in (mine, theirs))
    elif one.type == "ids":
        parts = "lambda x: lower(x)" if one.ignore_case else "lambda x: x"
        mine, theirs = (f"list_sort(list_distinct(list_transform({value}, {parts})))" for value in (mine, theirs))
    elif one.type == "text" and one.ignore_case:
        mine, theirs = f"lower({mine})", f"lower({theirs})"
    return f"{mine} = {theirs}"
