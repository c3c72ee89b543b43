"""What a criterion says of one row: true, false, or unclear, by Kleene's tables, and which fields make it unclear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, TypeVar, assert_never
from zoneinfo import ZoneInfo

from slacli.core.criteria.mentions import fields_of, terms_of
from slacli.core.criteria.values import Moment, State, Value, day_of, is_like, same_form
from slacli.criterion import (
    And,
    Between,
    Blank,
    Compare,
    Constant,
    Criterion,
    In,
    Known,
    Like,
    Meets,
    Not,
    Operand,
    Operator,
    Or,
    Truth,
)
from slacli.model import Field, Term
from slacli.values import dataclass

Verdict = Literal["meets", "fails", "unclear"]
Reason = Literal["blank", "unreadable", "not allowed", "too coarse", "not bound"]
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60}
_Ordered = TypeVar("_Ordered", int, Decimal)


def evaluate(
    tree: Criterion,
    row: Mapping[str, Value],
    meets: Callable[[str], bool | None],
    zone: ZoneInfo,
    fields: Mapping[str, Field],
) -> bool | None:
    """Say whether a criterion holds of a row, or None where that is unclear.

    A field that `row` does not name is not bound. `meets` says it of the terms that the criterion names; days are
    local to `zone`.
    """
    match tree:
        case And(parts=parts):
            return _all(evaluate(part, row, meets, zone, fields) for part in parts)
        case Or(parts=parts):
            return _any(evaluate(part, row, meets, zone, fields) for part in parts)
        case Not(inner=inner):
            return _opposite(evaluate(inner, row, meets, zone, fields))
        case Meets(term=term):
            return meets(term)
        case _:
            return _test(tree, _Sight(row, zone, fields))


def verdict(
    term: Term,
    row: Mapping[str, Value],
    meets: Callable[[str], bool | None],
    zone: ZoneInfo,
    fields: Mapping[str, Field],
) -> Verdict:
    """Say what a term makes of a row: enough criteria hold, too few can still hold, or neither is known."""
    found = [evaluate(test.tree, row, meets, zone, fields) for test in term.criteria]
    holding, possible = found.count(True), found.count(True) + found.count(None)
    if holding >= term.at_least:
        return "meets"
    return "fails" if possible < term.at_least else "unclear"


def meeting(
    terms: Mapping[str, Term], row: Mapping[str, Value], zone: ZoneInfo, fields: Mapping[str, Field]
) -> Callable[[str], bool | None]:
    """Give the function that says of each term whether a row meets it; terms that lean on others come after them.

    However long the chain of terms is, the stack stays flat. Terms that lean on each other in a circle are unclear.
    """
    known: dict[str, bool | None] = {}

    def meets(name: str) -> bool | None:
        waiting = [name]
        opened: set[str] = set()
        while waiting:
            top = waiting[-1]
            if top in known or top not in terms:
                known.setdefault(top, None)
                waiting.pop()
                continue
            leaning = {other for test in terms[top].criteria for other in terms_of(test.tree)}
            missing = leaning - known.keys() - opened if top not in opened else set()
            opened.add(top)
            if missing:
                waiting.extend(sorted(missing))
                continue
            said = verdict(terms[top], row, known.get, zone, fields)
            known[waiting.pop()] = {"meets": True, "fails": False, "unclear": None}[said]
        return known[name]

    return meets


def blame(
    trees: Iterable[Criterion],
    row: Mapping[str, Value],
    zone: ZoneInfo,
    fields: Mapping[str, Field],
    terms: Mapping[str, Term],
) -> tuple[tuple[str, Reason], ...]:
    """Give the fields that make criteria unclear and what is wrong with each, through the terms that they name.

    Only what is itself unclear counts: a blank beside a test that decides alone is to blame for nothing.
    """
    found: dict[tuple[str, Reason], None] = {}
    opened: set[str] = set()
    waiting = list(trees)
    meets = meeting(terms, row, zone, fields)
    while waiting:
        tree = waiting.pop(0)
        if evaluate(tree, row, meets, zone, fields) is not None:
            continue
        match tree:
            case And(parts=parts) | Or(parts=parts):
                waiting[:0] = parts
            case Not(inner=inner):
                waiting.insert(0, inner)
            case Meets(term=term):
                if term in terms and term not in opened:
                    opened.add(term)
                    waiting[:0] = [test.tree for test in terms[term].criteria]
            case _:
                for name in fields_of(tree):
                    value = row.get(name, State.NOT_BOUND)
                    if isinstance(value, State):
                        found[name, value.value] = None
                    elif isinstance(value, Moment) and not value.exact:
                        found[name, "too coarse"] = None
    return tuple(found)


# --- single tests -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sight:
    """What a single test sees."""

    row: Mapping[str, Value]
    zone: ZoneInfo
    fields: Mapping[str, Field]

    def value(self, name: str) -> Value:
        return self.row.get(name, State.NOT_BOUND)


def _test(leaf: Compare | In | Between | Like | Blank | Truth | Known, sight: _Sight) -> bool | None:
    value = sight.value(leaf.name)
    if isinstance(leaf, Known):
        return not isinstance(value, State)
    if isinstance(leaf, Blank):
        if value is State.BLANK:
            return not leaf.negated
        return None if isinstance(value, State) else leaf.negated
    if isinstance(value, State):
        return None

    match leaf:
        case Truth():
            return value is True
        case Compare(operator=operator, operand=operand):
            return _compare(leaf.name, operator, operand, sight)
        case Between(low=low, high=high):
            return _all((_compare(leaf.name, ">=", low, sight), _compare(leaf.name, "<=", high, sight)))
        case In(values=values, negated=negated):
            if isinstance(value, tuple):
                fold = sight.fields[leaf.name].ignore_case
                wanted = {same_form(str(constant.value), ignore_case=fold) for constant in values}
                said: bool | None = any(same_form(one, ignore_case=fold) in wanted for one in value)
            else:
                said = _any(_compare(leaf.name, "=", constant, sight) for constant in values)
            return _opposite(said) if negated else said
        case Like(pattern=pattern, negated=negated):
            fold = sight.fields[leaf.name].ignore_case
            fits = is_like(same_form(str(value), ignore_case=fold), same_form(pattern, ignore_case=fold))
            return fits is not negated
        case _:
            assert_never(leaf)


def _compare(name: str, operator: Operator, operand: Operand, sight: _Sight) -> bool | None:
    value, fold, shift = sight.value(name), sight.fields[name].ignore_case, 0
    if isinstance(operand, Constant):
        other: Value = operand.value
    else:
        other = sight.value(operand.name)
        fold = fold or sight.fields[operand.name].ignore_case
        shift = operand.amount * _SECONDS[operand.unit]
    match value, other:
        case (State(), _) | (_, State()):
            return None
        case str(), str():
            return (same_form(value, ignore_case=fold) == same_form(other, ignore_case=fold)) is (operator == "=")
        case Decimal(), Decimal():
            return _ordered(value, operator, other)
        case date(), date():
            return _ordered(value.toordinal(), operator, other.toordinal() + shift // _SECONDS["days"])
        case Moment(), Moment():
            return _moments(value, operator, Moment(other.low + shift, other.high + shift))
        case Moment(), date():
            first, after = day_of(other, sight.zone)
            return _against_day(value, operator, first, after - 1)
        case _:
            message = f"`{name}` was compared without a check of its type"
            raise TypeError(message)


def _ordered(left: _Ordered, operator: Operator, right: _Ordered) -> bool:
    match operator:
        case "=":
            return left == right
        case "<>":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right


def _moments(left: Moment, operator: Operator, right: Moment) -> bool | None:
    """Compare two instants that are known to a stretch: unclear where some readings say yes and others no."""
    match operator:
        case "=":
            if left.high < right.low or left.low > right.high:
                return False
            return True if left.exact and right.exact else None
        case "<":
            return True if left.high < right.low else False if left.low >= right.high else None
        case ">":
            return _moments(right, "<", left)
        case "<>":
            return _opposite(_moments(left, "=", right))
        case "<=":
            return _opposite(_moments(right, "<", left))
        case ">=":
            return _opposite(_moments(left, "<", right))


def _against_day(moment: Moment, operator: Operator, first: int, last: int) -> bool | None:
    """Compare an instant with a whole local day: on it, before it begins, after it ends."""
    match operator:
        case "=":
            if moment.high < first or moment.low > last:
                return False
            return True if moment.low >= first and moment.high <= last else None
        case "<":
            return True if moment.high < first else False if moment.low >= first else None
        case ">":
            return True if moment.low > last else False if moment.high <= last else None
        case "<>":
            return _opposite(_against_day(moment, "=", first, last))
        case "<=":
            return _opposite(_against_day(moment, ">", first, last))
        case ">=":
            return _opposite(_against_day(moment, "<", first, last))


# --- Kleene's tables --------------------------------------------------------------------------


def _all(found: Iterable[bool | None]) -> bool | None:
    seen = set(found)
    return False if False in seen else None if None in seen else True


def _any(found: Iterable[bool | None]) -> bool | None:
    seen = set(found)
    return True if True in seen else None if None in seen else False


def _opposite(found: bool | None) -> bool | None:
    return None if found is None else not found
