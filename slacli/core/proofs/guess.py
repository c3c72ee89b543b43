"""Quick answers: a record that is put together test by test, so that the solver is asked only where that fails.

In an agreement that is well written nearly every question has such an answer, which takes a fraction of the time that
it takes to load the solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice, product

from slacli.core.criteria import Moment, meeting
from slacli.core.proofs.questions import Leaf, Part, Question, Raw, Raws, Side
from slacli.core.proofs.space import Few, Open, Space, Undecidable, owners, raw_of, space
from slacli.criterion import And, Criterion, Meets, Not, Or

_MOST_PAIRS = 200
_TURNS = 8
# Terms that name others again and again have more ways through them than anybody could try.
_MOST_AIMS = 300


def found(question: Question) -> Raws | None:
    """Give a record for which a case holds, or None where none was found at once; that says nothing of others."""
    try:
        known = space(question)
    except Undecidable:
        return None
    if not all(_values(field) for field in known.fields.values()):
        return None
    for turn in range(_TURNS):
        for case in question.cases:
            build = _Build(question, known, turn)
            # What asks for most comes first in every other turn.
            for part in case if turn % 2 == 0 else reversed(case):
                said = question.sides[part.side].says(part.tree, build.filled())
                if said not in part.truths and (True in part.truths) is not (False in part.truths):
                    build.aim(part, part.tree, wanted=True in part.truths)
            raws = build.filled()
            if question.holds(case, raws):
                return raws
    return None


def not_told_apart(side: Side, terms: Sequence[str], day: date) -> list[list[str]]:
    """Give the groups of terms that a few records do not tell apart; each term stands in one group at most."""
    groups = [list(terms)]
    fills = _fills(side, terms, day)
    for name in terms:
        # Records that a term tells most about are judged by all that are still like it.
        mine = next(group for group in groups if name in group)
        for raws in _rows(side, name, fills, day) if len(mine) > 1 else ():
            row = side.row(raws)
            meets = meeting(side.terms, row, side.zone, side.fields)
            same = [other for other in mine if meets(other) is meets(name)]
            if len(same) < len(mine):
                groups[groups.index(mine)] = same
                groups.append([other for other in mine if other not in same])
                mine = same
            if len(mine) < 2:
                break
    return [group for group in groups if len(group) > 1]


def _fills(side: Side, terms: Iterable[str], day: date) -> list[Raws]:
    """Give records of values for all that terms read: the plainest value of each field, and the least plain."""
    cases = tuple((Part(Meets(name, (0, 0)), frozenset({True})),) for name in terms)
    try:
        fields = space(Question((side,), cases, day)).fields
    except Undecidable:
        return [{}]
    return [{name: _values(field)[at] for name, field in fields.items() if len(_values(field)) > 1} for at in (1, -1)]


def _rows(side: Side, name: str, fills: Iterable[Raws], day: date) -> Iterator[Raws]:
    """Give records that meet a term and that fail it, as far as one look ahead can find them."""
    case = (Part(Meets(name, (0, 0)), frozenset({True})),)
    question = Question((side,), (case,), day)
    try:
        known = space(question)
    except Undecidable:
        return
    if not all(_values(field) for field in known.fields.values()):
        return
    for wanted in (True, False):
        build = _Build(question, known)
        build.aim(case[0], case[0].tree, wanted=wanted)
        yield from ({**fill, **build.chosen} for fill in fills)


def _values(field: Few | Open) -> tuple[Raw, ...]:
    if isinstance(field, Few):
        return field.values
    return (None, *(raw_of(field, point, point) for point in field.near if field.low <= point <= field.high))


class _Build:
    """A record in the making: what was chosen for a test is kept for all that follow."""

    def __init__(self, question: Question, known: Space, turn: int = 0) -> None:
        self.question, self.known, self.turn = question, known, turn
        self.chosen: dict[str, Raw] = {}
        self.left = _MOST_AIMS

    def filled(self) -> Mapping[str, Raw]:
        """Give the record, with the plainest value where nothing was chosen."""
        return {name: _values(field)[0] for name, field in self.known.fields.items()} | self.chosen

    def aim(self, part: Part, tree: Criterion, *, wanted: bool) -> bool:
        """Choose values with which a criterion is as wanted, as far as one look ahead can find them."""
        self.left -= 1
        if self.left < 0:
            return False
        side = self.question.sides[part.side]
        match tree:
            case And(parts=parts) | Or(parts=parts):
                if wanted is isinstance(tree, And):
                    return sum(self.aim(part, one, wanted=wanted) for one in parts) == len(parts)
                return any(self.tried(part, one, wanted=wanted) for one in parts)
            case Not(inner=inner):
                return self.aim(part, inner, wanted=not wanted)
            case Meets(term=name):
                term = side.terms.get(name)
                if term is None:
                    return False
                needed = term.at_least if wanted else len(term.criteria) - term.at_least + 1
                reached = 0
                for test in term.criteria:
                    reached += reached < needed and self.tried(part, test.tree, wanted=wanted)
                return reached >= needed
            case _:
                return self.leaf(side, tree, wanted=wanted)

    def tried(self, part: Part, tree: Criterion, *, wanted: bool) -> bool:
        """Aim, and forget what was chosen where it did not help."""
        before = dict(self.chosen)
        if self.aim(part, tree, wanted=wanted):
            return True
        self.chosen = before
        return False

    def leaf(self, side: Side, leaf: Leaf, *, wanted: bool) -> bool:
        """Choose values with which a single test is as wanted."""
        names = owners(self.question, leaf, self.known)
        fields = [self.known.fields[name] for name in names]
        free = [name for name in names if name not in self.chosen]
        choices = [
            [self.chosen[name]] if name in self.chosen else self.options(field, names)
            for name, field in zip(names, fields, strict=True)
        ]
        for values in islice(product(*choices), _MOST_PAIRS):
            raws = dict(zip(names, values, strict=True))
            if side.says(leaf, raws) is wanted:
                self.chosen |= {name: raws[name] for name in free}
                return True
        return False

    def options(self, field: Few | Open, names: Sequence[str]) -> list[Raw]:
        """Give the values that a field can have, in another order at each turn; of an open one more beside others."""
        values = [value for value in _values(field) if not isinstance(value, Moment) or value.exact]
        first = self.turn // 2 % len(values)
        values = [*values[first:], *values[:first]]
        if isinstance(field, Open) and len(names) > 1:
            unit = 10**field.places
            beside = [
                raw_of(field, point, point)
                for near in field.near[:2]
                for move in field.moves
                for point in (near + move + unit, near + move - unit)
                if field.low <= point <= field.high
            ]
            return [*values, *beside][: int(_MOST_PAIRS ** (1 / len(names))) + 1]
        return values
