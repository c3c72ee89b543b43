"""What a changed agreement does to real rows: which enter and leave each term, and how each duty comes out.

Both versions are judged on the same exports, in two rooms of one engine; rows are told apart by their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from slacli.core.changes.names import pairs
from slacli.core.plan import rooms
from slacli.core.plan.tables import FAILS, MEETS, UNSURE, RecordPlan, TermPlan
from slacli.core.verdict import Judge
from slacli.findings import GoalOutcome, Outcome, Report

Cell = Literal["meets", "unclear", "fails", "left out", "not there"]
CELLS: tuple[Cell, ...] = ("meets", "unclear", "fails", "left out", "not there")
_OF_CODE: Mapping[int | None, Cell] = {
    MEETS: "meets",
    UNSURE: "unclear",
    FAILS: "fails",
    3: "left out",
    None: "not there",
}
KEYS = 5
"""How many keys stand beside those that enter or leave."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows that enter or leave a term: how many, and the first keys."""

    count: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TermMoves:
    """What becomes of the rows of one term. `matrix` counts rows by what they were and what they are now.

    `id` is that of the newer version.
    """

    id: str
    name: str
    record: str
    matrix: Mapping[tuple[Cell, Cell], int]
    enters: Moved
    leaves: Moved

    def total(self, cell: Cell, side: int) -> int:
        """Count the rows that are in a cell before (0) or after (1)."""
        return sum(count for pair, count in self.matrix.items() if pair[side] == cell)


@dataclass(frozen=True, slots=True)
class DutyMoves:
    """One duty in one period before and after, None where one version says nothing about it."""

    id: str
    title: str
    period: str
    before: Outcome | None
    after: Outcome | None


@dataclass(frozen=True, slots=True)
class GoalMoves:
    """One goal in one period before and after, None where one version says nothing about it."""

    id: str
    title: str
    period: str
    before: GoalOutcome | None
    after: GoalOutcome | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What both versions say about the same exports. `files` are their names; `keyless` rows are compared by no key."""

    files: tuple[str, ...]
    terms: tuple[TermMoves, ...]
    duties: tuple[DutyMoves, ...]
    goals: tuple[GoalMoves, ...]
    keyless: int


Ask = Callable[[str], Sequence[tuple[Any, ...]]]


def impact(sides: tuple[tuple[Judge, Report], tuple[Judge, Report]], ask: Ask) -> Impact:
    """Compare what was made of both versions; `ask` sees the rooms of both."""
    (old, before), (new, after) = sides
    terms = tuple(_terms(old, new, ask))
    records = {record.record.id: record for record in new.plan.records.values() if record.terms}
    keyless = sum(int(ask(rooms.keyless(record))[0][0]) for record in records.values())
    duties, goals = tuple(_duties(before, after, old, new)), tuple(_goals(before, after, old, new))
    return Impact(tuple(one.name for one in after.files), terms, duties, goals, keyless)


def _terms(old: Judge, new: Judge, ask: Ask) -> Iterator[TermMoves]:
    planned = [
        {part.term.id: (record, part) for record in state.plan.records.values() for part in record.terms}
        for state in (old, new)
    ]
    for was, now in pairs(old.contract.terms, new.contract.terms):
        if was is None or now is None or was.id not in planned[0] or now.id not in planned[1]:
            continue
        one, other = planned[0][was.id], planned[1][now.id]
        found = ask(rooms.matrix(one, other))
        matrix = {(_OF_CODE[b], _OF_CODE[a]): int(count) for b, a, count in found}
        yield TermMoves(
            now.id,
            now.name,
            now.record,
            matrix,
            *(_moved(ask, one, other, matrix, enters=enters) for enters in (True, False)),
        )


def _moved(
    ask: Ask,
    one: tuple[RecordPlan, TermPlan],
    other: tuple[RecordPlan, TermPlan],
    matrix: Mapping[tuple[Cell, Cell], int],
    *,
    enters: bool,
) -> Moved:
    count = sum(n for pair, n in matrix.items() if pair[enters] == "meets" and pair[not enters] != "meets")
    found = ask(rooms.movers(one, other, KEYS, enters=enters)) if count else ()
    return Moved(count, tuple(str(key) for (key,) in found))


def _duties(before: Report, after: Report, old: Judge, new: Judge) -> Iterator[DutyMoves]:
    for was, now in pairs(old.contract.responsibilities, new.contract.responsibilities):
        found = [
            {
                one.period.name: one
                for one in report.outcomes
                if owed is not None and one.duty == owed.id and _shown(one)
            }
            for report, owed in ((before, was), (after, now))
        ]
        owed = now if now is not None else was
        for name in dict.fromkeys([*found[0], *found[1]]) if owed is not None else ():
            pair = found[0].get(name), found[1].get(name)
            shown = pair[1] if pair[1] is not None else pair[0]
            if owed is not None and shown is not None:
                yield DutyMoves(owed.id, owed.title, shown.period.title if name else "", *pair)


def _goals(before: Report, after: Report, old: Judge, new: Judge) -> Iterator[GoalMoves]:
    for was, now in pairs(old.contract.goals, new.contract.goals):
        left, right = (
            {one.period.name: one for one in report.goals if goal is not None and one.goal == goal.id and _shown(one)}
            for report, goal in ((before, was), (after, now))
        )
        for name in dict.fromkeys([*left, *right]):
            pair = left.get(name), right.get(name)
            shown = pair[1] if pair[1] is not None else pair[0]
            if shown is not None:
                yield GoalMoves(shown.goal, shown.title, shown.period.title if name else "", *pair)


def _shown(outcome: Outcome | GoalOutcome) -> bool:
    return outcome.judged or outcome.period.state == "whole"
