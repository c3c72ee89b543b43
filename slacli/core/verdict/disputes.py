"""Verdicts that one side contests: their rows count both ways until somebody settles them, and then as was settled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slacli.core import ledger, wording
from slacli.core.plan import questions, tables
from slacli.core.plan.tables import DutyPlan, RecordPlan
from slacli.core.verdict.state import Judge
from slacli.findings import Problem, Rule, Severity, reported
from slacli.values import dataclass

DISPUTED = -1
"""Stands among the codes of a duty's rows for one whose verdict is contested: it may be met and may be missed."""

DISPUTE_WITHOUT_ROW = reported(
    Severity.WARNING,
    "dispute-without-row",
    """A dispute contests the verdict on a row that the duty is not about, or that the exports do not hold.

    Why: it changes nothing. Most often the key is mistyped, and the row that was meant counts as it was judged.
    """,
)
RULES: tuple[Rule[None], ...] = (DISPUTE_WITHOUT_ROW,)


@dataclass(frozen=True, slots=True)
class Contested:
    """A row whose verdict does not stand: its slot, its value of what the duty is shown by, and the code it now has.

    `scan` and `record` say where it stands in the exports, `row` in the table of its record.
    """

    key: str
    slot: int | None
    shown: str | None
    code: int
    counts_as: int
    scan: int
    record: int
    row: int


def contested(state: Judge, record: RecordPlan, part: DutyPlan, shown_by: str | None = None) -> tuple[Contested, ...]:
    """Give the rows of a duty whose verdict does not stand. A row that is left out anyway stays so."""
    standing = ledger.disputed(state.contract, part.owed.id)
    if not standing:
        return ()
    found = state.ask(questions.disputed(record, part, tuple(standing), shown_by))
    return tuple(
        Contested(key, slot, shown, code, _counts_as(code, standing[key]), scan, number, row)
        for key, slot, shown, code, scan, number, row in found
    )


def _counts_as(code: int, standing: str) -> int:
    return DISPUTED if standing == "open" and code != tables.LEFT_OUT else tables.LEFT_OUT


def rows(
    state: Judge,
    record: RecordPlan,
    part: DutyPlan,
    wanted: Sequence[tuple[Sequence[int], range | None]],
    limit: int | None,
) -> list[list[tuple[Any, ...]]]:
    """Give key, scan, record and r of the first rows of a duty with certain codes in each of some stretches of slots.

    Contested rows have the code that they now have. The stretches do not overlap.
    """
    if not wanted:
        return []
    moved = contested(state, record, part)
    most = limit + len(moved) if limit is not None else None
    keys = {one.key for one in moved}
    found: list[list[tuple[Any, ...]]] = [[] for _ in wanted]
    told = [([code for code in codes if code != DISPUTED], slots) for codes, slots in wanted]
    for number, *row in state.ask(questions.rows_of_duty(record, part, told, most)):
        if row[0] not in keys:
            found[number].append(tuple(row))
    for mine, (codes, slots) in zip(found, wanted, strict=True):
        inside = [one for one in moved if slots is None or (one.slot is not None and one.slot in slots)]
        mine += [(one.key, one.scan, one.record, one.row) for one in inside if one.counts_as in codes]
        mine.sort(key=lambda row: (row[1], row[2]))
    return [mine[:limit] for mine in found]


def without_row(state: Judge, record: RecordPlan, part: DutyPlan) -> None:
    """Report the disputes about a duty that is judged of which no row was found."""
    mine = [one for one in state.contract.disputes if one.duty == part.owed.id]
    if not mine:
        return
    keys = tuple(ledger.key_of(state.contract, one) for one in mine)
    there = {row[0] for row in state.ask(questions.disputed(record, part, keys, None))}
    for one, key in zip(mine, keys, strict=True):
        if key not in there:
            state.report(
                DISPUTE_WITHOUT_ROW,
                Problem(
                    at=one.at / "key",
                    message=f"the dispute about `{one.duty}` names `{wording.sanitised(one.key, 60)}`, and the duty "
                    "is about no row with that key",
                    label="no such row",
                    help="correct the key, or give the export that holds the row",
                    subject=f"{one.duty}/{one.key}",
                ),
            )
