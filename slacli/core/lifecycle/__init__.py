"""Whether one record kept a lifecycle: what its history, or else its stage dates, can prove, and what nobody can see.

A record is judged by its *variant*: the moves in the order of time, without the times, so that records that went the
same way are judged once. Engines write a variant as text (`encode` says how); `judge` gives the same answer for every
order in which moves of one moment are written down.

From a history every move is seen, and who made it. A *fault* is what no reading of the evidence can explain; what the
agreement asks for and the evidence does not show is a *doubt*. Any fault: the record breaks the lifecycle. Else any
doubt: unclear. Else it keeps it. A record that is not at its end is judged by what happened so far.

- Moves of one moment (the same second, minute or day, or stretches that overlap) have no order of their own. They are
  put in the order with the fewest faults, so they break the lifecycle only where every order does. Copies of a move
  within one moment may be one event that was noted twice. More than eight moves of one moment are not tried:
  that moment is a doubt, and so is the stage after it.
- A move that `moves` does not allow is one fault, called by what it is: reopened out of a final stage, else backward
  or skipped by `path`, else illegal. Who made it is then not asked. A gap is one fault, and the move behind the gap
  is judged from the stage that it says it left.
- A move may be made by the party that owns the stage left; at a hand-off by the one that gives or the one that takes.
  The taker may also decline: make any other move out of the stage that it would be handed. Departments stand for
  their teams and teams for their departments. A mover nobody knows is a doubt only where the agreement says how its
  people are told: the history has `by`, and each party that may move has `members` (or its teams have).
- Facts are seen as they are now. One that is missing is a fault, unless the record has since come to some stage once
  more: a new round may empty what the last one filled in, so nobody can see what was known then.

From stage dates alone the order of the stages is seen, and nothing between. A date says that the stage was entered
then, a blank one that it never was (by `keeps`, that may be the first or the latest time); a stage without a date may
have been passed unseen. It is a fault where no way over allowed moves fits the dates and the stage of today; only the
first contradiction is named, because the rest follows from it. Dates that fit are taken at their word, else nothing
would ever be kept: moves that nothing points to are not suspected. But where the agreement lets a record go round
through stages that this one has been in, or may have passed unseen, its dates can hide a whole round: a doubt, as are
movers that the agreement asks for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from slacli.core.criteria import State
from slacli.core.lifecycle import dates, history
from slacli.core.lifecycle.course import Course, course
from slacli.core.lifecycle.judged import DOUBTS, Doubt, DoubtKind, Fault, FaultKind, Judged, Outcome, tally
from slacli.core.lifecycle.orders import MOST_AT_ONCE
from slacli.core.lifecycle.variants import MOMENT, PART, WITH, Held, Move, Variant, decode, encode

__all__ = [
    "DOUBTS",
    "MOMENT",
    "MOST_AT_ONCE",
    "PART",
    "WITH",
    "Course",
    "Doubt",
    "DoubtKind",
    "Fault",
    "FaultKind",
    "Held",
    "Judged",
    "Move",
    "Outcome",
    "Variant",
    "course",
    "decode",
    "encode",
    "judge",
    "judge_dates",
    "tally",
]


def judge(rules: Course, variant: Variant) -> Judged:
    """Say whether the records of a variant kept the lifecycle."""
    return history.judge(rules, variant) if variant.has_history else dates.judge(rules, variant)


def judge_dates(rules: Course, entered: Mapping[str, int | State], current: Held, facts: Collection[str]) -> Judged:
    """Judge by stage dates: of each stage with a date column that is bound, the rank of its date or why it has none.

    Dates of one rank have no order of their own.
    """
    ranked: dict[int, list[Move]] = {}
    for name, rank in entered.items():
        if not isinstance(rank, State):
            ranked.setdefault(rank, []).append(Move(State.NOT_BOUND, rules.cycle.stages[name].value))
    unread = frozenset(name for name, rank in entered.items() if isinstance(rank, State) and rank is not State.BLANK)
    moments = tuple(tuple(ranked[rank]) for rank in sorted(ranked))
    return judge(rules, Variant(moments, current, frozenset(facts), has_history=False, unread=unread))
