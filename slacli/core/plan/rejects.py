"""Every row that a check does not judge, and every cell that it cannot use, as the lines of a file to mend them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Protocol

from slacli.core.plan import casts, questions, tables
from slacli.core.plan.tables import Plan, RecordPlan
from slacli.values import dataclass

HEADER = ("file", "row", "line", "kind", "field", "key", "reason")

_FATES: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        tables.REPEATED: ("repeated", "stands there already, or is older than another row with its key"),
        tables.CONTRADICTORY: ("contradictory", "says something else than another row with its key"),
    }
)


class _Lost(Protocol):
    @property
    def line(self) -> int: ...

    @property
    def row(self) -> int: ...

    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class File:
    """One export: its name, the row that a spreadsheet shows for a record, and every row that cannot be read."""

    name: str
    row: Callable[[int], int]
    lost: Callable[[], Iterable[_Lost]]


_Numbered = tuple[int, tuple[str, ...]]


def lines(
    plan: Plan, files: Sequence[File], ask: Callable[[str], Iterable[tuple[Any, ...]]]
) -> Iterator[tuple[str, ...]]:
    """Give the header, and then in the order of the files a line for each row or cell, without any value of a row.

    The key of a row is told unless the contract calls it personal.
    """
    yield HEADER
    for number, file in enumerate(files):
        record, table, numbers = _place(plan, number)
        found = merge(_lost(file), _bad(plan, record, table, numbers, number, file, ask), key=itemgetter(0))
        for row, rest in found:
            yield (file.name, str(row), *rest)


def _place(plan: Plan, number: int) -> tuple[RecordPlan, str, tuple[int, ...]]:
    return next(
        (record, table, numbers)
        for record in plan.records.values()
        for table, numbers in record.settled
        if number in numbers
    )


def _lost(file: File) -> Iterator[_Numbered]:
    for one in file.lost():
        yield one.row, (str(one.line), "unreadable", "", "", one.reason)


def _bad(
    plan: Plan,
    record: RecordPlan,
    table: str,
    numbers: tuple[int, ...],
    number: int,
    file: File,
    ask: Callable[[str], Iterable[tuple[Any, ...]]],
) -> Iterator[_Numbered]:
    fields = record.record.fields
    joined = plan.scans[number].binding.joins_on if record.staged else None
    named = joined or record.record.key
    told = named is not None and not fields[named].personal
    bits = list(tables.masks(record.bound))
    half = tables.mask_count(record.bound)
    for key, index, fate, *masks in ask(questions.rejected(record, table, numbers, number)):
        row, shown = file.row(index), (key or "") if told else ""
        if fate in _FATES:
            kind, reason = _FATES[fate]
            yield row, ("", kind, "", shown, reason)
        for at, bit, name in bits:
            if masks[at] >> bit & 1:
                yield row, ("", "unreadable cell", name, shown, f"holds no {casts.noun(fields[name])}")
            if masks[half + at] >> bit & 1:
                yield row, ("", "not allowed cell", name, shown, "holds a value that the contract does not allow")
