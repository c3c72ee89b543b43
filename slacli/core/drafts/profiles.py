"""What was seen of an export without knowing what it means: its headers, and the shapes and the values below each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slacli.core.drafts.shapes import Kind

MOST_VALUES = 400
"""Of more different values than these none are kept."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the shapes of its cells, and its values where they are few, each with how often it stands.

    `alone` says that no value was seen twice, `repeated` that another column has the same header.
    """

    header: str
    kinds: Mapping[Kind, int]
    values: Mapping[str, int] | None
    alone: bool
    repeated: bool = False

    @property
    def filled(self) -> int:
        return sum(self.kinds.values()) - self.kinds.get("blank", 0)

    def count(self, kinds: frozenset[Kind]) -> int:
        """Count the filled cells of some shapes."""
        return sum(number for kind, number in self.kinds.items() if kind in kinds and kind != "blank")


@dataclass(frozen=True, slots=True)
class Profile:
    """An export: how people call it, its columns, how many rows were seen, and whether a report's last lines stand.

    `name` is that of its file without folders and ending.
    """

    shown: str
    name: str
    columns: tuple[Column, ...]
    rows: int
    footer: bool = False
