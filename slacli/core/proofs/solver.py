"""The one place that speaks to the solver: a question as pairs of conditions, and the plainest record that answers it.

Every test becomes two conditions, *is true* and *is false*; where neither holds it is unclear. What the solver says is
never believed alone: a record that it finds is judged by the evaluator before anybody hears of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import z3

from slacli.core.criteria import Moment
from slacli.core.criteria.values import day_of
from slacli.core.proofs.pairs import Condition, Leaves, Pair, Pairs, completed
from slacli.core.proofs.questions import Case, Found, Leaf, Question, Raw, Side
from slacli.core.proofs.space import (
    FIRST_DAY,
    LAST_DAY,
    LONGEST,
    USUAL,
    Few,
    Open,
    Space,
    raw_of,
    scaled_of,
    shift,
    side_bounds,
)
from slacli.criterion import (
    Between,
    Blank,
    Compare,
    Constant,
    In,
    Known,
    Operand,
    Operator,
)
from slacli.values import dataclass


def find_each(
    question: Question, known: Space, leaves: Leaves, several: Sequence[Sequence[Case]], steps: int
) -> list[Found]:
    """Give for each of several rows of cases the plainest record of the first case for which there is one.

    `not decided` where the solver needs more than `steps` for one of them, where the values that were tried do not
    stand for all, or where the evaluator does not agree with the record that was found. Steps are the same on every
    machine, unlike time.
    """
    search = _Search(question, known, leaves)
    return [search.found(cases, steps) for cases in several]


# --- conditions -------------------------------------------------------------------------------


def _all(conditions: Iterable[Condition]) -> Condition:
    kept = [one for one in conditions if one is not True]
    if any(one is False for one in kept):
        return False
    return _joined(z3.Z3_mk_and, kept) if len(kept) > 1 else kept[0] if kept else True


def _any(conditions: Iterable[Condition]) -> Condition:
    kept = [one for one in conditions if one is not False]
    if any(one is True for one in kept):
        return True
    return _joined(z3.Z3_mk_or, kept) if len(kept) > 1 else kept[0] if kept else False


def _joined(join: Any, conditions: Sequence[Any]) -> Any:
    """Join conditions without the checks of each that `z3.And` makes, which take most of the time."""
    context = conditions[0].ctx
    several = (z3.Ast * len(conditions))(*(one.as_ast() for one in conditions))
    return z3.BoolRef(join(context.ref(), len(conditions), several), context)


def _no(condition: Condition) -> Condition:
    return not condition if isinstance(condition, bool) else z3.Not(condition)


def _at_least(conditions: Sequence[Condition], number: int) -> Condition:
    sure = sum(one is True for one in conditions)
    rest = [one for one in conditions if not isinstance(one, bool)]
    number -= sure
    if number <= 0:
        return True
    if number > len(rest):
        return False
    if number in {1, len(rest)}:
        return _any(rest) if number == 1 else _all(rest)
    return z3.PbGe([(one, 1) for one in rest], number)


@dataclass(frozen=True, slots=True)
class _Number:
    """An open field: where it has a value, its value, or both ends of its time."""

    field: Open
    present: Condition
    low: Any
    high: Any


class _Search:
    """One question on its way through the solver."""

    def __init__(self, question: Question, known: Space, leaves: Leaves) -> None:
        self.question, self.known, self.leaves = question, known, leaves
        # Measured: half the time of one that may change its method on the way.
        self.solver = z3.SimpleSolver()
        self.pairs = Pairs(question, self, self.leaf)
        self.steps, self.taken = 0, self._taken()
        self.choices: dict[str, list[Any]] = {}
        self.numbers: dict[str, _Number] = {}
        for name, field in known.fields.items():
            if isinstance(field, Few):
                self._choose(name, field)
            else:
                self._number(name, field)

    # --- fields ------------------------------------------------------------------------------

    def _choose(self, name: str, field: Few) -> None:
        chosen = [z3.Bool(f"{name}#{index}") for index in range(len(field.values))]
        self.choices[name] = chosen
        self.solver.add(z3.PbEq([(one, 1) for one in chosen], 1) if chosen else z3.BoolVal(val=False))

    def _number(self, name: str, field: Open) -> None:
        low = z3.Int(f"{name}#low")
        high = z3.Int(f"{name}#high") if field.kind == "time" else low
        present = z3.Bool(f"{name}#present")
        self.numbers[name] = _Number(field, present, low, high)
        self.solver.add(field.low <= low, high <= field.high)
        if field.kind == "time":
            self.solver.add(low <= high, high - low <= LONGEST)
        allowed = [self._allowed(side, name) for side in self.question.sides if name in side.fields]
        self.solver.add(z3.Implies(present, z3.BoolVal(val=True) if True in allowed else _any(allowed)))

    def _allowed(self, side: Side, name: str) -> Condition:
        """Give when the value of an open field is one on a side."""
        one = self.numbers[name]
        low, high, step = side_bounds(side, one.field)
        return _all(
            [
                one.low >= low if low is not None else True,
                one.low <= high if high is not None else True,
                one.low % step == 0 if step > 1 else True,
            ]
        )

    # --- tests -------------------------------------------------------------------------------

    def leaf(self, index: int, leaf: Leaf) -> Pair:
        """Give when a test is true, and when it is false."""
        names = self.leaves.names(index, leaf)
        if isinstance(self.known.fields[names[0]], Open):
            return self._ordered(index, leaf)
        found: dict[bool | None, list[Condition]] = {True: [], False: [], None: []}
        for places, truth in self.leaves.said(index, leaf).items():
            found[truth].append(_all(self.choices[name][at] for name, at in zip(names, places, strict=True)))
        return _any(found[True]), _any(found[False])

    def _ordered(self, index: int, leaf: Leaf) -> Pair:
        side, one = self.question.sides[index], self.numbers[leaf.name]
        known = self._known(side, leaf.name)
        match leaf:
            case Known():
                return known, _no(known)
            case Blank(negated=negated):
                blank, filled = _no(one.present), known
                return (filled, blank) if negated else (blank, filled)
            case Compare(operator=operator, operand=operand):
                true, false = self._compare(side, one, operator, operand)
            case Between(low=low, high=high):
                pairs = [self._compare(side, one, ">=", low), self._compare(side, one, "<=", high)]
                true, false = _all(pair[0] for pair in pairs), _any(pair[1] for pair in pairs)
            case In(values=values, negated=negated):
                pairs = [self._compare(side, one, "=", value) for value in values]
                true, false = _any(pair[0] for pair in pairs), _all(pair[1] for pair in pairs)
                if negated:
                    true, false = false, true
            case _:
                message = f"`{leaf.name}` has no order"
                raise TypeError(message)
        return _all([known, true]), _all([known, false])

    def _known(self, side: Side, name: str) -> Condition:
        return _all([self.numbers[name].present, self._allowed(side, name)])

    def _compare(self, side: Side, one: _Number, operator: Operator, operand: Operand) -> Pair:
        if isinstance(operand, Constant):
            if isinstance(operand.value, date):
                if one.field.kind == "time":
                    first, after = day_of(operand.value, side.zone)
                    return _in_time(operator, one.low, one.high, first, after - 1, whole=True)
                return _in_order(operator, one.low, operand.value.toordinal())
            assert isinstance(operand.value, Decimal)
            return _in_order(operator, one.low, int(operand.value.scaleb(one.field.places)))
        other = self.numbers[operand.name]
        more = shift(operand, one.field.kind)
        if one.field.kind == "time":
            true, false = _in_time(operator, one.low, one.high, other.low + more, other.high + more, whole=False)
        else:
            true, false = _in_order(operator, one.low, other.low + more)
        known = self._known(side, operand.name)
        return _all([known, true]), _all([known, false])

    # --- terms -------------------------------------------------------------------------------

    def named(self, name: str, condition: Condition) -> Condition:
        """Give a condition a name, so that what leans on it stays short."""
        if isinstance(condition, bool) or z3.is_const(condition):
            return condition
        named = z3.Bool(name)
        self.solver.add(named == condition)
        return named

    all, any, no, at_least = staticmethod(_all), staticmethod(_any), staticmethod(_no), staticmethod(_at_least)

    # --- the way to a record -----------------------------------------------------------------

    def found(self, cases: Sequence[Case], steps: int) -> Found:
        """Give the plainest record for which one of the cases holds, the first that there is a record for."""
        self.steps = steps
        conditions = [self.pairs.case(case) for case in cases]
        said = self._check([_any(conditions)])
        if said != z3.sat:
            return "none" if said == z3.unsat and self.known.whole else "not decided"
        raws = self._raws()
        times = [one for one in self.numbers.values() if one.field.kind == "time"]
        exact = [one.low == one.high for one in times]
        usual = [one.high - one.low <= USUAL for one in times]
        for also in (exact, usual) if exact else ([],):
            for case, condition in zip(cases, conditions, strict=True):
                if not self._holds(case, raws, exact=also is exact):
                    if self._check([condition, *also]) != z3.sat:
                        continue
                    raws = self._raws()
                plainest = self._plainer(case, [condition, *also], raws, exact=also is exact)
                return completed(self.question, self.known, case, plainest)
        return "not decided"

    def _holds(self, case: Case, raws: Mapping[str, Raw], *, exact: bool) -> bool:
        if exact and not all(raw.exact for raw in raws.values() if isinstance(raw, Moment)):
            return False
        return self.question.holds(case, raws)

    def _check(self, conditions: Sequence[Condition]) -> z3.CheckSatResult:
        if any(one is False for one in conditions):
            return z3.unsat
        if self.steps <= 0:
            return z3.unknown
        self.solver.set("rlimit", self.steps)
        said = self.solver.check(*[one for one in conditions if one is not True])
        before, self.taken = self.taken, self._taken()
        self.steps -= self.taken - before
        return said

    def _taken(self) -> int:
        """Give how many steps the solver has taken since it was loaded."""
        taken: int = self.solver.statistics().get_key_value("rlimit count")
        return taken

    def _raws(self) -> dict[str, Raw]:
        model = self.solver.model()
        raws: dict[str, Raw] = {}
        for name, field in self.known.fields.items():
            if isinstance(field, Few):
                at = next((at for at, one in enumerate(self.choices[name]) if z3.is_true(model.eval(one))), 0)
                raws[name] = field.values[at]
            else:
                one = self.numbers[name]
                filled = z3.is_true(model.eval(one.present))
                low, high = (model.eval(end, model_completion=True).as_long() for end in (one.low, one.high))
                raws[name] = raw_of(field, low, high) if filled else None
        return raws

    def _plainer(self, case: Case, conditions: list[Condition], raws: dict[str, Raw], *, exact: bool) -> dict[str, Raw]:
        """Go from field to field, and give each the plainest value with which a record is still to be found.

        The outcome is the same whatever record the solver found first, unless its time is over.
        """
        fixed = list(conditions)
        for name, field in self.known.fields.items():
            for candidate in self._candidates(field, raws, exact=exact):
                same = candidate == raws[name] and type(candidate) is type(raws[name])
                if not same and self.question.holds(case, tried := raws | {name: candidate}):
                    raws, same = tried, True
                if not same and self._check([*fixed, self._is(name, candidate)]) == z3.sat:
                    raws, same = self._raws(), True
                if same:
                    break
            else:
                if isinstance(field, Open):
                    raws = self._nearest(field, fixed, raws)
            fixed.append(self._is(name, raws[name]))
        return raws

    def _candidates(self, field: Few | Open, raws: Mapping[str, Raw], *, exact: bool) -> Iterator[Raw]:
        """Give the values that are worth a try, the plainest first."""
        if isinstance(field, Few):
            yield from field.values
            return
        yield None
        points = dict.fromkeys(field.near)
        unit = 10**field.places
        for other in next(group for group in self.known.groups if field.name in group) - {field.name}:
            raw = raws[other]
            for end in scaled_of(field, raw) if raw is not None else ():
                for move in field.moves:
                    points |= dict.fromkeys((end + move, end + move + unit, end + move - unit))
        allowed = sorted((point for point in points if field.low <= point <= field.high), key=field.plainness)
        yield from (raw_of(field, point, point) for point in allowed)
        if field.kind == "time" and not exact:
            zone = self.question.sides[-1].zone
            for point in allowed:
                day = datetime.fromtimestamp(point, zone).date()
                if FIRST_DAY < day < LAST_DAY:
                    first, after = day_of(day, zone)
                    yield Moment(first, after - 1)

    def _nearest(self, field: Open, fixed: Sequence[Condition], raws: dict[str, Raw]) -> dict[str, Raw]:
        """Give the record whose value of an open field is nearest above a plain value, else nearest below it."""
        one, start = self.numbers[field.name], field.near[0]
        here = [*fixed, one.present, one.low == one.high]
        for sign, end in ((1, field.high), (-1, field.low)):
            least, most = 0, abs(end - start)

            def within(size: int, sign: int = sign) -> Condition:
                low, high = sorted((start, start + sign * size))
                return z3.And(one.low >= low, one.low <= high)

            if self._check([*here, within(most)]) != z3.sat:
                continue
            while least < most:
                middle = (least + most) // 2
                if self._check([*here, within(middle)]) == z3.sat:
                    most = middle
                else:
                    least = middle + 1
            if self._check([*here, within(most)]) == z3.sat:
                return self._raws()
        return raws

    def _is(self, name: str, raw: Raw) -> Condition:
        field = self.known.fields[name]
        if isinstance(field, Few):
            at = next(at for at, value in enumerate(field.values) if value == raw and type(value) is type(raw))
            return self.choices[name][at]
        one = self.numbers[name]
        if raw is None:
            return _no(one.present)
        low, high = scaled_of(field, raw)
        return z3.And(one.present, one.low == low, one.high == high)


# --- comparing --------------------------------------------------------------------------------


def _in_order(operator: Operator, left: Any, right: Any) -> Pair:
    match operator:
        case "=":
            return left == right, left != right
        case "<>":
            return left != right, left == right
        case "<":
            return left < right, left >= right
        case "<=":
            return left <= right, left > right
        case ">":
            return left > right, left <= right
        case ">=":
            return left >= right, left < right


def _in_time(operator: Operator, low: Any, high: Any, first: Any, last: Any, *, whole: bool) -> Pair:
    """Compare a time with another, or with a whole day: unclear where some readings say yes and others no."""
    match operator:
        case "=":
            same = z3.And(low >= first, high <= last) if whole else z3.And(low == high, first == last, low == first)
            return same, z3.Or(high < first, low > last)
        case "<>":
            true, false = _in_time("=", low, high, first, last, whole=whole)
            return false, true
        case "<":
            return high < first, low >= (first if whole else last)
        case ">":
            return low > last, high <= (last if whole else first)
        case "<=":
            true, false = _in_time(">", low, high, first, last, whole=whole)
            return false, true
        case ">=":
            true, false = _in_time("<", low, high, first, last, whole=whole)
            return false, true
