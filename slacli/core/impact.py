"""What a changed agreement does to real rows: which enter and leave each term, and how each duty comes out.

Both versions are judged on the same exports, in two rooms of one engine; rows are told apart by their keys.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from slacli.core import periods, verdict, wording, zones
from slacli.core.changes.names import pairs
from slacli.core.periods import Period
from slacli.core.plan import questions, rooms
from slacli.core.plan.tables import FAILS, MEETS, UNSURE, RecordPlan, TermPlan
from slacli.core.trust.chain import SignedVersion
from slacli.core.trust.statements import Cells, Head, Manifest, OwedReplay, Replay, ReplayedExport, Sums, TermReplay
from slacli.core.verdict import Judge
from slacli.findings import AsOf, GoalOutcome, Outcome, Report
from slacli.model import Contract
from slacli.places import SourceMap
from slacli.values import dataclass

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


# --- in figures alone ---------------------------------------------------------------------------


def last_quarter(moment: datetime, contract: Contract) -> Period:
    """Give the last fiscal quarter that is over at a moment."""
    there = moment.astimezone(zones.zone(contract.time_zone)).date()
    found = periods.of_day(there, "quarter", contract.fiscal_year)
    if is_over(found, moment, contract):
        return found
    return periods.of_day(found.first - timedelta(days=1), "quarter", contract.fiscal_year)


def is_over(period: Period, moment: datetime, contract: Contract) -> bool:
    """Say whether all days of a period have ended at a moment, in the contract's zone."""
    return zones.day_bounds(period.last + timedelta(days=1), contract.time_zone)[0] <= moment.timestamp()


def judged_within(state: Judge, moment: AsOf | None, sources: SourceMap, folder: str) -> Report:
    """Judge the rows of the days that a plan was made for, and no others."""
    ready = verdict.prepared(state, moment)
    for record in state.plan.records.values():
        for part in record.duties if record.record.id not in ready.stale else ():
            if part.episodes is not None and part.owed.id not in state.unsettled:
                state.make(questions.only_mine(part))
    return verdict.judged(state, ready, sources, folder)


def replayed(
    made: Manifest, against: SignedVersion, found: Impact, report: Report, period: Period, moment: datetime
) -> Replay:
    """Give the figures that a version is put forward with: counts alone, and no key or value of any row."""
    before = against.manifest
    return Replay(
        project=made.project,
        contract=made.contract,
        version=made.version,
        revision=made.revision,
        files=made.files,
        against=Head(before.version, before.revision, against.digest),
        period=period.name,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        as_of=moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        exports=_exports_of(report),
        terms=_terms_of(found),
        owed=_owed_of(found, period),
    )


def _terms_of(found: Impact) -> tuple[TermReplay, ...]:
    """Give the rows of each term before and after as figures; terms without rows are left out."""
    made = []
    for one in found.terms:
        before, after = (Cells(*(one.total(cell, side) for cell in ("meets", "unclear", "fails"))) for side in (0, 1))
        if before != _NO_ROWS or after != _NO_ROWS:
            moved = one.enters.count, one.leaves.count
            made.append(TermReplay(one.id, _title(one.name), one.record, before, after, *moved))
    return tuple(made)


_NO_ROWS = Cells(0, 0, 0)


def _owed_of(found: Impact, period: Period) -> tuple[OwedReplay, ...]:
    """Give each duty and goal with what became of it in a period, summed up over all of its own that lie within."""
    sides: dict[tuple[str, str], tuple[list[Outcome | GoalOutcome], list[Outcome | GoalOutcome]]] = {}
    titles: dict[tuple[str, str], str] = {}
    every: list[DutyMoves | GoalMoves] = [*found.duties, *found.goals]
    for moves in every:
        for side, one in enumerate((moves.before, moves.after)):
            if one is not None and _lies_in(one, period) and not _is_of_ledger(one):
                key = one.measure if isinstance(one, Outcome) else "goal", moves.id
                sides.setdefault(key, ([], []))[side].append(one)
                titles[key] = moves.title
    return tuple(
        OwedReplay(id_, _title(titles[kind, id_]), kind, *(_summed(side) for side in pair))  # type: ignore[arg-type]
        for (kind, id_), pair in sides.items()
    )


def _is_of_ledger(one: Outcome | GoalOutcome) -> bool:
    """Say whether an outcome rests on evidence, and not on rows."""
    return isinstance(one, Outcome) and one.measure == "ledger"


def _lies_in(one: Outcome | GoalOutcome, period: Period) -> bool:
    facts = one.period
    if facts.state == "whole":
        return True
    is_part = facts.version is not None or facts.first is None or facts.last is None
    return not is_part and facts.first >= period.first and facts.last <= period.last  # type: ignore[operator]


def _summed(side: Sequence[Outcome | GoalOutcome]) -> Sums | None:
    if not side:
        return None
    counts = [one.counts for one in side if isinstance(one, Outcome)]
    return Sums(
        MappingProxyType(dict(sorted(Counter(one.status for one in side).items()))),
        sum(one.met for one in counts),
        sum(one.missed for one in counts),
        sum(one.unclear for one in counts),
    )


def _title(text: str) -> str:
    shown = wording.sanitised(text)
    return "".join(character if character.isprintable() else "?" for character in shown)


def _exports_of(report: Report) -> tuple[ReplayedExport, ...]:
    """Give the exports that a report rests on, without the folders that they lie in: those may name people."""
    return tuple(
        ReplayedExport(one.record, _title(re.split(r"[/\\]", one.name)[-1]), f"sha256:{one.sha256}", one.rows.total)
        for one in report.files
    )
