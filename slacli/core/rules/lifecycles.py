"""Rules about lifecycles: that every row is owned, can come in, move on and come back, and ends where it should."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from slacli.core import wording
from slacli.core.criteria import composed, lowered
from slacli.findings import Problem, Related, Rule, Severity, rule
from slacli.model import Contract, Course, Lifecycle


@rule(Severity.WARNING)
def stage_without_owner(contract: Contract) -> Iterator[Problem]:
    """A stage that is not final is owned by no party.

    Why: a row that belongs to nobody is worked by nobody, and each side believes that the other has it.
    Bad:
        lifecycles: {lead: {stages: {accepted: {owner: null}}}}
    Good:
        lifecycles: {lead: {stages: {accepted: {owner: sales}}}}
    """
    for cycle in contract.lifecycles.values():
        for stage in cycle.stages.values():
            if stage.owner is None and not stage.final:
                yield Problem(
                    at=stage.at,
                    key=True,
                    message=f"nobody owns a `{cycle.record}` in the stage `{stage.id}`",
                    label="no `owner`",
                    help="add `owner:` with the party that works it",
                )


@rule(Severity.ERROR)
def other_lifecycle(contract: Contract) -> Iterator[Problem]:
    """A duty follows the lifecycle of another record than the one that it covers.

    Why: the rows that it covers have no stages in it, so there is nothing that they could keep or break.
    Bad:
        responsibilities:
          kept: {owed_by: sales, owed_to: marketing, covers: opportunity, follows: lead, dated: closed_on, target: 90%}
    Good:
        responsibilities:
          kept: {owed_by: sales, owed_to: marketing, covers: lead, follows: lead, target: 90%}
    """
    for owed in contract.responsibilities.values():
        measure = owed.duty.measure(owed, contract)
        if not isinstance(measure, Course) or owed.covers is None:
            continue
        cycle = contract.lifecycles[measure.lifecycle]
        if cycle.record != owed.covers.record:
            yield Problem(
                at=owed.at / "follows",
                message=f"`{owed.id}` covers `{owed.covers.record}`, and the lifecycle `{cycle.id}` is one of "
                f"`{cycle.record}`",
                label=f"of `{cycle.record}`",
                help=f"cover `{cycle.record}`, or follow a lifecycle of `{owed.covers.record}`",
                related=(Related(cycle.at, "the lifecycle", key=True),),
            )


@rule(Severity.ERROR)
def dead_end_stage(contract: Contract) -> Iterator[Problem]:
    """No move leads out of a stage that is not final.

    Why: a row that comes there stays for ever, and every move that people make breaks the agreement.
    Bad:
        lifecycles: {lead: {moves: {accepted: []}, path: null, handoffs: null}}
    Good:
        lifecycles: {lead: {moves: {accepted: [qualified, closed]}}}
    """
    for cycle in contract.lifecycles.values():
        for stage in cycle.stages.values():
            if not stage.final and not cycle.moves.get(stage.id):
                yield Problem(
                    at=stage.at,
                    key=True,
                    message=f"no move leads out of `{stage.id}`, which is not final",
                    label="no way out",
                    help=f"add `{stage.id}: [...]` to `moves`, or `final: true` to the stage",
                )


@rule(Severity.ERROR)
def unreachable_stage(contract: Contract) -> Iterator[Problem]:
    """No row can come to a stage: none starts there, and no moves lead there from a start.

    Why: a row that stands there anyway breaks the agreement, and nobody did anything wrong.
    Bad:
        lifecycles: {lead: {starts: [qualified]}}
    Good:
        lifecycles: {lead: {starts: [new]}}
    """
    for cycle in contract.lifecycles.values():
        reached = _reached(cycle, cycle.starts)
        for stage in cycle.stages.values():
            if cycle.starts and stage.id not in reached:
                yield Problem(
                    at=stage.at,
                    key=True,
                    message=f"no `{cycle.record}` can come to the stage `{stage.id}`",
                    label="no way in",
                    help="add a move that leads here, or add it to `starts`",
                )


@rule(Severity.ERROR)
def path_without_move(contract: Contract) -> Iterator[Problem]:
    """The usual path goes from one stage to the next by a move that is not allowed.

    Why: a row that takes the usual way would break the agreement.
    Bad:
        lifecycles: {lead: {path: [new, accepted, closed]}}
    Good:
        lifecycles: {lead: {path: [new, qualified, accepted, closed]}}
    """
    for cycle in contract.lifecycles.values():
        for index, (old, new) in enumerate(pairwise(cycle.path), 1):
            if new not in cycle.moves.get(old, ()):
                yield Problem(
                    at=cycle.at / "path" / index,
                    message=f"the path of `{cycle.id}` goes from `{old}` to `{new}`, which `moves` does not allow",
                    label="no such move",
                    help=f"add `{new}` to the moves of `{old}`, or take another path",
                )


@rule(Severity.ERROR)
def handoff_without_move(contract: Contract) -> Iterator[Problem]:
    """A hand-off happens at a move that is not allowed.

    Why: no row could be handed over without breaking the agreement.
    Bad:
        lifecycles: {lead: {handoffs: {to_sales: {from: new}}}}
    Good:
        lifecycles: {lead: {handoffs: {to_sales: {from: qualified}}}}
    """
    for cycle in contract.lifecycles.values():
        for handoff in cycle.handoffs:
            if handoff.new not in cycle.moves.get(handoff.old, ()):
                yield Problem(
                    at=handoff.at,
                    key=True,
                    message=f"`{handoff.id}` hands over from `{handoff.old}` to `{handoff.new}`, which `moves` does "
                    "not allow",
                    label="no such move",
                    help=f"add `{handoff.new}` to the moves of `{handoff.old}`, or correct `from` and `to`",
                )


@rule(Severity.WARNING)
def no_way_back(contract: Contract) -> Iterator[Problem]:
    """A row that was handed over can never return to a stage of the side that gave it.

    Why: a lead that is not contacted or not closed has to come back to Marketing, or it is lost.
    Bad:
        lifecycles: {lead: {moves: {accepted: [closed]}}}
    Good:
        lifecycles: {lead: {moves: {accepted: [qualified, closed]}}}
    """
    for cycle in contract.lifecycles.values():
        for handoff in cycle.handoffs:
            giver = contract.department(handoff.given_by)
            if giver == contract.department(handoff.taken_by):
                continue
            owners = {
                contract.department(owner)
                for name in _reached(cycle, [handoff.new])
                if not cycle.stages[name].final and (owner := cycle.stages[name].owner)
            }
            if owners and giver not in owners:
                yield Problem(
                    at=handoff.at,
                    key=True,
                    message=f"what `{handoff.id}` hands over can never come back to `{giver}`",
                    label="no way back",
                    help=f"allow a move from `{handoff.new}` to a stage that `{giver}` owns",
                )


@rule(Severity.WARNING)
def value_without_stage(contract: Contract) -> Iterator[Problem]:
    """The field of a lifecycle lists a value that no stage stands for.

    Why: a row with that value is nowhere, and no rule of the lifecycle holds for it.
    Bad:
        records: {lead: {fields: {status: {one_of: [New, MQL, SAL, Recycled, Closed]}}}}
    Good:
        records: {lead: {fields: {status: {one_of: [New, MQL, SAL, Closed]}}}}
    """
    for cycle in contract.lifecycles.values():
        field = contract.records[cycle.record].fields[cycle.field]
        form = lowered if field.ignore_case else composed
        known = {form(composed(stage.value)) for stage in cycle.stages.values()}
        left = [value for value in field.one_of if form(composed(value)) not in known]
        if left:
            yield Problem(
                at=cycle.at / "stages",
                key=True,
                message=f"no stage of `{cycle.id}` stands for {wording.quoted(left, 'or')} of "
                f"`{cycle.record}.{cycle.field}`",
                label="not all values",
                help="add a stage for each, or take the value out of `one_of`",
            )


@rule(Severity.ERROR)
def value_of_two_stages(contract: Contract) -> Iterator[Problem]:
    """Two stages of a lifecycle stand for the same value.

    Why: nobody could tell from the value in which of the two a row is.
    Bad:
        lifecycles: {lead: {stages: {closed: {value: SAL}}}}
        records: {lead: {fields: {status: {one_of: [New, MQL, SAL]}}}}
    Good:
        lifecycles: {lead: {stages: {closed: {value: Closed}}}}
    """
    for cycle in contract.lifecycles.values():
        form = lowered if contract.records[cycle.record].fields[cycle.field].ignore_case else composed
        seen: dict[str, str] = {}
        for stage in cycle.stages.values():
            first = seen.setdefault(form(composed(stage.value)), stage.id)
            if first != stage.id:
                yield Problem(
                    at=stage.at / "value",
                    message=f"`{first}` and `{stage.id}` both stand for `{stage.value}`",
                    label="given again",
                    help="give each stage a value of its own, or make them one stage",
                    related=(Related(cycle.stages[first].at / "value", "given here"),),
                )


@rule(Severity.WARNING)
def way_out_of_final(contract: Contract) -> Iterator[Problem]:
    """A move leads out of a stage that is final.

    Why: final says that no row leaves, so one of the two is not meant.
    Bad:
        lifecycles: {lead: {moves: {closed: [new]}}}
    Good:
        lifecycles: {lead: {moves: {closed: []}}}
    """
    for cycle in contract.lifecycles.values():
        for old, targets in cycle.moves.items():
            if cycle.stages[old].final and targets:
                yield Problem(
                    at=cycle.at / "moves" / old,
                    key=True,
                    message=f"`{old}` is final, but {wording.quoted(targets, 'or')} may follow",
                    label="is final",
                    help="remove the moves, or take `final` out of the stage",
                    related=(Related(cycle.stages[old].at, "final here", key=True),),
                )


def _reached(cycle: Lifecycle, starts: Iterable[str]) -> set[str]:
    """Give the stages that moves lead to from some stages, those included."""
    found = set(starts)
    while more := {new for old in found for new in cycle.moves.get(old, ())} - found:
        found |= more
    return found


RULES: tuple[Rule[Contract], ...] = (
    stage_without_owner,
    other_lifecycle,
    dead_end_stage,
    unreachable_stage,
    path_without_move,
    handoff_without_move,
    no_way_back,
    value_without_stage,
    value_of_two_stages,
    way_out_of_final,
)
