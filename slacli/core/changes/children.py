"""What terms rest on by way of child rows: a field that counts a child's term moves with what that term says.

A comparison of criteria takes such a field for any number, the same on both sides, so that it sees nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from slacli.core.changes.questions import Meaning, Verdict
from slacli.criterion import And, Compare, Constant, Criterion, FieldValue, Meets, Not, Or
from slacli.model import Contract
from slacli.values import dataclass

UP, DOWN, UNKNOWN = 1, -1, 0
"""Which way a verdict goes where a field has a higher value."""


@dataclass(frozen=True, slots=True)
class Rests:
    """How a term compares with what it was where fields that it reads rest on child rows that count otherwise now.

    `because` names those fields, each with what it rests on. The records show what its own words do.
    """

    verdict: Verdict
    because: tuple[str, ...]
    fell: Any = None
    rose: Any = None


def derived(contract: Contract, name: str) -> dict[str, tuple[str, str]]:
    """Give the fields that a term reads and child rows decide: how they are derived, and of which term."""
    record = contract.records[contract.terms[name].record]
    found: dict[str, tuple[str, str]] = {}
    for field in record.fields.values():
        if field.derived is not None and field.derived[0] != "domain_of" and ways(contract, name, field.id):
            found[field.id] = field.derived
    return found


def ways(contract: Contract, name: str, field: str) -> set[int]:
    """Give which way a term goes where a field of its record is higher, once for each way; nothing if it reads none."""
    return {way for test in contract.terms[name].criteria for way in _ways(contract, test.tree, field)}


def rests(own: Meaning, moves: dict[str, tuple[int, set[int], str]]) -> Meaning:
    """Give what becomes of a comparison by fields that move: for each which way, the ways of the term, and the words.

    What goes up and down, or who knows where, is not decided: never equal.
    """
    if not moves:
        return own
    found = {move * way for move, ways_of, _ in moves.values() for way in ways_of}
    verdict: Verdict = "not decided"
    if found == {UP} and own.verdict in {"equal", "looser"}:
        verdict = "looser"
    if found == {DOWN} and own.verdict in {"equal", "tighter"}:
        verdict = "tighter"
    because = tuple(words for _, _, words in moves.values())
    return Rests(verdict, because, getattr(own, "fell", None), getattr(own, "rose", None))


def _ways(contract: Contract, tree: Criterion, field: str) -> Iterator[int]:
    match tree:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _ways(contract, part, field)
        case Not(inner=inner):
            yield from (-way for way in _ways(contract, inner, field))
        case Meets(term=term):
            if term in contract.terms:
                yield from ways(contract, term, field)
        case Compare(name=name, operator=operator, operand=operand):
            far = isinstance(operand, FieldValue) and operand.name == field
            if name == field:
                yield UNKNOWN if far else _compared(operator, operand)
            elif far:
                yield -_compared(operator, operand)
        case _:
            if field in _read(tree):
                yield UNKNOWN


_BY_OPERATOR = {">": UP, ">=": UP, "<": DOWN, "<=": DOWN}


def _compared(operator: str, operand: Constant | FieldValue) -> int:
    # Nothing is counted below nought.
    if isinstance(operand, Constant) and operand.value == Decimal(0) and operator in {"=", "<>"}:
        return DOWN if operator == "=" else UP
    return _BY_OPERATOR.get(operator, UNKNOWN)


def _read(leaf: Any) -> set[str]:
    ends = (getattr(leaf, "low", None), getattr(leaf, "high", None))
    return {leaf.name, *(end.name for end in ends if isinstance(end, FieldValue))}
