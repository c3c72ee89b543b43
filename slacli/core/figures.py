"""Figures of metrics: how targets and baselines are written, in which unit each metric counts, and how it is printed.

A figure is an exact fraction: of rows, of money, of one (a share), of days or of seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal

from slacli.core import wording
from slacli.findings import GoalOutcome
from slacli.model import Contract, GoalTarget, Metric

Unit = Literal["rows", "money", "number", "share", "days", "seconds"]

_TARGET = re.compile(r"(at least|at most) ([0-9.]+)(%| minutes?| hours?| days?)?(?: per (week|month|quarter|year))?")
_GROWTH = re.compile(r"grows ([0-9.]+)% on the (?:(baseline)|same (week|month|quarter) a year before|(\w+) before)")
_VALUE = re.compile(r"(-?[0-9.]+)(%| minutes?| hours?| days?)?")
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400}


def target(text: str) -> GoalTarget:
    """Read a target that the schema lets through; raises ValueError for any other text."""
    if found := _TARGET.fullmatch(text):
        way: Any = found[1]
        unit: Any = _named(found[3])
        per: Any = found[4]
        amount = Fraction(found[2])
        return GoalTarget(way, amount / 100 if unit == "%" else amount, unit, per)
    found = _GROWTH.fullmatch(text)
    if found is None:
        message = "not a target"
        raise ValueError(message)
    kind: Any = found[3] or found[4]
    on: Any = "baseline" if found[2] else "a year before" if found[3] else "before"
    return GoalTarget("grows", Fraction(found[1]) / 100, "%", kind, on)


def value(text: str) -> tuple[Fraction, str]:
    """Read the figure of a baseline that the schema lets through: the number and its unit; a share is a fraction."""
    found = _VALUE.fullmatch(text)
    if found is None:
        message = "not a figure"
        raise ValueError(message)
    unit = _named(found[2])
    return Fraction(found[1]) / (100 if unit == "%" else 1), unit


def _named(written: str | None) -> str:
    unit = (written or "").strip()
    return unit if unit in {"", "%"} or unit.endswith("s") else f"{unit}s"


def unit_of(metric: Metric, contract: Contract) -> Unit:
    """Say what a metric counts in: a time between two days in days, one between two moments in seconds."""
    if metric.kind in {"count", "count_first"}:
        return "rows"
    if metric.kind in {"ratio", "share"}:
        return "share"
    record = contract.records[contract.terms[metric.of].record]
    if metric.kind == "median":
        types = {record.fields[name].type for name in (metric.start, metric.end) if name is not None}
        return "days" if "date" in types else "seconds"
    return "money" if metric.field is not None and record.fields[metric.field].type == "money" else "number"


def written_units(unit: Unit) -> tuple[str, ...]:
    """Give the units in which figures of a metric are written in a contract; the empty one is a plain number."""
    if unit in {"days", "seconds"}:
        return ("minutes", "hours", "days")
    return ("%",) if unit == "share" else ("",)


def counted_in(amount: Fraction, written: str, unit: Unit) -> Fraction:
    """Give an amount, written in a unit of a contract, as the metric counts it."""
    if written not in _SECONDS:
        return amount
    return amount * _SECONDS[written] / (_SECONDS["days"] if unit == "days" else 1)


def said(figure: Fraction, unit: Unit, *, up: bool = False, digits: int = 0) -> str:
    """Print a figure, cut off below its last digit: upwards where less is better, so that none flatters.

    It has at least so many decimals, and those that its unit usually has.
    """
    if unit == "seconds":
        return wording.took(int(-(-figure // 1) if up else figure // 1))
    usual = 0 if unit == "number" and figure.denominator == 1 else _DIGITS[unit]
    shift = 100 if unit == "share" else 1
    shown = -_cut(-figure * shift, max(usual, digits)) if up else _cut(figure * shift, max(usual, digits))
    text = wording.number(shown) if max(usual, digits) else wording.number(int(shown))
    ends = {"share": " %", "days": " day" if text == "1" else " days"}
    return f"{text}{ends.get(unit, '')}"


_DIGITS: Mapping[Unit, int] = MappingProxyType({"rows": 0, "money": 2, "number": 2, "share": 1, "days": 0})
_MOST_DIGITS = 6


def digits(outcome: GoalOutcome) -> int:
    """Give the decimals that what is wanted has, so that a figure is never printed like it while it is not."""
    shift = 100 if outcome.unit == "share" else 1
    ends = outcome.wanted or ()
    for count in range(_MOST_DIGITS + 1):
        if all((one * shift * 10**count).denominator == 1 for one in ends):
            return count
    return 0


def come_to(outcome: GoalOutcome) -> str:
    """Print the figure of an outcome, or the bounds between which it lies."""

    def shown(one: Fraction) -> str:
        return said(one, outcome.unit, up=outcome.way == "at most", digits=digits(outcome))

    lower, upper = outcome.lower, outcome.upper
    if lower is None and upper is None:
        return shown(outcome.value) if outcome.value is not None else "n/a"
    if lower is None or upper is None:
        return f"at most {shown(upper)}" if upper is not None else f"at least {shown(lower or Fraction(0))}"
    return shown(lower) if lower == upper else f"{shown(lower)} to {shown(upper)}"


def wanted(outcome: GoalOutcome) -> str:
    """Print what a figure should come to, worked out where it grows on another one."""
    if outcome.wanted is None:
        return outcome.target
    up = outcome.way == "at least"
    low, high = (said(one, outcome.unit, up=up, digits=digits(outcome)) for one in outcome.wanted)
    if outcome.unit == "share":
        low, high = low.replace(".0 %", " %"), high.replace(".0 %", " %")
    return f"{outcome.way} {low if low == high else f'{low} to {high}'}"


def written(figure: Fraction, unit: Unit) -> str:
    """Give a figure as a contract writes it, cut off where it has no end."""
    match unit:
        case "share":
            return f"{_plainly(figure * 100, 4)}%"
        case "money":
            return str(_cut(figure, 2))
        case "days":
            return f"{int(figure)} day{'' if figure == 1 else 's'}"
        case "seconds":
            minutes = _plainly(figure / 60, 4)
            return f"{minutes} minute{'' if minutes == '1' else 's'}"
        case _:
            return _plainly(figure, 6)


def _plainly(figure: Fraction, digits: int) -> str:
    text = f"{_cut(figure, digits):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cut(figure: Fraction, digits: int) -> Decimal:
    return Decimal(figure * 10**digits // 1).scaleb(-digits)
