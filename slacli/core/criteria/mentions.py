"""What a criterion speaks of: the fields it reads and the terms it leans on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import assert_never

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
    Or,
    Truth,
)
from slacli.model import Term

_NO_TERMS: Mapping[str, Term] = MappingProxyType({})


def fields_of(tree: Criterion, terms: Mapping[str, Term] = _NO_TERMS) -> tuple[str, ...]:
    """Give the fields that a criterion reads, each once, in the order of the text; with `terms`, through them too."""
    found: dict[str, None] = {}
    opened: set[str] = set()
    trees = [tree]
    while trees:
        for leaf in leaves(trees.pop(0)):
            if not isinstance(leaf, Meets):
                found.update(dict.fromkeys(_named(leaf)))
            elif leaf.term in terms and leaf.term not in opened:
                opened.add(leaf.term)
                trees.extend(test.tree for test in terms[leaf.term].criteria)
    return tuple(found)


def terms_of(tree: Criterion) -> tuple[str, ...]:
    """Give the terms that a criterion names, each once, in the order of the text."""
    return tuple(dict.fromkeys(leaf.term for leaf in leaves(tree) if isinstance(leaf, Meets)))


def leaves(tree: Criterion) -> Iterator[Compare | In | Between | Like | Blank | Truth | Meets | Known]:
    """Give the single tests of a criterion, in the order of the text."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        match node:
            case And(parts=parts) | Or(parts=parts):
                waiting.extend(reversed(parts))
            case Not(inner=inner):
                waiting.append(inner)
            case _:
                yield node


def _named(leaf: Compare | In | Between | Like | Blank | Truth | Known) -> Iterator[str]:
    yield leaf.name
    match leaf:
        case Compare(operand=operand):
            if isinstance(operand, FieldValue):
                yield operand.name
        case Between(low=low, high=high):
            for end in (low, high):
                if isinstance(end, FieldValue):
                    yield end.name
        case In() | Like() | Blank() | Truth() | Known():
            pass
        case _:
            assert_never(leaf)
