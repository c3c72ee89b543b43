"""Rules about rows: that an export can tell them apart, place them in time, and give the fields that duties read."""

from __future__ import annotations

from collections.abc import Iterator

from slacli.core import wording
from slacli.core.criteria import fields_of
from slacli.core.duties.volume import Volume
from slacli.core.rules import reach
from slacli.findings import Problem, Related, Rule, Severity, rule
from slacli.model import Contract, Covers, Event, Field, Record, Responsibility
from slacli.places import Address

_NAMED = 3

Provided = frozenset[tuple[str, str]]
"""The fields that an export can give or that can be derived from such, as record and field."""


@rule(Severity.ERROR)
def personal_key(contract: Contract) -> Iterator[Problem]:
    """Rows are told apart by a field that holds personal data.

    Why: every report names rows by their key, so an address or a name would be printed and kept.
    Bad:
        records: {lead: {fields: {lead_id: {personal: true}}}}
    Good:
        records: {lead: {fields: {lead_id: {personal: false}}}}
    """
    for record in contract.records.values():
        if record.key is not None and record.fields[record.key].personal:
            yield Problem(
                at=record.at / "key",
                message=f"`{record.id}` is told apart by `{record.key}`, which is personal",
                label="personal",
                help="take an id of the CRM as the key",
                related=(Related(record.fields[record.key].at / "personal", "personal here", key=True),),
            )


@rule(Severity.ERROR)
def merged_without_key(contract: Contract) -> Iterator[Problem]:
    """A record says which of its rows were merged, and has no other field as a key by which to find the others.

    Why: what was done for a row that was merged counts for the one that it ended in, which is known by its key alone.
    Bad:
        records: {lead: {merged_into: lead_id}}
    Good:
        records: {lead: {merged_into: master_id, fields: {master_id: {type: text}}}}
    """
    for record in contract.records.values():
        for name in record.merges:
            if record.key is None or name == record.key:
                said = "merged_into" if name == record.merged_into else "merged_ids"
                yield Problem(
                    at=record.at / said,
                    message=f"`{record.id}` is merged by `{name}`, "
                    + ("which is its key" if record.key else "and has no `key`"),
                    label="its key" if record.key else "found by what?",
                    help="name the field that holds the key of another row" if record.key else "add a `key:`",
                    subject=record.id,
                )


@rule(Severity.ERROR)
def personal_split(contract: Contract) -> Iterator[Problem]:
    """A duty is shown by a field that holds personal data.

    Why: every report prints the values that a duty is shown by.
    Bad:
        records: {lead: {fields: {source: {personal: true}}}}
        responsibilities: {quality: {shown_by: [source]}}
    Good:
        responsibilities: {quality: {shown_by: [source]}}
    """
    for owed, record, name in _shown(contract):
        if record.fields[name].personal:
            yield Problem(
                at=owed.at,
                key=True,
                message=f"`{owed.id}` is shown by `{record.id}.{name}`, which is personal",
                label="prints personal values",
                help="show it by another field",
                related=(Related(record.fields[name].at / "personal", "personal here", key=True),),
            )


def _shown(contract: Contract) -> Iterator[tuple[Responsibility, Record, str]]:
    """Give every duty with each field of its record by which it is shown."""
    for owed in contract.responsibilities.values():
        split = owed.duty.of if isinstance(owed.duty, Volume) else owed.covers
        names = (owed.duty.split_by,) if isinstance(owed.duty, Volume) else owed.shown_by
        if split is not None:
            yield from ((owed, contract.records[split.record], name) for name in names if name is not None)


@rule(Severity.ERROR)
def scattered_split(contract: Contract) -> Iterator[Problem]:
    """A duty is shown by a field of which hardly two rows hold the same value.

    Why: the parts that it is shown in would be single rows. Amounts, days, times and lists of ids part nothing; a list
    of values, a word, a whole number or a yes and no do.
    Bad:
        responsibilities: {quality: {shown_by: [budget]}}
    Good:
        responsibilities: {quality: {shown_by: [source]}}
    """
    for owed, record, name in _shown(contract):
        why = wording.SCATTERED.get(record.fields[name].type)
        if why is not None:
            yield Problem(
                at=owed.at,
                key=True,
                message=f"`{owed.id}` is shown by `{record.id}.{name}`, which {why}",
                label="hardly two rows share a value",
                help="show it by a field with few values",
                subject=owed.id,
            )


@rule(Severity.WARNING)
def moving_date(contract: Contract) -> Iterator[Problem]:
    """Rows are placed in a period by a date of which the CRM keeps only the latest.

    Why: when it happens again, the row moves to a later period, and a period that was already judged changes.
    Bad:
        records: {lead: {fields: {qualified_at: {keeps: latest}}}}
    Good:
        records: {lead: {fields: {qualified_at: {keeps: first}}}}
    """
    dated: list[tuple[str, Record, str | None, Address]] = [
        (record.id, record, record.dated, record.at) for record in contract.records.values()
    ]
    dated += [(term.id, contract.records[term.record], term.dated, term.at) for term in contract.terms.values()]
    for owed in contract.responsibilities.values():
        if owed.covers is not None:
            dated.append((owed.id, contract.records[owed.covers.record], owed.dated, owed.at))
    for subject, record, name, at in dated:
        if name is not None and record.fields[name].keeps == "latest":
            yield Problem(
                at=at / "dated",
                message=f"`{subject}` is dated by `{record.id}.{name}`, of which the CRM keeps only the latest",
                label="moves when it happens again",
                help="date it by a field that keeps the first time, or that happens only once",
                related=(Related(record.fields[name].at / "keeps", "said here"),),
            )


@rule(Severity.ERROR)
def undated_term(contract: Contract) -> Iterator[Problem]:
    """Rows of a term or record are counted by periods, and no date says which period a row belongs to.

    Why: a figure of a month can only be made of rows that are known to be of that month.
    Bad:
        terms: {sale: {dated: null}}
    Good:
        terms: {sale: {dated: closed_on}}
    """
    counted: list[tuple[str, Covers]] = []
    for owed in contract.responsibilities.values():
        rows = reach.rows_of(owed)
        if rows is not None and owed.dated is None and reach.counted_per(owed):
            counted.append((owed.id, rows))
    for goal in contract.goals.values():
        metric = contract.metrics[goal.metric]
        counted += [
            (goal.id, Covers(contract.terms[term].record, goal.at, term)) for term in (metric.of, metric.base) if term
        ]
    seen = set()
    for subject, rows in counted:
        what = rows.term or rows.record
        if reach.date_of(rows, contract) is None and what not in seen:
            seen.add(what)
            yield Problem(
                at=(contract.terms[rows.term] if rows.term else contract.records[rows.record]).at,
                key=True,
                message=f"`{subject}` counts `{what}` by periods, but no date places a row of it in one",
                label="no `dated`",
                help=f"add `dated:` with a date or time of `{rows.record}`",
                subject=what,
            )


# --- bindings ---------------------------------------------------------------------------------


@rule(Severity.WARNING)
def unmeasurable_duty(contract: Contract) -> Iterator[Problem]:
    """A duty reads a record or a field that no binding provides.

    Why: what no export holds is unclear on every row, so the duty is never met and never missed. A field that is
    derived counts as provided where its source is.
    Bad:
        bindings: {leads: {columns: {budget: null}}}
    Good:
        bindings: {leads: {columns: {budget: Annual Budget}}}
    """
    given = _provided(contract)
    bound = {binding.record for binding in contract.bindings.values()}
    reading = [owed for owed in contract.responsibilities.values() if reach.rows_of(owed) is not None]
    if reading and not bound:
        yield Problem(
            at=reading[0].at.parent,
            key=True,
            message="no duty can be measured, because the contract has no bindings",
            label="none can be measured",
            help="add a file to `bindings/` that says which column of an export holds which field",
        )
        return
    missing: dict[str, dict[str, Address]] = {}
    for owed in reading:
        for record, field, at in reach.fields_read(owed, contract):
            if record not in bound:
                missing.setdefault(f"rows of `{record}`", {}).setdefault(owed.id, at)
            elif (record, field) not in given:
                missing.setdefault(f"`{record}.{field}`", {}).setdefault(owed.id, at)
        for event in reach.events_of(owed):
            if event.kind == "entering" and owed.covers and not _is_seen(event, owed.covers.record, contract, given):
                what = f"the entry into the stage `{event.name}`"
                missing.setdefault(what, {}).setdefault(owed.id, event.at)
    for what, readers in missing.items():
        first, *others = readers.values()
        named = [f"`{owed}`" for owed in readers]
        if len(named) > _NAMED:
            named[_NAMED - 1 :] = [wording.counted(len(named) - _NAMED + 1, "other duty", "other duties")]
        yield Problem(
            at=first,
            message=f"{wording.listed(named)} {'reads' if len(readers) == 1 else 'read'} {what}, which no binding "
            "provides",
            label="in no binding",
            help=f"add {'a binding' if what.startswith('rows') else 'a column'} for {what}",
            related=tuple(Related(at, "reads it too") for at in others[:2]),
            subject=what,
        )


def _provided(contract: Contract) -> Provided:
    found = {(one.record, name) for one in contract.bindings.values() for name in one.columns}
    derived = [
        (record, field)
        for record in contract.records.values()
        for field in record.fields.values()
        if field.derived is not None
    ]
    while more := {
        (record.id, field.id)
        for record, field in derived
        if (record.id, field.id) not in found and _is_derivable(record, field, contract, frozenset(found))
    }:
        found |= more
    return frozenset(found)


def _is_derivable(record: Record, field: Field, contract: Contract, given: Provided) -> bool:
    if field.derived is None:
        return False
    kind, source = field.derived
    if kind == "domain_of":
        return (record.id, source) in given
    child = contract.records[contract.terms[source].record]
    needed = {name for test in contract.terms[source].criteria for name in fields_of(test.tree, contract.terms)}
    if kind != "count" and child.happens is not None:
        needed.add(child.happens)
    return all((child.id, name) in given for name in needed) and any(
        link.parent == record.id and (child.id, link.field) in given and (record.id, link.parent_field) in given
        for link in child.links
    )


def _is_seen(event: Event, record: str, contract: Contract, given: Provided) -> bool:
    """Whether the entry into a stage can be seen: in a history, or in the field that says when it was entered."""
    for other in contract.records.values():
        if other.history is not None and other.parent == record and (other.id, other.history.new) in given:
            return True
    return any(
        (record, cycle.stages[event.name].entered) in given
        for cycle in contract.lifecycles.values()
        if cycle.record == record and event.name in cycle.stages
    )


RULES: tuple[Rule[Contract], ...] = (
    personal_key,
    merged_without_key,
    personal_split,
    scattered_split,
    moving_date,
    undated_term,
    unmeasurable_duty,
)
