"""Which columns of several exports hold the same values: told by a small sample of each, alike in every export.

Of the values of a column those are kept whose marks are the smallest, so that two samples are of the same values.
Ids of a CRM count in one form, as they do when rows are joined.
"""

from __future__ import annotations

import re
from zlib import crc32

MOST = 512
"""How many marks of a column are kept."""

_LEAST = 3  # values that must be shared before two columns have anything to do with each other
_SALESFORCE = re.compile(r"(?=[0-9A-Za-z]*[0-9])([0-9A-Za-z]{15})[A-Z0-5]{3}")


class Sample:
    """Keeps the smallest marks of the values that it is shown."""

    __slots__ = ("_bar", "_kept")

    def __init__(self) -> None:
        self._kept: set[int] = set()
        self._bar = 1 << 32

    def add(self, value: str) -> None:
        """Take note of a value that is not blank."""
        if (mark := _mark(value)) < self._bar:
            self._kept.add(mark)
            if len(self._kept) > 2 * MOST:
                self._kept = {*sorted(self._kept)[:MOST]}
                self._bar = max(self._kept) + 1

    def marks(self) -> frozenset[int]:
        """Give the marks that were kept."""
        return frozenset(sorted(self._kept)[:MOST])


def _mark(value: str) -> int:
    found = _SALESFORCE.fullmatch(value) if len(value) == 18 else None
    return crc32((found[1] if found else value.removeprefix("zcrm_")).encode("utf-8", "replace"))


def share(child: frozenset[int], parent: frozenset[int]) -> float:
    """Give how much of the values of one column are values of another, by their samples."""
    if not child or not parent:
        return 0.0
    # Beyond the last mark of a full sample nobody knows what the column holds.
    bar = min(max(one) if len(one) >= MOST else 1 << 32 for one in (child, parent))
    able = {mark for mark in child if mark <= bar}
    both = able & parent
    return len(both) / len(able) if len(both) >= _LEAST else 0.0
