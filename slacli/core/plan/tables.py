"""The nouns of a plan: exports at hand, what is kept of each row of a record, and the codes that stand for verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slacli.core.periods import Grain
from slacli.core.plan.casts import BLANK, NOT_ALLOWED, NOT_BOUND, UNREADABLE
from slacli.model import Binding, Contract, Covers, Field, Record, RecordTest, Responsibility, Tally, Term
from slacli.places import Address

# Codes of a duty's row: what stands in `d_<duty>`.
OUTSIDE, MET, MISSED, UNCLEAR, MAY_MEET, MAY_MISS, LEFT_OUT = range(7)

# Codes of a term's verdict and of its mark: `c_<term>` holds mark * 3 + verdict.
FAILS, UNSURE, MEETS = range(3)

# What became of a repeated key: what stands in `fate`.
KEPT, REPEATED, CONTRADICTORY = range(3)

REASONS = (BLANK, UNREADABLE, NOT_ALLOWED, NOT_BOUND, 5)
COARSE = 5
FIELDS_IN_MASK = 6
BITS_IN_MASK = 30

# Parts the values that stand in `odd`: a character that no cell of a clean text has.
ODD_MARK = "chr(31)"


@dataclass(frozen=True, slots=True)
class Scan:
    """One export as the engine sees it: its binding, where each field stands, and the text that reads its rows.

    `source` gives the cells as the text columns `c0`, `c1`, ... in the order of the file. `plain` names the times
    whose first rows all have one plain shape.
    """

    binding: Binding
    columns: Mapping[str, int]
    currencies: Mapping[str, int]
    ascii_only: bool
    source: str
    name: str
    records: int
    plain: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that makes or changes a table.

    `reads` is the number of the scan of which it must take every row; `fills` names the table of which the rows are
    counted; with `only_if` it runs only where that table got any.
    """

    text: str
    reads: int | None = None
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
    """A term that is judged: its code column `c_<id>` and the fields that its masks `b_<id>_<n>` blame, in order."""

    term: Term
    blamed: tuple[str, ...]

    @property
    def masks(self) -> tuple[str, ...]:
        count = -(-len(self.blamed) // FIELDS_IN_MASK)
        return tuple(f"b_{self.term.id}_{n}" for n in range(count))


@dataclass(frozen=True, slots=True)
class DutyPlan:
    """A duty that is judged by rows of one record: its code column `d_<id>`, its slot, and what it is shown by."""

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
    statements: list[Statement] = field(default_factory=list)
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
    at: Address


@dataclass(frozen=True, slots=True)
class Plan:
    """The records at hand, children before their parents, and what cannot be checked."""

    contract: Contract
    scans: tuple[Scan, ...]
    records: Mapping[str, RecordPlan]
    not_checked: tuple[Gap, ...]


def chunks(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """Cut names into parts of at most `size`; no names are one empty part."""
    return [names[at : at + size] for at in range(0, len(names), size)] or [()]


def mask_count(names: Sequence[str]) -> int:
    return len(chunks(names, BITS_IN_MASK))


def masks(names: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Give the number of the mask, the bit in it and the name of each field."""
    for at, chunk in enumerate(chunks(names, BITS_IN_MASK)):
        for bit, name in enumerate(chunk):
            yield at, bit, name
