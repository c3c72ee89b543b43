"""Lifecycles of rows: each way that rows took is judged once, joined back to them, and every cause is reported once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from slacli.core import lifecycle, people, zones
from slacli.core.lifecycle import DoubtKind, Fault, Judged, Outcome, Variant
from slacli.core.people import Person, Roster
from slacli.core.plan import courses, questions, tables
from slacli.core.plan.courses import Ways
from slacli.core.plan.tables import DutyPlan, RecordPlan
from slacli.core.verdict import lifecycles
from slacli.core.verdict.lifecycles import Broken, Unclear, Unowned
from slacli.core.verdict.state import SAMPLES, Judge
from slacli.findings import AsOf, Rows
from slacli.model import Contract, Course

_SIGNS = {"y": True, "n": False, "?": None}
_CODES: Mapping[Outcome, int] = {"keeps": tables.MET, "breaks": tables.MISSED, "unclear": tables.UNCLEAR}


def settle(state: Judge, as_of: AsOf | None, stale: frozenset[str]) -> None:
    """Make the table of what became of every row for each duty that a lifecycle is kept, and report why."""
    ready = [
        (record, state.contract.lifecycles[name], parts)
        for record in state.plan.records.values()
        if record.record.id not in stale
        for name, parts in _by_lifecycle(record).items()
    ]
    if not ready:
        return
    movers = _people(state, stale)
    for record, cycle, parts in ready:
        history = courses.history_at_hand(state.plan, record, cycle)
        if history is not None and history.record.id in stale:
            reason = f"the export of `{history.record.id}` is too old for the day of the report"
            state.unsettled |= {part.owed.id for part in parts}
            state.gaps += [tables.Gap(part.owed.id, "responsibility", reason, part.owed.at) for part in parts]
            continue
        ways = Ways(state.plan, record, cycle, parts, movers=movers or courses.NOBODY)
        if history is not None:
            since = _since(history)
            ways = replace(ways, history=history, since=since, is_behind=_is_behind(state, history, as_of))
        for statement in courses.statements(ways):
            state.make(statement)
        if history is not None and not any(lifecycle.MOMENT in text for *_, text in state.ask(courses.variants(ways))):
            # A history in which no line is about any of the rows does not say that nothing moved.
            ways = replace(ways, is_behind=True)
        state.ways[cycle.id] = ways
        _report(state, ways, _judged(state, ways), known=movers is not None)


def _by_lifecycle(record: RecordPlan) -> dict[str, tuple[DutyPlan, ...]]:
    found: dict[str, tuple[DutyPlan, ...]] = {}
    for part in record.duties:
        if isinstance(part.measure, Course):
            found[part.measure.lifecycle] = (*found.get(part.measure.lifecycle, ()), part)
    return found


# --- until when, and who ----------------------------------------------------------------------


def _since(history: RecordPlan) -> date | None:
    """Give the first day that all exports of a history hold, where their bindings say it."""
    days = (scan.binding.reads.holds_since for scan in history.scans)
    return max((day for day in days if day is not None), default=None)


def _is_behind(state: Judge, history: RecordPlan, as_of: AsOf | None) -> bool:
    """Tell whether moves up to the moment of the report may be missing at the end of a history."""
    if as_of is None:
        return True
    moment = int(as_of.at.timestamp())
    for scan in history.scans:
        if state.reach.get(scan.binding.id, 0) < moment:
            return True
        until = scan.binding.reads.holds_until
        if until is not None and zones.day_bounds(until + timedelta(days=1), state.contract.time_zone)[0] < moment:
            return True
    return False


def _people(state: Judge, stale: frozenset[str]) -> tuple[str, ...] | None:
    """Write down who everybody is, and give the kinds of movers there are; None where no export says it."""
    found = courses.people_at_hand(state.plan)
    if found is None or found.record.id in stale:
        return None
    everybody = {str(said): _person(state.contract, str(said)) for (said,) in state.ask(courses.answers(found))}
    lines = list(Roster(everybody).lines())
    movers = tuple(dict.fromkeys([*courses.NOBODY, *sorted({parties for _, parties, _ in lines})]))
    state.make(courses.people_statement(found, lines, movers))
    return movers


def _person(contract: Contract, said: str) -> Person:
    """Give who somebody is, by the answers of all rows that tell of them."""
    told = people.told(contract)
    found: Person | None = None
    for row in said.split(","):
        *signs, active = (_SIGNS[sign] for sign in row)
        one = people.person(contract, dict(zip(told, signs, strict=True)), active)
        found = one if found is None else one.merged(found)
    return found if found is not None else Person(frozenset(), None)


# --- judging ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """What came of the variants: the number of each cause, the fields that doubts are about, and rows that had ties."""

    rules: lifecycle.Course
    causes: dict[Fault | DoubtKind, int] = field(default_factory=dict)
    about: dict[DoubtKind, set[str]] = field(default_factory=dict)
    tied: int = 0

    def of(self, judged: Judged) -> Iterator[int]:
        """Give the numbers of the causes that a variant has."""
        for fault in dict.fromkeys(judged.faults):
            yield self.causes.setdefault(fault, len(self.causes))
        if judged.outcome == "unclear":
            for kind in dict.fromkeys(doubt.kind for doubt in judged.doubts):
                yield self.causes.setdefault(kind, len(self.causes))
            for doubt in judged.doubts:
                if doubt.kind in _ABOUT_FIELDS:
                    self.about.setdefault(doubt.kind, set()).update(doubt.about)


_ABOUT_FIELDS: frozenset[DoubtKind] = frozenset({"not-bound", "earlier-round"})


def _judged(state: Judge, ways: Ways) -> _Found:
    """Judge each variant once, and write down what became of the rows of each duty."""
    at_hand = frozenset(ways.record.fields)
    rules = {"": lifecycle.course(state.contract, ways.cycle, at_hand)}
    found = _Found(rules[""])
    codes: list[tuple[int, int, str]] = []
    causes: list[tuple[int, int]] = []
    for number, rows, lacks, text in state.ask(courses.variants(ways)):
        if lacks not in rules:
            rules[lacks] = lifecycle.course(state.contract, ways.cycle, at_hand.difference(lacks.split(",")))
        one = _judge(rules[lacks], ways, text)
        codes.append((number, _CODES[one.outcome], lifecycles.short(one)))
        causes += [(cause, number) for cause in found.of(one)]
        found.tied += rows if one.ties_resolved else 0
    for statement in courses.verdicts(ways, codes, causes):
        state.make(statement)
    for part in ways.parts:
        state.make(courses.decided(ways, part))
    return found


def _judge(rules: lifecycle.Course, ways: Ways, text: str) -> Judged:
    """Judge what an engine wrote of a way: by the history, or else by the signs of the dates."""
    known = _variant(ways, text)
    if ways.history is not None:
        return lifecycle.judge(rules, known)
    signs = text.rpartition(lifecycle.PART)[2]
    return lifecycle.judge_dates(rules, courses.entered(ways, signs), known.current, known.facts)


def _variant(ways: Ways, text: str) -> Variant:
    """Read what an engine wrote of a way, without the signs of dates."""
    if ways.history is None:
        return lifecycle.decode(text.rpartition(lifecycle.PART)[0] + lifecycle.PART)
    found = lifecycle.decode(text)
    return replace(found, last_is_cut=found.last_is_cut or ways.is_behind)


def of_row(state: Judge, ways: Ways, row: int) -> tuple[lifecycle.Course, Variant, Judged] | None:
    """Give what a lifecycle allows a row, the way that it took, and what came of it; None where none is about it."""
    ids = {number for (number,) in state.ask(courses.variant_of(ways, row))}
    for number, _, lacks, text in state.ask(courses.variants(ways)):
        if number in ids:
            bound = frozenset(ways.record.fields).difference(lacks.split(","))
            rules = lifecycle.course(state.contract, ways.cycle, bound)
            return rules, _variant(ways, text), _judge(rules, ways, text)
    return None


# --- what has to be said about it -------------------------------------------------------------


def _report(state: Judge, ways: Ways, found: _Found, *, known: bool) -> None:
    counted = {cause: (count, rows) for cause, count, rows in state.ask(courses.by_cause(ways, SAMPLES))}
    broken: list[Broken] = []
    unclear: list[Unclear] = []
    for cause, number in found.causes.items():
        count, first = counted[number]
        rows = _rows(state, ways, first, count)
        if isinstance(cause, Fault):
            broken.append(Broken(cause, count, rows))
        else:
            unclear.append(Unclear(cause, count, tuple(sorted(found.about.get(cause, ()))), rows))
    unowned = tuple(_unowned(state, ways, known=known))
    state.findings += lifecycles.findings(state.contract, found.rules, broken, unowned, found.tied, unclear=unclear)


def _unowned(state: Judge, ways: Ways, *, known: bool) -> Iterator[Unowned]:
    """Give the rows that no person at work owns, in the stages in which somebody has to.

    Where records begin nobody need have been chosen yet, unless that stage requires it; where they end nobody must.
    """
    owner = tables.owner_of(state.contract, ways.cycle)
    if owner is None or owner not in ways.record.fields:
        return
    stages = tuple(ways.cycle.stages.values())
    for number, kind, count, first in state.ask(courses.by_owner(ways, SAMPLES, known=known)):
        stage = stages[number]
        if not stage.final and (stage.id not in ways.cycle.starts or owner in stage.requires):
            yield Unowned(owner, stage.id, kind, count, _rows(state, ways, first, count))


def _rows(state: Judge, ways: Ways, first: Iterable[int], count: int) -> tuple[Rows, ...]:
    return state.rows(state.ask(questions.rows_by_number(ways.record, tuple(first))), count)
