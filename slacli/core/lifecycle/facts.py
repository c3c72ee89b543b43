"""Which facts a record had to have: those that its stages require and those that go with its hand-offs, as of today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from slacli.core.lifecycle.course import Course
from slacli.core.lifecycle.judged import Doubt, Fault
from slacli.core.lifecycle.orders import Entry
from slacli.values import dataclass

Book = tuple[frozenset[str], frozenset[tuple[Fault, frozenset[str]]]]
"""The stages entered so far; and what a fact is missing for, with the stages that had been entered until then.

Of what the record has come round since, no stages are kept.
"""

NOTHING: Book = (frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Missing:
    """What this record lacks: for each stage and each hand-off, a fault with the facts that have no value today.

    `unbound` holds those facts that no export at hand binds.
    """

    stages: dict[str, Fault]
    handoffs: dict[tuple[str, str], tuple[Fault, ...]]
    unbound: frozenset[str]

    def noted(self, book: Book, entered: Iterable[tuple[str, str]], at: int = 0) -> Book:
        """Note the stages that the move `at` entered, from others or from nobody knows where."""
        if not self.stages and not self.handoffs:
            return book
        visited, notes = book
        for old, new in entered:
            visited |= {new}
            wanted = [replace(fault, at=at) for fault in self._wanted(old, new)]
            notes = frozenset(
                # Whoever comes to a stage once more has gone round whatever lies behind the first time there.
                (fault, frozenset() if new in before else before)
                for fault, before in notes
                if fault not in wanted and fault.stages != (new,)
            ).union((fault, visited) for fault in wanted)
        return visited, notes

    def weight(self, book: Book) -> tuple[int, int]:
        """Give how many faults and how many doubts the notes come to."""
        faults, doubts = self._sum(book, lambda _: False)
        return len(faults), len(doubts)

    def settled(
        self, entered: Sequence[Entry], over: Callable[[str], bool] = lambda _: False
    ) -> tuple[list[Fault], list[Doubt]]:
        """Give what comes of the entries of a record; `over` says of a stage whether its round may be over."""
        book = NOTHING
        for one in entered:
            book = self.noted(book, [(one.old, one.new)], one.at)
        return self._sum(book, over)

    def _sum(self, book: Book, over: Callable[[str], bool]) -> tuple[list[Fault], list[Doubt]]:
        faults: list[Fault] = []
        doubts: list[Doubt] = []
        for fault, before in sorted(book[1], key=lambda note: (note[0].stages, note[0].handoff)):
            unbound = tuple(name for name in fault.facts if name in self.unbound)
            absent = tuple(name for name in fault.facts if name not in self.unbound)
            if unbound:
                doubts.append(Doubt("not-bound", unbound, fault.at))
            if absent and (not before or over(fault.stages[-1])):
                doubts.append(Doubt("earlier-round", absent, fault.at))
            elif absent:
                faults.append(replace(fault, facts=absent))
        return faults, doubts

    def _wanted(self, old: str, new: str) -> tuple[Fault, ...]:
        """Give what is missing where a stage is entered: the stage does not ask again what the hand-off lacks."""
        handoffs = self.handoffs.get((old, new), ())
        told = {name for fault in handoffs for name in fault.facts}
        stage = self.stages.get(new)
        left = tuple(name for name in stage.facts if name not in told) if stage else ()
        return (*handoffs, replace(stage, facts=left)) if stage and left else handoffs


@lru_cache(maxsize=1024)
def missing(rules: Course, facts: frozenset[str], *, dates: bool = False) -> Missing:
    """Find what a record with these facts lacks, wherever it may have been."""
    stages = {
        stage.id: Fault("missing-fact", (stage.id,), facts=lacking, dates=dates)
        for stage in rules.cycle.stages.values()
        if (lacking := tuple(name for name in stage.requires if name not in facts))
    }
    handoffs: dict[tuple[str, str], tuple[Fault, ...]] = {}
    for one in rules.cycle.handoffs:
        pair = (one.old, one.new)
        lacking = tuple(name for name in one.documents if name not in facts)
        if lacking:
            fault = Fault("undocumented-handoff", pair, facts=lacking, handoff=one.id, dates=dates)
            handoffs[pair] = (*handoffs.get(pair, ()), fault)
    wanted = {name for fault in stages.values() for name in fault.facts}
    wanted |= {name for faults in handoffs.values() for fault in faults for name in fault.facts}
    return Missing(stages, handoffs, frozenset(wanted - rules.bound))
