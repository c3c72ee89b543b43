"""Whether times could be read at all: what a first reading says about zones, the order of dates, and the years."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slacli.core import wording
from slacli.core.dialects import DIALECTS
from slacli.core.plan import casts, questions
from slacli.core.plan.tables import Plan, RecordPlan
from slacli.errors import CannotRun
from slacli.model import DateOrder, Record
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Again:
    """Why files must be read again: unexpected years, shapes that the first rows lack, or a proved date order."""

    outside: bool
    shapes: frozenset[tuple[int, str]]
    orders: Mapping[int, DateOrder]


_ISO_YEAR = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_PLAIN = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def times_at(record: Record, columns: Mapping[str, int]) -> dict[str, int]:
    """Give the columns of an export that hold times."""
    return {name: columns[name] for name in columns if record.fields[name].type in {"time", "date"}}


def plain_times(first_rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> frozenset[str]:
    """Name the times that the first rows show in no other than the plain shape."""
    other = {
        name for at, name in enumerate(names) if any(row[at] and not _PLAIN.fullmatch(row[at]) for row in first_rows)
    }
    blank = {name for at, name in enumerate(names) if not any(row[at] for row in first_rows)}
    # A column that begins with blanks is most likely written like the others.
    return frozenset(names) - other - (blank if other else set())


def years(first_rows: Sequence[tuple[Any, ...]]) -> tuple[int, int] | None:
    """Give the first and last year that the ISO dates of the first rows hold, or None where there are none."""
    seen = {int(cell[:4]) for row in first_rows for cell in row if cell and _ISO_YEAR.match(cell)}
    return (min(seen), max(seen)) if seen else None


def decide(plan: Plan, ask: Callable[[str], Sequence[tuple[Any, ...]]], rows: Sequence[Callable[[int], int]]) -> Again:
    """Say whether a reading stands.

    Raises CannotRun where a time has no zone, where stamps with and without an offset are mixed in one column, and
    where the order of day and month is neither declared nor proved, naming rows.
    """
    outside = False
    shapes: set[tuple[int, str]] = set()
    orders: dict[int, DateOrder] = {}
    for record in plan.records.values():
        for table, numbers in record.settled:
            if not record.times:
                continue
            for scan, *flags in ask(questions.flags(record, table, numbers)):
                seen = {name: int(flag or 0) for name, flag in zip(record.times, flags, strict=True)}
                outside = outside or any(flag & casts.OUTSIDE for flag in seen.values())
                shapes |= {(int(scan), name) for name, flag in seen.items() if flag & casts.OTHER_SHAPE}
                for name, flag in seen.items():
                    where = _Where(plan, record, table, numbers, int(scan), name, ask, rows)
                    if flag & casts.NAIVE and flag & casts.OFFSET:
                        where.mixed()
                    reads = plan.scans[scan].binding.reads
                    if flag & casts.NAIVE and reads.time_zone is None and DIALECTS[reads.dialect].zone is None:
                        where.no_zone()
                order = _order(plan, record, table, numbers, int(scan), seen, ask, rows)
                if order is not None:
                    orders[int(scan)] = order
    return Again(outside, frozenset(shapes), orders)


def _order(
    plan: Plan,
    record: RecordPlan,
    table: str,
    numbers: tuple[int, ...],
    scan: int,
    seen: Mapping[str, int],
    ask: Callable[[str], Sequence[tuple[Any, ...]]],
    rows: Sequence[Callable[[int], int]],
) -> DateOrder | None:
    """Give the order that a file proves for its dates, one file being written in one order."""
    undecided = [name for name, flag in seen.items() if flag & casts.UNDECIDED]
    if not undecided:
        return None
    proofs = 0
    for flag in seen.values():
        proofs |= flag & (casts.DAY_FIRST | casts.MONTH_FIRST)
    if proofs == casts.DAY_FIRST:
        return "dmy"
    if proofs == casts.MONTH_FIRST:
        return "mdy"
    _Where(plan, record, table, numbers, scan, undecided[0], ask, rows).undecided(contradiction=proofs != 0)
    return None


@dataclass(frozen=True, slots=True)
class _Where:
    plan: Plan
    record: RecordPlan
    table: str
    numbers: tuple[int, ...]
    scan: int
    name: str
    ask: Callable[[str], Sequence[tuple[Any, ...]]]
    rows: Sequence[Callable[[int], int]]

    def _example(self, flag: int) -> int:
        found = self.ask(questions.flagged(self.record, self.table, self.numbers, (self.name,), flag, 1000))
        return next(self.rows[self.scan](int(row)) for _, scan, row, _ in found if scan == self.scan)

    def _column(self) -> str:
        scan = self.plan.scans[self.scan]
        return f"`{wording.sanitised(scan.binding.columns[self.name].headers[0], 60)}` of `{scan.name}`"

    def _binding(self) -> str:
        return f"bindings/{self.plan.scans[self.scan].binding.id}.yaml"

    def mixed(self) -> None:
        raise CannotRun(
            f"{self._column()} mixes times with an offset (row {self._example(casts.OFFSET)}) and without "
            f"(row {self._example(casts.NAIVE)}), so nobody can say when they were",
            "export the column in one form",
        )

    def no_zone(self) -> None:
        raise CannotRun(
            f"{self._column()} holds times without an offset (row {self._example(casts.NAIVE)}), and the binding "
            "does not say in which zone they are",
            f"add `time_zone:` to `reads` in {self._binding()}",
        )

    def undecided(self, *, contradiction: bool) -> None:
        if contradiction:
            raise CannotRun(
                f"the dates of `{self.plan.scans[self.scan].name}` contradict each other: some can only have the day "
                "first, others only the month",
                "two exports may have been pasted together; give them as two files, each with its `date_order`",
            )
        raise CannotRun(
            f"{self._column()} holds dates that can be read with the day or with the month first "
            f"(row {self._example(casts.UNDECIDED)})",
            f"add `date_order: mdy` or `date_order: dmy` to `reads` in {self._binding()}",
        )
