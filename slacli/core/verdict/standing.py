"""What stands of outcomes when all are known: which may still be disputed, and what follows from a miss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from slacli.core import ledger
from slacli.findings import Outcome, Sequel
from slacli.model import Consequence, Contract


def standing(contract: Contract, outcomes: Iterable[Outcome], now: datetime | None) -> tuple[Outcome, ...]:
    """Give outcomes with what is still provisional about them, and each miss with the consequence that it has."""
    found = [_settled(contract, one, now) for one in outcomes]
    by_duty: dict[str, list[Outcome]] = {}
    for one in found:
        if one.period.state in {"finished", "whole"}:
            by_duty.setdefault(one.duty, []).append(one)
    followed = {
        (one.duty, one.period.name): sequel
        for duty, mine in by_duty.items()
        for one, sequel in _sequels(contract.responsibilities[duty].on_miss, mine)
    }
    return tuple(replace(one, consequence=followed.get((one.duty, one.period.name))) for one in found)


def _settled(contract: Contract, outcome: Outcome, now: datetime | None) -> Outcome:
    """Mark a finished period as provisional until its figures are final, and where no calendar says when that is."""
    last = outcome.period.last
    if outcome.period.state != "finished" or last is None or now is None:
        return outcome
    final = ledger.final_from(last, contract)
    provisional = final is None or now.timestamp() < final
    parts = tuple(replace(part, provisional=provisional) for part in outcome.parts)
    return replace(outcome, provisional=provisional, parts=parts)


def _sequels(steps: Sequence[Consequence], outcomes: Sequence[Outcome]) -> Iterable[tuple[Outcome, Sequel | None]]:
    """Give each period of a duty with what follows from it: the highest step that its misses have reached.

    Only a miss brings a consequence about, and whatever was not missed ends a row of misses.
    """
    in_all = in_a_row = 0
    for one in sorted(outcomes, key=lambda outcome: outcome.period.last or date.max):
        missed = one.status == "missed"
        in_all += missed
        in_a_row = in_a_row + 1 if missed else 0
        reached = [step for step in steps if step.after <= (in_a_row if step.in_a_row else in_all)]
        if missed and reached:
            step = max(reversed(reached), key=lambda reached: reached.after)
            yield one, Sequel(step.after, step.in_a_row, step.then, in_a_row if step.in_a_row else in_all)
