"""The working of a lifecycle on one record: its moves in order with their rows, and what is wrong with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slacli.core import wording
from slacli.core.criteria import Moment as Stamp
from slacli.core.criteria import State
from slacli.core.explain.criteria import Reader
from slacli.core.explain.rows import Row
from slacli.core.explain.working import Happening, Place
from slacli.core.lifecycle import DOUBTS, Course, Fault, Judged, Variant
from slacli.core.plan.courses import Ways
from slacli.core.runs import Moment
from slacli.core.verdict import courses, lifecycles
from slacli.core.verdict.lifecycles import Broken
from slacli.core.verdict.state import Judge
from slacli.model import Contract
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a history: its values, when it was, and where it stands."""

    old: object
    new: object
    at: Moment | None
    place: Place


def told(
    state: Judge, ways: Ways, row: Row, reader: Reader, history: Sequence[tuple[Row, Reader]]
) -> tuple[tuple[Happening, ...], tuple[str, ...]] | None:
    """Give the moves of a record with their faults, and its doubts.

    None where the lifecycle is not about it, or where its stages are personal.
    """
    found = courses.of_row(state, ways, row.r)
    if found is None or _is_personal(ways):
        return None
    rules, variant, judged = found
    wrong = [(fault.at, _fault(state.contract, rules, fault)) for fault in judged.faults]
    moves = _moves(variant, _lines(ways, history)) if ways.history is not None else _dates(ways, row, reader)
    happened = []
    for number, move in enumerate(moves):
        why = "; ".join(text for at, text in wrong if at == number and ways.history is not None)
        happened.append(Happening(move.name, move.at, move.place, why, is_personal=move.is_personal))
    name = ways.cycle.field
    # A way through stages cannot be told without naming them, so those are no values that can be left out.
    seen = replace(reader, values=True).seen(name)
    today = "; ".join(text for at, text in wrong if at >= len(moves) or ways.history is None)
    happened.append(Happening("today", why=today, seen=(seen,), place=row.place))
    return tuple(happened), _doubts(judged)


def _is_personal(ways: Ways) -> bool:
    log = ways.history.record.history if ways.history is not None else None
    names = {log.old, log.new} if log is not None else set()
    held = (
        [one for name, one in ways.history.record.fields.items() if name in names] if ways.history is not None else []
    )
    return any(one.personal for one in (ways.record.record.fields[ways.cycle.field], *held))


def _fault(contract: Contract, rules: Course, fault: Fault) -> str:
    (finding,) = lifecycles.findings(contract, rules, [Broken(fault, 1)])
    title = wording.uncapital(contract.records[rules.cycle.record].title)
    return finding.message.replace(wording.counted(1, title), "it", 1)


def _doubts(judged: Judged) -> tuple[str, ...]:
    if judged.outcome != "unclear":
        return ()
    found = []
    for doubt in judged.doubts:
        about = f" ({', '.join(f'`{one}`' for one in doubt.about if one)})" if any(doubt.about) else ""
        found.append(f"{DOUBTS[doubt.kind]}{about}")
    return tuple(dict.fromkeys(found))


def _lines(ways: Ways, history: Sequence[tuple[Row, Reader]]) -> list[_Line]:
    found = []
    log = ways.history.record.history if ways.history is not None else None
    if log is None or ways.history is None:
        return []
    for row, reader in history:
        if log.only is not None and reader.holds(log.only.tree) is False:
            continue
        when = row.values.get(ways.history.record.happens or "", State.NOT_BOUND)
        at = Moment(when.low, when.high) if isinstance(when, Stamp) else None
        old, new = (row.values.get(name or "", State.NOT_BOUND) for name in (log.old, log.new))
        found.append(_Line(old, new, at, row.place))
    return sorted(found, key=lambda line: (line.at.low, line.at.high) if line.at is not None else (0, 0))


def _moves(variant: Variant, lines: list[_Line]) -> list[Happening]:
    """Give each move of a variant the line of the history that it stands for: the first that says the same."""
    left = list(lines)
    found = []
    for moment in variant.moves:
        for move in moment:
            line = next((one for one in left if _same(one, move.old, move.new)), None)
            if line is None:
                line = next(iter(left), None)
            if line is not None:
                left.remove(line)
            name = f"{_value(move.old)} to {_value(move.new)}" if move.old is not State.NOT_BOUND else _value(move.new)
            found.append(Happening(name, line.at if line else None, line.place if line else None))
    return found


def _same(line: _Line, old: object, new: object) -> bool:
    return all(
        (one.casefold() == other.casefold()) if isinstance(one, str) and isinstance(other, str) else one is other
        for one, other in ((line.old, old), (line.new, new))
        if other is not State.NOT_ALLOWED and other is not State.NOT_BOUND
    )


def _value(held: str | State) -> str:
    if isinstance(held, State):
        return {State.BLANK: "nothing", State.NOT_ALLOWED: "no stage"}.get(held, held.value)
    return f"`{held}`"


def _dates(ways: Ways, row: Row, reader: Reader) -> list[Happening]:
    """Give the stages that have a date, in its order."""
    found = []
    for stage, name in ways.dated:
        value = row.values[name]
        if value is State.BLANK or value is State.NOT_BOUND:
            continue
        personal = reader.fields[name].personal
        at = Moment(value.low, value.high) if isinstance(value, Stamp) else None
        why = "" if at is not None else "cannot be read"
        found.append(Happening(f"`{stage}` by `{name}`", at, row.place, why, is_personal=personal))
    return sorted(found, key=lambda one: one.at.low if one.at is not None else 0)
