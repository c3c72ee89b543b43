"""Judges a record by its history: every move that was noted, in the best order that its times leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from slacli.core.criteria import State
from slacli.core.lifecycle import facts, orders, variants
from slacli.core.lifecycle.course import Course
from slacli.core.lifecycle.judged import Doubt, Fault, Judged
from slacli.core.lifecycle.orders import Step
from slacli.core.lifecycle.variants import Move, Variant

_Where = tuple[str | None, str | None]
"""Where a history has led: the stage of the last value, and the last stage it was in. Nothing: none; None: unknown."""

_Place = tuple[_Where, facts.Book]

_NOT_BEGUN: _Where = ("", "")
_UNKNOWN: _Where = (None, None)


def judge(rules: Course, variant: Variant) -> Judged:
    """Judge a variant that has a history."""
    moments = orders.numbered(variant.moves, variants.of_move)
    missing = facts.missing(rules, variant.facts)

    def step(place: _Place, move: Move) -> Step[_Place]:
        return carried(_moved(rules, place[0], move), place[1])

    def blurred(place: _Place, _: Sequence[Move]) -> Step[_Place]:
        return carried(Step(_UNKNOWN, doubts=(Doubt("too-many-at-once"),)), place[1])

    def end(place: _Place) -> Step[_Place]:
        last = carried(_ended(rules, place[0], variant), place[1])
        return replace(last, beside=missing.weight(last.place[1]))

    def carried(done: Step[_Where], book: facts.Book) -> Step[_Place]:
        return Step((done.place, missing.noted(book, done.entered)), done.faults, done.doubts, done.entered)

    start = _UNKNOWN if variant.first_is_cut else _NOT_BEGUN
    trail = orders.best((start, facts.NOTHING), moments, step, blurred, end)
    faults, doubts = missing.settled(trail.entered)
    if variant.first_is_cut:
        trail = replace(trail, doubts=(Doubt("history-cut"), *trail.doubts))
    if variant.untimed:
        trail = replace(trail, doubts=(Doubt("no-time"), *trail.doubts))
    found = orders.concluded(moments, trail, faults, doubts)
    return replace(found, ties_resolved=0) if variant.untimed else found


@lru_cache(maxsize=4096)
def _moved(rules: Course, where: _Where, move: Move) -> Step[_Where]:
    """Judge one entry of a history against where the entries before it have led."""
    value, stage = where
    old, new = rules.stage(move.old), rules.stage(move.new)
    faults: list[Fault] = []
    entered: list[tuple[str, str]] = []
    source = stage
    if move.old is not State.NOT_BOUND:
        if old and where == _NOT_BEGUN:
            faults += rules.begun(old)
        elif old is not None and value is not None and old != value:
            faults.append(Fault("history-gap", (value, old)))
        if old and old != value:
            entered.append(("", old))
        # What is cleared has not moved on: a blank before is the stage before it.
        source = old or (stage if old == value else None)
    unknown = new is None or (old is None and move.old is not State.NOT_BOUND)
    doubts = [Doubt("no-stage")] if unknown else []

    if new is None:
        return Step(_UNKNOWN, tuple(faults), tuple(doubts), tuple(entered))
    if new == "":
        return Step(("", source), tuple(faults), tuple(doubts), tuple(entered))
    if source == "":
        faults += rules.begun(new)
    elif source and source != new:
        wrong, unseen = rules.moved(source, new, move.by)
        faults += wrong
        doubts += unseen
    if source != new:
        entered.append((source or "", new))
    return Step((new, new), tuple(faults), tuple(doubts), tuple(entered))


def _ended(rules: Course, where: _Where, variant: Variant) -> Step[_Where]:
    """Judge the stage of today against where the history ends."""
    value, _ = where
    now = rules.stage(variant.current)
    if now is None or now == value == "":
        return Step(where, doubts=(Doubt("no-stage"),))
    came = (("", now),) if now else ()
    if value is None:
        return Step(where, entered=came)
    if now == value:
        return Step(where)
    faults = rules.begun(now) if where == _NOT_BEGUN else (Fault("other-stage-now", (value, now)),)
    if faults and variant.last_is_cut:
        # It may have moved on since the history was written down.
        return Step(where, doubts=(Doubt("history-behind"),), entered=came)
    return Step(where, faults, entered=came if where == _NOT_BEGUN else ())
