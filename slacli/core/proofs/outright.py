"""Questions that few records decide are answered by trying them all at once: a set of records is a number, a bit each.

Most criteria ask little of a field: of a hundred values three or four are told apart, and only those are tried. Every
combination of them has its bit, the plainer record before the other, so that the lowest bit is the plainest record.
That takes a fraction of the time in which a solver is loaded, and the same time in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from slacli.core.proofs.pairs import Leaves, Pair, Pairs, completed
from slacli.core.proofs.questions import Case, Found, Leaf, Question
from slacli.core.proofs.space import Few, Space

_MOST_RECORDS = 1 << 18


def find_each(
    question: Question, known: Space, leaves: Leaves, several: Sequence[Sequence[Case]]
) -> list[Found] | None:
    """Give for each of several rows of cases the plainest record of the first case that any record fits.

    None for all of them where fields are compared with each other by their order, or too many records decide.
    """
    if not all(isinstance(field, Few) for field in known.fields.values()):
        return None
    kept = _told_apart(question, known, leaves)
    if prod(map(len, kept.values())) > _MOST_RECORDS:
        return None
    records = _Records(leaves, kept)
    pairs = Pairs(question, records, records.leaf)
    return [_found(question, known, records, pairs, cases) for cases in several]


def _found(question: Question, known: Space, records: _Records, pairs: Pairs, cases: Sequence[Case]) -> Found:
    for case in cases:
        fitting = pairs.case(case)
        if fitting:
            places = records.places((fitting & -fitting).bit_length() - 1)
            raws = {name: field.values[places[name]] for name, field in known.fields.items() if isinstance(field, Few)}
            return completed(question, known, case, raws)
    return "none" if known.whole else "not decided"


def _told_apart(question: Question, known: Space, leaves: Leaves) -> dict[str, list[int]]:
    """Give for each field the places of the values that tests tell apart, of values that they do not the plainest."""
    said: dict[str, list[tuple[bool | None, ...]]] = {}
    together: set[str] = set()
    for index, leaf in dict.fromkeys(question.leaves()):
        names = leaves.names(index, leaf)
        if len(names) > 1:
            together.update(names)
        else:
            said.setdefault(names[0], []).append(tuple(leaves.said(index, leaf).values()))
    kept: dict[str, list[int]] = {}
    for name, field in known.fields.items():
        assert isinstance(field, Few)
        every = range(len(field.values))
        alike = every if name in together else [tuple(one[at] for one in said.get(name, ())) for at in every]
        kept[name] = sorted({form: at for at, form in reversed(list(enumerate(alike)))}.values())
    return kept


class _Records:
    """All combinations of the values of some fields, as bits: what stands first differs last."""

    def __init__(self, leaves: Leaves, kept: dict[str, list[int]]) -> None:
        self._leaves, self._kept = leaves, kept
        self._number = prod(map(len, kept.values()))
        self._every = (1 << self._number) - 1
        self._strides: dict[str, int] = {}
        stride = self._number
        for name, places in kept.items():
            stride //= max(len(places), 1)
            self._strides[name] = stride
        self._having: dict[tuple[str, int], int] = {}

    def places(self, record: int) -> dict[str, int]:
        """Give the places of the values that a record has, by their fields."""
        return {name: places[record // self._strides[name] % len(places)] for name, places in self._kept.items()}

    def leaf(self, index: int, leaf: Leaf) -> Pair:
        """Give the records of which a test is true, and of which it is false."""
        found: dict[bool | None, int] = {True: 0, False: 0, None: 0}
        names = self._leaves.names(index, leaf)
        for places, truth in self._leaves.said(index, leaf).items():
            if truth is not None and all(at in self._kept[name] for name, at in zip(names, places, strict=True)):
                found[truth] |= self.all(self._with(name, at) for name, at in zip(names, places, strict=True))
        return found[True], found[False]

    def _with(self, name: str, at: int) -> int:
        """Give the records in which a field has the value at a place."""
        if (name, at) not in self._having:
            stride, places = self._strides[name], self._kept[name]
            bits, long = ((1 << stride) - 1) << (places.index(at) * stride), stride * len(places)
            while long < self._number:
                bits |= bits << long
                long *= 2
            self._having[name, at] = bits & self._every
        return self._having[name, at]

    # --- how conditions are joined -----------------------------------------------------------

    def all(self, conditions: Iterable[int]) -> int:
        found = self._every
        for one in conditions:
            found &= one
        return found

    def any(self, conditions: Iterable[int]) -> int:
        found = 0
        for one in conditions:
            found |= one
        return found

    def no(self, condition: int) -> int:
        return self._every ^ condition

    def at_least(self, conditions: Sequence[int], number: int) -> int:
        reached = [self._every, *[0] * max(number, 0)]
        for one in conditions:
            for count in range(number, 0, -1):
                reached[count] |= reached[count - 1] & one
        return reached[-1]

    def named(self, _name: str, condition: int) -> int:
        return condition
