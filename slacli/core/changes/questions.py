"""What has to be known of meanings before a change can be judged: which terms to compare, and the terms in duties.

A criterion that is written in a duty, as the mark of a term or as an exclusion is compared like a term. So each gets a
name with a dot in it, which no id of a contract has: `first_touch.where`, `mql.marked`, `lead.left_out.test`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol

from slacli.core.changes.names import Side, renamed, sides
from slacli.core.duties.clock import Clock
from slacli.core.duties.must import Must
from slacli.core.duties.volume import Volume
from slacli.criterion import Meets
from slacli.model import Contract, Field, Record, Responsibility, Term, Test
from slacli.values import dataclass

Verdict = Literal["tighter", "looser", "equal", "different", "not decided"]


class Meaning(Protocol):
    """How what a term says compares with what it said: tighter where its verdict is nowhere higher, somewhere lower."""

    @property
    def verdict(self) -> Verdict: ...


Ask = Callable[[str], Meaning]
"""Gives for a name in the newer contract of `comparable` how it compares with the older one."""


@dataclass(frozen=True, slots=True)
class Open:
    """A meaning that nobody has compared."""

    verdict: Verdict = "not decided"


def where(duty: str) -> str:
    return f"{duty}.where"


def asks(duty: str) -> str:
    """Name what a duty asks of each row, as it is written there."""
    return f"{duty}.must"


def must(owed: Responsibility) -> str:
    """Name what a duty asks of each row: the term, where it asks for one and nothing else."""
    if isinstance(owed.duty, Must) and isinstance(owed.duty.test.tree, Meets):
        return owed.duty.test.tree.term
    return asks(owed.id)


def tier(duty: str, name: str) -> str:
    return f"{duty}.tier.{name}"


def mark(term: str) -> str:
    return f"{term}.marked"


def exclusion(record: str, name: str) -> str:
    return f"{record}.left_out.{name}"


def comparable(old: Contract, new: Contract) -> tuple[Contract, Contract]:
    """Give both versions for a comparison of meanings: every criterion a term, the older one in the newer names."""
    was, now = sides(old, new)
    return _spelt_out(was), _spelt_out(now)


def _spelt_out(side: Side) -> Contract:
    contract = side.contract
    records = {record.id: record for record in (_record(one, side) for one in contract.records.values())}
    found: dict[str, Term] = {}

    def add(name: str, record: str | None, test: Test | None) -> None:
        if record is not None and test is not None:
            named = side.called("record", record)
            found[name] = Term(name, name, named, (_test(test, side.within(record)),), 1, test.at)

    for term in contract.terms.values():
        name = side.called("term", term.id)
        criteria = tuple(_test(test, side.within(term.record)) for test in term.criteria)
        found[name] = replace(term, id=name, record=side.called("record", term.record), criteria=criteria)
        add(mark(name), term.record, term.marked)
    for record in contract.records.values():
        for test in record.left_out:
            add(exclusion(side.called("record", record.id), test.name), record.id, test)
    for owed in contract.responsibilities.values():
        rows = owed.duty.of if isinstance(owed.duty, Volume) else owed.covers
        of = rows.record if rows else None
        name = side.called("responsibility", owed.id)
        add(where(name), of, owed.where)
        if isinstance(owed.duty, Must):
            add(asks(name), of, owed.duty.test)
        if isinstance(owed.duty, Clock):
            for one in owed.duty.tiers:
                add(tier(name, one.name), of, one.when)
    return replace(contract, records=records, terms=found)


def _test(test: Test, side: Side) -> Test:
    return replace(test, tree=renamed(test.tree, side, values=True))


def _record(record: Record, side: Side) -> Record:
    scope = side.within(record.id)

    def field(found: Field) -> Field:
        derived = found.derived
        if derived is not None:
            derived = (derived[0], scope.called("field" if derived[0] == "domain_of" else "term", derived[1]))
        return replace(found, id=scope.called("field", found.id), derived=derived)

    fields = {one.id: one for one in (field(found) for found in record.fields.values())}
    return replace(record, id=side.called("record", record.id), fields=fields)
