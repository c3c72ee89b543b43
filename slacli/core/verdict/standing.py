"""What stands of outcomes when all are known: which may still be disputed, and what follows from a miss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from slacli.core import ledger, periods
from slacli.findings import Outcome, Sequel
from slacli.model import Consequence, Contract

Followed = tuple[Outcome, Sequence[Consequence]]
"""An outcome, and the steps that the text which judged it has for misses."""


def provisional(contract: Contract, outcome: Outcome, now: datetime | None) -> Outcome:
    """Mark a finished period as provisional until its figures are final, and where no calendar says when that is."""
    last = outcome.period.last
    if outcome.period.state != "finished" or last is None or now is None:
        return outcome
    if outcome.period.version is not None:
        # The parts of a period become final together.
        whole = periods.named(outcome.period.name, contract.fiscal_year)
        last = whole.last if whole is not None else last
    final = ledger.final_from(last, contract)
    open_still = final is None or now.timestamp() < final
    parts = tuple(replace(part, provisional=open_still) for part in outcome.parts)
    return replace(outcome, provisional=open_still, parts=parts)


def followed(outcomes: Sequence[Followed]) -> list[Outcome]:
    """Give the outcomes of one duty, each miss with what follows from it: the highest step that its misses reached.

    Only a miss brings a consequence about, and whatever was not missed ends a row of misses. A period that several
    versions judged in parts is one, and is missed where a part of it is.
    """
    found = [outcome for outcome, _ in outcomes]
    in_all = in_a_row = 0
    over = [number for number, one in enumerate(found) if one.period.state in _OVER]
    over.sort(key=lambda number: found[number].period.last or date.max)
    for _, group in groupby(over, key=lambda number: _period(found[number])):
        parts = list(group)
        missed = any(found[number].status == "missed" for number in parts)
        in_all += missed
        in_a_row = in_a_row + 1 if missed else 0
        for number in parts:
            if found[number].status == "missed":
                sequel = _sequel(outcomes[number][1], in_all, in_a_row)
                found[number] = replace(found[number], consequence=sequel)
    return found


_OVER = {"finished", "whole"}


def _period(outcome: Outcome) -> str:
    # Of all that an export holds each version judges a part of its own.
    return outcome.period.name or outcome.period.mark


def _sequel(steps: Iterable[Consequence], in_all: int, in_a_row: int) -> Sequel | None:
    reached = [step for step in steps if step.after <= (in_a_row if step.in_a_row else in_all)]
    if not reached:
        return None
    step = max(reversed(reached), key=lambda reached: reached.after)
    return Sequel(step.after, step.in_a_row, step.then, in_a_row if step.in_a_row else in_all)
