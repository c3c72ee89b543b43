"""From the tree of a criterion to a query expression: true, false, or nothing where it is unclear.

The engine's `and`, `or` and `not` follow Kleene's tables when an unclear test is nothing at all, so every test gives
nothing where a value is blank, unreadable, not allowed or in no binding, and where coarse times straddle.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from math import comb
from typing import assert_never

from slacli.core import zones
from slacli.core.plan import fragments as f
from slacli.core.plan.casts import BLANK, VALUE
from slacli.criterion import (
    And,
    Between,
    Blank,
    Compare,
    Constant,
    Criterion,
    In,
    Known,
    Like,
    Meets,
    Not,
    Operand,
    Or,
    Truth,
)
from slacli.model import Field

# Up to so many tests in all groups cost less than counting.
_CHEAP = 40

_SECONDS = {"days": zones.DAY, "hours": 3600, "minutes": 60}


def expression(tree: Criterion, fields: Mapping[str, Field], zone: str) -> str:
    """Give the expression of a criterion over the columns that reading makes (`v_`, `s_`, `lo_`, `hi_`, `m_`)."""
    match tree:
        case And(parts):
            return "(" + " AND ".join(expression(part, fields, zone) for part in parts) + ")"
        case Or(parts):
            return "(" + " OR ".join(expression(part, fields, zone) for part in parts) + ")"
        case Not(inner):
            return f"(NOT {expression(inner, fields, zone)})"
        case Truth(name):
            return f.name(f"v_{name}")
        case Meets(term):
            return f.name(f"m_{term}")
        case Known(name):
            return f"({_state(name)} = {VALUE})"
        case Blank(name, negated=negated):
            known = (
                f"WHEN {BLANK} THEN {'false' if negated else 'true'} WHEN {VALUE} THEN {'true' if negated else 'false'}"
            )
            return f"(CASE {_state(name)} {known} END)"
        case In(name, values, negated=negated):
            test = _member(fields[name], values, zone)
            return f"(NOT {test})" if negated else test
        case Like(name, pattern, negated=negated):
            value, wanted = f.name(f"v_{name}"), f.text(pattern)
            if fields[name].ignore_case:
                value, wanted = f"lower({value})", f"lower({wanted})"
            return f"({value} {'NOT ' if negated else ''}LIKE {wanted})"
        case Between(name, low, high):
            return f"({_compare(fields, name, '>=', low, zone)} AND {_compare(fields, name, '<=', high, zone)})"
        case Compare(name, operator, operand):
            return _compare(fields, name, operator, operand, zone)
    assert_never(tree)


def _state(name: str) -> str:
    return f.name(f"s_{name}")


def _member(field: Field, values: tuple[Constant, ...], zone: str) -> str:
    if field.type == "ids":
        held = f.name(f"v_{field.id}")
        if field.ignore_case:
            held = f"list_transform({held}, lambda x: lower(x))"
        return f"list_has_any({held}, [{', '.join(_constant(field, value.value) for value in values)}])"
    if field.type in {"time", "date"}:
        tests = (_compare({field.id: field}, field.id, "=", value, zone) for value in values)
        return "(" + " OR ".join(tests) + ")"
    constants = [_constant(field, value.value) for value in values]
    if field.type == "text":
        known = f.name(f"v_{field.id}")
        return f"(CASE WHEN {f.among(_value(field), constants)} THEN true WHEN {known} IS NOT NULL THEN false END)"
    return f"({_value(field)} IN ({', '.join(constants)}))"


def _value(field: Field) -> str:
    value = f.name(f"v_{field.id}")
    return f"lower({value})" if field.type == "text" and field.ignore_case else value


def _constant(field: Field, value: str | Decimal | date) -> str:
    if isinstance(value, Decimal):
        return f.number(value)
    if isinstance(value, date):
        return str((value - zones.EPOCH).days)
    return f"lower({f.text(value)})" if field.ignore_case else f.text(value)


def has_one_at(source: Field) -> bool:
    """Tell a field whose values are addresses with one `@`, and something on either side."""
    return source.format == "email" and not source.one_of


def _compare(fields: Mapping[str, Field], name: str, operator: str, operand: Operand, zone: str) -> str:
    field = fields[name]
    if field.type == "time":
        return _compare_times(name, operator, operand, zone)
    if isinstance(operand, Constant):
        wanted = _constant(field, operand.value)
        source = fields.get(field.derived[1]) if field.derived and field.derived[0] == "domain_of" else None
        if source is not None and has_one_at(source) and operator in {"=", "<>"}:
            # Measured: half the cost of cutting the domain out of the address.
            ends = f"ends_with(lower({f.name(f'v_{source.id}')}), '@' || {wanted})"
            return f"({ends})" if operator == "=" else f"(NOT {ends})"
        return f"({_value(field)} {operator} {wanted})"
    other = _value(fields[operand.name])
    if field.type == "text" and (field.ignore_case or fields[operand.name].ignore_case):
        mine, theirs = f"lower({f.name(f'v_{name}')})", f"lower({f.name(f'v_{operand.name}')})"
        return f"({mine} {operator} {theirs})"
    shift = f" + {operand.amount}" if operand.amount else ""
    return f"({_value(field)} {operator} {other}{shift})"


def _compare_times(name: str, operator: str, operand: Operand, zone: str) -> str:
    """Compare ranges of seconds: decided only where every moment of one and of the other gives the same answer."""
    low, high = f.name(f"lo_{name}"), f.name(f"hi_{name}")
    if isinstance(operand, Constant):
        return _against_day(low, high, operator, operand, zone)
    shift = operand.amount * _SECONDS[operand.unit]
    added = f" + {shift}" if shift else ""
    other_low, other_high = f"({f.name(f'lo_{operand.name}')}{added})", f"({f.name(f'hi_{operand.name}')}{added})"
    match operator:
        case "<":
            true, false = f"{high} < {other_low}", f"{low} >= {other_high}"
        case "<=":
            true, false = f"{high} <= {other_low}", f"{low} > {other_high}"
        case ">":
            true, false = f"{low} > {other_high}", f"{high} <= {other_low}"
        case ">=":
            true, false = f"{low} >= {other_high}", f"{high} < {other_low}"
        case _:
            same = f"{low} = {other_high} AND {high} = {other_low}"
            apart = f"{high} < {other_low} OR {low} > {other_high}"
            true, false = (same, apart) if operator == "=" else (apart, same)
    return f"(CASE WHEN {true} THEN true WHEN {false} THEN false END)"


def _against_day(low: str, high: str, operator: str, operand: Constant, zone: str) -> str:
    """Compare with a whole local day of the contract's zone."""
    if not isinstance(operand.value, date):
        message = f"a time is compared with {type(operand.value).__name__}"
        raise TypeError(message)
    first, _ = zones.day_bounds(operand.value, zone)
    after, _ = zones.day_bounds(operand.value + timedelta(days=1), zone)
    match operator:
        case "<":
            true, false = f"{high} < {first}", f"{low} >= {first}"
        case "<=":
            true, false = f"{high} < {after}", f"{low} >= {after}"
        case ">":
            true, false = f"{low} >= {after}", f"{high} < {after}"
        case ">=":
            true, false = f"{low} >= {first}", f"{high} < {first}"
        case _:
            inside = f"{low} >= {first} AND {high} < {after}"
            outside = f"{high} < {first} OR {low} >= {after}"
            true, false = (inside, outside) if operator == "=" else (outside, inside)
    return f"(CASE WHEN {true} THEN true WHEN {false} THEN false END)"


def counted(tests: list[str], at_least: int) -> str:
    """Give true where `at_least` tests are true, false where they cannot be, nothing in between."""
    if comb(len(tests), at_least) * at_least <= _CHEAP:
        # Any group of that many tests: Kleene's tables make it unclear just where the count would.
        groups = ["(" + " AND ".join(group) + ")" for group in combinations(tests, at_least)]
        return "(" + " OR ".join(groups) + ")"
    # One sum holds both: below how many are true, above how many may be. Measured: half the cost of two sums.
    half, kind = (4, "UTINYINT") if len(tests) < 1 << 4 else (16, "UINTEGER")
    one, unclear, none = (f"{number}::{kind}" for number in ((1 << half) + 1, 1 << half, 0))
    cases = " + ".join(
        f"CASE WHEN {test} THEN {one} WHEN {test} IS NULL THEN {unclear} ELSE {none} END" for test in tests
    )
    true, possible = f"({cases}) & {(1 << half) - 1}::{kind}", f"({cases}) >> {half}::{kind}"
    return f"(CASE WHEN {true} >= {at_least} THEN true WHEN {possible} < {at_least} THEN false END)"
