"""What can come of judging a record: faults that nothing explains, doubts about what nobody can see, and the sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal

from slacli.values import dataclass

Outcome = Literal["keeps", "breaks", "unclear"]

FaultKind = Literal[
    "illegal-start",
    "illegal-move",
    "skipped-stage",
    "backward-move",
    "reopened",
    "history-gap",
    "other-stage-now",
    "wrong-party",
    "wrong-hand",
    "undocumented-handoff",
    "missing-fact",
]
DoubtKind = Literal[
    "history-cut",
    "history-behind",
    "no-time",
    "no-stage",
    "mover",
    "not-bound",
    "earlier-round",
    "too-many-at-once",
    "hidden-round",
    "unseen-move",
]

DOUBTS: Mapping[DoubtKind, str] = {
    "history-cut": "its history may begin after its first moves",
    "history-behind": "its history may end before its last moves",
    "no-time": "nobody can read when one of its moves was made",
    "no-stage": "a value is blank, unreadable, or no stage of the lifecycle",
    "mover": "nobody can tell which party made a move",
    "not-bound": "no export at hand binds a fact that it needs",
    "earlier-round": "a fact is missing now, and nobody can see what was known in an earlier round",
    "too-many-at-once": "too many moves have the same time",
    "hidden-round": "dates alone cannot show how often it went round",
    "unseen-move": "dates alone cannot show whether it was handed over",
}
"""What each doubt says of a record."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What nothing explains: what it is, and the stage or the two stages that it is about.

    `parties` are those that the mover may be of, `facts` the fields that are missing, `dates` whether only dates tell
    of it. Two faults are equal where they have one cause. `at` numbers the move as the variant has them; what is seen
    only today has the number after the last.
    """

    kind: FaultKind
    stages: tuple[str, ...]
    parties: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    handoff: str = ""
    dates: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the agreement asks for and nobody can see, with the stages or the facts that it is about."""

    kind: DoubtKind
    about: tuple[str, ...] = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a record.

    `order` gives its moves, by number, in the order in which they were judged; copies that may be one event are left
    out, and so are moments with too many.
    `ties_resolved` counts the moments with several different moves that could be put in order without a fault.
    """

    outcome: Outcome
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    ties_resolved: int = 0
    order: tuple[int, ...] = ()


def tally(judged: Iterable[tuple[Judged, int]]) -> tuple[Counter[Fault], Counter[Doubt]]:
    """Count by cause the records that have a fault and those that have a doubt, each record once for each cause."""
    faults: Counter[Fault] = Counter()
    doubts: Counter[Doubt] = Counter()
    for one, records in judged:
        faults.update(dict.fromkeys(one.faults, records))
        doubts.update(dict.fromkeys(one.doubts, records))
    return faults, doubts
