"""What a lifecycle allows: where a record may begin and move on, by whose hand, and where it may come round again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from slacli.core.criteria import State
from slacli.core.criteria.values import same_form
from slacli.core.lifecycle.judged import Doubt, Fault, FaultKind
from slacli.core.lifecycle.variants import Held
from slacli.core.people import Parties
from slacli.model import Contract, Lifecycle
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Hands:
    """Who may make a move: the parties that the agreement names, and all that stand for them.

    `asked` says whether the agreement tells who made moves and who belongs to those parties.
    """

    named: tuple[str, ...]
    standing: frozenset[str]
    asked: bool
    handoff: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A lifecycle made ready for judging, once for all variants of a run; each is itself alone, so work can be kept.

    `keeps` tells of each stage with a date that is bound what the CRM keeps; `rounds` are the stages to which allowed
    moves lead back.
    """

    cycle: Lifecycle
    ignore_case: bool
    values: Mapping[str, str]
    hands: Mapping[tuple[str, str], Hands]
    bound: frozenset[str]
    keeps: Mapping[str, Literal["only", "first", "latest"]]
    rounds: frozenset[str]

    def stage(self, value: Held) -> str | None:
        """Give the stage of a value, nothing for a blank, or None where it cannot be told."""
        if isinstance(value, State):
            return "" if value is State.BLANK else None
        return self.values.get(same_form(value, ignore_case=self.ignore_case))

    def begun(self, stage: str) -> tuple[Fault, ...]:
        """Judge where a record began; a lifecycle without `starts` lets it begin anywhere."""
        starts = self.cycle.starts
        return (Fault("illegal-start", (stage,)),) if starts and stage not in starts else ()

    def moved(self, old: str, new: str, by: Parties) -> tuple[tuple[Fault, ...], tuple[Doubt, ...]]:
        """Judge a move from one stage to another, and who made it."""
        if new not in self.cycle.moves.get(old, ()):
            return (self.forbidden(old, new),), ()
        hands = self.hands.get((old, new))
        if hands is None:
            return (), ()
        if by is not None and not by & hands.standing:
            kind: FaultKind = "wrong-hand" if hands.handoff else "wrong-party"
            return (Fault(kind, (old, new), tuple(sorted(by)), handoff=hands.handoff),), ()
        if hands.asked and (by is None or by - hands.standing):
            return (), (Doubt("mover", (old, new)),)
        return (), ()

    def forbidden(self, old: str, new: str, *, dates: bool = False) -> Fault:
        """Call a move that is not allowed by what it is."""
        path = self.cycle.path
        kind: FaultKind = "illegal-move"
        if self.cycle.stages[old].final:
            kind = "reopened"
        elif old in path and new in path:
            ahead = path.index(new) - path.index(old)
            kind = "backward-move" if ahead < 0 else "skipped-stage" if ahead > 1 else kind
        return Fault(kind, (old, new), dates=dates)


def course(contract: Contract, cycle: Lifecycle, bound: Collection[str] | None = None) -> Course:
    """Make a lifecycle ready. `bound` names the fields of its record that the exports at hand bind, all by default."""
    record = contract.records[cycle.record]
    at_hand = frozenset(record.fields if bound is None else bound)
    fold = record.fields[cycle.field].ignore_case
    return Course(
        cycle=cycle,
        ignore_case=fold,
        values={same_form(stage.value, ignore_case=fold): stage.id for stage in cycle.stages.values()},
        hands=_hands(contract, cycle),
        bound=at_hand,
        keeps={
            stage.id: record.fields[stage.entered].keeps
            for stage in cycle.stages.values()
            if stage.entered is not None and stage.entered in at_hand
        },
        rounds=going_round(cycle.moves, cycle.stages),
    )


def going_round(moves: Mapping[str, Sequence[str]], among: Collection[str]) -> frozenset[str]:
    """Give the stages to which allowed moves lead back, passing only through the stages `among`."""
    return frozenset(stage for stage in among if stage in reached(moves, [stage], among))


def reached(moves: Mapping[str, Sequence[str]], origins: Iterable[str], among: Collection[str]) -> set[str]:
    """Give the stages `among` to which one or more moves lead from some stages, passing only through those."""
    found: set[str] = set()
    waiting = list(origins)
    while waiting:
        for new in moves.get(waiting.pop(), ()):
            if new in among and new not in found:
                found.add(new)
                waiting.append(new)
    return found


# --- by whose hand ----------------------------------------------------------------------------


def _hands(contract: Contract, cycle: Lifecycle) -> dict[tuple[str, str], Hands]:
    """Give, for each allowed move, who may make it; a stage that nobody owns may be left by anybody."""
    known = _known_parties(contract) if _tells_movers(contract, cycle) else frozenset()
    found = {}
    for old, targets in cycle.moves.items():
        leaving = [handoff for handoff in cycle.handoffs if handoff.old == old]
        owner = cycle.stages[old].owner
        for new in targets:
            over = [handoff for handoff in leaving if handoff.new == new]
            if not over and owner is None:
                continue
            # Whoever is handed a record may also decline it, so the taker may move it elsewhere too.
            sides = [party for handoff in over or leaving for party in (handoff.given_by, handoff.taken_by)]
            named = tuple(dict.fromkeys(sides if over or owner is None else (owner, *sides)))
            standing = frozenset(
                party for party in contract.parties if any(contract.stands_for(party, one) for one in named)
            )
            found[old, new] = Hands(named, standing, known.issuperset(named), over[0].id if over else "")
    return found


def _tells_movers(contract: Contract, cycle: Lifecycle) -> bool:
    """Whether the agreement has a history of the field that says who made each move, and says who people are."""
    return contract.people is not None and any(
        record.history is not None
        and record.history.of == cycle.field
        and record.history.by is not None
        and record.parent == cycle.record
        for record in contract.records.values()
    )


def _known_parties(contract: Contract) -> frozenset[str]:
    """Give the parties of which the agreement says who belongs to them, by a test of their own or of one near them."""
    told = [party.id for party in contract.parties.values() if party.members is not None]
    return frozenset(party for party in contract.parties if any(contract.stands_for(one, party) for one in told))
