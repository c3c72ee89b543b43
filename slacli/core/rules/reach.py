"""What a duty rests on: the rows it is about, the terms and fields it reads, its date, its times and its calendar.

Rules ask here, so that none of them has to know every kind of duty.
"""

from __future__ import annotations

from collections.abc import Iterator

from slacli.core.criteria import fields_of, terms_of
from slacli.core.duties.attempts import Attempts
from slacli.core.duties.clock import Clock
from slacli.core.duties.must import Must
from slacli.core.duties.volume import Volume
from slacli.criterion import Criterion
from slacli.model import Contract, Covers, Duration, Event, PeriodKind, Responsibility
from slacli.places import Address

Timed = Clock | Attempts
"""The duties that a calendar can time."""


def rows_of(owed: Responsibility) -> Covers | None:
    """Give which rows a duty is about, or None where it is about none."""
    return owed.duty.of if isinstance(owed.duty, Volume) else owed.covers


def trees_of(owed: Responsibility) -> Iterator[tuple[Criterion, Address]]:
    """Give the criteria that are written in a duty itself, each with its place."""
    tests = [owed.where] if owed.where else []
    if isinstance(owed.duty, Must):
        tests.append(owed.duty.test)
    if isinstance(owed.duty, Clock):
        tests += [tier.when for tier in owed.duty.tiers if tier.when]
    for test in tests:
        yield test.tree, test.at


def child_terms(owed: Responsibility) -> Iterator[tuple[str, Address]]:
    """Give the terms whose rows are events of a duty: what stops a clock, comes again and again, or is a try."""
    duty = owed.duty
    at = owed.at / duty.kind
    if isinstance(duty, Attempts):
        yield duty.of, at / "of"
    if isinstance(duty, Clock) and duty.every is not None:
        yield duty.every, at / "every"
    for event in events_of(owed):
        if event.kind == "term":
            yield event.name, event.at


def events_of(owed: Responsibility) -> tuple[Event, ...]:
    """Give what starts and ends a duty that is about time."""
    match owed.duty:
        case Clock(starts=starts, stops=stops, until=until):
            return (*starts, *stops, *until)
        case Attempts(starts=starts, until=until):
            return (*starts, *until)
        case _:
            return ()


def terms_named(owed: Responsibility) -> set[str]:
    """Give the terms that a duty names."""
    rows = rows_of(owed)
    found = {rows.term} if rows and rows.term else set()
    found |= {name for tree, _ in trees_of(owed) for name in terms_of(tree)}
    return found | {name for name, _ in child_terms(owed)}


def counted_per(owed: Responsibility) -> PeriodKind | None:
    """Give the period in which the rows of a duty are counted by a date of theirs; a clock counts them by its start."""
    if isinstance(owed.duty, Volume):
        return owed.duty.per
    return None if isinstance(owed.duty, Timed) or owed.target is None else owed.target.per


def date_of(covers: Covers, contract: Contract, nearer: str | None = None) -> str | None:
    """Give the field that places rows in a period: the nearest of the duty's, the term's and the record's."""
    term = contract.terms[covers.term].dated if covers.term else None
    return nearer or term or contract.records[covers.record].moment


def times_of(owed: Responsibility) -> Iterator[tuple[Duration, Address]]:
    """Give the stretches of time that a duty allows, each with its place."""
    at = owed.at / owed.duty.kind
    match owed.duty:
        case Clock(tiers=tiers):
            alone = len(tiers) == 1 and tiers[0].name == "all"
            for index, tier in enumerate(tiers):
                yield tier.within, (at if alone else at / "tiers" / index) / "within"
        case Attempts(within=within, apart=apart):
            if within is not None:
                yield within, at / "within"
            if apart is not None:
                yield apart, at / "apart"


def fields_read(owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
    """Give the fields that a duty reads, through the terms that it names, as record, field and the place that asks."""
    rows = rows_of(owed)
    if rows is None:
        return
    term = contract.terms[rows.term] if rows.term else None
    if term is not None:
        tests = [term.marked] if rows.marked and term.marked else list(term.criteria)
        for test in tests:
            for name in fields_of(test.tree, contract.terms):
                yield rows.record, name, rows.at
    for tree, at in trees_of(owed):
        for name in fields_of(tree, contract.terms):
            yield rows.record, name, at
    yield from owed.duty.fields(owed, contract)
    date = date_of(rows, contract, owed.dated) if counted_per(owed) else None
    if date is not None:
        yield rows.record, date, owed.at / "dated" if owed.dated else rows.at
    for name, at in child_terms(owed):
        child = contract.terms[name]
        for test in child.criteria:
            for field in fields_of(test.tree, contract.terms):
                yield child.record, field, at
        happens = contract.records[child.record].happens
        if happens is not None:
            yield child.record, happens, at
