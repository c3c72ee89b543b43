"""What parsers of contract parts share: plain data with its address, names that must exist, and small scalars.

The schema has been checked before anything here runs, so a scalar has the shape that its pattern asks for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from slacli.core import criteria, wording
from slacli.findings import Finding, Problem, Related, Rule, Severity, reported
from slacli.model import Covers, Duration, NthDay, PeriodKind, Record, Target, Test
from slacli.places import Address
from slacli.values import dataclass

UNDEFINED_TERM = reported(
    Severity.ERROR,
    "undefined-term",
    """A reference names a term that no file defines.

    Why: nobody can be held to a word that the agreement does not define.
    Bad:
        terms: {sale: {narrows: deal}}
    Good:
        terms: {sale: {narrows: null}}
    """,
)
UNDEFINED_REFERENCE = reported(
    Severity.ERROR,
    "undefined-reference",
    """A party, calendar, list, stage, metric or another part is named that no file defines.

    Why: a duty owed by nobody, or timed by no calendar, binds no one.
    Bad:
        responsibilities: {quality: {owed_by: marketting}}
    Good:
        responsibilities: {quality: {owed_by: marketing}}
    """,
)
WRONG_RECORD = reported(
    Severity.ERROR,
    "wrong-record",
    """A term or a field of one record is used where another record's is needed.

    Why: a test of a lead says nothing about an opportunity.
    Bad:
        terms: {sale: {narrows: mql}}
    Good:
        terms: {sale: {narrows: null}}
    """,
)
WRONG_TYPE_OF_FIELD = reported(
    Severity.ERROR,
    "wrong-type-of-field",
    """A field is used for something that its type cannot do, such as placing rows in time by a text.

    Why: only a date or a time says when, and only an amount can be added up.
    Bad:
        terms: {mql: {dated: source}}
    Good:
        terms: {mql: {dated: qualified_at}}
    """,
)
RULES: tuple[Rule[None], ...] = (
    UNDEFINED_TERM,
    UNDEFINED_REFERENCE,
    WRONG_RECORD,
    WRONG_TYPE_OF_FIELD,
    *criteria.RULES,
)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a contract file and where it stands."""

    data: Any
    at: Address

    def __getitem__(self, key: str | int) -> Node:
        return Node(self.data[key], self.at / key)

    def __contains__(self, key: str) -> bool:
        return isinstance(self.data, dict) and self.data.get(key) is not None

    def get(self, key: str) -> Node | None:
        if key not in self:
            return None
        return self[key]

    def text(self, key: str, default: str = "") -> str:
        value = self.data.get(key) if isinstance(self.data, dict) else None
        return default if value is None else str(value)

    def items(self) -> Iterator[tuple[str, Node]]:
        for key in self.data or ():
            yield key, self[key]

    def list(self, key: str) -> tuple[Node, ...]:
        """Give the elements below `key`: none where it is absent, one where it is a plain value."""
        found = self.get(key)
        if found is None:
            return ()
        if not isinstance(found.data, list):
            return (found,)
        return tuple(found[i] for i in range(len(found.data)))

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(str(item.data) for item in self.list(key))


Names = Mapping[str, Address]


@dataclass(slots=True)
class Reader:
    """What is known while parts are parsed: every name by its kind, the records, and the findings so far.

    `broken` names parts that have findings of their own and were set aside: a reference to one is not undefined.
    """

    names: dict[str, dict[str, Address]] = field(default_factory=dict)
    broken: dict[str, set[str]] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def report(self, rule: Rule[None], problem: Problem) -> None:
        self.findings.append(rule.found(problem))

    def refer(self, kind: str, node: Node | None, *, key: bool = False) -> str | None:
        """Give the id that a node names if a part of that kind exists, else report it and give None."""
        if node is None:
            return None
        name = str(node.at.pointer[-1]) if key else str(node.data)
        known = self.names.get(kind, {})
        if name in known:
            return name
        if name in self.broken.get(kind, ()):
            return None
        near = wording.nearest(name, known)
        self.report(
            UNDEFINED_TERM if kind == "term" else UNDEFINED_REFERENCE,
            Problem(
                at=node.at,
                key=key,
                message=f"{self._here(node.at)} refers to the {kind} `{name}`, which no file defines",
                label="not defined",
                help=f"did you mean `{near}`?" if near else _defined(kind, known),
                related=(Related(known[near], "defined here", key=True),) if near else (),
            ),
        )
        return None

    def field(self, record: str | None, node: Node | None, *types: str) -> str | None:
        """Give the id of a field of a record that a node names, of one of `types` where some are given, else None."""
        if node is None or record is None or record not in self.records:
            return None
        name = str(node.data)
        fields = self.records[record].fields
        if name not in fields:
            if (record, name) in {tuple(pair.split(".", 1)) for pair in self.broken.get("field", ())}:
                return None
            near = wording.nearest(name, fields)
            self.report(
                criteria.UNDEFINED_FIELD,
                Problem(
                    at=node.at,
                    message=f"{self._here(node.at)} names the field `{name}`, which `{record}` does not have",
                    label="no such field",
                    help=f"did you mean `{near}`?" if near else f"fields of `{record}`: {wording.quoted(fields)}",
                ),
            )
            return None
        if types and fields[name].type not in types:
            self.report(
                WRONG_TYPE_OF_FIELD,
                Problem(
                    at=node.at,
                    message=f"{self._here(node.at)} needs a field of type {wording.listed(types, 'or')}, "
                    f"but `{record}.{name}` is {wording.article(fields[name].type)} `{fields[name].type}`",
                    label=f"is `{fields[name].type}`",
                    help="name a field of that type, or change the type of this one",
                ),
            )
            return None
        return name

    def term(self, node: Node | None, record: str | None = None) -> str | None:
        """Give the id of a term that a node names, one of `record` where that is given, else None."""
        name = self.refer("term", node)
        if name is None or node is None:
            return None
        if record is not None and self.terms.get(name) not in {record, None}:
            self.report(
                WRONG_RECORD,
                Problem(
                    at=node.at,
                    message=f"{self._here(node.at)} needs a term of `{record}`, but `{name}` is one of "
                    f"`{self.terms[name]}`",
                    label=f"of `{self.terms[name]}`",
                    help=f"name a term of `{record}`",
                ),
            )
            return None
        return name

    def test(self, node: Node | None, record: str | None, name: str = "") -> Test | None:
        """Read a criterion over a record, or report what is wrong with it and give None."""
        if node is None or record is None or record not in self.records:
            return None
        text = str(node.data)
        tree, faults = criteria.read(text, criteria.Scope(self.records[record], self.terms, self.lists, self.records))
        broken_terms = self.broken.get("term", set())
        for fault in faults:
            named = text[slice(*fault.part)]
            if named in broken_terms or f"{record}.{named}" in self.broken.get("field", ()):
                continue
            self.report(
                fault.rule,
                Problem(at=node.at, message=fault.message, part=fault.part, label=fault.label, help=fault.help),
            )
        if tree is None or faults:
            return None
        return Test(name or str(node.at.pointer[-1]), text, tree, node.at)

    def covers(self, node: Node | None) -> Covers | None:
        """Read which rows are meant: `{marked: term}`, a term, or a record."""
        if node is None:
            return None
        if isinstance(node.data, dict):
            term = self.term(node.get("marked"))
            return Covers(self.terms[term], node.at, term, marked=True) if term else None
        name = str(node.data)
        if name in self.records:
            return Covers(name, node.at)
        if name in self.broken.get("record", ()) or name in self.broken.get("term", ()):
            return None
        if name not in self.names.get("term", {}):
            known = {**self.names.get("record", {}), **self.names.get("term", {})}
            near = wording.nearest(name, known)
            self.report(
                UNDEFINED_TERM,
                Problem(
                    at=node.at,
                    message=f"{self._here(node.at)} names `{name}`, which is neither a term nor a record",
                    label="not defined",
                    help=f"did you mean `{near}`?" if near else _defined("term", self.names.get("term", {})),
                ),
            )
            return None
        return Covers(self.terms[name], node.at, name) if name in self.terms else None

    @staticmethod
    def _here(at: Address) -> str:
        """Name the part that holds an address, as people call it: its id, else its key."""
        steps = [str(step) for step in at.pointer if isinstance(step, str)]
        if len(steps) >= 2 and steps[0] in _SECTIONS:
            return f"`{steps[1]}`"
        return f"`{steps[-1] if steps else at.file}`"


_SECTIONS = frozenset(
    (
        "parties sign_off lists calendars reviews incentives records terms lifecycles responsibilities metrics goals"
    ).split()
)


def _defined(kind: str, known: Mapping[str, Address]) -> str:
    if not known:
        return f"no file defines a {kind} yet"
    return f"defined: {wording.quoted(known)}"


def circles(rests: Mapping[str, Collection[str]]) -> Iterator[tuple[str, list[str]]]:
    """Give each circle of things that rest on themselves once: its first member, and the others by way of which."""
    reached: dict[str, set[str]] = {}
    for name in rests:
        found: set[str] = set()
        front = set(rests[name])
        while front:
            found |= front
            front = {more for one in front for more in rests.get(one, ())} - found
        reached[name] = found
    told: set[str] = set()
    for name, found in reached.items():
        if name in found and name not in told:
            circle = {one for one in found if name in reached.get(one, ())}
            told |= circle
            yield name, sorted(circle - {name})


# --- small scalars ----------------------------------------------------------------------------


def duration(text: str) -> Duration:
    """Read `4 business hours`, `10 minutes`, `14 calendar days`."""
    found = re.fullmatch(r"(\d+) (?:(business|calendar) )?(minute|hour|day)s?", text)
    if not found:
        message = f"not a duration: {text}"
        raise ValueError(message)
    clock: Any = found[2] or "wall"
    unit: Any = f"{found[3]}s"
    return Duration(int(found[1]), unit, clock)


def nth_day(text: str) -> NthDay:
    """Read `10th business day`."""
    found = re.fullmatch(r"(\d+)(?:st|nd|rd|th) (business )?day", text)
    if not found:
        message = f"not the nth day: {text}"
        raise ValueError(message)
    return NthDay(int(found[1]), "business" if found[2] else "calendar")


def share(text: str) -> Fraction:
    """Read `95%` or `at most 0.1%` as an exact share."""
    return Fraction(Decimal(text.removeprefix("at most ").rstrip("% "))) / 100


def target(node: Node) -> Target | None:
    """Read `95% per month` beside its `ramp`, or give None where there is none."""
    if "target" not in node:
        return None
    amount, _, per = node.text("target").partition(" per ")
    steps = (node.get("ramp") or Node({}, node.at)).items()
    ramp = tuple((period, share(str(value.data))) for period, value in steps)
    kind: PeriodKind | Any = per or None
    return Target(share(amount), kind, ramp)


def day(text: str) -> date:
    return date.fromisoformat(text)


def was(node: Node) -> str | None:
    """Give the id that a part says it had in an earlier version."""
    return node.text("was") or None


def number(value: object) -> Decimal:
    return Decimal(str(value))
