"""Every judged row of every duty, as the lines of a file that teams pivot and load back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from slacli.core import periods
from slacli.core.plan import questions, tables
from slacli.core.plan.tables import DutyPlan, Plan, RecordPlan
from slacli.findings import ExportFacts
from slacli.model import Tally

HEADER = ("duty", "key", "file", "row", "period", "outcome", "reason", "shown_by", "owed_by", "owed_to", "version")

_OUTCOMES = {
    tables.MET: ("met", ""),
    tables.MISSED: ("missed", ""),
    tables.UNCLEAR: ("unclear", "what it rests on is blank, unreadable or not allowed"),
    tables.MAY_MEET: ("unclear", "met, if the duty is about this row"),
    tables.MAY_MISS: ("unclear", "missed, if the duty is about this row"),
    tables.LEFT_OUT: ("left out", "where"),
}


class _File(Protocol):
    @property
    def facts(self) -> ExportFacts: ...

    @property
    def row(self) -> Callable[[int], int]: ...


def lines(
    plan: Plan, files: Sequence[_File], ask: Callable[[str], Sequence[tuple[Any, ...]]], judged: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    """Give the header and then a line for each row that a judged duty covers."""
    yield HEADER
    for record in plan.records.values():
        for part in record.duties:
            if part.owed.id in judged:
                yield from _of_duty(plan, record, part, files, ask)


def _of_duty(
    plan: Plan,
    record: RecordPlan,
    part: DutyPlan,
    files: Sequence[_File],
    ask: Callable[[str], Sequence[tuple[Any, ...]]],
) -> Iterator[tuple[str, ...]]:
    owed = part.owed
    per = part.measure.per if isinstance(part.measure, Tally) else owed.target.per if owed.target else None
    for key, scan, number, slot, code, *shown in ask(questions.episodes(record, part)):
        period = ""
        if per is not None and slot is not None:
            period = periods.of_slot(slot, per, plan.contract.fiscal_year).name
        outcome, reason = _OUTCOMES[code]
        split = "; ".join(f"{name}={value}" for name, value in zip(part.shown_by, shown, strict=True) if value)
        yield (
            owed.id, key or "", files[scan].facts.name, str(files[scan].row(number)), period, outcome,
            owed.where.text if reason == "where" and owed.where else reason, split, owed.owed_by, owed.owed_to,
            str(plan.contract.version),
        )  # fmt: skip
