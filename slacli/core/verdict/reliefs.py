"""Reliefs: what one side was late on leaves the denominator of the other side's duty, and both figures are shown."""

from __future__ import annotations

from slacli.core.plan import questions, tables
from slacli.core.plan.tables import DutyPlan, RecordPlan
from slacli.core.verdict.state import Judge


def settle(state: Judge, stale: frozenset[str]) -> None:
    """Relieve every duty that others relieve, those first that relieve others themselves."""
    for record in state.plan.records.values():
        if record.record.id in stale:
            continue
        settled = {part.owed.id: part for part in record.duties if not part.owed.relieved_by}
        left = [part for part in record.duties if part.owed.relieved_by]
        while left:
            ready = [part for part in left if settled.keys() >= set(part.owed.relieved_by)]
            if not ready:
                # Duties that relieve each other in a circle are refused before anything is checked.
                break
            for part in ready:
                left.remove(part)
                settled[part.owed.id] = part
                _relieve(state, record, part, settled)


def _relieve(state: Judge, record: RecordPlan, part: DutyPlan, settled: dict[str, DutyPlan]) -> None:
    unknown = [name for name in part.owed.relieved_by if name in state.unsettled]
    if unknown or part.owed.id in state.unsettled:
        if part.owed.id not in state.unsettled:
            reason = f"it is relieved by `{unknown[0]}`, which is not checked"
            state.gaps.append(tables.Gap(part.owed.id, "responsibility", reason, part.owed.at))
        state.unsettled.add(part.owed.id)
        return
    for statement in questions.opened_for_relief(record, part):
        state.make(statement)
    for name in part.owed.relieved_by:
        state.make(questions.relieved(record, part, settled[name]))
