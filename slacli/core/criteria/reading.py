"""What the names of a criterion stand for: every test with its field, every fault of a line in one reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from slacli.core import wording
from slacli.core.criteria import fitting, syntax
from slacli.core.criteria.faults import BAD_CRITERION, Fault, cut, in_quotes, part_of, some
from slacli.core.criteria.fitting import IMPOSSIBLE_VALUE, NOUNS, ORDERED, TEXTS, TYPE_CLASH
from slacli.core.criteria.values import composed, same_form
from slacli.criterion import (
    And,
    Between,
    Blank,
    Compare,
    Constant,
    Criterion,
    FieldValue,
    In,
    Like,
    Meets,
    Not,
    Operand,
    Operator,
    Or,
    Part,
    Truth,
    Unit,
)
from slacli.findings import Rule, Severity, reported
from slacli.model import Field, Record
from slacli.values import dataclass

if TYPE_CHECKING:
    from lark import Token, Tree

UNDEFINED_FIELD = reported(
    Severity.ERROR,
    "undefined-field",
    """A reference names a field that its record does not have.

    Why: a test of a column that does not exist can never be decided.
    Bad:
        terms: {named: {title: Named lead, of: lead, criteria: {named: companyy is not blank}}}
    Good:
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: company is not blank}}}
    """,
)
UNDEFINED_LIST = reported(
    Severity.ERROR,
    "undefined-list",
    """A criterion names a list that the cover of the contract does not have.

    Why: nothing can be looked up in a list that nobody wrote.
    Bad:
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: company in rivalls}}}
    Good:
        lists: {rivals: [Ledgerly, Rivalbooks]}
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: company in rivals}}}
    """,
)
REPEATED_VALUE = reported(
    Severity.ERROR,
    "repeated-value",
    """A value stands twice in the list of a criterion.

    Why: the second one adds nothing, so most often another value was meant.
    Bad:
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: "company in ('Acme', 'Acme')"}}}
    Good:
        records: {lead: {fields: {company: {type: text}}}}
        terms: {named: {title: Named lead, of: lead, criteria: {named: "company in ('Acme', 'Ledgerly')"}}}
    """,
)
RULES: tuple[Rule[None], ...] = (
    BAD_CRITERION,
    UNDEFINED_FIELD,
    UNDEFINED_LIST,
    TYPE_CLASH,
    IMPOSSIBLE_VALUE,
    REPEATED_VALUE,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a criterion may name: the fields of its record, terms, and lists; the other records are there for help.

    `terms` gives the record of every term.
    """

    record: Record
    terms: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    records: Mapping[str, Record]


def read(text: str, scope: Scope) -> tuple[Criterion | None, tuple[Fault, ...]]:
    """Give the tree of a criterion and no fault, or None and all that is wrong with it, in the order of the text.

    Texts in the tree are composed (NFC), numbers are decimals, days are dates.
    """
    parsed, slips = syntax.parse(text)
    if parsed is None:
        return None, slips
    reader = _Reader(scope)
    tree = reader.criterion(parsed)
    faults = tuple(sorted((*slips, *reader.faults), key=lambda fault: fault.part))
    return (None, faults) if faults else (tree, ())


def read_link(text: str) -> tuple[tuple[str, str, str, bool] | None, tuple[Fault, ...]]:
    """Give what joins a child to its parent: the child's field, the parent, its field, and whether among several ids.

    None beside the faults where the line is no link. Whether the names exist is not looked at.
    """
    parsed, faults = syntax.parse(text, "link")
    if parsed is None or faults:
        return None, faults
    first, last = (str(child) for child in parsed.children if _is_name(child))
    among = parsed.data == "contained"
    path, own = (first, last) if among else (last, first)
    parent, _, field = path.partition(".")
    return (own, parent, field, among), ()


def _is_name(child: Tree[Token] | Token) -> bool:
    return getattr(child, "type", "") in {"NAME", "PATH"}


class _Reader:
    """One criterion while its names are looked up: what does not fit leaves a fault and gives None."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.fields = scope.record.fields
        self.faults: list[Fault] = []

    def _tell(self, rule: Rule[None], message: str, part: Part, label: str, help: str) -> None:
        self.faults.append(Fault(rule, message, part, label, help))

    def _where(self, field: Field) -> str:
        return f"`{self.scope.record.id}.{field.id}`"

    # --- tests -------------------------------------------------------------------------------

    def criterion(self, tree: Tree[Token]) -> Criterion | None:
        """Give the node of a branch of the parse tree, or None where anything in it does not fit."""
        part = part_of(tree)
        if tree.data in {"all_of", "any_of"}:
            read = [self.criterion(branch) for branch in _branches(tree)]
            fitting_parts = tuple(one for one in read if one is not None)
            if len(fitting_parts) < len(read):
                return None
            return And(fitting_parts, part) if tree.data == "all_of" else Or(fitting_parts, part)
        if tree.data in {"opposite", "group"}:
            inner = self.criterion(_branches(tree)[0])
            if inner is None:
                return None
            return Not(inner, part) if tree.data == "opposite" else replace(inner, part=part)
        name = _leaves(tree)[0]
        if tree.data == "alone":
            return self._alone(name)
        field = self._tested(name)
        if field is None:
            if name not in self.scope.terms:
                self._names_only(tree)
            return None
        kind, negated = tree.data.removeprefix("not_"), tree.data.startswith("not_")
        return _TESTS[kind](self, tree, field, negated)

    def _alone(self, name: Token) -> Criterion | None:
        field = self.fields.get(name)
        if field is None:
            if self.scope.terms.get(name) == self.scope.record.id:
                return Meets(str(name), part_of(name))
            self._undefined(name, [*self.fields, *self._own_terms()], "no field and no term")
            return None
        if field.type == "yes_no":
            return Truth(field.id, part_of(name))
        self._tell(
            TYPE_CLASH,
            f"{self._where(field)} is {NOUNS[field.type]}, which is no test by itself",
            part_of(name),
            "not yes or no",
            f"compare it, as in {fitting.usual_test(field)}, or write `{name} is not blank`",
        )
        return None

    def _compare(self, tree: Tree[Token], field: Field, negated: bool) -> Criterion | None:
        sign, written = _leaves(tree)[1], _branches(tree)[0]
        operator = _OPERATORS[str(sign)]
        word = str(_leaves(written)[0]).lower() if written.data == "field" else ""
        if word in _NOTHINGS and word not in self.fields and _value_meant(word, field) is None:
            asked = "is not blank" if operator == "<>" else "is blank"
            message = "a blank is not a value to compare with"
            self._tell(BAD_CRITERION, message, part_of(written), "not a value", f"write `{field.id} {asked}`")
            return None
        if field.type == "yes_no":
            self._yes_no(field, operator, written, (part_of(sign)[0], part_of(written)[1]))
            return None
        if field.type == "ids":
            asked = "not in" if operator == "<>" else "in"
            self._tell(
                TYPE_CLASH,
                f"{self._where(field)} holds several ids and takes no `{operator}`",
                part_of(sign),
                "several ids",
                f"write `{field.id} {asked} ('…')`",
            )
            return None
        if operator not in {"=", "<>"} and not self._ordered(field, operator, part_of(sign)):
            return None
        operand = self._operand(field, written)
        return None if operand is None else Compare(field.id, operator, operand, part_of(tree))

    def _between(self, tree: Tree[Token], field: Field, negated: bool) -> Criterion | None:
        if not self._ordered(field, "between", part_of(_leaves(tree)[0])):
            return None
        low, high = (self._operand(field, written) for written in _branches(tree))
        if low is None or high is None:
            return None
        if isinstance(low, Constant) and isinstance(high, Constant) and _above(low, high):
            self._tell(
                IMPOSSIBLE_VALUE,
                f"nothing lies between {_shown(low)} and {_shown(high)}: the first end is the higher one",
                (low.part[0], high.part[1]),
                "turned round",
                f"write `{field.id} between {_shown(high)} and {_shown(low)}`",
            )
            return None
        return Between(field.id, low, high, part_of(tree))

    def _among(self, tree: Tree[Token], field: Field, negated: bool) -> Criterion | None:
        choices = _branches(tree)
        if field.type == "yes_no":
            self._yes_no(field, "<>" if negated else "=", choices[0], part_of(tree))
            return None
        named = str(_leaves(choices[0])[0]) if choices[0].data == "list_name" else None
        values = self._constants(field, choices) if named is None else self._list(field, _leaves(choices[0])[0])
        return None if values is None else In(field.id, values, part_of(tree), negated, named)

    def _like(self, tree: Tree[Token], field: Field, negated: bool) -> Criterion | None:
        name, token = _leaves(tree)
        if field.type != "text":
            self._tell(
                TYPE_CLASH,
                f"`like` is for text, and {self._where(field)} is {NOUNS[field.type]}",
                part_of(name),
                f"is `{field.type}`",
                f"write it as in {fitting.usual_test(field)}",
            )
            return None
        pattern = _decoded(token)
        said = fitting.pattern(field, self._where(field), pattern)
        if said:
            self.faults.append(said.at(part_of(token)))
            return None
        return Like(field.id, pattern, part_of(tree), negated)

    def _blank(self, tree: Tree[Token], field: Field, negated: bool) -> Criterion | None:
        if field.when_blank is None:
            return Blank(field.id, part_of(tree), negated)
        self._tell(
            IMPOSSIBLE_VALUE,
            f"{self._where(field)} is never blank: an empty cell counts as {'yes' if field.when_blank else 'no'}",
            part_of(tree),
            "always the same",
            f"write `{field.id}` or `not {field.id}`",
        )
        return None

    # --- names -------------------------------------------------------------------------------

    def _own_terms(self) -> list[str]:
        return [term for term, record in self.scope.terms.items() if record == self.scope.record.id]

    def _tested(self, name: Token) -> Field | None:
        """Give the field on the left side of a test, or None and why it is none."""
        if name in self.fields:
            return self.fields[name]
        if self.scope.terms.get(name) == self.scope.record.id:
            self._tell(
                TYPE_CLASH,
                f"`{name}` is a term, so its name alone is the test",
                part_of(name),
                "a term",
                f"write `{name}` or `not {name}`",
            )
        else:
            self._undefined(name, self.fields)
        return None

    def _names_only(self, tree: Tree[Token]) -> None:
        """Look at the names on the right side of a test whose left side is no field."""
        for branch in _branches(tree):
            name = _leaves(branch)[0]
            if branch.data == "list_name" and name not in self.scope.lists:
                self._undefined_list(name, None)
            if branch.data in {"field", "shifted"} and name not in self.fields and name.lower() not in _CONSTANTS:
                self._undefined(name, self.fields)

    def _undefined(self, name: Token, candidates: Iterable[str], nothing: str = "no field") -> None:
        record = self.scope.record.id
        owner, _, inner = name.partition(".")
        others = [f"`{other.id}`" for other in self.scope.records.values() if name in other.fields]
        near = wording.nearest(str(name), list(candidates))
        message = f"`{record}` has {nothing} `{cut(name)}`"
        if inner and owner == record and inner in self.fields:
            message, helped = f"a criterion of `{record}` names its fields alone, not `{name}`", f"write `{inner}`"
        elif inner and owner in self.scope.records:
            message = f"a criterion of `{record}` reads no field of `{owner}`"
            helped = f"bring the fact into `{record}`: a field can be the `first`, `last` or `count` of child rows"
        elif name in self.scope.terms:
            message = f"`{name}` is a term of `{self.scope.terms[name]}`, not of `{record}`"
            if self.scope.terms[name] == record:
                message = f"`{name}` is a term, not a value"
            helped = f"name a field of `{record}`" if nothing == "no field" else f"name a term of `{record}`"
        elif name in self.scope.lists:
            message, helped = f"`{name}` is a list: a field can be in it", f"write `field in {name}`"
        elif name.lower() in _TODAY:
            message = f"`{name}` has no meaning: a criterion says the same on every day"
            helped = "write a day in quotes, such as '2026-01-31', or compare two fields"
        elif near:
            helped = f"did you mean `{near}`?"
        else:
            helped = f"fields of `{record}`: {some(f'`{field}`' for field in self.fields)}"
            if others:
                message, helped = f"{message}; {wording.listed(others)} has one", f"name a field of `{record}`"
        self._tell(UNDEFINED_FIELD, message, part_of(name), "not defined", helped)

    def _undefined_list(self, name: Token, field: Field | None) -> None:
        near, meant = wording.nearest(str(name), list(self.scope.lists)), _value_meant(str(name), field)
        if meant is not None:
            helped = f"put text in single quotes: `in ({in_quotes(meant)})`"
        elif near:
            helped = f"did you mean `{near}`?"
        elif name in self.fields:
            helped = "compare two fields by `=`"
        else:
            helped = "add it to `lists` on the cover, or write the values here: `in ('…')`"
        self._tell(UNDEFINED_LIST, f"no list is called `{cut(name)}`", part_of(name), "not defined", helped)

    # --- what a field is compared with -------------------------------------------------------

    def _ordered(self, field: Field, operator: str, part: Part) -> bool:
        """Whether a field has an order, or tell that it has none."""
        if field.type in ORDERED:
            return True
        self._tell(
            TYPE_CLASH,
            f"`{operator}` is for numbers, money, dates and times, and {self._where(field)} is {NOUNS[field.type]}",
            part,
            "has no order",
            f"write it as in {fitting.usual_test(field)}",
        )
        return False

    def _yes_no(self, field: Field, operator: Operator, written: Tree[Token], part: Part) -> None:
        """A yes/no field that is compared: `need = true`, `need = 'yes'`, `need in (1)`."""
        word = str(_leaves(written)[-1]).strip("'").lower()
        yes = (word not in _FALSE) is (operator != "<>")
        bare = written.data == "field" and word in _CONSTANTS
        self._tell(
            BAD_CRITERION if bare else TYPE_CLASH,
            f"{self._where(field)} is yes or no, so its name alone is the test",
            part,
            "not needed",
            "join two fields by `and` or `or`"
            if word in self.fields
            else f"write `{field.id}`"
            if yes
            else f"write `not {field.id}`",
        )

    def _operand(self, field: Field, written: Tree[Token]) -> Operand | None:
        if written.data in {"text", "number"}:
            return self._constant(field, written)
        name, part = _leaves(written)[0], part_of(written)
        if name not in self.fields:
            self._bare_value(field, name)
            return None
        other = self.fields[name]
        if other.id == field.id:
            helped = "compare it with another field, or with a constant"
            self._tell(BAD_CRITERION, f"`{name}` is compared with itself", part, "the same field", helped)
            return None
        if other.type != field.type:
            message = f"{self._where(field)} is {NOUNS[field.type]}, and {self._where(other)} is {NOUNS[other.type]}"
            self._tell(TYPE_CLASH, message, part, f"is `{other.type}`", "compare fields of the same type")
            return None
        return FieldValue(other.id, part) if written.data == "field" else self._moved(other, written)

    def _moved(self, field: Field, written: Tree[Token]) -> FieldValue | None:
        """Give a date or time some days, hours or minutes on."""
        _, sign, number = _leaves(written)
        unit, part = _UNITS[str(_leaves(_branches(written)[0])[0])], (part_of(number)[0], part_of(written)[1])
        if field.type not in {"date", "time"}:
            message = f"a date or time is moved by {unit}, and {self._where(field)} is {NOUNS[field.type]}"
            self._tell(TYPE_CLASH, message, part, "nothing to move", "compare with the field as it is")
        elif field.type == "date" and unit != "days":
            message = f"{self._where(field)} is a date, which is moved by days, not by {unit}"
            self._tell(TYPE_CLASH, message, part, "not days", "write `days`")
        elif not number.isdigit():
            message = f"a date or time is moved by whole {unit}, not by {number}"
            self._tell(BAD_CRITERION, message, part, "not whole", "write a whole number")
        elif len(number) > len(str(_MOST[unit])) or int(number) > _MOST[unit]:
            message = f"{cut(number)} {unit} are more than a hundred years"
            self._tell(BAD_CRITERION, message, part, "too far", f"write at most {_MOST[unit]} {unit}")
        else:
            amount = int(number) if sign == "+" else -int(number)
            return FieldValue(field.id, part_of(written), amount, unit)
        return None

    def _bare_value(self, field: Field, name: Token) -> None:
        """A word on the right side that is no field: text without quotes, or a name with a wrong letter."""
        record, meant = self.scope.record.id, _value_meant(str(name), field)
        alike = [other.id for other in self.fields.values() if other.type == field.type and other.id != field.id]
        known = name in self.scope.terms or name in self.scope.lists or name.lower() in _TODAY
        message, label = f"`{record}` has no field `{cut(name)}`", "not defined"
        if meant is not None:
            self._tell(UNDEFINED_FIELD, message, part_of(name), label, f"put text in single quotes: {in_quotes(meant)}")
        elif name.lower() in _CONSTANTS:
            message = f"{self._where(field)} is {NOUNS[field.type]} and never `{name}`"
            self._tell(TYPE_CLASH, message, part_of(name), "yes or no", f"write it as in {fitting.usual_test(field)}")
        elif name in self.scope.lists and field.type in TEXTS:
            message, helped = f"`{name}` is a list: a field can be in it", f"write `{field.id} in {name}`"
            self._tell(UNDEFINED_FIELD, message, part_of(name), "a list", helped)
        elif field.type == "text" and not known and not wording.nearest(str(name), alike):
            self._tell(UNDEFINED_FIELD, message, part_of(name), label, f"put text in single quotes: {in_quotes(name)}")
        else:
            self._undefined(name, alike)

    # --- constants ---------------------------------------------------------------------------

    def _constant(self, field: Field, written: Tree[Token]) -> Constant | None:
        where, part = self._where(field), part_of(written)
        found = (
            fitting.number(field, where, "".join(_leaves(written)))
            if written.data == "number"
            else fitting.text(field, where, _decoded(_leaves(written)[0]))
        )
        if isinstance(found, str | Decimal | date):
            return Constant(found, part)
        self.faults.append(found.at(part))
        return None

    def _constants(self, field: Field, written: list[Tree[Token]]) -> tuple[Constant, ...] | None:
        read = [self._constant(field, one) for one in written]
        fit = [constant for constant in read if constant is not None]
        seen: set[object] = set()
        for constant in fit:
            value = constant.value
            form = same_form(value, ignore_case=field.ignore_case) if isinstance(value, str) else value
            if form in seen:
                self._tell(
                    REPEATED_VALUE,
                    f"{_shown(constant)} stands twice in the list",
                    constant.part,
                    "again",
                    "leave it out, or write the value that was meant",
                )
            seen.add(form)
        return tuple(fit) if len(fit) == len(read) else None

    def _list(self, field: Field, name: Token) -> tuple[Constant, ...] | None:
        """Give the values of a list of the cover for a field, or None and why they do not fit."""
        where, part = self._where(field), part_of(name)
        if name not in self.scope.lists:
            self._undefined_list(name, field)
            return None
        if field.type not in TEXTS:
            message = f"the list `{name}` holds text, and {where} is {NOUNS[field.type]}"
            self._tell(TYPE_CLASH, message, part, "holds text", f"write the values here: `{field.id} in (…)`")
            return None
        texts = [composed(text) for text in self.scope.lists[name]]
        unfit = [(text, said) for text in texts if not isinstance(said := fitting.text(field, where, text), str | date)]
        if unfit:
            message = f"the list `{name}` holds {some(in_quotes(text) for text, _ in unfit)}, which {where} never is"
            helped = unfit[0][1].help.replace("write '", "in the list, write '", 1)
            if len(unfit) > 1:
                helped = f"keep a list of its own for {where}"
            self._tell(IMPOSSIBLE_VALUE, message, part, "holds other values", helped)
            return None
        return tuple(Constant(text, part) for text in texts)


# --- the small print --------------------------------------------------------------------------


def _branches(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if not isinstance(child, str)]


def _leaves(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, str)]


def _decoded(token: Token) -> str:
    return composed(token[1:-1].replace("''", "'"))


def _value_meant(word: str, field: Field | None) -> str | None:
    """Give the value of a field that a word without quotes stands for, if it is one."""
    if field is None or field.type not in TEXTS:
        return None
    return next((one for one in field.one_of if one.lower() == word.lower()), None)


def _shown(constant: Constant) -> str:
    value = constant.value
    return str(value) if isinstance(value, Decimal) else in_quotes(str(value))


def _above(low: Constant, high: Constant) -> bool:
    match low.value, high.value:
        case (Decimal() as first, Decimal() as last):
            return first > last
        case (date() as first, date() as last):
            return first > last
        case _:
            return False


_TESTS: Mapping[str, Callable[[_Reader, Tree[Token], Field, bool], Criterion | None]] = MappingProxyType(
    {
        "compare": _Reader._compare,
        "between": _Reader._between,
        "among": _Reader._among,
        "like": _Reader._like,
        "blank": _Reader._blank,
    }
)
_OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
)
_UNITS: Mapping[str, Unit] = MappingProxyType(
    {"day": "days", "days": "days", "hour": "hours", "hours": "hours", "minute": "minutes", "minutes": "minutes"}
)
_MOST: Mapping[Unit, int] = MappingProxyType({"days": 36_525, "hours": 876_600, "minutes": 52_596_000})
_FALSE = frozenset({"false", "no", "off", "n", "f", "0", "unchecked"})
_CONSTANTS = frozenset({"true", "false", "yes", "no"})
_NOTHINGS = frozenset({"null", "nil", "none", "empty", "missing"})
_TODAY = frozenset({"today", "now", "current_date", "yesterday", "tomorrow"})
