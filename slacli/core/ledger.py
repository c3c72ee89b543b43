"""What the ledger says of promises by a day: things handed over, reviews held, disputes, and when figures are final.

It knows which day the entry of a period is due on, whose entry counts for whom, and that what is dated after the day
of the report has not happened yet. Every due day is one of the period itself: the brief `for: FY27-Q4` that is due by
the 10th business day is due on the 10th business day of FY27-Q4. A period is owed where its due day lies within the
agreement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Generic, Literal, TypeVar

from slacli.core import calendars, dialects, periods
from slacli.core.calendars import OpenTime
from slacli.core.periods import Period
from slacli.model import Calendar, Contract, Delivery, Dispute, Held, Ledger, NthDay, PeriodKind, Responsibility, Review
from slacli.values import dataclass

Item = TypeVar("Item", Delivery, Held)

State = Literal["met", "late", "missed", "open", "unclear"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Today:
    """The day of a report, and the last day that was over at its moment: the same one where the moment is its end."""

    day: date
    over: date


@dataclass(frozen=True, slots=True)
class Entry(Generic[Item]):
    """What came of a promise in one period.

    `due` is None where the calendar does not reach. `done` is the first item that counts. `others` are items of the
    period that do not: handed over by somebody else, or held without everybody.
    """

    period: Period
    due: date | None
    done: Item | None
    state: State
    others: tuple[Item, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing can change it any more: its day has passed, or it was done in time."""
        return self.state != "open"


def today(now: datetime, zone: str, *, given: bool) -> Today:
    """Give the day of a moment. A midnight that was given ends the day before, one in an export has come."""
    day = calendars.local_day(int(now.timestamp()) - (1 if given else 0), zone)
    ends = calendars.day_starts(day + _DAY, zone)
    return Today(day, day if int(now.timestamp()) >= ends else day - _DAY)


# --- what was due, and what was done ----------------------------------------------------------


def due_days(
    contract: Contract, every: PeriodKind, by: NthDay | None, until: date
) -> Iterator[tuple[Period, date | None]]:
    """Give the periods that are owed up to the one of a day, each with the day on which it is due.

    That day is None where the calendar of the cover does not say which one it is.
    """
    end = min(until, contract.expires) if contract.expires is not None else until
    calendar = cover_calendar(contract)
    for period in periods.between(contract.effective, end, every, contract.fiscal_year):
        due = calendars.nth_day(period.first, by.number, by.clock, calendar) if by is not None else period.last
        if due is None or (contract.effective <= due and (contract.expires is None or due <= contract.expires)):
            yield period, due


def deliveries(contract: Contract, owed: Responsibility, measure: Ledger, now: Today) -> Iterator[Entry[Delivery]]:
    """Give what was handed over for each period of a duty, from the first that is owed to the one that is now."""
    mine: dict[Period | None, list[Delivery]] = {}
    for one in contract.delivered or ():
        if one.duty == owed.id and one.day <= now.day:
            mine.setdefault(periods.named(one.period, contract.fiscal_year), []).append(one)
    for period, due in due_days(contract, measure.every, measure.by, now.day):
        yield _entry(period, due, mine.get(period, []), now, lambda one: contract.stands_for(one.by, owed.owed_by))


def reviews(contract: Contract, review: Review, now: Today) -> Iterator[Entry[Held]]:
    """Give how a review was held in each period, from the first that is owed to the one that is now.

    It counts for the period that its day lies in, and only where every party took part.
    """
    mine: dict[Period, list[Held]] = {}
    for one in contract.held:
        if one.review == review.id and one.day <= now.day:
            mine.setdefault(periods.of_day(one.day, review.every, contract.fiscal_year), []).append(one)
    for period, due in due_days(contract, review.every, review.by, now.day):
        yield _entry(period, due, mine.get(period, []), now, lambda one: not absent(contract, review, one))


def absent(contract: Contract, review: Review, held: Held) -> tuple[str, ...]:
    """Give the parties of a review that did not take part, and nobody for them."""
    return tuple(party for party in review.parties if not any(contract.stands_for(one, party) for one in held.parties))


def _entry(
    period: Period, due: date | None, items: list[Item], now: Today, counts: Callable[[Item], bool]
) -> Entry[Item]:
    ordered = sorted(items, key=lambda one: one.day)
    done = next((one for one in ordered if counts(one)), None)
    state: State
    if due is None:
        state = "unclear" if now.over >= period.last else "open"
    elif done is not None:
        state = "met" if done.day <= due else "late"
    else:
        state = "missed" if now.over >= due else "open"
    return Entry(period, due, done, state, tuple(one for one in ordered if not counts(one)))


# --- disputes, and when figures are final -----------------------------------------------------


def disputed(contract: Contract, duty: str) -> Mapping[str, Literal["open", "left_out"]]:
    """Give the keys of a duty whose verdict does not stand: still contested, or settled as left out."""
    found: dict[str, Literal["open", "left_out"]] = {}
    for one in contract.disputes:
        if one.duty == duty and (one.settled is None or one.settled.outcome == "left_out"):
            found[key_of(contract, one)] = "open" if one.settled is None else "left_out"
    return found


def key_of(contract: Contract, dispute: Dispute) -> str:
    """Give the key that a dispute names in the form in which reports name it."""
    owed = contract.responsibilities.get(dispute.duty)
    record = contract.records.get(owed.covers.record) if owed is not None and owed.covers is not None else None
    if record is None or record.key is None:
        return dispute.key
    return dialects.long_id(dispute.key, dialects.forms(contract).get((record.id, record.key), "plain"))


def final_from(last: date, contract: Contract) -> int | None:
    """Give the instant from which the figures of a period are final that ends with a day.

    Business days count on the calendar of the cover, and figures are final when the last of them is over. None where
    that calendar does not reach so far.
    """
    zone = contract.time_zone
    after = contract.final_after
    ends = calendars.day_starts(last + _DAY, zone)
    if after is None:
        return ends
    if after.clock == "wall" or after.unit != "days":
        calendar = cover_calendar(contract)
        seconds = calendars.needed(after, calendar)
        if after.clock == "wall" or seconds is None:
            return None if seconds is None else ends + seconds
        return calendar.due(ends, seconds) if calendar is not None else None
    clock: Literal["business", "calendar"] = "business" if after.clock == "business" else "calendar"
    day = calendars.nth_day(last + _DAY, after.amount, clock, cover_calendar(contract))
    return calendars.day_starts(day + _DAY, zone) if day is not None else None


def cover_calendar(contract: Contract) -> OpenTime | None:
    """Give the calendar that counts business days for the whole agreement, or None where the cover names none."""
    found = contract.calendars.get(contract.calendar or "")
    return calendars.compiled(found) if isinstance(found, Calendar) else None
