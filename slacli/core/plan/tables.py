"""The nouns of a plan: exports at hand, what is kept of each row of a record, and the codes that stand for verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date

from slacli.core import zones
from slacli.core.periods import Grain
from slacli.core.plan.casts import BLANK, NOT_ALLOWED, NOT_BOUND, UNREADABLE
from slacli.model import (
    Binding,
    Contract,
    Course,
    Covers,
    Episodes,
    Field,
    Goal,
    Lifecycle,
    Link,
    Metric,
    PeriodKind,
    Record,
    RecordTest,
    Responsibility,
    Tally,
    Term,
)
from slacli.places import Address
from slacli.values import dataclass

# Codes of a duty's row or episode: what stands in `d_<duty>`, and in the `code` of a table of episodes. An unclear one
# may be met, may be missed, may be either, or neither.
(
    OUTSIDE,
    MET,
    MISSED,
    UNCLEAR,
    MAY_MEET,
    MAY_MISS,
    LEFT_OUT,
    OPEN,
    NOT_STARTED,
    BY_SILENCE,
    SUPERSEDED,
    MAY_NEITHER,
    RELIEVED,
) = range(13)

# How a row belongs to a duty: what stands in `g_<duty>`.
IN, MAYBE_IN, NOT_COUNTED = range(1, 4)

# The tiers that may hold for a row are a mask: a bit for each above this one, which says that it may be that none does.
NO_TIER = 1


def tier_bit(number: int) -> int:
    """Give the bit of a tier by its number, from nought."""
    return NO_TIER << number + 1


# Codes of a term's verdict and of its mark: `c_<term>` holds mark * 3 + verdict.
FAILS, UNSURE, MEETS = range(3)

# What became of a repeated key: what stands in `fate`.
KEPT, REPEATED, CONTRADICTORY = range(3)

# Stands in `lo` for a row that was merged into another, and under this name in reports.
MERGED = 255
MERGED_AWAY = "merged_away"

# From so many rows on both sides it is no chance that no child belongs to any parent: their ids are of two kinds.
MANY = 20

# Tells of a row whether any time that clocks ask for is not known to the second.
RANGED = "ranged"

REASONS = (BLANK, UNREADABLE, NOT_ALLOWED, NOT_BOUND, 5)
COARSE = 5
FIELDS_IN_MASK = 6
BITS_IN_MASK = 30

# The flags of a time take so many bits, and those of so many times stand in one column: the engine writes a column of
# one byte at half the speed of one of four.
FLAG_BITS = 8
FLAGS_IN_COLUMN = 4

# In place of the slot of a row whose day lies in the span of another version, or in that of none, before the first one
# or behind the end of this one: no month or week has such a number.
AWAY, EARLIER, LATER = -32000, -31999, -31998

# Parts the values that stand in `odd`: a character that no cell of a clean text has.
ODD_MARK = "chr(31)"

# What stands in the field that people split duties by: a value behind its mark, else the number of the cell's state.
BY = "by_value"
VALUE_MARK = "v"


@dataclass(frozen=True, slots=True)
class Span:
    """The days on which one of several versions judges: a row belongs to the one in force on the day that places it.

    `last` is None where nothing ends it, `then` the day on which the next version takes effect, None where there is
    none: such a version also judges the rows that no day places. Days before the first version, and between the end of
    one and the beginning of the next, belong to nobody, and are counted by the version beside them.
    """

    first: date
    last: date | None
    then: date | None
    is_first: bool

    @property
    def is_newest(self) -> bool:
        return self.then is None

    def place(self, day: int | None) -> int:
        """Say of a day, given as days since 1970, whether it lies in the span: 0, else `AWAY`, `EARLIER` or `LATER`."""
        if day is None:
            return 0 if self.is_newest else AWAY
        first, last, then = (_number(one) for one in (self.first, self.last, self.then))
        if first is not None and day < first:
            return EARLIER if self.is_first else AWAY
        if last is None or day <= last:
            return 0
        return LATER if then is None or day < then else AWAY

    def placed(self, day: str) -> str:
        """Give the expression that says the same of an expression for a day."""
        first, last, then = (_number(one) for one in (self.first, self.last, self.then))
        found = f"CASE WHEN {day} IS NULL THEN {self.place(None)}"
        found += f" WHEN {day} < {first} THEN {EARLIER if self.is_first else AWAY}"
        if last is not None:
            found += f" WHEN {day} > {last} THEN " + (
                str(LATER) if then is None else f"CASE WHEN {day} < {then} THEN {LATER} ELSE {AWAY} END"
            )
        return f"({found} ELSE 0 END)::SMALLINT"


def _number(day: date | None) -> int | None:
    return (day - zones.EPOCH).days if day is not None else None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an export: the text that reads its rows, and how many they are.

    `source` gives the cells as the text columns `c0`, `c1`, ... in the order of the file.
    """

    source: str
    records: int


@dataclass(frozen=True, slots=True)
class Scan:
    """One export as the engine sees it: its binding, where each field stands, and its parts, one after the other.

    `plain` names the times whose first rows all have one plain shape.
    """

    binding: Binding
    columns: Mapping[str, int]
    currencies: Mapping[str, int]
    ascii_only: bool
    parts: tuple[Part, ...]
    name: str
    plain: frozenset[str] = frozenset()

    @property
    def records(self) -> int:
        return sum(part.records for part in self.parts)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that makes or changes a table.

    `reads` is the number of the scan of whose `part` it must take every row; `fills` names the table of which the rows
    are counted; with `only_if` it runs only where that table got any.
    """

    text: str
    reads: int | None = None
    part: int = 0
    fills: str = ""
    only_if: str = ""


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
    """A term that is judged: its code column `c_<id>` and the fields that its masks `b_<id>_<n>` blame, in order.

    Where several versions judge, the first of the fields `dated` that is filled places a row.
    """

    term: Term
    blamed: tuple[str, ...]
    dated: tuple[str, ...] = ()
    span: Span | None = None

    @property
    def away(self) -> str | None:
        """What says in the record's table whether the day of a row lies in the span; None where one text judges."""
        return away(self.span, self.term.id if self.dated else None, prefix="it")

    @property
    def masks(self) -> tuple[str, ...]:
        count = -(-len(self.blamed) // FIELDS_IN_MASK)
        return tuple(f"b_{self.term.id}_{n}" for n in range(count))


@dataclass(frozen=True, slots=True)
class DutyPlan:
    """A duty that is judged by rows of one record: where its verdicts stand, its slot, and what it is shown by."""

    owed: Responsibility
    measure: RecordTest | Tally | Episodes | Course
    covers: Covers
    slot: Slot | None
    dated: str | None
    shown_by: tuple[str, ...] = ()
    span: Span | None = None

    @property
    def away(self) -> str | None:
        """What says in the record's table whether the day of a row lies in the span; None where one text judges."""
        return away(self.span, self.dated)

    @property
    def placed(self) -> str:
        """The slot of a row in the record's table, or what says that its day lies outside the span."""
        slot = f'"{self.slot.column}"' if self.slot else "NULL::SMALLINT"
        return slot if self.away is None else f"CASE WHEN {self.away} = 0 THEN {slot} ELSE {self.away} END"

    @property
    def column(self) -> str:
        return f"d_{self.owed.id}"

    @property
    def member(self) -> str:
        """The column that says how a row belongs to the duty, where what became of it is found out later."""
        return f"g_{self.owed.id}"

    @property
    def tiers(self) -> str:
        """The column with the bits of the tiers that may hold for a row."""
        return f"tm_{self.owed.id}"

    @property
    def calendars(self) -> str:
        """The column with the bits of the calendars that a row may run by: the same for all clocks on one calendar."""
        return f"cm_{self.measure.calendar if isinstance(self.measure, Episodes) else None}"

    @property
    def episodes(self) -> str | None:
        """The table of what became of it, where a row may hold several runs or needs more than its own cells.

        Its columns: `r` (the row of the record's table), `n` (the number of the run), `code`, `slot`, and for clocks
        `tier` (0 where it is not known), `calendar`, `begun`, `ended` and `took`; for a duty that others relieve
        `plain`, its code without that.
        """
        later = isinstance(self.measure, Episodes | Course) or self.owed.relieved_by
        return f"e_{self.owed.id}" if later else None

    @property
    def in_cells(self) -> bool:
        """Whether the record's own cells decide it, so that its code stands in the record's table."""
        return isinstance(self.measure, RecordTest | Tally)


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows of a term that a metric counts: the field that dates them, and the slot that it puts them in.

    With `away`, as of a term, only rows of which the day lies in the span are counted.
    """

    record: str
    term: str
    dated: str | None
    slot: Slot | None
    away: str | None = None


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A goal of which the figure is computed: what its metric counts, and below the line of a fraction.

    Where the two are of different records, `links` join them, and `upward` says that the rows above the line are the
    parents. With `in_parts` each of several versions answers for the part of a period that it covers; else the one in
    force on its last day answers for the whole.
    """

    goal: Goal
    metric: Metric
    per: PeriodKind | None
    of: Counted
    base: Counted | None = None
    links: tuple[Link, ...] = ()
    upward: bool = False
    in_parts: bool = False


@dataclass(slots=True)
class RecordPlan:
    """Everything about one record that is at hand: its scans, the statements that make its table, and its parts."""

    record: Record
    scans: tuple[Scan, ...]
    fields: Mapping[str, Field] = field(default_factory=dict)
    bound: tuple[str, ...] = ()
    statements: list[Statement] = field(default_factory=list)
    terms: tuple[TermPlan, ...] = ()
    duties: tuple[DutyPlan, ...] = ()
    slots: tuple[Slot, ...] = ()
    staged: bool = False
    # Whether every field is kept as it was read, so that the working of a verdict can be shown.
    whole: bool = False
    # Fields of which the values are kept, because other records or later statements ask for them.
    told: frozenset[str] = frozenset()
    # Fields by which two rows of a child are compared where one thing may have been logged twice.
    compared: tuple[str, ...] = ()
    # Fields of which metrics add up or tell apart the values, and times between which they count.
    measured: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()
    # For each table that keys are settled in: its name, the scans that filled it, and the key column it has.
    settled: tuple[tuple[str, tuple[int, ...]], ...] = ()
    # The days on which the contract judges, where several versions do; None where it judges alone.
    span: Span | None = None
    # The field by whose values people want the figures of its duties, where it is at hand.
    by: str | None = None

    @property
    def dated(self) -> str | None:
        """The field that places a row of the record where no duty and no term says another, if it is at hand."""
        return self.record.moment if self.record.moment in self.fields else None

    @property
    def table(self) -> str:
        return f"r_{self.record.id}"

    @property
    def merges(self) -> str | None:
        """The table of rows that were merged: the key of each as `loser`, and of where it all ended as `winner`.

        `winner` is nothing where rows were merged in a circle or into two. None where nothing at hand says any.
        """
        return f"m_{self.record.id}" if self.merged_by else None

    @property
    def merged_by(self) -> tuple[str, ...]:
        """The fields at hand that say which rows were merged."""
        known = self.record.key is not None and self.record.key in self.bound
        return tuple(name for name in self.record.merges if known and name in self.bound)

    @property
    def times(self) -> tuple[str, ...]:
        return tuple(name for name in self.bound if self.record.fields[name].type in {"time", "date"})

    def times_of(self, contract: Contract, measure: Episodes) -> tuple[str, ...]:
        """Give the times of the record that start or stop a clock; a stage stands for the field of its entry."""
        found: list[str] = []
        for event in (*measure.starts, *measure.stops):
            if event.kind == "field":
                found.append(event.name)
            elif event.kind == "entering":
                found += entered_fields(contract, self.record.id, event.name)
        return tuple(dict.fromkeys(found))

    def clock_columns(self, contract: Contract, measure: Episodes) -> tuple[str, ...]:
        """Name what a clock asks of its bound times: state, low and high of each, and of a start its local day."""
        found = []
        starts = self.times_of(contract, replace(measure, stops=()))
        for name in self.times_of(contract, measure):
            if name in self.fields:
                found += [f"{prefix}_{name}" for prefix in ("s", "lo", "hi")]
                found += [f"day_{name}"] if name in starts else []
        return tuple(found)

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

    @property
    def signed(self) -> tuple[str, ...]:
        """The bound amounts of which a sign that is not of their currency may be shown."""
        fields = self.record.fields
        return tuple(name for name in self.bound if fields[name].type == "money" and not fields[name].personal)

    @property
    def odd(self) -> tuple[str, ...]:
        """The fields of which something odd may be shown, each by its place among them."""
        return (*self.listed, *self.signed)


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the contract that these exports say nothing about, with the reason."""

    subject: str
    kind: str
    reason: str
    at: Address


@dataclass(frozen=True, slots=True)
class Plan:
    """The records at hand, children before their parents, and what cannot be checked."""

    contract: Contract
    scans: tuple[Scan, ...]
    records: Mapping[str, RecordPlan]
    goals: tuple[GoalPlan, ...]
    not_checked: tuple[Gap, ...]
    span: Span | None = None
    # The field of each record by whose values people want figures, whether it is at hand or not.
    by: Mapping[str, str] = field(default_factory=dict)


def away(span: Span | None, dated: str | None, prefix: str = "in") -> str | None:
    """Give what says of a row whether the day of a field lies in a span: a column, or what holds for rows without."""
    if span is None:
        return None
    return f'"{prefix}_{dated}"' if dated is not None else f"({span.place(None)})"


def children_of(measure: Episodes) -> tuple[str, ...]:
    """Give the terms of child records that a clock asks for."""
    found = [event.name for event in (*measure.starts, *measure.stops) if event.kind == "term"]
    found += [measure.every] if measure.every is not None else []
    found += [measure.tries.of] if measure.tries is not None else []
    return tuple(dict.fromkeys(found))


def history_of(contract: Contract, record: str, field: str) -> Record | None:
    """Give the record that is the change log of a field of a record, or None where none is agreed."""
    for other in contract.records.values():
        if other.history is not None and other.parent == record and other.history.of == field:
            return other
    return None


def lifecycle_of(contract: Contract, record: str, stage: str) -> Lifecycle | None:
    """Give the lifecycle of a record that has a stage."""
    for cycle in contract.lifecycles.values():
        if cycle.record == record and stage in cycle.stages:
            return cycle
    return None


def entered_fields(contract: Contract, record: str, stage: str) -> tuple[str, ...]:
    """Give the fields that say when a stage of a record was entered."""
    return tuple(
        found.entered
        for cycle in contract.lifecycles.values()
        if cycle.record == record
        for found in [cycle.stages.get(stage)]
        if found is not None and found.entered is not None
    )


def facts_of(cycle: Lifecycle) -> tuple[str, ...]:
    """Give the fields that must be known somewhere in a lifecycle, in the order of their names."""
    asked = {name for stage in cycle.stages.values() for name in stage.requires}
    return tuple(sorted(asked.union(*(handoff.documents for handoff in cycle.handoffs))))


def owner_of(contract: Contract, cycle: Lifecycle) -> str | None:
    """Give the field that says which person owns a record: the first that the lifecycle asks for, else the only one."""
    fields = contract.records[cycle.record].fields.values()
    people = [one.id for one in fields if one.person and one.type == "text"]
    asked = [name for name in people if name in facts_of(cycle)]
    return asked[0] if asked else people[0] if len(people) == 1 else None


def columns_of(contract: Contract, cycle: Lifecycle) -> tuple[str, ...]:
    """Name what must be kept of each row to judge by a lifecycle: states and values, and when stages were entered."""
    record = contract.records[cycle.record]
    owner = owner_of(contract, cycle)
    entered = [stage.entered for stage in cycle.stages.values() if stage.entered is not None]
    found = [f"{prefix}_{name}" for name in (cycle.field, owner) if name is not None for prefix in ("s", "v")]
    found += [f"s_{name}" for name in (*facts_of(cycle), *entered)]
    found += [f"{prefix}_{name}" for name in entered for prefix in ("lo", "hi", "day")]
    found += [f"day_{name}" for name in (record.dated, record.happens) if name is not None]
    return tuple(dict.fromkeys(found))


def chunks(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """Cut names into parts of at most `size`; no names are one empty part."""
    return [names[at : at + size] for at in range(0, len(names), size)] or [()]


def mask_count(names: Sequence[str]) -> int:
    return len(chunks(names, BITS_IN_MASK))


def masks(names: Sequence[str], size: int = BITS_IN_MASK) -> Iterator[tuple[int, int, str]]:
    """Give the number of the mask, the bit in it and the name of each field, where a mask holds `size` of them."""
    for at, chunk in enumerate(chunks(names, size)):
        for bit, name in enumerate(chunk):
            yield at, bit, name
