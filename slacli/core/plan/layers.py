"""Expressions by level, each of which may use the columns of those below it, and the columns that a typed field has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slacli.core.plan import fragments as f
from slacli.core.plan.casts import NOT_BOUND
from slacli.model import Field


class Layers:
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


def typed_columns(one: Field) -> tuple[str, ...]:
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


def unbound(one: Field) -> Iterator[tuple[str, str]]:
    """Give the columns of a field that no export at hand has."""
    for alias in typed_columns(one):
        if alias.startswith("s_"):
            yield alias, f"{NOT_BOUND}::UTINYINT"
        elif alias.startswith("v_"):
            yield alias, f"CAST(NULL AS {_KINDS[one.type]})"
        else:
            yield alias, "CAST(NULL AS BIGINT)"
