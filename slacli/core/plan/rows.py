"""Every judged row of every duty, as the lines of a file that teams pivot and load back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from slacli.core import ledger, periods, runs, zones
from slacli.core.plan import questions, tables
from slacli.core.plan.tables import DutyPlan, Plan, RecordPlan
from slacli.core.runs import Terms
from slacli.findings import ExportFacts
from slacli.model import Episodes, Tally

HEADER = (
    "duty", "key", "file", "row", "period", "episode", "tier", "start", "due", "stop", "elapsed", "outcome", "reason",
    "shown_by", "owed_by", "owed_to", "version",
)  # fmt: skip

_OUTCOMES = {
    tables.MET: ("met", ""),
    tables.MISSED: ("missed", ""),
    tables.UNCLEAR: ("unclear", "what it rests on is blank, unreadable or not allowed"),
    tables.MAY_MEET: ("unclear", "met, if the duty is about this row"),
    tables.MAY_MISS: ("unclear", "missed, if the duty is about this row"),
    tables.LEFT_OUT: ("left out", "where"),
    tables.OPEN: ("open", ""),
    tables.NOT_STARTED: ("not started", ""),
    tables.BY_SILENCE: ("by silence", ""),
    tables.SUPERSEDED: ("superseded", "the next one began before this one was due"),
    tables.RELIEVED: ("left out", "the other side was late"),
    tables.MAY_NEITHER: ("unclear", "neither met nor missed, if the duty is about this row"),
}
_CONTESTED = {"open": ("unclear", "disputed"), "left_out": ("left out", "a settled dispute")}


class _File(Protocol):
    @property
    def facts(self) -> ExportFacts: ...

    @property
    def row(self) -> Callable[[int], int]: ...


MISSES = frozenset({"missed", "late"})
"""What stands under `outcome` in a row by which a duty was missed."""


def missed(
    plan: Plan,
    files: Sequence[_File],
    ask: Callable[[str], Iterable[tuple[Any, ...]]],
    duty: str,
    judged: frozenset[str],
) -> Iterator[tuple[str, ...]]:
    """Give the header and then a line for each row that missed one duty in one of some periods, by their names."""
    period, outcome = HEADER.index("period"), HEADER.index("outcome")
    for at, line in enumerate(lines(plan, files, ask, frozenset({duty}))):
        if at == 0 or (line[period] in judged and line[outcome] in MISSES):
            yield line


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
    agreed = _terms(plan, record, part)
    if agreed is not None and agreed.measure.tries is None:
        told[tables.MISSED] = ("late", "")
        told[tables.UNCLEAR] = ("unclear", "a time, a tier or an answer that is missing, coarse or in doubt")
    for key, scan, number, slot, code, episode, why, tier, calendar, begun, ended, took, *shown in ask(
        questions.episodes(record, part)
    ):
        if slot not in named:
            named[slot] = periods.of_slot(slot, per, plan.contract.fiscal_year).name if per is not None else ""
        outcome, reason = told[code]
        if why:
            reason = f"{reason}: {why}" if code == tables.MAY_MISS else why
        if key in standing and code != tables.LEFT_OUT:
            outcome, reason = _CONTESTED[standing[key]]
        split = "; ".join(f"{name}={value}" for name, value in zip(part.shown_by, shown, strict=True) if value)
        file = files[scan]
        yield (
            owed.id, key or "", file.facts.name, str(file.row(number)), named[slot], str(episode),
            *_ran(agreed, tier, calendar, begun, ended, took), outcome, reason, split, owed.owed_by, owed.owed_to,
            version,
        )  # fmt: skip


def _terms(plan: Plan, record: RecordPlan, part: DutyPlan) -> Terms | None:
    """Give what a clock agreed, to say when each run was due; None for what is no clock."""
    if not isinstance(part.measure, Episodes):
        return None
    return runs.terms(plan.contract, part.measure, record.record.id, 0, 0, seen=True)


def _ran(
    agreed: Terms | None,
    tier: int | None,
    calendar: int | None,
    begun: int | None,
    ended: int | None,
    took: int | None,
) -> tuple[str, str, str, str, str]:
    """Give the tier of a run, when it began, was due and ended, and how long it took, each empty if not known."""
    if agreed is None:
        return "", "", "", "", ""
    tiers = agreed.measure.tiers
    named = tiers[tier - 1].name if tier and len(tiers) > 1 else ""
    due = runs.due(agreed, tier - 1, calendar - 1, begun) if tier and calendar and tiers and begun is not None else None
    start, limit, stop = (_when(agreed, one) for one in (begun, due, ended))
    return named, start, limit, stop, "" if took is None else str(took)


def _when(agreed: Terms, instant: int | None) -> str:
    there = zones.zone(agreed.zone)
    return "" if instant is None else datetime.fromtimestamp(instant, UTC).astimezone(there).isoformat()
