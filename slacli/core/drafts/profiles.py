"""What was seen of an export without knowing what it means: its headers, and the shapes and the values below each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from slacli.core.drafts.flows import Flow
from slacli.core.drafts.shapes import Amount, Kind
from slacli.values import dataclass

MOST_VALUES = 400
"""Of more different values than these none are kept."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the shapes of its cells, and its values where they are few, each with how often it stands.

    `alone` says that no value was seen twice, `repeated` that another column has the same header. `marks` is a sample
    of the values, each as a number, by which columns of several exports are compared. `amounts` counts the cells that
    are amounts with a sign of a currency or of thousands; among the `kinds` they are text.
    """

    header: str
    kinds: Mapping[Kind, int]
    values: Mapping[str, int] | None
    alone: bool
    repeated: bool = False
    marks: frozenset[int] = frozenset()
    amounts: Mapping[Amount, int] = field(default_factory=dict)

    @property
    def filled(self) -> int:
        return sum(self.kinds.values()) - self.kinds.get("blank", 0)

    def count(self, kinds: frozenset[Kind]) -> int:
        """Count the filled cells of some shapes."""
        return sum(number for kind, number in self.kinds.items() if kind in kinds and kind != "blank")

    def counted(self, kinds: frozenset[Kind], currency: str | None = None, thousands: str | None = None) -> int:
        """Count the amounts with a sign whose digits are of some shapes; without one are of any currency."""
        return sum(
            number
            for one, number in self.amounts.items()
            if one.kind in kinds
            and (currency is None or one.currency in {"", currency})
            and (thousands is None or one.thousands in {"", thousands})
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """An export: how people call it, its columns, how many rows were seen, and whether a report's last lines stand.

    `name` is that of its file without folders and ending, or of its sheet. `files` are the names by which its files
    are given again, `sheet` is the one that has to be named since another of the workbook has the same headers, and
    `record` what somebody said that its rows are.
    """

    shown: str
    name: str
    columns: tuple[Column, ...]
    rows: int
    footer: bool = False
    files: tuple[str, ...] = ()
    sheet: str = ""
    flow: Flow = field(default_factory=Flow)
    record: str = ""
