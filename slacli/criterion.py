"""The tree of a criterion: one frozen node for each thing that the closed language can say, with its place."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Literal

from slacli.values import dataclass

Part = tuple[int, int]
"""The 0-based start and end of a node in the text of its criterion."""

Operator = Literal["=", "<>", "<", "<=", ">", ">="]
Unit = Literal["days", "hours", "minutes"]
Plain = str | Decimal | date


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of the text: text, a number, or a whole local day."""

    value: Plain
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """Another field of the same record, with a stretch of time added where `amount` is not zero."""

    name: str
    part: Part = field(compare=False)
    amount: int = 0
    unit: Unit = "days"


Operand = Constant | FieldValue


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against an operand."""

    name: str
    operator: Operator
    operand: Operand
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """`field in ('a', 'b')`, or `field in LIST` of the cover: `values` holds the constants either way."""

    name: str
    values: tuple[Constant, ...]
    part: Part = field(compare=False)
    negated: bool = False
    list_name: str | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """`field between low and high`, both ends included."""

    name: str
    low: Operand
    high: Operand
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class Like:
    """`field like 'pattern'`: `%` stands for any text and `_` for one code point."""

    name: str
    pattern: str
    part: Part = field(compare=False)
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Blank:
    """`field is blank` or, negated, `field is not blank`."""

    name: str
    part: Part = field(compare=False)
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes/no field by its name."""

    name: str
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class Meets:
    """A term of the same record by its name."""

    term: str
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class Known:
    """A field whose value was read and is allowed: never unclear, and not part of the language that people write."""

    name: str
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of `parts`, by Kleene's table."""

    parts: tuple[Criterion, ...]
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of `parts`, by Kleene's table."""

    parts: tuple[Criterion, ...]
    part: Part = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unclear stays unclear."""

    inner: Criterion
    part: Part = field(compare=False)


Criterion = Compare | In | Between | Like | Blank | Truth | Meets | Known | And | Or | Not
