"""In which order stages are passed, as an export shows it row by row: the moves of a history, the dates of stages.

It knows which columns of an export tell that. What is no time in ISO form, which sorts as it stands, tells nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import combinations

from slacli.core import dialects
from slacli.core.dialects import normal
from slacli.core.drafts import names, shapes
from slacli.values import dataclass

MOST_PAIRS = 2_000
"""Of more different moves than these none are kept: what moves so is no stage."""

_BECAME = re.compile(r"Became an? (?P<stage>.+?) Date", re.IGNORECASE)
_TIMES = frozenset({"day", "naive", "offset"})


@dataclass(frozen=True, slots=True)
class Log:
    """The headers of an export that notes changes: of which row and which field, from what to what, when, by whom."""

    row: str
    new: str
    at: str
    old: str = ""
    of: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """What an export shows of stages: how often a value followed another, and how often a dated column another one.

    `fields` are what the changes are of, where the export says it, with how many there are of each.
    """

    log: Log | None = None
    moves: Mapping[tuple[str, str], int] = field(default_factory=dict)
    dated: Mapping[tuple[str, str], int] = field(default_factory=dict)
    fields: Mapping[str, int] = field(default_factory=dict)


def log_of(headers: Sequence[str]) -> Log | None:
    """Tell the columns of an export that notes changes, or give None where it is none."""
    for dialect in dialects.told(headers):
        facts = dialect.facts_of(headers)
        new = facts.get("new_value") or (facts.get("stage") if dialect.id != "stage_log" else None)
        at = facts.get("changed_at") or facts.get("stage_entered_at") or facts.get("created_at")
        row = facts.get("lead_id") or facts.get("deal_id") or facts.get("record_id")
        # A row that has one stage and is told apart by an id of its own is no log of changes.
        if new and at and row and new != row and ("old_value" in facts or _is_log(dialect.id, headers)):
            return Log(row, new, at, facts.get("old_value", ""), facts.get("field", ""), facts.get("changed_by", ""))
    return None


def _is_log(dialect: str, headers: Sequence[str]) -> bool:
    there = {normal(header) for header in headers}
    return dialect == "stage_log" or {"opportunityid", "stagename", "createddate"} <= there


def entered(headers: Sequence[str]) -> dict[str, str]:
    """Give the stage of every column that holds the time at which it was entered."""
    found = {
        header: stage
        for dialect in dialects.DIALECTS.values()
        for header, fact, stage, _ in dialect.stages_of(headers)
        if fact == "stage_entered_at"
    }
    for header in headers:
        became = _BECAME.fullmatch(dialects.tidy(header))
        if became:
            found[header] = became["stage"]
    return found


class Watch:
    """Looks at rows one by one, and says in the end what they show."""

    def __init__(self, headers: Sequence[str]) -> None:
        at = {header: place for place, header in reversed([*enumerate(headers)])}
        self._log = log_of(headers)
        self._dated = [(at[header], header) for header in entered(headers)]
        self._places = {name: at[name] for name in self._names()} if self._log else {}
        self._moves: Counter[tuple[str, str]] = Counter()
        self._order: Counter[tuple[str, str]] = Counter()
        self._fields: Counter[str] = Counter()
        self._entries: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)

    def _names(self) -> list[str]:
        one = self._log
        return [name for name in (one.row, one.new, one.at, one.old, one.of) if name] if one else []

    def row(self, cells: Sequence[str]) -> None:
        """Take note of a row."""
        if len(self._dated) > 1:
            self._see_dates(cells)
        one = self._log
        if one is None or len(self._moves) > MOST_PAIRS:
            return
        if one.of:
            about = cells[self._places[one.of]].strip()
            self._fields[about] += 1
            if not is_stage(about):
                return
        old = cells[self._places[one.old]].strip() if one.old else ""
        new = cells[self._places[one.new]].strip()
        if one.old:
            if new and old != new:
                self._moves[old, new] += 1
        elif shapes.kind(when := shapes.trimmed(cells[self._places[one.at]])) in _TIMES:
            self._entries[cells[self._places[one.row]].strip()].append((when, new))

    def _see_dates(self, cells: Sequence[str]) -> None:
        filled = [(cell, header) for at, header in self._dated if (cell := shapes.trimmed(cells[at]))]
        told = [(cell, header) for cell, header in filled if shapes.kind(cell) in _TIMES]
        for (one, first), (other, second) in combinations(told, 2):
            if one != other:
                self._order[(first, second) if one < other else (second, first)] += 1

    def flow(self) -> Flow:
        """Give what the rows showed."""
        moves = self._moves
        for entries in self._entries.values():
            steps = [stage for _, stage in sorted(entries) if stage]
            moves.update(pair for pair in zip(["", *steps], steps, strict=False) if pair[0] != pair[1])
        if len(moves) > MOST_PAIRS:
            moves = Counter()
        return Flow(self._log, dict(moves), dict(self._order), dict(self._fields))


def is_stage(name: str) -> bool:
    """Tell whether a field is called like one that holds a stage."""
    return bool(names.words(name) & {"stage", "status", "lifecycle"})
