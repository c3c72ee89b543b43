"""Deliverables and reviews: what was due in each period, what was entered in the evidence, and what that comes to.

They rest on no export: only on `evidence.yaml`, the calendar of the cover, and the day of the report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from slacli.core import ledger, wording
from slacli.core.ledger import Entry, Today
from slacli.core.periods import Period
from slacli.core.plan.tables import Gap
from slacli.core.verdict import pages, stretches
from slacli.core.verdict.state import Judge
from slacli.core.verdict.stretches import Stretch
from slacli.findings import (
    AsOf,
    Counts,
    Outcome,
    Owed,
    PeriodFacts,
    Problem,
    Related,
    ReviewFacts,
    Rule,
    Severity,
    Status,
    reported,
)
from slacli.model import Delivery, Held, Ledger, Responsibility, Review

DELIVERED_BY_ANOTHER = reported(
    Severity.WARNING,
    "delivered-by-another",
    """Something was handed over by a party that does not owe it, so it does not count.

    Why: a duty is kept by who owes it. An entry counts for the party itself, its department and its own teams.
    """,
)
REVIEW_NOT_HELD = reported(
    Severity.WARNING,
    "review-not-held",
    """A review that the agreement asks for was not held by its day, or not with everybody who takes part in it.

    Why: what nobody looks at together is found out when it is too late. The last review that was due is reported.
    """,
)
RULES: tuple[Rule[None], ...] = (DELIVERED_BY_ANOTHER, REVIEW_NOT_HELD)

_NO_EVIDENCE = "the contract has no `evidence.yaml`"
_NO_DAY = "no export at hand says what day it is, and `--as-of` was not given"

_STATUS: dict[str, Status] = {
    "met": "met",
    "late": "missed",
    "missed": "missed",
    "unclear": "unclear",
    "open": "running",
}
_COUNTS = {
    "met": Counts(1, met=1),
    "late": Counts(1, missed=1),
    "missed": Counts(1, missed=1),
    "unclear": Counts(1, unclear=1, may_meet=1, may_miss=1),
    "open": Counts(1, open=1),
}
_REVIEWED: dict[str, Literal["held", "late", "not held", "open", "unclear"]] = {
    "met": "held", "late": "late", "missed": "not held", "open": "open", "unclear": "unclear",
}  # fmt: skip


def outcomes(state: Judge, moment: AsOf | None) -> Iterator[Outcome]:
    """Judge every duty to hand something over, in the order of the contract."""
    contract = state.contract
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        if not isinstance(measure, Ledger):
            continue
        today = _today(state, moment)
        reason = _unknown(state, today)
        entries = tuple(ledger.deliveries(contract, owed, measure, today)) if today is not None and not reason else ()
        if not entries:
            state.gaps.append(Gap(owed.id, "responsibility", reason or _nothing_due(state, today), owed.at))
        chosen = _chosen(state, owed.id, entries)
        for entry in entries:
            yield _delivered(state, owed, entry, judged=entry.period in chosen)


def reviews(state: Judge, moment: AsOf | None) -> Iterator[ReviewFacts]:
    """Say of every review whether it was held, in the order of the contract."""
    contract = state.contract
    if not contract.reviews:
        return
    today = _today(state, moment)
    reason = _unknown(state, today)
    if today is None or reason:
        state.gaps.append(Gap("reviews", "review", reason, contract.at / "reviews"))
        return
    for review in contract.reviews.values():
        entries = tuple(ledger.reviews(contract, review, today))
        chosen = _chosen(state, f"reviews/{review.id}", entries)
        for entry in entries:
            yield _reviewed(state, review, entry, judged=entry.period in chosen)


def _today(state: Judge, moment: AsOf | None) -> Today | None:
    if moment is None:
        return None
    return ledger.today(moment.at, state.contract.time_zone, given=moment.source == "--as-of")


def _unknown(state: Judge, today: Today | None) -> str:
    """Say why the ledger cannot be read, or nothing where it can."""
    return _NO_EVIDENCE if state.contract.delivered is None else _NO_DAY if today is None else ""


def _nothing_due(state: Judge, today: Today | None) -> str:
    begins = state.contract.effective
    if today is not None and today.day < begins:
        return f"the agreement takes effect on {begins}, after the day of the report"
    return "nothing was due up to the day of the report"


def owed_in(state: Judge, moment: AsOf | None) -> Iterator[tuple[str, tuple[Stretch | None, ...]]]:
    """Give every duty to hand something over, and every review, with the periods that it was owed in."""
    contract = state.contract
    today = _today(state, moment)
    if today is None or _unknown(state, today):
        return
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        if isinstance(measure, Ledger):
            yield owed.id, _stretches(tuple(ledger.deliveries(contract, owed, measure, today)))
    for review in contract.reviews.values():
        yield f"reviews/{review.id}", _stretches(tuple(ledger.reviews(contract, review, today)))


def _stretches(entries: Sequence[Entry[Delivery] | Entry[Held]]) -> tuple[Stretch | None, ...]:
    return tuple((entry.period, "finished" if entry.is_over else "running") for entry in entries)


def _chosen(state: Judge, name: str, entries: Sequence[Entry[Delivery] | Entry[Held]]) -> Collection[Period | None]:
    return stretches.picked(state, name, _stretches(entries), stretches.named_period(state))


def _facts(entry: Entry[Delivery] | Entry[Held]) -> PeriodFacts:
    period = entry.period
    return PeriodFacts(period.name, period.title, period.first, period.last, "finished" if entry.is_over else "running")


# --- deliverables -----------------------------------------------------------------------------


def _delivered(state: Judge, owed: Responsibility, entry: Entry[Delivery], *, judged: bool) -> Outcome:
    outcome = Outcome(
        duty=owed.id,
        title=owed.title,
        kind=owed.duty.kind,
        owed_by=owed.owed_by,
        owed_to=owed.owed_to,
        period=_facts(entry),
        measure="ledger",
        counts=_COUNTS[entry.state],
        lower=None,
        upper=None,
        target=None,
        status=_STATUS[entry.state],
        judged=judged,
        due=entry.due,
        delivered=entry.done.day if entry.done is not None else None,
    )
    standing = ledger.disputed(state.contract, owed.id).get(entry.period.name)
    if standing == "left_out":
        outcome = replace(outcome, counts=Counts(1, left_out=1), status="no data")
    elif standing == "open" and entry.is_over:
        outcome = replace(outcome, counts=replace(_COUNTS["unclear"], disputed=1), status="unclear")
    if judged or not entry.is_over:
        _by_others(state, owed, entry)
    if outcome.status == "missed" or (outcome.status == "unclear" and judged):
        _report(state, owed, entry, outcome)
    return outcome


def _report(state: Judge, owed: Responsibility, entry: Entry[Delivery], outcome: Outcome) -> None:
    contract = state.contract
    missed = pages.TARGET_MISSED if outcome.judged else pages.OLDER_MISS
    who = f"{contract.party_title(owed.owed_by)} owes {contract.party_title(owed.owed_to)} `{owed.id}`"
    by = f" by {entry.due}" if entry.due is not None else ""
    if entry.due is None:
        what = f", and the calendar `{contract.calendar}` does not say until which day"
    elif outcome.counts.disputed:
        what = ", and whether it was kept is disputed"
    elif entry.done is not None:
        what = f", and it was handed over on {entry.done.day}"
    else:
        what = ", and nothing was handed over"
    state.report(
        missed if outcome.status == "missed" else pages.UNCLEAR_OUTCOME,
        Problem(
            at=owed.at,
            key=True,
            message=f"{outcome.status} in {entry.period.title}: {who}{by}{what}",
            label=owed.title,
            help="" if entry.done is not None or entry.due is None else "hand it over, and enter it in `evidence.yaml`",
            related=(Related(entry.done.at, "handed over"),) if entry.done is not None else (),
            subject=owed.id,
        ),
        period=entry.period.name,
        owed=Owed((owed.owed_by,), owed.owed_to),
    )


def _by_others(state: Judge, owed: Responsibility, entry: Entry[Delivery]) -> None:
    contract = state.contract
    for one in entry.others:
        state.report(
            DELIVERED_BY_ANOTHER,
            Problem(
                at=one.at / "by",
                message=f"`{owed.id}` for {entry.period.title} is entered as handed over by "
                f"{contract.party_title(one.by)}, and {contract.party_title(owed.owed_by)} owes it",
                label="does not owe it",
                help=f"write `by: {owed.owed_by}` where it was them, else the entry does not count",
                subject=owed.id,
            ),
            period=entry.period.name,
        )


# --- reviews ----------------------------------------------------------------------------------


def _reviewed(state: Judge, review: Review, entry: Entry[Held], *, judged: bool) -> ReviewFacts:
    contract = state.contract
    missing = () if entry.done is not None else tuple(
        dict.fromkeys(party for one in entry.others for party in ledger.absent(contract, review, one))
    )  # fmt: skip
    if judged and entry.state == "missed":
        without = wording.listed([contract.party_title(party) for party in missing])
        state.report(
            REVIEW_NOT_HELD,
            Problem(
                at=review.at,
                key=True,
                message=f"the review `{review.id}` of {entry.period.title} was due by {entry.due}, and "
                + (f"was held without {without}" if missing else "is not entered as held"),
                label=f"{review.kind}, each {review.every}",
                help="hold it, and enter it in `evidence.yaml`",
                related=tuple(Related(one.at, f"without {without}") for one in entry.others),
                subject=f"reviews/{review.id}",
            ),
            period=entry.period.name,
        )
    return ReviewFacts(
        review=review.id,
        kind=review.kind,
        parties=review.parties,
        period=_facts(entry),
        due=entry.due,
        held=entry.done.day if entry.done is not None else None,
        state=_REVIEWED[entry.state],
        judged=judged,
        absent=missing,
    )
