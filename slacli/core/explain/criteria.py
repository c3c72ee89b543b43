"""The working of criteria and terms: what each one says of a row, what it looked at, and what makes it unclear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from slacli.core import criteria, zones
from slacli.core.criteria import State, Value, Verdict
from slacli.core.explain import words
from slacli.core.explain.rows import Row
from slacli.core.explain.working import Mark, Masked, Seen, TermWorking, Told
from slacli.core.plan import tables
from slacli.core.plan.tables import RecordPlan
from slacli.criterion import Criterion
from slacli.errors import CannotRun
from slacli.model import Contract, Field, Term, Test
from slacli.values import dataclass

_SAYS: Mapping[bool | None, Verdict] = {True: "meets", False: "fails", None: "unclear"}
_CODES: Mapping[bool | None, int] = {True: tables.MEETS, False: tables.FAILS, None: tables.UNSURE}
# Without the times of a record the working of a clock would say nothing.
_ALWAYS = frozenset({"time", "date"})
_MARKS: Mapping[bool | None, Mark] = {True: "marked", False: "not marked", None: "unclear"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the criteria of one row of a record; without `values` it tells times alone."""

    contract: Contract
    fields: Mapping[str, Field]
    row: Mapping[str, Value]
    zone: ZoneInfo
    meets: Callable[[str], bool | None]
    values: bool

    def holds(self, tree: Criterion) -> bool | None:
        return criteria.evaluate(tree, self.row, self.meets, self.zone, self.fields)

    def seen(self, name: str) -> Seen:
        """Say what the row holds in a field; a value that is personal is not said."""
        text, state = words.value(self.row.get(name, State.NOT_BOUND), self.contract.time_zone)
        one = self.fields[name]
        masked: Masked = "personal" if one.personal else ""
        if not (masked or self.values or one.type in _ALWAYS):
            masked = "not shown"
        return Seen(name, "" if masked else text, state, "" if state else masked)

    def told(self, test: Test) -> Told:
        return self.of_tree(test.name, test.text, test.tree)

    def of_tree(self, name: str, text: str, tree: Criterion) -> Told:
        says = self.holds(tree)
        blamed = criteria.blame([tree], self.row, self.zone, self.fields, self.contract.terms) if says is None else ()
        return Told(
            name=name,
            text=text,
            says=_SAYS[says],
            seen=tuple(self.seen(field) for field in dict.fromkeys(criteria.fields_of(tree))),
            because=tuple(Seen(field, state=reason) for field, reason in blamed),
            terms=tuple((term, _SAYS[self.meets(term)]) for term in dict.fromkeys(criteria.terms_of(tree))),
        )

    def term(self, term: Term) -> TermWorking:
        mark = self.holds(term.marked.tree) if term.marked is not None else None
        return TermWorking(
            id=term.id,
            name=term.name,
            says=_SAYS[self.meets(term.id)],
            at_least=term.at_least,
            criteria=tuple(self.told(test) for test in term.criteria),
            mark=_MARKS[mark] if term.marked is not None else None,
            marked_by=self.told(term.marked) if term.marked is not None else None,
        )


def reader(contract: Contract, record: RecordPlan, row: Row, *, values: bool) -> Reader:
    """Read the criteria of a row.

    Raises CannotRun where a term comes to another verdict than the check gave.
    """
    fields = record.record.fields
    zone = zones.zone(contract.time_zone)
    if zone is None:
        message = f"unknown zone {contract.time_zone}"
        raise ValueError(message)
    meets = criteria.meeting(contract.terms, row.values, zone, fields)
    found = Reader(contract, fields, row.values, zone, meets, values)
    for part in record.terms:
        term = part.term
        # What has no mark counts as not marked.
        mark = found.holds(term.marked.tree) if term.marked is not None else False
        if row.terms[term.id] != _CODES[mark] * 3 + _CODES[meets(term.id)]:
            raise differs(f"the term `{term.id}`")
    return found


def differs(what: str) -> CannotRun:
    """Give what is said where a working does not lead to the verdict: neither is shown then."""
    return CannotRun(
        f"the working of {what} for this record does not lead to the verdict that `slacli check` gives",
        "this is a fault of slacli: report it with the contract and the shapes of the cells, never with the values",
    )
