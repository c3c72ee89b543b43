"""How a term compares with what it was, found out by trying: an oracle for tests that shares no code with proofs.

Every field that a term reads takes a blank and values around each constant of either side. That is enough for the
plain tests of the small contract, and no proof of anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from slacli.core import criteria, zones
from slacli.core.changes.questions import Ask, Verdict
from slacli.criterion import Between, Compare, Constant, Criterion, In, Like, Meets
from slacli.model import Contract, Field

_RANK = {"fails": 0, "unclear": 1, "meets": 2}
_MOST = 60_000


@dataclass(frozen=True)
class Seen:
    """A record with its filled fields, and what it was and is."""

    values: dict[str, Any]
    before: str
    after: str

    def __str__(self) -> str:
        return "{" + ", ".join(f"{k}: {v}" for k, v in self.values.items() if v is not None) + "}"


@dataclass(frozen=True)
class Tried:
    """What trying has shown."""

    verdict: Verdict
    fell: Seen | None = None
    rose: Seen | None = None
    steady: bool = False


def tried(old: Contract, new: Contract, before: str, after: str) -> Tried:
    """Compare two terms of the contracts that `changes.comparable` gives."""
    if old.terms[before].record != new.terms[after].record:
        return Tried("different")
    record = new.terms[after].record
    fields = dict.fromkeys((*_read(old, before), *_read(new, after)))
    shared = [name for name in fields if name in old.records[record].fields and name in new.records[record].fields]
    choices = [list(_values(new.records[record].fields[name], name, old, new, (before, after))) for name in shared]
    fell = rose = None
    steady = True
    for count, values in enumerate(product(*choices)):
        assert count < _MOST, (before, after)
        row = dict(zip(shared, values, strict=True))
        was, now = verdict(old, before, row), verdict(new, after, row)
        steady = steady and (was == "unclear") == (now == "unclear")
        if _RANK[now] < _RANK[was]:
            fell = fell or Seen(row, was, now)
        if _RANK[now] > _RANK[was]:
            rose = rose or Seen(row, was, now)
    found: Verdict = "different" if fell and rose else "tighter" if fell else "looser" if rose else "equal"
    return Tried(found, fell, rose, steady)


def meaning(old: Contract, new: Contract, asked: tuple[tuple[str, str], ...]) -> Ask:
    """Give the answers to what `changes.asked` names."""
    answers = {after: tried(old, new, before, after) for before, after in asked}
    return answers.__getitem__


def verdict(contract: Contract, name: str, raw: dict[str, Any]) -> str:
    """Give the verdict of a term on a row."""
    term = contract.terms[name]
    fields = contract.records[term.record].fields
    zone = zones.zone(contract.time_zone)
    assert zone is not None
    row = criteria.row_of(fields, raw, zone)
    return criteria.verdict(term, row, criteria.meeting(contract.terms, row, zone, fields), zone, fields)


def _read(contract: Contract, name: str) -> Iterator[str]:
    for test in contract.terms[name].criteria:
        yield from criteria.fields_of(test.tree, contract.terms)


def _leaves(contract: Contract, name: str) -> Iterator[Criterion]:
    for test in contract.terms[name].criteria:
        for leaf in criteria.leaves(test.tree):
            if isinstance(leaf, Meets):
                yield from _leaves(contract, leaf.term)
            else:
                yield leaf


def _values(field: Field, name: str, old: Contract, new: Contract, ids: tuple[str, str]) -> Iterator[Any]:
    found: dict[Any, None] = {None: None}
    for contract, term in zip((old, new), ids, strict=True):
        for leaf in _leaves(contract, term):
            if getattr(leaf, "name", None) != name:
                continue
            match leaf:
                case Compare(operand=Constant(value=value)):
                    found |= dict.fromkeys(_around(value))
                case Between(low=Constant(value=low), high=Constant(value=high)):
                    found |= dict.fromkeys((*_around(low), *_around(high)))
                case In(values=values):
                    found |= dict.fromkeys(one.value for one in values)
                case Like(pattern=pattern):
                    found |= dict.fromkeys((pattern.strip("%"), pattern.replace("%", "x")))
                case _:
                    pass
    for contract in (old, new):
        known = contract.records[new.terms[ids[1]].record].fields.get(name)
        if known is not None:
            found |= dict.fromkeys(known.one_of)
            found |= dict.fromkeys(edge for low in (known.low, known.high) if low is not None for edge in _around(low))
    if field.type == "yes_no":
        found |= {"true": None, "false": None}
    if field.type == "text" and not field.one_of:
        found["something else"] = None
    if field.type in {"date", "time"}:
        found["2027-03-01"] = None
    yield from found


def _around(value: Any) -> Iterator[Any]:
    if isinstance(value, Decimal):
        yield from (str(value - 1), str(value), str(value + 1))
    elif isinstance(value, date):
        yield from ((value + timedelta(days=n)).isoformat() for n in (-1, 0, 1))
    else:
        yield value
