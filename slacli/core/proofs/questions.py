"""What can be asked about criteria, and the plain values of a row that answers: what the evaluator can check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from slacli.core.criteria import Moment, State, Value, evaluate, leaves, meeting, typed
from slacli.core.criteria.values import domain
from slacli.criterion import (
    And,
    Between,
    Blank,
    Compare,
    Criterion,
    FieldValue,
    In,
    Known,
    Like,
    Meets,
    Not,
    Operand,
    Or,
    Truth,
)
from slacli.model import Field, Term
from slacli.values import dataclass

Raw = str | tuple[str, ...] | Decimal | bool | date | Moment | None
"""A value as an export gives it, before a contract says whether its field allows it; None is a blank."""

Raws = Mapping[str, Raw]

Found = dict[str, Raw] | Literal["none", "not decided"]
"""The plain values of a record that answers, or why there is none."""

Leaf = Compare | In | Between | Like | Blank | Truth | Known


@dataclass(frozen=True, slots=True)
class Side:
    """What one contract says of a record. `exchanged` are amounts that come of a rate, with up to 8 decimals."""

    terms: Mapping[str, Term]
    fields: Mapping[str, Field]
    zone: ZoneInfo
    exchanged: frozenset[str] = frozenset()

    def value(self, name: str, raw: Raw) -> Value:
        """Give what a plain value is on this side: itself, or why it is no value there."""
        field = self.fields[name]
        if isinstance(raw, Moment) or (isinstance(raw, date) and field.type == "date"):
            return raw
        if isinstance(raw, Decimal) and name in self.exchanged:
            outside = (field.low is not None and raw < field.low) or (field.high is not None and raw > field.high)
            return State.NOT_ALLOWED if outside else raw
        return typed(field, raw, self.zone)

    def row(self, raws: Raws) -> dict[str, Value]:
        """Give the row that plain values make; the domain of an address comes of the address."""
        row = {name: self.value(name, raw) for name, raw in raws.items() if name in self.fields}
        for name, field in self.fields.items():
            if field.derived and field.derived[0] == "domain_of" and name not in raws and field.derived[1] in row:
                row[name] = domain(row[field.derived[1]])
        return row

    def says(self, tree: Criterion, raws: Raws) -> bool | None:
        """Say whether a criterion holds of plain values, or None where that is unclear."""
        row = self.row(raws)
        return evaluate(tree, row, meeting(self.terms, row, self.zone, self.fields), self.zone, self.fields)

    def leaves(self, trees: Iterable[Criterion]) -> Iterator[Leaf]:
        """Give the single tests of criteria, through the terms that they name."""
        opened: set[str] = set()
        waiting = list(trees)
        while waiting:
            for leaf in leaves(waiting.pop()):
                if not isinstance(leaf, Meets):
                    yield leaf
                elif leaf.term in self.terms and leaf.term not in opened:
                    opened.add(leaf.term)
                    waiting += [test.tree for test in self.terms[leaf.term].criteria]


def renamed(side: Side, names: Mapping[str, str]) -> Side:
    """Give a side with its fields under other names: `names` maps what they are called there to what they shall be."""
    fields = {}
    for name, field in side.fields.items():
        derived = field.derived
        if derived and derived[0] == "domain_of":
            derived = (derived[0], names.get(derived[1], derived[1]))
        fields[names.get(name, name)] = replace(field, id=names.get(name, name), derived=derived)
    terms = {
        name: replace(term, criteria=tuple(replace(test, tree=_other(test.tree, names)) for test in term.criteria))
        for name, term in side.terms.items()
    }
    return replace(
        side, terms=terms, fields=fields, exchanged=frozenset(names.get(name, name) for name in side.exchanged)
    )


def _other(tree: Criterion, names: Mapping[str, str]) -> Criterion:
    """Give a criterion that reads its fields under other names."""
    match tree:
        case And(parts=parts) | Or(parts=parts):
            return replace(tree, parts=tuple(_other(part, names) for part in parts))
        case Not(inner=inner):
            return replace(tree, inner=_other(inner, names))
        case Meets():
            return tree
        case Compare(operand=operand):
            return replace(tree, name=names.get(tree.name, tree.name), operand=_end(operand, names))
        case Between(low=low, high=high):
            return replace(tree, name=names.get(tree.name, tree.name), low=_end(low, names), high=_end(high, names))
        case _:
            return replace(tree, name=names.get(tree.name, tree.name))


def _end(operand: Operand, names: Mapping[str, str]) -> Operand:
    return replace(operand, name=names.get(operand.name, operand.name)) if isinstance(operand, FieldValue) else operand


@dataclass(frozen=True, slots=True)
class Part:
    """That a criterion says one of `truths` on a side; None is unclear."""

    tree: Criterion
    truths: frozenset[bool | None]
    side: int = 0


ANY: frozenset[bool | None] = frozenset({True, False, None})

Case = tuple[Part, ...]
"""What must hold together."""


@dataclass(frozen=True, slots=True)
class Question:
    """Whether there is a record for which one of `cases` holds, the case that says most to people first.

    `day` is a plain day for times that nothing else decides.
    """

    sides: tuple[Side, ...]
    cases: tuple[Case, ...]
    day: date

    def leaves(self) -> Iterator[tuple[int, Leaf]]:
        """Give the single tests that decide, each with its side."""
        for index, side in enumerate(self.sides):
            trees = [part.tree for case in self.cases for part in case if part.side == index]
            for leaf in side.leaves(trees):
                yield index, leaf

    def holds(self, case: Case, raws: Raws) -> bool:
        """Say by the evaluator whether a case holds of plain values."""
        return all(self.sides[part.side].says(part.tree, raws) in part.truths for part in case)


def names_of(leaf: Leaf) -> tuple[str, ...]:
    """Give the fields that a single test reads, its own first."""
    match leaf:
        case Compare(operand=FieldValue(name=other)):
            return (leaf.name, other)
        case Between(low=low, high=high):
            return (leaf.name, *(end.name for end in (low, high) if isinstance(end, FieldValue)))
        case _:
            return (leaf.name,)


def lower(first: Criterion, second: Criterion, sides: tuple[int, int]) -> tuple[Case, ...]:
    """Give the cases in which the second criterion says less than the first: fails < unclear < meets."""
    pairs: tuple[tuple[bool | None, bool | None], ...] = ((True, False), (True, None), (None, False))
    return tuple(
        (Part(first, frozenset({high}), sides[0]), Part(second, frozenset({low}), sides[1])) for high, low in pairs
    )
