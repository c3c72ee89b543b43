"""When a criterion is true and when it is false, in whatever conditions are written: the logic of three values, once.

What a single test says of each value is asked of the evaluator that judges examples too. Everything above single tests
is put together here, of the conditions that a solver takes or of sets of records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Protocol

from slacli.core.criteria import Moment, terms_of
from slacli.core.proofs.questions import ANY, Case, Found, Leaf, Question, Raws
from slacli.core.proofs.space import USUAL, Few, Space, owners
from slacli.criterion import And, Criterion, Meets, Not, Or

Condition = Any
"""What a way of answering writes conditions in."""

Pair = tuple[Condition, Condition]
"""When a test is true, and when it is false; where neither holds it is unclear."""


class Logic(Protocol):
    """How conditions are joined."""

    def all(self, conditions: Iterable[Condition]) -> Condition: ...

    def any(self, conditions: Iterable[Condition]) -> Condition: ...

    def no(self, condition: Condition) -> Condition: ...

    def at_least(self, conditions: Sequence[Condition], number: int) -> Condition: ...

    def named(self, name: str, condition: Condition) -> Condition: ...


class Leaves:
    """What the evaluator says of single tests, for each of the values that stand for all others, asked once."""

    def __init__(self, question: Question, known: Space) -> None:
        self.question, self.known = question, known
        self._names: dict[tuple[int, Leaf], tuple[str, ...]] = {}
        self._said: dict[tuple[int, Leaf], Mapping[tuple[int, ...], bool | None]] = {}

    def names(self, index: int, leaf: Leaf) -> tuple[str, ...]:
        """Give the fields whose values decide a test on a side."""
        if (index, leaf) not in self._names:
            self._names[index, leaf] = owners(self.question, leaf, self.known)
        return self._names[index, leaf]

    def said(self, index: int, leaf: Leaf) -> Mapping[tuple[int, ...], bool | None]:
        """Give what a test says on a side, by the place of the value of each field that decides it."""
        if (index, leaf) not in self._said:
            side = self.question.sides[index]
            fields = [field for name in self.names(index, leaf) if isinstance(field := self.known.fields[name], Few)]
            self._said[index, leaf] = {
                chosen: side.says(leaf, {one.name: one.values[at] for one, at in zip(fields, chosen, strict=True)})
                for chosen in product(*(range(len(field.values)) for field in fields))
            }
        return self._said[index, leaf]


class Pairs:
    """The conditions of criteria, terms and cases of one question, by what `leaf` gives for a single test on a side."""

    def __init__(self, question: Question, logic: Logic, leaf: Callable[[int, Leaf], Pair]) -> None:
        self._question, self._logic, self._leaf = question, logic, leaf
        self._never = logic.any(())
        self._leaves: dict[tuple[int, Leaf], Pair] = {}
        self._terms: dict[tuple[int, str], Pair] = {}

    def case(self, case: Case) -> Condition:
        """Give when all that a case asks for holds together."""
        return self._logic.all(self._part(self._tree(part.side, part.tree), part.truths) for part in case)

    def _part(self, pair: Pair, truths: frozenset[bool | None]) -> Condition:
        true, false = pair
        no = self._logic.no
        wanted = {True: true, False: false, None: self._logic.all([no(true), no(false)])}
        missing = ANY - truths
        if len(missing) == 1:
            return no(wanted[next(iter(missing))])
        return self._logic.any(wanted[truth] for truth in sorted(truths, key=str))

    def _tree(self, index: int, tree: Criterion) -> Pair:
        match tree:
            case And(parts=parts):
                pairs = [self._tree(index, part) for part in parts]
                return self._logic.all(pair[0] for pair in pairs), self._logic.any(pair[1] for pair in pairs)
            case Or(parts=parts):
                pairs = [self._tree(index, part) for part in parts]
                return self._logic.any(pair[0] for pair in pairs), self._logic.all(pair[1] for pair in pairs)
            case Not(inner=inner):
                true, false = self._tree(index, inner)
                return false, true
            case Meets(term=term):
                return self._term(index, term)
            case _:
                if (index, tree) not in self._leaves:
                    self._leaves[index, tree] = self._leaf(index, tree)
                return self._leaves[index, tree]

    def _term(self, index: int, name: str) -> Pair:
        """Give when a term is met and failed: those that it leans on come first, so that the stack stays flat."""
        terms = self._question.sides[index].terms
        unclear = self._never, self._never
        waiting, opened = [name], set[str]()
        while waiting:
            top = waiting[-1]
            if (index, top) in self._terms or top not in terms:
                # A circle, or a name that is none, is always unclear.
                self._terms.setdefault((index, top), unclear)
                waiting.pop()
                continue
            leaning = {other for test in terms[top].criteria for other in terms_of(test.tree)}
            missing = (
                [] if top in opened else sorted(one for one in leaning - opened if (index, one) not in self._terms)
            )
            opened.add(top)
            if missing:
                waiting += missing
                continue
            for other in leaning:
                self._terms.setdefault((index, other), unclear)
            pairs = [self._tree(index, test.tree) for test in terms[top].criteria]
            needed = terms[top].at_least
            true = self._logic.at_least([pair[0] for pair in pairs], needed)
            false = self._logic.at_least([pair[1] for pair in pairs], len(pairs) - needed + 1)
            self._terms[index, waiting.pop()] = (
                self._logic.named(f"{index}.{top}", true),
                self._logic.named(f"{index}.-{top}", false),
            )
        return self._terms[index, name]


def completed(question: Question, known: Space, case: Case, raws: Raws) -> Found:
    """Give a record as an export would hold it, if the evaluator agrees that the case holds of it."""
    row = dict(raws)
    for name in known.freed:
        side = next(side for side in reversed(question.sides) if name in side.fields)
        derived = side.fields[name].derived
        assert derived is not None
        domain = row.pop(name)
        row.setdefault(derived[1], None if domain is None else f"someone@{domain}")
    far = any(isinstance(raw, Moment) and raw.high - raw.low > USUAL for raw in row.values())
    return row if not far and question.holds(case, row) else "not decided"
