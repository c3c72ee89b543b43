"""Every judged row of every duty, as the lines of a file that teams pivot and load back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from slacli.core import ledger, periods
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
_CONTESTED = {"open": ("unclear", "disputed"), "left_out": ("left out", "a settled dispute")}


class _File(Protocol):
    @property
    def facts(self) -> ExportFacts: ...

    @property
    def row(self) -> Callable[[int], int]: ...


def lines(
    plan: Plan, files: Sequence[_File], ask: Callable[[str], Iterable[tuple[Any, ...]]], judged: frozenset[str]
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
    ask: Callable[[str], Iterable[tuple[Any, ...]]],
) -> Iterator[tuple[str, ...]]:
    owed = part.owed
    per = part.measure.per if isinstance(part.measure, Tally) else owed.target.per if owed.target else None
    where = owed.where.text if owed.where else ""
    told = {code: (outcome, where if reason == "where" else reason) for code, (outcome, reason) in _OUTCOMES.items()}
    version = str(plan.contract.version)
    standing = ledger.disputed(plan.contract, owed.id)
    named: dict[int | None, str] = {None: ""}
    for key, scan, number, slot, code, *shown in ask(questions.episodes(record, part)):
        if slot not in named:
            named[slot] = periods.of_slot(slot, per, plan.contract.fiscal_year).name if per is not None else ""
        outcome, reason = told[code]
        if key in standing and code != tables.LEFT_OUT:
            outcome, reason = _CONTESTED[standing[key]]
        split = "; ".join(f"{name}={value}" for name, value in zip(part.shown_by, shown, strict=True) if value)
        file = files[scan]
        yield (
            owed.id, key or "", file.facts.name, str(file.row(number)), named[slot], outcome, reason, split,
            owed.owed_by, owed.owed_to, version,
        )  # fmt: skip
