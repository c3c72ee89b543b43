"""Judges a record by its stage dates alone: whether some way over allowed moves fits them, and what they can hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slacli.core.lifecycle import facts, orders
from slacli.core.lifecycle.course import Course, going_round, reached
from slacli.core.lifecycle.judged import Doubt, Fault, Judged
from slacli.core.lifecycle.orders import Entry, Step
from slacli.core.lifecycle.variants import Variant
from slacli.values import dataclass

_Where = tuple[str | None, frozenset[str]]
"""Where dates have led: the last stage with a date (nothing: none; None: unknown), and all of them so far."""


def judge(rules: Course, variant: Variant) -> Judged:
    """Judge a variant that has no history."""
    named = [[stage for move in moment if (stage := rules.stage(move.new))] for moment in variant.moves]
    moments = orders.numbered(named, str)
    sight = _sight(rules, variant, frozenset(stage for moment in named for stage in moment))
    start: _Where = ("", frozenset())
    trail = orders.best(
        start,
        moments,
        sight.entered,
        lambda where, stages: Step((None, where[1].union(stages)), doubts=(Doubt("too-many-at-once"),)),
        sight.ended,
    )
    trail = replace(trail, faults=_first(trail.faults, sight.filled))
    entered = _with_start(rules, sight, trail.entered)
    rounds = _hidden_rounds(sight)
    count = sum(map(len, named))

    missing = facts.missing(rules, variant.facts, dates=True)
    faults, doubts = missing.settled(entered, lambda stage: bool(rounds) and stage != sight.now)
    if rounds:
        doubts.append(Doubt("hidden-round", rounds, count))
    doubts += _unseen(rules, variant, entered)
    undated = rules.cycle.stages[sight.now].entered if sight.now and sight.is_undated else None
    if sight.now and undated is not None:
        faults.append(Fault("missing-fact", (sight.now,), facts=(undated,), dates=True, at=count))
    return orders.concluded(moments, trail, faults, doubts)


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the dates of one record leave open.

    `filled` are the stages that have a date, `loose` those that may have been entered without one; `is_undated` says
    that the stage of today has no date and ought to.
    """

    rules: Course
    now: str | None
    filled: frozenset[str]
    loose: frozenset[str]
    is_undated: bool

    def entered(self, where: _Where, stage: str) -> Step[_Where]:
        """Judge one date against those before it."""
        last, done = where
        after = (stage, done | {stage})
        return Step(after, entered=(("", stage),)) if last is None else self._came(after, last, stage, done)

    def ended(self, where: _Where) -> Step[_Where]:
        """Judge the stage of today against where the dates end."""
        last, done = where
        if not self.now or self.now == last:
            return Step(where, doubts=() if self.now else (Doubt("no-stage"),))
        if last is None or self.now not in self._hidden(done):
            gone = (Fault("other-stage-now", (last, self.now), dates=True),) if last else ()
            return Step(where, gone, entered=(("", self.now),))
        return self._came(where, last, self.now, done)

    def _came(self, after: _Where, last: str, new: str, done: frozenset[str]) -> Step[_Where]:
        """Judge how a stage was entered after the last one with a date, or as the first one."""
        cycle, hidden = self.rules.cycle, self._hidden(done)
        may_begin = not last and (not cycle.starts or new in cycle.starts)
        origins = [last] if last else [stage for stage in cycle.starts if stage in hidden]
        faults: tuple[Fault, ...] = ()
        if not may_begin and new not in reached(cycle.moves, origins, hidden | {new}):
            faults = (
                self.rules.forbidden(origins[0], new, dates=True)
                if origins
                else Fault("illegal-start", (new,), dates=True),
            )
        before = {stage for stage in (*hidden, last) if new in cycle.moves.get(stage, ())}
        only = before.pop() if len(before) == 1 and not may_begin and not faults else ""
        return Step(after, faults, entered=((only, new),))

    def _hidden(self, done: frozenset[str]) -> frozenset[str]:
        """Give the stages that may have been entered unseen after some dates and before the next."""
        return self.loose | {stage for stage in self.filled if self._again(stage, past=stage in done)}

    def _again(self, stage: str, *, past: bool) -> bool:
        keeps = self.rules.keeps.get(stage, "only")
        if keeps == "only":
            # The field says that it happens once, `moves` may say that it happens again: then either may be so.
            return stage in self.rules.rounds
        return past if keeps == "first" else not past


def _sight(rules: Course, variant: Variant, filled: frozenset[str]) -> _Sight:
    now = rules.stage(variant.current)
    blank = frozenset(rules.keeps) - filled - variant.unread
    loose = frozenset(rules.cycle.stages) - filled - (blank - {now})
    return _Sight(rules, now, filled, loose, now in blank)


def _with_start(rules: Course, sight: _Sight, entered: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Put the one stage in which records begin before the others, where it needs no date."""
    starts = rules.cycle.starts
    began = len(starts) == 1 and starts[0] in sight.loose and starts[0] not in {one.new for one in entered[:1]}
    return (Entry(0, "", starts[0]), *entered) if began and entered else entered


def _first(faults: Sequence[Fault], filled: frozenset[str]) -> tuple[Fault, ...]:
    """Give the first contradiction, between two dates if there is one: the others only follow from it."""
    chosen = next((fault for fault in faults if filled.issuperset(fault.stages)), None) or next(iter(faults), None)
    return (chosen,) if chosen is not None else ()


def _hidden_rounds(sight: _Sight) -> tuple[str, ...]:
    """Give the stages through which the record may have gone round before it came where it is."""
    cycle, among = sight.rules.cycle, sight.filled | sight.loose
    origins = [stage for stage in cycle.starts if stage in among]
    visited = reached(cycle.moves, origins, among).union(origins) if origins else among
    returning = going_round(cycle.moves, among & sight.rules.rounds) & visited
    return tuple(
        stage
        for stage in cycle.stages
        if stage in returning and (not sight.now or sight.now in reached(cycle.moves, [stage], among))
    )


def _unseen(rules: Course, variant: Variant, entered: Sequence[Entry]) -> list[Doubt]:
    """Give the moves that dates do not show: by whose hand they were made, and whether they were hand-offs."""
    found = []
    before = ""
    for one in entered:
        left = {(one.old, one.new)} if one.old else {pair for pair in rules.hands if pair[0] == before}
        found += [Doubt("mover", pair, one.at) for pair, hands in rules.hands.items() if pair in left and hands.asked]
        if not one.old:
            found += [
                Doubt("unseen-move", (handoff.old, handoff.new), one.at)
                for handoff in rules.cycle.handoffs
                if handoff.new == one.new and not variant.facts.issuperset(handoff.documents)
            ]
        before = one.new
    return found
