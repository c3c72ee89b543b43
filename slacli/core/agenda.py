"""What an agreement has on its agenda: what is overdue and what falls due soon, beside all that exports tell.

Deliverables and reviews are due by their days, a dispute when the figures that it contests would be final, and waivers,
calendars and the agreement itself end on days of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from slacli.core import calendars, ledger, wording
from slacli.model import Calendar, Contract, Ledger
from slacli.values import dataclass

AHEAD = timedelta(days=30)
"""How far ahead something is told of."""

Kind = Literal["deliverable", "review", "dispute", "waiver", "agreement", "calendar"]
State = Literal["overdue", "today", "soon", "open"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something to do: what it is, until which day, and whose it is.

    `who` are parties. A dispute without a day is `open`, and so is one that has longer than others are told ahead.
    """

    kind: Kind
    subject: str
    says: str
    who: tuple[str, ...]
    due: date | None
    state: State


def agenda(contract: Contract, today: date, ends: date | None) -> tuple[Item, ...]:
    """Give what is overdue, due or due soon on a day, the earliest first; `ends` is the last day of the agreement.

    A review of a period that is over cannot be held any more, and is left to the report.
    """
    found = [
        *_deliverables(contract, today),
        *_reviews(contract, today),
        *_disputes(contract, today),
        *_waivers(contract, today),
        *_ends(contract, today, ends),
    ]
    return tuple(sorted(found, key=lambda one: (one.due is None, one.due or today, one.kind, one.subject)))


def _state(due: date, today: date) -> State | None:
    """Say how a day lies to today; None where it is further ahead than anything is told."""
    if due < today:
        return "overdue"
    if due == today:
        return "today"
    return "soon" if due <= today + AHEAD else None


def _until(today: date) -> ledger.Today:
    # Today is not over yet: what is due on it is not missed.
    return ledger.Today(today + AHEAD, today - timedelta(days=1))


def _deliverables(contract: Contract, today: date) -> Iterator[Item]:
    if contract.delivered is None:
        return
    known = replace(contract, delivered=tuple(one for one in contract.delivered if one.day <= today))
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        if not isinstance(measure, Ledger):
            continue
        for entry in ledger.deliveries(known, owed, measure, _until(today)):
            disputed = ledger.disputed(contract, owed.id).get(entry.period.name)
            if entry.done is not None or entry.due is None or disputed == "left_out":
                continue
            state = _state(entry.due, today)
            if state is not None:
                who = f"{contract.party_title(owed.owed_by)} owes {contract.party_title(owed.owed_to)}"
                says = f"{who} `{owed.id}` of {entry.period.title}"
                yield Item("deliverable", owed.id, says, (owed.owed_by,), entry.due, state)


def _reviews(contract: Contract, today: date) -> Iterator[Item]:
    known = replace(contract, held=tuple(one for one in contract.held if one.day <= today))
    for review in contract.reviews.values():
        for entry in ledger.reviews(known, review, _until(today)):
            if entry.done is not None or entry.due is None or entry.period.last < today:
                continue
            state = _state(entry.due, today)
            if state is not None:
                who = wording.listed([contract.party_title(party) for party in review.parties])
                says = f"the review `{review.id}` of {entry.period.title}, by {who}"
                yield Item("review", review.id, says, review.parties, entry.due, state)


def _disputes(contract: Contract, today: date) -> Iterator[Item]:
    for one in contract.disputes:
        if one.settled is not None or one.day > today:
            continue
        due = _final(contract, one.day)
        state = _state(due, today) if due is not None else None
        who = contract.party_title(one.raised_by)
        key = wording.sanitised(one.key, 60)
        says = f"the dispute about `{key}` of `{one.duty}`, raised by {who} on {one.day}, is not settled"
        yield Item("dispute", f"{one.duty}/{key}", says, (one.raised_by,), due, state or "open")


def _final(contract: Contract, day: date) -> date | None:
    """Give the last day on which figures that end with a day are not final; None where the contract does not say."""
    if contract.final_after is None:
        return None
    instant = ledger.final_from(day, contract)
    return calendars.local_day(instant - 1, contract.time_zone) if instant is not None else None


def _waivers(contract: Contract, today: date) -> Iterator[Item]:
    for one in (*contract.waivers, *contract.waived_changes):
        if today <= one.until <= today + AHEAD:
            says = f"the waiver of {contract.party_title(one.granted_by)} for `{one.finding}` lapses"
            state = _state(one.until, today) or "soon"
            yield Item("waiver", one.finding, says, (one.granted_by,), one.until, state)


def _ends(contract: Contract, today: date, ends: date | None) -> Iterator[Item]:
    if ends is not None and (state := _state(ends, today)) is not None:
        says = "the agreement expires, and no version that is signed follows it"
        yield Item("agreement", contract.id, says, (), ends, state)
    for one in contract.calendars.values():
        if isinstance(one, Calendar) and (ends is None or one.last < ends):
            state = _state(one.last, today)
            if state is not None:
                says = f"the calendar `{one.id}` ends: its clocks cannot be judged beyond"
                yield Item("calendar", one.id, says, (), one.last, state)
