"""Two plans of the same exports in two rooms of one engine, and the queries that compare their rows."""

from __future__ import annotations

from collections.abc import Sequence

from slacli.core.plan import fragments as f
from slacli.core.plan.tables import KEPT, MEETS, RecordPlan, TermPlan

BEFORE, AFTER = "before", "after"
LEFT_OUT = 3
"""Stands beside the verdicts of a term for a row that the record leaves out."""

Planned = tuple[RecordPlan, TermPlan]


def matrix(before: Planned, after: Planned) -> str:
    """Verdict before, verdict after and count of the rows of a term; nothing for one that is not there."""
    return f"SELECT b, a, count(*) FROM {_joined(before, after)} GROUP BY ALL"


def movers(before: Planned, after: Planned, limit: int, *, enters: bool) -> str:
    """The first keys of the rows that enter a term, or leave it."""
    inside, outside = ("a", "b") if enters else ("b", "a")
    return (
        f'SELECT "key" FROM {_joined(before, after)} '
        f'WHERE {inside} = {MEETS} AND {outside} IS DISTINCT FROM {MEETS} ORDER BY "key" LIMIT {limit}'
    )


def keyless(record: RecordPlan) -> str:
    """Count the rows that no key tells apart."""
    return f'SELECT count(*) FROM {AFTER}.{f.name(record.table)} WHERE fate = {KEPT} AND "key" IS NULL'


def _joined(before: Planned, after: Planned) -> str:
    sides = []
    for room, letter, (record, part) in ((BEFORE, "b", before), (AFTER, "a", after)):
        code = f"CASE WHEN lo <> 0 THEN {LEFT_OUT} ELSE {f.name(f'c_{part.term.id}')} % 3 END"
        mine = f" AND {part.away} = 0" if part.away is not None else ""
        rows = f'{room}.{f.name(record.table)} WHERE fate = {KEPT} AND "key" IS NOT NULL{mine}'
        sides.append(f'(SELECT "key", {code} AS {letter} FROM {rows})')
    return f'(SELECT * FROM {sides[0]} FULL JOIN {sides[1]} USING ("key"))'


# --- what several rooms read ------------------------------------------------------------------


def texts(table: str, columns: Sequence[int], sources: Sequence[str]) -> list[str]:
    """Give the statements that take some columns of a file as they are, part by part, for every room to read there."""
    listed = ", ".join(f.name(f"c{column}") for column in columns)
    return [f"{f.fill(table, first=at == 0)} SELECT {listed} FROM {source}" for at, source in enumerate(sources)]


def shared(table: str) -> str:
    """Give the text that stands in any room for the rows of such a table."""
    return f"main.{f.name(table)}"


def dropped(table: str) -> str:
    return f"DROP TABLE IF EXISTS {f.name(table)}"
